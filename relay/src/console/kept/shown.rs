//! The page that gives back what was typed, and the one that says why it does not.

use askama::Template;

use super::{
    super::{
        error::{Page, page},
        strings::Texts,
    },
    Kept, Lost,
    words::{self, Words},
};
use crate::account::Operator;

/// A text of this many bytes, or of several lines, is shown in a box of its own, where it can be changed.
const LINE_BYTES: usize = 100;

/// Why it was not done when it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// The login was over.
    LoginEnded,
    /// The page was loaded before the last login.
    EarlierLogin,
    /// It had to be proved first that it is still them.
    Proved,
}

/// One field as the form sends it on.
struct Field {
    name: String,
    value: String,
    label: String,
    /// Lines of its box; 0: it is not shown in a box.
    rows: usize,
}

#[derive(Template)]
#[template(path = "kept.html")]
struct KeptPage {
    t: &'static Texts,
    w: &'static Words,
    csrf: String,
    user: String,
    lead: &'static str,
    place: &'static str,
    path: String,
    /// All, in the order of the page they come from.
    fields: Vec<Field>,
    /// Those with a name that people know, and what they hold.
    lines: Vec<(String, String)>,
    /// The rest: choices and what the page put in itself.
    others: Vec<(String, String)>,
    again: Vec<String>,
    to: String,
    recovered: bool,
}

/// What was kept, with a button that sends it on. `to`: where one comes out who does not want that.
pub(super) fn kept(t: &'static Texts, csrf: String, who: &Operator, kept: Kept, why: Why, to: &str) -> Page {
    let w = Words::of(t.language);
    let (mut fields, mut lines, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for (name, value) in kept.fields {
        // Fields that the company gave its customers carry their own name.
        let label = words::label(t, w, &name).or_else(|| name.strip_prefix("x:")).map(str::to_owned);
        let rows = if value.len() > LINE_BYTES || value.contains('\n') {
            value.lines().map(|line| 1 + line.len() / LINE_BYTES).sum::<usize>().clamp(3, 16)
        } else {
            0
        };
        match &label {
            _ if rows > 0 => {}
            Some(label) if !value.trim().is_empty() => lines.push((label.clone(), value.clone())),
            _ => others.push((name.clone(), value.clone())),
        }
        fields.push(Field { label: label.unwrap_or_else(|| w.text.to_owned()), name, value, rows });
    }
    page(&KeptPage {
        t,
        w,
        csrf,
        user: who.name.clone(),
        lead: match why {
            Why::LoginEnded => w.login_ended,
            Why::EarlierLogin => w.earlier_login,
            Why::Proved => w.proved,
        },
        place: words::place(t, &kept.path),
        path: kept.path,
        fields,
        lines,
        others,
        again: kept.again,
        recovered: why != Why::Proved && to != "/",
        to: to.to_owned(),
    })
}

#[derive(Template)]
#[template(path = "kept_lost.html")]
struct LostPage {
    t: &'static Texts,
    w: &'static Words,
    lead: &'static str,
    to: String,
}

/// Why it is not given back.
pub(super) fn lost(t: &'static Texts, lost: Lost, to: &str) -> Page {
    let w = Words::of(t.language);
    let lead = match lost {
        Lost::Damaged => w.damaged,
        Lost::TooOld => w.too_old,
        Lost::AnotherUser => w.another_user,
    };
    page(&LostPage { t, w, lead, to: to.to_owned() })
}
