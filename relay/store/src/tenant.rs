//! Companies on a server, and the one-time set-up.

use async_trait::async_trait;
use jiff::{Timestamp, tz::TimeZone};
use protocol::id::TenantId;
use serde::{Deserialize, Serialize};

use crate::{
    app::Stamp,
    error::StoreError,
    login::TokenHash,
    operator::{NewOperator, Operator},
};

/// Where a company is until its settings say otherwise.
const TIME_ZONE: &str = "America/Sao_Paulo";

/// A language of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Language {
    /// Portuguese of Brazil.
    #[default]
    #[serde(rename = "pt-BR")]
    PtBr,
    /// English.
    #[serde(rename = "en")]
    En,
    /// Spanish.
    #[serde(rename = "es")]
    Es,
}

impl Language {
    /// The BCP 47 tag, as it is stored.
    pub fn tag(self) -> &'static str {
        match self {
            Self::PtBr => "pt-BR",
            Self::En => "en",
            Self::Es => "es",
        }
    }

    /// The language with this tag.
    pub fn from_tag(tag: &str) -> Option<Self> {
        [Self::PtBr, Self::En, Self::Es].into_iter().find(|l| l.tag() == tag)
    }
}

/// One company on a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Which.
    pub id: TenantId,
    /// The company's name.
    pub name: String,
    /// What is written in its name, and what pages speak to whoever's browser names no language of ours.
    pub language: Language,
    /// IANA time zone of its days, hours and written times, `America/Sao_Paulo`. Unknown to the system: it is UTC.
    pub time_zone: String,
    /// Grows with each change of the three above.
    pub revision: u32,
    /// The last of them.
    pub changed: Stamp,
    /// Since when.
    pub created_at: Timestamp,
}

impl Tenant {
    /// A company that nobody has set up yet.
    pub fn new(id: TenantId, name: &str, now: Timestamp) -> Self {
        Self {
            id,
            name: name.to_owned(),
            language: Language::default(),
            time_zone: TIME_ZONE.to_owned(),
            revision: 1,
            changed: Stamp { at: now, by: String::new() },
            created_at: now,
        }
    }

    /// Its time zone; UTC where the system does not know it.
    pub fn zone(&self) -> TimeZone {
        TimeZone::get(&self.time_zone).unwrap_or(TimeZone::UTC)
    }
}

/// Records of tenants and the set-up link.
#[async_trait]
pub trait TenantRecords: Send + Sync {
    /// Adds a tenant. [`StoreError::Conflict`] when the id is taken.
    async fn add_tenant(&self, tenant: &Tenant) -> Result<(), StoreError>;
    /// One tenant.
    async fn tenant(&self, id: TenantId) -> Result<Tenant, StoreError>;
    /// All tenants, oldest first.
    async fn tenants(&self) -> Result<Vec<Tenant>, StoreError>;
    /// Writes the tenant's name, language, time zone and last change, and gives it its next revision, which is returned.
    ///
    /// [`StoreError::Conflict`] (`revision`) when `tenant.revision` is not the recorded one: somebody else has written it meanwhile.
    async fn update_tenant(&self, tenant: &Tenant) -> Result<u32, StoreError>;

    /// Makes this the tenant's one set-up link; an earlier one stops working.
    async fn put_setup_token(&self, tenant: TenantId, token: &TokenHash, now: Timestamp) -> Result<(), StoreError>;
    /// Whose set-up link this is; `None` once used or replaced.
    async fn setup_tenant(&self, token: &TokenHash) -> Result<Option<TenantId>, StoreError>;
    /// Uses the set-up link up: names the company and adds its first administrator, in one transaction.
    ///
    /// [`StoreError::NotFound`] (`set-up link`) when it is used or unknown; then nothing was written.
    async fn complete_setup(
        &self,
        token: &TokenHash,
        company: &str,
        administrator: &NewOperator,
    ) -> Result<Operator, StoreError>;
}
