//! The number of a request: what its answer carries, what a person can read out, and what every log line of it begins with.
//!
//! Outermost layer of the console, its pages, its API and its hooks alike. A number that a request brings along counts for nothing:
//! whoever asks does not write in our log. The log names routes and never paths: some of those are secrets by themselves
//! (`/setup/{token}`, `/hooks/{system}/{proof}`).

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use tracing::Instrument;

/// Carries a request's number, in answers.
pub(super) static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Routes that machines ask all the time, or that come with every page; what they say is in the log when somebody wants to read it.
const FREQUENT: [&str; 3] = ["/healthz", "/metrics", "/assets/{name}"];

/// A request's number. Among its extensions, for whoever tells it.
#[derive(Clone)]
pub(super) struct Number(String);

impl Number {
    fn new() -> Self {
        Self(format!("{:016x}", rand::random::<u64>()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Gives every request a number, and the log a line when it is answered.
pub(super) async fn number(mut request: Request, next: Next) -> Response {
    let number = Number::new();
    let began = Instant::now();
    let (method, matched) = (request.method().clone(), request.extensions().get::<MatchedPath>().cloned());
    let route = matched.as_ref().map_or("none", MatchedPath::as_str);
    request.extensions_mut().insert(number.clone());
    // At the level that is always written: a warning alone must have its number too.
    let span = tracing::error_span!("request", id = number.as_str());
    let mut response = next.run(request).instrument(span.clone()).await;
    let (status, took_ms) =
        (response.status().as_u16(), u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX));
    span.in_scope(|| {
        if FREQUENT.contains(&route) {
            tracing::debug!(%method, route, status, took_ms, "answered");
        } else {
            tracing::info!(%method, route, status, took_ms, "answered");
        }
    });
    if let Ok(value) = HeaderValue::from_str(number.as_str()) {
        response.headers_mut().insert(REQUEST_ID.clone(), value);
    }
    response
}
