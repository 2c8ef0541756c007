//! The command line: `serve`, `doctor`, `admin`, `audit`, `root`. Exit codes: 0 done, 1 failed, 2 wrong use.

mod admin;
mod audit;
mod doctor;
mod root;
mod signing;

use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::{Parser, Subcommand};
use tokio_util::sync::CancellationToken;

use crate::{
    config::{Config, FirstStart, PublicUrl},
    enrolment::Custody,
    profile,
    relay::Relay,
};

/// The relay of Amparo: remote support that becomes a ticket.
#[derive(Debug, Parser)]
#[command(name = "amparo-relay", version, about)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve programs and the console. The first start prints a one-time set-up link.
    Serve(Serve),
    /// Say what is wrong with this server and what to do.
    Doctor {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        signing: signing::Signing,
    },
    /// Who holds the company's root.
    #[command(subcommand)]
    Root(root::What),
    /// Look after users and profiles on this machine.
    Admin {
        #[command(flatten)]
        place: Place,
        #[command(subcommand)]
        what: admin::What,
    },
    /// Look after the audit log.
    Audit {
        #[command(subcommand)]
        what: audit::What,
    },
}

/// Where the server's data is and where it serves.
#[derive(Debug, Clone, clap::Args)]
struct Place {
    /// Folder of the database and the keys.
    #[arg(long, env = "AMPARO_DATA", default_value = "amparo-data")]
    data: PathBuf,
    /// Address and port: UDP for programs, TCP for the console.
    #[arg(long, env = "AMPARO_LISTEN", default_value = "0.0.0.0:7443")]
    listen: SocketAddr,
    /// How customers reach this server: https://host:port. Goes into profiles and links.
    #[arg(long, env = "AMPARO_PUBLIC_URL")]
    public_url: Option<PublicUrl>,
}

#[derive(Debug, clap::Args)]
struct Serve {
    #[command(flatten)]
    place: Place,
    /// First start: the company's name.
    #[arg(long, default_value = "Amparo")]
    company: String,
    /// First start: the title of the customers' program.
    #[arg(long)]
    title: Option<String>,
    /// First start: the brand colour, six hexadecimal digits.
    #[arg(long, value_parser = |text: &str| profile::accent(text).map_err(|e| e.to_string()))]
    accent: Option<[u8; 3]>,
    /// Webhooks may be at addresses of this server's own network too, also without encryption.
    #[arg(long, env = "AMPARO_WEBHOOKS_PRIVATE")]
    webhooks_private: bool,
    #[command(flatten)]
    signing: signing::Signing,
}

/// Does what the command line says and prints what went wrong, once, with its causes.
pub async fn run(args: Args) -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info,sqlx=warn".into()),
        )
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .init();
    let done = match args.command {
        Command::Serve(serve) => serve.run().await.map(|()| ExitCode::SUCCESS),
        Command::Doctor { place, signing } => Ok(doctor::run(&place, signing).await),
        Command::Audit { what } => audit::run(what).await,
        Command::Root(what) => root::run(what).await.map(|()| ExitCode::SUCCESS),
        Command::Admin { place, what } => admin::run(&place, what).await.map(|()| ExitCode::SUCCESS),
    };
    done.unwrap_or_else(|error| {
        eprintln!("amparo-relay: {error:#}");
        ExitCode::FAILURE
    })
}

impl Serve {
    async fn run(self) -> anyhow::Result<()> {
        let mut config = Config::new(self.place.data, self.place.listen);
        config.public_url = self.place.public_url;
        config.webhooks_private = self.webhooks_private;
        config.signer = self.signing.signer().context("reading how programs for Windows are signed")?;
        let usual = FirstStart::default();
        config.first =
            FirstStart { company: self.company, title: self.title, accent: self.accent.unwrap_or(usual.accent) };

        let relay = Relay::load(config).await?;
        let shared = relay.shared();
        println!("Console: {}", shared.public_url);
        if let Some(link) = relay.setup_link() {
            println!("Set-up:  {link}");
            println!(
                "         Open it once to name the company and make the first administrator. It is gone afterwards."
            );
        }
        match shared.keys.tenant(shared.first_tenant)?.custody() {
            Custody::Server => println!(
                "Keys:    {} holds the company's root and branding key: whoever has this server can name attendants.",
                shared.config.data.display()
            ),
            Custody::Elsewhere => {
                println!(
                    "Keys:    the company's root is kept elsewhere: attendants are enrolled by the administrator."
                );
            }
        }
        let shutdown = CancellationToken::new();
        tokio::spawn(stop_on_signal(shutdown.clone()));
        relay.run(shutdown).await
    }
}

/// Ctrl-C, and on Unix the signal of service managers.
async fn stop_on_signal(shutdown: CancellationToken) {
    if let Err(error) = signal().await {
        tracing::warn!(
            error = &*error as &dyn std::error::Error,
            "signals are not heard: the relay must be killed to stop"
        );
        return;
    }
    shutdown.cancel();
}

#[cfg(unix)]
async fn signal() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut term = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted.context("listening for Ctrl-C"),
        _ = term.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn signal() -> anyhow::Result<()> {
    tokio::signal::ctrl_c().await.context("listening for Ctrl-C")
}
