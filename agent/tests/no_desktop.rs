//! Started where there is no desktop that it can draw on.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::process::Command;

#[test]
fn without_x11_it_says_what_is_missing_and_ends() {
    let home = tempfile::tempdir().unwrap();
    for wayland in [None, Some("wayland-0")] {
        let mut amparo = Command::new(env!("CARGO_BIN_EXE_amparo"));
        amparo.env_clear().env("HOME", home.path()).env("XDG_RUNTIME_DIR", home.path());
        amparo.envs(wayland.map(|display| ("WAYLAND_DISPLAY", display)));
        let ended = amparo.output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(!ended.status.success(), "{said}");
        assert!(said.contains("no desktop of X11, nor Xwayland") && said.contains("DISPLAY is not set"), "{said}");
    }
}
