//! Attendants who wait to be enrolled by whoever holds the company's root: the list, the file to sign, and what was signed.

use axum::{
    extract::{Form, State},
    http::header,
    response::IntoResponse,
};
use jiff::Timestamp;
use serde::Deserialize;

use super::{
    App,
    error::{AppError, Page},
    strings::fill,
    users::{Told, list_telling},
    visitor::Who,
};
use crate::enrolment::{self, Custody, TakeError};

/// The name of the file of requests.
const FILE_NAME: &str = "amparo-requests.json";

/// A request that waits.
pub(super) struct PendingRow {
    pub(super) name: String,
    pub(super) login: String,
    pub(super) fingerprint: String,
}

/// What the users' page says of the company's root.
pub(super) struct RootBox {
    pub(super) elsewhere: bool,
    pub(super) pending: Vec<PendingRow>,
}

impl RootBox {
    pub(super) async fn load(app: &App, who: &Who) -> Result<Self, AppError> {
        let tenant = who.operator.tenant;
        let custody = match app.shared.keys.tenant(tenant) {
            Ok(keys) => keys.custody(),
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "the company's keys cannot be read");
                return Err(AppError::Trouble);
            }
        };
        let pending = app.shared.store.enrolment_requests(tenant).await?;
        let pending = pending
            .into_iter()
            .filter_map(|request| {
                let fingerprint = enrolment::fingerprint(&request)?.to_string();
                Some(PendingRow { name: request.name, login: request.login, fingerprint })
            })
            .collect();
        Ok(Self { elsewhere: custody == Custody::Elsewhere, pending })
    }
}

/// `GET /users/enrolments`: all waiting requests as one file.
pub(super) async fn download(State(app): State<App>, who: Who) -> Page {
    let file = enrolment::requests(&app.shared, who.operator.tenant).await.map_err(|error| trouble(&error))?;
    let disposition = format!("attachment; filename=\"{FILE_NAME}\"");
    let headers = [(header::CONTENT_TYPE, "application/json".to_owned()), (header::CONTENT_DISPOSITION, disposition)];
    Ok((headers, file).into_response())
}

/// The file's text: read by the page's script from a chosen file, or pasted.
#[derive(Deserialize)]
pub(super) struct UploadForm {
    certificates: String,
}

/// `POST /users/enrolments`: what was signed.
pub(super) async fn upload(State(app): State<App>, who: Who, Form(form): Form<UploadForm>) -> Page {
    let t = who.texts;
    let tenant = who.operator.tenant;
    who.audit(&app, "certificates.uploaded", "").await?;
    let told = match enrolment::take(&app.shared, tenant, form.certificates.trim().as_bytes(), Timestamp::now()).await {
        Ok(taken) => {
            for login in &taken.taken {
                who.audit(&app, "attendant.enrolled", login).await?;
            }
            let mut text = fill(t.enrolled, &[&taken.taken.len().to_string()]);
            for (login, why) in &taken.refused {
                tracing::warn!(login, error = why as &dyn std::error::Error, "a certificate is not taken");
                text.push(' ');
                text.push_str(&fill(t.not_enrolled, &[login]));
            }
            Told { good: taken.refused.is_empty(), text }
        }
        Err(TakeError::Exchange(_)) => Told { good: false, text: t.no_certificates.to_owned() },
        Err(TakeError::OtherCompany) => Told { good: false, text: t.other_company.to_owned() },
        Err(error) => return Err(trouble(&error)),
    };
    list_telling(&app, &who, told).await
}

fn trouble(error: &TakeError) -> AppError {
    tracing::error!(error = error as &dyn std::error::Error, "enrolments cannot be handled");
    AppError::Trouble
}
