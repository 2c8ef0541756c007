//! Updates: whether a newer program is one to trust, fetching it, and putting it in the place of this one.
//!
//! [`Updater`] decides, fetches beside the running program, and puts the new one in its place while no session runs. [`install()`], once the windows are
//! closed, starts the new program and watches it: one that does not start three times gives way to the one before. Nothing here believes
//! the relay: the release is signed by a key that this program was compiled with, the file is compared with it by its code, and its brand
//! must be this one's ([`bundle::release`]).

mod install;
mod kept;
mod place;
mod updater;

pub use install::{OnTrial, Start, begin, install};
pub use place::Place;
pub use updater::{Check, Checked, Do, Hurry, Setup, Updater};

pub use crate::gui::view_model::UpdateTrouble as Trouble;

use std::hint::black_box;

use bundle::{
    KeyId, Version,
    version::{MARK_BYTES, mark, marked},
};

/// Where this program's file says which version it is of.
#[used]
static VERSION: [u8; MARK_BYTES] = mark(env!("CARGO_PKG_VERSION"));

/// The version of this program, as its file says.
pub fn version() -> Version {
    // Read where it lies, not as it was compiled: the file is what was released.
    marked(black_box(&VERSION)).unwrap_or_default()
}

/// The keys whose releases this program takes: those it was compiled with.
pub fn keys() -> Vec<KeyId> {
    let compiled = option_env!("AMPARO_RELEASE_KEYS").unwrap_or_default().to_owned();
    // Tests have programs of their own, with keys of their own.
    #[cfg(feature = "_automation")]
    let compiled = std::env::var("AMPARO_RELEASE_KEYS").unwrap_or(compiled);
    read_keys(&compiled)
}

fn read_keys(text: &str) -> Vec<KeyId> {
    text.split(',').filter_map(|digits| key(digits.trim())).collect()
}

fn key(digits: &str) -> Option<KeyId> {
    let mut public = [0; 32];
    if digits.len() != 64 || !digits.is_ascii() {
        return None;
    }
    for (at, byte) in public.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(KeyId::from_public_key(public))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_file_says_which_version_it_is_of() {
        assert_eq!(version().to_string(), env!("CARGO_PKG_VERSION"));
        let program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        assert_eq!(bundle::version::of_program(&program), Some(version()));
    }

    #[test]
    fn what_is_no_key_is_no_key() {
        let good = "0b".repeat(32);
        assert_eq!(read_keys(&good).len(), 1);
        assert_eq!(read_keys(&format!("{good}, {good}")).len(), 2);
        for none in ["", ",", "0b", &good[1..], &"zz".repeat(32), &"é".repeat(32)] {
            assert!(read_keys(none).is_empty(), "{none}");
        }
    }
}
