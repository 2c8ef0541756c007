//! The relay of Amparo: programs connect to it over QUIC, it pairs them and splices their streams, writes every session down with
//! its ticket actions, and serves the console on the same port number.
//!
//! It never decodes what it carries between customer and attendant. `amparo-relay` is a thin command line around [`relay::Relay`].

#![forbid(unsafe_code)]

pub mod account;
pub(crate) mod appointment;
pub mod apps;
pub mod cli;
pub mod config;
pub mod console;
pub(crate) mod contact;
pub mod directory;
pub mod enrolment;
pub(crate) mod external;
pub mod invitation;
pub mod key;
pub mod listener;
pub mod mail;
pub(crate) mod notice;
pub mod oidc;
pub mod places;
pub mod profile;
pub mod programs;
pub mod queue;
pub mod relay;
pub mod session;
pub mod telling;
