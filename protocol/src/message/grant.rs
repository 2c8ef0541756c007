//! What a customer allows. Each capability is its own grant; nothing is allowed by default.

use serde::{Deserialize, Serialize};

/// A set of capabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Grants {
    /// See the screen.
    pub view: bool,
    /// Use mouse and keyboard.
    pub control: bool,
}

/// What was allowed from some moment of a session on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Change {
    /// All that was allowed then.
    pub granted: Grants,
    /// When, by the relay's clock, in milliseconds since 1970 UTC.
    pub at_unix_ms: u64,
}

/// Whether a session had administrator's rights from some moment on: what the attendant did then reached every window of the customer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RightsChange {
    /// It had them.
    pub administrator: bool,
    /// When, by the relay's clock, in milliseconds since 1970 UTC.
    pub at_unix_ms: u64,
}

impl Grants {
    /// Nothing.
    pub const NONE: Self = Self { view: false, control: false };
    /// See only.
    pub const VIEW: Self = Self { view: true, control: false };
    /// See and use.
    pub const CONTROL: Self = Self { view: true, control: true };

    /// What both allow.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { view: self.view && other.view, control: self.control && other.control }
    }

    /// Control without sight is not a thing to ask for.
    pub fn makes_sense(self) -> bool {
        self.view
    }
}
