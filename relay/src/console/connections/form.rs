//! One field of a connection's form, as the page shows it. A secret's value is never among it.

use store::Language;
use tickets::kind::{Field, Input, said};

/// A field to be shown.
pub(super) struct Shown {
    pub(super) key: &'static str,
    pub(super) label: &'static str,
    pub(super) hint: &'static str,
    /// `url`, `text`, `secret`, `key`, `pem`, `choice` or `number`.
    pub(super) input: &'static str,
    pub(super) value: String,
    pub(super) choices: Vec<(&'static str, &'static str, bool)>,
    pub(super) least: u32,
    pub(super) most: u32,
    pub(super) required: bool,
    /// A secret that is on record and may be left alone.
    pub(super) kept: bool,
    pub(super) problem: Option<String>,
}

/// How a field is shown with what was typed into it.
pub(super) fn shown(
    field: &'static Field,
    typed: &str,
    problem: Option<String>,
    on_record: bool,
    language: Language,
) -> Shown {
    let secret = field.input.is_sealed();
    let (input, choices, least, most) = match field.input {
        Input::Address => ("url", Vec::new(), 0, 0),
        Input::Text => ("text", Vec::new(), 0, 0),
        Input::Secret => ("secret", Vec::new(), 0, 0),
        Input::Proxy => ("url", Vec::new(), 0, 0),
        Input::PrivateKey => ("key", Vec::new(), 0, 0),
        Input::Certificates => ("pem", Vec::new(), 0, 0),
        Input::Choice(choices) => {
            let choices = choices.iter().map(|(name, words)| (*name, said(*words, language), *name == typed)).collect();
            ("choice", choices, 0, 0)
        }
        Input::Number(least, most) => ("number", Vec::new(), least, most),
    };
    Shown {
        key: field.key,
        label: said(field.label, language),
        hint: said(field.hint, language),
        input,
        value: if secret { String::new() } else { typed.to_owned() },
        choices,
        least,
        most,
        required: field.required && !(secret && on_record),
        kept: secret && on_record,
        problem,
    }
}
