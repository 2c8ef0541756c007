//! Bringing a list of contacts: what would happen is shown first, what is confirmed is done, once, and can be stopped.

#![allow(missing_docs, clippy::unwrap_used)]

mod console_support;

use std::time::Duration;

use amparo_relay::relay::Running;
use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use console_support::*;
use futures::StreamExt;
use protocol::id::TenantId;
use store::{Contact, ContactFilter, Tenant};

const PAGE: &str = "/customers/import";

async fn office() -> (Running, tempfile::TempDir, Browser) {
    let (relay, folder) = relay().await;
    operator(&relay.shared, relay.shared.first_tenant, "chefe", EVERYTHING).await;
    let mut chief = Browser::new(&relay.shared);
    chief.log_in("chefe", PASSWORD).await;
    (relay, folder, chief)
}

/// A form with this file, as browsers send it.
async fn bring(browser: &mut Browser, csrf: &str, file: &[u8]) -> Answer {
    let mut body = format!(
        "--xx\r\nContent-Disposition: form-data; name=\"_csrf\"\r\n\r\n{csrf}\r\n--xx\r\nContent-Disposition: form-data; \
         name=\"file\"; filename=\"clientes <b>.csv\"\r\nContent-Type: text/csv\r\n\r\n"
    )
    .into_bytes();
    body.extend(file);
    body.extend(b"\r\n--xx--\r\n");
    let request = browser
        .request(Method::POST, PAGE)
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=xx")
        .header("origin", format!("https://{}", browser.host))
        .body(Body::from(body))
        .unwrap();
    browser.send(request).await
}

async fn send(browser: &mut Browser, file: impl AsRef<[u8]>) -> Answer {
    let csrf = browser.csrf().await;
    bring(browser, &csrf, file.as_ref()).await
}

/// The list that the page speaks of.
fn id(page: &str) -> String {
    page.split("name=\"id\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned()
}

/// What the page counts: new or made, changed, the same, refused.
fn counts(page: &str) -> Vec<String> {
    let numbers = page.split("<dd class=\"num\"><b>").skip(1);
    numbers.map(|rest| rest.split('<').next().unwrap().to_owned()).collect()
}

async fn run(browser: &mut Browser, page: &str) -> Answer {
    browser.post("/customers/import/run", &[("id", &id(page))]).await
}

/// The page once nothing is being saved any more.
async fn over(browser: &mut Browser) -> String {
    let waiting = async {
        loop {
            let page = browser.get(PAGE).await.body;
            if !page.contains("<progress") {
                break page;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(120), waiting).await.expect("it ends")
}

async fn contacts(relay: &Running, tenant: TenantId) -> Vec<Contact> {
    let all = ContactFilter { search: String::new(), after: None, limit: 1000 };
    relay.shared.store.contacts(tenant, &all).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_shown_first_then_saved_and_saved_again_it_makes_nobody_twice() {
    let (relay, _folder, mut chief) = office().await;
    let tenant = relay.shared.first_tenant;
    chief.post("/customers/fields", &[("names", "Plano")]).await;
    assert!(chief.get("/customers").await.body.contains("href=\"/customers/import\""));
    let page = chief.get(PAGE).await.body;
    assert!(
        page.contains("Nome, E-mail, Telefone, Documento, Empresa, Classificação, Plano")
            && !page.contains("<dd class"),
        "{page}"
    );
    chief.post("/tickets", &[("subject", "Nota"), ("name", "Cida"), ("email", "cida@a.example")]).await;

    // Windows-1252, semicolons, quotes, formulas, what is wrong, what repeats.
    let list = b"Nome;E-mail;Telefone;CPF/CNPJ;Empresa;Plano;Cor\r\n\
        Cida Jos\xe9;CIDA@a.example;;;Padaria P\xe3o;Ouro;azul\r\n\
        \"=HYPERLINK(\"\"http://x\"\";\"\"oi\"\")\";mal@b.example;+55 11 5555-0000;;;\r\n\
        <script>alert(1)</script>;;;111.222.333-44;;\r\n\
        ;sem arroba;;;;\r\n\
        ;;11 4444-0000;;;\r\n\
        Outra;cida@a.example;;;;\r\n";
    assert_eq!(send(&mut chief, list).await.location(), PAGE);
    let page = chief.get(PAGE).await.body;
    assert_eq!(counts(&page), ["2", "1", "0", "3"], "{page}");
    assert!(page.contains("Gravar 3 contatos") && page.contains("Colunas que não são usadas: Cor"), "{page}");
    assert!(page.contains("clientes &lt;b&gt;.csv") || page.contains("clientes &#60;b&#62;.csv"), "{page}");
    assert!(!page.contains("<script>alert"), "what is in a list is text");
    for (line, why) in
        [("5", "o e-mail não está escrito certo"), ("6", "sem nome nem e-mail"), ("7", "o mesmo contato da linha 2")]
    {
        let row = page.split("<tr>").find(|row| row.contains(why)).unwrap_or_else(|| panic!("{why}: {page}"));
        assert!(row.contains(&format!(">{line}</td>")), "{row}");
    }
    assert_eq!(contacts(&relay, tenant).await.len(), 1, "looking writes nothing");

    assert_eq!(run(&mut chief, &page).await.location(), PAGE);
    assert_eq!(run(&mut chief, &page).await.location(), PAGE, "pressed twice is pressed once");
    let page = over(&mut chief).await;
    assert_eq!(counts(&page), ["2", "1", "0", "3"], "{page}");
    assert!(page.contains("role=\"status\"") && page.contains("gravada"), "{page}");
    let known = contacts(&relay, tenant).await;
    let of = |email: &str| known.iter().find(|contact| contact.customer.details.email == email).unwrap();
    assert_eq!(known.len(), 3);
    let cida = of("cida@a.example");
    assert_eq!((cida.customer.details.name.as_str(), cida.extra["Plano"].as_str()), ("Cida José", "Ouro"));
    assert_eq!(cida.customer.details.company, "Padaria Pão");
    assert_eq!(of("mal@b.example").customer.details.name, "=HYPERLINK(\"http://x\";\"oi\")", "data, as it was");

    for _ in 0..2 {
        send(&mut chief, list).await;
        let page = chief.get(PAGE).await.body;
        assert_eq!(counts(&page), ["0", "0", "3", "3"], "{page}");
        assert!(page.contains("Não há nada a gravar") && !page.contains("/customers/import/run"), "{page}");
    }
    assert_eq!(contacts(&relay, tenant).await.len(), 3);
    let audit = relay.shared.store.audit_list(tenant, 50).await.unwrap();
    let ended = audit.iter().find(|line| line.what == "contacts.imported").unwrap();
    assert_eq!((ended.who.as_str(), ended.subject.as_str()), ("CHEFE", "clientes <b>.csv"));
    assert!(ended.detail.contains("made=2 changed=1 same=0 refused=3"), "{}", ended.detail);
    assert_eq!(audit.iter().filter(|line| line.what == "contacts.import").count(), 1);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_list_is_refused_in_words_and_changes_nothing() {
    let (relay, _folder, mut chief) = office().await;
    let rows = "x,x@x.example\n".repeat(50_001);
    let cases: [(Vec<u8>, &str); 11] = [
        (Vec::new(), "Escolha um arquivo"),
        (b"\n\n".to_vec(), "não tem linhas"),
        (b"nome,email\n".to_vec(), "não tem linhas"),
        (b"cor;tamanho\n1;2\n".to_vec(), "Nenhuma coluna"),
        (b"nome,nombre\n1,2\n".to_vec(), "Duas colunas são a mesma coisa: nombre"),
        (b"nome\n\"Cida\nRosa\n".to_vec(), "Na linha 2 se abre uma aspa"),
        (b"PK\x03\x04\x14\x00".to_vec(), "pasta de trabalho"),
        (b"\xff\xfen\0o\0m\0e\0".to_vec(), "não é uma lista em texto"),
        (format!("nome,email\n{rows}").into_bytes(), "mais de 50.000 linhas"),
        (vec![b'"'; 100_000], "Nenhuma coluna"),
        (vec![b','; 1_000_000], "não tem linhas"),
    ];
    for (file, why) in cases {
        let answer = send(&mut chief, &file).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{why}");
        assert!(answer.body.contains(why) && answer.body.contains("role=\"alert\""), "{why}: {}", answer.body);
        assert!(!chief.get(PAGE).await.body.contains("/customers/import/run"), "{why}");
    }
    let large = send(&mut chief, vec![b'a'; (20 << 20) + 1]).await;
    assert_eq!(large.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(large.body.contains("mais de 20 MB"), "{}", large.body);
    let huge = send(&mut chief, vec![b'a'; 21 << 20]).await;
    assert_eq!(huge.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(huge.body.contains("Uma lista tem até 20 MB"), "{}", huge.body);
    let stale = bring(&mut chief, "", b"nome\nCida\n").await;
    assert_eq!(stale.status, StatusCode::FORBIDDEN, "a form that is not ours");
    assert!(contacts(&relay, relay.shared.first_tenant).await.is_empty());
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_administrators_bring_lists_and_only_to_their_own_company() {
    let (relay, _folder, mut chief) = office().await;
    let shared = &relay.shared;
    operator(shared, shared.first_tenant, "ana", ATTENDS).await;
    let other = Tenant::new(TenantId::from_bytes([9; 16]), "Outra", jiff::Timestamp::now());
    shared.store.add_tenant(&other).await.unwrap();
    operator(shared, other.id, "espia", EVERYTHING).await;
    let (mut ana, mut spy) = (chief.clone(), chief.clone());
    for (browser, login) in [(&mut ana, "ana"), (&mut spy, "espia")] {
        browser.cookie = None;
        browser.log_in(login, PASSWORD).await;
    }
    assert!(!ana.get("/customers").await.body.contains(PAGE));
    assert_eq!(ana.get(PAGE).await.status, StatusCode::FORBIDDEN);
    assert_eq!(send(&mut ana, "nome\nCida\n").await.status, StatusCode::FORBIDDEN);
    assert_ne!(send(&mut ana, vec![b'a'; 1 << 20]).await.status, StatusCode::SEE_OTHER, "nor is it read");

    assert_eq!(send(&mut chief, "nome\nCida\n").await.location(), PAGE);
    let page = chief.get(PAGE).await.body;
    assert!(!spy.get(PAGE).await.body.contains("clientes"), "it is another company's");
    for path in ["/customers/import/run", "/customers/import/cancel"] {
        assert_eq!(ana.post(path, &[("id", &id(&page))]).await.status, StatusCode::FORBIDDEN);
        spy.post(path, &[("id", &id(&page))]).await;
    }
    assert!(contacts(&relay, shared.first_tenant).await.is_empty() && contacts(&relay, other.id).await.is_empty());
    // Another list in its place: the one that was looked at is not meant any more.
    send(&mut chief, "nome\nRosa\n").await;
    let lost = run(&mut chief, &page).await;
    assert_eq!(lost.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(lost.body.contains("não espera mais"), "{}", lost.body);
    for odd in ["", "x", "-1", "99999999999999999999999"] {
        let answer = chief.post("/customers/import/run", &[("id", odd)]).await;
        assert!(answer.status.is_client_error(), "{odd}: {}", answer.status);
    }
    let page = chief.get(PAGE).await.body;
    assert!(page.contains("Rosa"), "{page}");
    assert_eq!(chief.post("/customers/import/cancel", &[("id", &id(&page))]).await.location(), PAGE);
    assert!(!chief.get(PAGE).await.body.contains("Rosa"), "thrown away");
    assert!(contacts(&relay, shared.first_tenant).await.is_empty());
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_list_shows_how_far_it_is_and_stopped_it_keeps_whole_batches_and_goes_on_the_next_time() {
    let (relay, _folder, mut chief) = office().await;
    let tenant = relay.shared.first_tenant;
    let rows: String = (0..20_000).map(|n| format!("Cliente {n},c{n}@a.example\n")).collect();
    let list = format!("nome,email\n{rows}");
    assert_eq!(send(&mut chief, &list).await.location(), PAGE);
    let page = chief.get(PAGE).await.body;
    assert_eq!(counts(&page)[0], "20.000");
    assert!(page.contains("As primeiras 50 de 20.000") && page.matches("<tr>").count() < 60, "{page}");
    let id = id(&page);
    run(&mut chief, &page).await;
    let page = chief.get(PAGE).await.body;
    assert!(page.contains("<progress") && page.contains("max=\"20000\"") && page.contains("de 20.000"), "{page}");
    assert!(page.contains("<noscript><meta http-equiv=\"refresh\"") && page.contains("hx-trigger=\"every"), "{page}");
    assert_eq!(send(&mut chief, "nome\nOutra\n").await.status, StatusCode::UNPROCESSABLE_ENTITY, "one at a time");
    chief.post("/customers/import/cancel", &[("id", &id)]).await;
    let page = over(&mut chief).await;
    assert!(page.contains("cancelada. O que já foi gravado fica"), "{page}");
    let made: usize = counts(&page)[0].replace('.', "").parse().unwrap();
    assert!(made < 20_000 && made.is_multiple_of(250), "{made}");
    // It is told right behind its end, on whichever page comes next.
    let mut told = page;
    while !told.contains("Importação de contatos cancelada") {
        told = chief.get("/tickets").await.body;
    }
    assert!(!chief.get("/tickets").await.body.contains("Importação de contatos"), "told once");

    send(&mut chief, &list).await;
    let page = chief.get(PAGE).await.body;
    assert_eq!(counts(&page)[2].replace('.', "").parse::<usize>().unwrap(), made, "those are there: {page}");
    // Who looks at another page is told there when it is done.
    let host = format!("https://{}", chief.host);
    let request = chief.request(Method::GET, "/live?only=news").header("origin", &host);
    let request = request.header("sec-fetch-site", "same-origin").body(Body::empty()).unwrap();
    let mut live = chief.open(request).await.into_body().into_data_stream();
    run(&mut chief, &page).await;
    let mut heard = String::new();
    let listening = async {
        while !heard.contains("event: done") {
            heard.push_str(std::str::from_utf8(&live.next().await.unwrap().unwrap()).unwrap());
        }
    };
    tokio::time::timeout(Duration::from_secs(120), listening).await.expect("it is told");
    assert!(heard.contains("Importação de contatos terminada"), "{heard}");
    let page = over(&mut chief).await;
    assert_eq!(counts(&page)[0].replace('.', "").parse::<usize>().unwrap(), 20_000 - made, "{page}");
    let none = ContactFilter { search: "c19999@".to_owned(), after: None, limit: 10 };
    assert_eq!(relay.shared.store.contacts(tenant, &none).await.unwrap().len(), 1);
    relay.shutdown().await.unwrap();
}
