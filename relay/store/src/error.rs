//! Why the store could not do what was asked, in terms that callers act on.

/// Why a call had no effect. Nothing is ever half-written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk or the database's allowance is full.
    #[error("there is no room left for the records")]
    Full,
    /// Another writer held the database for too long.
    #[error("the records are busy")]
    Busy,
    /// The value is taken, or the step does not fit what is there.
    #[error("{what} is in conflict with what is recorded")]
    Conflict {
        /// What, as a word of the domain.
        what: &'static str,
    },
    /// There is no such thing, or not in this tenant.
    #[error("there is no such {what}")]
    NotFound {
        /// What, as a word of the domain.
        what: &'static str,
    },
    /// The database is damaged, or holds a value that no version of this program writes.
    #[error("the records are damaged: {what}")]
    Corrupt {
        /// What was found.
        what: String,
    },
    /// Anything else the engine says.
    #[error("the records cannot be reached")]
    Other(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl StoreError {
    /// The same call may work later without anybody's help: busy, full, unreachable.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Full | Self::Busy | Self::Other(_))
    }
}
