//! Ids and secrets that people and programs name things by, each its own type so that none is taken for another.
//!
//! Used by every crate. What is parsed here has been checked once and for all; nobody checks it again.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use crate::limits;

/// Text that is not the id it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {what}")]
pub struct ParseIdError {
    /// What the text was read as.
    pub what: &'static str,
}

/// The number a program is reached by: nine digits, shown `123 456 789`.
///
/// Random, not derived from hardware, given by the relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct DeviceId(u32);

impl DeviceId {
    /// The smallest id: every id has nine digits.
    pub const MIN: u32 = 100_000_000;
    /// The largest id.
    pub const MAX: u32 = 999_999_999;

    /// The id with this number, if it has nine digits.
    pub fn new(number: u32) -> Option<Self> {
        (Self::MIN..=Self::MAX).contains(&number).then_some(Self(number))
    }

    /// An id from random bits; every id is about equally likely.
    pub fn from_entropy(random: u64) -> Self {
        let span = u64::from(Self::MAX - Self::MIN + 1);
        Self(Self::MIN + u32::try_from(random % span).expect("the span fits 32 bits"))
    }

    /// The bare number.
    pub fn number(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for DeviceId {
    type Error = ParseIdError;
    fn try_from(number: u32) -> Result<Self, ParseIdError> {
        Self::new(number).ok_or(ParseIdError { what: "ID" })
    }
}

impl From<DeviceId> for u32 {
    fn from(id: DeviceId) -> u32 {
        id.0
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03} {:03} {:03}", self.0 / 1_000_000, self.0 / 1_000 % 1_000, self.0 % 1_000)
    }
}

impl FromStr for DeviceId {
    type Err = ParseIdError;

    /// Reads what a person types: blanks, dots and dashes between the digits do not matter.
    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let digits: String = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '.' | '-')).collect();
        if digits.len() != 9 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(ParseIdError { what: "ID" });
        }
        digits.parse().ok().and_then(Self::new).ok_or(ParseIdError { what: "ID" })
    }
}

/// The one-time secret a customer reads out: eight Crockford base-32 symbols (40 bits), shown `K7QF-2M9X`.
///
/// Wiped from memory when dropped, never printed by `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "[u8; 8]", into = "[u8; 8]")]
pub struct Password([u8; 8]);

const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl Password {
    /// The password that these 40 bits spell.
    pub fn from_entropy(random: [u8; 5]) -> Self {
        let bits = random.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        let mut symbols = [0; 8];
        for (i, symbol) in symbols.iter_mut().enumerate() {
            *symbol = CROCKFORD[(bits >> (35 - 5 * i) & 31) as usize];
        }
        Self(symbols)
    }

    /// The password as it is shown and read out, `K7QF-2M9X`. Only for the eyes of the person it belongs to.
    pub fn reveal(&self) -> String {
        let text = std::str::from_utf8(&self.0).expect("Crockford symbols are ASCII");
        format!("{}-{}", &text[..4], &text[4..])
    }

    /// The eight symbols, as the PAKE takes them.
    pub fn symbols(&self) -> &[u8; 8] {
        &self.0
    }
}

impl TryFrom<[u8; 8]> for Password {
    type Error = ParseIdError;
    fn try_from(symbols: [u8; 8]) -> Result<Self, ParseIdError> {
        if symbols.iter().all(|s| CROCKFORD.contains(s)) {
            Ok(Self(symbols))
        } else {
            Err(ParseIdError { what: "password" })
        }
    }
}

impl From<Password> for [u8; 8] {
    fn from(password: Password) -> [u8; 8] {
        password.0
    }
}

impl FromStr for Password {
    type Err = ParseIdError;

    /// Reads what a person types: case, blanks and dashes do not matter, and `O`, `I`, `L` are read as the digits they look like.
    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let wrong = ParseIdError { what: "password" };
        let mut symbols = [0; 8];
        let mut typed = text.chars().filter(|c| !c.is_whitespace() && *c != '-');
        for symbol in &mut symbols {
            let c = typed.next().ok_or(wrong.clone())?.to_ascii_uppercase();
            let c = match c {
                'O' => '0',
                'I' | 'L' => '1',
                c => c,
            };
            *symbol = u8::try_from(c).ok().filter(|b| CROCKFORD.contains(b)).ok_or(wrong.clone())?;
        }
        if typed.next().is_some() { Err(wrong) } else { Ok(Self(symbols)) }
    }
}

impl Drop for Password {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

macro_rules! random_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub struct $name([u8; 16]);

        impl $name {
            /// The id of these 128 bits.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The 128 bits.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;
            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                let wrong = ParseIdError { what: $what };
                if text.len() != 32 || !text.is_ascii() {
                    return Err(wrong);
                }
                let mut bytes = [0; 16];
                for (i, byte) in bytes.iter_mut().enumerate() {
                    *byte = u8::from_str_radix(&text[2 * i..2 * i + 2], 16).map_err(|_| wrong.clone())?;
                }
                Ok(Self(bytes))
            }
        }
    };
}

random_id!(
    /// One remote session, from dialling to its end. 128 random bits, shown as 32 hexadecimal digits.
    SessionId, "session id"
);
random_id!(
    /// One company on a server.
    TenantId, "tenant id"
);
random_id!(
    /// One branded program as configured in the console.
    AppId, "app id"
);
random_id!(
    /// A company's connection to a ticketing system.
    ConnectionId, "connection id"
);
random_id!(
    /// A person who logs in: attendant, administrator or both.
    OperatorId, "operator id"
);

macro_rules! short_text {
    ($(#[$doc:meta])* $name:ident, $max:expr, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text, with its outer blanks taken off; an error when it is empty, too long or holds control characters.
            pub fn new(text: &str) -> Result<Self, ParseIdError> {
                let text = text.trim();
                if text.is_empty() || text.len() > $max || text.chars().any(char::is_control) {
                    return Err(ParseIdError { what: $what });
                }
                Ok(Self(text.to_owned()))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = ParseIdError;
            fn try_from(text: String) -> Result<Self, ParseIdError> {
                Self::new(&text)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> String {
                text.0
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;
            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                Self::new(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

short_text!(
    /// The number of a ticket as its ticketing system writes it; up to [`limits::TICKET_NUMBER_BYTES`].
    TicketNumber, limits::TICKET_NUMBER_BYTES, "ticket number"
);
short_text!(
    /// The number that both people know a session by, `2026-11-21-000042`.
    ProtocolNumber, limits::PROTOCOL_NUMBER_BYTES, "protocol number"
);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_id_is_shown_in_groups_and_read_back_however_it_is_typed() {
        let id = DeviceId::new(123_456_789).unwrap();
        assert_eq!(id.to_string(), "123 456 789");
        for typed in ["123 456 789", "123456789", " 123-456-789 ", "123.456.789"] {
            assert_eq!(typed.parse::<DeviceId>().unwrap(), id);
        }
        for wrong in ["", "12345678", "1234567890", "012345678", "12345678x", "١٢٣٤٥٦٧٨٩", "+12345678"] {
            assert!(wrong.parse::<DeviceId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_random_number_gives_a_nine_digit_id() {
        for random in [0, 1, 899_999_999, 900_000_000, u64::MAX] {
            assert!(DeviceId::new(DeviceId::from_entropy(random).number()).is_some());
        }
    }

    #[test]
    fn a_password_is_read_back_however_it_is_typed() {
        let password = Password::from_entropy([0xff, 0, 0x12, 0x34, 0x56]);
        let shown = password.reveal();
        assert_eq!(shown.len(), 9);
        assert_eq!(shown.parse::<Password>().unwrap(), password);
        assert_eq!(shown.to_lowercase().replace('-', " ").parse::<Password>().unwrap(), password);
        assert_eq!("oil0-0000".parse::<Password>().unwrap().reveal(), "0110-0000");
        for wrong in ["", "K7QF", "K7QF-2M9XX", "K7QF-2M9U", "K7QF-2M9é"] {
            assert!(wrong.parse::<Password>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_password_does_not_show_itself_in_debug_output() {
        let password = Password::from_entropy([1, 2, 3, 4, 5]);
        assert!(!format!("{password:?}").contains(&password.reveal()[..4]));
    }

    #[test]
    fn random_ids_and_short_texts_refuse_what_they_are_not() {
        let id = SessionId::from_bytes([7; 16]);
        assert_eq!(id.to_string().parse::<SessionId>().unwrap(), id);
        assert!("zz".repeat(16).parse::<SessionId>().is_err());
        assert!("é".repeat(16).parse::<SessionId>().is_err());
        assert!(TicketNumber::new("  ").is_err());
        assert!(TicketNumber::new(&"9".repeat(limits::TICKET_NUMBER_BYTES + 1)).is_err());
        assert!(TicketNumber::new("48\n11").is_err());
        assert_eq!(TicketNumber::new(" 4821 ").unwrap().as_str(), "4821");
    }
}
