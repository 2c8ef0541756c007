//! The relay's records: tenants, apps, operators, logins, device ids, sessions, the outbox, the built-in desk, the audit log.
//!
//! Callers hold an `Arc<dyn Store>`; [`Store`] is the sum of one small trait per family, so that an engine is one folder with one
//! file per family. The store makes no random numbers and reads no clock: ids, token hashes and times are given. It never sees a
//! session password, a plain token or anything of a screen.

#![forbid(unsafe_code)]

pub mod answer;
pub mod api_token;
pub mod app;
pub mod appointment;
pub mod audit;
pub mod connection;
pub mod contact;
pub mod desk;
pub mod device;
pub mod enrolment;
pub mod error;
pub mod figures;
pub mod listing;
pub mod login;
pub mod mail;
pub mod notice;
pub mod oidc;
pub mod operator;
pub mod outbox;
pub mod passkey;
pub mod presence;
pub mod reason;
pub mod second_factor;
pub mod session;
pub mod sqlite;
pub mod tenant;
pub mod webhook;

pub use answer::{AnswerRecords, CannedAnswer};
pub use api_token::{ApiToken, ApiTokenId, ApiTokenRecords, NewApiToken, Scope, TOKENS_PER_USER, TokenLogin};
pub use app::{
    App, AppField, AppRecords, Ask, Availability, Category, Holiday, Hour, Note, Opening, Shut, Staff, Stamp, WrapUp,
};
pub use appointment::{APPOINTMENTS_PER_TICKET, Appointment, AppointmentRecords, NewAppointment};
pub use audit::{
    ALARM, AuditBreak, AuditEntry, AuditHead, AuditLine, AuditLink, AuditMark, AuditMarkError, AuditRecords,
    AuditVerified, SESSION_ALARM, SESSION_AWAY, SESSION_BACK, SESSION_CHANGED, SESSION_DISPUTED, SESSION_RIGHTS,
    SESSION_SIGNED,
};
pub use connection::{
    ActionTemplate, Connection, ConnectionRecords, KeptFields, LeftOut, NewConnection, TemplateChange,
};
pub use contact::{Contact, ContactFilter, ContactRecords, Found, ListedContact, Put};
pub use desk::{
    ActionKind, Customer, CustomerDetails, CustomerId, DeskRecords, DeskTicket, NewAction, NewDeskTicket, TicketAction,
    TicketFilter,
};
pub use device::{DeviceRecords, Generation};
pub use enrolment::{AttendantCertificate, EnrolmentRecords, EnrolmentRequest};
pub use error::StoreError;
pub use figures::{By, Figures, FiguresQuery, FiguresRecords, FiguresRow};
pub use listing::ListingRecords;
pub use login::{Login, LoginFamily, LoginRecords, TokenHash};
pub use mail::{Mail, MailOutcome, MailRecords, MailServer, MailState, MailText, NewMail};
pub use notice::{Notice, NoticeRecords, TicketOf, TicketSeen};
pub use oidc::{OidcIdentity, OidcProvider, OidcRecords};
pub use operator::{NewOperator, Operator, OperatorRecords, Roles};
pub use outbox::{Claimed, EventKind, Lease, OutboxEntry, OutboxFigures, OutboxRecords, OutboxState, Settled};
pub use passkey::{NewPasskey, PASSKEYS_PER_OPERATOR, Passkey, PasskeyId, PasskeyRecords};
pub use presence::{PresenceChange, PresenceRecords};
pub use reason::{Reason, Why};
pub use second_factor::{SecondFactor, SecondFactorRecords};
pub use session::{
    Ended, HistoryQuery, Kept, MissedWhy, NewMissed, NewSession, NewWatch, OpenedSession, Seal, Session,
    SessionRecords, SessionState, Started, WRAP_UP_WITHIN, WrappedUp,
};
pub use sqlite::{SqliteStore, fold, phone_key};
pub use tenant::{CompanyWord, Language, NoWord, Tenant, TenantRecords};
pub use webhook::{
    Delivery, DeliveryState, Event, Happening, NewWebhook, Sent, WEBHOOK_FAILS_FOR, WEBHOOKS_PER_TENANT, Webhook,
    WebhookId, WebhookRecords,
};

/// Everything the relay writes down, whatever the engine. See the family traits for the functions.
pub trait Store:
    TenantRecords
    + AppRecords
    + OperatorRecords
    + LoginRecords
    + DeviceRecords
    + SessionRecords
    + OutboxRecords
    + ConnectionRecords
    + DeskRecords
    + ContactRecords
    + AnswerRecords
    + MailRecords
    + NoticeRecords
    + AppointmentRecords
    + AuditRecords
    + EnrolmentRecords
    + PresenceRecords
    + FiguresRecords
    + ApiTokenRecords
    + ListingRecords
    + WebhookRecords
    + SecondFactorRecords
    + OidcRecords
    + PasskeyRecords
    + Health
    + Send
    + Sync
{
}

/// Whether the engine itself is well. For `amparo-relay doctor` and `/healthz`.
#[async_trait::async_trait]
pub trait Health: Send + Sync {
    /// Looks through the whole database for damage.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] says what was found; otherwise as any call.
    async fn check(&self) -> Result<(), StoreError>;

    /// How large the database is, in bytes, without what is still to be written into it.
    ///
    /// # Errors
    /// As any call.
    async fn size_bytes(&self) -> Result<u64, StoreError>;

    /// Writes and takes back one row: tells a full disk or a read-only folder before a session needs it.
    ///
    /// # Errors
    /// As any call; [`StoreError::Full`] when there is no room.
    async fn can_write(&self) -> Result<(), StoreError>;

    /// Finishes what is under way and closes the database.
    async fn close(&self);
}
