//! What holds for any bytes given as a profile; the fuzz target and the replay of its corpus run the same code.

use amparo_bundle::{Logo, Profile, open};

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
