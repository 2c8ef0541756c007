//! How a line of the audit log is bound to the one before it. No I/O.

use std::{fmt, str::FromStr};

use ring::digest::{Context, SHA256};

/// First into every hash, so that nothing else we hash can be taken for a line. A change of what follows changes it too.
const DOMAIN: &[u8] = b"amparo audit line 1";
/// Hexadecimal digits of the short form: 64 bits, to be copied by hand. Whoever rewrites the log cannot choose a hash.
const SHORT: usize = 16;

/// A place in the chain: a line's number and hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AuditHead {
    /// Number within the tenant, from 1.
    pub seq: u64,
    /// Over everything up to here.
    pub hash: [u8; 32],
}

impl AuditHead {
    /// Before the first line.
    pub const NONE: Self = Self { seq: 0, hash: [0; 32] };

    /// `48:9f86d081884c7d65`: what tickets and receipts show.
    pub fn short(&self) -> String {
        let mut text = self.to_string();
        text.truncate(text.len() - (64 - SHORT));
        text
    }
}

/// `48:` and all 64 digits.
impl fmt::Display for AuditHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.seq)?;
        self.hash.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A place in the chain as somebody has noted it: the number and at least the first 16 digits of the hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditMark {
    /// The line's number.
    pub seq: u64,
    /// The first digits of its hash, in lower case.
    digits: String,
}

impl AuditMark {
    /// Whether it is this line.
    pub fn is(&self, head: &AuditHead) -> bool {
        head.to_string().strip_prefix(&format!("{}:", self.seq)).is_some_and(|hash| hash.starts_with(&self.digits))
    }
}

impl From<AuditHead> for AuditMark {
    fn from(head: AuditHead) -> Self {
        head.to_string().parse().expect("a head is shown as it is read")
    }
}

/// Text that is not a place in the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a place in the audit log: write the number, a colon and 16 to 64 hexadecimal digits")]
pub struct AuditMarkError;

impl FromStr for AuditMark {
    type Err = AuditMarkError;

    fn from_str(text: &str) -> Result<Self, AuditMarkError> {
        let (seq, digits) = text.trim().split_once(':').ok_or(AuditMarkError)?;
        let fits = (SHORT..=64).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_hexdigit());
        let seq = seq.parse().map_err(|_| AuditMarkError)?;
        if fits { Ok(Self { seq, digits: digits.to_ascii_lowercase() }) } else { Err(AuditMarkError) }
    }
}

/// A line as it lies in the database, whatever it has become there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawLine<'a> {
    pub tenant: &'a [u8],
    pub seq: i64,
    pub operator: Option<&'a [u8]>,
    pub who: &'a str,
    pub what: &'a str,
    pub subject: &'a str,
    pub detail: &'a str,
    pub source: &'a str,
    pub at: i64,
}

/// The hash of a line that follows `previous`. Every field goes in with its length before it, so that no two lines give the same bytes.
pub(crate) fn link(previous: &[u8; 32], line: &RawLine<'_>) -> [u8; 32] {
    let mut hash = Context::new(&SHA256);
    let mut field = |bytes: &[u8]| {
        hash.update(&(bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    field(DOMAIN);
    field(previous);
    field(line.tenant);
    field(&line.seq.to_be_bytes());
    // Nobody is something else than an id of no bytes.
    field(&[u8::from(line.operator.is_some())]);
    field(line.operator.unwrap_or_default());
    for text in [line.who, line.what, line.subject, line.detail, line.source] {
        field(text.as_bytes());
    }
    field(&line.at.to_be_bytes());
    hash.finish().as_ref().try_into().expect("SHA-256 has 32 bytes")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn line<'a>() -> RawLine<'a> {
        RawLine {
            tenant: &[1; 16],
            seq: 1,
            operator: None,
            who: "ana",
            what: "login",
            subject: "x",
            detail: "",
            source: "127.0.0.1",
            at: 5,
        }
    }

    #[test]
    fn the_hash_is_the_one_that_others_can_compute() {
        // Computed with Python's hashlib and struct from the description above.
        assert_eq!(
            AuditHead { seq: 1, hash: link(&[0; 32], &line()) }.to_string(),
            "1:c4d612837d7cf704c83133a5428a8349ed489d39162df4202493aabb36f52fca"
        );
    }

    #[test]
    fn every_field_and_the_border_between_fields_counts() {
        let plain = link(&[0; 32], &line());
        let others = [
            RawLine { tenant: &[2; 16], ..line() },
            RawLine { seq: 2, ..line() },
            RawLine { operator: Some(&[]), ..line() },
            RawLine { who: "an", what: "alogin", ..line() },
            RawLine { subject: "", detail: "x", ..line() },
            RawLine { source: "127.0.0.2", ..line() },
            RawLine { at: 6, ..line() },
        ];
        for other in others {
            assert_ne!(link(&[0; 32], &other), plain, "{other:?}");
        }
        assert_ne!(link(&[1; 32], &line()), plain);
    }

    #[test]
    fn a_place_is_read_as_it_is_shown_in_full_or_in_short() {
        let head = AuditHead { seq: 48, hash: [0xab; 32] };
        assert_eq!(head.short(), "48:abababababababab");
        for text in [head.short(), head.to_string(), head.short().to_uppercase(), format!(" {} ", head.short())] {
            assert!(text.parse::<AuditMark>().unwrap().is(&head), "{text}");
        }
        for other in ["47:abababababababab", "48:abababababababac", "4:8abababababababa"] {
            assert!(!other.parse::<AuditMark>().unwrap().is(&head), "{other}");
        }
        for wrong in
            ["", "48", "48:", "48:ababababababaZab", "48:ababababab", "x:abababababababab", "-1:abababababababab"]
        {
            assert!(wrong.parse::<AuditMark>().is_err(), "{wrong}");
        }
    }
}
