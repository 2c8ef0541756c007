//! The store in one SQLite file: one file per family below, `row` for what they share.
//!
//! WAL, foreign keys, every commit on the disk. One connection writes, so that a writer never finds another one in its way within
//! this process; a few more read, each seeing the last commit. A call that is dropped half-way is rolled back.

mod answer;
mod api_token;
mod app;
mod appointment;
mod audit;
mod audit_search;
mod connection;
mod contact;
mod contact_import;
mod desk;
mod desk_customers;
mod desk_search;
mod device;
mod enrolment;
mod error;
mod figures;
mod history;
mod listing;
mod login;
mod mail;
mod notice;
mod oidc;
mod operator;
mod outbox;
mod passkey;
mod presence;
mod row;
mod second_factor;
mod session;
mod session_changes;
mod tenant;
mod webhook;
mod words;

pub use desk_customers::phone_key;
pub use row::fold;

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use sqlx::{
    Connection, Row, Sqlite, SqliteConnection, SqlitePool, Transaction,
    migrate::Migrate,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::{Health, Store, error::StoreError};

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// Readers at the same time.
const READERS: u32 = 4;
/// How long another process (an `admin` command) may hold the database.
const BUSY: Duration = Duration::from_secs(5);
/// How long a call waits for a connection: for the writer that is the queue of writers.
const ACQUIRE: Duration = Duration::from_secs(15);
/// SQLite's own limit of pages.
const NO_LIMIT: u32 = u32::MAX - 1;
/// A question to each index of words, whatever the answer.
const INDEXES: [&str; 5] = [
    "SELECT 1 FROM audit_words WHERE audit_words MATCH '\"abc\"' LIMIT 1",
    "SELECT 1 FROM session_words WHERE session_words MATCH '\"abc\"' LIMIT 1",
    "SELECT 1 FROM desk_ticket_words WHERE desk_ticket_words MATCH '\"abc\"' LIMIT 1",
    "SELECT 1 FROM desk_action_words WHERE desk_action_words MATCH '\"abc\"' LIMIT 1",
    "SELECT 1 FROM desk_contact_words WHERE desk_contact_words MATCH '\"abc\"' LIMIT 1",
];
/// Rows of one listing, whatever is asked for.
const LISTED_AT_MOST: u32 = 1000;

/// The records in one SQLite file. Clones share it.
#[derive(Clone)]
pub struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
    /// Pages the database may have; a limit of each writing connection.
    pages: Arc<AtomicU32>,
}

impl SqliteStore {
    /// Opens (or makes) the database at this path and brings it to the newest schema. Its folder must exist, and be private.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the file is something else; [`StoreError::Other`] also when a newer program wrote it.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let options = options(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        let pages = Arc::new(AtomicU32::new(NO_LIMIT));
        let limit = Arc::clone(&pages);
        let writer = pool()
            .max_connections(1)
            .after_connect(move |connection, _| {
                let pages = limit.load(Ordering::Relaxed);
                Box::pin(async move { set_page_limit(connection, pages).await })
            })
            .test_before_acquire(false) // is_usable does
            .before_acquire(|connection, _| Box::pin(is_usable(connection)));
        let writer = writer.connect_with(options.clone()).await.map_err(error::of)?;
        MIGRATIONS.run(&writer).await.map_err(error::of_migration)?;
        let readers = pool()
            .max_connections(READERS)
            .connect_lazy_with(options.create_if_missing(false).pragma("query_only", "ON"));
        let store = Self { writer, readers, pages };
        audit::chain_earlier_lines(&store).await?;
        audit_search::index_earlier_lines(&store).await?;
        Ok(store)
    }

    /// Opens the database at this path to look at it, beside whoever works with it: every call that writes fails.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the file is something else; [`StoreError::Conflict`] when its schema is not this program's.
    pub async fn open_to_read(path: &Path) -> Result<Self, StoreError> {
        let readers = pool()
            .max_connections(1)
            .connect_with(options(path).read_only(true).pragma("query_only", "ON"))
            .await
            .map_err(error::of)?;
        let mut connection = readers.acquire().await.map_err(error::of)?;
        let applied = connection.list_applied_migrations("_sqlx_migrations").await.map_err(error::of_migration)?;
        let applied: Vec<i64> = applied.iter().map(|migration| migration.version).collect();
        let ours: Vec<i64> = MIGRATIONS.iter().map(|migration| migration.version).collect();
        if applied != ours {
            return Err(StoreError::Conflict { what: "this program's version" });
        }
        drop(connection);
        Ok(Self { writer: readers.clone(), readers, pages: Arc::new(AtomicU32::new(NO_LIMIT)) })
    }

    /// Lets the database grow to this many pages of 4 KiB and no further, as a full disk would; no fewer than it has. For tests.
    #[doc(hidden)]
    pub async fn limit_pages(&self, pages: u32) -> Result<(), StoreError> {
        self.pages.store(pages, Ordering::Relaxed);
        let mut connection = self.writer.acquire().await.map_err(error::of)?;
        set_page_limit(&mut connection, pages).await.map_err(error::of)
    }

    /// Begins a transaction that writes: it has the write lock from its first moment, so that it cannot fail for lack of it later.
    async fn write(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(error::of)
    }
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        .pragma("trusted_schema", "OFF")
        .thread_name(|n| format!("sqlite-{n}"))
}

fn pool() -> SqlitePoolOptions {
    SqlitePoolOptions::new().acquire_timeout(ACQUIRE).idle_timeout(None).max_lifetime(None)
}

async fn set_page_limit(connection: &mut SqliteConnection, pages: u32) -> sqlx::Result<()> {
    // The pragma takes no parameter.
    sqlx::query(sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"))).fetch_all(connection).await?;
    Ok(())
}

/// Whether a connection may be used again; otherwise the pool makes a new one.
///
/// SQLite rolls a transaction back by itself when the disk is full. The driver's own rollback then fails and it believes for ever
/// that a transaction is open, so that no other one could begin.
async fn is_usable(connection: &mut SqliteConnection) -> sqlx::Result<bool> {
    // Behind the rollback of a transaction that was dropped.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

#[async_trait]
impl Health for SqliteStore {
    async fn check(&self) -> Result<(), StoreError> {
        // All of it is looked at as it is in one moment.
        let mut reader = self.readers.begin().await.map_err(error::of)?;
        // SQLite compares an index of words with what this connection knew of it when it asked the last time, and takes what was written
        // since for damage: it is asked now.
        for index in INDEXES {
            sqlx::query(index).fetch_optional(&mut *reader).await.map_err(error::of)?;
        }
        let found = sqlx::query("PRAGMA quick_check").fetch_all(&mut *reader).await.map_err(error::of)?;
        let found: Vec<String> = found.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>().map_err(error::of)?;
        if found != ["ok"] {
            return Err(StoreError::Corrupt { what: found.join("; ") });
        }
        let orphans = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut *reader).await.map_err(error::of)?;
        if orphans.is_empty() {
            Ok(())
        } else {
            Err(StoreError::Corrupt { what: format!("{} rows point to nothing", orphans.len()) })
        }
    }

    async fn size_bytes(&self) -> Result<u64, StoreError> {
        let size = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()";
        let size: i64 = sqlx::query_scalar(size).fetch_one(&self.readers).await.map_err(error::of)?;
        Ok(u64::try_from(size).unwrap_or_default())
    }

    async fn can_write(&self) -> Result<(), StoreError> {
        let sql =
            "INSERT INTO health (one, written) VALUES (1, 1) ON CONFLICT (one) DO UPDATE SET written = written + 1";
        sqlx::query(sql).execute(&self.writer).await.map_err(error::of)?;
        Ok(())
    }

    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

impl Store for SqliteStore {}
