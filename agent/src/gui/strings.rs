//! Every text of the program's windows, in every language. `words` has the fixed ones, `phrases` those with values in them,
//! `moment` writes times and durations. Called by `show` only; nothing else in the program says anything to a person.

pub mod administrator;
pub mod ctrl_alt_del;
pub mod invitations;
pub mod moment;
pub mod phrases;
pub mod updates;
pub mod watching;
pub mod words;

use serde::{Deserialize, Serialize};

/// A language of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
pub enum Language {
    /// Brazilian Portuguese.
    #[serde(rename = "pt-BR")]
    PtBr,
    /// English.
    #[default]
    #[serde(rename = "en")]
    En,
    /// Spanish.
    #[serde(rename = "es")]
    Es,
}

impl Language {
    /// In the order of the language menu.
    pub const ALL: [Language; 3] = [Language::PtBr, Language::En, Language::Es];

    /// The tag used in settings: `pt-BR`, `en` or `es`.
    pub fn tag(self) -> &'static str {
        match self {
            Language::PtBr => "pt-BR",
            Language::En => "en",
            Language::Es => "es",
        }
    }

    /// From a setting or a system locale such as `pt_BR.UTF-8`, `es-419` or `C`. None for a language we do not have.
    pub fn from_tag(tag: &str) -> Option<Self> {
        match tag.split(['-', '_', '.', '@']).next()?.to_ascii_lowercase().as_str() {
            "pt" => Some(Language::PtBr),
            "en" => Some(Language::En),
            "es" => Some(Language::Es),
            _ => None,
        }
    }

    /// The language of the system; English where we do not have it.
    pub fn of_the_system() -> Self {
        sys_locale::get_locales().find_map(|locale| Self::from_tag(&locale)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn a_system_locale_leads_to_its_language_and_others_to_none() {
        for (tag, language) in [
            ("pt_BR.UTF-8", Some(Language::PtBr)),
            ("pt-PT", Some(Language::PtBr)),
            ("es-419", Some(Language::Es)),
            ("EN_us", Some(Language::En)),
            ("de-DE", None),
            ("C", None),
            ("", None),
        ] {
            assert_eq!(Language::from_tag(tag), language, "{tag}");
        }
    }
}
