//! The company's own provider, and a relay whose company has one.

#![allow(dead_code, unused_imports, missing_docs, clippy::unwrap_used)]

pub mod provider;
pub mod scene;

pub use provider::*;
