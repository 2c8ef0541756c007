//! A report of a crash is offered to the person in front: to be looked at, copied, saved or deleted. It is never sent.

use super::{Controller, Effect, Notice, Now, Saving, Trouble};
use crate::gui::view_model::CrashView;

/// A report that is offered.
#[derive(Debug)]
pub(super) struct Offered {
    text: String,
    open: bool,
    saving: Saving,
}

impl Controller {
    /// There is a report of an earlier run.
    pub fn crashed(&mut self, text: String) {
        self.crash = Some(Offered { text, open: false, saving: Saving::Offered });
    }

    pub(super) fn read_report(&mut self) {
        if let Some(crash) = &mut self.crash {
            crash.open = true;
        }
    }

    /// One step back; it is still offered.
    pub(super) fn leave_report(&mut self) {
        if let Some(crash) = &mut self.crash {
            crash.open = false;
        }
    }

    pub(super) fn save_report(&mut self) {
        if let Some(crash) = self.crash.as_ref().filter(|crash| crash.open) {
            self.effects.push_back(Effect::SaveReport(crash.text.clone()));
        }
    }

    pub(super) fn delete_report(&mut self) {
        if self.crash.take().is_some() {
            self.effects.push_back(Effect::DeleteReports);
        }
    }

    /// Where the report was saved, or why it was not.
    pub fn report_saved(&mut self, place: Result<String, String>, now: Now) {
        match (place, &mut self.crash) {
            (Ok(place), Some(crash)) => crash.saving = Saving::Saved { place },
            (Ok(_), None) => {}
            (Err(why), _) => self.notice = Some((Notice::Trouble(Trouble::ReportNotSaved(why)), now.instant)),
        }
    }

    pub(super) fn report_open(&self) -> bool {
        self.crash.as_ref().is_some_and(|crash| crash.open)
    }

    pub(super) fn report_view(&self) -> Option<CrashView> {
        let crash = self.crash.as_ref().filter(|crash| crash.open)?;
        Some(CrashView { text: crash.text.clone(), saving: crash.saving.clone() })
    }
}
