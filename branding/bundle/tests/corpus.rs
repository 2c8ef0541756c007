//! What the fuzzers have kept of profiles, logos and programs, replayed.

#![allow(clippy::unwrap_used)]

mod target;

#[test]
fn every_file_of_the_corpora_keeps_every_promise() {
    for (name, promise) in [("profile", target::profile as fn(&[u8])), ("program", target::program)] {
        let corpus = format!("{}/../../protocol/fuzz/corpus/{name}", env!("CARGO_MANIFEST_DIR"));
        let files: Vec<_> = std::fs::read_dir(corpus).unwrap().map(|file| file.unwrap().path()).collect();
        assert!(!files.is_empty());
        for file in files {
            promise(&std::fs::read(file).unwrap());
        }
    }
}
