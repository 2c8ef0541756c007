//! Contacts in SQLite.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::id::TenantId;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection, sqlite::SqliteRow};

use super::{
    LISTED_AT_MOST, SqliteStore, desk_customers as customers, error,
    row::{Columns, fold, json},
    session::session,
    words::Index,
};
use crate::{
    contact::{Contact, ContactFilter, ContactRecords, Found, ListedContact, Put},
    desk::{CustomerDetails, CustomerId},
    error::StoreError,
    session::Session,
};

const NO_CONTACT: StoreError = StoreError::NotFound { what: "contact" };

pub(super) fn contact(row: &SqliteRow) -> Result<Contact, StoreError> {
    Ok(Contact {
        customer: customers::customer(row)?,
        extra: row.json("extra")?,
        class: row.plain("class")?,
        revision: row.count("revision")?,
    })
}

async fn one(tx: &mut SqliteConnection, tenant: TenantId, id: CustomerId) -> Result<Contact, StoreError> {
    let sql = "SELECT * FROM desk_customers WHERE tenant = ?1
               AND id = (SELECT coalesce(merged_into, id) FROM desk_customers WHERE id = ?2 AND tenant = ?1)";
    let row =
        sqlx::query(sql).bind(tenant.as_bytes().as_slice()).bind(id.0).fetch_optional(tx).await.map_err(error::of)?;
    contact(&row.ok_or(NO_CONTACT)?)
}

pub(super) async fn write(
    tx: &mut SqliteConnection,
    tenant: TenantId,
    id: CustomerId,
    details: &CustomerDetails,
    extra: &BTreeMap<String, String>,
) -> Result<(), StoreError> {
    let keys = customers::Keys::of(details);
    let mut search = customers::search(details);
    for value in extra.values() {
        search.push('\u{1f}');
        search.push_str(&fold(value));
    }
    let sql =
        "UPDATE desk_customers SET name = ?3, email = ?4, company = ?5, phone = ?6, document = ?7, email_key = ?8,
                      document_key = ?9, phone_key = ?10, name_key = ?11, search = ?12, extra = ?13, revision = revision + 1
               WHERE tenant = ?1 AND id = ?2 AND merged_into IS NULL";
    let done = sqlx::query(sql)
        .bind(tenant.as_bytes().as_slice())
        .bind(id.0)
        .bind(&details.name)
        .bind(&details.email)
        .bind(&details.company)
        .bind(&details.phone)
        .bind(&details.document)
        .bind(keys.email)
        .bind(keys.document)
        .bind(keys.phone)
        .bind(keys.name)
        .bind(search)
        .bind(json(extra))
        .execute(tx)
        .await
        .map_err(error::of)?;
    if done.rows_affected() == 0 { Err(NO_CONTACT) } else { Ok(()) }
}

pub(super) async fn classify(
    tx: &mut SqliteConnection,
    tenant: TenantId,
    id: CustomerId,
    class: &str,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE desk_customers SET class = ?3, class_key = ?4, revision = revision + 1 WHERE tenant = ?1 AND id = ?2",
    )
    .bind(tenant.as_bytes().as_slice())
    .bind(id.0)
    .bind(class)
    .bind(fold(class))
    .execute(tx)
    .await
    .map_err(error::of)?;
    Ok(())
}

/// What of contacts is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Looks {
    /// What is known of them.
    AtDetails,
    /// … and how they are classified.
    AtClass,
}

impl SqliteStore {
    /// Contacts that fit, by name.
    pub(super) async fn contacts_found(
        &self,
        tenant: TenantId,
        filter: &ContactFilter,
        looks: Looks,
    ) -> Result<Vec<Contact>, StoreError> {
        let search = fold(filter.search.trim());
        let narrowed = self.narrow(&search, &[Index::Contacts]).await?;
        let of = tenant.as_bytes().as_slice();
        let mut sql = QueryBuilder::<Sqlite>::new("SELECT * FROM desk_customers WHERE merged_into IS NULL AND ");
        if let Some(asked) = narrowed {
            sql.push("+tenant = ").push_bind(of);
            sql.push(" AND id IN (SELECT rowid FROM desk_contact_words WHERE desk_contact_words MATCH ");
            sql.push_bind(asked).push(")");
        } else {
            sql.push("tenant = ").push_bind(of);
        }
        if !search.is_empty() {
            sql.push(" AND (instr(search, ").push_bind(search.clone()).push(") > 0");
            if looks == Looks::AtClass {
                sql.push(" OR instr(class_key, ").push_bind(search).push(") > 0");
            }
            sql.push(")");
        }
        if let Some(after) = filter.after {
            sql.push(" AND (name_key, id) > (SELECT name_key, id FROM desk_customers WHERE id = ").push_bind(after.0);
            sql.push(" AND tenant = ").push_bind(of).push(")");
        }
        sql.push(" ORDER BY name_key, id LIMIT ").push_bind(filter.limit.min(LISTED_AT_MOST));
        let rows = sql.build().fetch_all(&self.readers).await.map_err(error::of)?;
        rows.iter().map(contact).collect()
    }
}

#[async_trait]
impl ContactRecords for SqliteStore {
    async fn contacts(&self, tenant: TenantId, filter: &ContactFilter) -> Result<Vec<Contact>, StoreError> {
        self.contacts_found(tenant, filter, Looks::AtClass).await
    }

    async fn contact(&self, tenant: TenantId, id: CustomerId) -> Result<Contact, StoreError> {
        one(&mut *self.readers.acquire().await.map_err(error::of)?, tenant, id).await
    }

    async fn change_contact(
        &self,
        tenant: TenantId,
        id: CustomerId,
        details: &CustomerDetails,
        extra: &BTreeMap<String, String>,
        class: Option<&str>,
        revision: Option<u32>,
    ) -> Result<Contact, StoreError> {
        let mut tx = self.write().await?;
        if let Some(read) = revision
            && one(&mut tx, tenant, id).await?.revision != read
        {
            return Err(StoreError::Conflict { what: "revision" });
        }
        let keys = customers::Keys::of(details);
        let sql = "SELECT 1 FROM desk_customers WHERE tenant = ?1 AND ?3 <> '' AND email_key = ?3
                   AND id <> ?2 AND coalesce(merged_into, id) <> ?2";
        let other = sqlx::query(sql)
            .bind(tenant.as_bytes().as_slice())
            .bind(id.0)
            .bind(keys.email)
            .fetch_optional(&mut *tx)
            .await
            .map_err(error::of)?;
        if other.is_some() {
            return Err(StoreError::Conflict { what: "e-mail" });
        }
        write(&mut tx, tenant, id, details, extra).await?;
        if let Some(class) = class {
            classify(&mut tx, tenant, id, class).await?;
        }
        let changed = one(&mut tx, tenant, id).await?;
        tx.commit().await.map_err(error::of)?;
        Ok(changed)
    }

    async fn known_contact(&self, tenant: TenantId, details: &CustomerDetails) -> Result<Option<Contact>, StoreError> {
        let mut reader = self.readers.acquire().await.map_err(error::of)?;
        match customers::find(&mut reader, tenant, details).await? {
            Some(known) => Ok(Some(one(&mut reader, tenant, known.id).await?)),
            None => Ok(None),
        }
    }

    async fn classify_contact(&self, tenant: TenantId, id: CustomerId, class: &str) -> Result<Contact, StoreError> {
        let mut tx = self.write().await?;
        let contact = one(&mut tx, tenant, id).await?;
        classify(&mut tx, tenant, contact.customer.id, class).await?;
        let classified = one(&mut tx, tenant, contact.customer.id).await?;
        tx.commit().await.map_err(error::of)?;
        Ok(classified)
    }

    async fn contact_classes(&self, tenant: TenantId) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT DISTINCT class FROM desk_customers WHERE tenant = ? AND class <> '' ORDER BY class LIMIT 100";
        let rows = sqlx::query(sql).bind(tenant.as_bytes().as_slice()).fetch_all(&self.readers).await;
        rows.map_err(error::of)?.iter().map(|row| row.plain("class")).collect()
    }

    async fn merge_contacts(
        &self,
        tenant: TenantId,
        keep: CustomerId,
        other: CustomerId,
    ) -> Result<Contact, StoreError> {
        let mut tx = self.write().await?;
        let (kept, gone) = (one(&mut tx, tenant, keep).await?, one(&mut tx, tenant, other).await?);
        let (keep, other) = (kept.customer.id, gone.customer.id);
        if keep == other {
            return Err(StoreError::Conflict { what: "the same contact" });
        }
        let mut details = kept.customer.details;
        let theirs = gone.customer.details;
        for (own, other) in [
            (&mut details.name, theirs.name),
            (&mut details.email, theirs.email),
            (&mut details.company, theirs.company),
            (&mut details.phone, theirs.phone),
            (&mut details.document, theirs.document),
        ] {
            if own.is_empty() {
                *own = other;
            }
        }
        let mut extra = gone.extra;
        extra.extend(kept.extra.into_iter().filter(|(_, value)| !value.is_empty()));
        write(&mut tx, tenant, keep, &details, &extra).await?;
        for sql in [
            "UPDATE desk_customers SET (class, class_key) = (SELECT class, class_key FROM desk_customers WHERE id = ?3)
             WHERE tenant = ?1 AND id = ?2 AND class = ''",
            "UPDATE desk_tickets SET requester = ?2 WHERE tenant = ?1 AND requester = ?3",
            "UPDATE desk_customers SET merged_into = ?2 WHERE tenant = ?1 AND (id = ?3 OR merged_into = ?3)",
        ] {
            sqlx::query(sql)
                .bind(tenant.as_bytes().as_slice())
                .bind(keep.0)
                .bind(other.0)
                .execute(&mut *tx)
                .await
                .map_err(error::of)?;
        }
        let merged = one(&mut tx, tenant, keep).await?;
        tx.commit().await.map_err(error::of)?;
        Ok(merged)
    }

    async fn look_up_contacts(&self, tenant: TenantId, list: &[ListedContact]) -> Result<Vec<Found>, StoreError> {
        self.look_up(tenant, list).await
    }

    async fn put_contacts(&self, tenant: TenantId, list: &[ListedContact], now: Timestamp) -> Result<Put, StoreError> {
        self.put(tenant, list, now).await
    }

    async fn contact_sessions(&self, tenant: TenantId, id: CustomerId, limit: u32) -> Result<Vec<Session>, StoreError> {
        // One contact's tickets have few sessions of all: they are put in order, not looked for in theirs.
        let sql = "SELECT * FROM sessions WHERE tenant = ?1 AND connection IS NULL
                   AND coalesce(ticket, choice_number) IN (SELECT CAST(number AS TEXT) FROM desk_tickets WHERE tenant = ?1 AND requester = ?2)
                   ORDER BY +row DESC LIMIT ?3";
        let rows = sqlx::query(sql)
            .bind(tenant.as_bytes().as_slice())
            .bind(id.0)
            .bind(limit.min(LISTED_AT_MOST))
            .fetch_all(&self.readers)
            .await
            .map_err(error::of)?;
        rows.iter().map(session).collect()
    }

    async fn contact_fields(&self, tenant: TenantId) -> Result<Vec<String>, StoreError> {
        let row = sqlx::query("SELECT names FROM contact_fields WHERE tenant = ?")
            .bind(tenant.as_bytes().as_slice())
            .fetch_optional(&self.readers)
            .await
            .map_err(error::of)?;
        row.map_or_else(|| Ok(Vec::new()), |row| row.json("names"))
    }

    async fn set_contact_fields(&self, tenant: TenantId, names: &[String]) -> Result<(), StoreError> {
        let sql = "INSERT INTO contact_fields (tenant, names) VALUES (?, ?) ON CONFLICT (tenant) DO UPDATE SET names = excluded.names";
        sqlx::query(sql)
            .bind(tenant.as_bytes().as_slice())
            .bind(json(&names))
            .execute(&self.writer)
            .await
            .map_err(error::referring("contact fields", "tenant"))?;
        Ok(())
    }
}
