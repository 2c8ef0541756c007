//! Branded programs as configured in the console: how they look, what they ask, who attends them and when.
//!
//! Values and the rules that need nothing but them. Whoever writes an app names the revision they have read: of two who change the same
//! app, the second is told.

mod availability;

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::{
    id::{AppId, OperatorId, TenantId},
    message::directory::FieldKey,
};
use serde::{Deserialize, Serialize};

pub use availability::{Availability, Holiday, Hour, Opening, Shut};

use crate::{error::StoreError, tenant::Language};

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

/// Who looks after an app and who helps its customers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Staff {
    /// Every attendant of the company attends it, also those who come later; [`Self::attendants`] is then only the order.
    pub everyone: bool,
    /// See its indicators and sessions.
    pub administrators: Vec<OperatorId>,
    /// Connect to its customers, in the order in which these are offered.
    pub attendants: Vec<OperatorId>,
}

/// What may be said about a session when it is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    /// Its name.
    pub name: String,
    /// The customer was helped.
    pub solved: bool,
}

/// Whether a wrap-up has a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// It has none.
    #[default]
    Hidden,
    /// It may stay empty.
    Optional,
    /// It must be written.
    Required,
}

/// What is asked of the attendant when a session is over.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct WrapUp {
    /// A category must be chosen.
    pub required: bool,
    /// What can be chosen, in order.
    pub categories: Vec<Category>,
    /// The note.
    pub note: Note,
}

/// When and by whom something was done to an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// When.
    pub at: Timestamp,
    /// Their name; empty: nobody in particular.
    pub by: String,
}

/// One branded program as configured in the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// Which.
    pub id: AppId,
    /// Whose.
    pub tenant: TenantId,
    /// Its name in the console.
    pub name: String,
    /// What links to it carry, `4729`. Made by [`AppRecords::add_app`]'s caller, changed by [`AppRecords::put_app_code`] only.
    pub code: String,
    /// How often it was written.
    pub revision: u32,
    /// The window's title, `Suporte Varanda`.
    pub title: String,
    /// The company's name as customers read it.
    pub company: String,
    /// Main colour, six hexadecimal digits, `2F4FA0`.
    pub accent: String,
    /// A telephone number to call when nothing works; may be empty.
    pub phone: String,
    /// What the first page says above the fields; may be empty.
    pub welcome: String,
    /// The language where the customer's system speaks none of ours.
    pub language: Language,
    /// What customers are asked for, in the form's order.
    pub fields: Vec<AppField>,
    /// PNG, re-encoded by us.
    pub logo_png: Option<Vec<u8>>,
    /// Who looks after it and who attends it.
    pub staff: Staff,
    /// When it is attended, and what happens otherwise.
    pub availability: Availability,
    /// What is asked when a session is over.
    pub wrap_up: WrapUp,
    /// Its programs take new versions without a question, when nobody uses them.
    pub quiet_updates: bool,
    /// The last change.
    pub changed: Stamp,
    /// It has ended: nobody waits there and nobody is asked, what was stays. Set by [`AppRecords::archive_app`] and
    /// [`AppRecords::restore_app`] only.
    pub archived: Option<Stamp>,
    /// Since when.
    pub created_at: Timestamp,
}

impl WrapUp {
    /// Whether anything is asked at all.
    pub fn asks(&self) -> bool {
        !self.categories.is_empty() || self.note != Note::Hidden
    }
}

impl App {
    /// An app of this name that every attendant of the company attends.
    pub fn new(id: AppId, tenant: TenantId, name: &str, company: &str, code: &str, now: Timestamp) -> Self {
        let ask = |key, ask| AppField { key, ask };
        Self {
            id,
            tenant,
            name: name.to_owned(),
            code: code.to_owned(),
            revision: 1,
            title: name.to_owned(),
            company: company.to_owned(),
            accent: "0B6B6F".to_owned(),
            phone: String::new(),
            welcome: String::new(),
            language: Language::default(),
            fields: vec![
                ask(FieldKey::Name, Ask::Required),
                ask(FieldKey::Email, Ask::Required),
                ask(FieldKey::Company, Ask::Optional),
                ask(FieldKey::Phone, Ask::Optional),
                ask(FieldKey::Document, Ask::Hidden),
                ask(FieldKey::Subject, Ask::Optional),
            ],
            logo_png: None,
            staff: Staff { everyone: true, ..Staff::default() },
            availability: Availability::default(),
            wrap_up: WrapUp::default(),
            quiet_updates: false,
            changed: Stamp { at: now, by: String::new() },
            archived: None,
            created_at: now,
        }
    }

    /// How it asks for this.
    pub fn ask(&self, key: FieldKey) -> Ask {
        self.fields.iter().find(|field| field.key == key).map_or(Ask::Hidden, |field| field.ask)
    }
}

/// Records of apps.
#[async_trait]
pub trait AppRecords: Send + Sync {
    /// Adds an app. [`StoreError::Conflict`] (`app`) when the id is taken, (`code`) when its code is.
    async fn add_app(&self, app: &App) -> Result<(), StoreError>;
    /// One app of any tenant: a registering program names it by its (signed) id alone.
    async fn app(&self, id: AppId) -> Result<App, StoreError>;
    /// A tenant's apps, oldest first, archived ones too. The first one that is not is the default.
    async fn apps(&self, tenant: TenantId) -> Result<Vec<App>, StoreError>;
    /// Writes everything of an app but its id, tenant, code, age and whether it is archived, and gives it its next revision, which is returned.
    ///
    /// [`StoreError::Conflict`] (`revision`) when `app.revision` is not the recorded one: somebody else has written it meanwhile.
    /// [`StoreError::NotFound`] (`operator`) when its staff names somebody who is not of the tenant.
    async fn update_app(&self, app: &App) -> Result<u32, StoreError>;
    /// Gives an app another code; the one before works until then. [`StoreError::Conflict`] (`code`) when it is taken.
    async fn put_app_code(
        &self,
        tenant: TenantId,
        id: AppId,
        code: &str,
        old_until: Timestamp,
    ) -> Result<(), StoreError>;
    /// Archives an app. `false`: it was already. [`StoreError::Conflict`] (`last app`) when the company would have none left.
    async fn archive_app(&self, tenant: TenantId, id: AppId, by: &Stamp) -> Result<bool, StoreError>;
    /// Brings an archived app back. `false`: it was not archived.
    async fn restore_app(&self, tenant: TenantId, id: AppId, by: &Stamp) -> Result<bool, StoreError>;
    /// Deletes an app for good. [`StoreError::Conflict`] says what is in the way: it is not `archived`, it has `sessions`, or other apps'
    /// `overflow` leads to it.
    async fn remove_app(&self, tenant: TenantId, id: AppId) -> Result<(), StoreError>;
    /// The app that a link with this code means now.
    async fn app_by_code(&self, code: &str, now: Timestamp) -> Result<Option<App>, StoreError>;
}
