//! An action's text as a ticketing system wants it: HTML, Textile or plain. What customers typed stays text in each of them. Pure.

use crate::event::Action;

/// How a system writes text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Markup {
    /// A few plain elements.
    Html,
    /// Redmine's usual one.
    Textile,
    /// The other one.
    Markdown,
    /// None.
    Plain,
}

/// The action as one text that ends in its marker.
pub fn written(action: &Action, markup: Markup) -> String {
    let mut lines = action.text.lines();
    let title = lines.next().unwrap_or_default();
    match markup {
        Markup::Html => {
            let mut text = format!("<p><strong>{}</strong>", html(title));
            for line in lines {
                text.push_str("<br>");
                text.push_str(&html(line));
            }
            for link in &action.links {
                text.push_str(&format!("<br><a href=\"{}\">{}</a>", html(&link.url), html(&link.title)));
            }
            text.push_str(&format!("</p><p>[{}]</p>", html(&action.marker)));
            text
        }
        Markup::Textile => {
            let mut text = format!("*{}*\n", textile(title));
            for line in lines {
                text.push('\n');
                text.push_str(&textile(line));
            }
            for link in &action.links {
                text.push_str(&format!("\n{}: {}", textile(&link.title), link.url));
            }
            text.push_str(&format!("\n\n@[{}]@", action.marker));
            text
        }
        Markup::Markdown => {
            let mut text = format!("**{}**", markdown(title));
            for line in lines {
                text.push_str("  \n");
                text.push_str(&markdown(line));
            }
            for link in &action.links {
                text.push_str(&format!("  \n{}: <{}>", markdown(&link.title), link.url));
            }
            text.push_str(&format!("\n\n`[{}]`", action.marker));
            text
        }
        Markup::Plain => {
            let mut text = action.text.clone();
            for link in &action.links {
                text.push_str(&format!("\n{}: {}", link.title, link.url));
            }
            text.push_str(&format!("\n\n[{}]", action.marker));
            text
        }
    }
}

/// Text for an element or an attribute.
pub fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Text for Textile: what would mark something is written as a character reference, which every engine shows as the character.
fn textile(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' | '<' | '>' | '"' | '*' | '_' | '@' | '|' | '[' | ']' | '{' | '}' | '!' | '%' | '^' | '~' | '#'
            | '=' | '`' | '$' | '?' => {
                out.push_str(&format!("&#{};", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out
}

/// Text for Markdown: every character that may mark something is escaped.
fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_punctuation() {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use jiff::Timestamp;
    use protocol::id::{OperatorId, SessionId};
    use store::EventKind;

    use super::*;
    use crate::{event::Link, system::Owner};

    fn action(customer: &str) -> Action {
        let session = SessionId::from_bytes([7; 16]);
        Action {
            kind: EventKind::Start,
            marker: EventKind::Start.marker(session),
            session,
            at: Timestamp::UNIX_EPOCH,
            protocol: "2026-11-21-000001".into(),
            started: Timestamp::UNIX_EPOCH,
            day: jiff::civil::Date::ZERO,
            ended: None,
            reason: None,
            category: None,
            solved: None,
            note: None,
            author: Some(Owner { operator: OperatorId::from_bytes([3; 16]), name: "Ana".into(), email: String::new() }),
            links: vec![Link { title: "Page".into(), url: "https://relay.example/h?a=1&b=2".into() }],
            facts: crate::event::Facts::default(),
            text: format!("Title\nCustomer: {customer}"),
        }
    }

    const HOSTILE: &str =
        "<script>alert(1)</script> *b* _i_ \"x\":https://evil.example !https://evil.example/p.png! [a](b) `c`";

    #[test]
    fn what_a_customer_typed_never_becomes_markup() {
        let html = written(&action(HOSTILE), Markup::Html);
        assert!(!html.contains("<script") && html.contains("&lt;script&gt;"), "{html}");
        assert!(html.contains(r#"<a href="https://relay.example/h?a=1&amp;b=2">Page</a>"#), "{html}");
        let textile = written(&action(HOSTILE), Markup::Textile);
        for mark in ["*b*", "_i_", "\":http", "!http", "<script"] {
            assert!(!textile.contains(mark), "{mark} in {textile}");
        }
        let markdown = written(&action(HOSTILE), Markup::Markdown);
        assert!(markdown.contains("\\[a\\]\\(b\\)"), "{markdown}");
        assert_eq!(markdown.replace("\\<", "").matches('<').count(), 1, "only our own link: {markdown}");
    }

    #[test]
    fn every_markup_ends_in_the_marker_as_it_is_searched_for() {
        for markup in [Markup::Html, Markup::Textile, Markup::Markdown, Markup::Plain] {
            let text = written(&action("Cida"), markup);
            assert!(text.contains(&format!("[{}]", EventKind::Start.marker(SessionId::from_bytes([7; 16])))), "{text}");
        }
    }
}
