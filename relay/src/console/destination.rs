//! The page that somebody asked for who is not logged in: where they come out when they are.
//!
//! Kept by the browser, in a cookie, for as long as a login takes, because a login has many ways through: a code, a passkey, the company's
//! provider. Browsers keep the login's own cookie to themselves when a page of another site led here, as a letter in a mailbox does; for
//! those the page is asked for once more, by a page of ours. Must never lead to another server.

use askama::Template;
use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, header},
    response::Response,
};

use super::{
    error::{Page, page},
    strings::Texts,
    visitor::{cookie_of, set_cookie},
};

/// Carries the path. It was asked for by this browser, and opens nothing by itself.
const COOKIE: &str = "__Host-amparo-to";
/// A longer address is not kept: one comes out at the first page.
const PATH_BYTES: usize = 512;
/// How long a login may take.
const LASTS_S: u32 = 15 * 60;

/// A page that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    path: String,
    /// A page of another site led here.
    from_elsewhere: bool,
}

#[derive(Template)]
#[template(path = "again.html")]
struct AgainPage<'a> {
    t: &'static Texts,
    path: &'a str,
}

impl Asked {
    /// What somebody asked for to look at: a page, and no script's piece of one, no file, no stream.
    pub(super) fn of(request: &Request) -> Option<Self> {
        let headers = request.headers();
        let said = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let to_look_at = match said("sec-fetch-dest") {
            Some(kind) => kind == "document",
            None => said("accept").is_some_and(|kinds| kinds.contains("text/html")),
        };
        if request.method() != Method::GET || !to_look_at || headers.contains_key("hx-request") {
            return None;
        }
        let path = inside(request.uri().path_and_query()?.as_str())?.to_owned();
        Some(Self { path, from_elsewhere: said("sec-fetch-site") == Some("cross-site") })
    }

    /// The same of this path, of whoever asked for it by another one.
    pub(super) fn at(path: &str) -> Option<Self> {
        Some(Self { path: inside(path)?.to_owned(), from_elsewhere: false })
    }

    /// A page of ours that asks for it once more; `None`: one of ours has asked for it.
    pub(super) fn again(&self, t: &'static Texts) -> Option<Page> {
        self.from_elsewhere.then(|| page(&AgainPage { t, path: &self.path }))
    }

    /// This answer, after which the browser remembers it.
    pub(super) fn keep(&self, mut answer: Response) -> Response {
        let Self { path, .. } = self;
        let cookie = format!("{COOKIE}={path}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age={LASTS_S}");
        answer.headers_mut().append(header::SET_COOKIE, set_cookie(&cookie));
        answer
    }
}

/// Where this browser was on its way to.
pub(super) fn kept(headers: &HeaderMap) -> Option<&str> {
    cookie_of(headers, COOKIE, PATH_BYTES).and_then(inside)
}

/// Makes the browser forget it.
pub(super) fn forget() -> HeaderValue {
    set_cookie(&format!("{COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0"))
}

/// A path of our own that a cookie can carry; `None`: another server's, too long, or one that nobody is led to.
fn inside(path: &str) -> Option<&str> {
    let plain = path.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-_.~%?=&+:@!*'()".contains(&b));
    let ours = path.starts_with('/') && !path.starts_with("//");
    let led_to = path != "/" && !path.starts_with("/login") && !path.starts_with("/logout");
    (plain && ours && led_to && path.len() <= PATH_BYTES).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_led_to_pages_of_our_own_alone() {
        for ours in ["/tickets/1001", "/history?from=2026-11-01&q=nota+fiscal", "/search?q=S%C3%A3o", "/t/rt/17?x=a:b"]
        {
            assert_eq!(inside(ours), Some(ours));
        }
        let long = format!("/{}", "a".repeat(PATH_BYTES));
        for refused in [
            "",
            "/",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example/",
            "evil",
            "/login?over=1",
            "/a;b",
            "/a\r\nb",
            "/a b",
            "/é",
            &long,
        ] {
            assert_eq!(inside(refused), None, "{refused:?}");
        }
    }
}
