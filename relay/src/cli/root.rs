//! `amparo-relay root`: who holds the company's root. The relay must not be running: it would go on with what it has read.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Subcommand;
use enrolment::Root;
use jiff::Timestamp;
use protocol::id::TenantId;
use store::{AuditEntry, SqliteStore, Store};

use super::{Place, admin::choose};
use crate::{
    key::{Keys, ROOT_KEY},
    relay::{self, DATABASE},
};

#[derive(Debug, Subcommand)]
pub(super) enum What {
    /// Keep only the certificate of a root whose key is elsewhere (`amparo-brand root new`). The server's own root key is removed.
    Use {
        #[command(flatten)]
        place: Place,
        /// The root's certificate, `root.crt`.
        #[arg(long)]
        root: PathBuf,
        /// The branding key's public half, `branding.pub`: profiles are signed elsewhere, too, and the server's own key is removed.
        #[arg(long)]
        branding: Option<PathBuf>,
        /// The company, when this server has several.
        #[arg(long)]
        tenant: Option<TenantId>,
        /// Programs with the present root are out there: they stop trusting this company's attendants and need a new profile.
        #[arg(long)]
        existing_programs_stop_trusting: bool,
    },
}

pub(super) async fn run(what: What) -> anyhow::Result<()> {
    let What::Use { place, root, branding, tenant, existing_programs_stop_trusting } = what;
    let path = place.data.join(DATABASE);
    if !path.exists() {
        bail!("there is no {}: start `amparo-relay serve` with this --data once", path.display());
    }
    let lock = relay::lock(&place.data).context("the relay must be stopped while its root is replaced")?;
    let now = Timestamp::now();
    let bytes = std::fs::read(&root).with_context(|| format!("reading {}", root.display()))?;
    let new = Root::read(&bytes, now).with_context(|| format!("{} cannot be the company's root", root.display()))?;
    let beside = root.with_file_name(ROOT_KEY);
    if beside.exists() {
        bail!(
            "{} is beside it, on this server: make the root on another machine, and bring only its certificate here",
            beside.display()
        );
    }
    let branding = branding.map(|path| public_key(&path)).transpose()?;

    let url = place.public_url.clone().unwrap_or_else(|| relay::own_url(place.listen));
    let keys = Keys::load(&place.data, &url.host)?;
    let store: std::sync::Arc<dyn Store> = std::sync::Arc::new(
        SqliteStore::open(&path).await.with_context(|| format!("opening the records in {}", path.display()))?,
    );
    let tenant = choose(&*store, tenant).await?;
    let present = keys.tenant(tenant)?;
    let another = present.root_certificate != new.der();
    if another
        && !existing_programs_stop_trusting
        && store.root_is_trusted(tenant).await.context("reading the records")?
    {
        bail!(
            "programs with the present root are out there, or attendants are enrolled under it. They would stop trusting this company's \
             attendants until they get a new profile: say --existing-programs-stop-trusting if that is meant"
        );
    }
    keys.refuse_own_key(&new)?;
    let id = Root::id_of(new.der());
    // Before the effect, as all that is audited.
    let entry = AuditEntry {
        tenant,
        operator: None,
        who: "amparo-relay root use".to_owned(),
        what: "root.replaced".to_owned(),
        subject: id.clone(),
        detail: String::new(),
        from: "console of the server".to_owned(),
        at: now,
    };
    store.audit(&entry).await.context("writing the audit log")?;
    if another {
        store.forget_enrolments(tenant).await.context("taking away certificates of the root before")?;
    }
    keys.use_root(tenant, &new)?;
    if let Some(public) = branding {
        keys.use_branding(tenant, &public)?;
    }
    store.close().await;
    drop(lock);
    println!("The company's root is {id}.");
    println!("Its key is not on this server. Attendants are enrolled with `amparo-brand attendant enrol`.");
    if another {
        println!("Backups of the data folder may still hold the key of the root before: nobody trusts it any more.");
        println!("Hand out new profiles: the ones before name another root.");
    }
    Ok(())
}

fn public_key(path: &std::path::Path) -> anyhow::Result<Vec<u8>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let digits = text.trim();
    if digits.len() != 64 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        bail!("{} is not the public half of a branding key: 64 hexadecimal digits", path.display());
    }
    Ok(format!("{digits}\n").into_bytes())
}
