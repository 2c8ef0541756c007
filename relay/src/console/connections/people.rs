//! Who an attendant is in another system. For administrators.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    extract::{Form, Path, RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use protocol::id::OperatorId;
use store::Operator;
use tickets::{
    PeopleError,
    kind::{self, said},
};

use super::{Typed, recorded};
use crate::console::{
    App,
    error::{AppError, Page, page},
    phrases::phrases,
    shell::{Here, Shell},
    strings::fill,
    visitor::Who,
};

phrases! {
    people: "Atendentes", "Attendants", "Agentes";
    lead: "Quem é cada atendente em {}. As ações e os tickets novos saem em nome dessa pessoa, se o sistema permite; senão, em nome da conta da conexão. Nada deixa de ser registrado.", "Who each attendant is in {}. Actions and new tickets are written in that person's name where the system allows it, otherwise in the connection's own. Nothing goes unrecorded.", "Quién es cada agente en {}. Las acciones y los tickets nuevos se escriben a nombre de esa persona, si el sistema lo permite; si no, a nombre de la cuenta de la conexión. Nada deja de registrarse.";
    by_email: "Vazio: quem tem lá o e-mail {}", "Empty: whoever has the e-mail {} there", "Vacío: quien tiene allí el correo {}";
    by_account: "Vazio: a conta da conexão", "Empty: the connection's own account", "Vacío: la cuenta de la conexión";
    nobody: "Ainda não há atendentes.", "There are no attendants yet.", "Aún no hay agentes.";
    wrong: "Ninguém se chama assim nesse sistema.", "Nobody is named like this in that system.", "Nadie se llama así en ese sistema.";
    saved: "Salvo. Vale para a próxima ação.", "Saved. It counts from the next action on.", "Guardado. Vale desde la próxima acción.";
    save: "Salvar", "Save", "Guardar";
}

struct Row {
    id: String,
    name: String,
    login: String,
    there: String,
    hint: String,
    wrong: bool,
}

#[derive(Template)]
#[template(path = "connection_people.html")]
struct PeoplePage {
    s: Shell,
    w: &'static Words,
    id: String,
    name: String,
    lead: String,
    hint: &'static str,
    rows: Vec<Row>,
    saved: bool,
}

/// `GET /connections/{id}/people`
pub(in crate::console) async fn show(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Page {
    let connection = recorded(&app, &who, &id).await?;
    let attendants = attendants(&app, &who, &connection).await?;
    let there = |one: &Operator| connection.people.get(&one.id.to_string()).cloned().unwrap_or_default();
    let saved = query.as_deref() == Some("saved");
    people_page(&app, &who, &connection, &attendants, there, &[], saved).await
}

/// `POST /connections/{id}/people`
pub(in crate::console) async fn save(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    Form(typed): Form<Typed>,
) -> Page {
    let connection = recorded(&app, &who, &id).await?;
    let attendants = attendants(&app, &who, &connection).await?;
    let there = |one: &Operator| typed.get(&one.id.to_string()).map_or("", |text| text.trim()).to_owned();
    // Only the company's own people are looked at, whatever else was sent.
    let people: BTreeMap<OperatorId, String> = attendants.iter().map(|one| (one.id, there(one))).collect();
    let id = connection.what.id;
    match app.shared.connections.set_people(who.operator.tenant, id, &people).await {
        Ok(()) => {
            who.audit(&app, "connection.people", &connection.what.name).await?;
            Ok(Redirect::to(&format!("/connections/{id}/people?saved")).into_response())
        }
        Err(PeopleError::People(wrong)) => {
            people_page(&app, &who, &connection, &attendants, there, &wrong, false).await
        }
        Err(PeopleError::Store(error)) => Err(error.into()),
    }
}

/// Everybody who attends, and whoever is named for this system already.
async fn attendants(app: &App, who: &Who, connection: &store::Connection) -> Result<Vec<Operator>, AppError> {
    let mut all = app.shared.store.operators(who.operator.tenant).await?;
    all.retain(|one| (one.roles.attend && one.is_enabled()) || connection.people.contains_key(&one.id.to_string()));
    Ok(all)
}

async fn people_page(
    app: &App,
    who: &Who,
    connection: &store::Connection,
    attendants: &[Operator],
    there: impl Fn(&Operator) -> String,
    wrong: &[OperatorId],
    saved: bool,
) -> Page {
    let kind = kind::of(&connection.what.kind).ok_or(AppError::NotFound)?;
    let s = Shell::load(app, who, Here::Connections).await?;
    let language = s.t.language;
    let w = Words::of(language);
    let rows = attendants
        .iter()
        .map(|one| Row {
            id: one.id.to_string(),
            name: one.name.clone(),
            login: one.login.clone(),
            there: there(one),
            hint: if kind.people.looked_for && one.login.contains('@') {
                fill(w.by_email, &[&one.login])
            } else {
                w.by_account.to_owned()
            },
            wrong: wrong.contains(&one.id),
        })
        .collect();
    let mut answer = page(&PeoplePage {
        w,
        id: connection.what.id.to_string(),
        name: connection.what.name.clone(),
        lead: fill(w.lead, &[kind.title]),
        hint: said(kind.people.hint, language),
        rows,
        saved,
        s,
    })?;
    if !wrong.is_empty() {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(answer)
}
