//! `amparo-relay audit`: goes through the audit log and says whether it is whole. Only reads; works beside a running relay.

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode};

use anyhow::{Context, bail};
use clap::Subcommand;
use enrolment::Statement;
use protocol::{
    id::{SessionId, TenantId},
    message::pairing::Role,
};
use store::{
    AuditLine, AuditMark, AuditRecords, SESSION_DISPUTED, SESSION_SIGNED, SqliteStore, StoreError, TenantRecords,
};

use crate::relay::DATABASE;

/// Lines that are read at a time.
const PAGE: u32 = 500;

#[derive(Debug, Subcommand)]
pub(super) enum What {
    /// Go through the whole log: exit code 1 and the first line that does not fit, when there is one.
    Verify {
        /// Folder of the database and the keys.
        #[arg(long, env = "AMPARO_DATA", default_value = "amparo-data")]
        data: PathBuf,
        /// Only this company.
        #[arg(long)]
        tenant: Option<TenantId>,
        /// A place that somebody has noted, as tickets and receipts show it (48:9f86d081884c7d65): the log must still hold it. Without
        /// one, lines that were cut off at the log's end may not be missed.
        #[arg(long)]
        head: Option<AuditMark>,
    },
}

pub(super) async fn run(what: What) -> anyhow::Result<ExitCode> {
    let What::Verify { data, tenant, head } = what;
    let path = data.join(DATABASE);
    if !path.exists() {
        bail!("there is no {}: name the server's folder with --data", path.display());
    }
    let store = match SqliteStore::open_to_read(&path).await {
        Ok(store) => store,
        Err(StoreError::Conflict { .. }) => bail!(
            "{} was written by another version: start `amparo-relay serve` of this version once, or use the one that serves",
            path.display()
        ),
        Err(error) => return Err(error).with_context(|| format!("opening the records in {}", path.display())),
    };
    let companies = match tenant {
        Some(id) => vec![store.tenant(id).await.context("looking for the company")?],
        None => store.tenants().await.context("reading the companies")?,
    };
    if head.is_some() && companies.len() > 1 {
        bail!("this server has {} companies: say with --tenant whose log the head is of", companies.len());
    }
    let mut whole = true;
    for company in companies {
        let seen = store.audit_verify(company.id, head.as_ref()).await.context("reading the audit log")?;
        println!("{} {}", company.id, company.name);
        println!("  lines  {}", seen.lines);
        println!("  head   {}", seen.head);
        match seen.broken {
            None => println!("  whole"),
            Some(broken) => {
                whole = false;
                println!("  BROKEN {broken}");
            }
        }
        let sealed = signatures(&store, company.id).await.context("reading the signatures")?;
        let [both, one] = [2, 1].map(|ends| sealed.sessions.values().filter(|by| by.ends() == ends).count());
        let disputed = sealed.sessions.values().filter(|by| by.disputed).count();
        if !sealed.sessions.is_empty() {
            println!("  signed by both ends {both}, by one {one}, disputed {disputed}");
        }
        if let Some((line, why)) = sealed.broken {
            whole = false;
            println!("  BROKEN the signature of line {line} does not hold: {why}");
        }
    }
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Who has signed a session.
#[derive(Default)]
struct By {
    customer: bool,
    attendant: bool,
    disputed: bool,
}

impl By {
    fn ends(&self) -> usize {
        usize::from(self.customer) + usize::from(self.attendant)
    }
}

#[derive(Default)]
struct Sealed {
    sessions: BTreeMap<SessionId, By>,
    /// The first line whose signature does not hold, and why.
    broken: Option<(u64, String)>,
}

/// Checks every signature in the log again.
async fn signatures(store: &SqliteStore, tenant: TenantId) -> Result<Sealed, StoreError> {
    let mut sealed = Sealed::default();
    // Newest first; the last that does not hold is the first of the log.
    let mut before = None;
    loop {
        let lines = store.audit_page(tenant, before, PAGE).await?;
        let Some(last) = lines.last() else { return Ok(sealed) };
        before = Some(last.place.seq);
        for line in &lines {
            if let Err(why) = signature(line, &mut sealed.sessions) {
                sealed.broken = Some((line.place.seq, why));
            }
        }
    }
}

fn signature(line: &AuditLine, sessions: &mut BTreeMap<SessionId, By>) -> Result<(), String> {
    let entry = &line.entry;
    match entry.what.as_str() {
        SESSION_SIGNED => {
            let (statement, key, signature) =
                Statement::from_detail(entry.tenant, &entry.detail).ok_or("it cannot be read")?;
            let operator = entry.operator.ok_or("it names no attendant")?;
            if statement.protocol.as_str() != entry.subject {
                return Err("it is of another session than the line".to_owned());
            }
            statement.verify(operator, &key, &signature).map_err(|error| error.to_string())?;
            let by = sessions.entry(statement.session).or_default();
            match statement.role {
                Role::Customer => by.customer = true,
                Role::Attendant => by.attendant = true,
            }
        }
        SESSION_DISPUTED => {
            let session = entry.detail.split(' ').find_map(|part| part.strip_prefix("session="));
            let session = session.and_then(|id| id.parse().ok()).ok_or("it cannot be read")?;
            sessions.entry(session).or_default().disputed = true;
        }
        _ => {}
    }
    Ok(())
}
