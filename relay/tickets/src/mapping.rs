//! Which of what we know goes into which field of a ticket that is opened in another system. Pure.
//!
//! A company writes pairs of a field and what goes into it: a fixed text, places in braces, or both. Each kind says which fields it has
//! ([`Targets`]); the adapters write what [`Mapping::opening`] and [`Mapping::late`] give them. What a customer typed is never read as a
//! place, and a refusal names the fields that were sent ([`told`]).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use store::KeptFields;

use crate::{
    http::Answer,
    kind::Words,
    system::{Refusal, ReportError},
};

/// Pairs that a connection may have.
pub const MOST: usize = 30;
/// The longest name of a field, in characters.
pub const LONGEST_NAME: usize = 120;
/// The longest text of what goes into one, in characters.
pub const LONGEST_VALUE: usize = 500;
/// What is written into a field is cut to this many characters.
const LONGEST_FILLED: usize = 4_000;

/// What is known of a session, by the place it goes to; what is not known is not in it.
pub type Values = BTreeMap<&'static str, String>;

/// Something that can stand in braces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// What stands there.
    pub name: &'static str,
    /// What it is, for people.
    pub words: Words,
    /// It is known when the session is over, and is written then.
    pub late: bool,
}

const fn place(name: &'static str, words: Words) -> Place {
    Place { name, words, late: false }
}

const fn late(name: &'static str, words: Words) -> Place {
    Place { name, words, late: true }
}

/// Everything that can stand in braces, in the order it is shown.
pub static PLACES: &[Place] = &[
    place("customer_name", ["Nome do cliente", "Customer's name", "Nombre del cliente"]),
    place("customer_email", ["E-mail do cliente", "Customer's e-mail", "Correo del cliente"]),
    place("customer_phone", ["Telefone do cliente", "Customer's telephone", "Teléfono del cliente"]),
    place("customer_document", ["CPF ou CNPJ do cliente", "Customer's tax number", "Documento del cliente"]),
    place("customer_company", ["Empresa do cliente", "Customer's company", "Empresa del cliente"]),
    place("subject", ["Assunto", "Subject", "Asunto"]),
    place("protocol", ["Número de protocolo", "Protocol number", "Número de protocolo"]),
    place("device", ["ID do computador", "The computer's ID", "ID del equipo"]),
    place("app", ["Aplicativo", "App", "Aplicación"]),
    place("attendant", ["Nome do atendente", "Attendant's name", "Nombre del agente"]),
    place(
        "page",
        [
            "Endereço da sessão no console",
            "Address of the session in the console",
            "Dirección de la sesión en la consola",
        ],
    ),
    place(
        "start",
        ["Início, data e hora (ISO 8601)", "Start, date and time (ISO 8601)", "Inicio, fecha y hora (ISO 8601)"],
    ),
    place(
        "start_date",
        ["Data de início (2026-11-21)", "Date of the start (2026-11-21)", "Fecha de inicio (2026-11-21)"],
    ),
    late("end", ["Fim, data e hora (ISO 8601)", "End, date and time (ISO 8601)", "Fin, fecha y hora (ISO 8601)"]),
    late("duration_minutes", ["Duração em minutos", "Duration in minutes", "Duración en minutos"]),
    late("category", ["Categoria da conclusão", "Category of the wrap-up", "Categoría del cierre"]),
    late("outcome", ["Resolvido ou não", "Solved or not", "Resuelto o no"]),
    late("note", ["Nota do atendente", "Attendant's note", "Nota del agente"]),
];

/// What a field of a system's own takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Any text.
    Text,
    /// A whole number.
    Number,
}

/// A field that every installation of a system has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Native {
    /// Its name there.
    pub name: &'static str,
    /// Its name for people.
    pub label: Words,
    /// What it takes.
    pub takes: Takes,
}

/// One that takes any text.
pub const fn text(name: &'static str, label: Words) -> Native {
    Native { name, label, takes: Takes::Text }
}

/// One that takes a whole number.
pub const fn number(name: &'static str, label: Words) -> Native {
    Native { name, label, takes: Takes::Number }
}

/// Which fields a kind of system has.
pub struct Targets {
    /// Those that every installation has.
    pub native: &'static [Native],
    /// Whether an installation's own field is named like this.
    pub own: fn(&str) -> bool,
    /// How such a name looks and where it is found.
    pub hint: Words,
    /// One that a company could have.
    pub example: &'static str,
    /// Those that are ours to write.
    pub ours: &'static [&'static str],
    /// Those that the connection's settings write already.
    pub settings: &'static [&'static str],
}

/// What is wrong with a pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// Something goes into no field.
    NoField,
    /// Nothing goes into the field.
    NoValue,
    /// Too much was typed.
    TooLong,
    /// It holds a line break or another control character.
    NotALine,
    /// There is no such place.
    UnknownPlace(String),
    /// A brace that is not closed.
    Open,
    /// The system has no field that is named like this.
    NotAField,
    /// The field takes a whole number.
    NotANumber,
    /// The connection's settings write it already.
    Setting,
    /// We write it ourselves.
    Ours,
    /// It stands in an earlier pair already.
    Twice,
    /// There are more than [`MOST`].
    TooMany,
}

/// Which side of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The field.
    Field,
    /// What goes into it.
    Value,
}

/// What goes into which field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mapping(Vec<Mapped>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Mapped {
    name: String,
    native: bool,
    takes: Takes,
    value: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Place(&'static Place),
}

/// A field with what goes into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    /// Its name.
    pub name: String,
    /// Every installation has it.
    pub native: bool,
    /// What goes into it.
    pub text: String,
    /// The same as the field takes it: a number where it takes one, a text otherwise.
    pub value: Value,
}

impl Mapping {
    /// Reads pairs; those with nothing on either side are left out.
    ///
    /// # Errors
    /// Everything that is wrong, with the place of the pair among these.
    pub fn parse(targets: &Targets, pairs: &[(String, String)]) -> Result<Self, Vec<(usize, Side, Wrong)>> {
        let mut problems = Vec::new();
        let mut mapped: Vec<Mapped> = Vec::new();
        let mut names = BTreeSet::new();
        for (n, (name, value)) in pairs.iter().enumerate() {
            let (name, value) = (name.trim(), value.trim());
            if name.is_empty() && value.is_empty() {
                continue;
            }
            let native = targets.native.iter().find(|native| native.name == name);
            let field = field(targets, native.is_some(), name)
                .and_then(|()| names.insert(name.to_lowercase()).then_some(()).ok_or(Wrong::Twice))
                .and((mapped.len() < MOST).then_some(()).ok_or(Wrong::TooMany));
            let takes = native.map_or(Takes::Text, |native| native.takes);
            let pieces = pieces(value).and_then(|pieces| match pieces.as_slice() {
                [Piece::Text(fixed)] if takes == Takes::Number && fixed.parse::<u64>().is_err() => {
                    Err(Wrong::NotANumber)
                }
                _ => Ok(pieces),
            });
            match (field, pieces) {
                (Ok(()), Ok(value)) => {
                    mapped.push(Mapped { name: name.to_owned(), native: native.is_some(), takes, value });
                }
                (field, pieces) => {
                    problems.extend(field.err().map(|wrong| (n, Side::Field, wrong)));
                    problems.extend(pieces.err().map(|wrong| (n, Side::Value, wrong)));
                }
            }
        }
        if problems.is_empty() { Ok(Self(mapped)) } else { Err(problems) }
    }

    /// Whether this field is among them.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|mapped| mapped.name == name)
    }

    /// The fields of a ticket that is opened: all that there is something to say in.
    ///
    /// # Errors
    /// When something is to go into a field that does not take it.
    pub fn opening(&self, values: &Values) -> Result<Vec<Filled>, ReportError> {
        self.0.iter().filter_map(|mapped| mapped.filled(values)).collect()
    }

    /// The fields of a ticket that say something which is known only now.
    ///
    /// # Errors
    /// As for [`Mapping::opening`].
    pub fn late(&self, values: &Values) -> Result<Vec<Filled>, ReportError> {
        let is_late = |mapped: &&Mapped| {
            mapped.value.iter().any(|piece| matches!(piece, Piece::Place(p) if p.late && values.contains_key(p.name)))
        };
        self.0.iter().filter(is_late).filter_map(|mapped| mapped.filled(values)).collect()
    }
}

impl Mapped {
    /// `None`: there is nothing to say.
    fn filled(&self, values: &Values) -> Option<Result<Filled, ReportError>> {
        let said = |place: &Place| values.get(place.name).filter(|text| !text.is_empty());
        let has_places = self.value.iter().any(|piece| matches!(piece, Piece::Place(_)));
        let says = self.value.iter().any(|piece| matches!(piece, Piece::Place(p) if said(p).is_some()));
        if has_places && !says {
            return None;
        }
        let text: String = self
            .value
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => text.as_str(),
                Piece::Place(place) => said(place).map_or("", String::as_str),
            })
            .flat_map(str::chars)
            .filter(|c| !c.is_control() || *c == '\n')
            .take(LONGEST_FILLED)
            .collect();
        let text = text.trim().to_owned();
        if text.is_empty() {
            return None;
        }
        let value = match self.takes {
            Takes::Text => Value::from(text.as_str()),
            Takes::Number => match text.parse::<u64>() {
                Ok(number) => Value::from(number),
                Err(_) => return Some(Err(refused("it takes a whole number", std::iter::once(self.name.as_str())))),
            },
        };
        Some(Ok(Filled { name: self.name.clone(), native: self.native, text, value }))
    }
}

fn field(targets: &Targets, native: bool, name: &str) -> Result<(), Wrong> {
    let among = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    match name {
        "" => Err(Wrong::NoField),
        _ if name.chars().count() > LONGEST_NAME => Err(Wrong::TooLong),
        _ if name.chars().any(char::is_control) => Err(Wrong::NotALine),
        _ if among(targets.ours) => Err(Wrong::Ours),
        _ if among(targets.settings) => Err(Wrong::Setting),
        _ if native || (targets.own)(name) => Ok(()),
        _ => Err(Wrong::NotAField),
    }
}

fn pieces(text: &str) -> Result<Vec<Piece>, Wrong> {
    match text {
        "" => return Err(Wrong::NoValue),
        _ if text.chars().count() > LONGEST_VALUE => return Err(Wrong::TooLong),
        _ if text.chars().any(char::is_control) => return Err(Wrong::NotALine),
        _ => {}
    }
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').ok_or(Wrong::Open)?;
        let place = PLACES.iter().find(|place| place.name == name.trim());
        let place = place.ok_or_else(|| Wrong::UnknownPlace(name.chars().take(40).collect()))?;
        if !before.is_empty() {
            pieces.push(Piece::Text(before.to_owned()));
        }
        pieces.push(Piece::Place(place));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    Ok(pieces)
}

/// The answer to a call that these fields went with. A system that refuses it is told of with the names of the fields: those that it
/// names itself, or else all of them.
///
/// # Errors
/// What it says instead of yes.
pub fn told(answer: Answer, sent: &[Filled]) -> Result<Answer, ReportError> {
    if answer.status.is_success() {
        return Ok(answer);
    }
    let refusal = answer.refusal();
    let about_the_request = matches!(answer.status.as_u16(), 400 | 422);
    match &refusal {
        ReportError::Rejected { why, .. } if about_the_request && !sent.is_empty() => {
            let body = String::from_utf8_lossy(&answer.body);
            let named: Vec<&str> =
                sent.iter().map(|filled| filled.name.as_str()).filter(|name| holds_word(&body, name)).collect();
            let all = sent.iter().map(|filled| filled.name.as_str());
            Err(if named.is_empty() { refused(why, all) } else { refused(why, named.into_iter()) })
        }
        _ => Err(refusal),
    }
}

/// What became of fields that were sent.
pub fn became(sent: &[Filled], is_kept: impl Fn(&Filled) -> bool) -> KeptFields {
    let names = sent.iter().map(|filled| filled.name.clone());
    let (kept, left_out): (Vec<_>, Vec<_>) = names.zip(sent).partition(|(_, filled)| is_kept(filled));
    let only = |all: Vec<(String, &Filled)>| all.into_iter().map(|(name, _)| name).collect();
    KeptFields { kept: only(kept), left_out: only(left_out) }
}

/// Refuses when fields that were sent are not kept: what a system does not know, or we may not fill, it may leave out without a word.
///
/// # Errors
/// With their names.
pub fn all_kept(fields: &KeptFields, why: &str) -> Result<(), ReportError> {
    let left_out = &fields.left_out;
    if left_out.is_empty() { Ok(()) } else { Err(refused(why, left_out.iter().map(String::as_str))) }
}

/// Whether this says something.
pub fn says(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(all) => all.iter().any(says),
        _ => true,
    }
}

/// A field is refused.
pub fn refused<'a>(why: &str, names: impl Iterator<Item = &'a str>) -> ReportError {
    let names: Vec<&str> = names.collect();
    ReportError::Rejected { refusal: Refusal::Field, why: format!("{} ({why})", names.join(", ")) }
}

/// Whether a name stands in a text by itself, and not as a part of a longer one.
fn holds_word(text: &str, name: &str) -> bool {
    let of_a_name = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        !before.is_some_and(of_a_name) && !after.is_some_and(of_a_name)
    })
}

/// Whether this is a whole number as ids are: digits only.
pub fn is_id(name: &str) -> bool {
    !name.is_empty() && name.len() <= 18 && name.bytes().all(|b| b.is_ascii_digit())
}

/// Whether this is a name as programs write names: a letter or a line first, then digits too.
pub fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    let first = bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    first && name.len() <= 80 && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests;
