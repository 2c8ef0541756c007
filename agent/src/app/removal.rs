//! Carrying out that nothing of the program is to be left on this computer.

use super::App;
use crate::{config::Folder, connect_link::SCHEME, removal};

impl App {
    /// Takes everything away, on another thread: the system's tools are asked, and a disk may be slow. Nothing is kept and nobody is reached any
    /// more from here on.
    pub(super) fn remove(&mut self) {
        self.stop.cancel();
        let folder = std::mem::replace(&mut self.config.folder, Folder::none());
        // Tried again, it is the same folder.
        let folder = self.removing.get_or_insert(folder).clone();
        let (place, outcome) = (self.config.renewal.place.clone(), self.removed.0.clone());
        tokio::task::spawn_blocking(move || {
            if outcome.blocking_send(removal::remove(&folder, place.as_ref(), SCHEME)).is_err() {
                tracing::debug!("the program ended while its traces were removed");
            }
        });
    }

    pub(super) fn hear_removed(&mut self, stayed: Vec<removal::Stayed>) {
        let place = self.config.renewal.place.as_ref();
        let program = place.map(|place| place.program().display().to_string()).unwrap_or_default();
        self.controller.removed(stayed, program);
    }
}
