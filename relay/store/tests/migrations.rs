//! Records of earlier versions are not lost when the schema changes.

#![allow(clippy::unwrap_used)]

extern crate amparo_store as store;

use protocol::id::TenantId;
use sqlx::{SqlitePool, sqlite::SqliteConnectOptions};
use store::{ConnectionRecords, EventKind, Language, SqliteStore};

/// The migrations up to this one, as an earlier version had them.
async fn made_by_version(path: &std::path::Path, last: &str) -> SqlitePool {
    let old = path.with_extension("migrations");
    std::fs::create_dir(&old).unwrap();
    for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations")).unwrap() {
        let file = file.unwrap();
        if *file.file_name() <= *std::ffi::OsStr::new(last) {
            std::fs::copy(file.path(), old.join(file.file_name())).unwrap();
        }
    }
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let raw = SqlitePool::connect_with(options).await.unwrap();
    sqlx::migrate::Migrator::new(old).await.unwrap().run(&raw).await.unwrap();
    raw
}

#[tokio::test]
async fn what_actions_said_before_there_were_languages_is_said_in_the_companys_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.sqlite");
    let raw = made_by_version(&path, "0076_z").await;
    let companies = [([1; 16], "pt-BR", Language::PtBr), ([2; 16], "en", Language::En), ([3; 16], "es", Language::Es)];
    for (id, word, _) in companies {
        let sql = "INSERT INTO tenants (id, name, language, time_zone, created_at) VALUES (?, '', ?, 'UTC', 0)";
        sqlx::query(sql).bind(id.as_slice()).bind(word).execute(&raw).await.unwrap();
        for kind in ["start", "end", "wrap_up", "missed"] {
            let sql = "INSERT INTO action_templates (tenant, kind, text) VALUES (?, ?, ?)";
            sqlx::query(sql).bind(id.as_slice()).bind(kind).bind(format!("{word} {kind}")).execute(&raw).await.unwrap();
        }
    }
    raw.close().await;
    let store = SqliteStore::open(&path).await.unwrap();
    for (id, word, own) in companies {
        for language in [Language::PtBr, Language::En, Language::Es] {
            let all = store.action_templates(TenantId::from_bytes(id), language).await.unwrap();
            assert_eq!(all.len(), if language == own { 4 } else { 0 });
            for kind in [EventKind::Start, EventKind::End, EventKind::WrapUp, EventKind::Missed] {
                let said = store.action_template(TenantId::from_bytes(id), kind, language).await.unwrap();
                assert_eq!(said, (language == own).then(|| format!("{word} {}", kind.as_str())));
            }
        }
    }
}
