//! Connections to ticketing systems through the console, from the form to the action on the ticket; and that their tokens are nowhere.

#![allow(missing_docs, clippy::unwrap_used)]

mod connections_support;
mod console_support;

use std::{
    io::Write,
    path::Path,
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use amparo_relay::relay::DATABASE;
use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use connections_support::{chief, fake, fakes::Fate, id_of, post, session, settled, typed, use_for_the_app};
use console_support::*;
use protocol::message::{ShownText, ticket::TicketChoice};
use store::OutboxState;
use tickets::kind::{Input, KINDS};

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_set_up_tried_chosen_and_used_in_the_console() {
    let (relay, _folder) = relay().await;
    let mut chief = chief(&relay).await;
    let server = fake("redmine").await;
    let list = chief.get("/connections").await.body;
    for kind in KINDS {
        assert!(list.contains(&format!("/connections/new/{}", kind.name)), "{}", kind.name);
    }
    let form = chief.get("/connections/new/redmine").await.body;
    assert!(form.contains("name=\"key\" type=\"password\"") && form.contains("Chave de API"), "{form}");

    // What is wrong is said beside the field, and what was right is still there; a secret is not.
    let mut wrong = typed(&server, "Redmine da Varanda");
    wrong.iter_mut().filter(|(k, _)| k == "base").for_each(|(_, v)| *v = "http://redmine.example".into());
    wrong.iter_mut().filter(|(k, _)| k == "project").for_each(|(_, v)| v.clear());
    let refused = post(&mut chief, "/connections/new/redmine", &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("id=\"e-base\"") && refused.body.contains("id=\"e-project\""), "{}", refused.body);
    assert!(!refused.body.contains("id=\"e-key\"") && refused.body.contains("value=\"Redmine da Varanda\""));
    assert!(!refused.body.contains(&server.typed()["key"]));

    let id = id_of(&post(&mut chief, "/connections/new/redmine", &typed(&server, "Redmine da Varanda")).await);
    // What is not tried is not passed over, and what does not work says what to do.
    let tried = chief.post(&format!("/connections/{id}/test"), &[]).await.body;
    assert_eq!((tried.matches("data-state=\"ok\"").count(), tried.matches("Não testado").count()), (2, 3), "{tried}");
    let tried = chief.post(&format!("/connections/{id}/test"), &[("ticket", "4711")]).await.body;
    assert!(tried.contains("Não existe, ou a chave não vê. Confira o número"), "{tried}");
    for (fate, says) in [
        (Fate::Status(401), "A chave não foi aceita"),
        (Fate::Status(401), "Copie a chave de novo"),
        (Fate::Status(403), "Dê à conta o direito de usar a API"),
        (Fate::Status(404), "Confira o endereço"),
        (Fate::Redirect, "Confira o endereço"),
        (Fate::Garbage, "A resposta não é deste sistema. Confira o endereço"),
        (Fate::Status(500), "Teste de novo"),
        (Fate::Status(429), "Espere um minuto"),
    ] {
        // Anew, as nothing that was known before would spare it a call.
        assert!(
            post(&mut chief, &format!("/connections/{id}"), &typed(&server, "Redmine"))
                .await
                .location()
                .contains("saved")
        );
        server.fates([fate]);
        let tried = chief.post(&format!("/connections/{id}/test"), &[]).await.body;
        assert!(tried.contains("data-state=\"bad\"") && tried.contains(says), "{fate:?}: {tried}");
        assert!(!tried.contains("Não testado"), "{fate:?}: what comes after it is no news");
    }
    assert!(
        post(&mut chief, &format!("/connections/{id}"), &typed(&server, "Redmine da Varanda"))
            .await
            .location()
            .contains("saved")
    );
    let tried = chief.post(&format!("/connections/{id}/test"), &[("write", "yes")]).await.body;
    let works = tried.matches("data-state=\"ok\"").count();
    assert_eq!((works, tried.matches("data-state=\"bad\"").count()), (6, 0), "{tried}");
    assert_eq!(server.tickets()[0].texts.len(), 2);

    use_for_the_app(&relay, &mut chief, &id).await;
    let told = session(&relay, TicketChoice::OpenNew { subject: ShownText::lossy("Nota fiscal") }).await;
    settled(&relay, told, &[OutboxState::Done]).await;
    let ticket = &server.tickets()[1];
    assert_eq!(ticket.texts.len(), 2, "{ticket:?}");
    assert!(ticket.texts[0].contains("Acesso remoto iniciado") && ticket.texts[1].contains("Acesso remoto encerrado"));
    assert!(ticket.texts[1].contains("/sessions/"), "{}", ticket.texts[1]);
    assert_eq!(relay.shared.store.session(told).await.unwrap().ticket.unwrap().as_str(), ticket.number);

    // In use, it stays; not in use, it goes, and its key with it.
    let kept = chief.post(&format!("/connections/{id}/remove"), &[]).await;
    assert_eq!(kept.location(), format!("/connections/{id}?in-use"));
    use_for_the_app(&relay, &mut chief, "").await;
    assert_eq!(chief.post(&format!("/connections/{id}/remove"), &[]).await.location(), "/connections");
    assert_eq!(chief.get(&format!("/connections/{id}")).await.status, StatusCode::NOT_FOUND);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_left_empty_stays_and_one_that_is_typed_replaces_it() {
    let (relay, _folder) = relay().await;
    let mut chief = chief(&relay).await;
    let server = fake("redmine").await;
    let mut form = typed(&server, "Redmine");
    let id = id_of(&post(&mut chief, "/connections/new/redmine", &form).await);
    let works = async |chief: &mut Browser| {
        let tried = chief.post(&format!("/connections/{id}/test"), &[]).await.body;
        !tried.contains("data-state=\"bad\"")
    };
    assert!(works(&mut chief).await);
    form.iter_mut().filter(|(k, _)| k == "key").for_each(|(_, v)| v.clear());
    id_of(&post(&mut chief, &format!("/connections/{id}"), &form).await);
    assert!(works(&mut chief).await);
    form.iter_mut().filter(|(k, _)| k == "key").for_each(|(_, v)| *v = "another-key-of-somebody".into());
    id_of(&post(&mut chief, &format!("/connections/{id}"), &form).await);
    let tried = chief.post(&format!("/connections/{id}/test"), &[]).await.body;
    assert!(tried.contains("A chave não foi aceita (401)"), "{tried}");
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_waits_with_its_reason_and_is_retried_or_dropped_with_one() {
    let (relay, _folder) = relay().await;
    let mut chief = chief(&relay).await;
    let server = fake("redmine").await;
    let id = id_of(&post(&mut chief, "/connections/new/redmine", &typed(&server, "Redmine")).await);
    use_for_the_app(&relay, &mut chief, &id).await;
    server.fates([Fate::Status(422)]);
    let told = session(&relay, TicketChoice::OpenNew { subject: ShownText::default() }).await;
    let parked =
        async || relay.shared.store.outbox_list(relay.shared.first_tenant, &[OutboxState::Parked], 9).await.unwrap();
    tokio::time::timeout(Duration::from_secs(60), async {
        while parked().await.is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .unwrap();
    let row = parked().await.remove(0).id;
    let page = chief.get("/outbox").await.body;
    assert!(page.contains("422") && page.contains(&format!("/outbox/{row}/drop")), "{page}");
    for (language, refused, behind) in [
        ("pt-BR", "O outro sistema recusou", "espera a que parou"),
        ("en", "The other system refuses", "after the stopped one"),
        ("es", "El otro sistema lo rechazó", "espera la detenida"),
    ] {
        chief.language = language;
        let page = chief.get("/outbox").await.body;
        assert!(page.contains(refused), "{language}");
        // The end is not told before the beginning was.
        assert_eq!(page.matches(behind).count(), 1, "{language}");
    }
    assert_eq!(chief.post("/outbox/retry", &[]).await.location(), "/outbox");
    settled(&relay, told, &[OutboxState::Done]).await;

    server.fates([Fate::Status(422)]);
    let dropped = session(&relay, TicketChoice::OpenNew { subject: ShownText::default() }).await;
    tokio::time::timeout(Duration::from_secs(60), async {
        while parked().await.is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .unwrap();
    let row = parked().await.remove(0).id;
    assert_eq!(chief.post(&format!("/outbox/{row}/drop"), &[("why", " ")]).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(chief.post(&format!("/outbox/{row}/drop"), &[("why", "cliente de teste")]).await.location(), "/outbox");
    settled(&relay, dropped, &[OutboxState::Done, OutboxState::Dropped]).await;
    let rows = relay.shared.store.outbox_of_session(dropped).await.unwrap();
    assert_eq!((rows[0].state, rows[0].why.as_deref()), (OutboxState::Dropped, Some("cliente de teste")));
    assert_eq!(rows[1].state, OutboxState::Done, "what waited behind it goes on");
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn actions_say_what_the_company_wants_and_a_wrong_place_is_told() {
    let (relay, _folder) = relay().await;
    let mut chief = chief(&relay).await;
    let page = chief.get("/connections/texts").await.body;
    assert!(page.contains("Protocolo: {protocol}"), "{page}");
    let wrong = chief.post("/connections/texts", &[("start", "Oi {nada}"), ("end", "")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("Não há campo {nada} aqui."), "{}", wrong.body);
    assert!(page.contains("Pedido que ninguém atendeu") && page.contains("name=\"wrap_up\""));
    let wrong = chief.post("/connections/texts", &[("missed", "De {attendant}")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "a request that nobody took has no attendant");
    let own = [("start", "Sessão {protocol} de {customer}"), ("end", ""), ("missed", "{customer} esperou {duration}")];
    let saved = chief.post("/connections/texts", &own).await;
    assert_eq!(saved.location(), "/connections/texts?language=pt-BR&saved=1");
    let told = session(&relay, TicketChoice::OpenNew { subject: ShownText::default() }).await;
    settled(&relay, told, &[OutboxState::Done]).await;
    let (store, tenant) = (&relay.shared.store, relay.shared.first_tenant);
    let recorded = store.session(told).await.unwrap();
    let actions = store.desk_actions(tenant, &recorded.ticket.unwrap()).await.unwrap();
    assert_eq!(actions[0].action.text, format!("Sessão {} de Cida Nogueira", recorded.protocol));
    assert!(actions[1].action.text.starts_with("Acesso remoto encerrado\nProtocolo: "));
    relay.shutdown().await.unwrap();
}

/// Everything that this process logs.
fn log() -> &'static Arc<Mutex<Vec<u8>>> {
    static LOG: OnceLock<Arc<Mutex<Vec<u8>>>> = OnceLock::new();
    LOG.get_or_init(|| {
        let log = Arc::new(Mutex::new(Vec::new()));
        let writer = log.clone();
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(move || Tee(writer.clone()))
            .try_init()
            .expect("no other test of this process logs");
        log
    })
}

struct Tee(Arc<Mutex<Vec<u8>>>);

impl Write for Tee {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn holds(haystack: &[u8], needle: &str) -> bool {
    haystack.windows(needle.len()).any(|w| w == needle.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_token_is_in_a_log_a_page_an_error_or_the_records_whatever_a_system_answers() {
    let log = log();
    let (relay, folder) = relay().await;
    let mut chief = chief(&relay).await;
    let mut secrets: Vec<String> = Vec::new();
    let mut pages = String::new();
    let mut asked = Vec::new();
    for kind in KINDS {
        let server = fake(kind.name).await;
        let form = typed(&server, kind.title);
        let of_kind =
            kind.fields().filter(|f| f.input == Input::Secret).filter_map(|f| server.typed().get(f.key).cloned());
        secrets.extend(of_kind.filter(|s| !s.is_empty()));
        if let Some(token) = server.typed().get("token").filter(|_| kind.name == "zendesk") {
            secrets.push(STANDARD.encode(format!("agente@empresa.example/token:{token}")));
        }
        let id = id_of(&post(&mut chief, &format!("/connections/new/{}", kind.name), &form).await);
        use_for_the_app(&relay, &mut chief, &id).await;
        // Every refusal repeats what was sent, and is kept as the reason.
        for fate in [Fate::Status(400), Fate::Status(401), Fate::Status(403), Fate::Garbage, Fate::Status(422)] {
            server.fates([Fate::Ok, fate, fate]);
            pages.push_str(&chief.post(&format!("/connections/{id}/test"), &[]).await.body);
        }
        server.fates([Fate::Status(400); 4]);
        let told = session(&relay, TicketChoice::OpenNew { subject: ShownText::default() }).await;
        tokio::time::timeout(Duration::from_secs(60), async {
            loop {
                let rows = relay.shared.store.outbox_of_session(told).await.unwrap();
                if rows[0].attempts > 0 && rows[0].state != OutboxState::Leased {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await
        .unwrap();
        for path in ["/outbox", "/connections", "/audit", &format!("/connections/{id}")] {
            pages.push_str(&chief.get(path).await.body);
        }
        asked.extend(server.asked());
    }
    // Tokens that were given on the way.
    secrets.extend(["session-token-0000".to_owned(), "00Daccess-token-".to_owned()]);
    relay.shutdown().await.unwrap();

    let sent: Vec<u8> =
        asked.iter().flat_map(|a| format!("{a:?} {}", String::from_utf8_lossy(&a.body)).into_bytes()).collect();
    for secret in secrets.iter().filter(|s| !s.starts_with("whsec_")) {
        // Zendesk's travels only with the name before it, which is another of the secrets.
        assert!(
            holds(&sent, secret) || secret.starts_with("zd"),
            "a token that was never sent proves nothing: {secret}"
        );
    }
    let log = log.lock().unwrap();
    assert!(holds(&log, "ticketing system"), "the calls are in the log");
    for secret in &secrets {
        assert!(!holds(&log, secret), "{secret} is in the log");
        assert!(!pages.contains(secret.as_str()), "{secret} is on a page");
        for file in files(folder.path()) {
            let bytes = std::fs::read(&file).unwrap();
            assert!(!holds(&bytes, secret), "{secret} is in {}", file.display());
        }
    }
    assert!(files(folder.path()).iter().any(|f| f.ends_with(DATABASE)));
    assert!(pages.contains("•••"), "something was taken out");
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(files(&path)) } else { all.push(path) }
    }
    all
}
