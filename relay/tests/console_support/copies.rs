//! A long history out of one session, in its tables and nowhere else.

#![allow(missing_docs)]

use std::{path::Path, time::Duration};

use anyhow::Context;
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};

/// Writes the one session of these records down so many times, over two years; with `tickets`, on so many of them in turn.
pub async fn copy(folder: &Path, sessions: usize, tickets: usize) -> anyhow::Result<()> {
    let file = std::fs::read_dir(folder)?.filter_map(Result::ok).map(|entry| entry.path());
    let file = file.into_iter().find(|path| path.extension().is_some_and(|e| e == "sqlite" || e == "db"));
    let mut records = SqliteConnectOptions::new().filename(file.context("no records")?).connect().await?;
    let columns: Vec<String> =
        sqlx::query_scalar("SELECT name FROM pragma_table_info('sessions')").fetch_all(&mut records).await?;
    let place = i64::try_from(Duration::from_secs(2 * 365 * 86400).as_millis())? / i64::try_from(sessions.max(1))?;
    let earlier = |column: &str| format!("{column} - n * {place}");
    let value = |column: &String| match column.as_str() {
        "row" => "NULL".to_owned(),
        "id" => "randomblob(16)".to_owned(),
        "protocol" => "'COPY-' || n".to_owned(),
        "ticket" if tickets > 0 => format!("CAST(100001 + n % {tickets} AS TEXT)"),
        "dialled_at" | "started_at" | "ended_at" => earlier(column),
        other => other.to_owned(),
    };
    let values: Vec<String> = columns.iter().map(value).collect();
    let sql = format!(
        "WITH RECURSIVE numbers(n) AS (SELECT {sessions} UNION ALL SELECT n - 1 FROM numbers WHERE n > 1)
         INSERT INTO sessions ({}) SELECT {} FROM numbers, (SELECT * FROM sessions LIMIT 1)",
        columns.join(", "),
        values.join(", ")
    );
    if sessions > 0 {
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut records).await?;
    }
    records.close().await?;
    Ok(())
}
