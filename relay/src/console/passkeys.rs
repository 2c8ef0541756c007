//! Passkeys in the console: registering and removing them, the second step of a login, "is it still you", and a login with nothing else.
//!
//! Pages carry the question to the authenticator; `passkey.js` asks it and sends the answer as a form. Challenges are in
//! [`challenge`], what a right answer is in [`crate::account`]. Must never ask for less than a verified user: a passkey stands for
//! password and code.

pub(super) mod challenge;
pub(super) mod words;

use askama::Template;
use axum::{
    extract::{Form, Path, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Redirect, Response},
};
use data_encoding::BASE64URL_NOPAD;
use protocol::message::directory::LoginError;
use serde::Deserialize;
use serde_json::{Value, json};
use store::Language;

use super::{
    App, account, companies, confirm,
    error::{AppError, Page, page, unprocessable},
    kept, login, second_step,
    shell::{Here, Shell},
    step_up::{self, At},
    strings::Texts,
    visitor::{self, Visitor, Who},
};
use crate::account::{ALGORITHMS, NewKey, Occasion, Operator, Party, Passkey, PasskeyError, PasskeyId, Proof};
use challenge::Purpose;
use words::Words;

/// Where a passkey is made.
pub(super) const NEW: &str = "/account/passkeys/new";
/// Where it is sent to.
pub(super) const ALL: &str = "/account/passkeys";
const ACCOUNT: &str = "/account";
/// How long a browser waits for its user.
const WAITS_MS: u32 = 120_000;
/// What a browser that is not logged in keeps between the question and the answer.
const PRE_LOGIN_COOKIE: &str = "__Host-amparo-passkey";
/// The longest field of an answer, in base 64: an attestation object.
const FIELD_CHARS: usize = 24 * 1024;

/// Whether passkeys can be used here at all.
pub(super) fn party(app: &App) -> Option<Party> {
    Party::at(&app.shared.public_url)
}

/// What a login's questions are bound to.
fn of_login(who: &Who) -> Vec<u8> {
    [who.family.as_bytes().as_slice(), who.operator.id.as_bytes()].concat()
}

/// The question for the proof of a passkey: one of these, or any.
fn question(app: &App, party: &Party, keys: &[Passkey], purpose: Purpose, of: &[u8], now: std::time::Instant) -> Value {
    let challenge = app.challenges.ask(purpose, of, now);
    json!({
        "challenge": BASE64URL_NOPAD.encode(&challenge),
        "rpId": party.id,
        "userVerification": "required",
        "timeout": WAITS_MS,
        "allowCredentials": named(keys),
    })
}

fn named(keys: &[Passkey]) -> Vec<Value> {
    keys.iter().map(|key| json!({ "type": "public-key", "id": BASE64URL_NOPAD.encode(&key.credential) })).collect()
}

/// The passkeys of a user that can be used here, and for whom they are; `None`: there are none.
async fn usable(app: &App, user: &Operator) -> Result<Option<(Party, Vec<Passkey>)>, AppError> {
    let keys = app.shared.accounts.passkeys(user.tenant, user.id).await?;
    Ok(party(app).filter(|_| !keys.is_empty()).map(|party| (party, keys)))
}

/// The question of a second step, as its page carries it; `None` for a user without passkeys.
pub(super) async fn second_step_question(
    app: &App,
    visitor: &Visitor,
    operator: &Operator,
    half: &str,
) -> Result<Option<String>, AppError> {
    let asked = |(party, keys): (Party, Vec<Passkey>)| {
        question(app, &party, &keys, Purpose::SecondStep, half.as_bytes(), visitor.at).to_string()
    };
    Ok(usable(app, operator).await?.map(asked))
}

/// The question of "is it still you", as its page carries it; `None` for a user without passkeys.
pub(super) async fn confirm_question(app: &App, who: &Who) -> Result<Option<String>, AppError> {
    let asked = |(party, keys): (Party, Vec<Passkey>)| {
        question(app, &party, &keys, Purpose::Confirm, &of_login(who), who.at).to_string()
    };
    Ok(usable(app, &who.operator).await?.map(asked))
}

/// Whether this user may answer "is it still you" with a passkey.
pub(super) async fn has_any(app: &App, who: &Who) -> Result<bool, AppError> {
    Ok(usable(app, &who.operator).await?.is_some())
}

/// The proof of a passkey as `passkey.js` sends it, each field in base 64.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Answer {
    id: String,
    client: String,
    data: String,
    signature: String,
    user: String,
    /// Of a second step.
    half: String,
    /// The word of the company that is to be entered.
    company: Option<String>,
    /// A form that waits for this login, sealed.
    kept: String,
    /// Of "is it still you".
    to: String,
}

/// An [`Answer`] as bytes; what cannot be read is empty and proves nothing.
struct Read {
    id: Vec<u8>,
    client: Vec<u8>,
    data: Vec<u8>,
    signature: Vec<u8>,
    user: Vec<u8>,
}

impl Read {
    fn of(answer: &Answer) -> Self {
        let [id, client, data, signature, user] =
            [&answer.id, &answer.client, &answer.data, &answer.signature, &answer.user].map(|field| bytes(field));
        Self { id, client, data, signature, user }
    }

    fn proof(&self) -> Proof<'_> {
        let Self { id, client, data, signature, user } = self;
        Proof { credential: id, client, data, signature, user }
    }
}

fn bytes(field: &str) -> Vec<u8> {
    let field = Some(field).filter(|field| field.len() <= FIELD_CHARS).unwrap_or_default();
    BASE64URL_NOPAD.decode(field.as_bytes()).unwrap_or_default()
}

fn refusal(why: LoginError, t: &'static Texts) -> String {
    login::refusal(why, t, Words::of(t.language).refused)
}

/// `POST /login/passkey/options`: the question for a login with nothing else, bound to this browser by a cookie.
pub(super) async fn login_question(State(app): State<App>, visitor: Visitor) -> Result<Response, AppError> {
    let party = party(&app).ok_or(AppError::NotFound)?;
    let browser: String = rand::random::<[u8; 16]>().iter().map(|byte| format!("{byte:02x}")).collect();
    let question = question(&app, &party, &[], Purpose::Login, browser.as_bytes(), visitor.at);
    let cookie = pre_login_cookie(&browser, 600);
    Ok(([(header::SET_COOKIE, cookie)], axum::Json(question)).into_response())
}

/// `POST /login/passkey`: a passkey alone. Its user was verified by the authenticator, so that it is both factors.
pub(super) async fn log_in(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
    Form(answer): Form<Answer>,
) -> Page {
    let party = party(&app).ok_or(AppError::NotFound)?;
    let browser = visitor::cookie(&headers, PRE_LOGIN_COOKIE).unwrap_or_default().to_owned();
    let spend = |challenge: &[u8]| {
        !browser.is_empty() && app.challenges.spend(challenge, Purpose::Login, browser.as_bytes(), visitor.at)
    };
    let tenant = companies::of_form(&app, &visitor, answer.company.as_deref()).await?;
    let (read, accounts) = (Read::of(&answer), &app.shared.accounts);
    let occasion = Occasion { party: &party, tenant: tenant.id, owner: None, at: "login", source: visitor.source };
    let checked = accounts.check_passkey(&occasion, &read.proof(), spend).await;
    let mut shown = match checked {
        Ok(operator) => kept::enter(&app, &visitor, &operator, "factor=passkey alone", "/", &answer.kept).await?,
        Err(why) => {
            let why_not = refusal(why, visitor.texts);
            login::refused(login::anew(&app, &visitor, &tenant, &why_not, answer.kept).await?, why)
        }
    };
    shown.headers_mut().append(header::SET_COOKIE, pre_login_cookie("", 0));
    Ok(shown)
}

fn pre_login_cookie(value: &str, seconds: u32) -> HeaderValue {
    visitor::set_cookie(&format!(
        "{PRE_LOGIN_COOKIE}={value}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age={seconds}"
    ))
}

/// `POST /login/code/passkey`: a passkey as the second step.
pub(super) async fn second_step(State(app): State<App>, visitor: Visitor, Form(answer): Form<Answer>) -> Page {
    let party = party(&app).ok_or(AppError::NotFound)?;
    let user = match second_step::of_half(&app, &visitor, &answer.half, &answer.kept).await? {
        Ok(user) => user,
        Err(anew) => return Ok(anew),
    };
    let spend =
        |challenge: &[u8]| app.challenges.spend(challenge, Purpose::SecondStep, answer.half.as_bytes(), visitor.at);
    let (read, accounts) = (Read::of(&answer), &app.shared.accounts);
    let occasion =
        Occasion { party: &party, tenant: user.tenant, owner: Some(&user), at: "second step", source: visitor.source };
    let checked = accounts.check_passkey(&occasion, &read.proof(), spend).await;
    match checked {
        Ok(operator) => {
            let (half, kept) = (&answer.half, &answer.kept);
            second_step::done(&app, &visitor, half, &operator, "factor=passkey", "/", kept).await
        }
        Err(why) => {
            let why_not = refusal(why, visitor.texts);
            second_step::again(&app, &visitor, answer.half, &user, why_not, why, answer.kept).await
        }
    }
}

/// `POST /confirm/passkey`: "is it still you", by a passkey alone. The login gets a new token by it.
pub(super) async fn confirm(State(app): State<App>, visitor: Visitor, who: Who, Form(answer): Form<Answer>) -> Page {
    let party = party(&app).ok_or(AppError::NotFound)?;
    let spend = |challenge: &[u8]| app.challenges.spend(challenge, Purpose::Confirm, &of_login(&who), who.at);
    let (read, accounts, operator) = (Read::of(&answer), &app.shared.accounts, &who.operator);
    let occasion =
        Occasion { party: &party, tenant: operator.tenant, owner: Some(operator), at: "confirm", source: who.source };
    let checked = accounts.check_passkey(&occasion, &read.proof(), spend).await;
    let to = confirm::inside(&answer.to);
    if let Err(why) = checked {
        let error = refusal(why, who.texts);
        return Ok(login::refused(
            confirm::question(&app, &who, to, answer.kept, Some(error), At::Passkey).await?,
            why,
        ));
    }
    let token = step_up::renewed(&app, &who).await?;
    confirm::come_out(&app, &visitor, &token, to, &answer.kept).await
}

/// What the account page shows of passkeys.
pub(super) struct Panel {
    pub(super) p: &'static Words,
    pub(super) keys: Vec<Passkey>,
    /// They can be made here.
    pub(super) can_be: bool,
}

impl Panel {
    pub(super) async fn load(app: &App, who: &Who) -> Result<Self, AppError> {
        let keys = app.shared.accounts.passkeys(who.operator.tenant, who.operator.id).await?;
        Ok(Self { p: Words::of(who.texts.language), keys, can_be: party(app).is_some() })
    }
}

#[derive(Template)]
#[template(path = "passkey_new.html")]
struct NewPage {
    s: Shell,
    w: &'static account::words::Words,
    p: &'static Words,
    question: String,
    name: String,
    error: Option<&'static str>,
    /// The error is about the name.
    at_name: bool,
}

/// `GET /account/passkeys/new`
pub(super) async fn new(State(app): State<App>, who: Who) -> Page {
    let party = party(&app).ok_or(AppError::NotFound)?;
    if let Some(question) = confirm::first(&app, &who, NEW) {
        return Ok(question);
    }
    new_page(&app, &who, &party, String::new(), None, false).await
}

async fn new_page(
    app: &App,
    who: &Who,
    party: &Party,
    name: String,
    error: Option<&'static str>,
    at_name: bool,
) -> Page {
    let s = Shell::load(app, who, Here::Account).await?;
    let keys = app.shared.accounts.passkeys(who.operator.tenant, who.operator.id).await?;
    let challenge = app.challenges.ask(Purpose::Add, &of_login(who), who.at);
    let kinds = ALGORITHMS.map(|number| json!({ "type": "public-key", "alg": number }));
    let question = json!({
        "challenge": BASE64URL_NOPAD.encode(&challenge),
        "rp": { "id": party.id, "name": format!("Amparo · {}", s.tenant.name) },
        "user": {
            "id": BASE64URL_NOPAD.encode(who.operator.id.as_bytes()),
            "name": who.operator.login,
            "displayName": who.operator.name,
        },
        "pubKeyCredParams": kinds,
        "excludeCredentials": named(&keys),
        "authenticatorSelection": { "residentKey": "preferred", "requireResidentKey": false, "userVerification": "required" },
        "attestation": "none",
        "timeout": WAITS_MS,
    });
    let w = account::words::Words::of(who.texts.language);
    let p = Words::of(who.texts.language);
    page(&NewPage { s, w, p, question: question.to_string(), name, error, at_name })
}

/// A new passkey as `passkey.js` sends it.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct NewForm {
    name: String,
    client: String,
    object: String,
}

/// `POST /account/passkeys`
pub(super) async fn add(State(app): State<App>, who: Who, Form(form): Form<NewForm>) -> Page {
    let party = party(&app).ok_or(AppError::NotFound)?;
    if let Some(question) = confirm::first(&app, &who, NEW) {
        return Ok(question);
    }
    let spend = |challenge: &[u8]| app.challenges.spend(challenge, Purpose::Add, &of_login(&who), who.at);
    let (client, object) = (bytes(&form.client), bytes(&form.object));
    let new = NewKey { name: &form.name, client: &client, object: &object };
    let p = Words::of(who.texts.language);
    let (error, at_name) = match app.shared.accounts.add_passkey(&party, &who.operator, &new, spend, who.source).await {
        Ok(Some(codes)) => return account::codes_page(&app, &who, codes).await,
        Ok(None) => return Ok(Redirect::to("/account?passkey=added").into_response()),
        Err(PasskeyError::BadName) => (p.bad_name, true),
        Err(PasskeyError::TooMany) => (p.too_many, false),
        Err(PasskeyError::Refused(why)) => {
            tracing::warn!(source = %who.source, operator = %who.operator.id, %why, "a new passkey is refused");
            (p.not_made, false)
        }
        Err(PasskeyError::Unavailable(cause)) => {
            tracing::error!(%cause, "passkeys cannot be kept");
            return Err(AppError::Trouble);
        }
    };
    unprocessable(new_page(&app, &who, &party, form.name, Some(error), at_name).await)
}

/// What has just been done, in words.
pub(super) fn done(what: &str, language: Language) -> Option<&'static str> {
    let p = Words::of(language);
    match what {
        "added" => Some(p.added),
        "removed" => Some(p.removed),
        _ => None,
    }
}

/// Nothing but the page's token.
#[derive(Deserialize)]
pub(super) struct RemoveForm {}

/// `POST /account/passkeys/{id}/remove`
pub(super) async fn remove(
    State(app): State<App>,
    who: Who,
    Path(id): Path<i64>,
    Form(RemoveForm {}): Form<RemoveForm>,
) -> Page {
    if let Some(question) = confirm::first(&app, &who, ACCOUNT) {
        return Ok(question);
    }
    app.shared.accounts.remove_passkey(&who.operator, PasskeyId(id), who.source).await?;
    Ok(Redirect::to("/account?passkey=removed").into_response())
}
