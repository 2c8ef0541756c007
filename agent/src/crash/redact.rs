//! Takes out of a text what a report may not tell: whatever names a person, opens a door, or was typed by somebody.
//!
//! By the shape of what it finds, for nobody can know all of it. It takes too much rather than too little: a report is read by people who are
//! helped by where something happened, not by whose number it was.

use std::path::Path;

/// In the place of a number of six digits or more, as IDs, codes, telephones and documents are.
const NUMBER: &str = "‹number›";
/// In the place of an address with an @.
const ADDRESS: &str = "‹e-mail›";
/// In the place of what may be a password, a token or a key.
const SECRET: &str = "‹…›";
/// In the place of a quoted text.
const QUOTED: &str = "‹text›";
/// In the place of a name of this computer or its user.
const NAME: &str = "‹name›";

/// Digits of a number that is taken out.
const DIGITS: usize = 6;
/// Letters and digits together of what may be a secret.
const MIXED: usize = 8;

/// Knows what this computer calls its user.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    /// In small letters; the home's path before its last part, which may be short.
    names: Vec<String>,
}

impl Redactor {
    /// For the user whose program this is.
    pub fn of_this_computer() -> Self {
        let dirs = directories::UserDirs::new();
        let said = ["USER", "USERNAME", "LOGNAME", "COMPUTERNAME", "HOSTNAME", "USERDOMAIN"];
        let names = said.into_iter().filter_map(|variable| std::env::var(variable).ok());
        Self::new(dirs.as_ref().map(|dirs| dirs.home_dir()), names)
    }

    /// For a user with this home, and these names of theirs and of the computer.
    pub fn new(home: Option<&Path>, names: impl IntoIterator<Item = String>) -> Self {
        let last = home.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
        let whole = home.map(|home| home.display().to_string());
        let mut names: Vec<String> =
            last.into_iter().chain(names).chain(whole).map(|name| name.to_lowercase()).collect();
        // One or two letters are in every word, and the root is in every path.
        names.retain(|name| name.chars().filter(|c| c.is_alphanumeric()).count() >= 3 && name != "root");
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        names.dedup();
        Self { names }
    }

    /// What somebody or something has said: quoted parts of it go whole.
    pub fn said(&self, text: &str) -> String {
        self.shapes(&self.named(&homes(&unquoted(text))))
    }

    /// Names of functions and files.
    pub fn symbols(&self, text: &str) -> String {
        self.shapes(&self.named(&homes(&text.lines().map(without_registry).collect::<Vec<_>>().join("\n"))))
    }

    /// The names of this computer and its user, wherever they stand as a word of their own.
    fn named(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for name in &self.names {
            let mut kept = String::with_capacity(text.len());
            let mut rest = text.as_str();
            while let Some((before, after)) = find_word(rest, name) {
                kept.push_str(before);
                kept.push_str(NAME);
                rest = after;
            }
            kept.push_str(rest);
            text = kept;
        }
        text
    }

    fn shapes(&self, text: &str) -> String {
        addresses(&numbers(text)).split_inclusive(|c: char| !(c.is_alphanumeric() || c == '-')).map(secret).collect()
    }
}

/// What is before and behind the first place of `name`, whatever its case, that is not inside a word.
fn find_word<'a>(text: &'a str, name: &str) -> Option<(&'a str, &'a str)> {
    let inside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    for (at, _) in text.char_indices() {
        let mut ends = text[at..].char_indices().map(|(here, c)| at + here + c.len_utf8());
        let mut wanted = name.chars();
        let mut end = at;
        let mut matches = true;
        for c in text[at..].chars().flat_map(char::to_lowercase) {
            match wanted.next() {
                None => break,
                Some(w) if w == c => {}
                Some(_) => {
                    matches = false;
                    break;
                }
            }
        }
        if !matches || wanted.next().is_some() {
            continue;
        }
        for _ in 0..name.chars().count() {
            end = ends.next().unwrap_or(text.len());
        }
        if !inside(text[..at].chars().next_back()) && !inside(text[end..].chars().next()) {
            return Some((&text[..at], &text[end..]));
        }
    }
    None
}

/// Whatever stands between quotes, also between those that nobody closes.
fn unquoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let opens = matches!(c, '"' | '`' | '“' | '«') || c == '\'' && !before.is_alphanumeric();
        if !opens {
            out.push(c);
            before = c;
            continue;
        }
        let closing = match c {
            '“' => '”',
            '«' => '»',
            c => c,
        };
        out.push_str(QUOTED);
        while let Some(inner) = rest.next() {
            match inner {
                '\\' => drop(rest.next()),
                // Of a quote in single quotes it is the last one that no letter follows.
                inner if inner == closing && (c != '\'' || !rest.peek().is_some_and(|next| next.is_alphanumeric())) => {
                    break;
                }
                _ => {}
            }
        }
        before = ' ';
    }
    out
}

/// The part of a path that says whose it is, on every system.
fn homes(text: &str) -> String {
    let mut text = text.to_owned();
    // As it is, and as it is written in the text of a program.
    for above in ["/home/", "/Users/", "/users/", "\\\\Users\\\\", "\\Users\\", "\\users\\", "Documents and Settings\\"]
    {
        let mut kept = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(at) = rest.find(above) {
            let whose = &rest[at + above.len()..];
            // A user's name may have spaces in it; what follows it does not matter to anybody.
            let end = whose.find(['/', '\\', '\n', ':', '"', '\'', ')', ',', ';']).unwrap_or(whose.len());
            kept.push_str(&rest[..at + above.len()]);
            kept.push_str(NAME);
            rest = &whose[end..];
        }
        kept.push_str(rest);
        text = kept;
    }
    text
}

/// Where a library was compiled says nothing but who did it.
fn without_registry(line: &str) -> &str {
    let Some(at) = line.find("registry/src/").or_else(|| line.find("registry\\src\\")) else { return line };
    let below = &line[at + "registry/src/".len()..];
    below.find(['/', '\\']).map_or(line, |end| &below[end + 1..])
}

/// Numbers as people write them: groups with a sign or a space between them.
fn numbers(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let begins = chars[at].is_ascii_digit() && !(at > 0 && chars[at - 1].is_alphanumeric());
        if !begins {
            out.push(chars[at]);
            at += 1;
            continue;
        }
        let (mut end, mut digits, mut here) = (at, 0, at);
        while here < chars.len() {
            let between = matches!(chars[here], ' ' | '\u{a0}' | '.' | '-' | '/' | '(' | ')' | '+' | '\u{202f}');
            if chars[here].is_ascii_digit() {
                digits += 1;
                end = here + 1;
            } else if !between || here > end + 1 {
                break;
            }
            here += 1;
        }
        // A part of a word: looked at as one.
        let word = chars.get(end).is_some_and(|c| c.is_alphabetic());
        if digits >= DIGITS && !word {
            out.push_str(NUMBER);
        } else {
            out.extend(&chars[at..end]);
        }
        at = end;
    }
    out
}

/// Anything with an @ in the middle.
fn addresses(text: &str) -> String {
    let parts =
        text.split_inclusive(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '(' | ')' | ',' | ';' | '"'));
    parts
        .map(|part| {
            let end =
                part.char_indices().next_back().filter(|(_, c)| !c.is_alphanumeric()).map_or(part.len(), |(at, _)| at);
            let word = &part[..end];
            let inside = word.find('@').is_some_and(|at| at > 0 && at + 1 < word.len());
            if inside { format!("{ADDRESS}{}", &part[end..]) } else { part.to_owned() }
        })
        .collect()
}

/// A word with the sign behind it, or something in its place.
fn secret(part: &str) -> String {
    let end = part
        .char_indices()
        .next_back()
        .filter(|(_, c)| !(c.is_alphanumeric() || *c == '-'))
        .map_or(part.len(), |(at, _)| at);
    let (word, sign) = part.split_at(end);
    let digit = |word: &str| word.contains(|c: char| c.is_ascii_digit());
    let letter = |word: &str| word.contains(char::is_alphabetic);
    let capitals = |word: &str| !word.contains(char::is_lowercase);
    // As one-time passwords are written: two groups of four.
    let groups: Vec<&str> = word.split('-').collect();
    let fours = groups.windows(2).any(|two| {
        two.iter().all(|group| group.chars().count() == 4)
            && (two.iter().all(|group| capitals(group)) || two.iter().any(|group| digit(group)))
    });
    let mixed = groups.iter().any(|group| {
        let long = group.chars().count();
        long >= MIXED && digit(group) && letter(group) || long == MIXED && capitals(group) || long >= 32
    });
    if fours || mixed { format!("{SECRET}{sign}") } else { part.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cida() -> Redactor {
        Redactor::new(Some(Path::new("/srv/people/cida")), ["Cida".into(), "RECEPCAO-02".into(), "x".into()])
    }

    #[test]
    fn nothing_that_names_somebody_or_opens_a_door_is_left() {
        let hidden = [
            ("the ID 123 456 789 is ours", "123"),
            ("id=123456789", "123456789"),
            ("código 418 902", "902"),
            ("CPF 123.456.789-09, tel. +55 (11) 5555-0188", "5555"),
            ("CNPJ 12.345.678/0001-95", "0001"),
            ("password K7QF-2M9X was wrong", "2M9X"),
            ("password k7qf-2m9x was wrong", "k7qf"),
            ("password KQFM-XPTW", "XPTW"),
            ("K7QF2M9X", "K7QF"),
            ("token amp_Zk3v9QmT2xLr8WcY1nBd6HsJ0pGf4u", "Zk3v9"),
            ("id 1f2e3d4c5b6a79881f2e3d4c5b6a7988", "1f2e"),
            ("abcdefghijklmnopqrstuvwxyzabcdefgh", "abcdef"),
            ("from cida@padariaaurora.example: no", "padaria"),
            ("<ana.ribeiro+x@varanda.example>", "ana"),
            ("said \"minha senha é azul\" to it", "azul"),
            ("byte 3 is inside 'ç' of `declaração da Aurora`", "Aurora"),
            ("unclosed \"segredo\nda padaria", "padaria"),
            ("'it's mine' he said", "mine"),
            ("an \\\"escaped \\\" quote\" still\"", "escaped"),
            ("“senha azul”", "azul"),
            ("opening /srv/people/cida/notes: no such file", "people"),
            ("opening /home/joao/notes.txt: no", "joao"),
            ("C:\\Users\\João da Silva\\AppData\\x", "Silva"),
            ("\\\\?\\c:\\users\\joao\\x", "joao"),
            ("\"C:\\\\Users\\\\joao\\\\x\"", "joao"),
            ("CIDA logged in at recepcao-02", "CIDA"),
            ("CIDA logged in at recepcao-02", "recepcao"),
        ];
        for (text, gone) in hidden {
            let left = cida().said(text);
            assert!(!left.contains(gone), "{text:?} leaves {gone:?}: {left:?}");
        }
    }

    #[test]
    fn what_says_where_and_how_something_happened_stays() {
        for text in [
            "index out of bounds: the len is 3 but the index is 7",
            "agent/src/gui/controller.rs:123:45",
            "the connection timed out after 30 s, tried 4 of 12",
            "version 0.1.0, linux x86_64",
            "well-known self-test, real-time",
            "placidable",
            "Übergröße",
            "",
        ] {
            assert_eq!(cida().said(text), text);
        }
        assert_eq!(cida().symbols("  4: amparo_agent::app::App::run"), "  4: amparo_agent::app::App::run");
        let library = "             at /home/build/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/tokio-1.4/src/task.rs:3:1";
        assert_eq!(cida().symbols(library), "tokio-1.4/src/task.rs:3:1");
        assert_eq!(cida().symbols("core::call_once::h0123456789abcdef"), "core::call_once::‹…›");
    }

    #[test]
    fn any_text_goes_through_and_cleaning_it_again_changes_nothing_that_matters() {
        for text in [
            "\u{0}\u{ffff}'\"`",
            "''''",
            "\\",
            "\"\\",
            "@",
            "a@",
            "@b",
            "-",
            "----",
            "9-",
            "İstanbul İ",
            "1 1 1 1 1 1 1",
        ] {
            let once = cida().said(text);
            let _ = cida().said(&once);
            let _ = cida().symbols(text);
        }
        let huge = "K7QF-2M9X cida@x.y /home/cida ".repeat(2_000);
        let left = cida().said(&huge);
        assert!(!left.contains("K7QF") && !left.contains("@x"));
    }
}
