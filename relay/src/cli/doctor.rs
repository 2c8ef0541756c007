//! `amparo-relay doctor`: looks at everything a server needs, one line each: well, or what is wrong and what to do. Changes nothing.

use std::{
    fs,
    io::ErrorKind,
    net::{TcpListener, UdpSocket},
    path::Path,
    process::ExitCode,
    time::SystemTime,
};

use store::{AuditRecords, Health, OutboxRecords, OutboxState, SqliteStore, TenantRecords};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::{Place, signing::Signing};
use crate::{
    key::{RELAY_CERTIFICATE, RELAY_KEY, RELAY_SECRET, ROOT_CERTIFICATE, ROOT_KEY, TENANTS},
    relay::{DATABASE, LOCK},
};

/// What a server writes in a busy year fits many times; below this the next log file may fill the disk.
const FREE_BYTES: u64 = 500 * 1024 * 1024;
/// Before this the program did not exist: the clock is wrong.
const BEFORE: u64 = 1_763_683_200; // 2025-11-21

enum Finding {
    Well(String),
    Wrong { what: String, todo: String },
}

use Finding::{Well, Wrong};

fn wrong(what: impl Into<String>, todo: impl Into<String>) -> Finding {
    Wrong { what: what.into(), todo: todo.into() }
}

pub(super) async fn run(place: &Place, signing: Signing) -> ExitCode {
    let mut findings = vec![("clock", clock(SystemTime::now())), ("data folder", folder(&place.data))];
    let running = is_running(&place.data);
    if let Well(_) = &findings[1].1 {
        findings.push(("free space", space(&place.data)));
        findings.extend(keys(&place.data));
        findings.extend(records(&place.data).await);
    }
    findings.push(("code signature", signature(signing)));
    findings.push(("UDP port", port("UDP", UdpSocket::bind(place.listen).map(drop), place, running)));
    findings.push(("TCP port", port("TCP", TcpListener::bind(place.listen).map(drop), place, running)));
    let mut bad = false;
    for (name, finding) in &findings {
        match finding {
            Well(text) => println!("ok    {name}: {text}"),
            Wrong { what, todo } => {
                bad = true;
                println!("WRONG {name}: {what}\n      {todo}");
            }
        }
    }
    if bad { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn clock(now: SystemTime) -> Finding {
    let date = jiff::Timestamp::try_from(now)
        .map_or_else(|_| "unreadable".to_owned(), |t| t.strftime("%Y-%m-%d %H:%M UTC").to_string());
    match now.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) if (BEFORE..BEFORE + 50 * 365 * 86_400).contains(&since.as_secs()) => Well(date),
        _ => wrong(
            format!("it says {date}"),
            "Set the clock (timedatectl set-ntp true): certificates, logins and protocol numbers follow it.",
        ),
    }
}

fn folder(data: &Path) -> Finding {
    match fs::metadata(data) {
        Err(error) if error.kind() == ErrorKind::NotFound => wrong(
            format!("{} does not exist", data.display()),
            "Start `amparo-relay serve` with this --data once, or name the right folder.",
        ),
        Err(error) => wrong(format!("{}: {error}", data.display()), "Let the server's user read the folder."),
        Ok(meta) if !meta.is_dir() => wrong(format!("{} is not a folder", data.display()), "Name another with --data."),
        Ok(_) => {
            let probe = data.join(".doctor");
            match fs::write(&probe, b"probe").and_then(|()| fs::remove_file(&probe)) {
                Ok(()) => Well(data.display().to_string()),
                Err(error) => wrong(
                    format!("{} cannot be written: {error}", data.display()),
                    "Let the server's user write there, or free the disk.",
                ),
            }
        }
    }
}

fn space(data: &Path) -> Finding {
    match free_bytes(data) {
        Some(bytes) if bytes < FREE_BYTES => wrong(
            format!("{} MB left", bytes / 1_000_000),
            "Free some: without room no session can be recorded, and then none is allowed.",
        ),
        Some(bytes) => Well(format!("{} MB", bytes / 1_000_000)),
        None => Well("not known on this system".to_owned()),
    }
}

/// As `df` says: the standard library does not tell.
fn free_bytes(data: &Path) -> Option<u64> {
    let out = std::process::Command::new("df").arg("-Pk").arg("--").arg(data).output().ok()?;
    let text = String::from_utf8(out.stdout).ok()?;
    let kilobytes: u64 = text.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()?;
    Some(kilobytes * 1024)
}

fn keys(data: &Path) -> Vec<(&'static str, Finding)> {
    let mut findings = vec![("relay certificate", certificate(&data.join(RELAY_CERTIFICATE)))];
    let mut secrets = vec![data.join(RELAY_KEY), data.join(RELAY_SECRET)];
    let tenants = fs::read_dir(data.join(TENANTS))
        .map(|dir| dir.flatten().map(|e| e.path()).collect::<Vec<_>>())
        .unwrap_or_default();
    if tenants.is_empty() {
        findings.push((
            "companies' keys",
            wrong("there are none", "Start `amparo-relay serve` once, or restore the data folder's backup."),
        ));
    }
    for tenant in tenants {
        findings.push(("company root", root(&tenant)));
        // Either may be kept elsewhere.
        secrets.extend([ROOT_KEY, "brand.key"].map(|name| tenant.join(name)).into_iter().filter(|path| path.exists()));
    }
    let mut good = 0;
    for secret in secrets {
        match secret_file(&secret) {
            Well(_) => good += 1,
            wrong => findings.push(("key file", wrong)),
        }
    }
    findings.push(("key files", Well(format!("{good} readable by this user only"))));
    findings
}

fn secret_file(path: &Path) -> Finding {
    match fs::read(path) {
        Err(error) => wrong(
            format!("{}: {error}", path.display()),
            "Restore it from a backup of the data folder: profiles out there know the old key and no other.",
        ),
        Ok(bytes) if bytes.is_empty() => {
            wrong(format!("{} is empty", path.display()), "Restore it from a backup of the data folder.")
        }
        Ok(_) if open_to_others(path) => wrong(
            format!("{} can be read by others on this machine", path.display()),
            format!("chmod 600 {}", path.display()),
        ),
        Ok(_) => Well(path.display().to_string()),
    }
}

#[cfg(unix)]
fn open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn open_to_others(_path: &Path) -> bool {
    false
}

/// Who signs programs for Windows, where this command is told what `serve` is.
fn signature(signing: Signing) -> Finding {
    let signer = match signing.signer() {
        Ok(Some(signer)) => signer,
        Ok(None) => return Well("nobody signs: Windows warns customers of an unknown publisher".to_owned()),
        Err(error) => return wrong(format!("{error:#}"), "See amparo-relay serve --help."),
    };
    if let Err(error) = signer.look() {
        let todo = "Let the server's user read its files, and install what signs.";
        return wrong(format!("{:#}", anyhow::Error::from(error)), todo);
    }
    match signer.secrets().into_iter().find(|path| open_to_others(path)) {
        Some(path) => wrong(
            format!("{} can be read by others on this machine", path.display()),
            format!("chmod 600 {}", path.display()),
        ),
        None => Well(format!("programs for Windows are signed by {}", signer.name())),
    }
}

fn certificate(path: &Path) -> Finding {
    let der = match fs::read(path) {
        Ok(der) => der,
        Err(error) => {
            return wrong(format!("{}: {error}", path.display()), "Restore it from a backup of the data folder.");
        }
    };
    match X509Certificate::from_der(&der) {
        Err(_) => {
            wrong(format!("{} is not a certificate", path.display()), "Restore it from a backup of the data folder.")
        }
        Ok((_, certificate)) if !certificate.validity().is_valid() => wrong(
            format!("{} is not valid at the time of this server's clock", path.display()),
            "Look at the clock first.",
        ),
        Ok((_, certificate)) => Well(format!("valid until {}", certificate.validity().not_after)),
    }
}

/// The root, and what it means where its key is.
fn root(tenant: &Path) -> Finding {
    let held = if tenant.join(ROOT_KEY).exists() {
        "its key is on this server: whoever controls the server can pose as an attendant"
    } else {
        "its key is kept elsewhere: this server cannot make attendants"
    };
    match certificate(&tenant.join(ROOT_CERTIFICATE)) {
        Well(valid) => Well(format!("{valid}; {held}")),
        wrong => wrong,
    }
}

async fn records(data: &Path) -> Vec<(&'static str, Finding)> {
    let path = data.join(DATABASE);
    if !path.exists() {
        return vec![(
            "records",
            wrong(
                format!("there is no {}", path.display()),
                "Start `amparo-relay serve` once, or restore the data folder's backup.",
            ),
        )];
    }
    let store = match SqliteStore::open(&path).await {
        Ok(store) => store,
        Err(error) => {
            let todo = "If it is damaged, stop the relay and restore the data folder's backup.";
            return vec![("records", wrong(format!("{}: {:#}", path.display(), anyhow::Error::from(error)), todo))];
        }
    };
    let mut findings = Vec::new();
    findings.push(match store.check().await {
        Ok(()) => ("records", Well("whole".to_owned())),
        Err(error) => {
            let todo = "Stop the relay, keep a copy of the folder, restore the backup.";
            ("records", wrong(format!("{:#}", anyhow::Error::from(error)), todo))
        }
    });
    findings.push(match store.can_write().await {
        Ok(()) => ("writing records", Well("possible".to_owned())),
        Err(error) => (
            "writing records",
            wrong(format!("{:#}", anyhow::Error::from(error)), "Free the disk; sessions are refused until then."),
        ),
    });
    match store.tenants().await {
        Ok(tenants) => {
            for tenant in tenants {
                findings.push(("unsent ticket actions", outbox(&store, &tenant).await));
                findings.push(("audit log", audit(&store, &tenant).await));
            }
        }
        Err(error) => findings.push(("companies", wrong(format!("{:#}", anyhow::Error::from(error)), "See above."))),
    }
    store.close().await;
    findings
}

async fn audit(store: &SqliteStore, tenant: &store::Tenant) -> Finding {
    match store.audit_verify(tenant.id, None).await {
        Ok(store::AuditVerified { lines, broken: None, head }) => {
            Well(format!("{lines} lines of {} are whole, up to {}", tenant.name, head.short()))
        }
        Ok(store::AuditVerified { broken: Some(broken), .. }) => wrong(
            format!("{}: {broken}", tenant.name),
            "Keep a copy of the data folder. Somebody has changed the database past this program.",
        ),
        Err(error) => wrong(format!("{:#}", anyhow::Error::from(error)), "See above."),
    }
}

async fn outbox(store: &SqliteStore, tenant: &store::Tenant) -> Finding {
    const LISTED: u32 = 1000;
    match store.outbox_list(tenant.id, &[OutboxState::Parked], LISTED).await {
        Ok(parked) => match parked.first() {
            None => Well(format!("none of {} waits for a person", tenant.name)),
            Some(newest) => wrong(
                format!(
                    "{} of {} wait for a person; the newest: {}",
                    parked.len(),
                    tenant.name,
                    newest.why.as_deref().unwrap_or("no reason recorded")
                ),
                "Look at the queue in the console (Fila de envio), mend the cause and press Retry.",
            ),
        },
        Err(error) => wrong(format!("{:#}", anyhow::Error::from(error)), "See above."),
    }
}

/// A relay at work holds the lock.
fn is_running(data: &Path) -> bool {
    fs::File::open(data.join(LOCK)).is_ok_and(|file| matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock)))
}

fn port(what: &str, bound: std::io::Result<()>, place: &Place, running: bool) -> Finding {
    match bound {
        Ok(()) => Well(format!("{} is free", place.listen)),
        Err(error) if error.kind() == ErrorKind::AddrInUse && running => {
            Well(format!("{} is held by the running relay", place.listen))
        }
        Err(error) if error.kind() == ErrorKind::AddrInUse => wrong(
            format!("{what} {} is held by another program", place.listen),
            format!(
                "Find it (ss -lnp | grep :{}), stop it, or choose another port with --listen.",
                place.listen.port()
            ),
        ),
        Err(error) => wrong(format!("{what} {}: {error}", place.listen), "Check the address after --listen."),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_clock_before_this_program_was_written_is_wrong() {
        assert!(matches!(clock(SystemTime::UNIX_EPOCH), Wrong { .. }));
        assert!(matches!(clock(SystemTime::UNIX_EPOCH + Duration::from_secs(BEFORE + 86_400)), Well(_)));
        assert!(matches!(clock(SystemTime::UNIX_EPOCH - Duration::from_secs(1)), Wrong { .. }));
    }
}
