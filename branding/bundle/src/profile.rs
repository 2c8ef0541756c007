//! What a profile says, in a closed schema.
//!
//! [`Profile::parse`] is the only way in from text and [`Profile::new`] the only way in from values; whoever holds a [`Profile`] need
//! not check it again. An unknown word in the JSON is an error: what the schema has no word for, a brand cannot change.

use std::{net::IpAddr, ops::Deref};

use serde::{Deserialize, Serialize};

use crate::{
    logo::{Logo, LogoError},
    spelling,
};

/// The JSON of a profile, in bytes.
pub const MAX_JSON_BYTES: usize = 768 * 1024;
/// The certificate of a tenant's root in DER, in bytes.
pub const MAX_ROOT_BYTES: usize = 2 * 1024;
/// A company's name or a program's title, in bytes.
pub const MAX_NAME_BYTES: usize = 80;
/// A telephone number, in bytes.
pub const MAX_PHONE_BYTES: usize = 40;
/// The words of welcome, in bytes.
pub const MAX_WELCOME_BYTES: usize = 400;
/// A host name, in bytes (RFC 1035).
pub const MAX_HOST_BYTES: usize = 253;
/// Relays one program knows.
pub const MAX_RELAYS: usize = 8;
/// The end of the year 9999, in seconds since 1970 UTC: what lies behind it cannot be shown as a date.
pub const MAX_MADE_AT_UNIX_S: u64 = 253_402_300_799;

/// A profile in which everything holds that the schema and the caps ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile(Contents);

/// What a profile says, before it is checked by [`Profile::new`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contents {
    /// The company on its server.
    #[serde(with = "spelling::hex")]
    pub tenant: [u8; 16],
    /// The program as configured in the console.
    #[serde(with = "spelling::hex")]
    pub app: [u8; 16],
    /// The certificate, in DER, under which attendants of this tenant are certified.
    #[serde(with = "spelling::base64_text")]
    pub root: Vec<u8>,
    /// The company that gives the support.
    pub company: String,
    /// The program's title.
    pub title: String,
    /// The brand's one colour; the rest is computed by [`crate::Palette`].
    #[serde(with = "spelling::colour")]
    pub accent: [u8; 3],
    /// The logo as PNG. In a [`Profile`] these are bytes this crate has written, whatever was read.
    #[serde(with = "spelling::base64_text_or_none", default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<Vec<u8>>,
    /// The number a customer calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The interface's language.
    pub language: Language,
    /// Words of the company's own.
    #[serde(default)]
    pub texts: Texts,
    /// What the customer is asked for, in this order. A key that is missing is hidden.
    #[serde(default)]
    pub fields: Vec<Field>,
    /// Where the program connects, the first first.
    pub relays: Vec<Relay>,
    /// Grows with each profile made for this program.
    pub serial: u64,
    /// When it was made, in seconds since 1970 UTC.
    pub made_at_unix_s: u64,
    /// Until when it is good, in seconds since 1970 UTC. `None`: it does not end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until_unix_s: Option<u64>,
}

/// The interface's language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Language {
    /// The system's.
    #[default]
    #[serde(rename = "auto")]
    Auto,
    /// Brazilian Portuguese.
    #[serde(rename = "pt-BR")]
    PtBr,
    /// English.
    #[serde(rename = "en")]
    En,
    /// Spanish.
    #[serde(rename = "es")]
    Es,
}

/// Words of the company's own. None of them is near a decision of the customer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// Above the fields, on the first page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub welcome: Option<String>,
}

/// One thing the customer may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Which.
    pub key: FieldKey,
    /// Whether it is asked for.
    pub presence: Presence,
}

/// The things a customer can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKey {
    /// The person's name.
    Name,
    /// E-mail address.
    Email,
    /// Company.
    Company,
    /// Telephone.
    Phone,
    /// CPF or CNPJ.
    Document,
    /// What it is about.
    Subject,
}

impl FieldKey {
    /// In the order in which they are usually asked.
    pub const ALL: [Self; 6] = [Self::Name, Self::Email, Self::Company, Self::Phone, Self::Document, Self::Subject];

    /// The word for it in profiles, links and messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Email => "email",
            Self::Company => "company",
            Self::Phone => "phone",
            Self::Document => "document",
            Self::Subject => "subject",
        }
    }
}

/// Whether a field is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// It is not shown.
    Hidden,
    /// It may stay empty.
    Optional,
    /// It must be filled in.
    Required,
}

/// A relay the program may connect to, known by its certificate and by nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relay {
    /// A host name or an IP address (IPv6 without brackets).
    pub host: String,
    /// The port, for UDP and TCP.
    pub port: u16,
    /// The SHA-256 of the relay's certificate in DER.
    #[serde(with = "spelling::hex")]
    pub certificate_sha256: [u8; 32],
}

/// Why something is not a profile.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// Not JSON of this schema.
    #[error("the profile does not follow its schema")]
    Schema(#[source] serde_json::Error),
    /// More bytes, or more entries, than are allowed.
    #[error("`{what}` is too long: at most {max} are allowed")]
    TooLong {
        /// The field.
        what: &'static str,
        /// Bytes or entries allowed.
        max: usize,
    },
    /// Something that cannot be left out is empty.
    #[error("`{what}` is empty")]
    Empty {
        /// The field.
        what: &'static str,
    },
    /// Control characters, or marks that make text run backwards.
    #[error("`{what}` holds characters that cannot be shown")]
    Characters {
        /// The field.
        what: &'static str,
    },
    /// The root is not a certificate in DER.
    #[error("`root` is not a certificate in DER")]
    Root,
    /// The logo cannot be used.
    #[error("the logo cannot be used")]
    Logo(#[source] LogoError),
    /// A field is named twice.
    #[error("the field `{0}` is named twice")]
    FieldTwice(&'static str),
    /// Neither a host name nor an address, or port 0.
    #[error("`{host}:{port}` is not where a relay can be")]
    RelayAddress {
        /// The host as written.
        host: String,
        /// The port as written.
        port: u16,
    },
    /// After the year 9999.
    #[error("`made_at_unix_s` is not a time")]
    MadeAt,
    /// Not after it was made, or after the year 9999.
    #[error("`valid_until_unix_s` is not a time after the profile was made")]
    ValidUntil,
}

/// Why a profile that holds is not good at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Untimely {
    /// Its time is over.
    #[error("the profile was good until {valid_until_unix_s} s after 1970, and it is {now_unix_s}")]
    Expired {
        /// Until when it was.
        valid_until_unix_s: u64,
        /// What this computer says.
        now_unix_s: u64,
    },
    /// It was made later than now: this computer's clock is wrong, or the maker's was.
    #[error("the profile was made {made_at_unix_s} s after 1970, and here it is {now_unix_s}: a clock is wrong")]
    FromTheFuture {
        /// When it was made.
        made_at_unix_s: u64,
        /// What this computer says.
        now_unix_s: u64,
    },
}

/// Clocks of other computers may be so far ahead of ours: two days, so that a wrong time zone stops nobody.
pub const CLOCKS_DIFFER_S: u64 = 2 * 24 * 3600;

impl Profile {
    /// The profile that this JSON is.
    pub fn parse(json: &[u8]) -> Result<Self, ProfileError> {
        if json.len() > MAX_JSON_BYTES {
            return Err(ProfileError::TooLong { what: "profile", max: MAX_JSON_BYTES });
        }
        Self::new(serde_json::from_slice(json).map_err(ProfileError::Schema)?)
    }

    /// The profile with these contents, if they keep to every rule. Outer blanks of texts are taken off; an empty optional text is
    /// none; the logo is decoded and written anew.
    pub fn new(contents: Contents) -> Result<Self, ProfileError> {
        let logo = contents.logo.map(|png| Logo::from_png(&png)).transpose().map_err(ProfileError::Logo)?;
        if contents.root.len() > MAX_ROOT_BYTES {
            return Err(ProfileError::TooLong { what: "root", max: MAX_ROOT_BYTES });
        }
        if !is_one_der_sequence(&contents.root) {
            return Err(ProfileError::Root);
        }
        if contents.made_at_unix_s > MAX_MADE_AT_UNIX_S {
            return Err(ProfileError::MadeAt);
        }
        let good = contents.made_at_unix_s + 1..=MAX_MADE_AT_UNIX_S;
        if contents.valid_until_unix_s.is_some_and(|until| !good.contains(&until)) {
            return Err(ProfileError::ValidUntil);
        }
        Ok(Self(Contents {
            company: line("company", &contents.company, MAX_NAME_BYTES)?,
            title: line("title", &contents.title, MAX_NAME_BYTES)?,
            logo: logo.map(Logo::into_png),
            phone: optional(contents.phone, |text| line("phone", text, MAX_PHONE_BYTES))?,
            texts: Texts {
                welcome: optional(contents.texts.welcome, |text| lines("welcome", text, MAX_WELCOME_BYTES))?,
            },
            fields: fields(contents.fields)?,
            relays: relays(contents.relays)?,
            ..contents
        }))
    }

    /// The profile as JSON, always the same bytes for the same profile.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(&self.0).expect("maps with text keys, numbers and texts can always be written")
    }

    /// The contents, to make another profile of them.
    pub fn into_contents(self) -> Contents {
        self.0
    }

    /// Whether the customer is asked for this.
    pub fn presence(&self, key: FieldKey) -> Presence {
        self.fields.iter().find(|field| field.key == key).map_or(Presence::Hidden, |field| field.presence)
    }
}

impl Profile {
    /// Is it good at this time?
    pub fn check_time(&self, now_unix_s: u64) -> Result<(), Untimely> {
        let made_at_unix_s = self.made_at_unix_s;
        if made_at_unix_s > now_unix_s.saturating_add(CLOCKS_DIFFER_S) {
            return Err(Untimely::FromTheFuture { made_at_unix_s, now_unix_s });
        }
        match self.valid_until_unix_s {
            Some(valid_until_unix_s) if now_unix_s > valid_until_unix_s => {
                Err(Untimely::Expired { valid_until_unix_s, now_unix_s })
            }
            _ => Ok(()),
        }
    }
}

impl Deref for Profile {
    type Target = Contents;
    fn deref(&self) -> &Contents {
        &self.0
    }
}

fn optional(
    text: Option<String>,
    check: impl FnOnce(&str) -> Result<String, ProfileError>,
) -> Result<Option<String>, ProfileError> {
    text.filter(|text| !text.trim().is_empty()).map(|text| check(&text)).transpose()
}

fn line(what: &'static str, text: &str, max: usize) -> Result<String, ProfileError> {
    if text.trim().contains('\n') {
        return Err(ProfileError::Characters { what });
    }
    lines(what, text, max)
}

fn lines(what: &'static str, text: &str, max: usize) -> Result<String, ProfileError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(ProfileError::Empty { what });
    }
    if text.len() > max {
        return Err(ProfileError::TooLong { what, max });
    }
    if text.chars().any(|c| (c.is_control() && c != '\n') || turns_text_around(c)) {
        return Err(ProfileError::Characters { what });
    }
    Ok(text.to_owned())
}

/// Marks that change the direction of the text behind them, with which one name can be made to look like another.
fn turns_text_around(c: char) -> bool {
    matches!(c, '\u{200E}' | '\u{200F}' | '\u{061C}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

fn fields(fields: Vec<Field>) -> Result<Vec<Field>, ProfileError> {
    for (i, field) in fields.iter().enumerate() {
        if fields[..i].iter().any(|earlier| earlier.key == field.key) {
            return Err(ProfileError::FieldTwice(field.key.word()));
        }
    }
    Ok(fields)
}

fn relays(relays: Vec<Relay>) -> Result<Vec<Relay>, ProfileError> {
    if relays.is_empty() {
        return Err(ProfileError::Empty { what: "relays" });
    }
    if relays.len() > MAX_RELAYS {
        return Err(ProfileError::TooLong { what: "relays", max: MAX_RELAYS });
    }
    for Relay { host, port, .. } in &relays {
        if *port == 0 || !is_host(host) {
            return Err(ProfileError::RelayAddress { host: host.chars().take(MAX_HOST_BYTES).collect(), port: *port });
        }
    }
    Ok(relays)
}

fn is_host(text: &str) -> bool {
    if text.len() > MAX_HOST_BYTES {
        return false;
    }
    text.parse::<IpAddr>().is_ok()
        || text.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
}

/// Whether these bytes are one DER sequence and nothing else. What is in it is for the certificate's reader to say.
fn is_one_der_sequence(der: &[u8]) -> bool {
    let (length, body) = match der {
        [0x30, length @ 0..=0x7f, body @ ..] => (usize::from(*length), body),
        [0x30, 0x81, length, body @ ..] => (usize::from(*length), body),
        [0x30, 0x82, high, low, body @ ..] => (usize::from(*high) << 8 | usize::from(*low), body),
        _ => return false,
    };
    length == body.len() && length > 0
}
