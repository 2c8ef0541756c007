//! What holds for every request and answer: headers, the address asked for, where a change comes from.
//!
//! Called by the router before anything else. A refusal here has no effect and tells nothing about who is logged in.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{App, error::AppError};
use crate::config::PublicUrl;

/// Nothing from elsewhere, nothing inline, in nobody's frame.
pub(super) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
     connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Put on an answer that these sources (of a policy) may show in a frame; everything else is in nobody's frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FramedBy(pub(super) String);

/// Puts the headers on that tell a browser what it must not do.
pub(super) async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let fixed: [(HeaderName, &'static str); 8] = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
        // Not `no-referrer`: with it browsers send `Origin: null` with our own forms.
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Some(FramedBy(sources)) = response.extensions().get::<FramedBy>().cloned()
        && let Ok(policy) =
            HeaderValue::from_str(&POLICY.replace("frame-ancestors 'none'", &format!("frame-ancestors {sources}")))
    {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        headers.remove(header::X_FRAME_OPTIONS);
    }
    let headers = response.headers_mut();
    // Pages hold what only their reader may see; assets have set their own.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Refuses what is asked under a foreign name (DNS rebinding), changes that do not come from our own pages, and reading of the
/// live stream from elsewhere.
pub(super) async fn check_origin(State(app): State<App>, request: Request, next: Next) -> Response {
    if !asks_us(request.uri(), request.headers(), &app) {
        return AppError::WrongHost.into_response();
    }
    let (headers, host) = (request.headers(), host(request.uri(), request.headers()));
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
    if (changes || request.uri().path() == "/live") && !is_same_origin(headers, host) {
        return AppError::StaleForm.into_response();
    }
    next.run(request).await
}

/// Whether it is asked under a name that is this server's.
pub(super) fn asks_us(uri: &Uri, headers: &HeaderMap, app: &App) -> bool {
    host_is_ours(host(uri, headers), &app.shared.public_url)
}

fn host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> &'a str {
    let asked = uri.authority().map(|a| a.as_str());
    asked.or_else(|| text(headers, &header::HOST)).unwrap_or_default()
}

/// The public name, or a bare address: somebody else's name cannot be made to point at us and still get in.
fn host_is_ours(host: &str, url: &PublicUrl) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') && port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let bare = name.strip_prefix('[').and_then(|n| n.strip_suffix(']')).unwrap_or(name);
    name.eq_ignore_ascii_case(&url.host)
        || name.eq_ignore_ascii_case("localhost")
        || bare.parse::<std::net::IpAddr>().is_ok()
}

/// From a page of this very server. Browsers say so in one of two headers; whoever says neither is refused.
fn is_same_origin(headers: &HeaderMap, host: &str) -> bool {
    let origin = text(headers, &header::ORIGIN)
        .map(|o| o.strip_prefix("https://").is_some_and(|o| o.eq_ignore_ascii_case(host)));
    let site = text(headers, &HeaderName::from_static("sec-fetch-site")).map(|site| site == "same-origin");
    match (origin, site) {
        (None, None) => false,
        (origin, site) => origin.unwrap_or(true) && site.unwrap_or(true),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    // A header that is not text counts as there and wrong.
    headers.get(name).map(|value| value.to_str().unwrap_or("?"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn url() -> PublicUrl {
        "https://help.example.com:8443".parse().unwrap()
    }

    #[test]
    fn only_our_own_name_and_bare_addresses_are_answered() {
        for ours in ["help.example.com:8443", "HELP.example.com", "127.0.0.1:8443", "[::1]:8443", "localhost:1"] {
            assert!(host_is_ours(ours, &url()), "{ours}");
        }
        for foreign in [
            "",
            "evil.example",
            "help.example.com.evil.example",
            "127.0.0.1.evil.example:8443",
            "evil:help.example.com",
        ] {
            assert!(!host_is_ours(foreign, &url()), "{foreign}");
        }
    }

    #[test]
    fn a_change_must_come_from_our_own_page() {
        let said = |pairs: &[(&'static str, &'static str)]| {
            let headers =
                pairs.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v))).collect();
            is_same_origin(&headers, "a:1")
        };
        assert!(said(&[("origin", "https://a:1")]));
        assert!(said(&[("origin", "https://a:1"), ("sec-fetch-site", "same-origin")]));
        assert!(said(&[("sec-fetch-site", "same-origin")]));
        assert!(!said(&[]));
        assert!(!said(&[("origin", "null")]));
        assert!(!said(&[("origin", "http://a:1")]));
        assert!(!said(&[("origin", "https://a:12")]));
        assert!(!said(&[("origin", "https://a:1"), ("sec-fetch-site", "cross-site")]));
        assert!(!said(&[("origin", "https://evil"), ("sec-fetch-site", "same-origin")]));
        assert!(!said(&[("sec-fetch-site", "none")]));
    }
}
