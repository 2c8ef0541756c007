//! What goes into which field of tickets that are opened in another system: pairs of a field and what goes into it. For administrators.

use askama::Template;
use axum::{
    extract::{Form, Path, RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use tickets::{
    FieldsError,
    kind::{self, said},
    mapping::{MOST, PLACES, Side, Wrong},
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
    fields: "Campos dos tickets", "Ticket fields", "Campos de los tickets";
    lead: "Além do assunto, do cliente e do texto, o que o Amparo escreve em um ticket que ele abre. O que só se sabe no fim da sessão é escrito no fim.", "What Amparo writes into a ticket it opens, beside its subject, customer and text. What is known only when the session ends is written then.", "Lo que Amparo escribe en un ticket que abre, además del asunto, el cliente y el texto. Lo que solo se sabe al final de la sesión se escribe al final.";
    field: "Campo no {}", "Field in {}", "Campo en {}";
    value: "O que vai nele", "What goes into it", "Qué va en él";
    value_hint: "Um texto fixo, lugares entre chaves da lista ao lado, ou os dois. Esvazie os dois lados para tirar a linha.", "A fixed text, places in braces from the list beside, or both. Empty both sides to take a line out.", "Un texto fijo, lugares entre llaves de la lista de al lado, o ambos. Vacíe los dos lados para quitar la línea.";
    places: "O que pode ir", "What can go in", "Qué puede ir";
    known: "Campos que todo {} tem", "Fields that every {} has", "Campos que todo {} tiene";
    known_late: "no fim", "at the end", "al final";
    saved: "Salvo. Vale para o próximo ticket.", "Saved. It counts from the next ticket on.", "Guardado. Vale desde el próximo ticket.";
    save: "Salvar", "Save", "Guardar";
    no_field: "Diga em que campo isto vai.", "Say which field this goes into.", "Diga en qué campo va esto.";
    no_value: "Diga o que vai neste campo.", "Say what goes into this field.", "Diga qué va en este campo.";
    too_long: "Texto longo demais.", "Too long.", "Texto demasiado largo.";
    not_line: "Só uma linha, sem caracteres de controle.", "One line, without control characters.", "Solo una línea, sin caracteres de control.";
    unknown_place: "Não existe {} aqui; veja a lista.", "There is no {} here; see the list.", "No existe {} aquí; vea la lista.";
    open: "Falta fechar uma chave: }", "A brace is not closed: }", "Falta cerrar una llave: }";
    not_field: "O sistema não tem um campo escrito assim. Por exemplo: {}", "The system has no field that is written like this. For example: {}", "El sistema no tiene un campo escrito así. Por ejemplo: {}";
    not_number: "Este campo pede um número.", "This field takes a number.", "Este campo pide un número.";
    setting: "Isto já está nas configurações da conexão; mude lá.", "This is in the connection's settings already; change it there.", "Esto ya está en la configuración de la conexión; cámbielo allí.";
    ours: "Este campo o Amparo já escreve.", "Amparo writes this field already.", "Este campo ya lo escribe Amparo.";
    twice: "Este campo já está em outra linha.", "This field is in another line already.", "Este campo ya está en otra línea.";
    too_many: "São 30 campos no máximo.", "30 fields at most.", "Son 30 campos como máximo.";
}

/// Empty lines below those that are filled.
const SPARE: usize = 3;

struct Row {
    n: usize,
    field: String,
    value: String,
    field_problem: Option<String>,
    value_problem: Option<String>,
}

#[derive(Template)]
#[template(path = "connection_fields.html")]
struct FieldsPage {
    s: Shell,
    w: &'static Words,
    id: String,
    name: String,
    /// What stands above the fields, and above those that every installation has.
    field: String,
    known: String,
    hint: &'static str,
    example: &'static str,
    rows: Vec<Row>,
    native: Vec<(&'static str, &'static str)>,
    places: Vec<(String, &'static str, bool)>,
    saved: bool,
}

/// `GET /connections/{id}/fields`
pub(in crate::console) async fn show(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Page {
    let connection = recorded(&app, &who, &id).await?;
    let saved = query.as_deref() == Some("saved");
    fields_page(&app, &who, &connection, &connection.fields, &[], saved).await
}

/// `POST /connections/{id}/fields`
pub(in crate::console) async fn save(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    Form(typed): Form<Typed>,
) -> Page {
    let connection = recorded(&app, &who, &id).await?;
    let side = |side: &str, n: usize| typed.get(&format!("{side}-{n}")).map_or("", |text| text.trim()).to_owned();
    // One more than there may be: that it is too many is told, and no more than that is looked at.
    let pairs: Vec<(String, String)> = (0..=MOST + SPARE).map(|n| (side("field", n), side("value", n))).collect();
    let pairs: Vec<_> = pairs.into_iter().filter(|(field, value)| !field.is_empty() || !value.is_empty()).collect();
    let id = connection.what.id;
    match app.shared.connections.set_fields(who.operator.tenant, id, &pairs).await {
        Ok(()) => {
            who.audit(&app, "connection.fields", &connection.what.name).await?;
            Ok(Redirect::to(&format!("/connections/{id}/fields?saved")).into_response())
        }
        Err(FieldsError::Pairs(problems)) => fields_page(&app, &who, &connection, &pairs, &problems, false).await,
        Err(FieldsError::Store(error)) => Err(error.into()),
    }
}

async fn fields_page(
    app: &App,
    who: &Who,
    connection: &store::Connection,
    pairs: &[(String, String)],
    problems: &[(usize, Side, Wrong)],
    saved: bool,
) -> Page {
    let kind = kind::of(&connection.what.kind).ok_or(AppError::NotFound)?;
    let s = Shell::load(app, who, Here::Connections).await?;
    let language = s.t.language;
    let w = Words::of(language);
    let problem = |n: usize, side: Side| {
        let found = problems.iter().find(|(at, of, _)| (*at, *of) == (n, side));
        found.map(|(.., wrong)| w.problem(wrong, kind.targets.example))
    };
    let empty = (String::new(), String::new());
    let shown = (pairs.len() + SPARE).min(MOST.max(pairs.len()));
    let rows = (0..shown)
        .map(|n| {
            let (field, value) = pairs.get(n).unwrap_or(&empty).clone();
            Row { n, field, value, field_problem: problem(n, Side::Field), value_problem: problem(n, Side::Value) }
        })
        .collect();
    let mut answer = page(&FieldsPage {
        w,
        id: connection.what.id.to_string(),
        name: connection.what.name.clone(),
        field: fill(w.field, &[kind.title]),
        known: fill(w.known, &[kind.title]),
        hint: said(kind.targets.hint, language),
        example: kind.targets.example,
        rows,
        native: kind.targets.native.iter().map(|field| (field.name, said(field.label, language))).collect(),
        places: PLACES
            .iter()
            .map(|place| (format!("{{{}}}", place.name), said(place.words, language), place.late))
            .collect(),
        saved,
        s,
    })?;
    if !problems.is_empty() {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(answer)
}

impl Words {
    fn problem(&self, wrong: &Wrong, example: &str) -> String {
        match wrong {
            Wrong::NoField => self.no_field.to_owned(),
            Wrong::NoValue => self.no_value.to_owned(),
            Wrong::TooLong => self.too_long.to_owned(),
            Wrong::NotALine => self.not_line.to_owned(),
            Wrong::UnknownPlace(name) => fill(self.unknown_place, &[&format!("{{{name}}}")]),
            Wrong::Open => self.open.to_owned(),
            Wrong::NotAField => fill(self.not_field, &[example]),
            Wrong::NotANumber => self.not_number.to_owned(),
            Wrong::Setting => self.setting.to_owned(),
            Wrong::Ours => self.ours.to_owned(),
            Wrong::Twice => self.twice.to_owned(),
            Wrong::TooMany => self.too_many.to_owned(),
        }
    }
}
