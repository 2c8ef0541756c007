//! A provider for OpenID Connect, to log in to the console with: `cargo run -p amparo-relay --example provider`.
//!
//! Keeps nothing and asks for no password: whoever is named at its page is who comes back. Prints what the console's page about the
//! company's provider asks for, its own certificate last, and serves until it is interrupted.

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../tests/oidc/provider.rs"]
mod provider;

use provider::{CLIENT, Provider, SECRET};
use tickets::clock::Clock;

#[tokio::main]
async fn main() {
    let provider = Provider::start(Clock::system()).await;
    println!("client {CLIENT}\nsecret {SECRET}\nissuer {}\n{}", provider.issuer, provider.authority);
    tokio::signal::ctrl_c().await.unwrap();
}
