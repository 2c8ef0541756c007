//! A letter: what stands for its placeholders, and the message it becomes, as plain text and as simple HTML made from it.
//!
//! Nothing of a letter can become a header of its own: addresses are parsed, a subject is one line, and the message is written by a
//! library that encodes both.

use lettre::{
    Address, Message,
    message::{Mailbox, MultiPart},
};
use store::{Language, MailText, NewMail};

use super::server::MailSettings;
use crate::places;

/// What a text may hold in braces.
pub const PLACES: [&str; 6] = ["customer", "attendant", "ticket", "subject", "text", "company"];

/// What cannot be sent as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this cannot be sent: {0}")]
pub struct BadLetter(pub String);

/// A letter to be sent.
#[derive(Debug, Clone, Copy)]
pub struct Letter<'a> {
    /// To which address.
    pub to: &'a str,
    /// Whose.
    pub name: &'a str,
    /// What it is about.
    pub subject: &'a str,
    /// What it says.
    pub text: &'a str,
    /// What it is known by.
    pub message_id: &'a str,
}

impl<'a> Letter<'a> {
    /// One that is on record.
    pub fn of(mail: &'a NewMail) -> Self {
        Self { to: &mail.to, name: &mail.name, subject: &mail.subject, text: &mail.text, message_id: &mail.message_id }
    }

    /// The message as it goes over the line.
    ///
    /// # Errors
    /// When an address is none.
    pub fn message(&self, settings: &MailSettings) -> Result<Message, BadLetter> {
        let name = line(self.name);
        let to: Address =
            self.to.trim().parse().map_err(|_| BadLetter(format!("{:?} is no address", line(self.to))))?;
        let from: Address = settings.from.parse().map_err(|_| BadLetter("the sender is no address".to_owned()))?;
        let from_name = line(&settings.from_name);
        Message::builder()
            .from(Mailbox::new((!from_name.is_empty()).then_some(from_name), from))
            .to(Mailbox::new((!name.is_empty()).then_some(name), to))
            .subject(line(self.subject))
            .message_id(Some(format!(
                "<{}>",
                self.message_id.replace(|c: char| c.is_control() || "<> ".contains(c), "")
            )))
            .multipart(MultiPart::alternative_plain_html(self.text.to_owned(), html(self.text)))
            .map_err(|error| BadLetter(error.to_string()))
    }
}

/// One line, whatever was typed.
fn line(text: &str) -> String {
    text.split(|c: char| c.is_control() || c.is_whitespace()).filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A text as HTML: paragraphs and lines as typed, addresses of pages as links, and nothing else of it as markup.
fn html(text: &str) -> String {
    let mut html = String::from("<!doctype html><html><body style=\"font-family:sans-serif\">");
    for paragraph in text.replace("\r\n", "\n").split("\n\n").filter(|p| !p.trim().is_empty()) {
        let lines: Vec<String> = paragraph.trim_matches('\n').split('\n').map(linked).collect();
        html.push_str(&format!("<p>{}</p>", lines.join("<br>")));
    }
    html.push_str("</body></html>");
    html
}

fn linked(line: &str) -> String {
    let words = line.split(' ').map(|word| {
        let end = word.trim_end_matches(['.', ',', ';', ':', '!', '?', ')']).len();
        let (address, behind) = word.split_at(end);
        if address.starts_with("https://") && address.len() > "https://".len() {
            format!("<a href=\"{0}\">{0}</a>{1}", escaped(address), escaped(behind))
        } else {
            escaped(word)
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

fn escaped(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '"' => "&quot;".to_owned(),
            '\'' => "&#39;".to_owned(),
            c => c.to_string(),
        })
        .collect()
}

/// What stands for the placeholders of a letter.
#[derive(Debug, Clone, Copy)]
pub struct Values<'a> {
    /// Who gets it.
    pub customer: &'a str,
    /// Who writes it.
    pub attendant: &'a str,
    /// The ticket's number.
    pub ticket: &'a str,
    /// What the ticket is about.
    pub subject: &'a str,
    /// What was answered.
    pub text: &'a str,
    /// The company.
    pub company: &'a str,
}

impl Values<'_> {
    /// A text with its placeholders filled in, once.
    pub fn fill(&self, text: &str) -> String {
        places::fill(text, |name| self.of(name))
    }

    fn of(&self, name: &str) -> Option<&str> {
        Some(match name {
            "customer" => self.customer,
            "attendant" => self.attendant,
            "ticket" => self.ticket,
            "subject" => self.subject,
            "text" => self.text,
            "company" => self.company,
            _ => return None,
        })
    }
}

/// What letters say where a company says nothing else.
pub fn standing_text(language: Language) -> MailText {
    let (subject, text) = match language {
        Language::PtBr => (
            "[Ticket {ticket}] {subject}",
            "Olá, {customer}.\n\n{text}\n\n{attendant}\n{company}\n\nTicket {ticket}: {subject}",
        ),
        Language::En => (
            "[Ticket {ticket}] {subject}",
            "Hello {customer},\n\n{text}\n\n{attendant}\n{company}\n\nTicket {ticket}: {subject}",
        ),
        Language::Es => (
            "[Ticket {ticket}] {subject}",
            "Hola, {customer}.\n\n{text}\n\n{attendant}\n{company}\n\nTicket {ticket}: {subject}",
        ),
    };
    MailText { subject: subject.to_owned(), text: text.to_owned() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn settings() -> MailSettings {
        MailSettings::for_test("127.0.0.1", 25)
    }

    #[test]
    fn nothing_typed_becomes_a_header() {
        let evil = "x\r\nBcc: thief@x.example\r\n\r\nbody";
        let letter =
            Letter { to: "cida@a.example", name: evil, subject: evil, text: evil, message_id: "1@\r\nBcc: a@b" };
        let wire = String::from_utf8(letter.message(&settings()).unwrap().formatted()).unwrap();
        let head = wire.split("\r\n\r\n").next().unwrap().to_lowercase();
        assert!(!head.lines().any(|line| line.starts_with("bcc")), "{head}");
        for to in ["", "nobody", "a@b\r\nBcc: c@d", "a@b, c@d", "<a@b>\n"] {
            assert!(Letter { to, ..letter }.message(&settings()).is_err(), "{to:?}");
        }
    }

    #[test]
    fn the_html_is_the_text_with_links_and_no_other_markup() {
        let made =
            html("Oi <b>\"Cida\"</b> & cia\nveja https://x.example/d/1?a=1&b=\"2.\r\n\r\nhttp://y javascript:alert(1)");
        assert!(made.contains("<p>Oi &lt;b&gt;&quot;Cida&quot;&lt;/b&gt; &amp; cia<br>veja "));
        assert!(made.contains("<a href=\"https://x.example/d/1?a=1&amp;b=&quot;2\">"));
        assert!(made.contains("<p>http://y javascript:alert(1)</p>") && made.matches("<a ").count() == 1);
    }

    #[test]
    fn standing_texts_have_known_places_only_and_tell_what_was_answered() {
        for language in [Language::PtBr, Language::En, Language::Es] {
            let text = standing_text(language);
            assert!(text.text.contains("{text}") && places::unknown(&text.text, &PLACES).is_none());
            assert!(text.subject.contains("{ticket}") && places::unknown(&text.subject, &PLACES).is_none());
        }
    }
}
