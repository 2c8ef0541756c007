//! The company: its name, the language of what is written for it, and where its days begin. For administrators.
//!
//! The form remembers what it began with, as those of apps do: of two who change the same, the second is told. Times are kept in UTC,
//! whatever is chosen here.

mod words;
mod zones;

use askama::Template;
use axum::{
    extract::{Form, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use jiff::Timestamp;
use protocol::message::ShownText;
use serde::Deserialize;
use store::{Language, Stamp, StoreError, Tenant};

use super::{
    App,
    apps::fields::{Clash, Fields, SAVE_TRIES, merge},
    companies,
    error::{AppError, Page, page, unprocessable},
    shell::{self, Choice, Here, Shell},
    strings::fill,
    visitor::{self, Who},
};
pub(super) use words::Words;
use zones::Group;

const PAGE: &str = "/company";
const FIELDS: [&str; 3] = ["name", "language", "time_zone"];

/// A field, and what is wrong with it.
type Wrong = (&'static str, &'static str);

#[derive(Template)]
#[template(path = "company.html")]
struct CompanyPage {
    s: Shell,
    w: &'static Words,
    address: String,
    fields: Fields,
    /// What the form began with.
    base: String,
    wrong: Vec<Wrong>,
    clashes: Vec<Clash>,
    saved: Option<&'static str>,
}

impl CompanyPage {
    /// The page with these in its form; whoever changes them changes `theirs`.
    async fn load(app: &App, who: &Who, fields: Fields, theirs: &Fields) -> Result<Self, AppError> {
        let s = Shell::load(app, who, Here::Company).await?;
        let w = Words::of(s.t.language);
        let address = companies::address(app, &s.tenant);
        Ok(Self { w, address, fields, base: theirs.to_json(), wrong: Vec::new(), clashes: Vec::new(), saved: None, s })
    }

    fn get(&self, name: &str) -> &str {
        self.fields.get(name)
    }

    fn error(&self, name: &str) -> Option<&'static str> {
        self.wrong.iter().find(|(field, _)| *field == name).map(|(_, why)| *why)
    }

    /// What somebody else chose, as it is read.
    fn clash(&self, name: &str) -> Option<String> {
        let theirs = &self.clashes.iter().find(|clash| clash.field == name)?.theirs;
        let language = |tag: &str| self.languages().into_iter().find(|choice| choice.value == tag);
        Some(if name == "language" { language(theirs).map_or_else(String::new, |l| l.word) } else { theirs.clone() })
    }

    fn languages(&self) -> Vec<Choice> {
        let all = shell::languages(self.s.t).into_iter();
        all.map(|(tag, name, _)| Choice::new(tag, name, self.get("language"))).collect()
    }

    fn zones(&self) -> Vec<Group> {
        zones::offered(self.w, self.get("time_zone"), &self.s.tenant.time_zone, self.s.clock.now())
    }

    /// Where its people log in.
    fn address(&self) -> &str {
        &self.address
    }

    /// What the clocks of the company show.
    fn now_there(&self) -> String {
        fill(self.w.now_there, &[&self.s.clock.date_time(&self.s.clock.now())])
    }

    /// Who changed it last, and when.
    fn last_change(&self) -> String {
        let Stamp { at, by } = &self.s.tenant.changed;
        if by.is_empty() { String::new() } else { fill(self.w.changed_by, &[&self.s.clock.lately(at), by]) }
    }

    /// Whose change came between.
    fn other(&self) -> &str {
        if self.s.tenant.changed.by.is_empty() { "Amparo" } else { &self.s.tenant.changed.by }
    }

    fn clash_note(&self) -> String {
        fill(self.w.clash, &[self.other()])
    }
}

/// What a company holds, as its form has it.
fn of_tenant(tenant: &Tenant) -> Fields {
    let mut fields = Fields::default();
    fields.set("name", tenant.name.as_str());
    fields.set("language", tenant.language.tag());
    fields.set("time_zone", tenant.time_zone.as_str());
    fields
}

/// Makes the company hold this; or says what cannot be, and then it is not to be used.
fn apply(fields: &Fields, tenant: &mut Tenant, w: &'static Words) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    match ShownText::try_from(fields.get("name").to_owned()) {
        Ok(name) if !name.as_str().is_empty() => tenant.name = name.into(),
        _ => wrong.push(("name", w.bad_name)),
    }
    match Language::from_tag(fields.get("language")) {
        Some(language) => tenant.language = language,
        None => wrong.push(("language", w.choose_one)),
    }
    let zone = fields.get("time_zone");
    // One that was put there by other means stays until another is chosen.
    if zone == tenant.time_zone || zones::is_known(zone) {
        zone.clone_into(&mut tenant.time_zone);
    } else {
        wrong.push(("time_zone", w.bad_zone));
    }
    wrong
}

/// What a change comes to, for the audit log: each field that is another now, with what it was.
fn detail(before: &Fields, after: &Fields) -> String {
    let changed = FIELDS.iter().filter(|name| before.get(name) != after.get(name));
    changed.map(|name| format!("{name}={}→{}", before.get(name), after.get(name))).collect::<Vec<_>>().join(" ")
}

/// What happened before.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ShowQuery {
    saved: Option<String>,
}

/// `GET /company`
pub(super) async fn show(State(app): State<App>, who: Who, Query(query): Query<ShowQuery>) -> Page {
    let fields = of_tenant(&app.shared.store.tenant(who.operator.tenant).await?);
    let shown = CompanyPage::load(&app, &who, fields.clone(), &fields).await?;
    let saved = query.saved.map(|how| if how == "merged" { shown.s.t.saved_merged } else { shown.s.t.saved });
    page(&CompanyPage { saved, ..shown })
}

/// `POST /company`
pub(super) async fn save(State(app): State<App>, who: Who, Form(form): Form<Vec<(String, String)>>) -> Page {
    let said = |name: &str| form.iter().find(|(n, _)| n == name).map(|(_, value)| value.trim());
    let mut mine = Fields::default();
    FIELDS.iter().for_each(|name| mine.set(name, said(name).unwrap_or_default()));
    for _ in 0..SAVE_TRIES {
        let record = app.shared.store.tenant(who.operator.tenant).await?;
        let theirs = of_tenant(&record);
        if let Some(name) = said("_step").and_then(|step| step.strip_prefix("take:")) {
            // What somebody else wrote instead of mine; nothing is written yet.
            mine.set(name, theirs.get(name).to_owned());
            return page(&CompanyPage::load(&app, &who, mine, &theirs).await?);
        }
        let base = said("_base").and_then(Fields::from_json).unwrap_or_else(|| theirs.clone());
        let (merged, clashes) = merge(&base, &mine, &theirs);
        if !clashes.is_empty() {
            let shown = CompanyPage::load(&app, &who, merged, &theirs).await?;
            let mut answer = page(&CompanyPage { clashes, ..shown })?;
            *answer.status_mut() = StatusCode::CONFLICT;
            return Ok(answer);
        }
        let mut changed = record.clone();
        let wrong = apply(&merged, &mut changed, Words::of(who.texts.language));
        if !wrong.is_empty() {
            let shown = CompanyPage::load(&app, &who, merged, &theirs).await?;
            return unprocessable(page(&CompanyPage { wrong, ..shown }));
        }
        if changed != record && !write(&app, &who, &record, changed).await? {
            continue;
        }
        let how = if base == theirs { "1" } else { "merged" };
        return Ok(Redirect::to(&format!("{PAGE}?saved={how}")).into_response());
    }
    Err(AppError::Trouble)
}

/// Writes it down; whatever follows its clock looks again. `false`: somebody else has written it in this very moment.
async fn write(app: &App, who: &Who, before: &Tenant, mut changed: Tenant) -> Result<bool, AppError> {
    let detail = detail(&of_tenant(before), &of_tenant(&changed));
    visitor::audit(app, &who.operator, who.source, "company.changed", &before.name, &detail).await?;
    changed.changed = Stamp { at: Timestamp::now(), by: who.operator.name.clone() };
    match app.shared.store.update_tenant(&changed).await {
        Ok(_) => {}
        Err(StoreError::Conflict { what: "revision" }) => return Ok(false),
        Err(other) => return Err(other.into()),
    }
    // Apps may be open now that were closed, and the other way round; open pages have another today.
    app.shared.apps.changed(before.id);
    app.shared.accounts_changed.bump();
    app.shared.changes.bump();
    Ok(true)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use protocol::id::TenantId;

    use super::*;

    fn varanda() -> Tenant {
        Tenant::new(TenantId::from_bytes([1; 16]), "Varanda", Timestamp::UNIX_EPOCH)
    }

    fn wrong(name: &str, value: &str) -> Vec<&'static str> {
        let mut fields = of_tenant(&varanda());
        fields.set(name, value);
        let wrong = apply(&fields, &mut varanda(), Words::of(Language::En));
        wrong.into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn what_a_company_holds_goes_through_its_form_and_the_log_says_what_became_another() {
        let mut changed = varanda();
        let mut fields = of_tenant(&changed);
        assert_eq!(apply(&fields, &mut changed, Words::of(Language::En)), []);
        assert_eq!((&changed, detail(&fields, &of_tenant(&changed))), (&varanda(), String::new()));
        fields.set("name", "Varanda Ltda");
        fields.set("time_zone", "Europe/Madrid");
        assert_eq!(apply(&fields, &mut changed, Words::of(Language::En)), []);
        assert_eq!(
            detail(&of_tenant(&varanda()), &of_tenant(&changed)),
            "name=Varanda→Varanda Ltda time_zone=America/Sao_Paulo→Europe/Madrid"
        );
    }

    #[test]
    fn what_cannot_be_is_said_of_its_field() {
        for name in ["", "a\u{7}b", "a\nb", &"x".repeat(10_000)] {
            assert_eq!(wrong("name", name), ["name"], "{name:?}");
        }
        for language in ["", "de", "PT-br", "en "] {
            assert_eq!(wrong("language", language), ["language"], "{language:?}");
        }
        for zone in ["", "Mars/Olympus", "-03:00", "Etc/Unknown", "america/sao_paulo", "../../etc/passwd", "localtime"]
        {
            assert_eq!(wrong("time_zone", zone), ["time_zone"], "{zone:?}");
        }
    }

    #[test]
    fn a_zone_that_came_by_other_means_stays_until_another_is_chosen() {
        let mut odd = Tenant { time_zone: "Etc/GMT+3".into(), ..varanda() };
        let fields = of_tenant(&odd);
        assert_eq!(apply(&fields, &mut odd, Words::of(Language::En)), []);
        assert_eq!(odd.time_zone, "Etc/GMT+3");
        assert_eq!(wrong("time_zone", "Etc/GMT+3"), ["time_zone"], "nobody chooses it");
    }
}
