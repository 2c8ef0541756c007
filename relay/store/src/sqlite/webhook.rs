//! Webhooks in SQLite, and the messages that other records' transactions write.

use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use protocol::id::{OperatorId, SessionId, TenantId};
use serde_json::json;
use sqlx::{SqliteConnection, sqlite::SqliteRow};

use super::{
    LISTED_AT_MOST, SqliteStore, error,
    row::{self, Columns, ms, word},
    session,
};
use crate::{
    app::App,
    desk::DeskTicket,
    error::StoreError,
    operator::Operator,
    outbox::EventKind,
    webhook::{
        DELIVERIES_KEPT, Delivery, Event, Happening, NewWebhook, Sent, WEBHOOK_FAILS_FOR, WEBHOOKS_PER_TENANT, Webhook,
        WebhookId, WebhookRecords,
    },
};

const NO_WEBHOOK: StoreError = StoreError::NotFound { what: "webhook" };
/// What a receiver said is cut to this many characters.
const WHY_CHARS: usize = 500;

/// Writes a message for every webhook that asked for it, within the transaction that it is about.
pub(super) async fn tell(tx: &mut SqliteConnection, what: &Happening) -> Result<(), StoreError> {
    let event = what.event.word();
    let body = json!({ "type": event, "timestamp": what.at.to_string(), "data": what.data });
    let sql = "INSERT INTO webhook_deliveries (tenant, webhook, message, event, body, state, due_at, created_at)
               SELECT ?1, w.id, ?3, ?2, ?4, 'pending', ?5, ?5 FROM webhooks w
               WHERE w.tenant = ?1 AND w.disabled_at IS NULL AND EXISTS (SELECT 1 FROM json_each(w.events) WHERE value = ?2)
               ON CONFLICT (webhook, message) DO NOTHING";
    sqlx::query(sql)
        .bind(what.tenant.as_bytes().as_slice())
        .bind(event)
        .bind(format!("{event}:{}", what.which))
        .bind(body.to_string())
        .bind(ms(what.at))
        .execute(tx)
        .await
        .map_err(error::of)?;
    Ok(())
}

/// A session has come this far.
pub(super) async fn session(
    tx: &mut SqliteConnection,
    id: SessionId,
    kind: EventKind,
    now: Timestamp,
) -> Result<(), StoreError> {
    let s = session::one(tx, id).await?;
    let event = match kind {
        EventKind::Start => Event::SessionStarted,
        EventKind::End => Event::SessionEnded,
        EventKind::WrapUp => Event::SessionWrappedUp,
        EventKind::Missed => Event::RequestMissed,
    };
    let said = s.wrap_up.as_ref();
    let category = said.and_then(|said| said.category.as_ref());
    let data = json!({
        "session": s.id.to_string(),
        "protocol": s.protocol.as_str(),
        "app": s.app.to_string(),
        "customer": s.customer_name,
        "attendant": s.attendant_name,
        "attendant_id": s.attendant.map(|id| id.to_string()),
        "ticket": s.ticket_shown().map(|ticket| ticket.as_str()),
        "started_at": s.started_at.map(|at| at.to_string()),
        "ended_at": s.ended_at.filter(|_| kind != EventKind::Start).map(|at| at.to_string()),
        "reason": s.close_reason.filter(|_| kind != EventKind::Start).map(word).or(s.missed.map(word)),
        "category": category.map(|category| &category.name),
        "solved": category.map(|category| category.solved),
        "note": said.map(|said| &said.note).or(s.missed.map(|_| &s.message)),
        "watches": s.watches.as_ref().map(|watched| watched.as_str()),
    });
    tell(tx, &Happening { tenant: s.tenant, event, which: s.id.to_string(), data, at: now }).await
}

/// A ticket was opened or has changed; `which` change of it.
pub(super) async fn ticket(
    tx: &mut SqliteConnection,
    ticket: &DeskTicket,
    event: Event,
    which: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    let data = json!({
        "number": ticket.number.as_str(),
        "subject": ticket.subject,
        "status": word(ticket.status),
        "requester": ticket.requester.details.name,
        "owner": ticket.owner_name,
        "owner_id": ticket.owner.map(|id| id.to_string()),
    });
    let which = format!("{}{which}", ticket.number);
    tell(tx, &Happening { tenant: ticket.tenant, event, which, data, at }).await
}

/// An app was made or changed, and has this revision now.
pub(super) async fn app(tx: &mut SqliteConnection, app: &App, revision: u32) -> Result<(), StoreError> {
    let data = json!({ "app": app.id.to_string(), "name": app.name, "revision": revision, "by": app.changed.by });
    let which = format!("{}:{revision}", app.id);
    tell(tx, &Happening { tenant: app.tenant, event: Event::AppChanged, which, data, at: app.changed.at }).await
}

/// A user was made, changed, disabled or let in again.
pub(super) async fn user(tx: &mut SqliteConnection, o: &Operator) -> Result<(), StoreError> {
    let data = json!({
        "user": o.id.to_string(),
        "login": o.login,
        "name": o.name,
        "attends": o.roles.attend,
        "administers": o.roles.admin,
        "disabled": o.disabled_at.is_some(),
    });
    // Users have no revision: the audit log's head, which every change of one moves, has.
    let row = sqlx::query("SELECT coalesce(max(seq), 0) AS n, max(at) AS at FROM audit WHERE tenant = ?")
        .bind(o.tenant.as_bytes().as_slice())
        .fetch_one(&mut *tx)
        .await
        .map_err(error::of)?;
    let at = row.time_if_any("at")?.unwrap_or(o.created_at);
    let which = format!("{}:{}", o.id, row.plain::<i64>("n")?);
    tell(tx, &Happening { tenant: o.tenant, event: Event::UserChanged, which, data, at }).await
}

/// This user as they are now, to those who asked for it.
pub(super) async fn user_by_id(tx: &mut SqliteConnection, id: OperatorId) -> Result<(), StoreError> {
    let row = sqlx::query("SELECT * FROM operators WHERE id = ?")
        .bind(id.as_bytes().as_slice())
        .fetch_one(&mut *tx)
        .await
        .map_err(error::of)?;
    let operator = super::operator::operator(&row)?;
    user(tx, &operator).await
}

fn webhook(row: &SqliteRow) -> Result<Webhook, StoreError> {
    Ok(Webhook {
        id: WebhookId(row.plain("id")?),
        tenant: row.id("tenant")?,
        address: row.plain("address")?,
        events: row.json("events")?,
        sealed: row.plain("sealed")?,
        failing_since: row.time_if_any("failing_since")?,
        disabled_at: row.time_if_any("disabled_at")?,
        created_at: row.time("created_at")?,
    })
}

fn delivery(row: &SqliteRow) -> Result<Delivery, StoreError> {
    Ok(Delivery {
        id: row.plain("id")?,
        webhook: WebhookId(row.plain("webhook")?),
        message: row.plain("message")?,
        event: row.plain("event")?,
        body: row.plain("body")?,
        state: row.word("state")?,
        attempts: row.count("attempts")?,
        due_at: row.time("due_at")?,
        why: row.plain("why")?,
        reason: row.word_if_known("reason")?,
        created_at: row.time("created_at")?,
    })
}

async fn one(tx: &mut SqliteConnection, tenant: TenantId, id: WebhookId) -> Result<Webhook, StoreError> {
    let row = sqlx::query("SELECT * FROM webhooks WHERE id = ? AND tenant = ?")
        .bind(id.0)
        .bind(tenant.as_bytes().as_slice())
        .fetch_optional(tx)
        .await
        .map_err(error::of)?;
    webhook(&row.ok_or(NO_WEBHOOK)?)
}

#[async_trait]
impl WebhookRecords for SqliteStore {
    async fn add_webhook(&self, new: &NewWebhook) -> Result<Webhook, StoreError> {
        let mut tx = self.write().await?;
        let row = sqlx::query("SELECT count(*) AS n FROM webhooks WHERE tenant = ?")
            .bind(new.tenant.as_bytes().as_slice())
            .fetch_one(&mut *tx)
            .await
            .map_err(error::of)?;
        if row.count("n")? as usize >= WEBHOOKS_PER_TENANT {
            return Err(StoreError::Conflict { what: "number of webhooks" });
        }
        let sql =
            "INSERT INTO webhooks (tenant, address, events, sealed, created_at) VALUES (?, ?, ?, ?, ?) RETURNING *";
        let row = sqlx::query(sql)
            .bind(new.tenant.as_bytes().as_slice())
            .bind(&new.address)
            .bind(row::json(&new.events))
            .bind(&new.sealed)
            .bind(ms(new.created_at))
            .fetch_one(&mut *tx)
            .await
            .map_err(error::referring("webhook", "tenant"))?;
        let added = webhook(&row)?;
        tx.commit().await.map_err(error::of)?;
        Ok(added)
    }

    async fn webhook(&self, tenant: TenantId, id: WebhookId) -> Result<Webhook, StoreError> {
        one(&mut *self.readers.acquire().await.map_err(error::of)?, tenant, id).await
    }

    async fn webhooks(&self, tenant: TenantId) -> Result<Vec<Webhook>, StoreError> {
        let rows = sqlx::query("SELECT * FROM webhooks WHERE tenant = ? ORDER BY id")
            .bind(tenant.as_bytes().as_slice())
            .fetch_all(&self.readers)
            .await
            .map_err(error::of)?;
        rows.iter().map(webhook).collect()
    }

    async fn update_webhook(&self, w: &Webhook) -> Result<(), StoreError> {
        let sql = "UPDATE webhooks SET address = ?3, events = ?4, sealed = ?5, disabled_at = ?6,
                       failing_since = CASE WHEN disabled_at IS NOT NULL AND ?6 IS NULL THEN NULL ELSE failing_since END
                   WHERE id = ?1 AND tenant = ?2";
        let done = sqlx::query(sql)
            .bind(w.id.0)
            .bind(w.tenant.as_bytes().as_slice())
            .bind(&w.address)
            .bind(row::json(&w.events))
            .bind(&w.sealed)
            .bind(w.disabled_at.map(ms))
            .execute(&self.writer)
            .await
            .map_err(error::of)?;
        if done.rows_affected() == 0 { Err(NO_WEBHOOK) } else { Ok(()) }
    }

    async fn remove_webhook(&self, tenant: TenantId, id: WebhookId) -> Result<(), StoreError> {
        let done = sqlx::query("DELETE FROM webhooks WHERE id = ? AND tenant = ?")
            .bind(id.0)
            .bind(tenant.as_bytes().as_slice())
            .execute(&self.writer)
            .await
            .map_err(error::of)?;
        if done.rows_affected() == 0 { Err(NO_WEBHOOK) } else { Ok(()) }
    }

    async fn happened(&self, what: &Happening) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        tell(&mut tx, what).await?;
        tx.commit().await.map_err(error::of)
    }

    async fn claim_deliveries(
        &self,
        now: Timestamp,
        lease: Duration,
        limit: u32,
    ) -> Result<Vec<(Delivery, Webhook)>, StoreError> {
        // Most looks find nothing and must not cost a write.
        if self.next_delivery().await?.is_none_or(|due| due > now) {
            return Ok(Vec::new());
        }
        let mut tx = self.write().await?;
        let sql = "UPDATE webhook_deliveries SET state = 'leased', attempts = attempts + 1, leased_until = ?2
                   WHERE id IN (SELECT id FROM webhook_deliveries
                                WHERE (state = 'pending' AND due_at <= ?1) OR (state = 'leased' AND leased_until <= ?1)
                                ORDER BY id LIMIT ?3)
                   RETURNING *";
        let until = now.checked_add(lease).unwrap_or(Timestamp::MAX);
        let rows =
            sqlx::query(sql).bind(ms(now)).bind(ms(until)).bind(limit).fetch_all(&mut *tx).await.map_err(error::of)?;
        let mut claimed = Vec::with_capacity(rows.len());
        for row in &rows {
            let webhook = one(&mut tx, row.id("tenant")?, WebhookId(row.plain("webhook")?)).await?;
            claimed.push((delivery(row)?, webhook));
        }
        tx.commit().await.map_err(error::of)?;
        Ok(claimed)
    }

    async fn settle_delivery(&self, claimed: &Delivery, how: &Sent, now: Timestamp) -> Result<(), StoreError> {
        let (state, due, why) = match how {
            Sent::Done => ("done", now, None),
            Sent::RetryAt { at, why } => ("pending", *at, Some(why)),
            Sent::Failed { why, .. } => ("failed", now, Some(why)),
        };
        let reason = why.and_then(|why| why.reason).map(word);
        let why = why.map(|why| why.detail.chars().take(WHY_CHARS).collect::<String>());
        let mut tx = self.write().await?;
        let sql = "UPDATE webhook_deliveries SET state = ?3, leased_until = NULL, due_at = ?4, why = ?5, reason = ?7,
                       settled_at = CASE WHEN ?3 = 'pending' THEN NULL ELSE ?6 END
                   WHERE id = ?1 AND attempts = ?2 AND state = 'leased'";
        let done = sqlx::query(sql)
            .bind(claimed.id)
            .bind(claimed.attempts)
            .bind(state)
            .bind(ms(due))
            .bind(why)
            .bind(ms(now))
            .bind(reason)
            .execute(&mut *tx)
            .await
            .map_err(error::of)?;
        if done.rows_affected() == 0 {
            return Ok(());
        }
        let since = now - SignedDuration::try_from(WEBHOOK_FAILS_FOR).unwrap_or(SignedDuration::MAX);
        let query = match how {
            Sent::Done => sqlx::query("UPDATE webhooks SET failing_since = NULL WHERE id = ?").bind(claimed.webhook.0),
            Sent::RetryAt { .. } | Sent::Failed { .. } => {
                let sql = "UPDATE webhooks SET failing_since = coalesce(failing_since, ?2),
                               disabled_at = CASE WHEN ?4 OR coalesce(failing_since, ?2) <= ?3 THEN coalesce(disabled_at, ?2)
                                                  ELSE disabled_at END
                           WHERE id = ?1";
                let gone = matches!(how, Sent::Failed { gone: true, .. });
                sqlx::query(sql).bind(claimed.webhook.0).bind(ms(now)).bind(ms(since)).bind(gone)
            }
        };
        query.execute(&mut *tx).await.map_err(error::of)?;
        // What waits for one that is told nothing any more is given up with it.
        let sql = "UPDATE webhook_deliveries SET state = 'failed', settled_at = ?2, reason = coalesce(reason, 'off'),
                       why = coalesce(why, 'the webhook is off')
                   WHERE webhook = ?1 AND state = 'pending'
                     AND EXISTS (SELECT 1 FROM webhooks w WHERE w.id = ?1 AND w.disabled_at IS NOT NULL)";
        sqlx::query(sql).bind(claimed.webhook.0).bind(ms(now)).execute(&mut *tx).await.map_err(error::of)?;
        tx.commit().await.map_err(error::of)
    }

    async fn next_delivery(&self) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT min(CASE state WHEN 'leased' THEN leased_until ELSE due_at END) AS due
                   FROM webhook_deliveries WHERE state IN ('pending', 'leased')";
        sqlx::query(sql).fetch_one(&self.readers).await.map_err(error::of)?.time_if_any("due")
    }

    async fn deliveries(&self, tenant: TenantId, webhook: WebhookId, limit: u32) -> Result<Vec<Delivery>, StoreError> {
        let sql = "SELECT * FROM webhook_deliveries WHERE tenant = ? AND webhook = ? ORDER BY id DESC LIMIT ?";
        let rows = sqlx::query(sql)
            .bind(tenant.as_bytes().as_slice())
            .bind(webhook.0)
            .bind(limit.min(LISTED_AT_MOST))
            .fetch_all(&self.readers)
            .await
            .map_err(error::of)?;
        rows.iter().map(delivery).collect()
    }

    async fn send_delivery_again(&self, tenant: TenantId, id: i64, now: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE webhook_deliveries SET state = 'pending', due_at = ?3, settled_at = NULL
                   WHERE id = ?1 AND tenant = ?2 AND state IN ('failed', 'pending')";
        let done = sqlx::query(sql)
            .bind(id)
            .bind(tenant.as_bytes().as_slice())
            .bind(ms(now))
            .execute(&self.writer)
            .await
            .map_err(error::of)?;
        if done.rows_affected() == 0 { Err(StoreError::NotFound { what: "delivery" }) } else { Ok(()) }
    }

    async fn forget_old_deliveries(&self, now: Timestamp) -> Result<u64, StoreError> {
        let before = now - SignedDuration::try_from(DELIVERIES_KEPT).unwrap_or(SignedDuration::MAX);
        let done = sqlx::query("DELETE FROM webhook_deliveries WHERE state IN ('done', 'failed') AND settled_at < ?")
            .bind(ms(before))
            .execute(&self.writer)
            .await
            .map_err(error::of)?;
        Ok(done.rows_affected())
    }
}
