//! Mail: what a server can do to a letter, what is said about it, and that an answer arrives once.

#![allow(missing_docs, clippy::unwrap_used)]

mod console_support;
mod smtp;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use amparo_relay::mail::{Failure, Letter, MailSettings};
use axum::http::StatusCode;
use console_support::*;
use protocol::id::TicketNumber;
use smtp::{Manner, Receiver};
use store::{Mail, MailState};

fn settings(pairs: &[(&str, &str)]) -> MailSettings {
    MailSettings::typed(&typed(pairs), None).unwrap()
}

fn typed(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let mut typed: BTreeMap<String, String> =
        [("host", "127.0.0.1"), ("tls", "none"), ("from", "suporte@varanda.example"), ("from_name", "Varanda")]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .into();
    typed.extend(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
    typed
}

fn letter() -> Letter<'static> {
    Letter { to: "cida@a.example", name: "Cida", subject: "Oi", text: "Texto", message_id: "1@varanda.example" }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_server_does_is_said_as_what_it_is() {
    let (relay, _folder) = relay().await;
    let post = relay.shared.post.clone().with_patience(Duration::from_millis(400));
    let receiver = Receiver::plain().await;
    let port = receiver.port.to_string();
    let there = settings(&[("port", &port)]);
    let mut failed = Vec::new();
    for manner in [Manner::NotNow, Manner::Refuses, Manner::Silent, Manner::Garbage, Manner::Breaks] {
        receiver.next(&[manner]);
        failed.push(post.send(&there, &letter()).await.unwrap_err());
    }
    assert!(matches!(&failed[0], Failure::Later(why) if why.contains("greylisted")), "{:?}", failed[0]);
    assert!(matches!(&failed[1], Failure::Refused(why) if why.contains("no such user")), "{:?}", failed[1]);
    assert!(matches!(&failed[2], Failure::TimedOut), "{:?}", failed[2]);
    assert!(matches!(&failed[3], Failure::Strange(_)), "{:?}", failed[3]);
    assert!(matches!(&failed[4], Failure::Strange(_)), "{:?}", failed[4]);
    assert!(receiver.letters().is_empty());
    assert_eq!(post.send(&there, &letter()).await, Ok(()));
    assert_eq!(receiver.letters().len(), 1);
    // A port that nobody listens on any more.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let gone = post.send(&settings(&[("port", &closed)]), &letter()).await.unwrap_err();
    assert!(matches!(gone, Failure::NoConnection(_)), "{gone:?}");
    let nobody = post.send(&there, &Letter { to: "nobody", ..letter() }).await.unwrap_err();
    assert!(matches!(nobody, Failure::Letter(_)), "{nobody:?}");
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_starttls_or_with_a_certificate_nobody_vouches_for_gets_no_password() {
    let (relay, _folder) = relay().await;
    let post = &relay.shared.post;
    let login = [("tls", "starttls"), ("user", "ana"), ("password", smtp::PASSWORD)];
    let with = |receiver: &Receiver, more: &[(&str, &str)]| {
        let port = receiver.port.to_string();
        let mut pairs = vec![("port", port.as_str())];
        pairs.extend(login);
        pairs.extend(more);
        settings(&pairs)
    };
    let without = Receiver::plain().await;
    let refused = post.send(&with(&without, &[]), &letter()).await.unwrap_err();
    assert!(matches!(refused, Failure::NoTls(_)), "{refused:?}");
    let safe = Receiver::with_starttls().await;
    let unknown = post.send(&with(&safe, &[]), &letter()).await.unwrap_err();
    assert!(matches!(unknown, Failure::NoTls(_)), "{unknown:?}");
    let authority = safe.authority.clone();
    let wrong = with(&safe, &[("authority", &authority), ("password", "outra-senha-errada")]);
    let wrong = post.send(&wrong, &letter()).await.unwrap_err();
    assert!(matches!(&wrong, Failure::Login(why) if !why.contains("outra-senha-errada")), "{wrong:?}");
    assert_eq!(post.send(&with(&safe, &[("authority", &authority)]), &letter()).await, Ok(()));
    assert_eq!((safe.letters().len(), without.letters().len()), (1, 0));
    for receiver in [&without, &safe] {
        let open = receiver.in_the_open().to_uppercase();
        assert!(open.contains("EHLO") && !open.contains("AUTH PLAIN") && !open.contains("MAIL FROM"), "{open}");
    }
    relay.shutdown().await.unwrap();
}

async fn office() -> (amparo_relay::relay::Running, tempfile::TempDir, Browser, Receiver) {
    let (relay, folder) = relay().await;
    operator(&relay.shared, relay.shared.first_tenant, "chefe", EVERYTHING).await;
    let mut chief = Browser::new(&relay.shared);
    chief.log_in("chefe", PASSWORD).await;
    let receiver = Receiver::plain().await;
    let port = receiver.port.to_string();
    let form: Vec<(String, String)> = typed(&[("port", &port)]).into_iter().collect();
    let form: Vec<(&str, &str)> = form.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(chief.post("/mail", &form).await.location(), "/mail?saved");
    let opened = [("subject", "Nota fiscal"), ("name", "Cida"), ("email", "cida@a.example")];
    assert_eq!(chief.post("/tickets", &opened).await.location(), "/tickets/1001");
    (relay, folder, chief, receiver)
}

/// Waits until the only letter of the ticket is as told.
async fn until(relay: &amparo_relay::relay::Running, is: impl Fn(&Mail) -> bool) -> Mail {
    let ticket = TicketNumber::new("1001").unwrap();
    let begun = Instant::now();
    loop {
        let mails = relay.shared.store.ticket_mails(relay.shared.first_tenant, &ticket).await.unwrap();
        assert!(mails.len() <= 1);
        if let Some(mail) = mails.into_iter().find(&is) {
            return mail;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "the letter does not get there");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

const ANSWER: [(&str, &str); 4] = [
    ("kind", "reply"),
    ("text", "Oi <b>Cida</b>,\r\nhttps://varanda.example/d/1"),
    ("mail", "1"),
    ("mail_language", "en"),
];

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_the_server_cannot_take_now_says_so_on_the_ticket_and_arrives_once_later() {
    let (relay, _folder, mut chief, receiver) = office().await;
    receiver.next(&[Manner::NotNow]);
    assert!(chief.get("/tickets/1001").await.body.contains("Enviar por e-mail a cida@a.example"));
    assert_eq!(chief.post("/tickets/1001/actions", &ANSWER).await.status, StatusCode::SEE_OTHER);
    let waits = until(&relay, |mail| mail.attempts == 1).await;
    assert_eq!(waits.state, MailState::Pending);
    let page = chief.get("/tickets/1001").await.body;
    assert!(page.contains("O servidor não pode receber agora") && page.contains("greylisted"), "{page}");
    chief.post(&format!("/tickets/1001/mails/{}/retry", waits.id), &[]).await;
    until(&relay, |mail| mail.state == MailState::Sent).await;
    assert!(chief.get("/tickets/1001").await.body.contains("Enviada por e-mail a cida@a.example"));
    assert_eq!(receiver.letters().len(), 1);
    let letter = &receiver.letters()[0];
    for part in
        ["To: Cida <cida@a.example>", "Subject: [Ticket 1001] Nota fiscal", "Hello Cida,", "&lt;b&gt;", "<a href="]
    {
        assert!(letter.contains(part), "{part}: {letter}");
    }
    let again = chief.post(&format!("/tickets/1001/mails/{}/retry", waits.id), &[]).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND, "what was sent is not sent again");
    let audit = relay.shared.store.audit_list(relay.shared.first_tenant, 50).await.unwrap();
    for what in ["mail.changed", "answer.mailed", "mail.retried"] {
        assert!(audit.iter().any(|line| line.what == what), "{what}");
    }
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_refused_waits_for_a_person_and_a_note_is_not_sent() {
    let (relay, _folder, mut chief, receiver) = office().await;
    let note = [("kind", "note"), ("text", "só para nós"), ("mail", "1")];
    chief.post("/tickets/1001/actions", &note).await;
    receiver.next(&[Manner::Refuses]);
    chief.post("/tickets/1001/actions", &ANSWER).await;
    let parked = until(&relay, |mail| mail.attempts == 1).await;
    assert_eq!(parked.state, MailState::Parked);
    let page = chief.get("/tickets/1001").await.body;
    assert!(page.contains("E-mail não enviado") && page.contains("no such user here"));
    assert!(receiver.letters().is_empty());
    chief.post(&format!("/tickets/1001/mails/{}/retry", parked.id), &[]).await;
    until(&relay, |mail| mail.state == MailState::Sent).await;
    assert!(receiver.letters().iter().all(|letter| !letter.contains("só para nós")) && receiver.letters().len() == 1);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_to_be_sent_is_sent_after_a_restart() {
    let (relay, folder, mut chief, receiver) = office().await;
    receiver.next(&[Manner::NotNow]);
    chief.post("/tickets/1001/actions", &ANSWER).await;
    until(&relay, |mail| mail.attempts == 1).await;
    let tenant = relay.shared.first_tenant;
    relay.kill().await;
    let config = amparo_relay::config::Config::new(folder.path(), "127.0.0.1:0".parse().unwrap());
    let relay = amparo_relay::relay::Relay::start(config).await.unwrap();
    relay.shared.store.hurry_mails(tenant, jiff::Timestamp::now()).await.unwrap();
    relay.shared.post.wake();
    until(&relay, |mail| mail.state == MailState::Sent).await;
    assert_eq!(receiver.letters().len(), 1);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_the_server_keeps_what_is_typed_hides_the_password_and_tries_it_out() {
    let (relay, _folder, mut chief, receiver) = office().await;
    operator(&relay.shared, relay.shared.first_tenant, "ana", ATTENDS).await;
    let mut ana = Browser::new(&relay.shared);
    ana.log_in("ana", PASSWORD).await;
    assert_eq!(ana.get("/mail").await.status, StatusCode::FORBIDDEN);
    assert_eq!(ana.post("/mail/test", &[("to", "x@y.example")]).await.status, StatusCode::FORBIDDEN);
    assert!(chief.post("/mail/test", &[("to", "chefe@varanda.example")]).await.body.contains("Enviado para"));
    assert!(receiver.letters()[0].contains("chefe@varanda.example"));
    receiver.next(&[Manner::Refuses]);
    let failed = chief.post("/mail/test", &[("to", "x@y.example")]).await.body;
    assert!(failed.contains("O servidor recusou") && failed.contains("no such user here"));
    let port = receiver.port.to_string();
    let wrong = [
        ("host", "mail host"),
        ("port", &port),
        ("tls", "none"),
        ("user", "ana"),
        ("password", "segredo-123"),
        ("from", "x"),
    ];
    let refused = chief.post("/mail", &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for part in ["e-host", "e-tls", "e-from", "value=\"mail host\""] {
        assert!(refused.body.contains(part), "{part}");
    }
    assert!(!refused.body.contains("segredo-123"));
    let good = [
        ("host", "127.0.0.1"),
        ("port", &port),
        ("tls", "starttls"),
        ("user", "ana"),
        ("password", "segredo-123"),
        ("from", "a@b.example"),
    ];
    assert_eq!(chief.post("/mail", &good).await.location(), "/mail?saved");
    assert!(!chief.get("/mail").await.body.contains("segredo-123"));
    let recorded = relay.shared.store.mail_server(relay.shared.first_tenant).await.unwrap().unwrap();
    assert!(!format!("{recorded:?}").contains("segredo") && !recorded.sealed.windows(7).any(|w| w == b"segredo"));
    for (subject, text) in [("x", ""), ("x", "sem o campo"), ("x", "{text} {nobody}"), ("", "{text}")] {
        let refused = chief.post("/mail/texts", &[("language", "en"), ("subject", subject), ("text", text)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{text:?}");
    }
    let own = [("language", "en"), ("subject", "About {ticket}"), ("text", "<i>{text}</i>")];
    assert_eq!(chief.post("/mail/texts", &own).await.status, StatusCode::SEE_OTHER);
    assert!(
        chief.get("/mail").await.body.contains("&#60;i&#62;{text}")
            || chief.get("/mail").await.body.contains("&lt;i&gt;{text}")
    );
    relay.shutdown().await.unwrap();
}
