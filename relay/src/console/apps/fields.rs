//! What one tab of an app holds, as texts by name: from the app, from a form, merged, and back into the app.
//!
//! Everything is text here, so that what was typed is never lost and two people's changes can be compared. Only [`apply`] makes values of
//! it, and says field by field what cannot be one.

use std::collections::BTreeMap;

use jiff::civil::Date;
use protocol::{
    id::{AppId, OperatorId},
    message::directory::FieldKey,
};
use store::{App, Ask, Category, Holiday, Hour, Note};

use super::{super::strings::Texts, Tab};

/// Characters of a name or title.
const NAME_CHARS: usize = 60;
/// Characters of the text above the fields; what a profile takes in bytes is checked too.
const WELCOME_CHARS: usize = 200;
const DAY_MIN: u16 = 24 * 60;
const HOLIDAYS: usize = 200;
const CATEGORIES: usize = 50;
/// Times a change is put together anew when others write in the same moment.
pub(in crate::console) const SAVE_TRIES: usize = 5;
/// Seconds to answer an offer.
const ANSWER_S: std::ops::RangeInclusive<u32> = 10..=300;

/// Texts by the name of their field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::console) struct Fields(BTreeMap<String, String>);

impl Fields {
    pub(in crate::console) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    pub(in crate::console) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(in crate::console) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.insert(name.to_owned(), value.into());
    }

    /// For the form's memory of what it began with.
    pub(in crate::console) fn to_json(&self) -> String {
        serde_json::to_string(&self.0).unwrap_or_default()
    }

    pub(in crate::console) fn from_json(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().map(Self)
    }
}

/// A field that two people have changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::console) struct Clash {
    pub(in crate::console) field: String,
    pub(in crate::console) theirs: String,
}

/// Puts two people's changes together: whoever changed a field has it; both did: it is mine, and a clash.
pub(in crate::console) fn merge(base: &Fields, mine: &Fields, theirs: &Fields) -> (Fields, Vec<Clash>) {
    let mut merged = Fields::default();
    let mut clashes = Vec::new();
    for name in mine.0.keys() {
        let (was, my, their) = (base.get(name), mine.get(name), theirs.get(name));
        let value = match (my == was, their == was) {
            (true, _) => their,
            (false, true) => my,
            (false, false) => {
                if my != their {
                    clashes.push(Clash { field: name.clone(), theirs: their.to_owned() });
                }
                my
            }
        };
        merged.set(name, value);
    }
    (merged, clashes)
}

/// What the app holds.
pub(super) fn of_app(tab: Tab, app: &App) -> Fields {
    let mut f = Fields::default();
    let flag = |is: bool| if is { "1" } else { "" };
    match tab {
        Tab::Main => {
            f.set("name", app.name.as_str());
            f.set("quiet_updates", flag(app.quiet_updates));
        }
        Tab::Parameters => {
            for key in FieldKey::ALL {
                f.set(ask_name(key), ask_word(app.ask(key)));
            }
        }
        Tab::Look => {
            f.set("title", app.title.as_str());
            f.set("company", app.company.as_str());
            f.set("accent", format!("#{}", app.accent));
            f.set("welcome", app.welcome.as_str());
            f.set("phone", app.phone.as_str());
        }
        Tab::Administrators => f.set("people", ids(&app.staff.administrators)),
        Tab::Attendants => {
            f.set("everyone", flag(app.staff.everyone));
            f.set("people", ids(&app.staff.attendants));
        }
        Tab::Availability => {
            let a = &app.availability;
            f.set("by_hours", flag(a.by_hours));
            for (day, hours) in a.hours.iter().enumerate() {
                let spans: Vec<_> =
                    hours.iter().map(|h| format!("{}-{}", clock(h.from_min), clock(h.to_min % DAY_MIN))).collect();
                f.set(&format!("day{day}"), spans.join(" "));
            }
            f.set("holidays", holiday_lines(&a.holidays));
            f.set("overflow", a.overflow.iter().map(AppId::to_string).collect::<Vec<_>>().join(" "));
            f.set("distribute", flag(a.distribute));
            f.set("answer_s", a.answer_s.to_string());
        }
        Tab::WrapUp => {
            f.set("required", flag(app.wrap_up.required));
            let lines: Vec<_> = app.wrap_up.categories.iter().map(|c| category_line(&c.name, c.solved)).collect();
            f.set("categories", lines.join("\n"));
            f.set("note", note_word(app.wrap_up.note));
        }
        Tab::Download => {}
    }
    f
}

/// What was typed, in the same shape.
pub(super) fn of_form(tab: Tab, form: &[(String, String)]) -> Fields {
    let all = |name: &str| -> Vec<&str> {
        form.iter().filter(|(n, _)| n == name).map(|(_, v)| v.trim()).filter(|v| !v.is_empty()).collect()
    };
    // Browsers end lines with both characters.
    let one = |name: &str| -> String {
        form.iter().find(|(n, _)| n == name).map(|(_, v)| v.replace("\r\n", "\n").trim().to_owned()).unwrap_or_default()
    };
    let raw = |name: &str| -> Vec<&str> { form.iter().filter(|(n, _)| n == name).map(|(_, v)| v.trim()).collect() };
    let mut f = Fields::default();
    match tab {
        Tab::Main => ["name", "quiet_updates"].iter().for_each(|name| f.set(name, one(name))),
        Tab::Parameters => FieldKey::ALL.iter().for_each(|key| f.set(ask_name(*key), one(ask_name(*key)))),
        Tab::Look => ["title", "company", "accent", "welcome", "phone"].iter().for_each(|name| f.set(name, one(name))),
        Tab::Administrators => f.set("people", all("people").join(" ")),
        Tab::Attendants => {
            f.set("everyone", one("everyone"));
            let place = |id: &str| one(&format!("place-{id}")).parse::<u32>().unwrap_or(u32::MAX);
            let mut people = all("people");
            people.sort_by_key(|id| place(id));
            f.set("people", people.join(" "));
        }
        Tab::Availability => {
            f.set("by_hours", one("by_hours"));
            for day in 0..7 {
                let (from, to) = (raw(&format!("from{day}")), raw(&format!("to{day}")));
                let spans: Vec<_> = from
                    .iter()
                    .zip(&to)
                    .filter(|(from, to)| !from.is_empty() || !to.is_empty())
                    .map(|(from, to)| format!("{from}-{to}"))
                    .collect();
                f.set(&format!("day{day}"), spans.join(" "));
            }
            let (dates, names) = (raw("holiday_date"), raw("holiday_name"));
            let lines: Vec<_> = dates
                .iter()
                .zip(&names)
                .filter(|(date, name)| !date.is_empty() || !name.is_empty())
                .map(|(date, name)| format!("{date} {name}").trim_end().to_owned())
                .collect();
            f.set("holidays", lines.join("\n"));
            let mut overflow: Vec<&str> = Vec::new();
            all("overflow").into_iter().for_each(|id| {
                if !overflow.contains(&id) {
                    overflow.push(id);
                }
            });
            f.set("overflow", overflow.join(" "));
            f.set("distribute", one("distribute"));
            f.set("answer_s", one("answer_s"));
        }
        Tab::WrapUp => {
            f.set("required", one("required"));
            let (names, kinds) = (raw("category"), raw("category_kind"));
            let lines: Vec<_> = names
                .iter()
                .zip(&kinds)
                .filter(|(name, _)| !name.is_empty())
                .map(|(name, kind)| category_line(name, *kind == "solved"))
                .collect();
            f.set("categories", lines.join("\n"));
            f.set("note", one("note"));
        }
        Tab::Download => {}
    }
    f
}

/// A field, and what is wrong with it.
pub(super) type Wrong = (String, &'static str);

/// Makes the app hold this; or says what cannot be, and then the app is not to be used.
pub(super) fn apply(tab: Tab, f: &Fields, app: &mut App, company: &[App], t: &'static Texts) -> Vec<Wrong> {
    let mut wrong: Vec<Wrong> = Vec::new();
    match tab {
        Tab::Main => {
            app.name = named(f, "name", t.bad_app_name, &mut wrong);
            app.quiet_updates = !f.get("quiet_updates").is_empty();
        }
        Tab::Parameters => {
            for field in FieldKey::ALL {
                match ask_of(f.get(ask_name(field))) {
                    Some(ask) => put_ask(app, field, ask),
                    None => wrong.push((ask_name(field).to_owned(), t.choose_one)),
                }
            }
        }
        Tab::Look => {
            app.title = named(f, "title", t.bad_title, &mut wrong);
            app.company = named(f, "company", t.bad_company, &mut wrong);
            match crate::profile::accent(f.get("accent").trim()) {
                Ok([r, g, b]) => app.accent = format!("{r:02X}{g:02X}{b:02X}"),
                Err(_) => wrong.push(("accent".to_owned(), t.bad_colour)),
            }
            app.welcome = f.get("welcome").to_owned();
            let welcome = &app.welcome;
            if welcome.chars().count() > WELCOME_CHARS
                || welcome.len() > bundle::profile::MAX_WELCOME_BYTES
                || welcome.chars().any(char::is_control)
            {
                wrong.push(("welcome".to_owned(), t.bad_welcome));
            }
            app.phone = f.get("phone").to_owned();
            if app.phone.len() > bundle::profile::MAX_PHONE_BYTES || app.phone.chars().any(char::is_control) {
                wrong.push(("phone".to_owned(), t.bad_phone));
            }
        }
        Tab::Administrators => match people(f.get("people")) {
            Some(list) => app.staff.administrators = list,
            None => wrong.push(("people".to_owned(), t.choose_one)),
        },
        Tab::Attendants => {
            app.staff.everyone = !f.get("everyone").is_empty();
            match people(f.get("people")) {
                Some(list) => app.staff.attendants = list,
                None => wrong.push(("people".to_owned(), t.choose_one)),
            }
            if !app.staff.everyone && app.staff.attendants.is_empty() {
                wrong.push(("people".to_owned(), t.nobody_attends));
            }
        }
        Tab::Availability => apply_availability(f, app, company, t, &mut wrong),
        Tab::WrapUp => {
            app.wrap_up.required = !f.get("required").is_empty();
            app.wrap_up.categories = categories(f.get("categories"));
            let names: Vec<String> = app.wrap_up.categories.iter().map(|c| c.name.to_lowercase()).collect();
            let twice = names.iter().enumerate().any(|(i, name)| names[..i].contains(name));
            let long = names.iter().any(|name| name.chars().count() > NAME_CHARS) || names.len() > CATEGORIES;
            if twice || long {
                wrong.push(("categories".to_owned(), if twice { t.category_twice } else { t.too_long }));
            }
            if app.wrap_up.required && names.is_empty() {
                wrong.push(("categories".to_owned(), t.no_category));
            }
            match note_of(f.get("note")) {
                Some(note) => app.wrap_up.note = note,
                None => wrong.push(("note".to_owned(), t.choose_one)),
            }
        }
        Tab::Download => {}
    }
    wrong
}

fn apply_availability(f: &Fields, app: &mut App, company: &[App], t: &'static Texts, wrong: &mut Vec<Wrong>) {
    let own = app.id;
    let a = &mut app.availability;
    a.by_hours = !f.get("by_hours").is_empty();
    for day in 0..7 {
        let name = format!("day{day}");
        match hours(f.get(&name)) {
            Some(hours) => a.hours[day] = hours,
            None => wrong.push((name, t.bad_hours)),
        }
    }
    if a.by_hours && a.hours.iter().all(Vec::is_empty) {
        wrong.push(("by_hours".to_owned(), t.never_open));
    }
    match holidays(f.get("holidays")) {
        Some(holidays) if holidays.len() <= HOLIDAYS => a.holidays = holidays,
        _ => wrong.push(("holidays".to_owned(), t.bad_holidays)),
    }
    let overflow: Option<Vec<AppId>> = f.get("overflow").split_whitespace().map(|id| id.parse().ok()).collect();
    match overflow {
        Some(list) if list.iter().all(|id| *id != own && company.iter().any(|app| app.id == *id)) => a.overflow = list,
        _ => wrong.push(("overflow".to_owned(), t.choose_one)),
    }
    a.distribute = !f.get("distribute").is_empty();
    match f.get("answer_s").parse() {
        Ok(answer_s) if ANSWER_S.contains(&answer_s) => a.answer_s = answer_s,
        _ => wrong.push(("answer_s".to_owned(), t.bad_answer)),
    }
}

fn named(f: &Fields, name: &str, why: &'static str, wrong: &mut Vec<Wrong>) -> String {
    let text = f.get(name).to_owned();
    let fits = !text.is_empty()
        && text.chars().count() <= NAME_CHARS
        && text.len() <= bundle::profile::MAX_NAME_BYTES
        && !text.chars().any(char::is_control);
    if !fits {
        wrong.push((name.to_owned(), why));
    }
    text
}

/// Makes an app ask for this.
pub(in crate::console) fn put_ask(app: &mut App, key: FieldKey, ask: Ask) {
    match app.fields.iter_mut().find(|field| field.key == key) {
        Some(field) => field.ask = ask,
        None => app.fields.push(store::AppField { key, ask }),
    }
}

/// The name of a parameter's field in the form.
pub(super) fn ask_name(key: FieldKey) -> &'static str {
    match key {
        FieldKey::Name => "ask_name",
        FieldKey::Email => "ask_email",
        FieldKey::Company => "ask_company",
        FieldKey::Phone => "ask_phone",
        FieldKey::Document => "ask_document",
        FieldKey::Subject => "ask_subject",
    }
}

fn ask_word(ask: Ask) -> &'static str {
    match ask {
        Ask::Hidden => "hidden",
        Ask::Optional => "optional",
        Ask::Required => "required",
    }
}

pub(super) fn ask_of(word: &str) -> Option<Ask> {
    [Ask::Hidden, Ask::Optional, Ask::Required].into_iter().find(|ask| ask_word(*ask) == word)
}

fn note_word(note: Note) -> &'static str {
    match note {
        Note::Hidden => "hidden",
        Note::Optional => "optional",
        Note::Required => "required",
    }
}

pub(super) fn note_of(word: &str) -> Option<Note> {
    [Note::Hidden, Note::Optional, Note::Required].into_iter().find(|note| note_word(*note) == word)
}

fn ids(list: &[OperatorId]) -> String {
    list.iter().map(OperatorId::to_string).collect::<Vec<_>>().join(" ")
}

/// The people of a list, each once.
pub(super) fn people(text: &str) -> Option<Vec<OperatorId>> {
    let mut list: Vec<OperatorId> = Vec::new();
    for id in text.split_whitespace() {
        let id = id.parse().ok()?;
        if !list.contains(&id) {
            list.push(id);
        }
    }
    Some(list)
}

fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

/// `08:00-12:00 13:00-18:00`. The end of a day is written as its beginning.
fn hours(text: &str) -> Option<Vec<Hour>> {
    let mut hours: Vec<Hour> = Vec::new();
    for span in text.split_whitespace() {
        let (from, to) = span.split_once('-')?;
        let (from_min, to_min) = (minute(from)?, minute(to)?);
        let to_min = if to_min == 0 { DAY_MIN } else { to_min };
        if from_min >= to_min || hours.last().is_some_and(|last| last.to_min > from_min) {
            return None;
        }
        hours.push(Hour { from_min, to_min });
    }
    Some(hours)
}

/// One a line: date, blank, name.
pub(super) fn holiday_lines(list: &[Holiday]) -> String {
    list.iter().map(|h| format!("{} {}", h.date, h.name).trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// In order, each date once.
pub(super) fn holidays(text: &str) -> Option<Vec<Holiday>> {
    let mut list = Vec::new();
    for line in text.lines() {
        let (date, name) = line.split_once(' ').unwrap_or((line, ""));
        let date: Date = date.parse().ok()?;
        if name.chars().count() > NAME_CHARS || name.chars().any(char::is_control) {
            return None;
        }
        list.push(Holiday { date, name: name.to_owned() });
    }
    list.sort();
    list.dedup_by_key(|holiday| holiday.date);
    Some(list)
}

fn category_line(name: &str, solved: bool) -> String {
    format!("{} {name}", if solved { '+' } else { '-' })
}

/// One a line, with its kind before it.
pub(super) fn categories(text: &str) -> Vec<Category> {
    text.lines()
        .filter_map(|line| {
            let (kind, name) = line.split_once(' ')?;
            Some(Category { name: name.to_owned(), solved: kind == "+" })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use jiff::Timestamp;
    use protocol::id::TenantId;
    use store::Language;

    use super::*;

    fn app() -> App {
        let id = AppId::from_bytes([1; 16]);
        App::new(id, TenantId::from_bytes([2; 16]), "Suporte", "Varanda", "4729", Timestamp::UNIX_EPOCH)
    }

    fn filled(pairs: &[(&str, &str)]) -> Fields {
        let mut fields = Fields::default();
        pairs.iter().for_each(|(name, value)| fields.set(name, *value));
        fields
    }

    fn t() -> &'static Texts {
        Texts::of(Language::En)
    }

    #[test]
    fn what_an_app_holds_goes_through_its_form_unchanged() {
        let mut full = app();
        full.availability.by_hours = true;
        full.availability.hours[6] = vec![Hour { from_min: 1200, to_min: 1440 }];
        full.availability.holidays = vec![Holiday { date: Date::constant(2026, 12, 25), name: "Natal".into() }];
        full.wrap_up.categories = vec![Category { name: "Resolvido".into(), solved: true }];
        full.quiet_updates = true;
        full.staff.attendants = vec![OperatorId::from_bytes([3; 16]), OperatorId::from_bytes([1; 16])];
        for tab in Tab::ALL {
            let mut copy = app();
            let fields = of_app(tab, &full);
            assert_eq!(apply(tab, &fields, &mut copy, &[], t()), [], "{tab:?}");
            assert_eq!(of_app(tab, &copy), fields, "{tab:?}");
            assert_eq!(Fields::from_json(&fields.to_json()), Some(fields));
        }
    }

    #[test]
    fn two_peoples_changes_are_put_together_and_a_clash_keeps_both_texts() {
        let base = filled(&[("title", "A"), ("phone", "1"), ("company", "C"), ("welcome", "w")]);
        let mine = filled(&[("title", "B"), ("phone", "1"), ("company", "D"), ("welcome", "x")]);
        let theirs = filled(&[("title", "A"), ("phone", "2"), ("company", "E"), ("welcome", "x")]);
        let (merged, clashes) = merge(&base, &mine, &theirs);
        assert_eq!(merged, filled(&[("title", "B"), ("phone", "2"), ("company", "D"), ("welcome", "x")]));
        assert_eq!(clashes, [Clash { field: "company".into(), theirs: "E".into() }]);
    }

    #[test]
    fn what_cannot_be_is_said_beside_its_field() {
        let says = |tab, pairs: &[(&str, &str)]| {
            let mut fields = of_app(tab, &app());
            pairs.iter().for_each(|(name, value)| fields.set(name, *value));
            let wrong = apply(tab, &fields, &mut app(), &[app()], t());
            wrong.into_iter().map(|(name, _)| name).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(says(Tab::Main, &[("name", "")]), "name");
        assert_eq!(says(Tab::Main, &[("name", &"x".repeat(61))]), "name");
        assert_eq!(says(Tab::Look, &[("accent", "vermelho"), ("title", "a\u{7}")]), "title accent");
        assert_eq!(says(Tab::Look, &[("welcome", &"x".repeat(201)), ("phone", &"1".repeat(41))]), "welcome phone");
        assert_eq!(says(Tab::Parameters, &[("ask_email", "perhaps")]), "ask_email");
        assert_eq!(says(Tab::Attendants, &[("everyone", "")]), "people");
        assert_eq!(says(Tab::Administrators, &[("people", "nobody")]), "people");
        for hours in ["8-12", "12:00-08:00", "08:00-08:00", "08:00-12:00 11:00-13:00", "25:00-26:00", "08:00-"] {
            assert_eq!(says(Tab::Availability, &[("day0", hours)]), "day0", "{hours}");
        }
        assert_eq!(says(Tab::Availability, &[("holidays", "2026-02-30 Natal")]), "holidays");
        assert_eq!(says(Tab::Availability, &[("answer_s", "9")]), "answer_s");
        assert_eq!(says(Tab::Availability, &[("overflow", &app().id.to_string())]), "overflow", "itself");
        assert_eq!(says(Tab::Availability, &[("overflow", &AppId::from_bytes([9; 16]).to_string())]), "overflow");
        let never: Vec<(String, &str)> = (0..7).map(|day| (format!("day{day}"), "")).collect();
        let mut never: Vec<(&str, &str)> = never.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        never.push(("by_hours", "1"));
        assert_eq!(says(Tab::Availability, &never), "by_hours");
        assert_eq!(says(Tab::WrapUp, &[("required", "1")]), "categories");
        assert_eq!(says(Tab::WrapUp, &[("categories", "+ Sim\n- sim")]), "categories");
    }

    #[test]
    fn a_form_is_read_in_the_order_that_was_arranged_and_without_empty_rows() {
        let form = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
        };
        let arranged =
            form(&[("people", "aa"), ("place-aa", "2"), ("people", "bb"), ("place-bb", "1"), ("people", "cc")]);
        assert_eq!(of_form(Tab::Attendants, &arranged).get("people"), "bb aa cc");
        let rows = form(&[
            ("holiday_date", "2026-12-25"),
            ("holiday_name", "Natal"),
            ("holiday_date", ""),
            ("holiday_name", ""),
            ("from0", "08:00"),
            ("to0", "12:00"),
            ("from0", ""),
            ("to0", ""),
        ]);
        let read = of_form(Tab::Availability, &rows);
        assert_eq!((read.get("holidays"), read.get("day0")), ("2026-12-25 Natal", "08:00-12:00"));
        let said = form(&[("welcome", "a\r\nb")]);
        assert_eq!(of_form(Tab::Look, &said).get("welcome"), "a\nb");
    }
}
