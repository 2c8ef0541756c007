//! The guides of the console: in every language, complete, leading somewhere, and the customers' one for anybody.

#![allow(missing_docs, clippy::unwrap_used)]

mod console_support;

use amparo_relay::console::routes;
use axum::http::{Method, StatusCode, header};
use console_support::*;

const LANGUAGES: [&str; 3] = ["pt-BR", "en", "es"];
const GUIDES: [&str; 3] = ["administrator", "attendant", "customer"];

/// What a guide's page has to read: everything in its article.
fn article(page: &str) -> &str {
    let rest = page.split("<article class=\"guide\">").nth(1).unwrap_or_else(|| panic!("no guide in {page}"));
    rest.split("</article>").next().unwrap()
}

/// The values of an attribute, in order.
fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    let start = format!(" {attribute}=\"");
    html.split(start.as_str()).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

/// The address of a picture without its language and version.
fn motif<'a>(source: &'a str, language: &str) -> &'a str {
    let name = source.split('?').next().unwrap();
    name.strip_suffix(&format!(".{language}.png")).unwrap_or_else(|| panic!("{source} is not in {language}"))
}

/// Whether a path is one that the console answers when it is opened.
fn is_route(path: &str) -> bool {
    routes().iter().filter(|route| route.method == Method::GET).any(|route| {
        let (mut there, mut asked) = (route.path.split('/'), path.split('/'));
        loop {
            match (there.next(), asked.next()) {
                (None, None) => return true,
                (Some(place), Some(word)) if place == word || (place.starts_with('{') && !word.is_empty()) => {}
                _ => return false,
            }
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_guide_has_the_same_tasks_and_pictures_in_each_language_and_leads_only_to_what_is_there() {
    let (relay, _folder) = relay().await;
    operator(&relay.shared, relay.shared.first_tenant, "ana", EVERYTHING).await;
    let mut browser = Browser::new(&relay.shared);
    browser.log_in("ana", PASSWORD).await;
    assert!(is_route("/apps/new") && is_route("/") && !is_route("/apps/") && !is_route("/nothing"));
    for guide in GUIDES {
        let (mut anchors, mut pictures, mut links, mut titles) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for language in LANGUAGES {
            browser.language = language;
            let answer = browser.get(&format!("/help/{guide}")).await;
            assert_eq!(answer.status, StatusCode::OK, "{guide} {language}");
            assert!(answer.body.contains(&format!("<html lang=\"{language}\">")), "{guide} {language}");
            let text = article(&answer.body);
            let here = values(text, "id");
            assert!(here.len() >= 8 && here.iter().all(|id| !id.is_empty()), "{guide} {language}: {here:?}");
            assert!(!text.contains("{#"), "a heading of {guide} {language} hides its anchor in its text");
            let mut once = here.clone();
            once.sort_unstable();
            once.dedup();
            assert_eq!(once.len(), here.len(), "an anchor of {guide} {language} is there twice");
            for anchor in values(&answer.body, "href").iter().filter_map(|link| link.strip_prefix('#')) {
                assert!(anchor == "main" || here.contains(&anchor), "{guide} {language} leads to #{anchor}");
            }
            for source in values(text, "src") {
                let picture = browser.get(source).await;
                assert_eq!(picture.status, StatusCode::OK, "{source}");
                assert_eq!(picture.headers[header::CONTENT_TYPE], "image/png");
            }
            assert!(values(text, "alt").iter().all(|alt| alt.len() > 20), "{guide} {language}");
            let paths: Vec<String> = values(text, "href").into_iter().map(str::to_owned).collect();
            for path in &paths {
                assert!(
                    path.starts_with('#') || is_route(path),
                    "{guide} {language} leads to {path}, which is nowhere"
                );
            }
            anchors.push(here.into_iter().map(str::to_owned).collect::<Vec<_>>());
            pictures.push(values(text, "src").into_iter().map(|s| motif(s, language).to_owned()).collect::<Vec<_>>());
            links.push(paths);
            titles.push(answer.body.split("<h1").nth(1).unwrap().split('<').next().unwrap().to_owned());
        }
        assert!(anchors.iter().all(|other| *other == anchors[0]), "{guide}: {anchors:?}");
        assert!(pictures.iter().all(|other| *other == pictures[0]), "{guide}: {pictures:?}");
        assert!(links.iter().all(|other| *other == links[0]), "{guide}: {links:?}");
        // Portuguese and Spanish may say a title in the same words.
        assert!(titles[0] != titles[1] && titles[1] != titles[2], "{titles:?}");
    }
    relay.shutdown().await.unwrap();
}

#[test]
fn every_picture_that_a_guide_names_is_there_and_every_picture_that_is_there_is_named() {
    let help = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("help");
    let mut there: Vec<String> = std::fs::read_dir(help.join("pictures"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    there.sort();
    let mut named = Vec::new();
    for language in LANGUAGES {
        for guide in GUIDES {
            let text = std::fs::read_to_string(help.join(language).join(format!("{guide}.md"))).unwrap();
            let names =
                text.split("![").skip(1).map(|rest| rest.split("](").nth(1).unwrap().split(')').next().unwrap());
            named.extend(names.map(|name| format!("{name}.{language}.png")));
        }
    }
    named.sort();
    named.dedup();
    assert_eq!(named, there);
    for name in there {
        let bytes = std::fs::metadata(help.join("pictures").join(&name)).unwrap().len();
        assert!(bytes < 60_000, "{name} has {bytes} bytes");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_customers_guide_is_there_without_a_login_and_the_others_lead_to_it() {
    let (relay, _folder) = relay().await;
    let mut stranger = Browser::new(&relay.shared);
    for (language, says) in [("pt-BR", "É golpe"), ("en", "a scam"), ("es", "Es una estafa")] {
        stranger.language = language;
        let page = stranger.get("/help/customer").await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(article(&page.body).contains(says), "{language}");
        assert!(!page.body.contains("href=\"/help\""), "what is behind the login is not offered");
        for source in values(article(&page.body), "src") {
            assert_eq!(stranger.get(source).await.status, StatusCode::OK, "{source}");
        }
        for path in values(article(&page.body), "href").into_iter().filter(|path| path.starts_with('/')) {
            assert_eq!(stranger.get(path).await.status, StatusCode::OK, "{path} of a guide for anybody");
        }
    }
    for path in ["/help", "/help/administrator", "/help/attendant", "/help/nothing"] {
        assert!(stranger.get(path).await.location().starts_with("/login"), "{path}");
    }
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_logged_in_finds_every_guide_and_an_unknown_one_is_not_here() {
    let (relay, _folder) = relay().await;
    operator(&relay.shared, relay.shared.first_tenant, "ana", ATTENDS).await;
    let mut ana = Browser::new(&relay.shared);
    ana.log_in("ana", PASSWORD).await;
    let list = ana.get("/help").await;
    assert_eq!(list.status, StatusCode::OK);
    for guide in GUIDES {
        assert!(list.body.contains(&format!("href=\"/help/{guide}\"")), "{guide}");
        let page = ana.get(&format!("/help/{guide}")).await.body;
        for anchor in values(&list.body, "href").iter().filter_map(|l| l.strip_prefix(&format!("/help/{guide}#"))) {
            assert!(page.contains(&format!("id=\"{anchor}\"")), "{guide} {anchor}");
        }
    }
    assert!(list.body.contains("/help/administrator#first-app"), "the tasks are in the list");
    assert!(ana.get("/help/customer").await.body.contains("href=\"/help\""), "there is a way back");
    assert!(ana.get("/account").await.body.contains("<a class=\"it\" href=\"/help\""), "every page leads to help");
    for path in ["/help/nothing", "/help/Customer", "/help/customer.md", "/help/..%2Fhelp"] {
        assert_eq!(ana.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    relay.shutdown().await.unwrap();
}
