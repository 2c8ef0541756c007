//! SQLite's and sqlx's errors in the store's terms.

use std::io;

use sqlx::{error::DatabaseError, migrate::MigrateError};

use crate::error::StoreError;

const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const CORRUPT: i32 = 11;
const FULL: i32 = 13;
const NOT_A_DATABASE: i32 = 26;
/// The shared memory beside the database cannot grow: what a full disk looks like from there.
const IOERR_SHMSIZE: i32 = 4874;

/// What an error of sqlx means.
pub(super) fn of(error: sqlx::Error) -> StoreError {
    match &error {
        sqlx::Error::Database(cause) => match code(cause.as_ref()) {
            Some(FULL | IOERR_SHMSIZE) => StoreError::Full,
            code => match code.map(|code| code & 0xff) {
                Some(BUSY | LOCKED) => StoreError::Busy,
                Some(CORRUPT | NOT_A_DATABASE) => StoreError::Corrupt { what: cause.message().to_owned() },
                _ => StoreError::Other(Box::new(error)),
            },
        },
        sqlx::Error::Io(cause) if cause.kind() == io::ErrorKind::StorageFull => StoreError::Full,
        sqlx::Error::PoolTimedOut => StoreError::Busy,
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => StoreError::Corrupt { what: error.to_string() },
        _ => StoreError::Other(Box::new(error)),
    }
}

/// What an error of bringing the schema up to date means.
pub(super) fn of_migration(error: MigrateError) -> StoreError {
    match error {
        MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _) => of(cause),
        other => StoreError::Other(Box::new(other)),
    }
}

/// As [`of`], where a value that is there already is a conflict about `what`.
pub(super) fn unique(what: &'static str) -> impl Fn(sqlx::Error) -> StoreError {
    move |error| match &error {
        sqlx::Error::Database(cause) if cause.is_unique_violation() => StoreError::Conflict { what },
        _ => of(error),
    }
}

/// As [`unique`], where a reference to what is not there means that there is no such `missing`.
pub(super) fn referring(what: &'static str, missing: &'static str) -> impl Fn(sqlx::Error) -> StoreError {
    move |error| match &error {
        sqlx::Error::Database(cause) if cause.is_foreign_key_violation() => StoreError::NotFound { what: missing },
        _ => unique(what)(error),
    }
}

/// SQLite's extended result code.
fn code(error: &dyn DatabaseError) -> Option<i32> {
    error.code()?.parse().ok()
}
