//! Connections in SQLite.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::id::{AppId, ConnectionId, SessionId, TenantId, TicketNumber};
use sqlx::{SqliteConnection, sqlite::SqliteRow};

use super::{
    SqliteStore, error, outbox,
    row::{Columns, json, ms, word},
};
use crate::{
    app::Stamp,
    connection::{ActionTemplate, Connection, ConnectionRecords, KeptFields, LeftOut, NewConnection, TemplateChange},
    error::StoreError,
    outbox::EventKind,
    tenant::Language,
};

fn connection(row: &SqliteRow) -> Result<Connection, StoreError> {
    Ok(Connection {
        what: NewConnection {
            id: row.id("id")?,
            tenant: row.id("tenant")?,
            kind: row.plain("kind")?,
            name: row.plain("name")?,
            settings: row.json("settings")?,
            sealed: row.plain("sealed")?,
        },
        revision: row.count("revision")?,
        created_at: row.time("created_at")?,
        removed_at: row.time_if_any("removed_at")?,
        fields: row.json("fields")?,
        people: row.json("people")?,
        left_out: left_out(row)?,
    })
}

/// Notes what a session's system has left out of a ticket that it opened, beside what it has left out before; what it keeps now is no longer
/// among it. Whoever holds the connection need not notice.
pub(super) async fn note_fields(
    tx: &mut SqliteConnection,
    session: SessionId,
    fields: &KeptFields,
    ticket: &TicketNumber,
    at: Timestamp,
) -> Result<(), StoreError> {
    let sql = "UPDATE connections SET
                   left_out = (SELECT json_group_array(name) FROM (
                       SELECT value AS name FROM json_each(left_out) WHERE value NOT IN (SELECT value FROM json_each(?2))
                       UNION SELECT value FROM json_each(?3))),
                   left_out_ticket = CASE WHEN ?3 = '[]' THEN left_out_ticket ELSE ?4 END,
                   left_out_at = CASE WHEN ?3 = '[]' THEN left_out_at ELSE ?5 END
               WHERE id = (SELECT connection FROM sessions WHERE id = ?1) AND (left_out <> '[]' OR ?3 <> '[]')";
    sqlx::query(sql)
        .bind(session.as_bytes().as_slice())
        .bind(json(&fields.kept))
        .bind(json(&fields.left_out))
        .bind(ticket.as_str())
        .bind(ms(at))
        .execute(tx)
        .await
        .map_err(error::of)?;
    Ok(())
}

fn left_out(row: &SqliteRow) -> Result<Option<LeftOut>, StoreError> {
    let fields: Vec<String> = row.json("left_out")?;
    let (Some(ticket), Some(at)) = (row.parsed_if_any("left_out_ticket")?, row.time_if_any("left_out_at")?) else {
        return Ok(None);
    };
    Ok((!fields.is_empty()).then_some(LeftOut { fields, ticket, at }))
}

impl SqliteStore {
    /// Changes one part of a connection that is not removed, from what it was; whoever holds it notices.
    async fn set_part(
        &self,
        sql: &'static str,
        (tenant, id): (TenantId, ConnectionId),
        from: String,
        to: String,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let done = sqlx::query(sql)
            .bind(id.as_bytes().as_slice())
            .bind(tenant.as_bytes().as_slice())
            .bind(to)
            .bind(from)
            .execute(&mut *tx)
            .await
            .map_err(error::of)?;
        if done.rows_affected() == 0 {
            let there = sqlx::query("SELECT 1 FROM connections WHERE id = ? AND tenant = ? AND removed_at IS NULL")
                .bind(id.as_bytes().as_slice())
                .bind(tenant.as_bytes().as_slice())
                .fetch_optional(&mut *tx)
                .await
                .map_err(error::of)?;
            let what = "connection";
            return Err(if there.is_some() { StoreError::Conflict { what } } else { StoreError::NotFound { what } });
        }
        tx.commit().await.map_err(error::of)
    }
}

#[async_trait]
impl ConnectionRecords for SqliteStore {
    async fn add_connection(&self, new: &NewConnection, now: Timestamp) -> Result<(), StoreError> {
        let sql = "INSERT INTO connections (id, tenant, kind, name, settings, sealed, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)";
        sqlx::query(sql)
            .bind(new.id.as_bytes().as_slice())
            .bind(new.tenant.as_bytes().as_slice())
            .bind(&new.kind)
            .bind(&new.name)
            .bind(json(&new.settings))
            .bind(new.sealed.as_slice())
            .bind(ms(now))
            .execute(&self.writer)
            .await
            .map_err(error::unique("connection"))?;
        Ok(())
    }

    async fn update_connection(&self, new: &NewConnection) -> Result<(), StoreError> {
        let sql =
            "UPDATE connections SET name = ?3, settings = ?4, sealed = ?5, revision = revision + 1, left_out = '[]'
                   WHERE id = ?1 AND tenant = ?2 AND removed_at IS NULL";
        let done = sqlx::query(sql)
            .bind(new.id.as_bytes().as_slice())
            .bind(new.tenant.as_bytes().as_slice())
            .bind(&new.name)
            .bind(json(&new.settings))
            .bind(new.sealed.as_slice())
            .execute(&self.writer)
            .await
            .map_err(error::of)?;
        if done.rows_affected() == 0 { Err(StoreError::NotFound { what: "connection" }) } else { Ok(()) }
    }

    async fn set_connection_fields(
        &self,
        tenant: TenantId,
        id: ConnectionId,
        from: &[(String, String)],
        to: &[(String, String)],
    ) -> Result<(), StoreError> {
        let sql = "UPDATE connections SET fields = ?3, revision = revision + 1, left_out = '[]'
                   WHERE id = ?1 AND tenant = ?2 AND removed_at IS NULL AND fields = ?4";
        self.set_part(sql, (tenant, id), json(&from), json(&to)).await
    }

    async fn set_connection_people(
        &self,
        tenant: TenantId,
        id: ConnectionId,
        from: &BTreeMap<String, String>,
        to: &BTreeMap<String, String>,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE connections SET people = ?3, revision = revision + 1
                   WHERE id = ?1 AND tenant = ?2 AND removed_at IS NULL AND people = ?4";
        self.set_part(sql, (tenant, id), json(&from), json(&to)).await
    }

    async fn remove_connection(&self, tenant: TenantId, id: ConnectionId, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let used = "SELECT 1 FROM apps WHERE connection = ?1
                    UNION ALL
                    SELECT 1 FROM sessions s WHERE s.connection = ?1 AND s.tenant = ?2 AND (s.state IN ('dialling', 'started')
                        OR EXISTS (SELECT 1 FROM outbox o WHERE o.session = s.id AND o.state IN ('pending', 'leased', 'parked')))
                    LIMIT 1";
        let used = sqlx::query(used)
            .bind(id.as_bytes().as_slice())
            .bind(tenant.as_bytes().as_slice())
            .fetch_optional(&mut *tx)
            .await
            .map_err(error::of)?;
        if used.is_some() {
            return Err(StoreError::Conflict { what: "connection in use" });
        }
        let sql = "UPDATE connections SET removed_at = ?3, sealed = x'', revision = revision + 1
                   WHERE id = ?1 AND tenant = ?2 AND removed_at IS NULL";
        let done = sqlx::query(sql)
            .bind(id.as_bytes().as_slice())
            .bind(tenant.as_bytes().as_slice())
            .bind(ms(now))
            .execute(&mut *tx)
            .await
            .map_err(error::of)?;
        if done.rows_affected() == 0 {
            return Err(StoreError::NotFound { what: "connection" });
        }
        tx.commit().await.map_err(error::of)
    }

    async fn connection(&self, tenant: TenantId, id: ConnectionId) -> Result<Connection, StoreError> {
        let row = sqlx::query("SELECT * FROM connections WHERE id = ? AND tenant = ?")
            .bind(id.as_bytes().as_slice())
            .bind(tenant.as_bytes().as_slice())
            .fetch_optional(&self.readers)
            .await
            .map_err(error::of)?;
        connection(&row.ok_or(StoreError::NotFound { what: "connection" })?)
    }

    async fn tenant_of_connection(&self, id: ConnectionId) -> Result<Option<TenantId>, StoreError> {
        let row = sqlx::query("SELECT tenant FROM connections WHERE id = ?")
            .bind(id.as_bytes().as_slice())
            .fetch_optional(&self.readers)
            .await
            .map_err(error::of)?;
        row.map(|row| row.id("tenant")).transpose()
    }

    async fn connections(&self, tenant: TenantId) -> Result<Vec<Connection>, StoreError> {
        let sql = "SELECT * FROM connections WHERE tenant = ? AND removed_at IS NULL ORDER BY created_at, id";
        let rows = sqlx::query(sql).bind(tenant.as_bytes().as_slice()).fetch_all(&self.readers).await;
        rows.map_err(error::of)?.iter().map(connection).collect()
    }

    async fn app_connection(&self, tenant: TenantId, app: AppId) -> Result<Option<ConnectionId>, StoreError> {
        let row = sqlx::query("SELECT connection FROM apps WHERE id = ? AND tenant = ?")
            .bind(app.as_bytes().as_slice())
            .bind(tenant.as_bytes().as_slice())
            .fetch_optional(&self.readers)
            .await
            .map_err(error::of)?;
        row.ok_or(StoreError::NotFound { what: "app" })?.id_if_any("connection")
    }

    async fn set_app_connection(
        &self,
        tenant: TenantId,
        app: AppId,
        connection: Option<ConnectionId>,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE apps SET connection = ?3 WHERE id = ?1 AND tenant = ?2 AND (?3 IS NULL OR EXISTS (
                       SELECT 1 FROM connections c WHERE c.id = ?3 AND c.tenant = ?2 AND c.removed_at IS NULL))";
        let done = sqlx::query(sql)
            .bind(app.as_bytes().as_slice())
            .bind(tenant.as_bytes().as_slice())
            .bind(connection.as_ref().map(|c| c.as_bytes().as_slice()))
            .execute(&self.writer)
            .await
            .map_err(error::of)?;
        if done.rows_affected() == 0 { Err(StoreError::NotFound { what: "app or connection" }) } else { Ok(()) }
    }

    async fn action_template(
        &self,
        tenant: TenantId,
        kind: EventKind,
        language: Language,
    ) -> Result<Option<String>, StoreError> {
        let sql = "SELECT text FROM action_templates WHERE tenant = ? AND kind = ? AND language = ?";
        let row = sqlx::query(sql)
            .bind(tenant.as_bytes().as_slice())
            .bind(kind.as_str())
            .bind(word(language))
            .fetch_optional(&self.readers)
            .await
            .map_err(error::of)?;
        row.map_or(Ok(None), |row| row.plain("text"))
    }

    async fn action_templates(&self, tenant: TenantId, language: Language) -> Result<Vec<ActionTemplate>, StoreError> {
        let sql = "SELECT kind, text, changed_at, changed_by FROM action_templates WHERE tenant = ? AND language = ?";
        let rows = sqlx::query(sql)
            .bind(tenant.as_bytes().as_slice())
            .bind(word(language))
            .fetch_all(&self.readers)
            .await
            .map_err(error::of)?;
        let template = |row: &SqliteRow| {
            Ok(ActionTemplate {
                kind: outbox::kind_of(row.plain("kind")?)?,
                text: row.plain("text")?,
                changed: Stamp { at: row.time("changed_at")?, by: row.plain("changed_by")? },
            })
        };
        rows.iter().map(template).collect()
    }

    async fn change_action_templates(
        &self,
        tenant: TenantId,
        language: Language,
        changes: &[TemplateChange],
        by: &Stamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        for change in changes {
            // What was never changed has no row: it is made from the standing text, and by nothing else.
            let sql = "INSERT INTO action_templates (tenant, kind, language, text, changed_at, changed_by)
                       SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE ?7 IS NULL OR EXISTS (
                           SELECT 1 FROM action_templates WHERE tenant = ?1 AND kind = ?2 AND language = ?3)
                       ON CONFLICT (tenant, kind, language) DO UPDATE
                           SET text = excluded.text, changed_at = excluded.changed_at, changed_by = excluded.changed_by
                           WHERE text IS ?7";
            let done = sqlx::query(sql)
                .bind(tenant.as_bytes().as_slice())
                .bind(change.kind.as_str())
                .bind(word(language))
                .bind(change.to.as_deref())
                .bind(ms(by.at))
                .bind(&by.by)
                .bind(change.from.as_deref())
                .execute(&mut *tx)
                .await
                .map_err(error::of)?;
            if done.rows_affected() == 0 {
                return Err(StoreError::Conflict { what: "action text" });
            }
        }
        tx.commit().await.map_err(error::of)
    }
}
