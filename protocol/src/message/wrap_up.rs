//! What is said about a session when it is over: what the app asks for, and what the attendant answered.

use serde::{Deserialize, Serialize};

use super::{ShownText, WrittenText};
use crate::{capped, id::SessionId, limits};

/// Whether a note is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteAsked {
    /// No.
    Hidden,
    /// It may stay empty.
    Optional,
    /// It must be written.
    Required,
}

/// To the attendant behind `Dialled`: what is asked when this session is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrapUpForm {
    /// The session.
    pub session: SessionId,
    /// A category must be chosen.
    pub required: bool,
    /// What can be chosen, in order; at most [`limits::CATEGORIES`].
    #[serde(deserialize_with = "capped::list::<_, _, { limits::CATEGORIES }>")]
    pub categories: Vec<ShownText>,
    /// The note.
    pub note: NoteAsked,
}

/// What the attendant answered. Nothing of both: it was asked and left alone.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WrapUp {
    /// One of the form's categories.
    pub category: Option<ShownText>,
    /// The note; may be empty.
    pub note: WrittenText,
}

impl WrapUp {
    /// Whether this is enough for the form.
    pub fn answers(&self, form: &WrapUpForm) -> bool {
        let chosen = self.category.as_ref().is_some_and(|category| form.categories.contains(category));
        (chosen || (!form.required && self.category.is_none()))
            && (form.note != NoteAsked::Required || !self.note.as_str().is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(required: bool, note: NoteAsked) -> WrapUpForm {
        let categories = vec![ShownText::lossy("Resolvido"), ShownText::lossy("Pendente")];
        WrapUpForm { session: SessionId::from_bytes([1; 16]), required, categories, note }
    }

    fn said(category: Option<&str>, note: &str) -> WrapUp {
        WrapUp { category: category.map(ShownText::lossy), note: WrittenText::lossy(note) }
    }

    #[test]
    fn what_is_required_must_be_said_and_a_category_must_be_one_of_the_form() {
        let strict = form(true, NoteAsked::Required);
        assert!(said(Some("Resolvido"), "reinstalado").answers(&strict));
        assert!(!said(Some("Resolvido"), "").answers(&strict));
        assert!(!said(None, "reinstalado").answers(&strict));
        let free = form(false, NoteAsked::Optional);
        assert!(said(None, "").answers(&free));
        assert!(said(Some("Pendente"), "").answers(&free));
        assert!(!said(Some("outra"), "").answers(&free));
    }
}
