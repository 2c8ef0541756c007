//! What a connection to Redmine wants to be told, and which fields of an issue can be filled.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::Redmine;
use crate::{
    adapter::{people::People, wire::Memory},
    gate::Limits,
    kind::{self, Connected, Field, Input, Kind, Means, Persons, Settings},
    mapping::{self, Filled, Targets},
    markup::Markup,
};

/// Its row in [`kind::KINDS`].
pub static KIND: Kind = Kind {
    name: "redmine",
    title: "Redmine",
    lead: [
        "Crie um usuário para o Amparo e dê a ele, no projeto, um papel com estas permissões: ver, criar e comentar tarefas, definir notas como privadas e ver notas privadas. A API REST se ativa em Administração, Configurações, API.",
        "Make a user for Amparo and give them a role in the project with these permissions: view issues, add issues, add notes, set notes as private, view private notes. The REST API is switched on under Administration, Settings, API.",
        "Cree un usuario para Amparo y dele en el proyecto un rol con estos permisos: ver y añadir peticiones, añadir notas, poner notas como privadas y ver notas privadas. La API REST se activa en Administración, Configuración, API.",
    ],
    own: &[
        kind::base(
            [
                "Por exemplo https://redmine.empresa.com.br",
                "For example https://redmine.company.com",
                "Por ejemplo https://redmine.empresa.com",
            ],
            "",
        ),
        kind::secret(
            "key",
            ["Chave de API", "API key", "Clave de API"],
            [
                "Entre no Redmine como esse usuário: Minha conta, coluna da direita, Chave de acesso à API, Exibir. São 40 letras e números.",
                "Log in to Redmine as this user: My account, right column, API access key, Show. It has 40 letters and digits.",
                "Entre en Redmine como ese usuario: Mi cuenta, columna derecha, Clave de acceso de la API, Mostrar. Son 40 letras y números.",
            ],
        ),
        kind::text(
            "project",
            ["Projeto", "Project", "Proyecto"],
            [
                "O identificador, como aparece no endereço do projeto: suporte, em /projects/suporte.",
                "Its identifier, as in the project's address: support, in /projects/support.",
                "El identificador, como aparece en la dirección del proyecto: soporte, en /projects/soporte.",
            ],
            true,
            "",
        ),
        Field {
            key: "tracker",
            label: ["Tipo de tarefa", "Tracker", "Tipo de petición"],
            hint: [
                "O número do tipo: em Administração, Tipos de tarefas, abra o tipo e veja o endereço, /trackers/3/edit é o 3. Vazio: o primeiro do projeto.",
                "The tracker's number: under Administration, Trackers, open the tracker and see the address, /trackers/3/edit is 3. Empty: the project's first.",
                "El número del tipo: en Administración, Tipos de peticiones, abra el tipo y vea la dirección, /trackers/3/edit es el 3. Vacío: el primero del proyecto.",
            ],
            input: Input::Number(1, 1_000_000),
            required: false,
            default: "",
        },
        Field {
            key: "format",
            label: ["Formato dos textos", "Text format", "Formato de los textos"],
            hint: [
                "Como está em Administração, Configurações, Geral, Formatação de texto.",
                "As under Administration, Settings, General, Text formatting.",
                "Como está en Administración, Configuración, General, Formato de texto.",
            ],
            input: Input::Choice(&[
                ("textile", ["Textile", "Textile", "Textile"]),
                ("markdown", ["Markdown", "Markdown", "Markdown"]),
                ("plain", ["Sem formato", "None", "Sin formato"]),
            ]),
            required: true,
            default: "textile",
        },
        kind::VISIBILITY,
    ],
    targets: &TARGETS,
    people: &PERSONS,
    limits: Limits::UNKNOWN,
    connect,
};

static PERSONS: Persons = Persons {
    hint: [
        "O número do usuário, no endereço da página dele; ele recebe as tarefas abertas, se é membro do projeto.",
        "The user's number, in the address of their page; issues that are opened are assigned to them, if they are a member of the project.",
        "El número del usuario, en la dirección de su página; se le asignan las peticiones abiertas, si es miembro del proyecto.",
    ],
    by_email: true,
    looked_for: true,
    is_one: mapping::is_id,
};

static TARGETS: Targets = Targets {
    native: &[
        mapping::number("priority_id", ["Prioridade (número)", "Priority (number)", "Prioridad (número)"]),
        mapping::number("category_id", ["Categoria (número)", "Category (number)", "Categoría (número)"]),
        mapping::number("status_id", ["Situação (número)", "Status (number)", "Estado (número)"]),
        mapping::number("fixed_version_id", ["Versão (número)", "Target version (number)", "Versión (número)"]),
        mapping::number("parent_issue_id", ["Tarefa pai (número)", "Parent issue (number)", "Petición padre (número)"]),
        mapping::text("start_date", ["Data de início", "Start date", "Fecha de inicio"]),
        mapping::text("due_date", ["Data prevista", "Due date", "Fecha de fin"]),
        mapping::number("estimated_hours", ["Horas estimadas", "Estimated hours", "Horas estimadas"]),
        mapping::text("is_private", ["Privada (true ou false)", "Private (true or false)", "Privada (true o false)"]),
    ],
    own: mapping::is_id,
    hint: [
        "Campo personalizado: o número dele, por exemplo 12. Aparece no endereço da página do campo, em Administração, Campos personalizados. O que só se sabe no fim pede que a conta possa editar tarefas.",
        "Custom field: its number, for example 12. It is in the address of the field's page, under Administration, Custom fields. What is known only at the end needs an account that may edit issues.",
        "Campo personalizado: su número, por ejemplo 12. Está en la dirección de la página del campo, en Administración, Campos personalizados. Lo que solo se sabe al final pide que la cuenta pueda editar peticiones.",
    ],
    example: "12",
    ours: &["id", "subject", "description", "notes", "private_notes", "custom_fields", "assigned_to_id"],
    settings: &["project_id", "tracker_id"],
};

/// Puts fields into an issue's body.
pub(super) fn fill_in(issue: &mut Value, fields: &[Filled]) {
    let mut own = Vec::new();
    for filled in fields {
        match filled.name.parse::<u64>() {
            Ok(id) => own.push(json!({ "id": id, "value": filled.text })),
            Err(_) => issue[filled.name.as_str()] = filled.value.clone(),
        }
    }
    if !own.is_empty() {
        issue["custom_fields"] = own.into();
    }
}

fn connect(settings: &Settings, means: &Means) -> Connected {
    Ok(Arc::new(Redmine {
        http: means.http(&KIND, settings)?,
        key: settings.secret("key"),
        project: settings.text("project").to_owned(),
        tracker: settings.text("tracker").parse().ok(),
        markup: match settings.text("format") {
            "markdown" => Markup::Markdown,
            "plain" => Markup::Plain,
            _ => Markup::Textile,
        },
        public: settings.is_public(),
        fields: settings.fields(),
        people: People::new(settings.people()),
        we: OnceCell::new(),
        roles: Memory::default(),
        projects: Memory::default(),
        logins: Memory::default(),
    }))
}
