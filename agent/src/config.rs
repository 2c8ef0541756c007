//! Settings a program keeps between starts: language, the attendant's user name, who was connected before.
//!
//! In the user's own folder, never beside the program. A file that cannot be read counts as none: the program starts anyway.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use protocol::id::OperatorId;
use serde::{Deserialize, Serialize};

use crate::gui::strings::Language;

/// What is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Chosen in the program; `None`: the profile's or the system's.
    pub language: Option<Language>,
    /// The name an attendant last logged in with.
    pub user: String,
    /// Attendants who were connected to this computer, as 32 hexadecimal digits.
    pub known_attendants: BTreeSet<String>,
}

impl Settings {
    /// Was this attendant here before?
    pub fn knows(&self, attendant: OperatorId) -> bool {
        self.known_attendants.contains(&attendant.to_string())
    }
}

/// Where settings and receipts are kept.
#[derive(Debug, Clone)]
pub struct Folder(Option<PathBuf>);

impl Folder {
    /// The user's own, for one company: `amparo/<tenant>` where the system keeps such things.
    pub fn of_user(tenant: &str) -> Self {
        Self(directories::ProjectDirs::from("", "", "amparo").map(|dirs| dirs.data_local_dir().join(tenant)))
    }

    /// This one.
    pub fn at(path: &Path) -> Self {
        Self(Some(path.to_owned()))
    }

    /// Nothing is kept.
    pub fn none() -> Self {
        Self(None)
    }

    /// What was kept; defaults where nothing (readable) is.
    pub fn load(&self) -> Settings {
        let Some(path) = self.settings() else { return Settings::default() };
        match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_else(|error| {
                tracing::warn!(%error, "the settings cannot be read; starting without");
                Settings::default()
            }),
            Err(error) => {
                tracing::debug!(%error, "no settings yet");
                Settings::default()
            }
        }
    }

    /// Keeps them.
    pub fn save(&self, settings: &Settings) -> std::io::Result<()> {
        let Some(path) = self.settings() else { return Ok(()) };
        let json = serde_json::to_vec_pretty(settings).map_err(std::io::Error::other)?;
        write_whole(&path, &json)
    }

    /// Keeps a receipt; returns where.
    pub fn keep_receipt(&self, name: &str, text: &str) -> std::io::Result<Option<PathBuf>> {
        let Some(folder) = &self.0 else { return Ok(None) };
        let path = folder.join("receipts").join(name);
        write_whole(&path, text.as_bytes())?;
        Ok(Some(path))
    }

    fn settings(&self) -> Option<PathBuf> {
        self.0.as_ref().map(|folder| folder.join("settings.json"))
    }
}

/// Writes a file so that it is there whole or not at all.
pub fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let new = path.with_extension("new");
    std::fs::write(&new, bytes)?;
    std::fs::rename(&new, path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn settings_come_back_and_damaged_ones_count_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Folder::at(folder.path());
        assert_eq!(kept.load(), Settings::default());
        let settings = Settings { user: "ana".to_owned(), language: Some(Language::Es), ..Settings::default() };
        kept.save(&settings).unwrap();
        assert_eq!(kept.load(), settings);
        std::fs::write(folder.path().join("settings.json"), b"{\"user\": 7").unwrap();
        assert_eq!(kept.load(), Settings::default());
    }
}
