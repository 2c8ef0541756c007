//! Every message in every state of the customer's and the attendant's machine: what is taken, what is dropped, what ends the session.
//!
//! The states are reached by scripts, the inputs come from the samples of the wire, so a new variant is in the matrix by itself. What
//! must always hold is asserted on every run of one and of two inputs; what each input does is fixed in the tables beside this
//! file. `AMPARO_BLESS=1 cargo test -p amparo-protocol --test matrix` writes them anew.

#![allow(clippy::unwrap_used)]

mod attendant;
#[path = "../common/mod.rs"]
mod common;
mod customer;

use std::{collections::BTreeSet, fmt::Write, fs, path::PathBuf};

use common::variants;
use serde::de::DeserializeOwned;

/// A value's variant as its `Debug` names it.
fn variant(value: &impl std::fmt::Debug) -> String {
    format!("{value:?}").split(|c: char| !c.is_alphanumeric()).next().unwrap().to_owned()
}

/// Asserts that every variant of `M` is among these.
fn covers<M: DeserializeOwned>(names: impl Iterator<Item = String>) {
    let names: BTreeSet<String> = names.collect();
    for variant in variants::of::<M>() {
        assert!(names.contains(*variant), "{variant} is not in the matrix");
    }
}

/// Compares a table with the committed one, or writes it.
fn check_table(name: &str, rows: &[(&'static str, Vec<(String, String)>)]) {
    let mut now = String::new();
    for (state, inputs) in rows {
        writeln!(now, "{state}").unwrap();
        for (input, outcome) in inputs {
            writeln!(now, "    {input:<52} {outcome}").unwrap();
        }
    }
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/matrix").join(name);
    if std::env::var_os("AMPARO_BLESS").is_some() {
        fs::write(&path, &now).unwrap();
    }
    // Windows checkouts may have other line ends.
    let fixed = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    for (fixed, now) in fixed.lines().zip(now.lines()) {
        assert_eq!(fixed, now, "{name} has changed");
    }
    assert_eq!(fixed.lines().count(), now.lines().count(), "{name} has changed");
}
