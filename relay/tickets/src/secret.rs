//! Tokens and passwords of ticketing systems, and taking them out of every text that somebody may read.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

/// Something that must not be read by accident: it is shown as dots and wiped when dropped.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes it in.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself: for the header it belongs into, and nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("•••")
    }
}

/// What is shown instead.
const TAKEN_OUT: &str = "•••";
/// Shorter ones would take ordinary words apart.
const SHORTEST: usize = 6;

/// Knows every secret of a connection, also those it was given on the way, and takes them out of texts.
#[derive(Default)]
pub struct Redactor(Mutex<Vec<Secret>>);

impl Redactor {
    /// One more to take out, in every spelling it travels in.
    pub fn learn(&self, secret: &Secret) {
        let plain = secret.expose();
        let escaped: String = url::form_urlencoded::byte_serialize(plain.as_bytes()).collect();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for spelling in [plain.to_owned(), escaped, STANDARD.encode(plain)] {
            let spelling = Secret::new(spelling);
            if spelling.expose().len() >= SHORTEST && !known.contains(&spelling) {
                known.push(spelling);
            }
        }
        // Longer ones first: one may hold another.
        known.sort_by_key(|s| std::cmp::Reverse(s.expose().len()));
    }

    /// The text without them.
    pub fn clean(&self, text: &str) -> String {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().fold(text.to_owned(), |text, secret| text.replace(secret.expose(), TAKEN_OUT))
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_taken_out_in_every_spelling_it_travels_in() {
        let redactor = Redactor::default();
        redactor.learn(&Secret::new("k y+7/abc"));
        redactor.learn(&Secret::new("k y+7"));
        for text in ["bad token 'k y+7/abc'", "?token=k+y%2B7%2Fabc", "Basic ayB5KzcvYWJj"] {
            let clean = redactor.clean(text);
            assert!(clean.contains(TAKEN_OUT) && !clean.contains("abc") && !clean.contains("YWJj"), "{clean}");
        }
        assert_eq!(format!("{:?}", Secret::new("abcdef")), "•••");
    }
}
