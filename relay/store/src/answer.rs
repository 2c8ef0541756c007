//! What helps to answer on the built-in desk: tags on tickets, and answers that are written once and used often.

use async_trait::async_trait;
use protocol::id::{TenantId, TicketNumber};

use crate::error::StoreError;

/// An answer that is used often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CannedAnswer {
    /// Which.
    pub id: i64,
    /// What it is chosen by.
    pub title: String,
    /// What it says, with placeholders.
    pub text: String,
}

/// Records of tags and canned answers.
#[async_trait]
pub trait AnswerRecords: Send + Sync {
    /// The tags of a ticket, by name.
    async fn desk_tags(&self, tenant: TenantId, ticket: &TicketNumber) -> Result<Vec<String>, StoreError>;
    /// Every tag that is on some ticket, by name, as it was written first.
    async fn all_desk_tags(&self, tenant: TenantId) -> Result<Vec<String>, StoreError>;
    /// Puts a tag on a ticket; one that differs in case or accents only is there already. [`StoreError::Conflict`] at `most`.
    async fn add_desk_tag(
        &self,
        tenant: TenantId,
        ticket: &TicketNumber,
        tag: &str,
        most: u32,
    ) -> Result<(), StoreError>;
    /// Takes a tag off a ticket.
    async fn remove_desk_tag(&self, tenant: TenantId, ticket: &TicketNumber, tag: &str) -> Result<(), StoreError>;

    /// The company's answers, by title.
    async fn canned_answers(&self, tenant: TenantId) -> Result<Vec<CannedAnswer>, StoreError>;
    /// Writes one; `None`: a new one. Which it is. [`StoreError::Conflict`] when another one has this title.
    async fn write_canned_answer(
        &self,
        tenant: TenantId,
        id: Option<i64>,
        title: &str,
        text: &str,
    ) -> Result<i64, StoreError>;
    /// Forgets one.
    async fn remove_canned_answer(&self, tenant: TenantId, id: i64) -> Result<(), StoreError>;
}
