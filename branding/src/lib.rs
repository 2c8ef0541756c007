//! What makes brands: a tenant's keys, its attendants' certificates, its signed profiles and its programs.
//!
//! Called by `amparo-brand`, on the machine of whoever holds the keys, which need not be the server. Never overwrites a key, and never
//! hands out a profile that it has not read back with the reader the program uses.

#![forbid(unsafe_code)]

pub mod artwork;
pub mod attach;
pub mod build;
pub mod codesign;
pub mod enrol;
pub mod file;
pub mod profile;
pub mod release;
pub mod root;
