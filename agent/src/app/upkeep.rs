//! What the program keeps on this computer: taken away where a person says so, and reports of crashes given to whoever wants one. All of it on
//! other threads: the system's tools are asked, and a disk may be slow.

use super::{App, now};
use crate::{
    config::{Folder, write_whole},
    connect_link::SCHEME,
    removal,
};

/// What comes of it.
#[derive(Debug)]
pub(super) enum Upkept {
    /// There is a report, which says this.
    Report(String),
    /// Where one was saved, or why it was not.
    ReportSaved(Result<String, String>),
    /// What is still there.
    Removed(Vec<removal::Stayed>),
}

impl App {
    /// Takes everything away. Nothing is kept and nobody is reached any more from here on.
    pub(super) fn remove(&mut self) {
        self.stop.cancel();
        let folder = std::mem::replace(&mut self.config.folder, Folder::none());
        // Tried again, it is the same folder.
        let folder = self.removing.get_or_insert(folder).clone();
        let place = self.config.renewal.place.clone();
        self.elsewhere(move || Some(Upkept::Removed(removal::remove(&folder, place.as_ref(), SCHEME))));
    }

    /// Is there a report of an earlier run?
    pub(super) fn look_for_report(&self) {
        let reports = self.config.reports.clone();
        self.elsewhere(move || reports.offered().map(Upkept::Report));
    }

    pub(super) fn save_report(&self, text: String) {
        let name = format!("amparo-{}.txt", now().unix_ms / 1_000);
        self.elsewhere(move || Some(Upkept::ReportSaved(save(&name, &text))));
    }

    pub(super) fn delete_reports(&self) {
        let reports = self.config.reports.clone();
        self.elsewhere(move || {
            reports.delete();
            None
        });
    }

    pub(super) fn hear_upkept(&mut self, upkept: Upkept) {
        match upkept {
            Upkept::Report(text) => self.controller.crashed(text),
            Upkept::ReportSaved(place) => self.controller.report_saved(place, now()),
            Upkept::Removed(stayed) => {
                let place = self.config.renewal.place.as_ref();
                let program = place.map(|place| place.program().display().to_string()).unwrap_or_default();
                self.controller.removed(stayed, program);
            }
        }
    }

    fn elsewhere(&self, what: impl FnOnce() -> Option<Upkept> + Send + 'static) {
        let outcome = self.upkeep.0.clone();
        tokio::task::spawn_blocking(move || {
            if let Some(upkept) = what()
                && outcome.blocking_send(upkept).is_err()
            {
                tracing::debug!("the program ended while it was kept up");
            }
        });
    }
}

/// Writes a text where the person finds it, and tells where that is.
pub(super) fn save(name: &str, text: &str) -> Result<String, String> {
    let folder =
        directories::UserDirs::new().map(|dirs| dirs.document_dir().unwrap_or_else(|| dirs.home_dir()).to_owned());
    let path = folder.ok_or_else(|| "no folder of this user is known".to_owned())?.join(name);
    write_whole(&path, text.as_bytes()).map(|()| path.display().to_string()).map_err(|error| error.to_string())
}
