//! The store in one SQLite file: one file per family below, [`row`] for what they share.
//!
//! WAL, foreign keys, every commit on the disk. One connection writes, so that a writer never finds another one in its way within
//! this process; a few more read, each seeing the last commit. A call that is dropped half-way is rolled back.

mod audit;
mod desk;
mod desk_customers;
mod device;
mod error;
mod login;
mod operator;
mod outbox;
mod row;
mod session;
mod tenant;

use std::{path::Path, time::Duration};

use async_trait::async_trait;
use sqlx::{
    Row, Sqlite, SqlitePool, Transaction,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::{Health, Store, error::StoreError};

/// Readers at the same time.
const READERS: u32 = 4;
/// How long another process (an `admin` command) may hold the database.
const BUSY: Duration = Duration::from_secs(5);
/// How long a call waits for a connection: for the writer that is the queue of writers.
const ACQUIRE: Duration = Duration::from_secs(15);
/// Rows of one listing, whatever is asked for.
const LISTED_AT_MOST: u32 = 1000;

/// The records in one SQLite file. Clones share it.
#[derive(Clone)]
pub struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl SqliteStore {
    /// Opens (or makes) the database at this path and brings it to the newest schema. Its folder must exist, and be private.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the file is something else; [`StoreError::Other`] also when a newer program wrote it.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            .pragma("trusted_schema", "OFF")
            .thread_name(|n| format!("sqlite-{n}"));
        // The one writer is never closed for being idle: its page limit and caches stay.
        let pool = || SqlitePoolOptions::new().acquire_timeout(ACQUIRE).idle_timeout(None).max_lifetime(None);
        let writer = pool().max_connections(1).connect_with(options.clone()).await.map_err(error::of)?;
        sqlx::migrate!("./migrations").run(&writer).await.map_err(error::of_migration)?;
        let readers = pool().max_connections(READERS).connect_lazy_with(options.create_if_missing(false).pragma("query_only", "ON"));
        Ok(Self { writer, readers })
    }

    /// Lets the database grow to this many pages of 4 KiB and no further, as a full disk would; no fewer than it has. For tests.
    #[doc(hidden)]
    pub async fn limit_pages(&self, pages: u32) -> Result<(), StoreError> {
        // The pragma takes no parameter.
        let sql = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"));
        sqlx::query(sql).fetch_all(&self.writer).await.map_err(error::of)?;
        Ok(())
    }

    /// Begins a transaction that writes: it has the write lock from its first moment, so that it cannot fail for lack of it later.
    async fn write(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(error::of)
    }
}

#[async_trait]
impl Health for SqliteStore {
    async fn check(&self) -> Result<(), StoreError> {
        let found = sqlx::query("PRAGMA quick_check").fetch_all(&self.readers).await.map_err(error::of)?;
        let found: Vec<String> = found.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>().map_err(error::of)?;
        if found != ["ok"] {
            return Err(StoreError::Corrupt { what: found.join("; ") });
        }
        let orphans = sqlx::query("PRAGMA foreign_key_check").fetch_all(&self.readers).await.map_err(error::of)?;
        if orphans.is_empty() { Ok(()) } else { Err(StoreError::Corrupt { what: format!("{} rows point to nothing", orphans.len()) }) }
    }

    async fn can_write(&self) -> Result<(), StoreError> {
        let sql = "INSERT INTO health (one, written) VALUES (1, 1) ON CONFLICT (one) DO UPDATE SET written = written + 1";
        sqlx::query(sql).execute(&self.writer).await.map_err(error::of)?;
        Ok(())
    }

    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

impl Store for SqliteStore {}
