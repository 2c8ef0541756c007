//! The rows of the live lists, and what turns what a browser shows of one into how it is now.

use std::collections::{HashMap, HashSet};

use askama::Template;

use super::super::{
    attendance::{SessionRow, View, WaitingRow},
    by_app::AppRow,
    people::PersonRow,
    session_view::EndedRow,
};

/// A list as the browser has it: each row's id in the page, and what would make it look different.
pub(super) type List = Vec<(String, String)>;

/// A row of a live list.
pub(super) trait Row {
    /// Its id in the page.
    fn dom_id(&self) -> String;
    /// Everything it shows except what the page counts by itself.
    fn looks(&self) -> String;
    /// Its HTML, to be put in, or in place of the one with its id.
    fn html(&mut self, v: &View, replace: bool) -> askama::Result<String>;
}

pub(super) fn list<R: Row>(rows: &[R]) -> List {
    rows.iter().map(|row| (row.dom_id(), row.looks())).collect()
}

/// Writes what turns one list into the other: rows out, rows changed in place, rows in behind their predecessor.
///
/// A row that stands by itself is put into a `template`: a browser that reads one outside a table takes what follows to be more rows of it,
/// and drops the next `tbody` (HTML, 13.2.6.4.13), which would lose the rows of every list behind it.
pub(super) fn difference<R: Row>(
    html: &mut String,
    body: &str,
    before: &List,
    rows: &mut [R],
    v: &View,
    all: bool,
) -> askama::Result<()> {
    let after = list(rows);
    // Looked up by id: with thousands of rows, comparing each with each takes seconds.
    let had: HashMap<&str, &str> = before.iter().map(|(id, looks)| (id.as_str(), looks.as_str())).collect();
    let has: HashSet<&str> = after.iter().map(|(id, _)| id.as_str()).collect();
    let same_order = before
        .iter()
        .map(|(id, _)| id.as_str())
        .filter(|id| has.contains(id))
        .eq(after.iter().map(|(id, _)| id.as_str()).filter(|id| had.contains_key(id)));
    if all || !same_order {
        html.push_str(&format!("<tbody id=\"{body}\" hx-swap-oob=\"innerHTML\">"));
        for row in rows {
            html.push_str(&row.html(v, false)?);
        }
        html.push_str("</tbody>");
        return Ok(());
    }
    for (id, _) in before.iter().filter(|(id, _)| !has.contains(id.as_str())) {
        html.push_str(&format!("<template><tr id=\"{id}\" hx-swap-oob=\"delete\" data-gone></tr></template>"));
    }
    for (i, row) in rows.iter_mut().enumerate() {
        let (id, looks) = &after[i];
        match had.get(id.as_str()) {
            Some(looked) if looked == looks => {}
            Some(_) => html.push_str(&format!("<template>{}</template>", row.html(v, true)?)),
            None => {
                let place =
                    if i == 0 { format!("afterbegin:#{body}") } else { format!("afterend:#{}", after[i - 1].0) };
                html.push_str(&format!("<tbody hx-swap-oob=\"{place}\">{}</tbody>", row.html(v, false)?));
            }
        }
    }
    Ok(())
}

#[derive(Template)]
#[template(path = "waiting_row.html")]
struct WaitingHtml<'a> {
    r: &'a WaitingRow,
    v: &'a View,
}

impl Row for WaitingRow {
    fn dom_id(&self) -> String {
        format!("w-{}", self.number)
    }
    fn looks(&self) -> String {
        let said = (&self.name, &self.company, &self.class, &self.subject, &self.ticket, &self.more);
        format!("{said:?} {}", self.since_ms)
    }
    fn html(&mut self, v: &View, replace: bool) -> askama::Result<String> {
        self.oob = replace;
        WaitingHtml { r: self, v }.render()
    }
}

#[derive(Template)]
#[template(path = "session_row.html")]
struct SessionHtml<'a> {
    r: &'a SessionRow,
    v: &'a View,
}

impl Row for SessionRow {
    fn dom_id(&self) -> String {
        format!("s-{}", self.id)
    }
    fn looks(&self) -> String {
        let watched = (self.watch, &self.watched_by);
        format!(
            "{:?}",
            (&self.customer, &self.company, &self.attendant, &self.ticket, self.standing, self.since_ms, watched)
        )
    }
    fn html(&mut self, v: &View, replace: bool) -> askama::Result<String> {
        self.oob = replace;
        SessionHtml { r: self, v }.render()
    }
}

#[derive(Template)]
#[template(path = "person_row.html")]
struct PersonHtml<'a> {
    r: &'a PersonRow,
    v: &'a View,
}

impl Row for PersonRow {
    fn dom_id(&self) -> String {
        format!("p-{}", self.id)
    }
    fn looks(&self) -> String {
        format!("{:?}", (&self.name, self.status, self.since_ms))
    }
    fn html(&mut self, v: &View, replace: bool) -> askama::Result<String> {
        self.oob = replace;
        PersonHtml { r: self, v }.render()
    }
}

#[derive(Template)]
#[template(path = "app_row.html")]
struct AppHtml<'a> {
    r: &'a AppRow,
}

impl Row for AppRow {
    fn dom_id(&self) -> String {
        format!("a-{}", self.id)
    }
    fn looks(&self) -> String {
        format!("{:?}", (&self.name, &self.words))
    }
    fn html(&mut self, _: &View, replace: bool) -> askama::Result<String> {
        self.oob = replace;
        AppHtml { r: self }.render()
    }
}

#[derive(Template)]
#[template(path = "ended_row.html")]
struct EndedHtml<'a> {
    r: &'a EndedRow,
    v: &'a View,
}

impl Row for EndedRow {
    fn dom_id(&self) -> String {
        format!("e-{}", self.row)
    }
    fn looks(&self) -> String {
        format!("{:?}", (&self.customer, &self.result, &self.category, &self.duration, &self.ticket))
    }
    fn html(&mut self, v: &View, replace: bool) -> askama::Result<String> {
        self.oob = replace;
        EndedHtml { r: self, v }.render()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use store::Language;

    use super::{super::super::strings::Texts, *};

    struct Word(&'static str, &'static str);

    impl Row for Word {
        fn dom_id(&self) -> String {
            self.0.to_owned()
        }
        fn looks(&self) -> String {
            self.1.to_owned()
        }
        fn html(&mut self, _: &View, replace: bool) -> askama::Result<String> {
            Ok(format!("[{}{}]", self.0, if replace { "*" } else { "" }))
        }
    }

    fn change(before: &[(&str, &str)], mut after: Vec<Word>) -> String {
        let before = before.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let (t, w) = (Texts::of(Language::PtBr), super::super::super::watching::Words::of(Language::PtBr));
        let v = View {
            t,
            w,
            csrf: String::new(),
            sees: false,
            attends: false,
            ends: false,
            watches: false,
            origin: Default::default(),
        };
        let mut html = String::new();
        difference(&mut html, "rows", &before, &mut after, &v, false).unwrap();
        html
    }

    #[test]
    fn only_what_changed_is_sent() {
        let was = [("a", "1"), ("b", "1"), ("c", "1")];
        assert_eq!(change(&was, vec![Word("a", "1"), Word("b", "1"), Word("c", "1")]), "");
        assert_eq!(change(&was, vec![Word("a", "1"), Word("b", "2"), Word("c", "1")]), "<template>[b*]</template>");
        assert_eq!(
            change(&was, vec![Word("a", "1"), Word("c", "1"), Word("d", "1")]),
            "<template><tr id=\"b\" hx-swap-oob=\"delete\" data-gone></tr></template><tbody hx-swap-oob=\"afterend:#c\">[d]</tbody>"
        );
        assert_eq!(change(&[], vec![Word("a", "1")]), "<tbody hx-swap-oob=\"afterbegin:#rows\">[a]</tbody>");
    }

    #[test]
    fn a_new_order_is_sent_whole() {
        assert_eq!(
            change(&[("a", "1"), ("b", "1")], vec![Word("b", "1"), Word("a", "1")]),
            "<tbody id=\"rows\" hx-swap-oob=\"innerHTML\">[b][a]</tbody>"
        );
    }
}
