//! A kept form as a text that a page carries: sealed, for one company and one user, for a while.
//!
//! What comes back is refused unless it is what was sealed here; nothing of it is looked at before that.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use protocol::id::{OperatorId, TenantId};
use serde::{Deserialize, Serialize};
use tickets::seal::SealKey;

use super::{super::form_token::FormTokens, FIELDS, Kept, NEVER, is_one_of, is_secret};

/// How long a login may take.
const GOOD_FOR: Duration = Duration::from_secs(60 * 60);
/// The longest sealed text: the largest form, which is a third longer as text, and its names and marks.
pub(in super::super) const SEALED_BYTES: usize = 384 * 1024;

/// Why what was kept is not given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Lost {
    /// Not sealed here, changed, cut, or for a place that takes no forms.
    Damaged,
    /// The login took too long.
    TooOld,
    /// It was another user's.
    AnotherUser,
}

/// What is in it.
#[derive(Serialize, Deserialize)]
struct Sealed {
    operator: String,
    at_ms: i64,
    path: String,
    fields: Vec<(String, String)>,
    again: Vec<String>,
}

/// Seals and opens.
pub(in super::super) struct Keeper {
    /// Whose form it is.
    pub(in super::super) tokens: FormTokens,
    key: SealKey,
    /// Of the forms that are kept.
    paths: Vec<&'static str>,
}

impl Keeper {
    /// With these keys, for forms of these paths.
    pub(in super::super) fn new(tokens: FormTokens, key: SealKey, paths: Vec<&'static str>) -> Self {
        Self { tokens, key, paths }
    }

    /// Whether forms of this path are kept.
    pub(super) fn keeps(&self, path: &str) -> bool {
        is_one_of(path, &self.paths) && !is_one_of(path, &NEVER)
    }

    /// As a text for a page; `None`: it is too long, or the system gives no randomness.
    pub(super) fn seal(&self, tenant: TenantId, operator: OperatorId, kept: &Kept, now: Timestamp) -> Option<String> {
        let Kept { path, fields, again } = kept.clone();
        let sealed = Sealed { operator: operator.to_string(), at_ms: now.as_millisecond(), path, fields, again };
        let text = serde_json::to_string(&sealed).ok()?;
        let text = BASE64URL_NOPAD.encode(&self.key.seal(&owner(tenant), &text).ok()?);
        (text.len() <= SEALED_BYTES).then_some(text)
    }

    /// What was kept for this user of this company.
    pub(super) fn open(
        &self,
        tenant: TenantId,
        operator: OperatorId,
        text: &str,
        now: Timestamp,
    ) -> Result<Kept, Lost> {
        let sealed = self.unsealed(tenant, text).ok_or(Lost::Damaged)?;
        if sealed.operator != operator.to_string() {
            return Err(Lost::AnotherUser);
        }
        let age = now.as_millisecond().saturating_sub(sealed.at_ms);
        if u128::try_from(age).map_or(true, |age| age > GOOD_FOR.as_millis()) {
            return Err(Lost::TooOld);
        }
        let Sealed { path, fields, again, .. } = sealed;
        // Sealed by a version of this program that kept other forms.
        let held = fields.len() <= FIELDS && !fields.iter().any(|(name, _)| is_secret(name));
        if !self.keeps(&path) || !held {
            return Err(Lost::Damaged);
        }
        Ok(Kept { path, fields, again })
    }

    /// Whether this is a form that was sealed here, of whichever user.
    pub(in super::super) fn has_sealed(&self, tenant: TenantId, text: &str) -> bool {
        self.unsealed(tenant, text).is_some()
    }

    fn unsealed(&self, tenant: TenantId, text: &str) -> Option<Sealed> {
        let text = Some(text).filter(|text| text.len() <= SEALED_BYTES)?;
        let sealed = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        serde_json::from_str(&self.key.open(&owner(tenant), &sealed).ok()?).ok()
    }
}

fn owner(tenant: TenantId) -> Vec<u8> {
    [b"amparo kept form v1 ".as_slice(), tenant.as_bytes()].concat()
}
