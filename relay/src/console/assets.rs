//! What pages are made of besides HTML: styles, scripts, fonts, icons. Embedded, so that nothing is fetched from anywhere else.
//!
//! Called by the router. Must never map a path from outside to a file: the table is all there is.

use axum::{
    extract::Path,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use store::Language;

struct Asset {
    name: &'static str,
    kind: &'static str,
    bytes: &'static [u8],
}

macro_rules! assets {
    ($($name:literal: $kind:literal;)*) => {
        &[$(Asset { name: $name, kind: $kind, bytes: include_bytes!(concat!("../../assets/", $name)) },)*]
    };
}

static ASSETS: &[Asset] = assets! {
    "console.css": "text/css; charset=utf-8";
    "console.js": "text/javascript; charset=utf-8";
    "desk.css": "text/css; charset=utf-8";
    "desk.js": "text/javascript; charset=utf-8";
    "passkey.js": "text/javascript; charset=utf-8";
    "htmx.min.js": "text/javascript; charset=utf-8";
    "htmx-sse.min.js": "text/javascript; charset=utf-8";
    "icons.svg": "image/svg+xml";
    "logo.svg": "image/svg+xml";
    "inter-regular.woff2": "font/woff2";
    "inter-medium.woff2": "font/woff2";
    "inter-semibold.woff2": "font/woff2";
    "htmx-LICENSE.txt": "text/plain; charset=utf-8";
    "htmx-sse-LICENSE.txt": "text/plain; charset=utf-8";
    "inter-OFL.txt": "text/plain; charset=utf-8";
    "lucide-LICENSE.txt": "text/plain; charset=utf-8";
};

macro_rules! pictures {
    ($($name:literal,)*) => {
        &[$(pictures!(@ $name, "pt-BR"), pictures!(@ $name, "en"), pictures!(@ $name, "es"),)*]
    };
    (@ $name:literal, $tag:literal) => {
        Asset {
            name: concat!($name, ".", $tag, ".png"),
            kind: "image/png",
            bytes: include_bytes!(concat!("../../help/pictures/", $name, ".", $tag, ".png")),
        }
    };
}

/// Pictures of the guides, each in every language. `tests/help-pictures` makes them.
static PICTURES: &[Asset] = pictures![
    "attendant-home",
    "attendant-ticket",
    "console-attendance",
    "console-connection",
    "console-look",
    "console-ticket",
    "customer-bar",
    "customer-consent",
    "customer-receipt",
    "customer-waiting",
];

/// A picture of a guide, as a page names it.
pub(super) struct Shown {
    pub(super) name: &'static str,
    pub(super) width: u32,
    pub(super) height: u32,
}

/// The picture of this name in this language, with the size that it says it has.
pub(super) fn picture(name: &str, language: Language) -> Option<Shown> {
    let file = format!("{name}.{}.png", language.tag());
    let found = PICTURES.iter().find(|asset| asset.name == file)?;
    // A PNG begins with its signature and the header's length and name; then comes the size.
    let side = |at: usize| Some(u32::from_be_bytes(found.bytes.get(at..at + 4)?.try_into().ok()?));
    Some(Shown { name: found.name, width: side(16)?, height: side(20)? })
}

/// Pages name assets with this, so that a new version of the server is seen at once and an old one is kept by the browser.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// `GET /assets/{name}`
pub(super) async fn serve(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(asset) = ASSETS.iter().chain(PICTURES).find(|a| a.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let tag = tag(asset);
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|t| t.as_bytes() == tag.as_bytes());
    let cache = [(header::ETAG, tag), (header::CACHE_CONTROL, "public, max-age=0, must-revalidate".to_owned())];
    if known {
        return (StatusCode::NOT_MODIFIED, cache).into_response();
    }
    (cache, [(header::CONTENT_TYPE, asset.kind)], asset.bytes).into_response()
}

fn tag(asset: &Asset) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, asset.bytes);
    let mut tag = String::from("\"");
    digest.as_ref()[..12].iter().for_each(|byte| tag.push_str(&format!("{byte:02x}")));
    tag.push('"');
    tag
}
