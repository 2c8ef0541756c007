//! `amparo-relay audit verify`, as an administrator of the machine runs it.

#![allow(missing_docs, clippy::unwrap_used)]

use std::{path::Path, process::Command};

use enrolment::{Statement, key_hash};
use jiff::Timestamp;
use protocol::{
    id::{OperatorId, ProtocolNumber, SessionId, TenantId},
    message::{
        grant::Grants,
        pairing::{CloseReason, Role},
        record::Told,
    },
};
use rcgen::{KeyPair, PublicKeyData};
use sqlx::{SqlitePool, sqlite::SqliteConnectOptions};
use store::{AuditEntry, AuditRecords, Health, SqliteStore, Tenant, TenantRecords};

const OURS: TenantId = TenantId::from_bytes([1; 16]);
const OTHERS: TenantId = TenantId::from_bytes([2; 16]);

struct Server {
    folder: tempfile::TempDir,
    store: SqliteStore,
}

impl Server {
    async fn with(companies: &[TenantId]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("amparo.db")).await.unwrap();
        for id in companies {
            let tenant = Tenant { time_zone: "UTC".into(), ..Tenant::new(*id, "Varanda", Timestamp::UNIX_EPOCH) };
            store.add_tenant(&tenant).await.unwrap();
            for n in 1..=5 {
                let line = AuditEntry {
                    tenant: *id,
                    operator: None,
                    who: "ana".into(),
                    what: "login".into(),
                    subject: n.to_string(),
                    detail: String::new(),
                    from: "127.0.0.1".into(),
                    at: Timestamp::from_second(n).unwrap(),
                };
                store.audit(&line).await.unwrap();
            }
        }
        Self { folder, store }
    }

    async fn touch(&self, sql: &'static str) {
        let path = self.folder.path().join("amparo.db");
        let raw = SqlitePool::connect_with(SqliteConnectOptions::new().filename(path)).await.unwrap();
        for sql in ["DROP TRIGGER audit_is_not_changed", "DROP TRIGGER audit_is_not_deleted", sql] {
            sqlx::query(sql).execute(&raw).await.unwrap();
        }
        raw.close().await;
    }

    fn verify(&self, more: &[&str]) -> (Option<i32>, String, String) {
        verify(self.folder.path(), more)
    }
}

fn verify(data: &Path, more: &[&str]) -> (Option<i32>, String, String) {
    let done = Command::new(env!("CARGO_BIN_EXE_amparo-relay"))
        .args(["audit", "verify", "--data"])
        .arg(data)
        .args(more)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (done.status.code(), text(done.stdout), text(done.stderr))
}

#[tokio::test]
async fn a_whole_log_is_reported_with_its_lines_and_head_beside_a_store_that_is_open() {
    let server = Server::with(&[OURS]).await;
    let head = server.store.audit_head(OURS).await.unwrap();
    let (code, out, err) = server.verify(&["--head", &head.short()]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert_eq!(out, format!("{OURS} Varanda\n  lines  5\n  head   {head}\n  whole\n"));
    // Nothing was written, and the store goes on.
    assert_eq!(server.store.audit_head(OURS).await.unwrap(), head);
    server.store.close().await;
    assert_eq!(server.verify(&[]).0, Some(0), "also when nobody works with the folder");
}

#[tokio::test]
async fn a_touched_log_fails_and_the_place_is_named() {
    let server = Server::with(&[OURS, OTHERS]).await;
    server.touch("UPDATE audit SET who = 'rui' WHERE seq = 3 AND tenant = x'02020202020202020202020202020202'").await;
    let (code, out, _) = server.verify(&[]);
    assert_eq!(code, Some(1));
    assert!(out.contains(&format!("{OTHERS} Varanda\n  lines  2\n")), "{out}");
    assert!(out.contains("BROKEN line 3 does not fit"), "{out}");
    assert_eq!(server.verify(&["--tenant", &OURS.to_string()]).0, Some(0), "the other company's log is whole");
}

#[tokio::test]
async fn a_log_that_was_cut_fails_for_whoever_has_noted_the_head() {
    let server = Server::with(&[OURS]).await;
    let noted = server.store.audit_head(OURS).await.unwrap().short();
    server.touch("DELETE FROM audit WHERE seq = 5").await;
    assert_eq!(server.verify(&[]).0, Some(0));
    let (code, out, _) = server.verify(&["--head", &noted]);
    assert_eq!(code, Some(1));
    assert!(out.contains("BROKEN the log ends at line 4, before line 5 that was noted"), "{out}");
}

#[tokio::test]
async fn wrong_use_says_what_to_do() {
    let server = Server::with(&[OURS, OTHERS]).await;
    let head = server.store.audit_head(OURS).await.unwrap().short();
    let (code, _, err) = server.verify(&["--head", &head]);
    assert_eq!(code, Some(1));
    assert!(err.contains("--tenant"), "{err}");
    assert_eq!(server.verify(&["--head", "5:xyz"]).0, Some(2));
    let empty = tempfile::tempdir().unwrap();
    let (code, _, err) = verify(empty.path(), &[]);
    assert!(code == Some(1) && err.contains("--data"), "{err}");
    assert_eq!(std::fs::read_dir(empty.path()).unwrap().count(), 0, "looking leaves nothing behind");
}

/// The customer's line about a session that is over, as the relay writes it.
fn signed_line(session: u8, forged: bool) -> AuditEntry {
    let key = KeyPair::generate().unwrap();
    let spki = key.subject_public_key_info();
    let mut statement = Statement {
        tenant: OURS,
        session: SessionId::from_bytes([session; 16]),
        protocol: ProtocolNumber::new("2026-11-21-000001").unwrap(),
        role: Role::Customer,
        told: Told {
            granted: Grants::CONTROL,
            started_unix_ms: 1_000,
            ended_unix_ms: 2_000,
            reconnects: 0,
            why: CloseReason::EndedByCustomer,
            connection: [1; 32],
            customer_key: key_hash(&spki),
            attendant_key: [2; 32],
        },
    };
    let signed = statement.sign(key.serialized_der(), &spki).unwrap();
    if forged {
        // Another session than there was: an hour longer.
        statement.told.ended_unix_ms += 3_600_000;
    }
    AuditEntry {
        tenant: OURS,
        operator: Some(OperatorId::from_bytes([3; 16])),
        who: "ana".into(),
        what: store::SESSION_SIGNED.into(),
        subject: "2026-11-21-000001".into(),
        detail: statement.to_detail(&spki, signed.signature.as_bytes()),
        from: String::new(),
        at: Timestamp::from_second(9).unwrap(),
    }
}

#[tokio::test]
async fn a_server_that_writes_another_session_than_was_signed_is_found_out_although_its_log_is_a_chain() {
    let server = Server::with(&[OURS]).await;
    server.store.audit(&signed_line(1, false)).await.unwrap();
    let (code, out, _) = server.verify(&[]);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("signed by both ends 0, by one 1, disputed 0"), "{out}");
    for session in [2, 3] {
        server.store.audit(&signed_line(session, true)).await.unwrap();
    }
    let (code, out, _) = server.verify(&[]);
    assert_eq!(code, Some(1));
    assert!(out.contains("  whole\n"), "{out}");
    assert!(out.contains("BROKEN the signature of line 7 does not hold"), "the first one: {out}");
}
