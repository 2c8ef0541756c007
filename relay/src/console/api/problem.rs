//! What goes wrong in the API, as `application/problem+json` (RFC 9457), with the number of the request.
//!
//! Handlers return [`ApiError`]; [`present`] writes it down, also for whatever a layer below answered by itself. It never shows
//! internals: those go to the log, once, beside the same number.

use axum::{
    Extension, Json,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use store::StoreError;
use tickets::desk::DeskError;
use utoipa::ToSchema;

use super::super::{error::AppError, numbered::Number};

/// What is said with a body that is no problem's.
pub(super) const MEDIA_TYPE: &str = "application/problem+json";

/// A field and what is wrong with it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct FieldError {
    /// Which field or parameter.
    pub(super) field: String,
    /// What is wrong with it.
    pub(super) message: String,
}

/// Why a request was not done (RFC 9457). Nothing was changed.
#[derive(Serialize, ToSchema)]
pub(super) struct Problem {
    /// `about:blank`: the status says what kind it is.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: String,
    /// The status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What happened and what can be done.
    detail: String,
    /// The number of the request, as in the header `x-request-id` and in the server's log.
    request_id: String,
    /// Fields that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
}

/// Why a request was not done.
#[derive(Debug, Clone)]
pub(super) struct ApiError {
    status: StatusCode,
    detail: String,
    errors: Vec<FieldError>,
    /// Seconds to wait.
    wait: Option<u64>,
}

impl ApiError {
    fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), errors: Vec::new(), wait: None }
    }

    /// The request cannot be read.
    pub(super) fn unreadable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// One of the query's parameters cannot be.
    pub(super) fn parameter(field: &str, message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, format!("{field}: {message}")).about(field, message)
    }

    /// No token, or none that is good.
    pub(super) fn unauthorized(detail: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, detail)
    }

    /// A token that may not.
    pub(super) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    /// No such thing, or not in this company, or out of reach.
    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "there is no such thing here")
    }

    /// It does not fit what is there.
    pub(super) fn conflict(detail: &str) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    /// Somebody else has written meanwhile.
    pub(super) fn stale() -> Self {
        Self::new(StatusCode::PRECONDITION_FAILED, "it was changed meanwhile: read it again")
    }

    /// A change that does not say what it is a change of.
    pub(super) fn no_condition() -> Self {
        Self::new(StatusCode::PRECONDITION_REQUIRED, "say in If-Match which ETag you have read")
    }

    /// A body that is not JSON.
    pub(super) fn media_type() -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send application/json")
    }

    /// A body that is too long.
    pub(super) fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is too long")
    }

    /// A field that cannot be.
    pub(super) fn field(field: &str, message: &str) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, format!("{field}: {message}")).about(field, message)
    }

    /// Fields that cannot be.
    pub(super) fn fields(wrong: Vec<(String, &'static str)>) -> Self {
        Self::wrong(wrong.into_iter().map(|(field, why)| FieldError { field, message: why.to_owned() }).collect())
    }

    /// The same, with what was said of them.
    pub(super) fn wrong(errors: Vec<FieldError>) -> Self {
        Self { errors, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "some fields are wrong") }
    }

    /// A body that is JSON and not what is asked for.
    pub(super) fn unprocessable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    }

    /// Too many requests; come again after these seconds.
    pub(super) fn too_many(wait: u64) -> Self {
        Self { wait: Some(wait), ..Self::new(StatusCode::TOO_MANY_REQUESTS, "too many requests: wait") }
    }

    fn about(mut self, field: &str, message: &str) -> Self {
        self.errors.push(FieldError { field: field.to_owned(), message: message.to_owned() });
        self
    }

    /// The kind of what is answered; for tests of what leads to it.
    #[cfg(test)]
    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    fn answer(self, request_id: &str) -> Response {
        let title = self.status.canonical_reason().unwrap_or("Error").to_owned();
        let problem = Problem {
            kind: "about:blank",
            title,
            status: self.status.as_u16(),
            detail: self.detail,
            request_id: request_id.to_owned(),
            errors: self.errors,
        };
        let mut response = (self.status, Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"amparo\""));
        }
        if let Some(wait) = self.wait {
            headers.insert(header::RETRY_AFTER, wait.into());
        }
        response
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<AppError> for ApiError {
    fn from(error: AppError) -> Self {
        match error {
            AppError::NotFound => Self::not_found(),
            AppError::Forbidden => Self::forbidden("the token's user may not do this"),
            AppError::FactorMissing => Self::forbidden("the token's user has to set up a second factor first"),
            AppError::LogIn => Self::unauthorized("the token is not good"),
            AppError::StaleForm => Self::conflict("it does not fit what is there"),
            AppError::BadRequest => Self::unprocessable("a value cannot be taken"),
            AppError::TooLarge | AppError::ListTooLarge => Self::too_large(),
            AppError::WrongHost => Self::new(StatusCode::MISDIRECTED_REQUEST, "this server has another name"),
            AppError::Full => Self::new(StatusCode::INSUFFICIENT_STORAGE, "the server has no room left"),
            AppError::Trouble => {
                Self { wait: Some(5), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "try again later") }
            }
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            // Somebody who is named within a request, not the thing that is asked for.
            StoreError::NotFound { what: "operator" } => Self::unprocessable("there is no such user"),
            other => AppError::from(other).into(),
        }
    }
}

impl From<DeskError> for ApiError {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::Store(error) => error.into(),
            wrong @ (DeskError::Empty { .. } | DeskError::TooLong) => Self::unprocessable(wrong.to_string()),
        }
    }
}

impl From<crate::account::AccountError> for ApiError {
    fn from(error: crate::account::AccountError) -> Self {
        AppError::from(error).into()
    }
}

/// Gives every refusal its shape, with the number of the request.
pub(super) async fn present(Extension(number): Extension<Number>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let status = response.status();
    let told = response.extensions_mut().remove::<ApiError>();
    let told = told.or_else(|| response.extensions_mut().remove::<AppError>().map(ApiError::from));
    let bare = || {
        let refused = status.is_client_error() || status.is_server_error();
        let ours = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == MEDIA_TYPE);
        (refused && !ours).then(|| ApiError::new(status, "the request cannot be answered as it is"))
    };
    let allow = response.headers().get(header::ALLOW).cloned();
    if let Some(error) = told.or_else(bare) {
        response = error.answer(number.as_str());
        if let Some(allow) = allow {
            response.headers_mut().insert(header::ALLOW, allow);
        }
    }
    response
}

/// Where nothing is.
pub(super) async fn nothing() -> ApiError {
    ApiError::not_found()
}

/// Where something is that is not done this way.
pub(super) async fn not_this_way() -> ApiError {
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "this is not done with this method")
}
