//! What the app asks about a session that is over, and what the attendant says. The answer is told like every report: until the relay has
//! it.

use protocol::message::{
    WrittenText,
    pairing::{Happened, Role},
    wrap_up::{NoteAsked, WrapUp, WrapUpForm},
};

use super::{
    super::{Controller, Now},
    Stage,
};
use crate::gui::view_model::{NoteView, WrapUpView};

/// What is asked, and what has been chosen.
#[derive(Debug)]
pub(in crate::gui::controller) struct Asked {
    form: WrapUpForm,
    category: Option<usize>,
    category_missing: bool,
    note_missing: bool,
}

impl Asked {
    pub(super) fn new(form: WrapUpForm) -> Self {
        Self { form, category: None, category_missing: false, note_missing: false }
    }

    pub(in crate::gui::controller) fn view(&self) -> WrapUpView {
        WrapUpView {
            categories: self.form.categories.iter().map(ToString::to_string).collect(),
            chosen: self.category,
            required: self.form.required,
            note: match self.form.note {
                NoteAsked::Hidden => None,
                NoteAsked::Optional => Some(NoteView::Optional),
                NoteAsked::Required => Some(NoteView::Required),
            },
            category_missing: self.category_missing,
            note_missing: self.note_missing,
        }
    }
}

impl Controller {
    fn asked(&mut self) -> Option<&mut Asked> {
        match &mut self.attendant.stage {
            Stage::Ended(session, _) => session.wrap_up.as_mut(),
            _ => None,
        }
    }

    pub(super) fn choose_category(&mut self, index: usize) {
        let Some(asked) = self.asked() else { return };
        if index >= asked.form.categories.len() {
            return;
        }
        // Where none is needed, choosing it again takes it back.
        let again = asked.category == Some(index) && !asked.form.required;
        asked.category = (!again).then_some(index);
        asked.category_missing = false;
    }

    pub(super) fn wrap_up(&mut self, note: &str, now: Now) {
        let Some(asked) = self.asked() else { return };
        let category = asked.category.and_then(|index| asked.form.categories.get(index)).cloned();
        let said = WrapUp { category, note: WrittenText::lossy(note) };
        if !said.answers(&asked.form) {
            asked.category_missing = asked.form.required && said.category.is_none();
            asked.note_missing = asked.form.note == NoteAsked::Required && said.note.as_str().is_empty();
            return;
        }
        let session = asked.form.session;
        self.attendant.stage = Stage::Home;
        self.report(Role::Attendant, session, Happened::WrappedUp(said), now);
    }
}
