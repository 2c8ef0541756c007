//! What actions say, as a company writes it: in each language, with how it reads, back to the standing text, and by two people at once.

#![allow(missing_docs, clippy::unwrap_used)]

mod console_support;

use amparo_relay::relay::Running;
use axum::http::StatusCode;
use console_support::*;
use store::{EventKind, Language};
use tickets::event::template::standing;

const PAGE: &str = "/connections/texts";

async fn editor(relay: &Running, login: &str) -> Browser {
    operator(&relay.shared, relay.shared.first_tenant, login, EVERYTHING).await;
    let mut editor = Browser::new(&relay.shared);
    editor.log_in(login, PASSWORD).await;
    editor
}

/// What the form remembers that it began with.
fn base(page: &str) -> String {
    let rest = page.split_once("name=\"_base\" value=\"").unwrap().1;
    let text = rest.split_once('"').unwrap().0;
    let known = [
        ("&#34;", "\""),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#38;", "&"),
        ("&amp;", "&"),
    ];
    known.into_iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// How the text of this kind reads, as the page shows it.
fn reads<'a>(page: &'a str, kind: &str) -> &'a str {
    let rest = page.split_once(&format!("id=\"p-{kind}\"")).unwrap().1;
    rest.split_once('>').unwrap().1.split_once("</div>").unwrap().0
}

async fn said(relay: &Running, kind: EventKind, language: Language) -> Option<String> {
    relay.shared.store.action_template(relay.shared.first_tenant, kind, language).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_language_has_its_own_texts_and_the_companys_is_the_one_that_is_used() {
    let (relay, _folder) = relay().await;
    let mut ana = editor(&relay, "ana.editora").await;
    let page = ana.get(PAGE).await.body;
    assert!(page.contains("o da empresa") && page.contains("Protocolo: {protocol}"), "{page}");
    let page = ana.get(&format!("{PAGE}?language=en")).await.body;
    assert!(
        page.contains("Protocol number: {protocol}") && page.contains("As ações são escritas em Português"),
        "{page}"
    );
    let saved = ana.post(PAGE, &[("language", "en"), ("start", "Started {protocol}")]).await;
    assert_eq!(saved.location(), "/connections/texts?language=en&saved=1");
    assert_eq!(said(&relay, EventKind::Start, Language::En).await.as_deref(), Some("Started {protocol}"));
    for other in [Language::PtBr, Language::Es] {
        assert_eq!(said(&relay, EventKind::Start, other).await, None);
    }
    assert_eq!(said(&relay, EventKind::End, Language::En).await, None, "what was not sent is not changed");
    let page = ana.get(saved.location()).await.body;
    assert!(page.contains("Alterações salvas.") && page.contains("Started {protocol}"), "{page}");
    assert!(page.contains(", por "), "who changed it last: {page}");
    for wrong in ["de", "", "pt-br", "../en", "en%00"] {
        assert_eq!(ana.get(&format!("{PAGE}?language={wrong}")).await.status, StatusCode::NOT_FOUND, "{wrong}");
        let refused = ana.post(PAGE, &[("language", wrong), ("start", "x")]).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn how_a_text_reads_is_shown_with_sample_values_before_anything_is_saved() {
    let (relay, _folder) = relay().await;
    let mut ana = editor(&relay, "ana.editora").await;
    let page = ana.get(PAGE).await.body;
    for line in [
        "Cliente: Cida Nogueira, Padaria Aurora",
        "Duração: 26 min 08 s",
        "Reconexões: 1",
        "48 ms",
        "Registro de auditoria: 48:",
    ] {
        assert!(reads(&page, "end").contains(line), "{line}: {}", reads(&page, "end"));
    }
    let typed = [
        ("language", "es"),
        ("_step", "preview"),
        ("end", "<b>{customer}</b>\n{duration} {nada}"),
        ("start", "Hola {attendant}"),
    ];
    let page = ana.post(PAGE, &typed).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(reads(&page.body, "start"), "Hola Ana Ribeiro");
    assert!(page.body.contains("id=\"e-end\"") && page.body.contains("{nada}"), "{}", page.body);
    assert!(!page.body.contains("id=\"p-end\"") && !page.body.contains("<b>{customer}"), "{}", page.body);
    assert_eq!(said(&relay, EventKind::Start, Language::Es).await, None);
    let page = ana.post(PAGE, &[("_step", "preview"), ("start", "<i>{customer}</i>")]).await.body;
    assert!(
        reads(&page, "start").starts_with("&#60;i&#62;Cida") || reads(&page, "start").starts_with("&lt;i&gt;Cida"),
        "{page}"
    );
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_goes_back_to_the_standing_one_and_what_is_wrong_is_said_beside_it() {
    let (relay, _folder) = relay().await;
    let mut ana = editor(&relay, "ana.editora").await;
    let huge = "x".repeat(4_001);
    let accents = "é".repeat(2_001);
    for (text, problem) in [
        ("Oi {nada}", "Não há campo {nada} aqui."),
        ("Oi\n{protocol", "Uma chave não fecha na linha 2."),
        (huge.as_str(), "Texto longo demais."),
        (accents.as_str(), "Texto longo demais."),
    ] {
        let refused = ana.post(PAGE, &[("start", "Bom {protocol}"), ("end", text)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains("id=\"e-end\"") && refused.body.contains(problem), "{problem}: {}", refused.body);
        assert!(!refused.body.contains("id=\"e-start\"") && refused.body.contains("Bom {protocol}"));
        assert_eq!(said(&relay, EventKind::Start, Language::PtBr).await, None, "nothing was saved");
    }
    ana.post(PAGE, &[("end", "Fim de {protocol}\r\nTchau  ")]).await;
    assert_eq!(said(&relay, EventKind::End, Language::PtBr).await.as_deref(), Some("Fim de {protocol}\nTchau"));
    let page = ana.get(PAGE).await.body;
    assert!(page.contains("value=\"reset:end\"") && !page.contains("value=\"reset:start\""), "{page}");
    let page =
        ana.post(PAGE, &[("_step", "reset:end"), ("end", "Fim de {protocol}\nTchau"), ("_base", &base(&page))]).await;
    assert!(page.body.contains("Duração: {duration}"), "{}", page.body);
    assert!(said(&relay, EventKind::End, Language::PtBr).await.is_some(), "nothing is written yet");
    let own = standing(EventKind::End, Language::PtBr).replace('\n', "\r\n");
    ana.post(PAGE, &[("end", &own), ("_base", &base(&page.body))]).await;
    assert_eq!(said(&relay, EventKind::End, Language::PtBr).await, None, "it follows later versions again");
    for step in ["reset:nada", "reset", "take:../x", "drop:end", ""] {
        assert_eq!(ana.post(PAGE, &[("_step", step)]).await.status, StatusCode::BAD_REQUEST, "{step}");
    }
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_change_the_same_text_the_second_is_told_and_different_ones_go_together() {
    let (relay, _folder) = relay().await;
    let (mut ana, mut rui) = (editor(&relay, "ana.editora").await, editor(&relay, "rui.editor").await);
    let began = base(&ana.get(PAGE).await.body);
    assert_eq!(base(&rui.get(PAGE).await.body), began);
    rui.post(PAGE, &[("_base", &began), ("start", "De Rui {protocol}")]).await;
    // Another text: both changes are kept.
    let untouched = standing(EventKind::Start, Language::PtBr);
    let both = [("_base", began.as_str()), ("start", untouched.as_str()), ("end", "De Ana {protocol}")];
    let saved = ana.post(PAGE, &both).await;
    assert_eq!(saved.location(), "/connections/texts?language=pt-BR&saved=merged");
    assert_eq!(said(&relay, EventKind::Start, Language::PtBr).await.as_deref(), Some("De Rui {protocol}"));
    assert_eq!(said(&relay, EventKind::End, Language::PtBr).await.as_deref(), Some("De Ana {protocol}"));
    // The same text: nothing is written, and what the other wrote stands beside it.
    let clash = ana.post(PAGE, &[("_base", &began), ("start", "De Ana {protocol}")]).await;
    assert_eq!(clash.status, StatusCode::CONFLICT);
    assert!(clash.body.contains("De Rui {protocol}") && clash.body.contains("De Ana {protocol}"), "{}", clash.body);
    assert!(clash.body.contains("value=\"take:start\""), "{}", clash.body);
    assert_eq!(said(&relay, EventKind::Start, Language::PtBr).await.as_deref(), Some("De Rui {protocol}"));
    // Taken over, or kept after all.
    let taken =
        ana.post(PAGE, &[("_base", &base(&clash.body)), ("start", "De Ana {protocol}"), ("_step", "take:start")]).await;
    assert!(
        !taken.body.contains("value=\"take:start\"") && reads(&taken.body, "start").starts_with("De Rui"),
        "{}",
        taken.body
    );
    let kept = ana.post(PAGE, &[("_base", &base(&clash.body)), ("start", "De Ana {protocol}")]).await;
    assert_eq!(kept.status, StatusCode::SEE_OTHER);
    assert_eq!(said(&relay, EventKind::Start, Language::PtBr).await.as_deref(), Some("De Ana {protocol}"));
    relay.shutdown().await.unwrap();
}
