//! Text that is shown to a person as it is.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::limits;

/// Text for a person's eyes: at most [`limits::SHOWN_TEXT_BYTES`], no control characters, nothing that turns the writing direction.
///
/// A name with a right-to-left override could otherwise read as another one in the consent question.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ShownText(String);

impl ShownText {
    /// The text, cut to what is allowed: what cannot be shown is left out, what is too long ends in an ellipsis.
    pub fn lossy(text: &str) -> Self {
        let mut shown: String =
            text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| allowed(*c)).collect();
        if shown.len() > limits::SHOWN_TEXT_BYTES {
            let end =
                (0..=limits::SHOWN_TEXT_BYTES - '…'.len_utf8()).rev().find(|i| shown.is_char_boundary(*i)).unwrap_or(0);
            shown.truncate(end);
            shown.push('…');
        }
        Self(shown.trim().to_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Control characters, and the invisible ones that reorder or hide text (Unicode bidi controls, zero-width marks).
fn allowed(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{061C}')
}

impl TryFrom<String> for ShownText {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, &'static str> {
        if text.len() <= limits::SHOWN_TEXT_BYTES && text.chars().all(allowed) {
            Ok(Self(text))
        } else {
            Err("text that cannot be shown")
        }
    }
}

impl From<ShownText> for String {
    fn from(text: ShownText) -> String {
        text.0
    }
}

impl fmt::Display for ShownText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Text of several lines that a person has written: at most [`limits::WRITTEN_TEXT_BYTES`], otherwise like [`ShownText`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WrittenText(String);

impl WrittenText {
    /// The text, cut to what is allowed: what cannot be shown is left out, what is too long ends in an ellipsis.
    pub fn lossy(text: &str) -> Self {
        let plain = text.replace("\r\n", "\n").replace('\t', " ");
        let mut written: String = plain.trim().chars().filter(|c| *c == '\n' || allowed(*c)).collect();
        if written.len() > limits::WRITTEN_TEXT_BYTES {
            let most = limits::WRITTEN_TEXT_BYTES - '…'.len_utf8();
            let end = (0..=most).rev().find(|i| written.is_char_boundary(*i)).unwrap_or(0);
            written.truncate(end);
            written.push('…');
        }
        Self(written)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for WrittenText {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, &'static str> {
        if text.len() <= limits::WRITTEN_TEXT_BYTES && text.chars().all(|c| c == '\n' || allowed(c)) {
            Ok(Self(text))
        } else {
            Err("text that cannot be shown")
        }
    }
}

impl From<WrittenText> for String {
    fn from(text: WrittenText) -> String {
        text.0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_cannot_be_shown_is_left_out_and_never_accepted_from_a_peer() {
        assert_eq!(ShownText::lossy("Ana\n Ribeiro\u{202E}").as_str(), "Ana  Ribeiro");
        assert!(ShownText::try_from("Ana\u{202E}".to_owned()).is_err());
        assert!(ShownText::try_from("x".repeat(limits::SHOWN_TEXT_BYTES + 1)).is_err());
        let long = ShownText::lossy(&"é".repeat(limits::SHOWN_TEXT_BYTES));
        assert!(long.as_str().len() <= limits::SHOWN_TEXT_BYTES && long.as_str().ends_with('…'));
        assert!(ShownText::try_from(long.as_str().to_owned()).is_ok());
    }

    #[test]
    fn a_written_text_keeps_its_lines_and_nothing_that_cannot_be_shown() {
        assert_eq!(WrittenText::lossy(" a\tb\r\nc\u{202E}\u{7}\n").as_str(), "a b\nc");
        assert!(WrittenText::try_from("a\nb".to_owned()).is_ok());
        for bad in ["a\rb".to_owned(), "a\u{200B}".to_owned(), "x".repeat(limits::WRITTEN_TEXT_BYTES + 1)] {
            assert!(WrittenText::try_from(bad).is_err());
        }
        let long = WrittenText::lossy(&"é\n".repeat(limits::WRITTEN_TEXT_BYTES));
        assert!(long.as_str().ends_with('…') && WrittenText::try_from(long.as_str().to_owned()).is_ok());
    }
}
