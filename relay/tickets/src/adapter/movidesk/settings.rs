//! What a connection to Movidesk wants to be told, and which fields of a ticket can be filled.

use std::{sync::Arc, time::Duration};

use super::{Movidesk, fields::additional};
use crate::{
    adapter::{people::People, wire::Memory},
    gate::{Limits, Quota},
    kind::{self, Connected, Field, Input, Kind, Means, Persons, Problem, Settings},
    mapping::{self, Targets},
};

const MINUTE: Duration = Duration::from_secs(60);

/// Its row in [`kind::KINDS`].
pub static KIND: Kind = Kind {
    name: "movidesk",
    title: "Movidesk",
    lead: [
        "Use a chave de API da conta. Gerar uma chave nova desliga a antiga na hora: se outra integração já usa a chave, copie a mesma.",
        "Use the account's API key. Making a new key switches the old one off at once: if another integration uses it, copy the same key.",
        "Use la clave de API de la cuenta. Generar una clave nueva desactiva la anterior al instante: si otra integración ya la usa, copie la misma.",
    ],
    own: &[
        kind::base(
            [
                "O endereço da API, não o da sua conta.",
                "The API's address, not your account's.",
                "La dirección de la API, no la de su cuenta.",
            ],
            "https://api.movidesk.com/public/v1",
        ),
        kind::secret(
            "token",
            ["Chave de API", "API key", "Clave de API"],
            [
                "Em Configurações, Conta, Parâmetros, guia Ambiente, Gerar nova chave. Parece com 0aa00a00-0000-4000-8000-00000000000a.",
                "In Settings, Account, Parameters, tab Environment, Generate new key (Gerar nova chave). It looks like 0aa00a00-0000-4000-8000-00000000000a.",
                "En Configuración, Cuenta, Parámetros, pestaña Entorno, Generar nueva clave (Gerar nova chave). Se parece a 0aa00a00-0000-4000-8000-00000000000a.",
            ],
        ),
        kind::text(
            "tenant",
            ["Nome da conta", "Account name", "Nombre de la cuenta"],
            [
                "O começo do endereço: empresa, em empresa.movidesk.com. Serve para abrir tickets no navegador.",
                "The beginning of its address: company, in company.movidesk.com. For opening tickets in a browser.",
                "El comienzo de la dirección: empresa, en empresa.movidesk.com. Sirve para abrir tickets en el navegador.",
            ],
            false,
            "",
        ),
        kind::text(
            "agent",
            ["Agente das ações", "Agent who signs the actions", "Agente de las acciones"],
            [
                "O código de referência (Cód. Ref.) do agente que assina as ações: em Pessoas, abra a ficha dele; por exemplo 1523. Vazio: o dono da chave.",
                "The reference code (Cód. Ref.) of the agent who signs the actions: under People (Pessoas), open their record; for example 1523. Empty: the key's owner.",
                "El código de referencia (Cód. Ref.) del agente que firma las acciones: en Personas (Pessoas), abra su ficha; por ejemplo 1523. Vacío: el dueño de la clave.",
            ],
            false,
            "",
        ),
        Field {
            key: "service",
            label: ["Serviço", "Service", "Servicio"],
            hint: [
                "O número do serviço dos tickets novos: em Configurações, Serviços, abra o serviço e copie o número do endereço da página, por exemplo 129066. Vazio: nenhum.",
                "The number of new tickets' service: under Settings, Services, open the service and copy the number from the page's address, for example 129066. Empty: none.",
                "El número del servicio de los tickets nuevos: en Configuración, Servicios, abra el servicio y copie el número de la dirección de la página, por ejemplo 129066. Vacío: ninguno.",
            ],
            input: Input::Number(1, u32::MAX),
            required: false,
            default: "",
        },
        kind::VISIBILITY,
    ],
    targets: &TARGETS,
    people: &PERSONS,
    // Two errors of the three that block, and nothing beside a call that is under way.
    limits: Limits {
        calls: Some(Quota { calls: 10, per: Duration::from_secs(62) }),
        errors: Some(Quota { calls: 2, per: MINUTE }),
        kept_for_people: 2,
        at_once: 1,
    },
    connect,
};

static PERSONS: Persons = Persons {
    hint: [
        "O código de referência (Cód. Ref.) do agente, na ficha dele em Pessoas, por exemplo 1523; ou o e-mail dele no Movidesk.",
        "The agent's reference code (Cód. Ref.), in their record under People, for example 1523; or their e-mail in Movidesk.",
        "El código de referencia (Cód. Ref.) del agente, en su ficha en Personas, por ejemplo 1523; o su correo en Movidesk.",
    ],
    by_email: true,
    looked_for: true,
    is_one: |text| !text.contains(char::is_whitespace),
};

static TARGETS: Targets = Targets {
    native: &[
        mapping::text("category", ["Categoria", "Category", "Categoría"]),
        mapping::text("urgency", ["Urgência", "Urgency", "Urgencia"]),
        mapping::text("status", ["Status", "Status", "Estado"]),
        mapping::text("justification", ["Justificativa", "Justification", "Justificación"]),
        mapping::text("cc", ["Cc", "Cc", "Cc"]),
    ],
    own: |name| additional(name).is_some(),
    hint: [
        "Campo adicional: o código do campo e o da regra de exibição, com dois-pontos, 111:222. Em uma lista, 111:222:item com o nome da opção; na seleção múltipla, 111:222:items com os nomes separados por ponto e vírgula. Campos de pessoa, cliente, equipe e arquivo não são preenchidos. Os códigos estão em Configurações, Tickets, Campos adicionais e Regras de exibição.",
        "Additional field: the field's code and its display rule's, with a colon, 111:222. For a list, 111:222:item with the option's name; for a multiple selection, 111:222:items with the names and semicolons between them. Fields for people, clients, teams and files are not filled. The codes are under Settings, Tickets, Additional fields and Display rules.",
        "Campo adicional: el código del campo y el de la regla de visualización, con dos puntos, 111:222. En una lista, 111:222:item con el nombre de la opción; en la selección múltiple, 111:222:items con los nombres separados por punto y coma. Los campos de persona, cliente, equipo y archivo no se rellenan. Los códigos están en Configuración, Tickets, Campos adicionales y Reglas de visualización.",
    ],
    example: "111:222",
    ours: &[
        "id",
        "type",
        "subject",
        "createdby",
        "clients",
        "actions",
        "owner",
        "ownerteam",
        "tags",
        "customfieldvalues",
    ],
    settings: &["servicefirstlevelid"],
};

fn connect(settings: &Settings, means: &Means) -> Connected {
    let tenant = settings.text("tenant");
    if !tenant.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return Err(vec![("tenant", Problem::NotItsForm)]);
    }
    Ok(Arc::new(Movidesk {
        http: means.http(&KIND, settings)?,
        token: settings.secret("token"),
        tenant: tenant.to_owned(),
        agent: settings.text_if_any("agent"),
        service: settings.text("service").parse().ok(),
        public: settings.is_public(),
        fields: settings.fields(),
        people: People::new(settings.people()),
        missing: Memory::default(),
        customers: Memory::default(),
    }))
}
