//! The branded program: what its signed profile says, and the profile itself for download.

use askama::Template;
use axum::{extract::State, http::header, response::IntoResponse};
use protocol::message::directory::FieldKey;
use store::Ask;

use super::{
    App,
    error::{AppError, Page, page},
    shell::{Here, Shell},
    strings::Texts,
    visitor::Who,
};

/// The name the program looks for beside itself.
const FILE_NAME: &str = "amparo.profile";

struct Asked {
    word: &'static str,
    required: bool,
}

#[derive(Template)]
#[template(path = "app.html")]
struct AppPage {
    s: Shell,
    app: store::App,
    asks: Vec<Asked>,
    address: String,
    file: &'static str,
}

/// `GET /app`
pub(super) async fn show(State(app): State<App>, who: Who) -> Page {
    let s = Shell::load(&app, &who, Here::App).await?;
    let address = app.shared.public_url.to_string();
    let app = default_app(&app, &who).await?;
    let asks = app
        .fields
        .iter()
        .filter(|field| field.ask != Ask::Hidden)
        .map(|field| Asked { word: word(s.t, field.key), required: field.ask == Ask::Required })
        .collect();
    page(&AppPage { s, app, asks, address, file: FILE_NAME })
}

/// `GET /apps/profile`: the default app's profile, signed.
pub(super) async fn download(State(app): State<App>, who: Who) -> Page {
    let default = default_app(&app, &who).await?;
    // From now on somebody out there may trust the company's root.
    who.audit(&app, "profile.downloaded", &default.title).await?;
    let shared = app.shared.clone();
    // Keys are read from files and the profile is read back: work for another thread.
    let signed = tokio::task::spawn_blocking(move || shared.signed_profile(&default));
    match signed.await {
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

async fn default_app(app: &App, who: &Who) -> Result<store::App, AppError> {
    app.shared.store.apps(who.operator.tenant).await?.into_iter().next().ok_or(AppError::NotFound)
}

fn word(t: &'static Texts, key: FieldKey) -> &'static str {
    match key {
        FieldKey::Name => t.name,
        FieldKey::Email => t.email,
        FieldKey::Company => t.company,
        FieldKey::Phone => t.phone,
        FieldKey::Document => t.document,
        FieldKey::Subject => t.subject,
    }
}
