//! A company's provider as an administrator writes it down: checked once, and never wrong afterwards.

use std::{collections::BTreeMap, fmt};

use tickets::{http::trust::Trust, secret::Secret};
use url::Url;
use zeroize::Zeroizing;

/// Characters of a name, at most.
const NAME_CHARS: usize = 40;
/// Bytes of an address, an identifier or a secret, at most.
const FIELD_BYTES: usize = 500;
/// Bytes of a company's own certificates, at most.
const AUTHORITY_BYTES: usize = 64 * 1024;

/// What is wrong with a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Problem {
    /// It must be there.
    Missing,
    /// It is not written as it must be.
    NotItsForm,
    /// An address without `https://`.
    NotHttps,
}

/// Settings in which everything holds.
#[derive(Clone, PartialEq, Eq)]
pub struct Settings {
    /// What the button says.
    pub name: String,
    /// The provider's name for itself, to the letter.
    pub issuer: String,
    /// What we are called there.
    pub client_id: String,
    pub(super) secret: Secret,
    /// Certificates that are trusted beside this computer's, in PEM.
    pub authority: String,
    /// Whoever the provider asked for a second factor is not asked for one here.
    pub trust_factor: bool,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Settings({}, {})", self.issuer, self.client_id)
    }
}

impl Settings {
    /// Settings as typed; a secret that is left empty stays what it was, as long as it is for the same client of the same provider.
    ///
    /// # Errors
    /// Each field that is wrong.
    pub fn typed(typed: &BTreeMap<String, String>, kept: Option<&Self>) -> Result<Self, Vec<(&'static str, Problem)>> {
        let value = |key: &str| typed.get(key).map_or("", |v| v.trim());
        let secret = match value("client_secret") {
            "" => {
                let same = |kept: &&Self| kept.issuer == value("issuer") && kept.client_id == value("client_id");
                kept.filter(same).map(|kept| Zeroizing::new(kept.secret.expose().to_owned())).unwrap_or_default()
            }
            typed => Zeroizing::new(typed.to_owned()),
        };
        Self::recorded(typed, &secret)
    }

    /// Settings as recorded, with the secret.
    pub(super) fn recorded(
        settings: &BTreeMap<String, String>,
        secret: &str,
    ) -> Result<Self, Vec<(&'static str, Problem)>> {
        let value = |key: &str| settings.get(key).map_or("", |v| v.trim()).to_owned();
        let [name, issuer, client_id, authority] = ["name", "issuer", "client_id", "authority"].map(value);
        let mut problems = Vec::new();
        let mut check = |key, problem: Option<Problem>| problems.extend(problem.map(|problem| (key, problem)));
        let missing = |text: &str| text.is_empty().then_some(Problem::Missing);
        let wrong = |is: bool| is.then_some(Problem::NotItsForm);
        let unfit = name.chars().count() > NAME_CHARS || name.chars().any(char::is_control);
        check("name", missing(&name).or(wrong(unfit)));
        check("issuer", missing(&issuer).or_else(|| issuer_problem(&issuer)));
        check("client_id", missing(&client_id).or(wrong(!is_plain(&client_id))));
        check("client_secret", wrong(!is_plain(secret)));
        check("authority", wrong(authority.len() > AUTHORITY_BYTES || Trust::with(&authority).is_err()));
        if !problems.is_empty() {
            return Err(problems);
        }
        let trust_factor = !value("trust_factor").is_empty();
        Ok(Self { name, issuer, client_id, secret: Secret::new(secret), authority, trust_factor })
    }

    /// What may be shown and recorded.
    pub fn open(&self) -> BTreeMap<String, String> {
        let trust = if self.trust_factor { "1" } else { "" };
        [
            ("name", self.name.as_str()),
            ("issuer", &self.issuer),
            ("client_id", &self.client_id),
            ("authority", &self.authority),
            ("trust_factor", trust),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into()
    }

    /// Whether the client has a secret.
    pub fn has_secret(&self) -> bool {
        !self.secret.expose().is_empty()
    }
}

/// Text that goes into addresses and headers.
fn is_plain(text: &str) -> bool {
    text.len() <= FIELD_BYTES && text.bytes().all(|b| (0x20..0x7f).contains(&b))
}

fn issuer_problem(issuer: &str) -> Option<Problem> {
    let Ok(url) = Url::parse(issuer) else { return Some(Problem::NotItsForm) };
    if url.scheme() != "https" {
        return Some(Problem::NotHttps);
    }
    let bare =
        url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    (!bare || url.host().is_none() || !is_plain(issuer) || issuer.contains(' ')).then_some(Problem::NotItsForm)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn typed(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let good = [
            ("name", "Entra"),
            ("issuer", "https://id.example/t"),
            ("client_id", "amparo"),
            ("client_secret", "segredo-123"),
        ];
        good.iter().chain(pairs).map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn each_field_that_is_wrong_is_said() {
        let long = "x".repeat(501);
        for (field, value, problem) in [
            ("name", " ", Problem::Missing),
            ("name", "a\nb", Problem::NotItsForm),
            ("issuer", "", Problem::Missing),
            ("issuer", "id.example", Problem::NotItsForm),
            ("issuer", "http://id.example", Problem::NotHttps),
            ("issuer", "https://id.example?x=1", Problem::NotItsForm),
            ("issuer", "https://id.example/#x", Problem::NotItsForm),
            ("issuer", "https://ana@id.example", Problem::NotItsForm),
            ("client_id", "", Problem::Missing),
            ("client_id", &long, Problem::NotItsForm),
            ("client_secret", "segrédo", Problem::NotItsForm),
            ("authority", "nada", Problem::NotItsForm),
        ] {
            assert_eq!(Settings::typed(&typed(&[(field, value)]), None).unwrap_err(), [(field, problem)], "{value}");
        }
    }

    #[test]
    fn a_secret_that_is_left_empty_stays_for_the_same_client_only() {
        let kept = Settings::typed(&typed(&[]), None).unwrap();
        assert!(!format!("{kept:?} {:?}", kept.open()).contains("segredo"));
        let empty = ("client_secret", "");
        assert!(Settings::typed(&typed(&[empty, ("name", "Outro")]), Some(&kept)).unwrap().has_secret());
        for (field, value) in [("issuer", "https://evil.example"), ("client_id", "outro")] {
            let other = Settings::typed(&typed(&[empty, (field, value)]), Some(&kept)).unwrap();
            assert!(!other.has_secret(), "{field}: a secret is not sent to another provider");
        }
    }
}
