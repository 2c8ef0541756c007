//! Returns that are agreed on: on the ticket, on the attendance page, told when their time comes, and what is refused.

#![allow(missing_docs, clippy::unwrap_used)]

mod console_support;

use std::time::Duration;

use amparo_relay::relay::{Running, Shared};
use axum::http::StatusCode;
use console_support::*;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use protocol::id::TicketNumber;
use store::{CustomerDetails, Language, NewAppointment, Operator};
use tickets::desk::Author;

async fn user(shared: &Shared, login: &str) -> Operator {
    shared.store.operator_by_login(shared.first_tenant, login).await.unwrap().unwrap()
}

/// A desk with a ticket of Cida's, and Ana, who may everything, and Rui, who attends.
async fn desk() -> (Running, tempfile::TempDir, TicketNumber, Browser, Browser) {
    let (relay, folder) = relay().await;
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    operator(shared, tenant, "ana", EVERYTHING).await;
    operator(shared, tenant, "rui", ATTENDS).await;
    let ana = user(shared, "ana").await;
    let author = Author { operator: ana.id, name: ana.name, language: Language::PtBr };
    let details = CustomerDetails { name: "Cida <b>".into(), ..CustomerDetails::default() };
    let now = Timestamp::now();
    let cida = shared.desk.find_or_create_customer(tenant, &details, now).await.unwrap();
    let ticket = shared.desk.open_ticket(tenant, &author, cida.id, "Nota fiscal", "texto", now).await.unwrap().number;
    let mut pages = [Browser::new(shared), Browser::new(shared)];
    for (page, login) in pages.iter_mut().zip(["ana", "rui"]) {
        page.log_in(login, PASSWORD).await;
    }
    let [ana, rui] = pages;
    (relay, folder, ticket, ana, rui)
}

/// As the browser's field for it writes it, by the company's clock.
fn typed(at: Timestamp) -> String {
    at.to_zoned(TimeZone::get("America/Sao_Paulo").unwrap()).strftime("%Y-%m-%dT%H:%M").to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_stands_on_the_ticket_and_on_the_page_of_who_is_to_be_back_until_it_is_taken_back() {
    let (relay, _folder, ticket, mut ana, mut rui) = desk().await;
    let shared = &relay.shared;
    let (page, returns) = (format!("/tickets/{ticket}"), format!("/tickets/{ticket}/returns"));
    let at = typed(Timestamp::now() + SignedDuration::from_hours(48));
    let shown = ana.get(&page).await.body;
    assert!(shown.contains("Combinar um retorno") && !shown.contains("id=\"returns\""), "{shown}");
    assert!(!ana.get("/").await.body.contains("Seus próximos retornos"));

    // For oneself, and for a colleague.
    let back = user(shared, "rui").await;
    let made = ana.post(&returns, &[("at", &at), ("note", "  Ligar   para <i>ela</i> ")]).await;
    assert_eq!(made.location(), page);
    let other = [("at", at.as_str()), ("who", &back.id.to_string()), ("note", "")];
    assert_eq!(ana.post(&returns, &other).await.location(), page);
    let shown = ana.get(&page).await.body;
    for text in
        ["id=\"returns\"", "ANA · Ligar para &#60;i&#62;ela&#60;/i&#62;", "RUI", "Retorno combinado para", "com RUI."]
    {
        assert!(shown.contains(text), "{text}\n{shown}");
    }
    let mine = ana.get("/").await.body;
    assert!(mine.contains("Seus próximos retornos") && mine.contains("Cida &#60;b&#62; · Nota fiscal"), "{mine}");
    assert_eq!(mine.matches(&format!("href=\"{page}\"")).count(), 1, "one's own only");
    assert!(rui.get("/").await.body.contains("Seus próximos retornos"));
    for (language, words) in [("en", "Your next returns"), ("es", "Sus próximos retornos")] {
        rui.language = language;
        assert!(rui.get("/").await.body.contains(words));
    }
    rui.language = "pt-BR";

    // Rui takes back his own and not Ana's; Ana anybody's; nobody's twice.
    let ahead = shared.store.appointments_on(shared.first_tenant, &ticket).await.unwrap();
    let of = |login: &str| ahead.iter().find(|a| a.login == login).unwrap().id;
    let cancel = |id: i64| format!("{returns}/{id}/cancel");
    assert_eq!(rui.post(&cancel(of("ana")), &[]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(rui.post(&cancel(of("rui")), &[]).await.location(), page);
    assert_eq!(ana.post(&cancel(of("ana")), &[]).await.location(), page);
    assert_eq!(ana.post(&cancel(of("ana")), &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(ana.post(&cancel(999), &[]).await.status, StatusCode::NOT_FOUND);
    let shown = ana.get(&page).await.body;
    assert!(!shown.contains("id=\"returns\"") && shown.contains("cancelado."), "{shown}");
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_return_is_said_beside_the_form_and_nothing_typed_is_lost() {
    let (relay, _folder, ticket, mut ana, _) = desk().await;
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    let (page, returns) = (format!("/tickets/{ticket}"), format!("/tickets/{ticket}/returns"));
    let now = Timestamp::now();
    let soon = typed(now + SignedDuration::from_hours(48));
    let (past, far) = (typed(now - SignedDuration::from_hours(1)), typed(now + SignedDuration::from_hours(24 * 400)));
    let long = "x".repeat(201);
    let stranger = "ab".repeat(16);
    for (at, who, note, why) in [
        ("", "", "Ligar", "Escolha um dia"),
        ("amanhã", "", "Ligar", "Escolha um dia"),
        ("2026-02-30T10:00", "", "Ligar", "Escolha um dia"),
        (&past, "", "Ligar", "Escolha um dia"),
        (&far, "", "Ligar", "Escolha um dia"),
        ("9999-12-31T23:59", "", "Ligar", "Escolha um dia"),
        (&soon, "x", "Ligar", "Esta pessoa não pode"),
        (&soon, &stranger, "Ligar", "Esta pessoa não pode"),
        (&soon, "", &long, "200 caracteres"),
        (&soon, "", "a\u{7}b", "200 caracteres"),
    ] {
        let refused = ana.post(&returns, &[("at", at), ("who", who), ("note", note)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{at} {who}");
        assert!(refused.body.contains("id=\"e-return\"") && refused.body.contains(why), "{at} {who}: {}", refused.body);
        assert!(refused.body.contains(&format!("name=\"at\" value=\"{at}\"")) && refused.body.contains(note), "{at}");
    }
    assert!(shared.store.appointments_on(tenant, &ticket).await.unwrap().is_empty());
    assert_eq!(ana.post("/tickets/9999/returns", &[("at", &soon)]).await.status, StatusCode::NOT_FOUND);
    for n in 0..11 {
        let sent = ana.post(&returns, &[("at", &soon)]).await;
        assert_eq!(sent.status == StatusCode::SEE_OTHER, n < 10, "{n}");
        assert!(n < 10 || sent.body.contains("retornos demais") && !sent.body.contains("id=\"return-at\""), "{n}");
    }
    ana.post(&format!("{page}/change"), &[("status", "closed")]).await;
    let closed = ana.post(&returns, &[("at", &soon)]).await;
    assert!(closed.status == StatusCode::UNPROCESSABLE_ENTITY && closed.body.contains("reabra-o antes"));
    assert!(!ana.get(&page).await.body.contains("id=\"return-at\""), "a closed ticket asks for none");
    assert!(!ana.get("/").await.body.contains("Seus próximos retornos"));
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn when_its_time_comes_a_return_is_told_once_to_who_is_to_be_back_and_to_nobody_else() {
    let (relay, _folder, ticket, mut ana, mut rui) = desk().await;
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    let now = Timestamp::now();
    let new = NewAppointment {
        tenant,
        ticket: ticket.clone(),
        operator: user(shared, "rui").await.id,
        at: now + SignedDuration::from_millis(300),
        note: "Ligar <já>".into(),
    };
    shared.store.add_appointment(&new, now).await.unwrap();
    // Agreed on in the console, which wakes whoever tells: the next one is looked for anew.
    let later = typed(now + SignedDuration::from_hours(24));
    ana.post(&format!("/tickets/{ticket}/returns"), &[("at", &later)]).await;
    let mut told = String::new();
    for _ in 0..200 {
        told = rui.get("/tickets").await.body;
        if told.contains("Hora do retorno") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for text in ["Hora do retorno: Cida &#60;b&#62;", "Nota fiscal: Ligar &#60;já&#62;", "Ver o ticket"] {
        assert!(told.contains(text), "{text}\n{told}");
    }
    assert!(!rui.get("/tickets").await.body.contains("Hora do retorno"), "once");
    assert!(!ana.get("/tickets").await.body.contains("Hora do retorno"), "nobody else's");
    assert_eq!(shared.store.appointments_on(tenant, &ticket).await.unwrap().len(), 1, "Ana's is ahead still");
    relay.shutdown().await.unwrap();
}
