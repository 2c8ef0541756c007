//! What the fuzz target `program` begins with: whole programs with a brand and whole releases, which no fuzzer comes upon by itself, since
//! nothing behind a signature that does not hold is read.
//!
//! `AMPARO_BLESS=1` makes them anew, signed with new keys.

#![allow(clippy::unwrap_used)]

#[allow(dead_code)]
mod programs;

use std::{fs, path::PathBuf};

use amparo_branding::{
    artwork::Picture,
    attach::{Brand, attach},
};
use bundle::{
    Carried, CarriedError, Load, SigningKey, System, Version,
    carried::{carried, set_checksum},
    release::{self, Program, Refused, Release, Revoked, Ring},
    version,
};
use programs::{Parts, pe_of};

/// Where PE says where its certificates are, in the programs made here.
const CERTIFICATES_ENTRY: usize = 0x98 + 112 + 8 * 4;

fn corpus() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "..", "protocol", "fuzz", "corpus", "program"].iter().collect()
}

/// The file of this name; made anew where that is asked.
fn seed(name: &str, make: impl FnOnce() -> Vec<u8>) -> Vec<u8> {
    let path = corpus().join(name);
    if std::env::var_os("AMPARO_BLESS").is_some() {
        fs::write(&path, make()).unwrap();
    }
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}: AMPARO_BLESS=1 makes it", path.display()))
}

fn small_parts() -> Parts {
    // One colour: a fuzzer is slower the longer its inputs are.
    let picture = br##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><rect width="1" height="1" fill="#2f4fa0"/></svg>"##;
    let mut parts = Parts::new();
    parts.picture = Picture::read(picture).unwrap();
    parts
}

fn branded(template: &[u8], parts: &Parts, load: Load<'_>) -> Vec<u8> {
    let Parts { profile, key, picture, .. } = parts;
    attach(template, &Brand { profile, load, key, picture, version: Version([0, 1, 0]) }).unwrap()
}

/// A program with a table of certificates behind it, as a code signature leaves it: entries of `lengths`.
fn certified(mut program: Vec<u8>, lengths: &[u32]) -> Vec<u8> {
    program.resize(program.len().next_multiple_of(8), 0);
    let table: Vec<u8> = lengths
        .iter()
        .flat_map(|length| {
            let mut entry = vec![0; (*length as usize).max(8).next_multiple_of(8)];
            entry[..4].copy_from_slice(&length.to_le_bytes());
            entry
        })
        .collect();
    let (at, length) = (program.len() as u32, table.len() as u32);
    program[CERTIFICATES_ENTRY..CERTIFICATES_ENTRY + 4].copy_from_slice(&at.to_le_bytes());
    program[CERTIFICATES_ENTRY + 4..CERTIFICATES_ENTRY + 8].copy_from_slice(&length.to_le_bytes());
    program.extend(table);
    set_checksum(&mut program).unwrap();
    program
}

#[test]
fn programs_with_a_brand_are_among_the_seeds() {
    let parts = small_parts();
    let whole = |template: &[u8]| branded(template, &parts, Load::Profile(&parts.signed));
    let pinned = |template: &[u8]| branded(template, &parts, Load::Pin(parts.key.id()));
    let elf = fs::read(corpus().join("elf")).unwrap();
    let pe = pe_of(0x200);

    for (name, bytes) in
        [("elf-branded", seed("elf-branded", || whole(&elf))), ("pe-branded", seed("pe-branded", || whole(&pe)))]
    {
        assert!(matches!(carried(&bytes), Ok(Some(Carried::Profile(..)))), "{name}");
    }
    for (name, bytes) in
        [("elf-pinned", seed("elf-pinned", || pinned(&elf))), ("pe-pinned", seed("pe-pinned", || pinned(&pe)))]
    {
        assert!(matches!(carried(&bytes), Ok(Some(Carried::Pin(_)))), "{name}");
    }
    let signed = seed("pe-signed", || certified(pinned(&pe), &[8, 20]));
    assert!(matches!(carried(&signed), Ok(Some(Carried::Pin(_)))));
    let short = seed("pe-signed-short", || certified(pinned(&pe), &[7]));
    assert!(matches!(carried(&short), Err(CarriedError::Certificates)));
    let checksum = seed("pe-checksum", || {
        let mut bytes = pinned(&pe);
        bytes[0x98 + 64] ^= 1;
        bytes
    });
    assert!(matches!(carried(&checksum), Err(CarriedError::Checksum)));
    let moved = seed("pe-signed-elsewhere", || {
        let mut bytes = certified(pinned(&pe), &[8]);
        bytes[CERTIFICATES_ENTRY] ^= 8;
        bytes
    });
    assert!(matches!(carried(&moved), Err(CarriedError::Certificates)));
    let altered = seed("pe-altered", || {
        let mut bytes = pinned(&pe);
        bytes[0x400] ^= 1;
        bytes
    });
    assert!(matches!(carried(&altered), Err(CarriedError::Seal)));
}

#[test]
fn programs_that_say_their_version_are_among_the_seeds() {
    let elf = fs::read(corpus().join("elf")).unwrap();
    assert_eq!(version::of_program(&elf), Some(Version([0, 1, 0])));
    let again = seed("elf-version-again", || [&elf[..], &version::mark("0.1.0")].concat());
    assert_eq!(version::of_program(&again), Some(Version([0, 1, 0])));
    let two = seed("elf-two-versions", || [&elf[..], &version::mark("1.5.0")].concat());
    assert_eq!(version::of_program(&two), None);
}

fn whole_release() -> Release {
    Release {
        product: release::PRODUCT.to_owned(),
        channel: release::CHANNEL.to_owned(),
        version: Version([1, 4, 0]),
        minimum: Version([1, 0, 0]),
        made_at_unix_s: 1_795_000_000,
        valid_until_unix_s: 1_800_000_000,
        rings: vec![
            Ring { percent: 10, from_unix_s: 1_795_000_000 },
            Ring { percent: 100, from_unix_s: 1_795_100_000 },
        ],
        revoked: vec![Revoked([0x44; 32])],
        programs: [System::Linux, System::Windows]
            .map(|system| Program { system, bytes: 1 << 20, sha256: [0x55; 32], code_sha256: [0x66; 32] })
            .to_vec(),
    }
}

#[test]
fn whole_releases_are_among_the_seeds() {
    let key = SigningKey::generate().unwrap();
    let signed = seed("release-signed", || release::sign(&whole_release(), &key));
    assert_eq!(release::read(&signed).unwrap().release, whole_release());
    let altered = seed("release-altered", || {
        let mut bytes = release::sign(&whole_release(), &key);
        bytes[80] ^= 1;
        bytes
    });
    assert!(matches!(release::read(&altered), Err(Refused::Envelope(_))));
    let cut = seed("release-cut", || {
        let bytes = release::sign(&whole_release(), &key);
        bytes[..bytes.len() - 1].to_vec()
    });
    assert!(matches!(release::read(&cut), Err(Refused::Envelope(_))));

    let json = seed("release-json", || whole_release().to_json());
    assert_eq!(release::parse(&json).unwrap(), whole_release());
    let text = String::from_utf8(json).unwrap();
    for (name, from, to) in [
        ("release-two-numbers", "1.4.0", "1.4"),
        ("release-leading-zero", "1.4.0", "1.04.0"),
        ("release-large-number", "1.4.0", "1.65536.0"),
        ("release-field-unknown", "\"product\"", "\"path\":\"a\",\"product\""),
        ("release-short-digest", "5555", "55"),
    ] {
        let bytes = seed(name, || text.replacen(from, to, 1).into_bytes());
        assert!(matches!(release::parse(&bytes), Err(Refused::Unreadable(_))), "{name}");
    }
    let long = seed("release-long-list", || {
        let mut release = whole_release();
        release.revoked = vec![Revoked([0x44; 32]); 17];
        release.to_json()
    });
    assert!(matches!(release::parse(&long), Err(Refused::Unreadable(_))));
}
