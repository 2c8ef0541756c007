//! Whose tickets these are: finding a desk's customer by what a person typed.

use jiff::Timestamp;
use protocol::id::TenantId;
use sqlx::{SqliteConnection, sqlite::SqliteRow};

use super::{
    error,
    row::{Columns, folded, ms},
};
use crate::{
    desk::{Customer, CustomerDetails, CustomerId},
    error::StoreError,
};

/// A telephone number with fewer digits is an extension that others have too.
const PHONE_DIGITS: usize = 8;

/// Reads a customer; `row` holds every column of `desk_customers`.
pub(super) fn customer(row: &SqliteRow) -> Result<Customer, StoreError> {
    Ok(Customer {
        id: CustomerId(row.plain("id")?),
        tenant: row.id("tenant")?,
        details: details(row)?,
        created_at: row.time("created_at")?,
    })
}

/// Reads a customer's details.
pub(super) fn details(row: &SqliteRow) -> Result<CustomerDetails, StoreError> {
    Ok(CustomerDetails {
        name: row.plain("name")?,
        email: row.plain("email")?,
        company: row.plain("company")?,
        phone: row.plain("phone")?,
        document: row.plain("document")?,
    })
}

/// What a customer is found by, strongest first. Empty: unknown.
pub(super) struct Keys {
    pub(super) email: String,
    pub(super) document: String,
    pub(super) phone: String,
    pub(super) name: String,
}

impl Keys {
    pub(super) fn of(details: &CustomerDetails) -> Self {
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        let phone = digits(&details.phone);
        let name = details.name.trim();
        Self {
            email: details.email.trim().to_lowercase(),
            document: digits(&details.document),
            phone: if phone.len() < PHONE_DIGITS { String::new() } else { phone },
            name: if name.is_empty() { String::new() } else { folded(&[name, details.company.trim()]) },
        }
    }
}

/// The customer these details belong to: by e-mail, else document, else telephone, else name and company.
///
/// What a weaker key finds is not believed where a stronger one is known on both sides and differs: colleagues share a telephone
/// and a CNPJ. Of several the oldest. One that was merged into another stands for that one.
pub(super) async fn find(
    tx: &mut SqliteConnection,
    tenant: TenantId,
    details: &CustomerDetails,
) -> Result<Option<Customer>, StoreError> {
    let keys = Keys::of(details);
    let sql = "SELECT * FROM desk_customers WHERE id = (SELECT coalesce(merged_into, id) FROM desk_customers
               WHERE tenant = ?1 AND (
                      (?2 <> '' AND email_key = ?2)
                   OR (?3 <> '' AND document_key = ?3 AND (?2 = '' OR email_key = ''))
                   OR (?4 <> '' AND phone_key = ?4 AND (?2 = '' OR email_key = '') AND (?3 = '' OR document_key = ''))
                   OR (?5 <> '' AND name_key = ?5 AND (?2 = '' OR email_key = '') AND (?3 = '' OR document_key = '')
                       AND (?4 = '' OR phone_key = '')))
               ORDER BY (?2 <> '' AND email_key = ?2) DESC, (?3 <> '' AND document_key = ?3) DESC, (?4 <> '' AND phone_key = ?4) DESC, id
               LIMIT 1)";
    let row = sqlx::query(sql)
        .bind(tenant.as_bytes().as_slice())
        .bind(keys.email)
        .bind(keys.document)
        .bind(keys.phone)
        .bind(keys.name)
        .fetch_optional(tx)
        .await
        .map_err(error::of)?;
    row.as_ref().map(customer).transpose()
}

/// Adds a customer.
pub(super) async fn add(
    tx: &mut SqliteConnection,
    tenant: TenantId,
    details: &CustomerDetails,
    now: Timestamp,
) -> Result<Customer, StoreError> {
    let keys = Keys::of(details);
    let sql = "INSERT INTO desk_customers
               (tenant, name, email, company, phone, document, email_key, document_key, phone_key, name_key, search, created_at)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *";
    let row = sqlx::query(sql)
        .bind(tenant.as_bytes().as_slice())
        .bind(&details.name)
        .bind(&details.email)
        .bind(&details.company)
        .bind(&details.phone)
        .bind(&details.document)
        .bind(keys.email)
        .bind(keys.document)
        .bind(keys.phone)
        .bind(keys.name)
        .bind(search(details))
        .bind(ms(now))
        .fetch_one(tx)
        .await
        .map_err(error::referring("customer", "tenant"))?;
    customer(&row)
}

/// What a customer and their tickets are looked for by.
pub(super) fn search(details: &CustomerDetails) -> String {
    folded(&[&details.name, &details.company, &details.email, &details.phone, &details.document])
}
