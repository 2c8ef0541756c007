//! The built-in desk's records in SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::{
    id::{OperatorId, TenantId, TicketNumber},
    message::ticket::TicketStatus,
};
use sqlx::{SqliteConnection, sqlite::SqliteRow};

use super::{
    SqliteStore,
    contact::Looks,
    desk_customers as customers, error,
    row::{Columns, damaged, fold, ms, word},
    webhook,
};
use crate::{
    contact::ContactFilter,
    desk::{
        Customer, CustomerDetails, CustomerId, DeskRecords, DeskTicket, NewAction, NewDeskTicket, TicketAction,
        TicketFilter,
    },
    error::StoreError,
    webhook::Event,
};

pub(super) const NO_TICKET: StoreError = StoreError::NotFound { what: "ticket" };

/// The desk's numbers are plain whole numbers; anything else is not one of its tickets.
pub(super) fn parse(number: &TicketNumber) -> Option<i64> {
    let parsed: i64 = number.as_str().parse().ok()?;
    (parsed.to_string() == number.as_str()).then_some(parsed)
}

pub(super) fn number(row: &SqliteRow, column: &'static str) -> Result<TicketNumber, StoreError> {
    TicketNumber::new(&row.plain::<i64>(column)?.to_string()).map_err(|_| damaged(column))
}

pub(super) fn ticket(row: &SqliteRow) -> Result<DeskTicket, StoreError> {
    let requester = Customer {
        id: CustomerId(row.plain("requester")?),
        tenant: row.id("tenant")?,
        details: customers::details(row)?,
        created_at: row.time("requester_since")?,
    };
    let owner_name: Option<String> = row.plain("owner_name")?;
    Ok(DeskTicket {
        number: number(row, "number")?,
        tenant: row.id("tenant")?,
        subject: row.plain("subject")?,
        requester,
        owner: row.id_if_any("owner")?,
        owner_name: owner_name.unwrap_or_default(),
        status: row.word("status")?,
        opened_at: row.time("opened_at")?,
        updated_at: row.time("updated_at")?,
    })
}

fn action(row: &SqliteRow) -> Result<TicketAction, StoreError> {
    let action = NewAction {
        author: row.id_if_any("author")?,
        author_name: row.plain("author_name")?,
        text: row.plain("text")?,
        public: row.plain("public")?,
        kind: row.word("kind")?,
        marker: row.plain("marker")?,
        session: row.id_if_any("session")?,
        at: row.time("at")?,
    };
    Ok(TicketAction { id: row.plain("id")?, ticket: number(row, "ticket")?, action })
}

async fn one(tx: &mut SqliteConnection, tenant: TenantId, number: i64) -> Result<DeskTicket, StoreError> {
    let sql = "SELECT t.*, c.name, c.email, c.company, c.phone, c.document, c.created_at AS requester_since, o.name AS owner_name
               FROM desk_tickets t JOIN desk_customers c ON c.id = t.requester LEFT JOIN operators o ON o.id = t.owner
               WHERE t.tenant = ? AND t.number = ?";
    let row =
        sqlx::query(sql).bind(tenant.as_bytes().as_slice()).bind(number).fetch_optional(tx).await.map_err(error::of)?;
    ticket(&row.ok_or(NO_TICKET)?)
}

async fn marked(tx: &mut SqliteConnection, tenant: TenantId, marker: &str) -> Result<Option<TicketAction>, StoreError> {
    let row = sqlx::query("SELECT * FROM desk_actions WHERE tenant = ? AND marker = ?")
        .bind(tenant.as_bytes().as_slice())
        .bind(marker)
        .fetch_optional(tx)
        .await
        .map_err(error::of)?;
    row.as_ref().map(action).transpose()
}

/// An owner or author must be of the tenant.
async fn is_of_tenant(
    tx: &mut SqliteConnection,
    tenant: TenantId,
    operator: Option<OperatorId>,
) -> Result<(), StoreError> {
    let Some(operator) = operator else { return Ok(()) };
    let row = sqlx::query("SELECT 1 FROM operators WHERE id = ? AND tenant = ?")
        .bind(operator.as_bytes().as_slice())
        .bind(tenant.as_bytes().as_slice())
        .fetch_optional(tx)
        .await
        .map_err(error::of)?;
    row.map(|_| ()).ok_or(StoreError::NotFound { what: "operator" })
}

pub(super) async fn append(
    tx: &mut SqliteConnection,
    tenant: TenantId,
    ticket: i64,
    new: &NewAction,
) -> Result<TicketAction, StoreError> {
    is_of_tenant(tx, tenant, new.author).await?;
    let sql = "INSERT INTO desk_actions (tenant, ticket, author, author_name, text, public, kind, marker, session, at, search)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *";
    let row = sqlx::query(sql)
        .bind(tenant.as_bytes().as_slice())
        .bind(ticket)
        .bind(new.author.as_ref().map(|id| id.as_bytes().as_slice()))
        .bind(&new.author_name)
        .bind(&new.text)
        .bind(new.public)
        .bind(word(new.kind))
        .bind(new.marker.as_deref())
        .bind(new.session.as_ref().map(|id| id.as_bytes().as_slice()))
        .bind(ms(new.at))
        .bind(fold(&new.text))
        .fetch_one(&mut *tx)
        .await
        .map_err(error::referring("marker", "ticket"))?;
    sqlx::query("UPDATE desk_tickets SET updated_at = max(updated_at, ?3) WHERE tenant = ?1 AND number = ?2")
        .bind(tenant.as_bytes().as_slice())
        .bind(ticket)
        .bind(ms(new.at))
        .execute(tx)
        .await
        .map_err(error::of)?;
    action(&row)
}

#[async_trait]
impl DeskRecords for SqliteStore {
    async fn desk_match_customer(
        &self,
        tenant: TenantId,
        details: &CustomerDetails,
    ) -> Result<Option<Customer>, StoreError> {
        customers::find(&mut *self.readers.acquire().await.map_err(error::of)?, tenant, details).await
    }

    async fn desk_find_or_create_customer(
        &self,
        tenant: TenantId,
        details: &CustomerDetails,
        now: Timestamp,
    ) -> Result<Customer, StoreError> {
        let mut tx = self.write().await?;
        if let Some(known) = customers::find(&mut tx, tenant, details).await? {
            return Ok(known);
        }
        let added = customers::add(&mut tx, tenant, details, now).await?;
        tx.commit().await.map_err(error::of)?;
        Ok(added)
    }

    async fn desk_customer(&self, tenant: TenantId, id: CustomerId) -> Result<Customer, StoreError> {
        let row = sqlx::query("SELECT * FROM desk_customers WHERE id = ? AND tenant = ?")
            .bind(id.0)
            .bind(tenant.as_bytes().as_slice())
            .fetch_optional(&self.readers)
            .await
            .map_err(error::of)?;
        customers::customer(&row.ok_or(StoreError::NotFound { what: "customer" })?)
    }

    async fn desk_customers(&self, tenant: TenantId, search: &str, limit: u32) -> Result<Vec<Customer>, StoreError> {
        let filter = ContactFilter { search: search.to_owned(), after: None, limit };
        let found = self.contacts_found(tenant, &filter, Looks::AtDetails).await?;
        Ok(found.into_iter().map(|contact| contact.customer).collect())
    }

    async fn desk_open_ticket(&self, tenant: TenantId, new: &NewDeskTicket) -> Result<DeskTicket, StoreError> {
        let mut tx = self.write().await?;
        if let Some(marker) = new.first.as_ref().and_then(|first| first.marker.as_deref())
            && let Some(there) = marked(&mut tx, tenant, marker).await?
        {
            return one(&mut tx, tenant, parse(&there.ticket).ok_or(damaged("ticket"))?).await;
        }
        is_of_tenant(&mut tx, tenant, new.owner).await?;
        let sql = "SELECT * FROM desk_customers WHERE id = ? AND tenant = ?";
        let row =
            sqlx::query(sql).bind(new.requester.0).bind(tenant.as_bytes().as_slice()).fetch_optional(&mut *tx).await;
        let requester =
            customers::customer(&row.map_err(error::of)?.ok_or(StoreError::NotFound { what: "customer" })?)?;
        let row = sqlx::query(
            "UPDATE tenants SET next_ticket = next_ticket + 1 WHERE id = ? RETURNING next_ticket - 1 AS number",
        )
        .bind(tenant.as_bytes().as_slice())
        .fetch_one(&mut *tx)
        .await
        .map_err(error::of)?;
        let number: i64 = row.plain("number")?;
        let sql = "INSERT INTO desk_tickets (tenant, number, subject, requester, owner, status, opened_at, updated_at, search)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8)";
        sqlx::query(sql)
            .bind(tenant.as_bytes().as_slice())
            .bind(number)
            .bind(&new.subject)
            .bind(new.requester.0)
            .bind(new.owner.as_ref().map(|id| id.as_bytes().as_slice()))
            .bind(word(new.status))
            .bind(ms(new.at))
            .bind(format!("{number}\u{1f}{}\u{1f}{}", fold(&new.subject), customers::search(&requester.details)))
            .execute(&mut *tx)
            .await
            .map_err(error::unique("ticket number"))?;
        if let Some(first) = &new.first {
            append(&mut tx, tenant, number, first).await?;
        }
        let opened = one(&mut tx, tenant, number).await?;
        webhook::ticket(&mut tx, &opened, Event::TicketCreated, "", new.at).await?;
        tx.commit().await.map_err(error::of)?;
        Ok(opened)
    }

    async fn desk_ticket(&self, tenant: TenantId, number: &TicketNumber) -> Result<DeskTicket, StoreError> {
        let number = parse(number).ok_or(NO_TICKET)?;
        one(&mut *self.readers.acquire().await.map_err(error::of)?, tenant, number).await
    }

    async fn desk_tickets(&self, tenant: TenantId, filter: &TicketFilter) -> Result<Vec<DeskTicket>, StoreError> {
        self.tickets_found(tenant, filter).await
    }

    async fn desk_actions(&self, tenant: TenantId, number: &TicketNumber) -> Result<Vec<TicketAction>, StoreError> {
        let number = parse(number).ok_or(NO_TICKET)?;
        let rows = sqlx::query("SELECT * FROM desk_actions WHERE tenant = ? AND ticket = ? ORDER BY id")
            .bind(tenant.as_bytes().as_slice())
            .bind(number)
            .fetch_all(&self.readers)
            .await
            .map_err(error::of)?;
        rows.iter().map(action).collect()
    }

    async fn desk_append(
        &self,
        tenant: TenantId,
        number: &TicketNumber,
        new: &NewAction,
    ) -> Result<TicketAction, StoreError> {
        let number = parse(number).ok_or(NO_TICKET)?;
        let mut tx = self.write().await?;
        if let Some(marker) = &new.marker
            && let Some(there) = marked(&mut tx, tenant, marker).await?
        {
            return Ok(there);
        }
        let added = append(&mut tx, tenant, number, new).await?;
        let changed = one(&mut tx, tenant, number).await?;
        webhook::ticket(&mut tx, &changed, Event::TicketChanged, &format!(":{}", added.id), new.at).await?;
        tx.commit().await.map_err(error::of)?;
        Ok(added)
    }

    async fn desk_find_marker(&self, tenant: TenantId, marker: &str) -> Result<Option<TicketAction>, StoreError> {
        marked(&mut *self.readers.acquire().await.map_err(error::of)?, tenant, marker).await
    }

    async fn desk_change_ticket(
        &self,
        tenant: TenantId,
        number: &TicketNumber,
        status: TicketStatus,
        owner: Option<OperatorId>,
        change: &NewAction,
    ) -> Result<DeskTicket, StoreError> {
        let number = parse(number).ok_or(NO_TICKET)?;
        let mut tx = self.write().await?;
        is_of_tenant(&mut tx, tenant, owner).await?;
        let done = sqlx::query("UPDATE desk_tickets SET status = ?3, owner = ?4 WHERE tenant = ?1 AND number = ?2")
            .bind(tenant.as_bytes().as_slice())
            .bind(number)
            .bind(word(status))
            .bind(owner.as_ref().map(|id| id.as_bytes().as_slice()))
            .execute(&mut *tx)
            .await
            .map_err(error::of)?;
        if done.rows_affected() == 0 {
            return Err(NO_TICKET);
        }
        let added = append(&mut tx, tenant, number, change).await?;
        let changed = one(&mut tx, tenant, number).await?;
        webhook::ticket(&mut tx, &changed, Event::TicketChanged, &format!(":{}", added.id), change.at).await?;
        tx.commit().await.map_err(error::of)?;
        Ok(changed)
    }
}
