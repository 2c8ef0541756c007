//! Connections on record as ticketing systems that can be spoken to: secrets are opened here and sealed here.
//!
//! Asked by the worker and by whoever looks tickets up; the console writes connections through it. A connection that was changed is made
//! anew at the next call; its gate stays.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::id::{ConnectionId, OperatorId, TenantId};
use store::{Connection, NewConnection, Store, StoreError};

use crate::{
    kind::{self, Kind, Means, Problem, Settings},
    mapping::{Mapping, Side, Wrong},
    seal::SealKey,
    system::{Cause, ReportError, TicketSystem},
    systems::{Desks, Reached, Systems},
};

/// Why a connection was not written.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// These fields are wrong.
    #[error("some fields are wrong")]
    Fields(Vec<(&'static str, Problem)>),
    /// There is no such kind of system.
    #[error("there is no kind of ticketing system with this name")]
    Kind,
    /// The secrets cannot be sealed or opened.
    #[error("the secrets of a connection cannot be opened")]
    Sealed(#[from] crate::seal::NotOurs),
    /// The records say no.
    #[error("the connection cannot be recorded")]
    Store(#[from] StoreError),
}

/// Why fields were not written.
#[derive(Debug, thiserror::Error)]
pub enum FieldsError {
    /// These pairs are wrong, by their place.
    #[error("some fields are wrong")]
    Pairs(Vec<(usize, Side, Wrong)>),
    /// The records say no.
    #[error("the fields cannot be recorded")]
    Store(#[from] StoreError),
}

/// Why it was not written who somebody is there.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// Nobody there can be named like what was typed for these.
    #[error("some people are wrong")]
    People(Vec<OperatorId>),
    /// The records say no.
    #[error("the people cannot be recorded")]
    Store(#[from] StoreError),
}

/// Every connection of this server.
pub struct Connections {
    store: Arc<dyn Store>,
    key: SealKey,
    means: Means,
    made: Mutex<HashMap<ConnectionId, Made>>,
}

#[derive(Clone)]
struct Made {
    revision: u32,
    reached: Reached,
}

impl Connections {
    /// Over these records, with this key.
    pub fn new(store: Arc<dyn Store>, key: SealKey, means: Means) -> Self {
        Self { store, key, means, made: Mutex::default() }
    }

    /// Checks and writes a new connection.
    ///
    /// # Errors
    /// See [`ConnectionError`]; nothing was written then.
    pub async fn add(
        &self,
        tenant: TenantId,
        id: ConnectionId,
        kind: &str,
        name: &str,
        typed: &BTreeMap<String, String>,
        now: Timestamp,
    ) -> Result<(), ConnectionError> {
        let kind = kind::of(kind).ok_or(ConnectionError::Kind)?;
        let settings = self.checked(kind, typed)?;
        let new = self.sealed(tenant, id, kind, name, &settings)?;
        Ok(self.store.add_connection(&new, now).await?)
    }

    /// Checks and writes a connection anew. A secret that was left empty stays as it is.
    ///
    /// # Errors
    /// See [`ConnectionError`]; nothing was written then.
    pub async fn change(
        &self,
        tenant: TenantId,
        id: ConnectionId,
        name: &str,
        typed: &BTreeMap<String, String>,
    ) -> Result<(), ConnectionError> {
        let old = self.store.connection(tenant, id).await?;
        let kind = kind::of(&old.what.kind).ok_or(ConnectionError::Kind)?;
        let mut typed = typed.clone();
        let kept = self.secrets(&old).ok();
        for (key, secret) in kept.into_iter().flatten() {
            let field = typed.entry(key).or_default();
            if field.is_empty() {
                *field = secret;
            }
        }
        let settings = self.checked(kind, &typed)?;
        let new = self.sealed(tenant, id, kind, name, &settings)?;
        self.store.update_connection(&new).await?;
        self.means.gate(kind, &settings).reset_pause();
        Ok(())
    }

    /// Checks and writes what goes into which field of tickets that are opened there; pairs without a word are left out.
    ///
    /// # Errors
    /// See [`FieldsError`]; nothing was written then.
    pub async fn set_fields(
        &self,
        tenant: TenantId,
        id: ConnectionId,
        from: &[(String, String)],
        pairs: &[(String, String)],
    ) -> Result<(), FieldsError> {
        let connection = self.store.connection(tenant, id).await?;
        let kind = kind::of(&connection.what.kind).ok_or(StoreError::NotFound { what: "kind of connection" })?;
        Mapping::parse(kind.targets, pairs).map_err(FieldsError::Pairs)?;
        let trimmed = pairs.iter().map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()));
        let pairs: Vec<(String, String)> = trimmed.filter(|(name, _)| !name.is_empty()).collect();
        Ok(self.store.set_connection_fields(tenant, id, from, &pairs).await?)
    }

    /// Checks and writes who the company's operators are there; who is left empty is looked for by e-mail address.
    ///
    /// # Errors
    /// See [`PeopleError`]; nothing was written then.
    pub async fn set_people(
        &self,
        tenant: TenantId,
        id: ConnectionId,
        from: &BTreeMap<String, String>,
        people: &BTreeMap<OperatorId, String>,
    ) -> Result<(), PeopleError> {
        let connection = self.store.connection(tenant, id).await?;
        let kind = kind::of(&connection.what.kind).ok_or(StoreError::NotFound { what: "kind of connection" })?;
        let named = people.iter().filter(|(_, there)| !there.is_empty());
        let wrong: Vec<OperatorId> =
            named.clone().filter(|(_, there)| !kind.people.takes(there)).map(|(who, _)| *who).collect();
        if !wrong.is_empty() {
            return Err(PeopleError::People(wrong));
        }
        let people = named.map(|(who, there)| (who.to_string(), there.clone())).collect();
        Ok(self.store.set_connection_people(tenant, id, from, &people).await?)
    }

    fn checked(&self, kind: &Kind, typed: &BTreeMap<String, String>) -> Result<Settings, ConnectionError> {
        let settings = kind.parse(typed).map_err(ConnectionError::Fields)?;
        // Some mistakes only the adapter knows.
        (kind.connect)(&settings, &self.means).map_err(ConnectionError::Fields)?;
        Ok(settings)
    }

    fn sealed(
        &self,
        tenant: TenantId,
        id: ConnectionId,
        kind: &Kind,
        name: &str,
        settings: &Settings,
    ) -> Result<NewConnection, ConnectionError> {
        let secrets: BTreeMap<&str, &str> =
            settings.secrets().iter().map(|(key, secret)| (key.as_str(), secret.expose())).collect();
        let secrets = zeroize::Zeroizing::new(serde_json::to_string(&secrets).expect("texts have a JSON"));
        Ok(NewConnection {
            id,
            tenant,
            kind: kind.name.to_owned(),
            name: name.to_owned(),
            settings: settings.open().clone(),
            sealed: self.key.seal(&owner(tenant, id), &secrets)?,
        })
    }

    fn secrets(&self, connection: &Connection) -> Result<BTreeMap<String, String>, ConnectionError> {
        let what = &connection.what;
        let opened = self.key.open(&owner(what.tenant, what.id), &what.sealed)?;
        serde_json::from_str(&opened).map_err(|_| ConnectionError::Sealed(crate::seal::NotOurs))
    }

    fn make(&self, connection: &Connection) -> Result<Reached, ReportError> {
        let wrong = |why: &str| ReportError::refused(format!("the connection is not usable: {why}"));
        if connection.removed_at.is_some() {
            return Err(wrong("it was removed"));
        }
        let kind = kind::of(&connection.what.kind).ok_or_else(|| wrong("its kind is unknown to this version"))?;
        let mut typed = connection.what.settings.clone();
        typed.extend(
            self.secrets(connection).map_err(|_| wrong("its secrets are sealed with another key; enter them again"))?,
        );
        // What an earlier version did not ask for is as it is at first.
        for field in kind.fields() {
            typed.entry(field.key.to_owned()).or_insert_with(|| field.default.to_owned());
        }
        let settings = kind.parse(&typed).map_err(|_| wrong("a setting is wrong; open and save it"))?;
        let fields = Mapping::parse(kind.targets, &connection.fields)
            .map_err(|_| wrong("a field of its tickets is wrong; open and save them"))?;
        let people = connection.people.iter().filter_map(|(who, there)| Some((who.parse().ok()?, there.clone())));
        let settings = settings.with_fields(fields).with_people(people.collect());
        let system: Arc<dyn TicketSystem> =
            (kind.connect)(&settings, &self.means).map_err(|_| wrong("a setting is wrong; open and save it"))?;
        Ok(Reached { system, gate: self.means.gate(kind, &settings) })
    }
}

/// What a connection's secrets are sealed for.
fn owner(tenant: TenantId, id: ConnectionId) -> Vec<u8> {
    [b"amparo connection v1".as_slice(), tenant.as_bytes(), id.as_bytes()].concat()
}

#[async_trait]
impl Systems for Connections {
    async fn reach(&self, tenant: TenantId, connection: Option<ConnectionId>) -> Result<Reached, ReportError> {
        let Some(id) = connection else {
            return Desks(self.store.clone()).reach(tenant, None).await;
        };
        let connection = self.store.connection(tenant, id).await.map_err(|error| match error {
            StoreError::NotFound { .. } => ReportError::refused("the connection is not there any more"),
            error => ReportError::Unreachable(Cause::Records(error.to_string())),
        })?;
        let known = self.made.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        if let Some(made) = known.filter(|made| made.revision == connection.revision) {
            return Ok(made.reached);
        }
        let reached = self.make(&connection)?;
        let made = Made { revision: connection.revision, reached: reached.clone() };
        self.made.lock().unwrap_or_else(PoisonError::into_inner).insert(id, made);
        Ok(reached)
    }
}
