//! Companies on a server, and the one-time set-up.

use std::{fmt, str::FromStr};

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
/// The longest word of a company.
const WORD_BYTES: usize = 40;

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

/// A company's own word in addresses: lower-case letters, digits and hyphens between them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CompanyWord(String);

/// Text that cannot be a company's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a word for addresses: up to 40 of a-z, 0-9 and hyphens between them")]
pub struct NoWord;

impl CompanyWord {
    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CompanyWord {
    type Err = NoWord;

    fn from_str(text: &str) -> Result<Self, NoWord> {
        let plain = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        let fits = (1..=WORD_BYTES).contains(&text.len()) && !text.starts_with('-') && !text.ends_with('-');
        if plain && fits { Ok(Self(text.to_owned())) } else { Err(NoWord) }
    }
}

impl fmt::Display for CompanyWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One company on a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Which.
    pub id: TenantId,
    /// The company's name.
    pub name: String,
    /// Where its people log in, on a server with several: `/c/{word}/login`.
    pub word: Option<CompanyWord>,
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
            word: None,
            language: Language::default(),
            time_zone: TIME_ZONE.to_owned(),
            revision: 1,
            changed: Stamp { at: now, by: String::new() },
            created_at: now,
        }
    }

    /// A path of the console as its people are led there: by its word, so that they log in to this company first.
    pub fn at(&self, path: &str) -> String {
        self.word.as_ref().map_or_else(|| path.to_owned(), |word| format!("/c/{word}{path}"))
    }

    /// Its time zone; UTC where the system does not know it.
    pub fn zone(&self) -> TimeZone {
        TimeZone::get(&self.time_zone).unwrap_or(TimeZone::UTC)
    }
}

/// Records of tenants and the set-up link.
#[async_trait]
pub trait TenantRecords: Send + Sync {
    /// Adds a tenant. [`StoreError::Conflict`] when the id or the word is taken.
    async fn add_tenant(&self, tenant: &Tenant) -> Result<(), StoreError>;
    /// One tenant.
    async fn tenant(&self, id: TenantId) -> Result<Tenant, StoreError>;
    /// The tenant of this word.
    async fn tenant_by_word(&self, word: &CompanyWord) -> Result<Option<Tenant>, StoreError>;
    /// Gives a tenant this word; the one it had leads nowhere any more. [`StoreError::Conflict`] (`word`) when another tenant has it.
    async fn set_tenant_word(&self, tenant: TenantId, word: &CompanyWord) -> Result<(), StoreError>;
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_companys_word_is_short_and_stands_in_an_address_as_it_is() {
        for good in ["a", "beta", "filial-2", "7", &"x".repeat(40)] {
            assert_eq!(good.parse::<CompanyWord>().unwrap().as_str(), good);
        }
        let long = "x".repeat(41);
        for bad in
            ["", "-", "-a", "a-", "Beta", "caf\u{e9}", "a b", "a/b", "..", "a.b", "a_b", "a%2f", "a;b", "a\r\n", &long]
        {
            assert_eq!(bad.parse::<CompanyWord>(), Err(NoWord), "{bad:?}");
        }
    }

    #[test]
    fn a_company_with_a_word_has_paths_of_its_own() {
        let plain = Tenant::new(TenantId::from_bytes([1; 16]), "Varanda", Timestamp::UNIX_EPOCH);
        assert_eq!(plain.at("/login"), "/login");
        let named = Tenant { word: Some("beta".parse().unwrap()), ..plain };
        assert_eq!(named.at("/login?out=1"), "/c/beta/login?out=1");
    }
}
