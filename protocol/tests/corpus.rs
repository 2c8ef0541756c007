//! Everything the fuzzers have kept, replayed: what was once found stays mended.

#![allow(clippy::unwrap_used)]

mod common;

use std::{collections::BTreeSet, fs, path::PathBuf};

use common::targets;

fn corpus() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus")
}

#[test]
fn every_file_of_the_corpus_keeps_every_promise() {
    for (name, target) in targets::ALL {
        let mut files = 0;
        for file in fs::read_dir(corpus().join(name)).unwrap() {
            target(&fs::read(file.unwrap().path()).unwrap());
            files += 1;
        }
        assert!(files > 0, "no corpus for {name}");
    }
}

#[test]
fn every_target_has_its_fuzz_program_and_every_folder_its_target() {
    let manifest = fs::read_to_string(corpus().with_file_name("Cargo.toml")).unwrap();
    // Profiles and programs are read by another crate, whose own tests replay their corpora.
    let known: BTreeSet<&str> = targets::ALL.iter().map(|(name, _)| *name).chain(["profile", "program"]).collect();
    for name in &known {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "fuzz/Cargo.toml has no program {name}");
        assert!(
            corpus().with_file_name("fuzz_targets").join(format!("{name}.rs")).exists(),
            "no fuzz_targets/{name}.rs"
        );
    }
    for folder in fs::read_dir(corpus()).unwrap() {
        let name = folder.unwrap().file_name().into_string().unwrap();
        assert!(known.contains(name.as_str()), "the corpus {name} has no target");
    }
}
