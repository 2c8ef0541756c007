//! How an app looks: its picture, and the customer's window as it will be while one still types.
//!
//! The colours of the preview are computed where the program's are, and arrive as a style sheet. A picture is decoded and written anew
//! before anybody sees it; what is none is refused with the reason.

use askama::Template;
use axum::{
    body::Bytes,
    extract::{Form, Path, Query, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Redirect, Response},
};
use bundle::{
    Logo, Palette,
    palette::{Rgb, contrast},
};
use jiff::Timestamp;
use protocol::message::directory::FieldKey;
use serde::Deserialize;
use store::{App as Record, Ask, Stamp, StoreError};

use super::{
    super::{
        App,
        error::{AppError, Page, page},
        strings::{Texts, fill},
        upload,
        visitor::Who,
    },
    SAVE_TRIES, Tab, edit,
    edit::EditPage,
    editable,
    fields::{self, Fields},
    picture, seen, tell, unprocessable,
};
use crate::profile;

/// One ratio of the computed colours.
pub(super) struct Ratio {
    pub(super) word: &'static str,
    pub(super) ratio: String,
}

/// A field of the customer's first page.
pub(super) struct Shown {
    pub(super) word: &'static str,
    pub(super) required: bool,
}

/// The customer's window.
#[derive(Template)]
#[template(path = "app_preview.html")]
pub(super) struct Preview {
    pub(super) t: &'static Texts,
    pub(super) id: String,
    pub(super) revision: u32,
    pub(super) title: String,
    pub(super) company: String,
    pub(super) welcome: String,
    pub(super) phone: String,
    /// Six digits that are a colour.
    pub(super) accent: String,
    pub(super) ratios: Vec<Ratio>,
    pub(super) asks: Vec<Shown>,
}

impl Preview {
    /// The app with what is typed in its place.
    pub(super) fn of(t: &'static Texts, app: &Record, typed: &Fields) -> Self {
        let text = |name: &str, saved: &str| match typed.get(name) {
            "" => saved.to_owned(),
            typed => typed.to_owned(),
        };
        let accent = profile::accent(typed.get("accent").trim()).or_else(|_| profile::accent(&app.accent));
        let accent = accent.unwrap_or(bundle::AMPARO_ACCENT);
        let asks = FieldKey::ALL
            .iter()
            .map(|key| (key, fields::ask_of(typed.get(fields::ask_name(*key))).unwrap_or(app.ask(*key))))
            .filter(|(_, ask)| *ask != Ask::Hidden)
            .map(|(key, ask)| Shown { word: edit::word(t, *key), required: ask == Ask::Required })
            .collect();
        Self {
            t,
            id: app.id.to_string(),
            revision: app.revision,
            title: text("title", &app.title),
            company: text("company", &app.company),
            welcome: text("welcome", &app.welcome),
            phone: text("phone", &app.phone),
            accent: digits(accent),
            ratios: ratios(t, accent),
            asks,
        }
    }

    pub(super) fn told(&self) -> String {
        fill(self.t.pv_told, &[&self.company])
    }

    pub(super) fn wants(&self) -> String {
        fill(self.t.pv_wants, &[&self.company])
    }
}

fn digits([r, g, b]: Rgb) -> String {
    format!("{r:02X}{g:02X}{b:02X}")
}

fn ratios(t: &'static Texts, accent: Rgb) -> Vec<Ratio> {
    let palette = Palette::from_accent(accent);
    let (light, dark) = (palette.light, palette.dark);
    [
        (t.ratio_button, contrast(light.accent_on, light.accent)),
        (t.ratio_link, contrast(light.accent_text, bundle::palette::LIGHT.surface)),
        (t.ratio_dark, contrast(dark.accent_text, bundle::palette::DARK.surface)),
    ]
    .map(|(word, ratio)| Ratio { word, ratio: decimal(t, ratio) })
    .into()
}

fn decimal(t: &'static Texts, ratio: f64) -> String {
    let text = format!("{ratio:.1}");
    if t.language == store::Language::En { text } else { text.replace('.', ",") }
}

/// What is typed.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Typed {
    title: String,
    company: String,
    accent: String,
    welcome: String,
    phone: String,
}

/// `GET /apps/{id}/preview`
pub(crate) async fn preview(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    Query(typed): Query<Typed>,
) -> Page {
    let record = editable(&app, &who, &id).await?;
    let mut fields = Fields::default();
    let Typed { title, company, accent, welcome, phone } = typed;
    for (name, value) in
        [("title", title), ("company", company), ("accent", accent), ("welcome", welcome), ("phone", phone)]
    {
        fields.set(name, value);
    }
    page(&Preview::of(who.texts, &record, &fields))
}

/// A colour.
#[derive(Deserialize)]
pub(crate) struct Accent {
    accent: String,
}

/// `GET /apps/preview.css`: the shades of a colour, for what is inside `.pv`. The same for everybody.
pub(crate) async fn style(Query(form): Query<Accent>) -> Result<Response, AppError> {
    let accent = profile::accent(&form.accent).map_err(|_| AppError::BadRequest)?;
    let Palette { light, dark } = Palette::from_accent(accent);
    let shade =
        |name: &str, light: Rgb, dark: Rgb| format!("--{name}: light-dark(#{}, #{});", digits(light), digits(dark));
    let css = format!(
        ".pv {{ {} {} {} {} {} }}\n",
        shade("accent", light.accent, dark.accent),
        shade("accent-on", light.accent_on, dark.accent_on),
        shade("accent-edge", light.accent_edge, dark.accent_edge),
        shade("accent-text", light.accent_text, dark.accent_text),
        shade("accent-soft", light.accent_soft, dark.accent_soft),
    );
    Ok(([(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=3600")], css)
        .into_response())
}

/// A picture as PNG: the app's own, or its mark.
pub(super) fn shown(record: &Record) -> Response {
    let png = record
        .logo_png
        .clone()
        .unwrap_or_else(|| Logo::mark(profile::accent(&record.accent).unwrap_or(bundle::AMPARO_ACCENT)).into_png());
    ([(header::CONTENT_TYPE, "image/png"), (header::CACHE_CONTROL, "private, max-age=300")], png).into_response()
}

/// `GET /apps/{id}/logo`
pub(crate) async fn logo(State(app): State<App>, who: Who, Path(id): Path<String>) -> Page {
    Ok(shown(&seen(&app, &who, &id).await?))
}

/// `POST /apps/{id}/logo`
pub(crate) async fn upload(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Page {
    let record = editable(&app, &who, &id).await?;
    let file = upload::part(&headers, body.clone(), "logo").await.unwrap_or_default();
    let beside = Beside(upload::texts(&headers, body).await);
    match picture::read(&app, file.clone()).await? {
        Ok(logo) => {
            put(&app, &who, &id, Some(logo.into_png())).await?;
            beside.go_on(&app, &who, &id).await
        }
        Err(error) => {
            let why = picture::words(who.texts, &file, &error);
            let mut edit = beside.shown(&app, &who, record).await?;
            edit.logo_refused = Some(why);
            unprocessable(page(&edit))
        }
    }
}

/// What else was typed when a logo was sent or taken away: it is not saved by that, and stays as it is.
struct Beside(Vec<(String, String)>);

impl Beside {
    fn fields(&self, record: &Record) -> Fields {
        let is_there = self.0.iter().any(|(name, _)| name == "title");
        if is_there { fields::of_form(Tab::Look, &self.0) } else { fields::of_app(Tab::Look, record) }
    }

    async fn shown(&self, app: &App, who: &Who, record: Record) -> Result<EditPage, AppError> {
        let fields = self.fields(&record);
        let mut edit = EditPage::load(app, who, record, Tab::Look, fields).await?;
        // What the form began with: a colleague's change meanwhile is told of when it is saved.
        let base = self.0.iter().find(|(name, _)| name == "_base").and_then(|(_, base)| Fields::from_json(base));
        if let Some(base) = base {
            edit.base = base.to_json();
        }
        Ok(edit)
    }

    /// On after the logo was changed.
    async fn go_on(&self, app: &App, who: &Who, id: &str) -> Page {
        let record = editable(app, who, id).await?;
        if self.fields(&record) == fields::of_app(Tab::Look, &record) {
            return Ok(Redirect::to(&format!("/apps/{id}/look?saved=1")).into_response());
        }
        let mut edit = self.shown(app, who, record).await?;
        edit.saved = Some(edit.words().logo_alone);
        page(&edit)
    }
}

/// `POST /apps/{id}/logo/remove`
pub(crate) async fn remove(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    Form(form): Form<Vec<(String, String)>>,
) -> Page {
    put(&app, &who, &id, None).await?;
    Beside(form).go_on(&app, &who, &id).await
}

async fn put(app: &App, who: &Who, id: &str, png: Option<Vec<u8>>) -> Result<(), AppError> {
    let name = editable(app, who, id).await?.name;
    who.audit(app, "app.changed", &format!("{name} · logo")).await?;
    for _ in 0..SAVE_TRIES {
        let mut record = editable(app, who, id).await?;
        record.logo_png = png.clone();
        record.changed = Stamp { at: Timestamp::now(), by: who.operator.name.clone() };
        match app.shared.store.update_app(&record).await {
            Err(StoreError::Conflict { what: "revision" }) => {}
            Err(other) => return Err(other.into()),
            Ok(_) => {
                tell(app, who);
                return Ok(());
            }
        }
    }
    Err(AppError::Trouble)
}
