//! `amparo-relay`: see [`amparo_relay::cli`].

#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    amparo_relay::cli::run(amparo_relay::cli::Args::parse()).await
}
