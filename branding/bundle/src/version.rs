//! The version of a program, and where its file says it: at a mark, so that it is known without the program being run.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Bytes of a mark: the line, the version, zeros.
pub const MARK_BYTES: usize = 48;

const LINE: &[u8] = b"AMPAROVERSION1\n";

/// Major, minor, patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version(pub [u16; 3]);

/// Not three numbers with dots between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a version is three numbers with dots between them, as 1.4.0")]
pub struct NotAVersion;

impl FromStr for Version {
    type Err = NotAVersion;

    fn from_str(text: &str) -> Result<Self, NotAVersion> {
        let mut parts = text.split('.').map(|part| {
            let plain =
                !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()) && (part == "0" || !part.starts_with('0'));
            part.parse::<u16>().ok().filter(|_| plain)
        });
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(Some(major)), Some(Some(minor)), Some(Some(patch)), None) => Ok(Self([major, minor, patch])),
            _ => Err(NotAVersion),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.0;
        write!(f, "{major}.{minor}.{patch}")
    }
}

impl TryFrom<String> for Version {
    type Error = NotAVersion;
    fn try_from(text: String) -> Result<Self, NotAVersion> {
        text.parse()
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.to_string()
    }
}

/// The mark of a version, to be kept in a static of the program.
///
/// # Panics
/// When compiled with a version of more than 32 letters.
pub const fn mark(version: &str) -> [u8; MARK_BYTES] {
    let text = version.as_bytes();
    assert!(LINE.len() + text.len() < MARK_BYTES, "a version that is too long for its mark");
    let mut bytes = [0; MARK_BYTES];
    let mut at = 0;
    while at < LINE.len() {
        bytes[at] = LINE[at];
        at += 1;
    }
    let mut from = 0;
    while from < text.len() {
        bytes[at + from] = text[from];
        from += 1;
    }
    bytes
}

/// What a mark says.
pub fn marked(mark: &[u8]) -> Option<Version> {
    let text = mark.strip_prefix(LINE)?;
    let end = text.iter().take(MARK_BYTES - LINE.len()).position(|byte| *byte == 0)?;
    std::str::from_utf8(&text[..end]).ok()?.parse().ok()
}

/// The version that this program file says it is of; `None` where it says none, or two.
pub fn of_program(program: &[u8]) -> Option<Version> {
    let mut found = None;
    let mut rest = program;
    while let Some(at) = rest.windows(LINE.len()).position(|bytes| bytes == LINE) {
        // The line alone stands wherever a program looks for it.
        if let Some(version) = marked(&rest[at..]) {
            if found.is_some_and(|other| other != version) {
                return None;
            }
            found = Some(version);
        }
        rest = &rest[at + LINE.len()..];
    }
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn versions_are_three_numbers_and_are_compared_as_numbers() {
        let version = |text: &str| text.parse::<Version>().unwrap();
        assert!(version("0.10.0") > version("0.9.9"));
        assert_eq!(version("1.2.3").to_string(), "1.2.3");
        for wrong in ["", "1", "1.2", "1.2.3.4", "1.2.x", "1.2.3-rc1", "01.2.3", "1..3", "+1.2.3", "1.2.65536"] {
            assert_eq!(wrong.parse::<Version>(), Err(NotAVersion), "{wrong}");
        }
    }

    #[test]
    fn a_program_says_one_version_at_its_mark() {
        let program = |marks: &[&[u8]]| [&[7; 100][..], &marks.concat(), &[9; 100]].concat();
        let (one, two) = (mark("0.1.0"), mark("0.2.0"));
        assert_eq!(of_program(&program(&[&one])), Some(Version([0, 1, 0])));
        assert_eq!(of_program(&program(&[LINE, b"Kind", &one])), Some(Version([0, 1, 0])), "the line alone is no mark");
        assert_eq!(of_program(&program(&[&one, &one])), Some(Version([0, 1, 0])));
        assert_eq!(of_program(&program(&[&one, &two])), None, "two that differ");
        assert_eq!(of_program(&program(&[])), None);
        assert_eq!(of_program(&one[..LINE.len() + 3]), None, "cut off");
    }
}
