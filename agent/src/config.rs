//! Settings a program keeps between starts: language, the attendant's user name, who was connected before; and the key of an attendant
//! who is enrolled by the administrator.
//!
//! In the user's own folder, never beside the program. A file that cannot be read counts as none: the program starts anyway.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use protocol::id::OperatorId;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

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

    /// Where a program without an output of its own writes what it logs: `data`, or one for all companies.
    pub fn of_log(data: Option<&Path>) -> Option<PathBuf> {
        data.map(Path::to_owned).or_else(|| Self::of_user("log").0)
    }

    /// Nothing is kept.
    pub fn none() -> Self {
        Self(None)
    }

    /// Where that is; `None` where nothing is kept.
    pub fn path(&self) -> Option<&Path> {
        self.0.as_deref()
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

    /// The key of an attendant whose certificate is signed by the administrator: it waits with its request for days, also while the program
    /// is closed. `None` where none (readable) is.
    pub fn load_key(&self, attendant: OperatorId) -> Option<Zeroizing<Vec<u8>>> {
        let path = self.key(attendant)?;
        match std::fs::read(&path) {
            Ok(bytes) if open_to_others(&path) => {
                drop(Zeroizing::new(bytes));
                tracing::warn!(path = %path.display(), "others can read this key: it is not used any more");
                None
            }
            Ok(bytes) => Some(Zeroizing::new(bytes)),
            Err(_) => None,
        }
    }

    /// Keeps that key, readable by this user only.
    pub fn keep_key(&self, attendant: OperatorId, key: &[u8]) -> std::io::Result<()> {
        let Some(path) = self.key(attendant) else { return Ok(()) };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let new = path.with_extension("new");
        // Made anew, so that nobody holds it open from before.
        match std::fs::remove_file(&new) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&new)?;
        std::io::Write::write_all(&mut file, key)?;
        file.sync_all()?;
        std::fs::rename(&new, path)
    }

    fn key(&self, attendant: OperatorId) -> Option<PathBuf> {
        self.0.as_ref().map(|folder| folder.join(format!("attendant-{attendant}.key")))
    }

    fn settings(&self) -> Option<PathBuf> {
        self.0.as_ref().map(|folder| folder.join("settings.json"))
    }
}

#[cfg(unix)]
fn open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o077 != 0)
}

/// Elsewhere the user's own folder decides.
#[cfg(not(unix))]
fn open_to_others(_path: &Path) -> bool {
    false
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
    fn an_attendants_key_is_kept_for_this_user_only_and_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Folder::at(&folder.path().join("company"));
        let (ana, rui) = (OperatorId::from_bytes([1; 16]), OperatorId::from_bytes([2; 16]));
        assert!(kept.load_key(ana).is_none());
        kept.keep_key(ana, b"first").unwrap();
        kept.keep_key(ana, b"second").unwrap();
        assert_eq!(kept.load_key(ana).unwrap().as_slice(), b"second");
        assert!(kept.load_key(rui).is_none());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let path = kept.key(ana).unwrap();
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
            assert!(kept.load_key(ana).is_none(), "a key that others can read is not used");
        }
    }

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
