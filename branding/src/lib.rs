//! What makes brands: a tenant's keys, its attendants' certificates and its signed profiles.
//!
//! Called by `amparo-brand`, on the machine of whoever holds the keys, which need not be the server. Never overwrites a key, and never
//! hands out a profile that it has not read back with the reader the program uses.

#![forbid(unsafe_code)]

pub mod artwork;
pub mod enrol;
pub mod file;
pub mod profile;
pub mod root;
