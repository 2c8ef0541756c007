//! The page of one tab: what the form shows, whatever was typed into it, and what it does to itself without saving.

use askama::Template;
use protocol::message::directory::FieldKey;
use store::{App as Record, Note};

use super::{
    super::{
        App,
        error::AppError,
        shell::{self, Choice, Here, Shell},
        strings::{Texts, fill},
        visitor::Who,
    },
    Tab, archive,
    fields::{self, Clash, Fields, Wrong},
    holidays,
    look::Preview,
    words::Words,
};
use crate::account::Operator;

/// Empty rows below a list, to be filled in.
const FREE_ROWS: usize = 2;
/// Parts of a day that can be given.
const PARTS: usize = 2;
/// Apps that customers can flow over to.
const OVERFLOWS: usize = 3;

/// Somebody who can be chosen.
pub(super) struct Person {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) initials: String,
    pub(super) login: String,
    pub(super) chosen: bool,
    pub(super) place: usize,
}

/// A row of two texts.
pub(super) struct Pair {
    pub(super) a: String,
    pub(super) b: String,
}

/// A part of the form that is one of several.
pub(super) struct Asked {
    pub(super) name: &'static str,
    pub(super) word: &'static str,
    pub(super) choices: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "app_edit.html")]
pub(super) struct EditPage {
    pub(super) s: Shell,
    pub(super) app: Record,
    pub(super) tab: Tab,
    /// What the form shows.
    pub(super) fields: Fields,
    /// What it began with.
    pub(super) base: String,
    pub(super) wrong: Vec<Wrong>,
    pub(super) clashes: Vec<Clash>,
    pub(super) saved: Option<&'static str>,
    pub(super) simulates: bool,
    /// Why a picture was not taken.
    pub(super) logo_refused: Option<String>,
    pub(super) preview: Preview,
    users: Vec<Operator>,
    others: Vec<Record>,
}

impl EditPage {
    pub(super) async fn load(app: &App, who: &Who, record: Record, tab: Tab, fields: Fields) -> Result<Self, AppError> {
        let s = Shell::load(app, who, Here::Apps).await?;
        let users = app.shared.accounts.list(who.operator.tenant).await?;
        let users = users.into_iter().filter(|u| u.disabled_at.is_none()).map(|u| u.operator).collect();
        let all = app.shared.apps.every(who.operator.tenant).await?;
        let others = all.iter().filter(|a| a.id != record.id).cloned().collect();
        let preview = Preview::of(s.t, &record, &fields);
        let base = fields::of_app(tab, &record).to_json();
        Ok(Self {
            s,
            app: record,
            tab,
            fields,
            base,
            wrong: Vec::new(),
            clashes: Vec::new(),
            saved: None,
            simulates: false,
            logo_refused: None,
            preview,
            users,
            others,
        })
    }

    pub(super) fn words(&self) -> &'static Words {
        Words::of(self.s.t.language)
    }

    pub(super) fn tabs(&self) -> Vec<(&'static str, &'static str, bool)> {
        tabs(self.s.t, self.tab)
    }

    pub(super) fn is(&self, tab: Tab) -> bool {
        self.tab == tab
    }

    pub(super) fn get(&self, name: &str) -> &str {
        self.fields.get(name)
    }

    /// When it was archived, and by whom.
    pub(super) fn archived(&self) -> Option<String> {
        archive::said(&self.app, self.words(), &self.s.clock)
    }

    /// Which apps in its overflow are archived, and what becomes of that.
    pub(super) fn overflow_ended(&self) -> Option<String> {
        super::skipped(&self.app, &self.others).map(|names| fill(self.words().overflow_ended, &[&names]))
    }

    /// A question with the app's name in it.
    pub(super) fn named(&self, words: &str) -> String {
        fill(words, &[&self.app.name])
    }

    /// What is wrong with this field.
    pub(super) fn error(&self, name: &str) -> Option<&'static str> {
        self.wrong.iter().find(|(field, _)| field == name).map(|(_, why)| *why)
    }

    /// What somebody else wrote into it, as it is read.
    pub(super) fn clash(&self, name: &str) -> Option<String> {
        let theirs = &self.clashes.iter().find(|clash| clash.field == name)?.theirs;
        let shown = match name {
            "people" => theirs.split_whitespace().map(|id| self.name_of(id)).collect::<Vec<_>>().join(", "),
            "overflow" => {
                let names = self.others.iter().filter(|a| theirs.contains(&a.id.to_string())).map(|a| a.name.as_str());
                names.collect::<Vec<_>>().join(", ")
            }
            "everyone" | "by_hours" | "distribute" | "required" | "quiet_updates" => {
                if theirs.is_empty() { self.s.t.no } else { self.s.t.yes }.to_owned()
            }
            "note" => note_title(self.s.t, theirs).to_owned(),
            name if name.starts_with("ask_") => ask_title(self.s.t, theirs).to_owned(),
            "categories" => {
                theirs.lines().map(|l| l.trim_start_matches(['+', '-', ' '])).collect::<Vec<_>>().join(", ")
            }
            _ => theirs.replace('\n', ", "),
        };
        Some(if shown.is_empty() { self.s.t.nothing.to_owned() } else { shown })
    }

    fn name_of(&self, id: &str) -> String {
        self.users.iter().find(|u| u.id.to_string() == id).map_or_else(|| id.to_owned(), |u| u.name.clone())
    }

    /// Who changed it last, and when.
    pub(super) fn last_change(&self) -> String {
        let at = self.s.clock.lately(&self.app.changed.at);
        if self.app.changed.by.is_empty() {
            format!("{} {at}", self.s.t.changed)
        } else {
            fill(self.s.t.changed_by, &[&at, &self.app.changed.by])
        }
    }

    pub(super) fn clash_note(&self) -> String {
        fill(self.s.t.clash, &[if self.app.changed.by.is_empty() { "Amparo" } else { &self.app.changed.by }])
    }

    pub(super) fn asks(&self) -> Vec<Asked> {
        let choice = |now: &str, value: &str| Choice {
            value: value.to_owned(),
            word: ask_title(self.s.t, value).to_owned(),
            chosen: now == value,
        };
        FieldKey::ALL
            .iter()
            .map(|key| {
                let name = fields::ask_name(*key);
                let now = self.get(name);
                Asked {
                    name,
                    word: word(self.s.t, *key),
                    choices: ["hidden", "optional", "required"].map(|value| choice(now, value)).into(),
                }
            })
            .collect()
    }

    /// Chosen people first, in their order; then the others by name.
    pub(super) fn people(&self) -> Vec<Person> {
        let chosen: Vec<&str> = self.get("people").split_whitespace().collect();
        let mut people: Vec<Person> = self
            .users
            .iter()
            .filter(|u| self.tab != Tab::Attendants || u.roles.attend)
            .map(|u| {
                let id = u.id.to_string();
                let place = chosen.iter().position(|c| *c == id);
                Person {
                    initials: shell::initials(&u.name),
                    name: u.name.clone(),
                    login: u.login.clone(),
                    chosen: place.is_some(),
                    place: place.map_or(chosen.len(), |p| p) + 1,
                    id,
                }
            })
            .collect();
        people.sort_by_key(|p| (!p.chosen, p.place));
        // As they stand: whoever was not arranged comes behind the others.
        people.iter_mut().zip(1..).for_each(|(person, place)| person.place = place);
        people
    }

    pub(super) fn days(&self) -> Vec<(usize, &'static str, Vec<Pair>, String)> {
        let names = self.s.t.weekdays_long.split(' ');
        names
            .take(7)
            .enumerate()
            .map(|(day, name)| {
                let field = format!("day{day}");
                let mut parts: Vec<Pair> = self
                    .get(&field)
                    .split_whitespace()
                    .map(|span| span.split_once('-').unwrap_or((span, "")))
                    .map(|(a, b)| Pair { a: a.to_owned(), b: b.to_owned() })
                    .collect();
                while parts.len() < PARTS {
                    parts.push(Pair { a: String::new(), b: String::new() });
                }
                (day, name, parts, field)
            })
            .collect()
    }

    pub(super) fn holidays(&self) -> Vec<Pair> {
        let mut rows: Vec<Pair> = self
            .get("holidays")
            .lines()
            .map(|line| line.split_once(' ').unwrap_or((line, "")))
            .map(|(a, b)| Pair { a: a.to_owned(), b: b.to_owned() })
            .collect();
        rows.extend((0..FREE_ROWS).map(|_| Pair { a: String::new(), b: String::new() }));
        rows
    }

    pub(super) fn categories(&self) -> Vec<Pair> {
        let mut rows: Vec<Pair> = fields::categories(self.get("categories"))
            .into_iter()
            .map(|c| Pair { a: c.name, b: if c.solved { "solved" } else { "open" }.to_owned() })
            .collect();
        rows.extend((0..FREE_ROWS).map(|_| Pair { a: String::new(), b: "solved".to_owned() }));
        rows
    }

    /// The categories there are, without empty rows.
    pub(super) fn named_categories(&self) -> Vec<String> {
        fields::categories(self.get("categories")).into_iter().map(|c| c.name).collect()
    }

    pub(super) fn notes(&self) -> Vec<Choice> {
        ["hidden", "optional", "required"]
            .iter()
            .map(|value| Choice {
                value: (*value).to_owned(),
                word: note_title(self.s.t, value).to_owned(),
                chosen: self.get("note") == *value,
            })
            .collect()
    }

    pub(super) fn has_note(&self) -> bool {
        fields::note_of(self.get("note")) != Some(Note::Hidden)
    }

    /// One list of apps for each place in the overflow.
    pub(super) fn overflows(&self) -> Vec<Vec<Choice>> {
        let chosen: Vec<&str> = self.get("overflow").split_whitespace().collect();
        // An archived one is no choice any more; where it was chosen it stays until somebody takes it out.
        let others: Vec<_> = self
            .others
            .iter()
            .filter(|a| a.archived.is_none() || chosen.contains(&a.id.to_string().as_str()))
            .collect();
        (0..OVERFLOWS.min(others.len()))
            .map(|place| {
                let none = Choice {
                    value: String::new(),
                    word: self.s.t.no_overflow.to_owned(),
                    chosen: chosen.get(place).is_none(),
                };
                let apps = others.iter().map(|a| Choice {
                    value: a.id.to_string(),
                    word: super::known_as(a, self.s.t.language),
                    chosen: chosen.get(place) == Some(&a.id.to_string().as_str()),
                });
                std::iter::once(none).chain(apps).collect()
            })
            .collect()
    }
}

/// The tabs: address, title, whether it is this one.
pub(super) fn tabs(t: &'static Texts, here: Tab) -> Vec<(&'static str, &'static str, bool)> {
    Tab::ALL.iter().map(|tab| (tab.word(), tab.title(t), *tab == here)).collect()
}

/// What a button does to the form without saving it: `take:title` takes what somebody else wrote, `holidays` loads all there are.
/// `year`: which it is where the company is.
pub(super) fn step(
    step: &str,
    tab: Tab,
    mine: &mut Fields,
    theirs: &Fields,
    company: &[Record],
    own: &Record,
    year: i16,
) {
    if let Some(name) = step.strip_prefix("take:") {
        let value = theirs.get(name).to_owned();
        mine.set(name, value);
    }
    if step == "holidays" && tab == Tab::Availability {
        // What was typed stays: of two on one day the first is kept.
        let mut all = fields::holidays(mine.get("holidays")).unwrap_or_default();
        let of_others = company.iter().filter(|a| a.id != own.id).flat_map(|a| a.availability.holidays.iter().cloned());
        for holiday in of_others.chain(holidays::national(year)).chain(holidays::national(year + 1)) {
            if !all.iter().any(|known| known.date == holiday.date) {
                all.push(holiday);
            }
        }
        all.sort();
        mine.set("holidays", fields::holiday_lines(&all));
    }
}

fn ask_title(t: &'static Texts, value: &str) -> &'static str {
    match value {
        "required" => t.ask_required,
        "optional" => t.ask_optional,
        _ => t.ask_hidden,
    }
}

fn note_title(t: &'static Texts, value: &str) -> &'static str {
    ask_title(t, value)
}

/// What a customer is asked for.
pub(super) fn word(t: &'static Texts, key: FieldKey) -> &'static str {
    match key {
        FieldKey::Name => t.name,
        FieldKey::Email => t.email,
        FieldKey::Company => t.company,
        FieldKey::Phone => t.phone,
        FieldKey::Document => t.document,
        FieldKey::Subject => t.subject,
    }
}
