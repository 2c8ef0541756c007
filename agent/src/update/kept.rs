//! What a program remembers of updates between starts, in its own folder. A file that cannot be read counts as none.

use std::collections::{BTreeMap, BTreeSet};

use bundle::{KeyId, Version, release::Trusted};
use serde::{Deserialize, Serialize};

use crate::config::{Folder, write_whole};

const FILE: &str = "updates.json";

/// What is remembered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Kept {
    /// What earlier programs have written down: a floor that may be of any key. It counts, and is not raised.
    floor: Version,
    /// The newest version seen in a release of each key, or the oldest that one allowed; by the key's public half, as hexadecimal digits.
    floors: BTreeMap<String, Version>,
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

    /// Below this version nothing is installed: what was seen of any key, but for those that are revoked. Whoever had stolen one could otherwise
    /// shut every later release of the others out.
    pub(super) fn floor(&self) -> Version {
        let of_good_keys = self.floors.iter().filter(|(key, _)| !self.revoked.contains(*key));
        of_good_keys.map(|(_, floor)| *floor).fold(self.floor, Version::max)
    }

    /// Learns from a release that is to be trusted. Whether anything is new in it.
    pub(super) fn learn(&mut self, trusted: &Trusted) -> bool {
        let before = self.clone();
        let release = &trusted.release;
        let floor = self.floors.entry(digits(trusted.key.public_key())).or_default();
        *floor = (*floor).max(release.version).max(release.minimum);
        self.revoked.extend(release.revoked.iter().map(|revoked| digits(&revoked.0)));
        *self != before
    }
}

fn digits(key: &[u8; 32]) -> String {
    key.iter().map(|byte| format!("{byte:02x}")).collect()
}
