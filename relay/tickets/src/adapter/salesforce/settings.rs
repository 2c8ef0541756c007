//! What a connection to Salesforce wants to be told, and which fields of a Case can be filled.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    Salesforce,
    login::{Flow, Logins, signing_key},
};
use crate::{
    adapter::{people::People, wire::Memory},
    gate::Limits,
    kind::{self, Connected, Field, Input, Kind, Means, Persons, Problem, Settings},
    mapping::{self, Filled, Targets},
};

/// Its row in [`kind::KINDS`].
pub static KIND: Kind = Kind {
    name: "salesforce",
    title: "Salesforce",
    lead: [
        "Na Configuração do Salesforce, em Gerenciador de aplicativos cliente externos, crie um aplicativo com OAuth ativo e o escopo api. O usuário com que ele entra precisa ver e criar casos, contatos e tarefas.",
        "In Salesforce Setup, under External Client App Manager, make an app with OAuth switched on and the scope api. The user it logs in as must see and make cases, contacts and tasks.",
        "En la Configuración de Salesforce, en Gestor de aplicaciones cliente externas, cree una aplicación con OAuth activo y el ámbito api. El usuario con el que entra debe ver y crear casos, contactos y tareas.",
    ],
    own: &[
        kind::base(
            [
                "O seu Meu Domínio, na Configuração, em Meu domínio: https://empresa.my.salesforce.com",
                "Your My Domain, in Setup, under My Domain: https://company.my.salesforce.com",
                "Su Mi dominio, en Configuración, en Mi dominio: https://empresa.my.salesforce.com",
            ],
            "",
        ),
        Field {
            key: "flow",
            label: ["Como entra", "How it logs in", "Cómo entra"],
            hint: [
                "Com o segredo: ative no aplicativo o fluxo de credenciais do cliente e escolha o usuário de execução. Com a chave privada: ative o fluxo JWT, envie o certificado dela e pré-autorize o usuário.",
                "With the secret: switch the client credentials flow on in the app and choose the run-as user. With the private key: switch the JWT flow on, upload its certificate and pre-authorise the user.",
                "Con el secreto: active en la aplicación el flujo de credenciales de cliente y elija el usuario de ejecución. Con la clave privada: active el flujo JWT, suba su certificado y preautorice al usuario.",
            ],
            input: Input::Choice(&[
                ("secret", ["Segredo do consumidor", "Consumer secret", "Secreto de consumidor"]),
                ("jwt", ["Chave privada (JWT)", "Private key (JWT)", "Clave privada (JWT)"]),
            ]),
            required: true,
            default: "secret",
        },
        kind::text(
            "client_id",
            ["Chave do consumidor", "Consumer key", "Clave de consumidor"],
            [
                "Abra o aplicativo, Configurações, Configurações de OAuth, Chave e segredo do consumidor. Começa com 3MVG9.",
                "Open the app, Settings, OAuth Settings, Consumer Key and Secret. It begins with 3MVG9.",
                "Abra la aplicación, Configuración, Configuración de OAuth, Clave y secreto de consumidor. Empieza con 3MVG9.",
            ],
            true,
            "",
        ),
        Field {
            key: "client_secret",
            label: ["Segredo do consumidor", "Consumer secret", "Secreto de consumidor"],
            hint: [
                "Ao lado da chave. Só para entrar com o segredo.",
                "Beside the key. Only for logging in with the secret.",
                "Junto a la clave. Solo para entrar con el secreto.",
            ],
            input: Input::Secret,
            required: false,
            default: "",
        },
        kind::text(
            "username",
            ["Usuário", "User name", "Usuario"],
            [
                "O nome de usuário pré-autorizado, como amparo@empresa.com.br. Só para entrar com a chave privada.",
                "The user name that is pre-authorised, like amparo@company.com. Only for logging in with the private key.",
                "El nombre de usuario preautorizado, como amparo@empresa.com. Solo para entrar con la clave privada.",
            ],
            false,
            "",
        ),
        Field {
            key: "private_key",
            label: ["Chave privada", "Private key", "Clave privada"],
            hint: [
                "A chave RSA em PEM, sem senha, de BEGIN até END; o certificado dela fica no aplicativo. Só para entrar com a chave privada.",
                "The RSA key in PEM, without a password, from BEGIN to END; its certificate is in the app. Only for logging in with the private key.",
                "La clave RSA en PEM, sin contraseña, de BEGIN a END; su certificado está en la aplicación. Solo para entrar con la clave privada.",
            ],
            input: Input::PrivateKey,
            required: false,
            default: "",
        },
        Field {
            key: "audience",
            label: ["Ambiente", "Environment", "Entorno"],
            hint: [
                "Onde o usuário existe. Só importa para entrar com a chave privada.",
                "Where the user is. It matters only for logging in with the private key.",
                "Donde existe el usuario. Solo importa para entrar con la clave privada.",
            ],
            input: Input::Choice(&[
                (
                    "login",
                    [
                        "Produção (login.salesforce.com)",
                        "Production (login.salesforce.com)",
                        "Producción (login.salesforce.com)",
                    ],
                ),
                (
                    "test",
                    ["Sandbox (test.salesforce.com)", "Sandbox (test.salesforce.com)", "Sandbox (test.salesforce.com)"],
                ),
                (
                    "own",
                    [
                        "O endereço acima (Experience Cloud)",
                        "The address above (Experience Cloud)",
                        "La dirección de arriba (Experience Cloud)",
                    ],
                ),
            ]),
            required: true,
            default: "login",
        },
        kind::text(
            "version",
            ["Versão da API", "API version", "Versión de la API"],
            [
                "Deixe como está, se a sua organização não pede outra.",
                "Leave it as it is unless your organisation wants another.",
                "Déjelo como está, si su organización no pide otra.",
            ],
            true,
            "v60.0",
        ),
        kind::text(
            "document",
            ["Campo de CPF ou CNPJ no contato", "Tax number field of the contact", "Campo de documento en el contacto"],
            [
                "O nome de API, por exemplo CPF__c, em Gerenciador de objetos, Contato, Campos; vazio: não procurar contatos por documento.",
                "Its API name, for example CPF__c, under Object Manager, Contact, Fields; empty: contacts are not searched by tax number.",
                "Su nombre de API, por ejemplo CPF__c, en Gestor de objetos, Contacto, Campos; vacío: no buscar contactos por documento.",
            ],
            false,
            "",
        ),
        kind::text(
            "account_document",
            ["Campo de CNPJ na conta", "Tax number field of the account", "Campo de documento en la cuenta"],
            [
                "O nome de API, por exemplo CNPJ__c, em Gerenciador de objetos, Conta, Campos; vazio: não procurar contas por documento.",
                "Its API name, for example CNPJ__c, under Object Manager, Account, Fields; empty: accounts are not searched by tax number.",
                "Su nombre de API, por ejemplo CNPJ__c, en Gestor de objetos, Cuenta, Campos; vacío: no buscar cuentas por documento.",
            ],
            false,
            "",
        ),
    ],
    targets: &TARGETS,
    people: &PERSONS,
    limits: Limits::UNKNOWN,
    connect,
};

static PERSONS: Persons = Persons {
    hint: [
        "O ID do usuário no Salesforce, que começa com 005, no endereço da página dele; ou o e-mail dele.",
        "The user's Salesforce ID, which begins with 005, in the address of their page; or their e-mail.",
        "El ID del usuario en Salesforce, que empieza con 005, en la dirección de su página; o su correo.",
    ],
    by_email: true,
    looked_for: true,
    is_one: |text| {
        text.starts_with("005") && matches!(text.len(), 15 | 18) && text.bytes().all(|b| b.is_ascii_alphanumeric())
    },
};

static TARGETS: Targets = Targets {
    native: &[
        mapping::text("Origin", ["Origem do caso", "Case origin", "Origen del caso"]),
        mapping::text("Status", ["Status", "Status", "Estado"]),
        mapping::text("Priority", ["Prioridade", "Priority", "Prioridad"]),
        mapping::text("Type", ["Tipo", "Type", "Tipo"]),
        mapping::text("Reason", ["Motivo do caso", "Case reason", "Motivo del caso"]),
        mapping::text("RecordTypeId", ["Tipo de registro (ID)", "Record type (ID)", "Tipo de registro (ID)"]),
        mapping::text("OwnerId", ["Proprietário ou fila (ID)", "Owner or queue (ID)", "Propietario o cola (ID)"]),
    ],
    own: mapping::is_name,
    hint: [
        "Campo da sua organização: o nome de API, por exemplo Filial__c. Está em Gerenciador de objetos, Caso, Campos e relacionamentos.",
        "A field of your organisation's: its API name, for example Branch__c. It is under Object Manager, Case, Fields & Relationships.",
        "Campo de su organización: el nombre de API, por ejemplo Sucursal__c. Está en Gestor de objetos, Caso, Campos y relaciones.",
    ],
    example: "Filial__c",
    ours: &[
        "id",
        "casenumber",
        "subject",
        "description",
        "contactid",
        "accountid",
        "suppliedname",
        "suppliedemail",
        "suppliedphone",
        "suppliedcompany",
    ],
    settings: &[],
};

/// Puts fields into a Case's body.
pub(super) fn fill_in(case: &mut Value, fields: &[Filled]) {
    for filled in fields {
        case[filled.name.as_str()] = match filled.text.as_str() {
            // A box is ticked by yes or no, not by a word.
            "true" => json!(true),
            "false" => json!(false),
            _ => filled.value.clone(),
        };
    }
}

fn connect(settings: &Settings, means: &Means) -> Connected {
    let mut wrong = Vec::new();
    let version = settings.text("version");
    if !version.strip_prefix('v').is_some_and(|v| v.bytes().all(|b| b.is_ascii_digit() || b == b'.')) {
        wrong.push(("version", Problem::NotItsForm));
    }
    for key in ["document", "account_document"] {
        if !settings.text(key).is_empty() && !mapping::is_name(settings.text(key)) {
            wrong.push((key, Problem::NotItsForm));
        }
    }
    let missing = |secret: &str| (!secret.is_empty()).then_some(()).ok_or(Problem::Missing);
    let (secret, key) = (settings.secret("client_secret"), settings.secret("private_key"));
    let flow = if settings.text("flow") == "jwt" {
        wrong.extend(missing(settings.text("username")).err().map(|problem| ("username", problem)));
        let parsed = missing(key.expose()).and_then(|()| signing_key(&key).ok_or(Problem::NotAKey));
        parsed.map_err(|problem| wrong.push(("private_key", problem))).ok().map(|key| Flow::Jwt {
            user: settings.text("username").to_owned(),
            key: Box::new(key),
            audience: match settings.text("audience") {
                "test" => "https://test.salesforce.com".to_owned(),
                "own" => settings.text(kind::BASE).trim_end_matches('/').to_owned(),
                _ => "https://login.salesforce.com".to_owned(),
            },
        })
    } else {
        wrong.extend(missing(secret.expose()).err().map(|problem| ("client_secret", problem)));
        Some(Flow::Secret(secret))
    };
    let Some(flow) = flow.filter(|_| wrong.is_empty()) else { return Err(wrong) };
    Ok(Arc::new(Salesforce {
        logins: Logins::new(means.http(&KIND, settings)?, settings.text("client_id"), flow),
        version: version.to_owned(),
        document: settings.text_if_any("document"),
        account_document: settings.text_if_any("account_document"),
        fields: settings.fields(),
        people: People::new(settings.people()),
        ids: Memory::default(),
    }))
}
