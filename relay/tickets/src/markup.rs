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

/// A line for Textile: what would mark something is written as a character reference, which every engine shows as the character.
fn textile(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let (indent, line) = indent(line);
    out.push_str(&indent);
    // `h1.`, `bq(class).`, `table.`: made no beginning of a block by its full stop.
    let mut stop = begins_block(line).then(|| line.find('.')).flatten();
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        let marks = match c {
            '&' | '<' | '>' | '"' | '*' | '_' | '@' | '|' | '[' | ']' | '{' | '}' | '!' | '%' | '^' | '~' | '#'
            | '=' | '`' | '$' | '?' | '\\' => true,
            // In a word they mark nothing, and times and numbers are easier to read as they are.
            '-' | '+' => !before.is_alphanumeric(),
            '(' => sign(&line[at..]),
            ':' => names_something(&line[..at]),
            '.' => stop.take_if(|stop| *stop == at).is_some(),
            _ => false,
        };
        if marks {
            out.push_str(&format!("&#{};", u32::from(c)));
        } else {
            out.push(c);
        }
        before = c;
    }
    out
}

/// Spaces at the beginning of a line make blocks in some languages: as ones that are no spaces to them.
fn indent(line: &str) -> (String, &str) {
    let rest = line.trim_start_matches([' ', '\t']);
    ("\u{a0}".repeat(line.len() - rest.len()), rest)
}

/// Whether Textile would take the line for a heading, a quotation or another block.
fn begins_block(line: &str) -> bool {
    let tags = ["bq", "bc", "p", "pre", "fn", "table", "notextile", "clear", "dl", "div"];
    let headings = ["h1", "h2", "h3", "h4", "h5", "h6"];
    let tag = tags.into_iter().chain(headings).filter(|tag| line.starts_with(tag)).max_by_key(|tag| tag.len());
    tag.is_some_and(|tag| line[tag.len()..].starts_with(|c: char| !c.is_alphabetic() && c != ' '))
}

/// `user:`, `project:`: what Redmine makes a link of, with words of its own.
fn names_something(before: &str) -> bool {
    let word = before.rsplit(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    let known = [
        "user",
        "project",
        "document",
        "version",
        "forum",
        "message",
        "news",
        "attachment",
        "source",
        "export",
        "commit",
    ];
    known.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// `(c)`, `(r)`, `(tm)`: become signs.
fn sign(rest: &str) -> bool {
    let word = rest.get(1..).and_then(|rest| rest.split_once(')')).map(|(word, _)| word.to_ascii_lowercase());
    word.is_some_and(|word| ["c", "r", "tm"].contains(&word.as_str()))
}

/// A line for Markdown: every character that may mark something is escaped.
fn markdown(line: &str) -> String {
    let (mut out, line) = indent(line);
    for c in line.chars() {
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
    fn a_line_of_a_note_never_begins_a_block_or_changes_a_character() {
        for (typed, written) in [
            ("h1. Pronto", "h1&#46; Pronto"),
            ("bq(x y). a. b", "bq(x y)&#46; a. b"),
            ("fn1. nota", "fn1&#46; nota"),
            ("p. 34", "p&#46; 34"),
            ("produto. Novo", "produto. Novo"),
            ("h1 e h2. Fim", "h1 e h2. Fim"),
            ("---", "&#45;&#45;&#45;"),
            ("- um", "&#45; um"),
            ("# um", "&#35; um"),
            ("-riscado- e +novo+", "&#45;riscado- e &#43;novo+"),
            ("2026-11-21 (UTC-03:00)", "2026-11-21 (UTC-03:00)"),
            ("Aurora (TM), (c) 2026 (x)", "Aurora &#40;TM), &#40;c) 2026 (x)"),
            ("    código", "\u{a0}\u{a0}\u{a0}\u{a0}código"),
            ("C:\\pasta 😀", "C:&#92;pasta 😀"),
            ("user:admin 17:20 http://x.example", "user&#58;admin 17:20 http://x.example"),
        ] {
            assert_eq!(textile(typed), written, "{typed}");
        }
        assert_eq!(markdown("    1. código"), "\u{a0}\u{a0}\u{a0}\u{a0}1\\. código");
    }

    #[test]
    fn every_markup_ends_in_the_marker_as_it_is_searched_for() {
        for markup in [Markup::Html, Markup::Textile, Markup::Markdown, Markup::Plain] {
            let text = written(&action("Cida"), markup);
            assert!(text.contains(&format!("[{}]", EventKind::Start.marker(SessionId::from_bytes([7; 16])))), "{text}");
        }
    }
}
