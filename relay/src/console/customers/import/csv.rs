//! A list as spreadsheets save it: text of UTF-8 or Windows-1252, cells parted by commas or semicolons, quoted or not.
//!
//! Read a record at a time, so that a file of nothing but separators takes no more memory than a record of it may have.

use std::{borrow::Cow, iter::Peekable, str::Chars};

/// Cells of a record that are looked at; what has more has no place in a list of contacts.
pub(super) const CELLS: usize = 64;

/// What Windows-1252 has between 0x80 and 0x9F, where Latin-1 has control characters.
const WINDOWS: [char; 32] = [
    '€', '\u{fffd}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{fffd}', 'Ž', '\u{fffd}', '\u{fffd}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{fffd}', 'ž', 'Ÿ',
];

/// Why a file is no text of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoText {
    /// A workbook of a spreadsheet, not saved as text.
    Workbook,
    /// Text of two bytes a character, a picture, anything.
    Other,
}

/// The text of a file.
pub(super) fn text(bytes: &[u8]) -> Result<Cow<'_, str>, NoText> {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xd0\xcf\x11\xe0") {
        return Err(NoText::Workbook);
    }
    if bytes.contains(&0) {
        return Err(NoText::Other);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    Ok(match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => bytes.iter().map(|byte| of_windows(*byte)).collect::<String>().into(),
    })
}

fn of_windows(byte: u8) -> char {
    match byte {
        0x80..=0x9f => WINDOWS[usize::from(byte - 0x80)],
        byte => char::from(byte),
    }
}

/// A line of the file, or several where a quoted cell has line ends in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// The line it begins in; the first is 1.
    pub(super) line: usize,
    pub(super) cells: Vec<String>,
    /// There were more cells than are looked at.
    pub(super) overflows: bool,
}

impl Record {
    pub(super) fn is_empty(&self) -> bool {
        self.cells.iter().all(|cell| cell.trim().is_empty())
    }
}

/// A quote that was opened in this line is never closed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OpenQuote(pub(super) usize);

/// The records of a text.
pub(super) struct Records<'a> {
    rest: Peekable<Chars<'a>>,
    line: usize,
    between: char,
}

impl<'a> Records<'a> {
    /// Cells are parted by what the first line has more of. A first line that says so by itself (`sep=;`) is believed.
    pub(super) fn of(text: &'a str) -> Self {
        let first = text.lines().next().unwrap_or_default();
        let told = first.get(..4).filter(|head| head.eq_ignore_ascii_case("sep=")).and_then(|_| first.chars().nth(4));
        if let Some(between @ (',' | ';')) = told {
            let rest = text[first.len()..].trim_start_matches('\r');
            let rest = rest.strip_prefix('\n').unwrap_or(rest);
            return Self { rest: rest.chars().peekable(), line: 2, between };
        }
        let mut quoted = false;
        let (mut commas, mut semicolons) = (0, 0);
        for c in first.chars() {
            match c {
                '"' => quoted = !quoted,
                ',' if !quoted => commas += 1,
                ';' if !quoted => semicolons += 1,
                _ => {}
            }
        }
        // A comma within a title is likelier than a semicolon.
        let between = if semicolons > 0 && semicolons >= commas { ';' } else { ',' };
        Self { rest: text.chars().peekable(), line: 1, between }
    }

    /// Past a line end that begins with this.
    fn end_line(&mut self, c: char) {
        if c == '\r' {
            self.rest.next_if_eq(&'\n');
        }
        self.line += 1;
    }
}

impl Iterator for Records<'_> {
    type Item = Result<Record, OpenQuote>;

    fn next(&mut self) -> Option<Self::Item> {
        self.rest.peek()?;
        let mut record = Record { line: self.line, cells: Vec::new(), overflows: false };
        let mut cell = String::new();
        let mut quoted_since = None;
        let push = |record: &mut Record, cell: &mut String| {
            if record.cells.len() < CELLS {
                record.cells.push(std::mem::take(cell));
            } else {
                record.overflows = true;
                cell.clear();
            }
        };
        while let Some(c) = self.rest.next() {
            match (c, quoted_since) {
                ('"', Some(_)) if self.rest.next_if_eq(&'"').is_some() => cell.push('"'),
                ('"', Some(_)) => quoted_since = None,
                ('"', None) if cell.trim().is_empty() => {
                    cell.clear();
                    quoted_since = Some(self.line);
                }
                ('\r' | '\n', Some(_)) => {
                    self.end_line(c);
                    cell.push('\n');
                }
                ('\r' | '\n', None) => {
                    self.end_line(c);
                    push(&mut record, &mut cell);
                    return Some(Ok(record));
                }
                (c, None) if c == self.between => push(&mut record, &mut cell),
                (c, _) => cell.push(c),
            }
        }
        if let Some(line) = quoted_since {
            return Some(Err(OpenQuote(line)));
        }
        push(&mut record, &mut cell);
        Some(Ok(record))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn cells(text: &str) -> Vec<Vec<String>> {
        Records::of(text).map(|record| record.unwrap().cells).collect()
    }

    #[test]
    fn a_file_is_read_as_spreadsheets_write_it() {
        assert_eq!(cells("a,b\r\n1,2\r\n"), [["a", "b"], ["1", "2"]]);
        assert_eq!(cells("a;b,c\n1;\"2;\"\"x\"\"\"\n"), [["a", "b,c"], ["1", "2;\"x\""]]);
        assert_eq!(cells("sep=;\r\na,b,c;d"), [["a,b,c", "d"]]);
        assert_eq!(cells("\"a,b\";c"), [["a,b", "c"]]);
        assert_eq!(cells("a,b\rc,d"), [["a", "b"], ["c", "d"]], "as old systems end lines");
        assert_eq!(cells("a, \"b\" ,5\" tela"), [["a", "b ", "5\" tela"]], "a quote within a cell is a letter");
        assert_eq!(cells(""), [[""; 0]; 0]);
        let lines: Vec<_> = Records::of("a,b\n\"x\r\ny\",2\n\nz").map(|record| record.unwrap().line).collect();
        assert_eq!(lines, [1, 2, 4, 5], "lines are those that an editor shows");
    }

    #[test]
    fn a_quote_that_is_never_closed_is_said_with_its_line() {
        let all: Vec<_> = Records::of("a,b\n1,2\n3,\"4\n5,6\n").collect();
        assert_eq!(all.last().unwrap(), &Err(OpenQuote(3)));
        assert_eq!(all.len(), 3);
    }

    #[test]
    fn a_record_of_nothing_but_separators_is_not_held_whole() {
        let text = format!("a,b\n{}x\n1,2", ",".repeat(1_000_000));
        let all: Vec<_> = Records::of(&text).map(Result::unwrap).collect();
        assert_eq!((all[1].cells.len(), all[1].overflows, all[1].is_empty()), (CELLS, true, true));
        assert_eq!(all[2].cells, ["1", "2"]);
    }

    #[test]
    fn text_is_told_from_what_is_none_whatever_its_letters_are() {
        assert_eq!(text("\u{feff}João".as_bytes()).unwrap(), "João");
        assert_eq!(text(b"Jo\xe3o \x80 \x96 \x81").unwrap(), "João € – \u{fffd}");
        assert_eq!(text(b"PK\x03\x04rest"), Err(NoText::Workbook));
        assert_eq!(text(b"\xff\xfea\0b\0"), Err(NoText::Other));
        assert_eq!(text(b"").unwrap(), "");
    }
}
