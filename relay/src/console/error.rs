//! What goes wrong in a handler, and the page that says so.
//!
//! Handlers return [`AppError`]; [`present`] turns it into a page in the visitor's language. The page never shows internals: those
//! go to the log, once.

use std::error::Error as _;

use askama::Template;
use axum::{
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{Html, IntoResponse, Redirect, Response},
};
use protocol::message::directory::LoginError;
use store::StoreError;

use super::{destination::Asked, strings::Texts, visitor};
use crate::account::AccountError;

/// Why a request was not done. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AppError {
    /// No such page or thing, or not in this company.
    NotFound,
    /// Logged in, but not allowed.
    Forbidden,
    /// Not logged in.
    LogIn,
    /// Logged in, but the company wants a second factor first.
    FactorMissing,
    /// Not from one of our own pages, or from one that is too old.
    StaleForm,
    /// Cannot be read, or too large.
    BadRequest,
    /// A file that is larger than any that is taken.
    TooLarge,
    /// A list that is larger than any that is taken.
    ListTooLarge,
    /// Asked under a name that is not this server's.
    WrongHost,
    /// The disk is full.
    Full,
    /// The server cannot do it now.
    Trouble,
}

impl AppError {
    fn status(self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forbidden | Self::FactorMissing | Self::StaleForm => StatusCode::FORBIDDEN,
            Self::LogIn => StatusCode::UNAUTHORIZED,
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::TooLarge | Self::ListTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::WrongHost => StatusCode::MISDIRECTED_REQUEST,
            Self::Full => StatusCode::INSUFFICIENT_STORAGE,
            Self::Trouble => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn texts(self, t: &'static Texts) -> (&'static str, &'static str) {
        match self {
            Self::NotFound => (t.not_found, t.not_found_lead),
            Self::Forbidden | Self::FactorMissing => (t.forbidden, t.forbidden_lead),
            Self::LogIn => (t.log_in, t.session_over),
            Self::StaleForm => (t.expired_form, t.expired_form_lead),
            Self::BadRequest => (t.bad_request, t.bad_request_lead),
            Self::TooLarge => (t.too_large, t.too_large_lead),
            Self::ListTooLarge => (t.too_large, t.list_too_large_lead),
            Self::WrongHost => (t.wrong_address, t.wrong_address_lead),
            Self::Full => (t.server_trouble, t.full_lead),
            Self::Trouble => (t.server_trouble, t.server_trouble_lead),
        }
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound { .. } => Self::NotFound,
            StoreError::Conflict { what } => {
                tracing::info!(what, "a change did not fit what is recorded");
                Self::StaleForm
            }
            StoreError::Full => {
                tracing::error!("the records are full");
                Self::Full
            }
            other => {
                tracing::error!(error = %other, cause = other.source().map(tracing::field::display), "the records cannot be used");
                Self::Trouble
            }
        }
    }
}

impl From<AccountError> for AppError {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::NotFound { .. } => Self::NotFound,
            AccountError::Unavailable(cause) => match cause.downcast::<StoreError>() {
                Ok(store) => Self::from(*store),
                Err(cause) => {
                    tracing::warn!(%cause, "accounts cannot be changed");
                    Self::Trouble
                }
            },
            _ => Self::BadRequest,
        }
    }
}

impl From<LoginError> for AppError {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::Unavailable => Self::Trouble,
            LoginError::CodeNeeded | LoginError::FactorMissing => Self::FactorMissing,
            LoginError::Wrong | LoginError::Expired | LoginError::TooMany { .. } => Self::LogIn,
        }
    }
}

impl From<tickets::desk::DeskError> for AppError {
    fn from(error: tickets::desk::DeskError) -> Self {
        match error {
            tickets::desk::DeskError::Store(error) => error.into(),
            tickets::desk::DeskError::Empty { .. } | tickets::desk::DeskError::TooLong => Self::BadRequest,
        }
    }
}

impl From<askama::Error> for AppError {
    fn from(error: askama::Error) -> Self {
        tracing::error!(%error, "a page cannot be written");
        Self::Trouble
    }
}

/// A page that could be shown, or why not.
pub(super) type Page = Result<Response, AppError>;

/// A template as a page.
pub(super) fn page(template: &impl Template) -> Page {
    Ok(Html(template.render()?).into_response())
}

/// A form that is shown again, with what is wrong in it.
pub(super) fn unprocessable(shown: Page) -> Page {
    let mut answer = shown?;
    *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(answer)
}

#[derive(Template)]
#[template(path = "message.html")]
struct Message {
    t: &'static Texts,
    title: &'static str,
    lead: &'static str,
    icon: &'static str,
}

/// Where nothing is.
pub(super) async fn not_found() -> AppError {
    AppError::NotFound
}

/// Turns an [`AppError`] that a handler or a check gave into a page.
pub(super) async fn present(request: Request, next: Next) -> Response {
    let spoken = visitor::spoken(request.headers());
    let from_script = request.headers().contains_key("hx-request");
    let is_preview = request.method() == Method::GET && request.uri().path().ends_with("/preview");
    let asked = Asked::of(&request);
    let response = next.run(request).await;
    let Some(error) = response.extensions().get::<AppError>().copied() else { return response };
    // What is refused before it is known who asks is of no company.
    let t = response.extensions().get().map_or_else(|| Texts::of(spoken.unwrap_or_default()), |visitor::Spoken(t)| t);
    let elsewhere = match error {
        AppError::LogIn if response.extensions().get::<visitor::Idle>().is_some() => Some("/login?over=idle"),
        AppError::LogIn => Some("/login?over=1"),
        AppError::FactorMissing => Some(super::account::FACTOR),
        _ => None,
    };
    if let Some(place) = elsewhere {
        if from_script && is_preview {
            // It follows what is being typed: leaving the page now would lose that. Sending it finds out, and keeps it.
            return StatusCode::NO_CONTENT.into_response();
        }
        if from_script {
            return (error.status(), [("HX-Redirect", place)]).into_response();
        }
        let there = Redirect::to(place).into_response();
        return match asked.filter(|_| error == AppError::LogIn) {
            Some(asked) => asked.again(t).and_then(Result::ok).unwrap_or_else(|| asked.keep(there)),
            None => there,
        };
    }
    if from_script && error == AppError::StaleForm {
        // The page is of an earlier login; loaded anew its forms are of this one.
        return (error.status(), [("HX-Refresh", "true")]).into_response();
    }
    let (title, lead) = error.texts(t);
    let icon = if matches!(error, AppError::Full | AppError::Trouble) { "unplug" } else { "circle-x" };
    let mut shown = match page(&Message { t, title, lead, icon }) {
        Ok(shown) => shown,
        Err(_) => return response,
    };
    *shown.status_mut() = response.status();
    // A login whose token was renewed on the way keeps the new one.
    for cookie in response.headers().get_all(header::SET_COOKIE) {
        shown.headers_mut().append(header::SET_COOKIE, cookie.clone());
    }
    shown.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    shown
}
