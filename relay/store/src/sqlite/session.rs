//! Sessions in SQLite. The outbox row is always written by the transaction that changes the session.

use async_trait::async_trait;
use jiff::{Timestamp, tz::TimeZone};
use protocol::{
    id::{AppId, ProtocolNumber, SessionId, TenantId},
    message::{
        ShownText,
        directory::{Field, FieldKey},
        grant::{Change, Grants, RightsChange},
        pairing::Role,
        ticket::TicketChoice,
    },
};
use sqlx::{SqliteConnection, sqlite::SqliteRow};

use super::{
    SqliteStore, audit, error, outbox,
    row::{Columns, damaged, folded, json, ms, word},
    session_changes, webhook,
};
use crate::{
    app::Category,
    audit::{AuditEntry, AuditHead, SESSION_ALARM, SESSION_DISPUTED, SESSION_SIGNED},
    error::StoreError,
    outbox::EventKind,
    session::{
        Ended, HistoryQuery, Kept, NewMissed, NewSession, NewWatch, OpenedSession, Seal, Session, SessionRecords,
        SessionState, Started, WRAP_UP_WITHIN, WrappedUp,
    },
};

/// Reads a session; `row` holds every column of `sessions`.
pub(super) fn session(row: &SqliteRow) -> Result<Session, StoreError> {
    let choice = match row.parsed_if_any("choice_number")? {
        Some(number) => TicketChoice::Number(number),
        None => TicketChoice::OpenNew { subject: ShownText::lossy(row.plain("choice_subject")?) },
    };
    let state: SessionState = row.word("state")?;
    let missed = state == SessionState::Missed;
    let ended: Option<&str> = row.plain("close_reason")?;
    let note: String = if missed { row.plain("note")? } else { String::new() };
    Ok(Session {
        id: row.id("id")?,
        row: row.plain("row")?,
        tenant: row.id("tenant")?,
        app: row.id("app")?,
        protocol: row.parsed("protocol")?,
        device: row.device("device")?,
        fields: row.json("fields")?,
        customer_name: row.plain("customer_name")?,
        attendant: row.id_if_any("attendant")?,
        attendant_name: row.plain("attendant_name")?,
        choice,
        connection: row.id_if_any("connection")?,
        ticket: row.parsed_if_any("ticket")?,
        state,
        granted: Grants { view: row.plain("may_view")?, control: row.plain("may_control")? },
        changes: row.json("changes")?,
        rights: row.json("rights")?,
        dialled_at: row.time("dialled_at")?,
        started_at: row.time_if_any("started_at")?,
        ended_at: row.time_if_any("ended_at")?,
        close_reason: if ended.is_some() && !missed { Some(row.word("close_reason")?) } else { None },
        missed: if missed { Some(row.word("close_reason")?) } else { None },
        message: note,
        reconnects: row.count("reconnects")?,
        round_trip_ms: row.plain("round_trip_ms")?,
        audit: noted(row)?,
        alarm_at: row.time_if_any("alarm_at")?,
        wrap_up: wrapped_up(row)?,
        watches: row.parsed_if_any("watches")?,
    })
}

fn wrapped_up(row: &SqliteRow) -> Result<Option<WrappedUp>, StoreError> {
    if row.time_if_any("wrapped_up_at")?.is_none() {
        return Ok(None);
    }
    let name: Option<String> = row.plain("category")?;
    let solved: Option<bool> = row.plain("solved")?;
    let category = name.map(|name| Category { name, solved: solved.unwrap_or(false) });
    Ok(Some(WrappedUp { category, note: row.plain("note")? }))
}

/// Ids as SQLite's `hex` writes them, in a JSON array.
pub(super) fn hex_ids(ids: &[AppId]) -> String {
    json(&ids.iter().map(|id| id.as_bytes().iter().map(|b| format!("{b:02X}")).collect::<String>()).collect::<Vec<_>>())
}

/// The chain's head as the session's end has noted it.
pub(super) fn noted(row: &SqliteRow) -> Result<Option<AuditHead>, StoreError> {
    let seq: Option<i64> = row.plain("audit_seq")?;
    let hash: Option<&[u8]> = row.plain("audit_hash")?;
    let Some((seq, hash)) = seq.zip(hash) else { return Ok(None) };
    Ok(Some(AuditHead {
        seq: u64::try_from(seq).map_err(|_| damaged("audit_seq"))?,
        hash: hash.try_into().map_err(|_| damaged("audit_hash"))?,
    }))
}

/// A line of the session's story, of the transaction that changes its row.
pub(super) fn line(session: &Session, what: &str, detail: String, at: Timestamp) -> AuditEntry {
    AuditEntry {
        tenant: session.tenant,
        operator: session.attendant,
        who: session.attendant_name.clone(),
        what: what.to_owned(),
        subject: session.protocol.to_string(),
        detail,
        from: String::new(),
        at,
    }
}

/// What is allowed, as lines of the log name it.
pub(super) fn granted_words(granted: Grants) -> String {
    let all = [("view", granted.view), ("control", granted.control)];
    all.into_iter().filter_map(|(name, is)| is.then_some(name)).collect::<Vec<_>>().join(",")
}

async fn add_started(
    tx: &mut SqliteConnection,
    session: &Session,
    started: &Started,
    at: Timestamp,
    now: Timestamp,
) -> Result<AuditHead, StoreError> {
    let granted = granted_words(started.granted);
    let detail = format!("session={} grants={granted} started_ms={}", session.id, ms(at));
    audit::add(tx, &line(session, "session.started", detail, now)).await
}

/// Notes on the session's row where the chain stands.
async fn note(tx: &mut SqliteConnection, id: SessionId, head: &AuditHead) -> Result<(), StoreError> {
    sqlx::query("UPDATE sessions SET audit_seq = ?2, audit_hash = ?3 WHERE id = ?1")
        .bind(id.as_bytes().as_slice())
        .bind(i64::try_from(head.seq).map_err(|_| damaged("seq"))?)
        .bind(head.hash.as_slice())
        .execute(tx)
        .await
        .map_err(error::of)?;
    Ok(())
}

/// One session inside a transaction.
pub(super) async fn one(tx: &mut SqliteConnection, id: SessionId) -> Result<Session, StoreError> {
    let row =
        sqlx::query("SELECT * FROM sessions WHERE id = ?").bind(id.as_bytes().as_slice()).fetch_optional(tx).await;
    session(&row.map_err(error::of)?.ok_or(StoreError::NotFound { what: "session" })?)
}

/// What this end has signed, and what the other.
async fn witnesses(tx: &mut SqliteConnection, id: SessionId, role: Role) -> Result<[Option<Vec<u8>>; 2], StoreError> {
    let row = sqlx::query("SELECT customer_witness, attendant_witness FROM sessions WHERE id = ?")
        .bind(id.as_bytes().as_slice())
        .fetch_one(tx)
        .await
        .map_err(error::of)?;
    let columns = ["customer_witness", "attendant_witness"];
    let [customer, attendant] = columns.map(|column| row.plain::<Option<Vec<u8>>>(column));
    Ok(match role {
        Role::Customer => [customer?, attendant?],
        Role::Attendant => [attendant?, customer?],
    })
}

/// The tenant's next protocol number of its day: both people read the date in it. A number of a transaction that fails is given again.
async fn next_protocol(
    tx: &mut SqliteConnection,
    tenant: TenantId,
    at: Timestamp,
) -> Result<ProtocolNumber, StoreError> {
    let zone: Option<String> = sqlx::query_scalar("SELECT time_zone FROM tenants WHERE id = ?")
        .bind(tenant.as_bytes().as_slice())
        .fetch_optional(&mut *tx)
        .await
        .map_err(error::of)?;
    let zone = zone.and_then(|name| TimeZone::get(&name).ok()).unwrap_or(TimeZone::UTC);
    let day = at.to_zoned(zone).date().to_string();
    let sql = "INSERT INTO protocol_counters (tenant, day, last) VALUES (?, ?, 1)
               ON CONFLICT (tenant, day) DO UPDATE SET last = last + 1 RETURNING last";
    let row = sqlx::query(sql)
        .bind(tenant.as_bytes().as_slice())
        .bind(&day)
        .fetch_one(tx)
        .await
        .map_err(error::referring("protocol number", "tenant"))?;
    let number = format!("{day}-{:06}", row.count("last")?);
    Ok(ProtocolNumber::new(&number).expect("a date and a counter are short"))
}

fn typed(fields: &[Field], key: FieldKey) -> &str {
    fields.iter().find(|f| f.key == key).map_or("", |f| f.value.as_str())
}

async fn mark_started(
    tx: &mut SqliteConnection,
    session: &Session,
    started: &Started,
    at: Timestamp,
    state: SessionState,
) -> Result<(), StoreError> {
    let name = if started.attendant_name.is_empty() { &session.attendant_name } else { &started.attendant_name };
    sqlx::query("UPDATE sessions SET state = ?2, may_view = ?3, may_control = ?4, started_at = ?5, attendant_name = ?6 WHERE id = ?1")
        .bind(session.id.as_bytes().as_slice())
        .bind(word(state))
        .bind(started.granted.view)
        .bind(started.granted.control)
        .bind(ms(at))
        .bind(name)
        .execute(tx)
        .await
        .map_err(error::of)?;
    Ok(())
}

#[async_trait]
impl SessionRecords for SqliteStore {
    async fn open_session(&self, new: &NewSession) -> Result<OpenedSession, StoreError> {
        let mut tx = self.write().await?;
        let protocol = next_protocol(&mut tx, new.tenant, new.dialled_at).await?;
        let (choice_number, choice_subject) = match &new.ticket {
            TicketChoice::Number(number) => (Some(number.as_str()), ""),
            TicketChoice::OpenNew { subject } => (None, subject.as_str()),
        };
        let name = typed(&new.fields, FieldKey::Name);
        let search = folded(&[name, typed(&new.fields, FieldKey::Company), &new.attendant_name, protocol.as_str()]);
        let sql =
            "INSERT INTO sessions (id, tenant, app, protocol, device, fields, customer_name, attendant, attendant_name,
                                         choice_number, choice_subject, state, dialled_at, search, connection)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 'dialling', ?12, ?13,
                           (SELECT connection FROM apps WHERE id = ?3))
                   RETURNING connection";
        let row = sqlx::query(sql)
            .bind(new.id.as_bytes().as_slice())
            .bind(new.tenant.as_bytes().as_slice())
            .bind(new.app.as_bytes().as_slice())
            .bind(protocol.as_str())
            .bind(i64::from(new.device.number()))
            .bind(json(&new.fields))
            .bind(name)
            .bind(new.attendant.as_bytes().as_slice())
            .bind(&new.attendant_name)
            .bind(choice_number)
            .bind(choice_subject)
            .bind(ms(new.dialled_at))
            .bind(search)
            .fetch_one(&mut *tx)
            .await
            .map_err(error::referring("session", "app or operator"))?;
        let connection = row.id_if_any("connection")?;
        let dialled = AuditEntry {
            tenant: new.tenant,
            operator: Some(new.attendant),
            who: new.attendant_name.clone(),
            what: "session.dialled".to_owned(),
            subject: protocol.to_string(),
            detail: format!("session={} device={}", new.id, new.device.number()),
            from: String::new(),
            at: new.dialled_at,
        };
        audit::add(&mut tx, &dialled).await?;
        tx.commit().await.map_err(error::of)?;
        Ok(OpenedSession { protocol, connection })
    }

    async fn open_watch(&self, new: &NewWatch) -> Result<OpenedSession, StoreError> {
        let mut tx = self.write().await?;
        let watched = one(&mut tx, new.watched).await?;
        if watched.tenant != new.tenant {
            return Err(StoreError::NotFound { what: "session" });
        }
        if watched.state != SessionState::Started || watched.watches.is_some() {
            return Err(StoreError::Conflict { what: "state" });
        }
        let ticket = watched.ticket.clone().ok_or(StoreError::Conflict { what: "ticket" })?;
        let protocol = next_protocol(&mut tx, new.tenant, new.dialled_at).await?;
        let company = watched.field(FieldKey::Company);
        let search = folded(&[&watched.customer_name, company, &new.attendant_name, protocol.as_str()]);
        let sql = "INSERT INTO sessions (id, tenant, app, protocol, device, fields, customer_name, attendant, attendant_name,
                                         choice_number, choice_subject, state, dialled_at, search, connection, watches)
                   SELECT ?1, tenant, app, ?2, device, fields, customer_name, ?3, ?4, ?5, '', 'dialling', ?6, ?7, connection, protocol
                   FROM sessions WHERE id = ?8";
        sqlx::query(sql)
            .bind(new.id.as_bytes().as_slice())
            .bind(protocol.as_str())
            .bind(new.attendant.as_bytes().as_slice())
            .bind(&new.attendant_name)
            .bind(ticket.as_str())
            .bind(ms(new.dialled_at))
            .bind(search)
            .bind(new.watched.as_bytes().as_slice())
            .execute(&mut *tx)
            .await
            .map_err(error::referring("session", "operator"))?;
        let session = one(&mut tx, new.id).await?;
        let detail = format!("session={} device={} watches={}", new.id, session.device.number(), watched.protocol);
        audit::add(&mut tx, &line(&session, "session.dialled", detail, new.dialled_at)).await?;
        tx.commit().await.map_err(error::of)?;
        Ok(OpenedSession { protocol, connection: session.connection })
    }

    async fn miss_request(&self, missed: &NewMissed) -> Result<OpenedSession, StoreError> {
        let mut tx = self.write().await?;
        let protocol = next_protocol(&mut tx, missed.tenant, missed.at).await?;
        let name = typed(&missed.fields, FieldKey::Name);
        let search = folded(&[name, typed(&missed.fields, FieldKey::Company), protocol.as_str()]);
        let since = missed.since.min(missed.at);
        let invited = missed.ticket.as_ref();
        let system = invited.and_then(|ticket| ticket.system);
        // The same number is another ticket in another system.
        let sql = "INSERT INTO sessions (id, tenant, app, protocol, device, fields, customer_name, attendant_name, choice_subject, state,
                                         dialled_at, ended_at, close_reason, note, search, connection, choice_number)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, '', '', 'missed', ?8, ?9, ?10, ?11, ?12,
                           (SELECT connection FROM apps WHERE id = ?3),
                           (SELECT ?13 FROM apps WHERE id = ?3 AND connection IS ?14))";
        sqlx::query(sql)
            .bind(missed.id.as_bytes().as_slice())
            .bind(missed.tenant.as_bytes().as_slice())
            .bind(missed.app.as_bytes().as_slice())
            .bind(protocol.as_str())
            .bind(i64::from(missed.device.number()))
            .bind(json(&missed.fields))
            .bind(name)
            .bind(ms(since))
            .bind(ms(missed.at))
            .bind(word(missed.why))
            .bind(&missed.text)
            .bind(search)
            .bind(invited.map(|ticket| ticket.number.as_str()))
            .bind(system.as_ref().map(|system| system.as_bytes().as_slice()))
            .execute(&mut *tx)
            .await
            .map_err(error::referring("session", "app"))?;
        let session = one(&mut tx, missed.id).await?;
        let detail = format!(
            "session={} device={} reason={} waited_s={}",
            missed.id,
            missed.device.number(),
            word(missed.why),
            missed.at.as_second() - since.as_second()
        );
        audit::add(&mut tx, &line(&session, "request.missed", detail, missed.at)).await?;
        outbox::add(&mut tx, &session, EventKind::Missed, missed.at).await?;
        tx.commit().await.map_err(error::of)?;
        Ok(OpenedSession { protocol, connection: session.connection })
    }

    async fn start_session(&self, id: SessionId, started: &Started, now: Timestamp) -> Result<Kept, StoreError> {
        let mut tx = self.write().await?;
        let session = one(&mut tx, id).await?;
        let at = started.at.max(session.dialled_at);
        match session.state {
            SessionState::Started | SessionState::Ended | SessionState::Missed => return Ok(Kept::Already),
            SessionState::Dialling => {
                mark_started(&mut tx, &session, started, at, SessionState::Started).await?;
                add_started(&mut tx, &session, started, at, now).await?;
                outbox::add(&mut tx, &session, EventKind::Start, now).await?;
            }
            SessionState::NotStarted => {
                // The end was reported first, by somebody who did not know of the start.
                let at = session.ended_at.map_or(at, |ended| at.min(ended));
                mark_started(&mut tx, &session, started, at, SessionState::Ended).await?;
                let head = add_started(&mut tx, &session, started, at, now).await?;
                note(&mut tx, id, &head).await?;
                outbox::add(&mut tx, &session, EventKind::Start, now).await?;
                outbox::add(&mut tx, &session, EventKind::End, now).await?;
            }
        }
        tx.commit().await.map_err(error::of)?;
        Ok(Kept::New)
    }

    async fn note_round_trip(&self, id: SessionId, round_trip_ms: u32) -> Result<(), StoreError> {
        sqlx::query("UPDATE sessions SET round_trip_ms = ?2 WHERE id = ?1 AND state IN ('dialling', 'started')")
            .bind(id.as_bytes().as_slice())
            .bind(round_trip_ms)
            .execute(&self.writer)
            .await
            .map_err(error::of)?;
        Ok(())
    }

    async fn end_session(&self, id: SessionId, ended: &Ended, now: Timestamp) -> Result<Kept, StoreError> {
        let mut tx = self.write().await?;
        let session = one(&mut tx, id).await?;
        let state = match session.state {
            SessionState::Ended | SessionState::NotStarted | SessionState::Missed => return Ok(Kept::Already),
            SessionState::Dialling => SessionState::NotStarted,
            SessionState::Started => SessionState::Ended,
        };
        let began = session.started_at.unwrap_or(session.dialled_at);
        let at = ended.at.max(began);
        sqlx::query("UPDATE sessions SET state = ?2, ended_at = ?3, close_reason = ?4, reconnects = ?5 WHERE id = ?1")
            .bind(id.as_bytes().as_slice())
            .bind(word(state))
            .bind(ms(at))
            .bind(word(ended.why))
            .bind(ended.reconnects)
            .execute(&mut *tx)
            .await
            .map_err(error::of)?;
        let asked: bool = sqlx::query("SELECT wrap_up_asked FROM sessions WHERE id = ?")
            .bind(id.as_bytes().as_slice())
            .fetch_one(&mut *tx)
            .await
            .map_err(error::of)?
            .plain("wrap_up_asked")?;
        let detail = format!(
            "session={} state={} reason={} seconds={} reconnects={} ended_ms={}",
            session.id,
            word(state),
            word(ended.why),
            at.as_second() - began.as_second(),
            ended.reconnects,
            ms(at)
        );
        let head = audit::add(&mut tx, &line(&session, "session.ended", detail, now)).await?;
        note(&mut tx, id, &head).await?;
        if state == SessionState::Ended {
            outbox::add(&mut tx, &session, EventKind::End, now).await?;
            if asked {
                let until = now.checked_add(WRAP_UP_WITHIN).unwrap_or(Timestamp::MAX);
                outbox::hold(&mut tx, id, EventKind::End, until).await?;
            }
        }
        tx.commit().await.map_err(error::of)?;
        Ok(Kept::New)
    }

    async fn ask_wrap_up(&self, id: SessionId) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        sqlx::query("UPDATE sessions SET wrap_up_asked = 1 WHERE id = ? AND state = 'dialling'")
            .bind(id.as_bytes().as_slice())
            .execute(&mut *tx)
            .await
            .map_err(error::of)?;
        tx.commit().await.map_err(error::of)
    }

    async fn change_session(&self, id: SessionId, changes: &[Change], now: Timestamp) -> Result<Kept, StoreError> {
        session_changes::keep(self, id, changes, now).await
    }

    async fn change_rights(&self, id: SessionId, rights: &[RightsChange], now: Timestamp) -> Result<Kept, StoreError> {
        session_changes::keep(self, id, rights, now).await
    }

    async fn wrap_up_session(&self, id: SessionId, said: &WrappedUp, now: Timestamp) -> Result<Kept, StoreError> {
        let mut tx = self.write().await?;
        let session = one(&mut tx, id).await?;
        if session.wrap_up.is_some() {
            return Ok(Kept::Already);
        }
        if session.state != SessionState::Ended {
            return Err(StoreError::Conflict { what: "state" });
        }
        sqlx::query("UPDATE sessions SET wrapped_up_at = ?2, category = ?3, solved = ?4, note = ?5 WHERE id = ?1")
            .bind(id.as_bytes().as_slice())
            .bind(ms(now))
            .bind(said.category.as_ref().map(|c| c.name.as_str()))
            .bind(said.category.as_ref().map(|c| c.solved))
            .bind(&said.note)
            .execute(&mut *tx)
            .await
            .map_err(error::of)?;
        let category = said.category.as_ref().map_or("", |c| c.name.as_str());
        let detail = format!("session={} note_bytes={} category={category}", session.id, said.note.len());
        audit::add(&mut tx, &line(&session, "session.wrapped_up", detail, now)).await?;
        webhook::session(&mut tx, id, EventKind::WrapUp, now).await?;
        let nothing = *said == WrappedUp::default();
        if !outbox::let_go(&mut tx, id, EventKind::End, now).await? && !nothing {
            outbox::add(&mut tx, &session, EventKind::WrapUp, now).await?;
        }
        tx.commit().await.map_err(error::of)?;
        Ok(Kept::New)
    }

    async fn alarm_session(&self, id: SessionId, at: Timestamp, now: Timestamp) -> Result<Kept, StoreError> {
        let mut tx = self.write().await?;
        let session = one(&mut tx, id).await?;
        if session.alarm_at.is_some() {
            return Ok(Kept::Already);
        }
        let at = at.max(session.dialled_at);
        sqlx::query("UPDATE sessions SET alarm_at = ?2 WHERE id = ?1")
            .bind(id.as_bytes().as_slice())
            .bind(ms(at))
            .execute(&mut *tx)
            .await
            .map_err(error::of)?;
        let detail = format!("session={} customer={} alarm_ms={}", session.id, session.customer_name, ms(at));
        audit::add(&mut tx, &line(&session, SESSION_ALARM, detail, now)).await?;
        tx.commit().await.map_err(error::of)?;
        Ok(Kept::New)
    }

    async fn seal_session(&self, id: SessionId, role: Role, seal: &Seal, now: Timestamp) -> Result<Kept, StoreError> {
        let mut tx = self.write().await?;
        let session = one(&mut tx, id).await?;
        let [ours, theirs] = witnesses(&mut tx, id, role).await?;
        if ours.is_some() {
            return Ok(Kept::Already);
        }
        let sql = match role {
            Role::Customer => "UPDATE sessions SET customer_witness = ?2 WHERE id = ?1",
            Role::Attendant => "UPDATE sessions SET attendant_witness = ?2 WHERE id = ?1",
        };
        let (what, detail, witness) = match seal {
            Seal::Signed { witness, detail } => (SESSION_SIGNED, detail.clone(), witness.as_slice()),
            Seal::Disputed { why } => {
                (SESSION_DISPUTED, format!("role={} session={} why={why}", word(role), session.id), [].as_slice())
            }
        };
        sqlx::query(sql).bind(id.as_bytes().as_slice()).bind(witness).execute(&mut *tx).await.map_err(error::of)?;
        audit::add(&mut tx, &line(&session, what, detail, now)).await?;
        if theirs.is_some_and(|theirs| !theirs.is_empty() && !witness.is_empty() && theirs != witness) {
            let detail = format!("role=both session={} why=the two ends have signed different connections", session.id);
            audit::add(&mut tx, &line(&session, SESSION_DISPUTED, detail, now)).await?;
        }
        tx.commit().await.map_err(error::of)?;
        Ok(Kept::New)
    }

    async fn session(&self, id: SessionId) -> Result<Session, StoreError> {
        one(&mut *self.readers.acquire().await.map_err(error::of)?, id).await
    }

    async fn session_by_protocol(&self, tenant: TenantId, protocol: &ProtocolNumber) -> Result<Session, StoreError> {
        let row = sqlx::query("SELECT * FROM sessions WHERE tenant = ? AND protocol = ?")
            .bind(tenant.as_bytes().as_slice())
            .bind(protocol.as_str())
            .fetch_optional(&self.readers)
            .await
            .map_err(error::of)?;
        session(&row.ok_or(StoreError::NotFound { what: "session" })?)
    }

    async fn watches_of(
        &self,
        tenant: TenantId,
        watched: &ProtocolNumber,
        limit: u32,
    ) -> Result<Vec<Session>, StoreError> {
        let sql =
            "SELECT * FROM sessions WHERE tenant = ? AND watches = ? AND started_at IS NOT NULL ORDER BY row LIMIT ?";
        let rows = sqlx::query(sql)
            .bind(tenant.as_bytes().as_slice())
            .bind(watched.as_str())
            .bind(limit)
            .fetch_all(&self.readers)
            .await;
        rows.map_err(error::of)?.iter().map(session).collect()
    }

    async fn unfinished_sessions(&self) -> Result<Vec<Session>, StoreError> {
        let rows = sqlx::query("SELECT * FROM sessions WHERE state IN ('dialling', 'started') ORDER BY row")
            .fetch_all(&self.readers)
            .await;
        rows.map_err(error::of)?.iter().map(session).collect()
    }

    async fn history(&self, tenant: TenantId, query: &HistoryQuery) -> Result<Vec<Session>, StoreError> {
        self.found(tenant, query).await
    }

    async fn count_history(&self, tenant: TenantId, query: &HistoryQuery, at_most: u32) -> Result<u32, StoreError> {
        self.count_found(tenant, query, at_most).await
    }
}
