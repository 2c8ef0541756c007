//! What every engine of the store must do: one function per sentence, generic over the engine.
//!
//! [`suite!`] makes a test of each. An engine hands out its store for every step, so that one which opens the database anew each
//! time shows that nothing lives in memory.

#![allow(clippy::unwrap_used, dead_code, missing_docs)]

pub mod accounts;
pub mod appointments;
pub mod apps;
pub mod connections;
pub mod contacts;
pub mod desk;
pub mod enrolments;
pub mod figures;
pub mod missed;
pub mod oidc;
pub mod outbox;
pub mod passkeys;
pub mod presence;
pub mod second_factors;
pub mod sessions;
pub mod tokens;
pub mod wrap_up;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use protocol::{
    id::{AppId, DeviceId, OperatorId, SessionId, TenantId, TicketNumber},
    message::{
        ShownText,
        directory::{Field, FieldKey},
        grant::Grants,
        pairing::CloseReason,
        ticket::TicketChoice,
    },
};
use store::{App, AppField, Ask, Ended, NewOperator, NewSession, Roles, Started, Store, Tenant};

/// An engine under test, over one database that is its own.
#[async_trait]
pub trait Engine: Send + Sync {
    /// The store over this engine's database.
    async fn store(&self) -> Arc<dyn Store>;
}

/// Makes a test of each sentence of the contract for the engine that `$engine` makes.
#[macro_export]
macro_rules! suite {
    ($engine:expr; $($family:ident: $($sentence:ident),* $(,)?;)*) => {
        $($(
            #[tokio::test]
            async fn $sentence() {
                let world = $crate::contract::World::new($engine).await;
                $crate::contract::$family::$sentence(&world).await;
            }
        )*)*
    };
}

/// Two companies, each with an app, an administrator and an attendant.
pub struct World {
    engine: Box<dyn Engine>,
    pub varanda: Company,
    pub other: Company,
}

pub struct Company {
    pub tenant: TenantId,
    pub app: AppId,
    pub admin: OperatorId,
    pub ana: OperatorId,
}

impl World {
    pub async fn new(engine: impl Engine + 'static) -> Self {
        let world = Self { engine: Box::new(engine), varanda: Company::numbered(1), other: Company::numbered(2) };
        for (company, name) in [(&world.varanda, "Varanda Sistemas"), (&world.other, "Outra")] {
            let store = world.store().await;
            store.add_tenant(&company.tenant(name)).await.unwrap();
            store.add_app(&company.app()).await.unwrap();
            store.add_operator(&company.operator(company.admin, "chefe", "Chefe", ADMIN)).await.unwrap();
            store.add_operator(&company.operator(company.ana, "ana", "Ana Ribeiro", ATTENDANT)).await.unwrap();
        }
        world
    }

    pub async fn store(&self) -> Arc<dyn Store> {
        self.engine.store().await
    }

    /// Opens session `n` of the first company with this choice.
    pub async fn dialled(&self, n: u8, choice: TicketChoice) -> SessionId {
        let new = self.varanda.session(n, choice);
        self.store().await.open_session(&new).await.unwrap();
        new.id
    }

    pub async fn started(&self, n: u8, choice: TicketChoice) -> SessionId {
        let id = self.dialled(n, choice).await;
        self.store().await.start_session(id, &start(5), at(5)).await.unwrap();
        id
    }

    pub async fn ended(&self, n: u8, choice: TicketChoice) -> SessionId {
        let id = self.started(n, choice).await;
        self.store().await.end_session(id, &end(65), at(65)).await.unwrap();
        id
    }
}

pub const ADMIN: Roles =
    Roles { attend: false, admin: true, may_see_passwords: true, may_create_apps: true, may_watch: false };
pub const ATTENDANT: Roles =
    Roles { attend: true, admin: false, may_see_passwords: false, may_create_apps: false, may_watch: false };

impl Company {
    fn numbered(n: u8) -> Self {
        Self {
            tenant: TenantId::from_bytes([n; 16]),
            app: AppId::from_bytes([n; 16]),
            admin: OperatorId::from_bytes([n; 16]),
            ana: OperatorId::from_bytes([n + 100; 16]),
        }
    }

    pub fn tenant(&self, name: &str) -> Tenant {
        Tenant::new(self.tenant, name, at(0))
    }

    /// Another for each company.
    pub fn code(&self) -> String {
        format!("40{:02}", self.tenant.as_bytes()[0] % 100)
    }

    pub fn app(&self) -> App {
        App {
            accent: "2F4FA0".into(),
            phone: "(11) 5555-0188".into(),
            fields: vec![
                AppField { key: FieldKey::Name, ask: Ask::Required },
                AppField { key: FieldKey::Email, ask: Ask::Optional },
            ],
            logo_png: Some(vec![0x89, b'P', 0]),
            ..App::new(self.app, self.tenant, "Suporte Varanda", "Varanda Sistemas", &self.code(), at(0))
        }
    }

    pub fn operator(&self, id: OperatorId, login: &str, name: &str, roles: Roles) -> NewOperator {
        NewOperator {
            id,
            tenant: self.tenant,
            login: login.into(),
            name: name.into(),
            password_hash: "$argon2id$…".into(),
            roles,
            created_at: at(0),
        }
    }

    pub fn session(&self, n: u8, ticket: TicketChoice) -> NewSession {
        NewSession {
            id: SessionId::from_bytes([n; 16]),
            tenant: self.tenant,
            app: self.app,
            device: DeviceId::new(123_456_789).unwrap(),
            fields: vec![field(FieldKey::Name, "Cida Conceição"), field(FieldKey::Company, "Padaria Aurora")],
            attendant: self.ana,
            attendant_name: "Ana Ribeiro".into(),
            ticket,
            dialled_at: at(0),
        }
    }
}

/// Seconds after 2026-11-21 14:00 UTC.
pub fn at(second: i64) -> Timestamp {
    "2026-11-21T14:00:00Z".parse::<Timestamp>().unwrap().checked_add(SignedDuration::from_secs(second)).unwrap()
}

pub fn field(key: FieldKey, value: &str) -> Field {
    Field { key, value: ShownText::lossy(value) }
}

pub fn number(n: &str) -> TicketNumber {
    TicketNumber::new(n).unwrap()
}

pub fn on(n: &str) -> TicketChoice {
    TicketChoice::Number(number(n))
}

pub fn open_new() -> TicketChoice {
    TicketChoice::OpenNew { subject: ShownText::lossy("Nota fiscal") }
}

pub fn start(second: i64) -> Started {
    Started { granted: Grants::CONTROL, attendant_name: String::new(), at: at(second) }
}

pub fn end(second: i64) -> Ended {
    Ended { why: CloseReason::EndedByCustomer, at: at(second), reconnects: 1 }
}
