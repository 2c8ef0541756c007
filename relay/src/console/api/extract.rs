//! What a request brings: parameters, a JSON body with a cap, places in a list, conditions. Whatever cannot be read says why.

use axum::{
    body::to_bytes,
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::{HeaderMap, header, request::Parts},
};
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use utoipa::ToSchema;

use super::problem::ApiError;

/// The largest body: a long text on a ticket, with room for its encoding.
const BODY_BYTES: usize = 256 * 1024;
/// Things in one answer, unless asked for fewer.
const USUAL: u32 = 50;
/// Things in one answer, at most.
const MOST: u32 = 200;

/// The query's parameters.
pub(super) struct Params<T>(pub(super) T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let read = Query::<T>::try_from_uri(&parts.uri);
        read.map(|Query(params)| Self(params)).map_err(|error| ApiError::unreadable(error.body_text()))
    }
}

/// What the path names.
pub(super) struct Named(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        // A name that cannot be read is nobody's.
        Path::<String>::from_request_parts(parts, state)
            .await
            .map(|Path(name)| Self(name))
            .map_err(|_| ApiError::not_found())
    }
}

/// What the path names within what it names: a ticket's notice, tag, ….
pub(super) struct NamedWithin(pub(super) Named, pub(super) Named);

impl<S: Send + Sync> FromRequestParts<S> for NamedWithin {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        Path::<(String, String)>::from_request_parts(parts, state)
            .await
            .map(|Path((thing, within))| Self(Named(thing), Named(within)))
            .map_err(|_| ApiError::not_found())
    }
}

/// What the path names within what it names within what it names: a notice on a ticket of a system.
pub(super) struct NamedDeep(pub(super) Named, pub(super) Named, pub(super) Named);

impl<S: Send + Sync> FromRequestParts<S> for NamedDeep {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        Path::<(String, String, String)>::from_request_parts(parts, state)
            .await
            .map(|Path((of, thing, within))| Self(Named(of), Named(thing), Named(within)))
            .map_err(|_| ApiError::not_found())
    }
}

impl Named {
    /// As an id, a number, …; what is none names nothing.
    pub(super) fn parse<T: std::str::FromStr>(&self) -> Result<T, ApiError> {
        self.0.parse().map_err(|_| ApiError::not_found())
    }
}

/// A JSON body.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;
    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(ApiError::media_type());
        }
        let bytes = to_bytes(request.into_body(), BODY_BYTES).await.map_err(|_| ApiError::too_large())?;
        // First whether it is JSON at all, then whether it is what is asked for: two answers.
        let value: serde_json::Value = serde_json::from_slice(&bytes)
            .map_err(|e| ApiError::unreadable(format!("not JSON, at line {} column {}", e.line(), e.column())))?;
        T::deserialize(value).map(Self).map_err(|error| ApiError::unprocessable(error.to_string()))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

/// A piece of a list.
#[derive(Serialize, ToSchema)]
pub(super) struct Page<T> {
    /// What is in this piece.
    pub(super) items: Vec<T>,
    /// Give this as `cursor` for the next piece; `null`: this is the last.
    #[schema(required)]
    pub(super) next: Option<String>,
}

impl<T> Page<T> {
    /// All there is.
    pub(super) fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
    }

    /// The first `limit` of these, one more of which was looked for; `place` is what the next piece begins after.
    pub(super) fn cut<F>(mut found: Vec<F>, limit: u32, place: impl Fn(&F) -> String, of: impl FnMut(F) -> T) -> Self {
        let limit = limit as usize;
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(place);
        Self { items: found.into_iter().map(of).collect(), next }
    }
}

/// How many are asked for.
pub(super) fn limit(asked: Option<u32>) -> Result<u32, ApiError> {
    match asked.unwrap_or(USUAL) {
        limit @ 1..=MOST => Ok(limit),
        _ => Err(ApiError::parameter("limit", "between 1 and 200")),
    }
}

/// Where a piece begins.
pub(super) fn cursor<T: std::str::FromStr>(asked: Option<&str>) -> Result<Option<T>, ApiError> {
    let wrong = || ApiError::parameter("cursor", "not one that was given");
    asked.map(|text| text.parse().map_err(|_| wrong())).transpose()
}

/// A parameter of the query as one of our values.
pub(super) fn parameter<T: std::str::FromStr>(name: &str, asked: Option<&str>) -> Result<Option<T>, ApiError> {
    asked.map(|text| text.parse().map_err(|_| ApiError::parameter(name, "not written as one"))).transpose()
}

/// A field that is there, `null` or not.
pub(super) fn said<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

/// The tag of this revision.
pub(super) fn tag(revision: u32) -> String {
    format!("\"{revision}\"")
}

/// Whether a change is one of the revision that is there.
pub(super) fn condition(headers: &HeaderMap, revision: u32) -> Result<(), ApiError> {
    let mut said = headers.get_all(header::IF_MATCH).iter().peekable();
    if said.peek().is_none() {
        return Err(ApiError::no_condition());
    }
    let fits = said
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|one| one.trim() == "*" || one.trim() == tag(revision));
    if fits { Ok(()) } else { Err(ApiError::stale()) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use axum::http::{HeaderValue, StatusCode};

    use super::*;

    #[test]
    fn a_change_names_the_revision_it_is_a_change_of() {
        let status = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            values.iter().for_each(|value| {
                headers.append(header::IF_MATCH, HeaderValue::from_static(value));
            });
            condition(&headers, 7).err().map(|error| error.status())
        };
        assert_eq!(status(&[]), Some(StatusCode::PRECONDITION_REQUIRED));
        for good in ["\"7\"", "*", "\"6\", \"7\""] {
            assert_eq!(status(&[good]), None, "{good}");
        }
        assert_eq!(status(&["\"6\"", "\"7\""]), None);
        for stale in ["\"6\"", "7", "W/\"7\"", "\"77\"", ""] {
            assert_eq!(status(&[stale]), Some(StatusCode::PRECONDITION_FAILED), "{stale}");
        }
    }

    #[test]
    fn a_piece_says_where_the_next_begins_and_the_last_does_not() {
        let cut = |n: u32| {
            let page = Page::cut((0..n).collect(), 3, |last| last.to_string(), |n| n);
            (page.items.len(), page.next)
        };
        assert_eq!(cut(4), (3, Some("2".to_owned())));
        assert_eq!(cut(3), (3, None));
        assert_eq!(cut(0), (0, None));
        assert_eq!([limit(None).unwrap(), limit(Some(200)).unwrap()], [50, 200]);
        assert!(limit(Some(0)).is_err() && limit(Some(201)).is_err());
        assert!(cursor::<i64>(Some("x")).is_err() && cursor::<i64>(None).unwrap().is_none());
    }
}
