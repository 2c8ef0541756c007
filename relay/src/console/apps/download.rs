//! How an app comes to its customers: the signed profile, the link, its short code, its picture for telephones.
//!
//! What is downloaded here is for attendants and administrators; customers come through [`super::get`].

use askama::Template;
use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use jiff::Timestamp;
use protocol::message::invitation::Invitation;
use qrcodegen::{QrCode, QrCodeEcc};
use store::{App as Record, AuditEntry};

use super::{
    super::{
        App,
        error::{AppError, Page, page},
        shell::{Here, Shell},
        strings::fill,
        visitor::Who,
    },
    Tab, archive, edit, editable, seen, tell,
    words::{Words, reason},
};
use crate::{
    apps,
    programs::{self, Failure, Program, Stage, State as Stands, System},
};

/// The name the program looks for beside itself.
pub(super) const FILE_NAME: &str = "amparo.profile";
/// White modules around a code, as its standard asks.
const QUIET: i32 = 4;
/// Pixels of a module in a picture.
const MODULE_PX: usize = 8;

#[derive(Template)]
#[template(path = "app_download.html")]
struct DownloadPage {
    s: Shell,
    app: Record,
    tabs: Vec<(&'static str, &'static str, bool)>,
    edits: bool,
    link: String,
    /// The address without what browsers add by themselves.
    host: String,
    /// A profile can be made here.
    signs: bool,
    programs: Vec<Row>,
    /// One of them is being made.
    making: bool,
    /// When it was archived, and by whom; and what that means.
    archived: Option<(String, &'static str)>,
}

/// A program's row.
struct Row {
    w: &'static Words,
    system: System,
    colour: &'static str,
    mark: &'static str,
    state: String,
    sha256: String,
    /// It is being made: the page looks again.
    making: bool,
    /// The stage it is at and what is done in it.
    at: Option<(usize, String)>,
    /// How many stages there are.
    stages: usize,
    /// Whose code signature it has, or what it means that it has none.
    signature: Option<String>,
    /// What customers get meanwhile.
    meanwhile: Option<&'static str>,
    /// Whoever looks may stop it.
    cancels: bool,
    /// … or have it made: what the button says, alone and among others.
    makes: Option<(&'static str, &'static str)>,
    /// It can be downloaded, made first if need be.
    gets: bool,
}

impl Row {
    /// `None` where there is nothing to be said of this system to whoever looks.
    /// `before`: one from before is on offer.
    fn new(app: &App, record: &Record, system: System, edits: bool, before: bool, s: &Shell) -> Option<Self> {
        let w = Words::of(s.t.language);
        let is_offered = app.shared.programs.offered().contains(&system);
        let stands = if is_offered {
            app.shared.programs.state(record, system)
        } else {
            // For those alone who can see to it that there is one.
            edits.then_some(Stands::Failed { why: Failure::NoTemplate })?
        };
        let signs = app.shared.programs.signs(system);
        let new = |colour, mark, state| Self {
            w,
            system,
            colour,
            mark,
            state,
            sha256: String::new(),
            making: false,
            at: None,
            stages: Stage::count(signs),
            signature: None,
            meanwhile: None,
            cancels: false,
            makes: None,
            gets: is_offered,
        };
        Some(match stands {
            Stands::Ready { sha256, bytes, signed_by } => {
                let state = format!("{} · {:.1} MB", s.t.ready, bytes as f64 / 1e6);
                let signature = match signed_by {
                    Some(by) => Some(fill(w.signed_by, &[&by])),
                    // For those alone who can see to it.
                    None if edits && system == System::Windows => Some(w.not_signed.to_owned()),
                    None => None,
                };
                Self { sha256, signature, ..new("ok", "circle-check", state) }
            }
            Stands::NotMade => {
                let makes = edits.then_some((w.make_now, w.make_now_for));
                Self { makes, ..new("t2", "clock", s.t.made_when_asked.to_owned()) }
            }
            Stands::Making { at, stopping } => {
                let words = if stopping { w.stopping } else { s.t.being_made };
                let stage =
                    fill(w.stage, &[&at.number(signs).to_string(), &Stage::count(signs).to_string(), doing(w, at)]);
                let making = new("t2", "circle-dashed", words.to_owned());
                Self {
                    making: true,
                    at: Some((at.number(signs), stage)),
                    cancels: edits && !stopping,
                    gets: false,
                    ..making
                }
            }
            Stands::Failed { why } => {
                let (colour, mark) = match why {
                    Failure::Cancelled => ("t2", "ban"),
                    _ if is_offered => ("warn", "triangle-alert"),
                    _ => ("t2", "circle-x"),
                };
                let makes = edits.then_some((w.try_again, w.try_again_for));
                let meanwhile = before.then_some(w.one_from_before);
                Self {
                    makes,
                    meanwhile,
                    gets: is_offered && (before || !edits),
                    ..new(colour, mark, reason(s.t.language, why).to_owned())
                }
            }
        })
    }

    /// This with the system's name in it.
    fn of(&self, words: &str) -> String {
        fill(words, &[self.system.title()])
    }
}

/// What is done at a stage.
fn doing(w: &'static Words, at: Stage) -> &'static str {
    match at {
        Stage::Seat => w.stage_seat,
        Stage::Template => w.stage_template,
        Stage::Branding => w.stage_branding,
        Stage::Signing => w.stage_signing,
        Stage::Checking => w.stage_checking,
        Stage::Writing => w.stage_writing,
    }
}

/// `GET /apps/{id}/download`
pub(crate) async fn show(State(app): State<App>, who: Who, Path(id): Path<String>) -> Page {
    let record = seen(&app, &who, &id).await?;
    let s = Shell::load(&app, &who, Here::Apps).await?;
    let edits = who.reach.edits(record.id);
    let tabs = if edits { edit::tabs(s.t, Tab::Download) } else { Vec::new() };
    let link = link(&app, &record);
    let host = app.shared.public_url.to_string().trim_start_matches("https://").to_owned();
    let signs = app.shared.brands(&record);
    let mut programs: Vec<Row> = Vec::new();
    for system in System::ALL.into_iter().filter(|_| signs) {
        let not_signed =
            matches!(app.shared.programs.state(&record, system), Stands::Failed { why: Failure::Unsigned(_) });
        let before = not_signed && app.shared.before(&record, system).await.is_some();
        programs.extend(Row::new(&app, &record, system, edits, before, &s));
    }
    let making = programs.iter().any(|row| row.making);
    let w = Words::of(s.t.language);
    let archived = archive::said(&record, w, &s.clock).map(|when| (when, w.archived_lead));
    page(&DownloadPage { app: record, tabs, edits, link, host, signs, programs, making, archived, s })
}

/// Where customers get an app.
pub(super) fn link(app: &App, record: &Record) -> String {
    format!("{}/d/{}", app.shared.public_url, record.code)
}

/// `GET /app`: the download page of the first app that whoever asks has to do with.
pub(crate) async fn default_app(State(app): State<App>, who: Who) -> Page {
    let id = first(&app, &who).await?.id;
    Ok(Redirect::to(&format!("/apps/{id}/download")).into_response())
}

async fn first(app: &App, who: &Who) -> Result<Record, AppError> {
    let all = app.shared.apps.of(who.operator.tenant).await?;
    all.iter().find(|a| who.reach.sees(a.id) || who.reach.edits(a.id)).cloned().ok_or(AppError::NotFound)
}

/// `GET /apps/profile`: the first app's profile, signed.
pub(crate) async fn default_profile(State(app): State<App>, who: Who) -> Page {
    let record = first(&app, &who).await?;
    hand_out(&app, &who, record).await
}

/// `GET /apps/{id}/profile`
pub(crate) async fn profile(State(app): State<App>, who: Who, Path(id): Path<String>) -> Page {
    let record = seen(&app, &who, &id).await?;
    hand_out(&app, &who, record).await
}

async fn hand_out(app: &App, who: &Who, record: Record) -> Page {
    // From now on somebody out there may trust the company's root.
    who.audit(app, "profile.downloaded", &record.title).await?;
    signed(app, record).await
}

/// The signed profile as a file. Whoever calls it has seen to the audit log.
pub(super) async fn signed(app: &App, record: Record) -> Page {
    let seat = app.signing.clone().acquire_owned().await.map_err(|_| AppError::Trouble)?;
    let shared = app.shared.clone();
    // Keys are read from files and the profile is read back: work for another thread.
    let signed = tokio::task::spawn_blocking(move || shared.signed_profile(&record)).await;
    drop(seat);
    match signed {
        Ok(Ok(bytes)) => {
            let disposition = format!("attachment; filename=\"{FILE_NAME}\"");
            Ok((
                [
                    (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
                    (header::CONTENT_DISPOSITION, disposition),
                ],
                bytes,
            )
                .into_response())
        }
        Ok(Err(error)) => {
            tracing::error!(error = format!("{error:#}"), "the profile cannot be signed");
            Err(AppError::Trouble)
        }
        Err(error) => {
            tracing::error!(%error, "signing the profile failed");
            Err(AppError::Trouble)
        }
    }
}

/// The systems whose programs this server makes for an app.
pub(super) fn offered(app: &App, record: &Record) -> Vec<System> {
    app.shared.offered(record)
}

/// `GET /apps/{id}/program/{system}`
pub(crate) async fn program(
    State(app): State<App>,
    who: Who,
    Path((id, system)): Path<(String, String)>,
    headers: HeaderMap,
) -> Page {
    let record = seen(&app, &who, &id).await?;
    let system = System::of(&system).ok_or(AppError::NotFound)?;
    who.audit(&app, "profile.downloaded", &record.title).await?;
    hand_out_program(&app, record, system, None, &headers).await
}

/// A branded program as a file, or the part of it that is asked for: a download that broke off goes on. An invitation stands in its name: the
/// file is the same for everybody.
pub(super) async fn hand_out_program(
    app: &App,
    record: Record,
    system: System,
    invitation: Option<&Invitation>,
    headers: &HeaderMap,
) -> Page {
    if !offered(app, &record).contains(&system) {
        return Err(AppError::NotFound);
    }
    let program = made(app, record.clone(), system).await?;
    let length = program.bytes.len();
    let etag = format!("\"{}\"", program.sha256);
    let asked = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
    // A part of another file is of no use to anybody.
    let same = headers.get(header::IF_RANGE).is_none_or(|value| value.as_bytes() == etag.as_bytes());
    let part = match programs::range(asked.filter(|_| same), length) {
        Ok(part) => part,
        Err(_) => {
            let whole = [(header::CONTENT_RANGE, format!("bytes */{length}"))];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, whole).into_response());
        }
    };
    let kind = if system == System::Windows {
        "application/vnd.microsoft.portable-executable"
    } else {
        "application/x-executable"
    };
    let common = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{}\"", programs::file_name(&record, system, invitation)),
        ),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::ETAG, etag),
    ];
    Ok(match part {
        None => (common, program.bytes).into_response(),
        Some(part) => {
            let place = format!("bytes {}-{}/{length}", part.start, part.end - 1);
            let range = [(header::CONTENT_RANGE, place)];
            (StatusCode::PARTIAL_CONTENT, common, range, program.bytes.slice(part)).into_response()
        }
    })
}

/// The program, made now if it was not yet.
async fn made(app: &App, record: Record, system: System) -> Result<Program, AppError> {
    let id = record.id;
    app.shared.made(record, system).await.map_err(|error| {
        error.log(id, system);
        AppError::Trouble
    })
}

/// Makes an app's programs after it was saved, so that they are there when somebody asks. Whoever saved it is told how they come out.
pub(super) fn prepare(app: &App, who: &Who, record: &Record) {
    for system in offered(app, record) {
        prepare_one(app, who, record, system);
    }
}

fn prepare_one(app: &App, who: &Who, record: &Record, system: System) {
    app.shared.programs.wants(who.operator.id, record, system);
    // Before the answer to whoever saved: the page that comes next knows of it.
    let asked = app.shared.programs.asked(record, system);
    let (shared, record) = (app.shared.clone(), record.clone());
    tokio::spawn(async move { shared.make(record, asked).await });
}

/// `POST /apps/{id}/program/{system}`: has it made, now or again.
pub(crate) async fn make(State(app): State<App>, who: Who, Path((id, system)): Path<(String, String)>) -> Page {
    let record = editable(&app, &who, &id).await?;
    let system = System::of(&system).ok_or(AppError::NotFound)?;
    if offered(&app, &record).contains(&system) {
        match app.shared.programs.state(&record, system) {
            Stands::Ready { .. } => {}
            // Asked twice is asked once.
            Stands::Making { stopping: false, .. } => app.shared.programs.wants(who.operator.id, &record, system),
            Stands::Making { .. } | Stands::NotMade | Stands::Failed { .. } => {
                who.audit(&app, "program.asked", &format!("{} · {}", record.name, system.title())).await?;
                prepare_one(&app, &who, &record, system);
            }
        }
    }
    Ok(Redirect::to(&format!("/apps/{id}/download")).into_response())
}

/// `POST /apps/{id}/program/{system}/cancel`: it is not made any more, unless somebody waits for the file itself.
pub(crate) async fn cancel(State(app): State<App>, who: Who, Path((id, system)): Path<(String, String)>) -> Page {
    let record = editable(&app, &who, &id).await?;
    let system = System::of(&system).ok_or(AppError::NotFound)?;
    if matches!(app.shared.programs.state(&record, system), Stands::Making { stopping: false, .. }) {
        who.audit(&app, "program.cancelled", &format!("{} · {}", record.name, system.title())).await?;
        app.shared.programs.wants_no_more(who.operator.id, record.id, system);
        app.shared.programs.stop(record.id, system);
    }
    Ok(Redirect::to(&format!("/apps/{id}/download")).into_response())
}

/// Notes, once, that somebody who is not logged in got a profile: from then on the company's root is trusted out there.
pub(super) async fn note_public(app: &App, record: &Record, from: std::net::IpAddr) -> Result<(), AppError> {
    if app.shared.store.root_is_trusted(record.tenant).await? {
        return Ok(());
    }
    let entry = AuditEntry {
        tenant: record.tenant,
        operator: None,
        who: String::new(),
        what: "profile.downloaded".to_owned(),
        subject: record.title.clone(),
        detail: format!("code={}", record.code),
        from: from.to_string(),
        at: Timestamp::now(),
    };
    app.shared.store.audit(&entry).await?;
    Ok(())
}

/// `POST /apps/{id}/code`: another code; links with the old one work for a day.
pub(crate) async fn renew_code(State(app): State<App>, who: Who, Path(id): Path<String>) -> Page {
    let record = editable(&app, &who, &id).await?;
    who.audit(&app, "app.code.changed", &record.name).await?;
    apps::renew_code(&*app.shared.store, &record, Timestamp::now()).await?;
    tell(&app, &who);
    Ok(Redirect::to(&format!("/apps/{id}/download")).into_response())
}

/// `GET /apps/{id}/qr.svg`
pub(crate) async fn qr_svg(State(app): State<App>, who: Who, Path(id): Path<String>) -> Page {
    let record = seen(&app, &who, &id).await?;
    let code = code(&link(&app, &record))?;
    let side = code.size() + 2 * QUIET;
    let mut path = String::new();
    for y in 0..code.size() {
        for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
            path.push_str(&format!("M{},{}h1v1h-1z", x + QUIET, y + QUIET));
        }
    }
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
         <rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/><path d=\"{path}\" fill=\"#141B1C\"/></svg>"
    );
    Ok(([(header::CONTENT_TYPE, "image/svg+xml")], svg).into_response())
}

/// `GET /apps/{id}/qr.png`
pub(crate) async fn qr_png(State(app): State<App>, who: Who, Path(id): Path<String>) -> Page {
    let record = seen(&app, &who, &id).await?;
    let file = picture(&code(&link(&app, &record))?).map_err(|error| {
        tracing::error!(%error, "a code cannot be drawn");
        AppError::Trouble
    })?;
    let name = format!("attachment; filename=\"amparo-{}.png\"", record.code);
    let answer: Response =
        ([(header::CONTENT_TYPE, "image/png".to_owned()), (header::CONTENT_DISPOSITION, name)], file).into_response();
    Ok(answer)
}

fn code(link: &str) -> Result<QrCode, AppError> {
    QrCode::encode_text(link, QrCodeEcc::Medium).map_err(|_| AppError::Trouble)
}

fn picture(code: &QrCode) -> Result<Vec<u8>, png::EncodingError> {
    let modules = usize::try_from(code.size() + 2 * QUIET).unwrap_or(0);
    let side = modules * MODULE_PX;
    let mut grey = vec![255_u8; side * side];
    for (at, pixel) in grey.iter_mut().enumerate() {
        let place = |pixels: usize| i32::try_from(pixels / MODULE_PX).unwrap_or(0) - QUIET;
        // Outside of the code there is no module.
        if code.get_module(place(at % side), place(at / side)) {
            *pixel = 0x18;
        }
    }
    let side = u32::try_from(side).unwrap_or(0);
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&grey)?;
    writer.finish()?;
    Ok(bytes)
}
