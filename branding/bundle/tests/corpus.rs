//! What the fuzzer has kept of profiles and logos, replayed.

#![allow(clippy::unwrap_used)]

mod target;

#[test]
fn every_file_of_the_corpus_keeps_every_promise() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../protocol/fuzz/corpus/profile");
    let files: Vec<_> = std::fs::read_dir(corpus).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(!files.is_empty());
    for file in files {
        target::profile(&std::fs::read(file).unwrap());
    }
}
