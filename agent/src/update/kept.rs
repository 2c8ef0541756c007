//! What a program remembers of updates between starts, in its own folder. A file that cannot be read counts as none.

use std::collections::BTreeSet;

use bundle::{KeyId, Version, release::Release};
use serde::{Deserialize, Serialize};

use crate::config::{Folder, write_whole};

const FILE: &str = "updates.json";

/// What is remembered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Kept {
    /// The newest version seen in a release that was to be trusted, or the oldest that one allowed.
    pub(super) floor: Version,
    /// Public halves of keys that were revoked, as hexadecimal digits.
    pub(super) revoked: BTreeSet<String>,
    /// This program's place among a hundred; drawn once.
    pub(super) draw: Option<u8>,
    /// A version that did not start here.
    pub(super) failed: Option<Version>,
}

impl Kept {
    pub(super) fn load(folder: &Folder) -> Self {
        let Some(path) = folder.path().map(|folder| folder.join(FILE)) else { return Self::default() };
        match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_else(|error| {
                tracing::warn!(%error, "what was known of updates cannot be read");
                Self::default()
            }),
            Err(_) => Self::default(),
        }
    }

    pub(super) fn save(&self, folder: &Folder) {
        let Some(path) = folder.path().map(|folder| folder.join(FILE)) else { return };
        let saved =
            serde_json::to_vec_pretty(self).map_err(std::io::Error::other).and_then(|json| write_whole(&path, &json));
        if let Err(error) = saved {
            tracing::warn!(%error, "what is known of updates cannot be kept");
        }
    }

    pub(super) fn revoked(&self) -> Vec<KeyId> {
        self.revoked.iter().filter_map(|digits| super::key(digits)).collect()
    }

    /// Learns from a release that is to be trusted. Whether anything is new in it.
    pub(super) fn learn(&mut self, release: &Release) -> bool {
        let before = self.clone();
        self.floor = self.floor.max(release.version).max(release.minimum);
        for revoked in &release.revoked {
            self.revoked.insert(revoked.0.iter().map(|byte| format!("{byte:02x}")).collect());
        }
        *self != before
    }
}
