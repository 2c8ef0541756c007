//! What a company's sessions come to, counted: altogether, by app, attendant, category or hour.
//!
//! Counted by the engine: a page of indicators reads some rows, however many sessions there were.

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::id::{AppId, SessionId, TenantId};

use crate::error::StoreError;

/// By what is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum By {
    /// All in one row.
    All,
    /// The app's id.
    App,
    /// The attendant's id; of missed requests and of whoever is unknown none.
    Attendant,
    /// The category's name; without one empty.
    Category,
    /// The hour since 1970 UTC.
    Hour,
}

/// Which sessions are counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FiguresQuery {
    /// Dialled, or asked for, then or later.
    pub from: Timestamp,
    /// … and before.
    pub to: Timestamp,
    /// Of one of these apps.
    pub apps: Vec<AppId>,
    /// By what.
    pub by: By,
}

/// What some sessions come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    /// Sessions that began.
    pub sessions: u64,
    /// How long those took that are over, altogether, in milliseconds.
    pub lasted_ms: u64,
    /// How many of them are over.
    pub over: u64,
    /// Waiting before the dialling, altogether, in milliseconds.
    pub waited_ms: u64,
    /// Of how many that is known.
    pub waited: u64,
    /// Dialled, and never allowed.
    pub not_started: u64,
    /// Requests that nobody took.
    pub missed: u64,
    /// Put into a category that means help.
    pub solved: u64,
    /// Put into any category.
    pub categorised: u64,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FiguresRow {
    /// What it is of, as [`By`] says.
    pub key: String,
    /// What they come to.
    pub figures: Figures,
}

/// Counting sessions.
#[async_trait]
pub trait FiguresRecords: Send + Sync {
    /// Counts. Rows without anything are left out; the order is that of the keys.
    async fn figures(&self, tenant: TenantId, query: &FiguresQuery) -> Result<Vec<FiguresRow>, StoreError>;
    /// How long the customer had waited when this session was dialled.
    async fn note_wait(&self, id: SessionId, waited: std::time::Duration) -> Result<(), StoreError>;
}
