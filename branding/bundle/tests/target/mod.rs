//! What holds for any bytes given as a profile or as a program; the fuzz targets and the replay of their corpora run the same code.

use amparo_bundle::{Logo, Profile, carried, code, open, release, version};

/// The bytes as a signed profile, as the JSON inside one, and as a logo: no panic, and what was read can be written and read again.
pub fn profile(bytes: &[u8]) {
    let read = open(bytes, None).map(|(profile, _)| profile).ok();
    let parsed = Profile::parse(bytes).ok();
    for profile in read.into_iter().chain(parsed) {
        let again = Profile::parse(&profile.to_json()).expect("what we write, we read");
        assert!(again == profile, "a profile changed by being written and read");
    }
    if let Ok(logo) = Logo::from_png(bytes) {
        let again = Logo::from_png(logo.png()).expect("what we write, we read");
        assert!(again == logo, "a logo changed by being written and read");
    }
}

/// The bytes as a program that a server sends, and as the release it comes with, in its envelope and without: no panic, what is told of the
/// code of a program is told again of the same bytes, and a release that was read can be written and read again.
pub fn program(bytes: &[u8]) {
    let code = code::digest(bytes);
    assert_eq!(code, code::digest(bytes), "the same bytes have two codes");
    let _ = carried::carried(bytes);
    let _ = version::of_program(bytes);
    let enveloped = release::read(bytes).map(|trusted| trusted.release).ok();
    for read in enveloped.into_iter().chain(release::parse(bytes).ok()) {
        let again = release::parse(&read.to_json()).expect("what we write, we read");
        assert_eq!(again, read, "a release changed by being written and read");
    }
}
