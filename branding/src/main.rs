//! `amparo-brand`: a tenant's keys and its signed profiles, from the command line.
//!
//! Exit codes: 0 done, 1 failed, 2 wrong use. Errors say what was tried.

#![forbid(unsafe_code)]

use std::{path::PathBuf, process::ExitCode};

use amparo_branding::{file, profile, root};
use clap::{Parser, Subcommand};

/// Makes tenant roots and signed profiles.
#[derive(Parser)]
#[command(name = "amparo-brand", version)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// The keys that a tenant keeps off the server.
    #[command(subcommand)]
    Root(RootCommand),
    /// Signed profiles.
    #[command(subcommand)]
    Profile(ProfileCommand),
}

#[derive(Subcommand)]
enum RootCommand {
    /// Makes the root of attendants' certificates and the branding key. Never overwrites.
    New {
        /// The folder for the four files.
        #[arg(long)]
        out: PathBuf,
        /// The company's name, for the certificate.
        #[arg(long, default_value = "Amparo")]
        company: String,
    },
}

#[derive(Subcommand)]
enum ProfileCommand {
    /// Checks and signs a profile.
    Sign {
        /// The profile as JSON.
        #[arg(long)]
        json: PathBuf,
        /// The branding key, PEM or DER.
        #[arg(long)]
        key: PathBuf,
        /// The logo, PNG; fitted and its corners rounded.
        #[arg(long)]
        logo: Option<PathBuf>,
        /// The certificate of the tenant's root, PEM or DER, in place of `root` in the JSON.
        #[arg(long)]
        root: Option<PathBuf>,
        /// Where the signed profile goes.
        #[arg(long)]
        out: PathBuf,
    },
    /// Checks a signed profile and tells what it says.
    Verify {
        /// The signed profile.
        file: PathBuf,
        /// The branding key's public half (`branding.pub`) that must have signed it.
        #[arg(long)]
        key: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().what) {
        Ok(told) => {
            print!("{told}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("amparo-brand: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(what: What) -> anyhow::Result<String> {
    let now = jiff::Timestamp::now();
    match what {
        What::Root(RootCommand::New { out, company }) => {
            let made = root::create(&out, &company, now.to_zoned(jiff::tz::TimeZone::UTC).date())?;
            let files: String = made.files.iter().map(|path| format!("{}\n", path.display())).collect();
            Ok(format!(
                "{files}branding key {}\nKeep both .key files off the server and out of backups that others can read.\n",
                made.branding
            ))
        }
        What::Profile(ProfileCommand::Sign { json, key, logo, root, out }) => {
            let parts = profile::Parts { json: &json, key: &key, logo: logo.as_deref(), root: root.as_deref() };
            let (bytes, made, id) = profile::sign(&parts, u64::try_from(now.as_second())?)?;
            file::replace(&out, &bytes)?;
            Ok(profile::summary(&made, id))
        }
        What::Profile(ProfileCommand::Verify { file, key }) => {
            let trusted = key.map(|path| profile::public_key(&path)).transpose()?;
            let (read, id) = profile::verify(&file, trusted.as_ref())?;
            Ok(profile::summary(&read, id))
        }
    }
}
