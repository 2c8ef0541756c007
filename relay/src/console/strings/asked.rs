//! The language a browser asks for. Takes any header, however it is written.

use axum::http::{HeaderMap, header};
use store::Language;

/// The language a browser asks for: the first of ours in its list by weight; `None` when it names none of ours.
pub(in crate::console) fn asked_for(headers: &HeaderMap) -> Option<Language> {
    let list = headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let mut wishes: Vec<(u16, Language)> = list
        .split(',')
        .take(20)
        .filter_map(|wish| {
            let (tag, parameters) = wish.split_once(';').unwrap_or((wish, ""));
            let weight = parameters.trim().strip_prefix("q=").map_or(Some(1.0), |q| q.parse::<f32>().ok())?;
            let language = match tag.trim().split('-').next()?.to_ascii_lowercase().as_str() {
                "pt" => Language::PtBr,
                "en" => Language::En,
                "es" => Language::Es,
                _ => return None,
            };
            // Weights have three decimals; a weight of nought means "not this one".
            let thousandths = (weight.clamp(0.0, 1.0) * 1000.0) as u16;
            (thousandths > 0).then_some((thousandths, language))
        })
        .collect();
    wishes.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    wishes.first().map(|(_, language)| *language)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_browser_chooses_the_language_by_weight() {
        let asked = |list: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, list.parse().unwrap());
            asked_for(&headers)
        };
        assert_eq!(asked("pt-BR,pt;q=0.9,en;q=0.8"), Some(Language::PtBr));
        assert_eq!(asked("de,en;q=0.5,es;q=0.7"), Some(Language::Es));
        assert_eq!(asked("en-GB"), Some(Language::En));
        assert_eq!(asked("de"), None);
        assert_eq!(asked("en;q=0, ;;;q=x,es;q=nan"), None);
        assert_eq!(asked_for(&HeaderMap::new()), None);
    }
}
