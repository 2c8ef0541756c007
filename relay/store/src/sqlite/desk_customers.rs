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

/// A telephone number as it is compared: its digits without what is dialled before them, noughts and the country's 55; empty: none that tells
/// one person from others.
pub fn phone_key(text: &str) -> String {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0');
    let own = match (digits.strip_prefix("55"), digits.len()) {
        (Some(own), 12 | 13) => own,
        _ => digits,
    };
    if own.len() < PHONE_DIGITS { String::new() } else { own.to_owned() }
}

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
        let name = details.name.trim();
        Self {
            email: details.email.trim().to_lowercase(),
            document: digits(&details.document),
            phone: phone_key(&details.phone),
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

#[cfg(test)]
mod tests {
    use super::phone_key;

    #[test]
    fn a_telephone_number_is_the_same_however_it_is_dialled() {
        for same in ["(11) 98765-4321", "11987654321", "+55 11 98765-4321", "0055 11 98765 4321", "011 98765-4321"] {
            assert_eq!(phone_key(same), "11987654321", "{same}");
        }
        assert_eq!(phone_key("55 9876-5432"), "5598765432", "the area 55 is no country");
        assert_eq!(phone_key("ramal 4321"), "");
    }
}
