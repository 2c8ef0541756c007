//! What several systems write alike on the wire: numbers, times, whole names. Used by the adapters only.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use protocol::id::TicketNumber;
use ring::digest;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use store::CustomerDetails;

use crate::system::ReportError;

/// Until then a write is visible to a read, in a system that says nothing about it: a call may still be worked on after we gave it up.
pub(super) const SOON: Duration = Duration::from_secs(30);
/// Pages of a list that are gone through in search of a marker.
pub(super) const PAGES: usize = 10;

/// A number that has digits only, as it is written in paths.
pub(super) fn digits(number: &TicketNumber) -> Option<&str> {
    let text = number.as_str();
    (text.len() <= 18 && text.bytes().all(|b| b.is_ascii_digit())).then_some(text)
}

/// A ticket's number from an answer.
pub(super) fn number(text: &str) -> Result<TicketNumber, ReportError> {
    TicketNumber::new(text).map_err(|_| ReportError::garbage("a ticket without a number"))
}

/// A time as systems write it: with or without a zone (then UTC), with a blank or a T.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    if let Ok(at) = Timestamp::strptime("%Y-%m-%dT%H:%M:%S%.f%z", text) {
        return Some(at);
    }
    let plain: DateTime = text.replace(' ', "T").parse().ok()?;
    plain.to_zoned(TimeZone::UTC).ok().map(|z| z.timestamp())
}

/// An id, or a mark, that some versions write as a number and others as text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Id(pub(super) String);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(Self(text)),
            Value::Number(number) => Ok(Self(number.to_string())),
            Value::Null => Ok(Self::default()),
            Value::Bool(yes) => Ok(Self(yes.to_string())),
            _ => Err(serde::de::Error::custom("an id")),
        }
    }
}

/// A text that may be absent or null.
pub(super) fn nullable<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.unwrap_or_default())
}

/// First and other names; a dash where there is only one, for systems that want both.
pub(super) fn names(details: &CustomerDetails) -> (String, String) {
    let whole = [&details.name, &details.company, &details.email].into_iter().find(|t| !t.is_empty());
    let whole = whole.map_or("-", |t| t.as_str()).trim();
    match whole.split_once(' ') {
        Some((first, rest)) => (first.to_owned(), rest.trim().to_owned()),
        None => (whole.to_owned(), "-".to_owned()),
    }
}

/// A short name that is the same for the same details: what somebody without an e-mail address is found by again.
pub(super) fn identity(details: &CustomerDetails) -> String {
    let mut hash = digest::Context::new(&digest::SHA256);
    for part in [&details.email, &details.document, &details.phone, &details.name, &details.company] {
        let part = part.trim().to_lowercase();
        hash.update(&part.len().to_be_bytes());
        hash.update(part.as_bytes());
    }
    let hex: String = hash.finish().as_ref()[..8].iter().map(|b| format!("{b:02x}")).collect();
    format!("amparo-{hex}")
}

/// The digits of a CPF, a CNPJ or a telephone number.
pub(super) fn only_digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// Remembers what was found, to save calls; forgets everything when it is full.
pub(super) struct Memory<K, V>(Mutex<HashMap<K, V>>);

impl<K, V> Default for Memory<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Clone> Memory<K, V> {
    const FULL: usize = 5_000;

    pub(super) fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<V>
    where
        K: std::borrow::Borrow<Q>,
    {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    pub(super) fn keep(&self, key: K, value: V) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= Self::FULL {
            known.clear();
        }
        known.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn times_are_read_as_every_system_writes_them() {
        let at: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        for text in [
            "2026-11-20T12:00:00Z",
            "2026-11-20T12:00:00",
            "2026-11-20 12:00:00",
            "2026-11-20T12:00:00.000+0000",
            "2026-11-20T09:00:00-03:00",
        ] {
            assert_eq!(moment(text), Some(at), "{text}");
        }
        for text in ["", "null", "2026-11-20", "1970"] {
            let read = moment(text);
            assert!(read.is_none() || text == "2026-11-20", "{text}: {read:?}");
        }
    }

    #[test]
    fn ids_are_read_as_numbers_and_as_text() {
        let ids: Vec<Id> = serde_json::from_str(r#"[3, "3", null]"#).unwrap();
        assert_eq!(ids, [Id("3".into()), Id("3".into()), Id::default()]);
        assert!(serde_json::from_str::<Id>("{}").is_err());
    }
}
