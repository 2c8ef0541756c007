//! A picture that somebody sends, made into a logo or refused in their language.
//!
//! Called by [`super::look`]. Nothing of a file goes on but its pixels.

use branding::artwork::{self, Beside, PICTURE_SIDE_PX, Picture, PictureError};
use bundle::{Logo, LogoError};

use super::{
    super::{
        App,
        error::AppError,
        strings::{Texts, fill},
    },
    words::Words,
};

/// Why a file is not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    /// No file, or an empty one.
    #[error("no file")]
    Empty,
    /// No picture for a brand.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// It does not fit into a logo.
    #[error(transparent)]
    Logo(#[from] LogoError),
}

/// The logo made of this file. Decoding takes time and memory: done elsewhere, a few at once.
pub(super) async fn read(app: &App, file: axum::body::Bytes) -> Result<Result<Logo, Refused>, AppError> {
    let seat = app.drawing.clone().acquire_owned().await.map_err(|_| AppError::Trouble)?;
    let read = tokio::task::spawn_blocking(move || {
        let _seat = seat;
        logo(&file)
    });
    read.await.map_err(|error| {
        tracing::error!(%error, "reading a picture failed");
        AppError::Trouble
    })
}

fn logo(file: &[u8]) -> Result<Logo, Refused> {
    if file.is_empty() {
        return Err(Refused::Empty);
    }
    Ok(artwork::made(&Picture::read(file)?)?)
}

/// The same in words; `begins`: how the file begins, to say what it is instead.
pub(super) fn words(t: &'static Texts, begins: &[u8], refused: &Refused) -> String {
    let w = Words::of(t.language);
    match refused {
        Refused::Empty => t.no_file.to_owned(),
        Refused::Picture(PictureError::TooLong { bytes }) => fill(w.too_many_bytes, &[&megabytes(t, *bytes)]),
        Refused::Picture(PictureError::Side { width_px, height_px }) => {
            fill(t.logo_sides, &[&format!("{width_px} x {height_px}"), &PICTURE_SIDE_PX.end().to_string()])
        }
        Refused::Picture(PictureError::Kind) => match kind(begins) {
            Some(kind) => fill(w.no_picture_but, &[kind]),
            None => w.no_picture.to_owned(),
        },
        Refused::Picture(PictureError::Unreadable(_)) => w.unreadable.to_owned(),
        Refused::Picture(PictureError::Drawing(_)) => w.bad_drawing.to_owned(),
        Refused::Picture(PictureError::NotADrawing(what)) => fill(w.not_in_drawing, &[&beside(w, what)]),
        Refused::Logo(_) => w.too_detailed.to_owned(),
    }
}

fn beside(w: &Words, what: &Beside) -> String {
    match what {
        Beside::Element(name) => fill(w.with_element, &[name]),
        Beside::Script(name) => fill(w.with_script, &[name]),
        Beside::Reference(name) => fill(w.with_reference, &[name]),
        Beside::Style => w.with_style.to_owned(),
        Beside::Text => w.with_text.to_owned(),
        Beside::DocumentType => w.with_document_type.to_owned(),
        Beside::Elements(most) => fill(w.with_elements, &[&most.to_string()]),
    }
}

/// What a file is that is no picture for a logo, by its first bytes.
fn kind(begins: &[u8]) -> Option<&'static str> {
    let kinds: [(&[u8], &str); 6] =
        [(b"GIF8", "GIF"), (b"RIFF", "WebP"), (b"BM", "BMP"), (b"II*\0", "TIFF"), (b"MM\0*", "TIFF"), (b"%PDF", "PDF")];
    let of_a_camera = begins.get(4..8) == Some(b"ftyp");
    let known = kinds.iter().find(|(start, _)| begins.starts_with(start)).map(|(_, kind)| *kind);
    known.or(of_a_camera.then_some("HEIC"))
}

fn megabytes(t: &'static Texts, bytes: usize) -> String {
    let text = format!("{:.1}", bytes as f64 / f64::from(1 << 20));
    if t.language == store::Language::En { text } else { text.replace('.', ",") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::Language;

    fn says(language: Language, file: &[u8]) -> String {
        match logo(file) {
            Ok(_) => "taken".to_owned(),
            Err(refused) => words(Texts::of(language), file, &refused),
        }
    }

    #[test]
    fn what_is_no_picture_is_refused_in_the_readers_language_with_what_it_is() {
        let svg = |inside: &str| format!("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'>{inside}</svg>");
        for (file, pt, en, es) in [
            (Vec::new(), "Escolha", "Choose", "Elija"),
            (b"GIF89a".to_vec(), "é GIF", "is GIF", "es GIF"),
            (b"\0\0\0\x18ftypheic".to_vec(), "é HEIC", "is HEIC", "es HEIC"),
            (b"nothing".to_vec(), "não é PNG", "neither PNG", "no es PNG"),
            (b"\xff\xd8\xff\xe0 cut".to_vec(), "incompleto", "incomplete", "incompleto"),
            (vec![0; 5 << 20], "5,0 MB", "5.0 MB", "5,0 MB"),
            (svg("<script/>").into_bytes(), "o elemento <script>", "the element <script>", "el elemento <script>"),
            (
                svg("<rect onload='x()'/>").into_bytes(),
                "script em “onload”",
                "script in “onload”",
                "script en “onload”",
            ),
            (svg("<text>a</text>").into_bytes(), "em curvas", "into outlines", "en trazados"),
            (svg("<use href='http://x/#a'/>").into_bytes(), "de fora", "from outside", "de fuera"),
            (svg("<").into_bytes(), "Exporte-o", "Export it", "Expórtelo"),
        ] {
            for (language, said) in [(Language::PtBr, pt), (Language::En, en), (Language::Es, es)] {
                let told = says(language, &file);
                assert!(told.contains(said), "{said:?} is not in {told:?}");
            }
        }
    }
}
