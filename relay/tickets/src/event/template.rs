//! What a company wants its actions to say: lines with places in braces. A line one of whose places has nothing to say is left out. Pure.
//!
//! A place is filled once: what a customer typed is never read as a place again.

use std::collections::BTreeMap;

use store::{EventKind, Language};

use super::text::{self, Label};

/// The most that a template may hold.
pub const LONGEST: usize = 4_000;

/// Everything that can stand in braces.
const PLACES: &[&str] = &[
    "title",
    "protocol",
    "attendant",
    "customer",
    "contact",
    "start",
    "end",
    "duration",
    "allowed",
    "administrator",
    "reason",
    "path",
    "reconnects",
    "round_trip",
    "category",
    "outcome",
    "note",
    "audit",
];

/// What can stand in braces in an action of this kind.
pub fn places(kind: EventKind) -> impl Iterator<Item = &'static str> {
    let always = ["title", "protocol", "customer", "contact", "start"];
    let said = ["category", "outcome", "note"];
    PLACES.iter().copied().filter(move |place| match kind {
        EventKind::Missed => always.contains(place) || ["duration", "reason", "note"].contains(place),
        _ if *place == "attendant" => true,
        EventKind::Start => always.contains(place) || *place == "allowed",
        EventKind::End => true,
        EventKind::WrapUp => always.contains(place) || said.contains(place),
    })
}

/// Why a text is not a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// It says nothing.
    #[error("it is empty")]
    Empty,
    /// It is longer than [`LONGEST`] bytes.
    #[error("it is too long")]
    TooLong,
    /// There is no such place, or not in this kind of action.
    #[error("there is no place {{{0}}}")]
    Unknown(String),
    /// A brace that is not closed.
    #[error("a brace is not closed in line {0}")]
    Open(usize),
}

/// A text that can be filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Vec<Piece>>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Place(&'static str),
}

impl Template {
    /// Reads a template for this kind of action.
    ///
    /// # Errors
    /// See [`TemplateError`].
    pub fn parse(kind: EventKind, text: &str) -> Result<Self, TemplateError> {
        if text.trim().is_empty() {
            return Err(TemplateError::Empty);
        }
        if text.len() > LONGEST {
            return Err(TemplateError::TooLong);
        }
        let mut lines = Vec::new();
        for (n, mut rest) in text.trim_end().lines().enumerate() {
            let mut pieces = Vec::new();
            while let Some((before, after)) = rest.split_once('{') {
                let (name, after) = after.split_once('}').ok_or(TemplateError::Open(n + 1))?;
                let known = places(kind).find(|place| *place == name);
                let place = known.ok_or_else(|| TemplateError::Unknown(name.chars().take(40).collect()))?;
                pieces.push(Piece::Text(before.to_owned()));
                pieces.push(Piece::Place(place));
                rest = after;
            }
            pieces.push(Piece::Text(rest.to_owned()));
            lines.push(pieces);
        }
        Ok(Self(lines))
    }

    /// Whether it has this place.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().flatten().any(|piece| matches!(piece, Piece::Place(place) if *place == name))
    }

    /// Fills it.
    pub(super) fn filled(&self, values: &BTreeMap<&'static str, String>) -> Vec<String> {
        let value = |place: &str| values.get(place).map_or("", String::as_str);
        let says = |line: &&Vec<Piece>| {
            line.iter().all(|piece| match piece {
                Piece::Text(_) => true,
                Piece::Place(place) => !value(place).is_empty(),
            })
        };
        let fill = |line: &Vec<Piece>| {
            line.iter()
                .map(|piece| match piece {
                    Piece::Text(text) => text.as_str(),
                    Piece::Place(place) => value(place),
                })
                .collect()
        };
        self.0.iter().filter(says).map(fill).collect()
    }
}

/// What actions say where the company has not said otherwise.
pub fn standing(kind: EventKind, language: Language) -> String {
    let mut lines = vec!["{title}".to_owned()];
    let facts = [
        (Label::Protocol, "protocol"),
        (Label::Attendant, "attendant"),
        (Label::Customer, "customer"),
        (Label::Contact, "contact"),
        (Label::Start, "start"),
        (Label::End, "end"),
        (if kind == EventKind::Missed { Label::Waited } else { Label::Duration }, "duration"),
        (Label::Allowed, "allowed"),
        (Label::Administrator, "administrator"),
        (if kind == EventKind::Missed { Label::Missed } else { Label::Reason }, "reason"),
        (Label::Path, "path"),
        (Label::Reconnects, "reconnects"),
        (Label::RoundTrip, "round_trip"),
        (Label::Category, "category"),
        (Label::Outcome, "outcome"),
        (if kind == EventKind::Missed { Label::Message } else { Label::Note }, "note"),
        (Label::Audit, "audit"),
    ];
    for (label, place) in facts {
        // How to reach somebody who was helped is on the ticket already.
        let wanted = place != "contact" || kind == EventKind::Missed;
        if wanted && places(kind).any(|known| known == place) {
            lines.push(format!("{}: {{{place}}}", text::label(language, label)));
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_wrong_template_is_told_with_what_is_wrong_in_it() {
        let parse = |text: &str| Template::parse(EventKind::Start, text);
        assert_eq!(parse(" \n"), Err(TemplateError::Empty));
        assert_eq!(parse(&"x".repeat(LONGEST + 1)), Err(TemplateError::TooLong));
        assert_eq!(parse("a {nope}"), Err(TemplateError::Unknown("nope".into())));
        assert_eq!(parse("{duration}"), Err(TemplateError::Unknown("duration".into())), "a start has no duration");
        assert_eq!(parse("a\nb {protocol"), Err(TemplateError::Open(2)));
    }

    #[test]
    fn the_standing_texts_are_templates_themselves() {
        for language in [Language::PtBr, Language::En, Language::Es] {
            for kind in [EventKind::Start, EventKind::End, EventKind::WrapUp, EventKind::Missed] {
                Template::parse(kind, &standing(kind, language)).unwrap();
            }
        }
    }

    #[test]
    fn a_line_without_its_value_is_left_out_and_a_value_is_not_read_again() {
        let template =
            Template::parse(EventKind::End, "A {customer}, {attendant}\nReconnects: {reconnects}\nZ").unwrap();
        let values = BTreeMap::from([("customer", "{attendant}".to_owned()), ("attendant", "Ana".to_owned())]);
        assert_eq!(template.filled(&values), ["A {attendant}, Ana", "Z"]);
    }
}
