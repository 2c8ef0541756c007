//! Forms that carry a file.
//!
//! Read whole from bytes whose number is capped already. A form that cannot be read holds nothing.

use axum::{
    body::Bytes,
    http::{HeaderMap, header},
};

/// Parts of a form that are looked at.
const PARTS: usize = 16;

/// The text of this part; `None` when it is not there or no text.
pub(super) async fn text(headers: &HeaderMap, body: Bytes, name: &str) -> Option<String> {
    String::from_utf8(part(headers, body, name).await?.to_vec()).ok()
}

/// The bytes of this part; `None` when it is not there.
pub(super) async fn part(headers: &HeaderMap, body: Bytes, name: &str) -> Option<Bytes> {
    Some(file(headers, body, name).await?.1)
}

/// What is typed beside the file: names and texts, in the order of the form. Parts that are no text are left out.
pub(super) async fn texts(headers: &HeaderMap, body: Bytes) -> Vec<(String, String)> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let Some(boundary) = kind.and_then(|kind| multer::parse_boundary(kind).ok()) else { return Vec::new() };
    let whole = futures::stream::once(async move { Ok::<_, std::convert::Infallible>(body) });
    let (mut form, mut texts) = (multer::Multipart::new(whole, boundary), Vec::new());
    for _ in 0..PARTS {
        let Ok(Some(field)) = form.next_field().await else { break };
        let name = field.name().filter(|_| field.file_name().is_none()).map(str::to_owned);
        if let (Some(name), Ok(text)) = (name, field.text().await) {
            texts.push((name, text));
        }
    }
    texts
}

/// The same with the name that its file has where it comes from; empty: none.
pub(super) async fn file(headers: &HeaderMap, body: Bytes, name: &str) -> Option<(String, Bytes)> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let boundary = multer::parse_boundary(kind).ok()?;
    let whole = futures::stream::once(async move { Ok::<_, std::convert::Infallible>(body) });
    let mut form = multer::Multipart::new(whole, boundary);
    for _ in 0..PARTS {
        let field = form.next_field().await.ok()??;
        if field.name() == Some(name) {
            let file = field.file_name().unwrap_or_default().to_owned();
            return Some((file, field.bytes().await.ok()?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn headers(kind: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::CONTENT_TYPE, kind.parse().unwrap())])
    }

    #[tokio::test]
    async fn a_part_is_found_by_its_name_and_garbage_holds_nothing() {
        let body = Bytes::from_static(
            b"--x\r\nContent-Disposition: form-data; name=\"_csrf\"\r\n\r\nabc\r\n--x\r\nContent-Disposition: form-data; \
              name=\"logo\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n--x--\r\n",
        );
        let form = headers("multipart/form-data; boundary=x");
        assert_eq!(text(&form, body.clone(), "_csrf").await.as_deref(), Some("abc"));
        assert_eq!(part(&form, body.clone(), "logo").await.as_deref(), Some(&b"\x89PNG"[..]));
        assert_eq!(part(&form, body.clone(), "other").await, None);
        assert_eq!(file(&form, body.clone(), "logo").await.unwrap().0, "a.png");
        assert_eq!(file(&form, body.clone(), "_csrf").await.unwrap().0, "");
        assert_eq!(texts(&form, body.clone()).await, [("_csrf".to_owned(), "abc".to_owned())], "a file is none");
        assert_eq!(texts(&headers("text/plain"), body.clone()).await, []);
        assert_eq!(texts(&form, body.slice(..20)).await, []);
        assert_eq!(text(&form, body.clone(), "logo").await, None, "no text");
        assert_eq!(part(&headers("multipart/form-data"), body.clone(), "logo").await, None);
        assert_eq!(part(&headers("text/plain"), body.clone(), "logo").await, None);
        assert_eq!(part(&form, body.slice(..20), "_csrf").await, None);
    }
}
