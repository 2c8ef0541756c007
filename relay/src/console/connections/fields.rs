//! What goes into which field of tickets that are opened in another system: pairs of a field and what goes into it. For administrators.
//!
//! The form remembers what it began with: of two who change the same line, the second is told, and what each changed alone is put together.

use askama::Template;
use axum::{
    extract::{Form, Path, RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use store::StoreError;
use tickets::{
    FieldsError,
    kind::{self, said},
    mapping::{MOST, Mapping, PLACES, Side, Wrong},
};

use super::{
    Typed,
    left_out::{self, Note},
    recorded,
};
use crate::console::{
    App,
    apps::fields::SAVE_TRIES,
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
    clash: "Outra pessoa mudou estes campos enquanto você editava", "Somebody changed these fields while you were editing", "Otra persona cambió estos campos mientras usted editaba";
    other: "Outra pessoa:", "Somebody else:", "Otra persona:";
    taken_out: "tirou esta linha", "took this line out", "quitó esta línea";
    came_back: "Você tinha tirado esta linha, e outra pessoa a mudou: ela voltou.", "You had taken this line out, and somebody else changed it: it is back.", "Usted había quitado esta línea, y otra persona la cambió: volvió.";
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
    clash: Option<Clash>,
}

/// Pairs of a field and what goes into it.
type Pairs = Vec<(String, String)>;

/// A line that two people have changed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Clash {
    field: String,
    /// What the other one has made of it; `None`: taken it out.
    theirs: Option<String>,
    /// Whoever is told had taken it out.
    came_back: bool,
}

fn same(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

fn value_of<'a>(pairs: &'a Pairs, field: &str) -> Option<&'a str> {
    pairs.iter().find(|(name, _)| same(name, field)).map(|(_, value)| value.as_str())
}

/// Puts two people's changes together: whoever changed a line has it; both did: it is mine, and a clash. A line that is taken out by me and
/// changed by the other comes back.
fn put_together(base: &Pairs, mine: &Pairs, theirs: &Pairs) -> (Pairs, Vec<Clash>) {
    let (mut merged, mut clashes) = (Pairs::new(), Vec::new());
    let more = theirs.iter().filter(|(field, _)| value_of(mine, field).is_none());
    for (field, _) in mine.iter().chain(more) {
        let (was, my, their) = (value_of(base, field), value_of(mine, field), value_of(theirs, field));
        let value = match (my == was, their == was) {
            (true, _) => their,
            (false, true) => my,
            (false, false) => {
                if my != their {
                    let theirs = their.map(str::to_owned);
                    clashes.push(Clash { field: field.clone(), theirs, came_back: my.is_none() });
                }
                my.or(their)
            }
        };
        merged.extend(value.map(|value| (field.clone(), value.to_owned())));
    }
    (merged, clashes)
}

/// What the page shows beside what is on record.
#[derive(Default)]
struct Shown<'a> {
    pairs: &'a [(String, String)],
    /// What the form begins with.
    base: &'a [(String, String)],
    problems: &'a [(usize, Side, Wrong)],
    clashes: &'a [Clash],
    saved: Option<&'static str>,
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
    base: String,
    clashes: bool,
    saved: Option<&'static str>,
    left_out: Option<Note>,
}

/// `GET /connections/{id}/fields`
pub(in crate::console) async fn show(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Page {
    let connection = recorded(&app, &who, &id).await?;
    let saved = match query.as_deref() {
        Some("saved") => Some(Words::of(who.texts.language).saved),
        Some("merged") => Some(who.texts.saved_merged),
        _ => None,
    };
    let kept = &connection.fields;
    fields_page(&app, &who, &connection, Shown { pairs: kept, base: kept, saved, ..Shown::default() }).await
}

/// `POST /connections/{id}/fields`
pub(in crate::console) async fn save(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    Form(typed): Form<Typed>,
) -> Page {
    let side = |side: &str, n: usize| typed.get(&format!("{side}-{n}")).map_or("", |text| text.trim()).to_owned();
    // One more than there may be: that it is too many is told, and no more than that is looked at.
    let mine = (0..=MOST + SPARE).map(|n| (side("field", n), side("value", n)));
    let mut mine: Pairs = mine.filter(|(field, value)| !field.is_empty() || !value.is_empty()).collect();
    let base: Option<Pairs> = typed.get("_base").and_then(|text| serde_json::from_str(text).ok());
    for _ in 0..SAVE_TRIES {
        let connection = recorded(&app, &who, &id).await?;
        let theirs = &connection.fields;
        let mut base = base.clone().unwrap_or_else(|| theirs.clone());
        if let Some(step) = typed.get("_step") {
            let field = step.strip_prefix("take:").ok_or(AppError::BadRequest)?;
            take(&mut mine, theirs, field);
            // What they wrote is known now: it is no surprise any more.
            take(&mut base, theirs, field);
            return fields_page(&app, &who, &connection, Shown { pairs: &mine, base: &base, ..Shown::default() }).await;
        }
        let kind = kind::of(&connection.what.kind).ok_or(AppError::NotFound)?;
        if let Err(problems) = Mapping::parse(kind.targets, &mine) {
            let shown = Shown { pairs: &mine, base: &base, problems: &problems, ..Shown::default() };
            return fields_page(&app, &who, &connection, shown).await;
        }
        let (merged, clashes) = put_together(&base, &mine, theirs);
        let shown = Shown { pairs: &merged, base: theirs, ..Shown::default() };
        if !clashes.is_empty() {
            return fields_page(&app, &who, &connection, Shown { clashes: &clashes, ..shown }).await;
        }
        let id = connection.what.id;
        match app.shared.connections.set_fields(who.operator.tenant, id, theirs, &merged).await {
            Ok(()) => {
                who.audit(&app, "connection.fields", &connection.what.name).await?;
                let how = if base == *theirs { "saved" } else { "merged" };
                return Ok(Redirect::to(&format!("/connections/{id}/fields?{how}")).into_response());
            }
            Err(FieldsError::Pairs(problems)) => {
                return fields_page(&app, &who, &connection, Shown { problems: &problems, ..shown }).await;
            }
            // Somebody else in this very moment.
            Err(FieldsError::Store(StoreError::Conflict { .. })) => {}
            Err(FieldsError::Store(error)) => return Err(error.into()),
        }
    }
    Err(AppError::Trouble)
}

/// Makes a line what it is in theirs.
fn take(pairs: &mut Pairs, theirs: &Pairs, field: &str) {
    let place = pairs.iter().position(|(name, _)| same(name, field));
    match (place, value_of(theirs, field)) {
        (Some(at), Some(value)) => value.clone_into(&mut pairs[at].1),
        (Some(at), None) => _ = pairs.remove(at),
        (None, Some(value)) => pairs.push((field.to_owned(), value.to_owned())),
        (None, None) => {}
    }
}

async fn fields_page(
    app: &App,
    who: &Who,
    connection: &store::Connection,
    Shown { pairs, base, problems, clashes, saved }: Shown<'_>,
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
            let clash = clashes.iter().find(|clash| !field.is_empty() && same(&clash.field, &field)).cloned();
            let (field_problem, value_problem) = (problem(n, Side::Field), problem(n, Side::Value));
            Row { n, field, value, field_problem, value_problem, clash }
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
        base: serde_json::to_string(base).unwrap_or_default(),
        clashes: !clashes.is_empty(),
        saved,
        left_out: left_out::note(connection, &s),
        s,
    })?;
    if !clashes.is_empty() {
        *answer.status_mut() = StatusCode::CONFLICT;
    } else if !problems.is_empty() {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Pairs {
        text.split(' ').filter_map(|pair| pair.split_once('=')).map(|(a, b)| (a.to_owned(), b.to_owned())).collect()
    }

    #[test]
    fn lines_that_only_one_has_changed_are_put_together_and_those_of_both_are_a_clash() {
        let base = pairs("a=1 b=2 c=3");
        for (mine, theirs, merged, clashes) in [
            ("a=1 b=2 c=3", "a=1 b=2 c=3", "a=1 b=2 c=3", ""),
            ("a=9 b=2 c=3", "a=1 b=8 c=3", "a=9 b=8 c=3", ""),
            ("a=1 b=2 c=3 d=4", "a=1 b=2 e=5", "a=1 b=2 d=4 e=5", ""),
            ("b=2 c=3", "a=1 b=2 c=7", "b=2 c=7", ""),
            ("A=9 b=2 c=3", "a=1 b=2 c=3", "A=9 b=2 c=3", ""),
            ("a=9 b=2 c=3", "a=8 b=2 c=3", "a=9 b=2 c=3", "a=8"),
            ("a=9 b=2 c=3", "A=9 b=2 c=3", "a=9 b=2 c=3", ""),
            ("a=9 b=2 c=3", "b=2 c=3", "a=9 b=2 c=3", "a=-"),
            ("b=2 c=3", "a=8 b=2 c=3", "b=2 c=3 a=8", "a=8+"),
            ("d=4", "d=5", "d=4", "d=5"),
            ("", "", "", ""),
        ] {
            let (put, told) = put_together(&base, &pairs(mine), &pairs(theirs));
            assert_eq!(put, pairs(merged), "{mine} | {theirs}");
            let told = told.into_iter().map(|clash| {
                let back = if clash.came_back { "+" } else { "" };
                format!("{}={}{back}", clash.field, clash.theirs.as_deref().unwrap_or("-"))
            });
            assert_eq!(told.collect::<Vec<_>>().join(" "), clashes, "{mine} | {theirs}");
        }
    }

    #[test]
    fn a_line_is_made_what_it_is_in_theirs() {
        let theirs = pairs("a=1 B=2");
        for (field, before, after) in
            [("a", "a=9 c=3", "a=1 c=3"), ("b", "c=3", "c=3 b=2"), ("c", "a=9 c=3", "a=9"), ("x", "a=9", "a=9")]
        {
            let mut mine = pairs(before);
            take(&mut mine, &theirs, field);
            assert_eq!(mine, pairs(after), "{field}");
        }
    }
}
