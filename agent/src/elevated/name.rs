//! The pipe's name. Drawn anew each time, so that nobody is there before us, and nobody waits for it.

use std::{fmt, str::FromStr};

const PREFIX: &str = r"\\.\pipe\amparo-";
const DIGITS: usize = 32;

/// A name of ours, and of nothing but pipes on this computer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PipeName(u128);

impl PipeName {
    /// One that nobody can guess.
    #[cfg(any(windows, test))]
    pub(super) fn draw() -> Self {
        Self(rand::random())
    }
}

impl fmt::Display for PipeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{:0DIGITS$x}", self.0)
    }
}

/// Not the name of a pipe of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a pipe of this program")]
pub struct NotOurs;

impl FromStr for PipeName {
    type Err = NotOurs;

    fn from_str(text: &str) -> Result<Self, NotOurs> {
        let digits = text.strip_prefix(PREFIX).ok_or(NotOurs)?;
        // A number may have a sign in front of it; a name may not.
        if digits.len() != DIGITS || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(NotOurs);
        }
        u128::from_str_radix(digits, 16).map(Self).map_err(|_| NotOurs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_they_are_read() {
        for name in [PipeName::draw(), PipeName(0), PipeName(u128::MAX)] {
            assert_eq!(name.to_string().parse::<PipeName>(), Ok(name));
        }
        assert_ne!(PipeName::draw(), PipeName::draw());
        assert_eq!(PipeName(0xab).to_string(), r"\\.\pipe\amparo-000000000000000000000000000000ab");
    }

    #[test]
    fn no_other_name_is_taken() {
        let digits = "0123456789abcdef0123456789abcdef";
        for name in [
            String::new(),
            digits.to_owned(),
            format!(r"\\.\pipe\{digits}"),
            format!(r"\\.\pipe\amparo{digits}"),
            format!(r"\\server\pipe\amparo-{digits}"),
            format!(r"\\?\pipe\amparo-{digits}"),
            format!(r"C:\amparo-{digits}"),
            format!(r"\\.\pipe\amparo-{}", &digits[1..]),
            format!(r"\\.\pipe\amparo-{digits}0"),
            format!(r"\\.\pipe\amparo-+{}", &digits[1..]),
            format!(r"\\.\pipe\amparo-..\{}", &digits[3..]),
            format!(r"\\.\pipe\amparo-g{}", &digits[1..]),
            format!(r" \\.\pipe\amparo-{digits}"),
        ] {
            assert_eq!(name.parse::<PipeName>(), Err(NotOurs), "{name}");
        }
    }
}
