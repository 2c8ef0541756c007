//! Companies on a server, their branded programs, and the one-time set-up.

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::{
    id::{AppId, TenantId},
    message::directory::FieldKey,
};
use serde::{Deserialize, Serialize};

use crate::{
    error::StoreError,
    login::TokenHash,
    operator::{NewOperator, Operator},
};

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
    /// What ticket actions are written in.
    pub language: Language,
    /// IANA time zone of the times in ticket actions, `America/Sao_Paulo`. Unknown to the system: UTC is written.
    pub time_zone: String,
    /// Since when.
    pub created_at: Timestamp,
}

/// Whether an app asks a customer for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// Not shown.
    Hidden,
    /// Shown, may stay empty.
    Optional,
    /// Must be filled in.
    Required,
}

/// One field of an app's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AppField {
    /// Which.
    pub key: FieldKey,
    /// How.
    pub ask: Ask,
}

/// One branded program as configured in the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// Which.
    pub id: AppId,
    /// Whose.
    pub tenant: TenantId,
    /// The window's title, `Suporte Varanda`.
    pub title: String,
    /// The company's name as customers read it.
    pub company: String,
    /// Main colour, six hexadecimal digits, `2F4FA0`.
    pub accent: String,
    /// A telephone number to call when nothing works; may be empty.
    pub phone: String,
    /// The language where the customer's system speaks none of ours.
    pub language: Language,
    /// What customers are asked for, in the form's order.
    pub fields: Vec<AppField>,
    /// PNG, re-encoded by us.
    pub logo_png: Option<Vec<u8>>,
    /// Since when.
    pub created_at: Timestamp,
}

/// Records of tenants, apps and the set-up link.
#[async_trait]
pub trait TenantRecords: Send + Sync {
    /// Adds a tenant. [`StoreError::Conflict`] when the id is taken.
    async fn add_tenant(&self, tenant: &Tenant) -> Result<(), StoreError>;
    /// One tenant.
    async fn tenant(&self, id: TenantId) -> Result<Tenant, StoreError>;
    /// All tenants, oldest first.
    async fn tenants(&self) -> Result<Vec<Tenant>, StoreError>;
    /// Writes the tenant's name, language and time zone.
    async fn update_tenant(&self, tenant: &Tenant) -> Result<(), StoreError>;

    /// Adds an app. [`StoreError::Conflict`] when the id is taken.
    async fn add_app(&self, app: &App) -> Result<(), StoreError>;
    /// One app of any tenant: a registering program names it by its (signed) id alone.
    async fn app(&self, id: AppId) -> Result<App, StoreError>;
    /// A tenant's apps, oldest first. The first one is the default.
    async fn apps(&self, tenant: TenantId) -> Result<Vec<App>, StoreError>;
    /// Writes everything of an app but its id, tenant and age.
    async fn update_app(&self, app: &App) -> Result<(), StoreError>;

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
