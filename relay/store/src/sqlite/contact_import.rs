//! Contacts of a list that somebody brings, in SQLite: who of them is on record already, and putting them there.
//!
//! More careful than what finds the customer of a ticket: a list is long and nobody looks at each line. A telephone alone says nothing, a
//! company's document only beside the same name, and an address that is on record is never replaced.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use protocol::id::TenantId;
use sqlx::{SqliteConnection, sqlite::SqliteRow};

use super::{
    SqliteStore,
    contact::{contact, write},
    desk_customers::{self as customers, Keys},
    error,
    row::fold,
};
use crate::{
    contact::{Contact, Found, ListedContact, Put},
    desk::CustomerDetails,
    error::StoreError,
};

/// Digits of a CNPJ, which colleagues share.
const COMPANY_DIGITS: usize = 14;

/// The name that a document must be beside; empty where the document is one person's.
fn beside(keys: &Keys, details: &CustomerDetails) -> String {
    if keys.document.len() == COMPANY_DIGITS { fold(details.name.trim()) } else { String::new() }
}

/// The contact on record that a line is about, and what it would be with it.
struct Known {
    before: Contact,
    details: CustomerDetails,
    extra: BTreeMap<String, String>,
}

impl Known {
    fn of(before: Contact, line: &ListedContact) -> Self {
        let (mut details, mut extra) = (before.customer.details.clone(), before.extra.clone());
        let told = &line.details;
        for (known, told) in [
            (&mut details.name, &told.name),
            (&mut details.company, &told.company),
            (&mut details.phone, &told.phone),
            (&mut details.document, &told.document),
        ] {
            if !told.is_empty() {
                known.clone_from(told);
            }
        }
        if details.email.is_empty() {
            details.email.clone_from(&told.email);
        }
        extra.extend(line.extra.iter().filter(|(_, value)| !value.is_empty()).map(|(n, v)| (n.clone(), v.clone())));
        Self { before, details, extra }
    }

    fn is_same(&self) -> bool {
        self.before.customer.details == self.details && self.before.extra == self.extra
    }
}

async fn known(
    connection: &mut SqliteConnection,
    tenant: TenantId,
    line: &ListedContact,
) -> Result<Option<Known>, StoreError> {
    let keys = Keys::of(&line.details);
    let row = on_record(connection, tenant.as_bytes().as_slice(), &keys, &line.details).await.map_err(error::of)?;
    Ok(row.as_ref().map(contact).transpose()?.map(|before| Known::of(before, line)))
}

/// By address, else by document, else by name and company where that is all there is.
async fn on_record(
    connection: &mut SqliteConnection,
    tenant: &[u8],
    keys: &Keys,
    details: &CustomerDetails,
) -> Result<Option<SqliteRow>, sqlx::Error> {
    if !keys.email.is_empty() {
        let sql = "SELECT * FROM desk_customers WHERE id = (SELECT coalesce(merged_into, id) FROM desk_customers
                   WHERE tenant = ?1 AND email_key = ?2 ORDER BY merged_into IS NOT NULL, id LIMIT 1)";
        let row = sqlx::query(sql).bind(tenant).bind(&keys.email).fetch_optional(&mut *connection).await?;
        if row.is_some() {
            return Ok(row);
        }
    }
    if !keys.document.is_empty() {
        let sql = "SELECT * FROM desk_customers WHERE id = (SELECT coalesce(merged_into, id) FROM desk_customers
                   WHERE tenant = ?1 AND document_key = ?2 AND (?3 = '' OR email_key = '')
                     AND (?4 = '' OR substr(name_key, 1, instr(name_key, char(31)) - 1) = ?4)
                   ORDER BY merged_into IS NOT NULL, id LIMIT 1)";
        let row = sqlx::query(sql)
            .bind(tenant)
            .bind(&keys.document)
            .bind(&keys.email)
            .bind(beside(keys, details))
            .fetch_optional(&mut *connection)
            .await?;
        return Ok(row);
    }
    if !keys.email.is_empty() || keys.name.is_empty() {
        return Ok(None);
    }
    let sql = "SELECT * FROM desk_customers WHERE id = (SELECT coalesce(merged_into, id) FROM desk_customers
               WHERE tenant = ?1 AND name_key = ?2 AND (?3 = '' OR phone_key = '' OR phone_key = ?3)
               ORDER BY phone_key = ?3 DESC, merged_into IS NOT NULL, id LIMIT 1)";
    sqlx::query(sql).bind(tenant).bind(&keys.name).bind(&keys.phone).fetch_optional(&mut *connection).await
}

/// The lines of a list before this one, by what tells who they are about.
#[derive(Default)]
struct Before {
    emails: HashMap<String, usize>,
    /// With whether the line has an address too.
    documents: HashMap<(String, String), (usize, bool)>,
    names: HashMap<(String, String), usize>,
    on_record: HashMap<i64, usize>,
}

impl Before {
    /// The line that this one repeats; if it repeats none it is one of them now.
    fn note(&mut self, at: usize, line: &ListedContact, known: Option<&Known>) -> Option<usize> {
        let keys = Keys::of(&line.details);
        let (has_email, has_document) = (!keys.email.is_empty(), !keys.document.is_empty());
        let document = (keys.document.clone(), beside(&keys, &line.details));
        let name = (keys.name.clone(), keys.phone.clone());
        let first = known
            .and_then(|known| self.on_record.get(&known.before.customer.id.0))
            .or_else(|| self.emails.get(&keys.email).filter(|_| has_email))
            .or_else(|| {
                let same = self.documents.get(&document).filter(|_| has_document);
                same.filter(|(_, with_email)| !(has_email && *with_email)).map(|(first, _)| first)
            })
            .or_else(|| self.names.get(&name).filter(|_| !has_email && !has_document));
        if first.is_some() {
            return first.copied();
        }
        if let Some(known) = known {
            self.on_record.insert(known.before.customer.id.0, at);
        }
        if has_email {
            self.emails.insert(keys.email, at);
        }
        if has_document {
            self.documents.entry(document).or_insert((at, has_email));
        }
        if !has_email && !has_document {
            self.names.insert(name, at);
        }
        None
    }
}

impl SqliteStore {
    pub(super) async fn look_up(&self, tenant: TenantId, list: &[ListedContact]) -> Result<Vec<Found>, StoreError> {
        let mut connection = self.readers.acquire().await.map_err(error::of)?;
        let (mut before, mut found) = (Before::default(), Vec::with_capacity(list.len()));
        for (at, line) in list.iter().enumerate() {
            let known = known(&mut connection, tenant, line).await?;
            found.push(match (before.note(at, line, known.as_ref()), &known) {
                (Some(first), _) => Found::Repeats(first),
                (None, None) => Found::New,
                (None, Some(known)) if known.is_same() => Found::Same,
                (None, Some(_)) => Found::Changed,
            });
        }
        Ok(found)
    }

    pub(super) async fn put(
        &self,
        tenant: TenantId,
        list: &[ListedContact],
        now: Timestamp,
    ) -> Result<Put, StoreError> {
        let mut tx = self.write().await?;
        let mut put = Put::default();
        for line in list {
            match known(&mut tx, tenant, line).await? {
                Some(known) if known.is_same() => put.same += 1,
                Some(known) => {
                    write(&mut tx, tenant, known.before.customer.id, &known.details, &known.extra).await?;
                    put.changed += 1;
                }
                None => {
                    let made = customers::add(&mut tx, tenant, &line.details, now).await?;
                    let extra: BTreeMap<String, String> =
                        line.extra.iter().filter(|(_, v)| !v.is_empty()).map(|(n, v)| (n.clone(), v.clone())).collect();
                    if !extra.is_empty() {
                        write(&mut tx, tenant, made.id, &made.details, &extra).await?;
                    }
                    put.made += 1;
                }
            }
        }
        tx.commit().await.map_err(error::of)?;
        Ok(put)
    }
}
