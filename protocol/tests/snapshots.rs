//! The bytes of every message, fixed: the format of the wire cannot change unnoticed.
//!
//! `AMPARO_BLESS=1 cargo test -p amparo-protocol --test snapshots` writes what is missing or has changed; a change of a file that was
//! there is a change of the protocol's version. It writes the fuzz targets' corpus, too.

#![allow(clippy::unwrap_used)]

mod common;

use std::{collections::BTreeSet, fmt::Write, fs, path::PathBuf};

use amparo_protocol::{
    id::SessionId,
    message::stream::{StreamHead, StreamKind},
};
use common::samples::{Sample, families};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots")
}

fn blessing() -> bool {
    std::env::var_os("AMPARO_BLESS").is_some()
}

/// Bytes as people compare them: sixteen to a line.
fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for line in bytes.chunks(16) {
        let line: Vec<String> = line.iter().map(|byte| format!("{byte:02x}")).collect();
        writeln!(text, "{}", line.join(" ")).unwrap();
    }
    text
}

/// The stream heads are not in the messages' format and have a table of their own.
fn heads() -> Vec<(String, Vec<u8>)> {
    let head = |kind| StreamHead::new(SessionId::from_bytes([0x51; 16]), kind, 0x0102_0304_0506_0708);
    StreamKind::ALL.map(|kind| (format!("stream_head/{kind:?}.hex"), head(kind).to_bytes().to_vec())).to_vec()
}

fn snapshots() -> Vec<(String, Vec<u8>)> {
    let name = |sample: &Sample| format!("{}/{}.hex", sample.family, sample.case);
    let samples = families().into_iter().flat_map(|family| family.samples);
    samples.map(|sample| (name(&sample), sample.body)).chain(heads()).collect()
}

#[test]
fn every_variant_of_every_message_has_a_snapshot() {
    for family in families() {
        let cases: BTreeSet<&str> =
            family.samples.iter().map(|sample| sample.case.split('-').next().unwrap()).collect();
        for (index, variant) in family.variants.iter().enumerate() {
            // Variants are named on the wire by their place; some are written in snake case in records.
            let found = cases.iter().any(|case| case.to_lowercase() == variant.replace('_', "").to_lowercase());
            assert!(found, "{} has no sample of its variant {index}, `{variant}`", family.name);
        }
        assert!(!family.samples.is_empty());
    }
}

#[test]
fn the_bytes_of_every_message_are_those_of_the_snapshots() {
    let mut differing = Vec::new();
    for (name, bytes) in snapshots() {
        let path = folder().join(&name);
        let now = hex(&bytes);
        // Windows checkouts may have other line ends.
        let fixed = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
        if blessing() && fixed != now {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, now).unwrap();
        } else if fixed != now {
            differing.push(format!("{name}\nfixed:\n{fixed}now:\n{now}"));
        }
    }
    assert!(differing.is_empty(), "the wire format has changed:\n{}", differing.join("\n"));
}

#[test]
fn no_snapshot_is_left_over() {
    let named: BTreeSet<String> = snapshots().into_iter().map(|(name, _)| name).collect();
    for family in fs::read_dir(folder()).unwrap() {
        let family = family.unwrap();
        for file in fs::read_dir(family.path()).unwrap() {
            let name =
                format!("{}/{}", family.file_name().to_str().unwrap(), file.unwrap().file_name().to_str().unwrap());
            assert!(named.contains(&name), "{name} belongs to no message");
        }
    }
}

/// A seed per snapshot for the fuzz target that reads its family.
#[test]
fn the_corpus_holds_every_snapshot() {
    let target = |family: &str| match family {
        "to_relay" | "from_relay" | "input" | "batch" | "shown" | "pointer" | "stream_head" => Some(family.to_owned()),
        "from_attendant" | "from_customer" => Some("handshake".to_owned()),
        "control" | "attendant_says" | "customer_says" => Some("control".to_owned()),
        // Parts of other messages.
        _ => None,
    };
    let corpus = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let mut seeds: Vec<(PathBuf, Vec<u8>)> = Vec::new();
    let mut stream = vec![6];
    for (name, bytes) in snapshots() {
        let (family, case) = name.trim_end_matches(".hex").split_once('/').unwrap();
        if let Some(target) = target(family) {
            seeds.push((corpus.join(target).join(format!("{family}-{case}")), bytes.clone()));
        }
        if family == "control" {
            stream.extend_from_slice(&u32::try_from(bytes.len()).unwrap().to_le_bytes());
            stream.extend_from_slice(&bytes);
        }
    }
    seeds.push((corpus.join("reassembler/control-stream"), stream));
    for (path, bytes) in seeds {
        if blessing() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &bytes).unwrap();
        }
        assert_eq!(fs::read(&path).unwrap_or_default(), bytes, "{}", path.display());
    }
}
