//! The guides as they are written, in Markdown, one file a reader and language, and as pages show them.
//!
//! Read once, at the first page that asks. Renders what the guides are made of and nothing else: raw HTML in a text is dropped, a link
//! leads to this server only, and a picture is one of ours.

use std::sync::LazyLock;

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use store::Language;

use super::super::assets;

/// For whom a guide is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    Administrator,
    Attendant,
    Customer,
}

impl Reader {
    /// Each of them, in the order in which a new company needs them.
    pub(super) const ALL: [Self; 3] = [Self::Administrator, Self::Attendant, Self::Customer];

    /// As addresses name the guide.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Attendant => "attendant",
            Self::Customer => "customer",
        }
    }

    /// The reader whom an address names.
    pub(super) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reader| reader.word() == word)
    }
}

const LANGUAGES: [Language; 3] = [Language::PtBr, Language::En, Language::Es];

macro_rules! sources {
    ($($reader:ident: $file:literal;)*) => {
        fn source(reader: Reader, language: Language) -> &'static str {
            match (reader, language) {
                $((Reader::$reader, Language::PtBr) => include_str!(concat!("../../../help/pt-BR/", $file)),
                (Reader::$reader, Language::En) => include_str!(concat!("../../../help/en/", $file)),
                (Reader::$reader, Language::Es) => include_str!(concat!("../../../help/es/", $file)),)*
            }
        }
    };
}

sources! {
    Administrator: "administrator.md";
    Attendant: "attendant.md";
    Customer: "customer.md";
}

/// A guide, ready to be put into a page.
pub(super) struct Guide {
    reader: Reader,
    language: Language,
    pub(super) title: String,
    /// The first paragraph, as plain text.
    pub(super) lead: String,
    /// Anchor and title of each task.
    pub(super) tasks: Vec<(String, String)>,
    /// Everything below the title. Made by [`Guide::read`] alone, which escapes every text.
    pub(super) html: String,
}

/// The guide for this reader in this language.
pub(super) fn guide(reader: Reader, language: Language) -> Option<&'static Guide> {
    static GUIDES: LazyLock<Vec<Guide>> = LazyLock::new(|| {
        let each = |reader| LANGUAGES.map(|language| Guide::read(source(reader, language), reader, language));
        Reader::ALL.into_iter().flat_map(each).collect()
    });
    GUIDES.iter().find(|guide| guide.reader == reader && guide.language == language)
}

impl Guide {
    pub(super) fn word(&self) -> &'static str {
        self.reader.word()
    }

    /// Reads a text. What it is not made for is left out, its words stay.
    fn read(text: &str, reader: Reader, language: Language) -> Self {
        let mut read = Self {
            reader,
            language,
            title: String::new(),
            lead: String::new(),
            tasks: Vec::new(),
            html: String::with_capacity(text.len() * 2),
        };
        // Plain words since the last start of a heading, paragraph or picture.
        let (mut words, mut in_title, mut picture) = (String::new(), false, None);
        let mut links = Vec::new();
        for event in Parser::new_ext(text, Options::ENABLE_HEADING_ATTRIBUTES) {
            match event {
                Event::Start(Tag::Heading { level: HeadingLevel::H1, .. }) => {
                    in_title = true;
                    words.clear();
                }
                Event::End(TagEnd::Heading(HeadingLevel::H1)) => {
                    in_title = false;
                    read.title = std::mem::take(&mut words);
                }
                Event::Start(Tag::Heading { level, id, .. }) => {
                    words.clear();
                    let id = id.map(|id| id.to_string()).unwrap_or_default();
                    read.html.push_str(&format!("<{level} id=\"{}\">", escaped(&id)));
                    if level == HeadingLevel::H2 {
                        read.tasks.push((id, String::new()));
                    }
                }
                Event::End(TagEnd::Heading(level)) => {
                    read.html.push_str(&format!("</{level}>\n"));
                    if let (HeadingLevel::H2, Some(task)) = (level, read.tasks.last_mut()) {
                        task.1 = std::mem::take(&mut words);
                    }
                }
                Event::Start(Tag::Image { dest_url, .. }) => {
                    words.clear();
                    picture = Some(dest_url.to_string());
                }
                Event::End(TagEnd::Image) => {
                    let shown = picture.take().and_then(|name| assets::picture(&name, language));
                    if let Some(shown) = shown {
                        let (alt, version) = (escaped(&words), assets::VERSION);
                        let assets::Shown { name, width, height } = shown;
                        read.html.push_str(&format!(
                            "<img src=\"/assets/{name}?{version}\" width=\"{width}\" height=\"{height}\" alt=\"{alt}\" loading=\"lazy\">"
                        ));
                    }
                }
                Event::Start(Tag::Link { dest_url, .. }) => {
                    let here = dest_url.starts_with('#') || (dest_url.starts_with('/') && !dest_url.starts_with("//"));
                    if here {
                        read.html.push_str(&format!("<a href=\"{}\">", escaped(&dest_url)));
                    }
                    links.push(here);
                }
                Event::End(TagEnd::Link) => read.html.push_str(if links.pop() == Some(true) { "</a>" } else { "" }),
                // A title and a picture's words are plain.
                Event::Start(_) | Event::End(_) if in_title || picture.is_some() => {}
                Event::Start(Tag::List(Some(first))) => read.html.push_str(&format!("<ol start=\"{first}\">\n")),
                Event::End(TagEnd::Paragraph) => {
                    read.html.push_str("</p>\n");
                    if read.lead.is_empty() && read.tasks.is_empty() {
                        read.lead = std::mem::take(&mut words);
                    }
                }
                Event::Start(tag) => {
                    if tag == Tag::Paragraph {
                        words.clear();
                    }
                    read.html.push_str(opening(&tag));
                }
                Event::End(tag) => read.html.push_str(closing(tag)),
                Event::Text(text) | Event::Code(text) if in_title || picture.is_some() => words.push_str(&text),
                Event::Text(text) => {
                    words.push_str(&text);
                    read.html.push_str(&escaped(&text));
                }
                Event::Code(text) => {
                    words.push_str(&text);
                    read.html.push_str(&format!("<code>{}</code>", escaped(&text)));
                }
                Event::SoftBreak | Event::HardBreak => {
                    words.push(' ');
                    if !in_title && picture.is_none() {
                        read.html.push('\n');
                    }
                }
                Event::Rule => read.html.push_str("<hr>\n"),
                // What a text of ours has no use for, raw HTML above all.
                _ => {}
            }
        }
        read
    }
}

fn opening(tag: &Tag<'_>) -> &'static str {
    match tag {
        Tag::Paragraph => "<p>",
        Tag::List(_) => "<ul>\n",
        Tag::Item => "<li>",
        Tag::Strong => "<strong>",
        Tag::Emphasis => "<em>",
        Tag::BlockQuote(_) => "<blockquote>\n",
        Tag::CodeBlock(_) => "<pre>",
        _ => "",
    }
}

fn closing(tag: TagEnd) -> &'static str {
    match tag {
        TagEnd::List(true) => "</ol>\n",
        TagEnd::List(false) => "</ul>\n",
        TagEnd::Item => "</li>\n",
        TagEnd::Strong => "</strong>",
        TagEnd::Emphasis => "</em>",
        TagEnd::BlockQuote(_) => "</blockquote>\n",
        TagEnd::CodeBlock => "</pre>\n",
        _ => "",
    }
}

/// A text that is only text, also between quotes.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Guide {
        Guide::read(text, Reader::Customer, Language::En)
    }

    #[test]
    fn raw_html_in_a_text_is_dropped_and_every_other_sign_is_only_text() {
        let html = read("<script>alert(1)</script>\n\nA <b onclick=x>b</b> & `<i>` \"q\"\n\n## T {#t}\n").html;
        assert!(!html.contains("<script") && !html.contains("onclick") && !html.contains("<b"), "{html}");
        assert!(html.contains("&amp; <code>&lt;i&gt;</code> &quot;q&quot;"), "{html}");
    }

    #[test]
    fn a_link_leads_to_this_server_only_and_an_unknown_picture_is_left_out() {
        let html =
            read("[a](https://x.example) [b](//x.example) [c](javascript:1) [d](/users) [e](#t) ![f](nothing)").html;
        assert_eq!(html.trim(), "<p>a b c <a href=\"/users\">d</a> <a href=\"#t\">e</a> </p>");
    }

    #[test]
    fn title_lead_and_tasks_are_taken_out_of_a_text() {
        let guide =
            read("# The **title**\n\nFirst\nlines.\n\n## One & two {#one}\n\n1. A\n2. B\n\n### Small {#small}\n");
        assert_eq!((guide.title.as_str(), guide.lead.as_str()), ("The title", "First lines."));
        assert_eq!(guide.tasks, [("one".to_owned(), "One & two".to_owned())]);
        assert!(guide.html.contains("<h2 id=\"one\">One &amp; two</h2>") && guide.html.contains("<ol start=\"1\">"));
        assert!(guide.html.starts_with("<p>First") && guide.html.contains("<h3 id=\"small\">"), "{}", guide.html);
    }
}
