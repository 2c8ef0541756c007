//! `amparo-relay admin`: what an administrator of the machine does without the console. Works beside a running relay.

use std::{io::Read, path::PathBuf};

use anyhow::{Context, bail};
use clap::{Subcommand, ValueEnum};
use jiff::{Timestamp, tz::TimeZone};
use protocol::{id::TenantId, message::ShownText};
use store::{AuditEntry, CompanyWord, Language, Roles, SqliteStore, Store, Tenant};
use tickets::{clock::Clock, seal::SealKey};

use super::Place;
use crate::{
    account::{Accounts, NewUser},
    config::PublicUrl,
    key::Keys,
    profile,
    relay::{self, DATABASE},
};

#[derive(Debug, Subcommand)]
pub(super) enum What {
    /// Users of the console and of the attendants' program.
    User {
        #[command(subcommand)]
        what: UserWhat,
    },
    /// Write the signed profile of the default app to a file.
    Profile {
        /// The file.
        #[arg(long)]
        out: PathBuf,
        /// The company, when this server has several.
        #[arg(long)]
        tenant: Option<TenantId>,
    },
    /// Print a fresh set-up link; an earlier one stops working.
    SetupLink {
        /// The company, when this server has several.
        #[arg(long)]
        tenant: Option<TenantId>,
    },
    /// Companies on this server.
    Tenant {
        #[command(subcommand)]
        what: TenantWhat,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum UserWhat {
    /// Add a user. The password is read from standard input, or made and printed once with `--make-password`.
    Add {
        /// The name to log in with.
        #[arg(long)]
        login: String,
        /// The name others see. As the login name, if not given.
        #[arg(long)]
        name: Option<String>,
        /// What they may do.
        #[arg(long, value_enum, default_value = "attendant")]
        role: Role,
        /// Make a password and print it.
        #[arg(long)]
        make_password: bool,
        /// The company, when this server has several.
        #[arg(long)]
        tenant: Option<TenantId>,
    },
    /// Take a user's second factor away: for the last administrator who has lost both the app and the recovery codes.
    ResetFactor {
        /// The name they log in with.
        #[arg(long)]
        login: String,
        /// The company, when this server has several.
        #[arg(long)]
        tenant: Option<TenantId>,
    },
    /// List users.
    List {
        /// The company, when this server has several.
        #[arg(long)]
        tenant: Option<TenantId>,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum TenantWhat {
    /// Add a company. Prints where its people log in, and the link at which its first administrator is made.
    Add {
        /// Its name.
        #[arg(long)]
        name: String,
        /// Its word in addresses: its people log in at /c/WORD/login.
        #[arg(long)]
        word: CompanyWord,
        /// What is written in its name: pt-BR, en or es.
        #[arg(long, value_parser = language)]
        language: Option<Language>,
        /// Where it is, as IANA writes it.
        #[arg(long, value_parser = time_zone)]
        time_zone: Option<String>,
    },
    /// Give a company a word in addresses, or another one; the one it had leads nowhere any more.
    Word {
        /// The word.
        #[arg(long)]
        word: CompanyWord,
        /// The company; the first, if not given.
        #[arg(long)]
        tenant: Option<TenantId>,
    },
    /// List companies.
    List,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Role {
    /// Answers customers.
    Attendant,
    /// Looks after users and settings, and sees passwords.
    Administrator,
    /// Both.
    Both,
}

impl From<Role> for Roles {
    fn from(role: Role) -> Self {
        let (attend, admin) = match role {
            Role::Attendant => (true, false),
            Role::Administrator => (false, true),
            Role::Both => (true, true),
        };
        Self { attend, admin, may_see_passwords: true, may_create_apps: admin, may_watch: false }
    }
}

pub(super) async fn run(place: &Place, what: What) -> anyhow::Result<()> {
    let path = place.data.join(DATABASE);
    if !path.exists() {
        bail!("there is no {}: start `amparo-relay serve` with this --data once", path.display());
    }
    let store: std::sync::Arc<dyn Store> = std::sync::Arc::new(
        SqliteStore::open(&path).await.with_context(|| format!("opening the records in {}", path.display()))?,
    );
    let url = place.public_url.clone().unwrap_or_else(|| relay::own_url(place.listen));
    let keys = || Keys::load(&place.data, &url.host);
    let done = match what {
        What::User { what: UserWhat::Add { login, name, role, make_password, tenant } } => {
            let tenant = choose(&*store, tenant).await?;
            let password = if make_password { None } else { Some(password()?) };
            let user = NewUser { name: name.unwrap_or_else(|| login.clone()), login, roles: role.into() };
            let accounts = Accounts::new(store.clone(), SealKey::new(&keys()?.connection_key()), Clock::system());
            let (operator, made) =
                accounts.create(tenant, user, password.as_deref()).await.context("adding the user")?;
            println!("{} added.", operator.login);
            if let Some(made) = made {
                println!("Password: {}", made.as_str());
            }
            Ok(())
        }
        What::User { what: UserWhat::ResetFactor { login, tenant } } => {
            reset_factor(&*store, choose(&*store, tenant).await?, &login).await
        }
        What::User { what: UserWhat::List { tenant } } => {
            let tenant = choose(&*store, tenant).await?;
            for user in store.operators(tenant).await.context("reading the users")? {
                let roles = [(user.roles.attend, "attendant"), (user.roles.admin, "administrator")];
                let roles: Vec<_> = roles.into_iter().filter_map(|(has, name)| has.then_some(name)).collect();
                let disabled = if user.is_enabled() { "" } else { " (disabled)" };
                println!("{}\t{}\t{}{disabled}", user.login, user.name, roles.join(", "));
            }
            Ok(())
        }
        What::Profile { out, tenant } => {
            write_profile(&*store, &keys()?, choose(&*store, tenant).await?, &url, &out).await
        }
        What::SetupLink { tenant } => match relay::first::setup_link(&*store, choose(&*store, tenant).await?, &url)
            .await?
        {
            Some(link) => {
                println!("{link}");
                Ok(())
            }
            None => {
                bail!("the set-up is done: somebody can log in already. Add users with `amparo-relay admin user add`")
            }
        },
        What::Tenant { what: TenantWhat::Add { name, word, language, time_zone } } => {
            free(&*store, &word, None).await?;
            let plain = Tenant::new(TenantId::from_bytes(rand::random()), name.trim(), Timestamp::now());
            let tenant = Tenant {
                word: Some(word),
                language: language.unwrap_or(plain.language),
                time_zone: time_zone.unwrap_or_else(|| plain.time_zone.clone()),
                ..plain
            };
            if ShownText::try_from(tenant.name.clone()).is_err() || tenant.name.is_empty() {
                bail!("a company cannot have this name");
            }
            relay::first::add_company(&*store, &keys()?, &tenant).await?;
            println!("{}\t{}", tenant.id, tenant.name);
            println!("Console: {url}{}", tenant.at("/login"));
            if let Some(link) = relay::first::setup_link(&*store, tenant.id, &url).await? {
                println!("Set-up:  {link}");
            }
            Ok(())
        }
        What::Tenant { what: TenantWhat::Word { word, tenant } } => {
            set_word(&*store, choose(&*store, tenant).await?, &word).await?;
            println!("Console: {url}/c/{word}/login");
            Ok(())
        }
        What::Tenant { what: TenantWhat::List } => {
            for tenant in store.tenants().await.context("reading the companies")? {
                let word = tenant.word.as_ref().map_or("-", CompanyWord::as_str);
                println!("{}\t{}\t{word}", tenant.id, tenant.name);
            }
            Ok(())
        }
    };
    store.close().await;
    done
}

/// That no other company has this word.
async fn free(store: &dyn Store, word: &CompanyWord, but: Option<TenantId>) -> anyhow::Result<()> {
    match store.tenant_by_word(word).await.context("reading the companies")? {
        Some(other) if Some(other.id) != but => bail!("{} has the word {word} already", other.name),
        _ => Ok(()),
    }
}

/// Gives a company a word, which is in its audit log.
async fn set_word(store: &dyn Store, tenant: TenantId, word: &CompanyWord) -> anyhow::Result<()> {
    free(store, word, Some(tenant)).await?;
    let before = store.tenant(tenant).await.context("looking for the company")?;
    let was = before.word.as_ref().map_or("", CompanyWord::as_str);
    let entry = done_here(tenant, "company.changed", &before.name, format!("word={was}→{word}"));
    store.audit(&entry).await.context("writing the audit log")?;
    store.set_tenant_word(tenant, word).await.context("writing the word down")
}

/// That this was done on the machine itself, for the audit log.
fn done_here(tenant: TenantId, what: &str, subject: &str, detail: String) -> AuditEntry {
    AuditEntry {
        tenant,
        operator: None,
        who: "amparo-relay admin".to_owned(),
        what: what.to_owned(),
        subject: subject.to_owned(),
        detail,
        from: String::new(),
        at: Timestamp::now(),
    }
}

fn language(tag: &str) -> Result<Language, String> {
    Language::from_tag(tag).ok_or_else(|| "pt-BR, en or es".to_owned())
}

fn time_zone(name: &str) -> Result<String, String> {
    let known = TimeZone::get(name).ok().filter(|zone| !zone.is_unknown());
    let name = known.as_ref().and_then(TimeZone::iana_name).map(str::to_owned);
    name.ok_or_else(|| "no such time zone; for example America/Sao_Paulo".to_owned())
}

async fn reset_factor(store: &dyn Store, tenant: TenantId, login: &str) -> anyhow::Result<()> {
    let user = store.operator_by_login(tenant, login).await.context("reading the users")?;
    let user = user.with_context(|| format!("there is no user {login}"))?;
    let entry = done_here(tenant, "factor.reset", &user.login, String::new());
    store.audit(&entry).await.context("writing the audit log")?;
    if store.remove_second_factor(tenant, user.id).await.context("taking the second factor away")? {
        println!("{} logs in without a second factor now.", user.login);
    } else {
        println!("{} had none.", user.login);
    }
    Ok(())
}

async fn write_profile(
    store: &dyn Store,
    keys: &Keys,
    tenant: TenantId,
    url: &PublicUrl,
    out: &PathBuf,
) -> anyhow::Result<()> {
    let app = store
        .apps(tenant)
        .await
        .context("reading the apps")?
        .into_iter()
        .find(|app| app.archived.is_none())
        .context("the company has no app")?;
    let tenant_keys = keys.tenant(tenant)?;
    let signed = profile::signed(&app, keys, &tenant_keys, url, Timestamp::now())?;
    std::fs::write(out, &signed).with_context(|| format!("writing {}", out.display()))?;
    println!(
        "{}: {} for {}, signed by {}",
        out.display(),
        app.title,
        url,
        tenant_keys.brand().context("the branding key")?.id()
    );
    Ok(())
}

pub(super) async fn choose(store: &dyn Store, named: Option<TenantId>) -> anyhow::Result<TenantId> {
    match named {
        Some(id) => Ok(store.tenant(id).await.context("looking for the company")?.id),
        None => Ok(store
            .tenants()
            .await
            .context("reading the companies")?
            .first()
            .context("there is no company: start `amparo-relay serve` once")?
            .id),
    }
}

/// One line of standard input: not an argument, which other users of the machine could read.
fn password() -> anyhow::Result<String> {
    if std::io::IsTerminal::is_terminal(&std::io::stdin()) {
        eprintln!("Password (then Enter and Ctrl-D):");
    }
    let mut text = String::new();
    std::io::stdin().take(4096).read_to_string(&mut text).context("reading the password from standard input")?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        bail!("no password on standard input: write one there, or use --make-password");
    }
    Ok(line.to_owned())
}
