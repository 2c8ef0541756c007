//! `amparo-relay audit`: goes through the audit log and says whether it is whole. Only reads; works beside a running relay.

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, bail};
use clap::Subcommand;
use protocol::id::TenantId;
use store::{AuditMark, AuditRecords, SqliteStore, StoreError, TenantRecords};

use crate::relay::DATABASE;

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
    }
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
