//! Who an attendant is in another system. For administrators.
//!
//! The form remembers what it began with: of two who name the same attendant, the second is told, and what each changed alone is put together.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    extract::{Form, Path, RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use protocol::id::OperatorId;
use store::{Operator, StoreError};
use tickets::{
    PeopleError,
    kind::{self, said},
};

use super::{Typed, recorded};
use crate::console::{
    App,
    apps::fields::{Clash, Fields, SAVE_TRIES, merge},
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
    clash: "Outra pessoa mudou estes nomes enquanto você editava", "Somebody changed these names while you were editing", "Otra persona cambió estos nombres mientras usted editaba";
    other: "Outra pessoa:", "Somebody else:", "Otra persona:";
    emptied: "(vazio)", "(empty)", "(vacío)";
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
    /// What somebody else has written meanwhile.
    clash: Option<String>,
}

/// What the page shows beside what is on record.
#[derive(Default)]
struct Shown<'a> {
    fields: Fields,
    /// What the form begins with.
    base: Fields,
    wrong: &'a [OperatorId],
    clashes: &'a [Clash],
    saved: Option<&'static str>,
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
    base: String,
    clashes: bool,
    saved: Option<&'static str>,
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
    let kept = kept(&attendants, &connection);
    let saved = match query.as_deref() {
        Some("saved") => Some(Words::of(who.texts.language).saved),
        Some("merged") => Some(who.texts.saved_merged),
        _ => None,
    };
    let shown = Shown { fields: kept.clone(), base: kept, saved, ..Shown::default() };
    people_page(&app, &who, &connection, &attendants, shown).await
}

/// What is on record, as a form has it.
fn kept(attendants: &[Operator], connection: &store::Connection) -> Fields {
    let mut kept = Fields::default();
    for one in attendants {
        let id = one.id.to_string();
        kept.set(&id, connection.people.get(&id).cloned().unwrap_or_default());
    }
    kept
}

/// `POST /connections/{id}/people`
pub(in crate::console) async fn save(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    Form(typed): Form<Typed>,
) -> Page {
    for _ in 0..SAVE_TRIES {
        let connection = recorded(&app, &who, &id).await?;
        let attendants = attendants(&app, &who, &connection).await?;
        let theirs = kept(&attendants, &connection);
        // Only the company's own people are looked at, whatever else was sent; what a form does not have it does not change.
        let mut mine = Fields::default();
        for id in attendants.iter().map(|one| one.id.to_string()) {
            mine.set(&id, typed.get(&id).map_or_else(|| theirs.get(&id), |text| text.trim()));
        }
        let mut base = typed.get("_base").and_then(|text| Fields::from_json(text)).unwrap_or_else(|| theirs.clone());
        if let Some(step) = typed.get("_step") {
            let of = step.strip_prefix("take:").ok_or(AppError::BadRequest)?;
            // What they wrote is known now: it is no surprise any more.
            for fields in [&mut mine, &mut base] {
                fields.set(of, theirs.get(of));
            }
            let shown = Shown { fields: mine, base, ..Shown::default() };
            return people_page(&app, &who, &connection, &attendants, shown).await;
        }
        let (merged, clashes) = merge(&base, &mine, &theirs);
        let shown = Shown { fields: merged, base: theirs.clone(), ..Shown::default() };
        if !clashes.is_empty() {
            let shown = Shown { clashes: &clashes, ..shown };
            return people_page(&app, &who, &connection, &attendants, shown).await;
        }
        let there = |one: &Operator| (one.id, shown.fields.get(&one.id.to_string()).to_owned());
        let people: BTreeMap<OperatorId, String> = attendants.iter().map(there).collect();
        let id = connection.what.id;
        match app.shared.connections.set_people(who.operator.tenant, id, &connection.people, &people).await {
            Ok(()) => {
                who.audit(&app, "connection.people", &connection.what.name).await?;
                let how = if base == theirs { "saved" } else { "merged" };
                return Ok(Redirect::to(&format!("/connections/{id}/people?{how}")).into_response());
            }
            Err(PeopleError::People(wrong)) => {
                let shown = Shown { wrong: &wrong, ..shown };
                return people_page(&app, &who, &connection, &attendants, shown).await;
            }
            // Somebody else in this very moment.
            Err(PeopleError::Store(StoreError::Conflict { .. })) => {}
            Err(PeopleError::Store(error)) => return Err(error.into()),
        }
    }
    Err(AppError::Trouble)
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
    Shown { fields, base, wrong, clashes, saved }: Shown<'_>,
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
            there: fields.get(&one.id.to_string()).to_owned(),
            hint: if kind.people.looked_for && one.login.contains('@') {
                fill(w.by_email, &[&one.login])
            } else {
                w.by_account.to_owned()
            },
            wrong: wrong.contains(&one.id),
            clash: clashes.iter().find(|clash| clash.field == one.id.to_string()).map(|clash| clash.theirs.clone()),
        })
        .collect();
    let mut answer = page(&PeoplePage {
        w,
        id: connection.what.id.to_string(),
        name: connection.what.name.clone(),
        lead: fill(w.lead, &[kind.title]),
        hint: said(kind.people.hint, language),
        rows,
        base: base.to_json(),
        clashes: !clashes.is_empty(),
        saved,
        s,
    })?;
    if !clashes.is_empty() {
        *answer.status_mut() = StatusCode::CONFLICT;
    } else if !wrong.is_empty() {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(answer)
}
