//! What goes into which field of another system's tickets, and who attendants are there: set in the console, found on the ticket.

#![allow(missing_docs, clippy::unwrap_used)]

mod connections_support;
mod console_support;

use axum::http::StatusCode;
use connections_support::{
    chief, fake,
    fakes::{
        REFUSED, Server,
        salesforce::{KEY, Salesforce},
    },
    id_of, parked, post, session, settled, typed, use_for_the_app,
};
use console_support::*;
use protocol::{
    id::{ConnectionId, TenantId},
    message::{ShownText, ticket::TicketChoice},
};
use serde_json::json;
use store::{NewConnection, OutboxState, Tenant};
use tickets::{clock::Clock, kind::KINDS, mapping::MOST};

fn rows(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let row = |n: usize, field: &str, value: &str| {
        [(format!("field-{n}"), field.to_owned()), (format!("value-{n}"), value.to_owned())]
    };
    pairs.iter().enumerate().flat_map(|(n, (field, value))| row(n, field, value)).collect()
}

fn new_ticket() -> TicketChoice {
    TicketChoice::OpenNew { subject: ShownText::lossy("Nota fiscal") }
}

async fn redmine(browser: &mut Browser) -> (Server, String) {
    let server = fake("redmine").await;
    let id = id_of(&post(browser, "/connections/new/redmine", &typed(&server, "Redmine")).await);
    (server, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_are_mapped_in_the_console_and_stand_in_the_ticket_that_is_opened() {
    let (relay, _folder) = relay().await;
    let mut chief = chief(&relay).await;
    let (server, id) = redmine(&mut chief).await;
    let path = format!("/connections/{id}/fields");
    assert!(chief.get(&format!("/connections/{id}")).await.body.contains(&path));
    let page = chief.get(&path).await.body;
    for shown in
        ["priority_id", "Prioridade (número)", "{customer_document}", "CPF ou CNPJ do cliente", "name=\"field-2\""]
    {
        assert!(page.contains(shown), "{shown}: {page}");
    }

    // What is wrong is said beside what it is about, and what was right is still there.
    let wrong = [
        ("12", "{cliente}"),
        ("Filial", "x"),
        ("priority_id", "alta"),
        ("12", "outra vez"),
        ("project_id", "x"),
        ("", "{protocol}"),
        ("13", ""),
        ("14", "{protocol"),
        ("subject", "x"),
        ("15", "<script>alert(1)</script>"),
    ];
    let refused = post(&mut chief, &path, &rows(&wrong)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for (part, words) in [
        ("e-value-0", "Não existe {cliente} aqui"),
        ("e-field-1", "não tem um campo escrito assim. Por exemplo: 12"),
        ("e-value-2", "Este campo pede um número."),
        ("e-field-3", "já está em outra linha"),
        ("e-field-4", "já está nas configurações"),
        ("e-field-5", "Diga em que campo isto vai."),
        ("e-value-6", "Diga o que vai neste campo."),
        ("e-value-7", "Falta fechar uma chave"),
        ("e-field-8", "o Amparo já escreve"),
    ] {
        assert!(refused.body.contains(&format!("id=\"{part}\"")), "{part}");
        assert!(refused.body.contains(words), "{words}: {}", refused.body);
    }
    assert!(!refused.body.contains("e-field-9") && !refused.body.contains("<script>alert(1)"), "{}", refused.body);
    assert_eq!(refused.body.matches("<p class=\"hint e\"").count(), 9);
    assert!(relay.shared.store.connections(relay.shared.first_tenant).await.unwrap()[0].fields.is_empty());

    let good = [("priority_id", "5"), (" 12 ", "{customer_name} ({protocol})"), ("", ""), ("13", "{duration_minutes}")];
    let saved = post(&mut chief, &path, &rows(&good)).await;
    assert_eq!(saved.location(), format!("{path}?saved"));
    let page = chief.get(saved.location()).await.body;
    assert!(page.contains("Salvo.") && page.contains("value=\"{customer_name} ({protocol})\""), "{page}");
    // Saving the connection's own form leaves them as they are.
    id_of(&post(&mut chief, &format!("/connections/{id}"), &typed(&server, "Outro nome")).await);

    use_for_the_app(&relay, &mut chief, &id).await;
    let told = session(&relay, new_ticket()).await;
    settled(&relay, told, &[OutboxState::Done]).await;
    let recorded = relay.shared.store.session(told).await.unwrap();
    let fields = server.fields(recorded.ticket.unwrap().as_str());
    assert_eq!(fields["priority_id"], 5);
    let name = format!("Cida Nogueira ({})", recorded.protocol);
    assert_eq!(fields["custom_fields"], json!([{ "id": 12, "value": name }, { "id": 13, "value": "0" }]));
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_is_refused_is_named_in_the_queue_and_corrected_there_is_told_once() {
    let (relay, _folder) = relay().await;
    let mut chief = chief(&relay).await;
    let (server, id) = redmine(&mut chief).await;
    let path = format!("/connections/{id}/fields");
    post(&mut chief, &path, &rows(&[("12", REFUSED)])).await;
    use_for_the_app(&relay, &mut chief, &id).await;
    let told = session(&relay, new_ticket()).await;
    let row = parked(&relay).await;
    assert!(row.why.clone().unwrap().contains("12 (422: Filial is not included in the list)"), "{row:?}");
    for (language, words) in
        [("pt-BR", "recusou um campo mapeado"), ("en", "refuses a mapped field"), ("es", "rechazó un campo asignado")]
    {
        chief.language = language;
        let page = chief.get("/outbox").await.body;
        assert!(page.contains(words) && page.contains("12 (422: Filial"), "{language}: {page}");
    }
    chief.language = "pt-BR";
    assert!(server.tickets().is_empty());
    post(&mut chief, &path, &rows(&[("12", "Matriz")])).await;
    assert_eq!(chief.post("/outbox/retry", &[]).await.location(), "/outbox");
    settled(&relay, told, &[OutboxState::Done]).await;
    assert_eq!(server.tickets().len(), 1);
    assert_eq!(server.tickets()[0].texts.len(), 2);
    assert_eq!(server.fields("1")["custom_fields"], json!([{ "id": 12, "value": "Matriz" }]));
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_and_too_long_fields_are_refused_and_every_kind_has_its_page_in_every_language() {
    let (relay, _folder) = relay().await;
    let mut chief = chief(&relay).await;
    let (_server, id) = redmine(&mut chief).await;
    let path = format!("/connections/{id}/fields");
    let names: Vec<String> = (100..=100 + MOST).map(|n| n.to_string()).collect();
    let many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "x")).collect();
    let refused = post(&mut chief, &path, &rows(&many)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains(&format!("id=\"e-field-{MOST}\"")) && refused.body.contains("São 30 campos"));
    assert_eq!(post(&mut chief, &path, &rows(&many[..MOST])).await.status, StatusCode::SEE_OTHER);
    let long = "x".repeat(501);
    for pairs in [[("12", long.as_str())], [(long.as_str(), "x")]] {
        let refused = post(&mut chief, &path, &rows(&pairs)).await;
        assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.body.contains("longo demais"));
    }
    let flood: Vec<(String, String)> = (0..2_000).map(|n| (format!("field-{n}"), "12".to_owned())).collect();
    assert_eq!(post(&mut chief, &path, &flood).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    // Everything empty: nothing is mapped any more.
    assert_eq!(post(&mut chief, &path, &[]).await.status, StatusCode::SEE_OTHER);

    for kind in KINDS {
        let server = if kind.name == "redmine" { continue } else { fake(kind.name).await };
        let added = post(&mut chief, &format!("/connections/new/{}", kind.name), &typed(&server, kind.title)).await;
        let id = id_of(&added);
        for (language, words) in
            [("pt-BR", "Campos dos tickets"), ("en", "Ticket fields"), ("es", "Campos de los tickets")]
        {
            chief.language = language;
            let page = chief.get(&format!("/connections/{id}/fields")).await;
            assert!(page.status == StatusCode::OK && page.body.contains(words), "{} {language}", kind.name);
            assert!(chief.get(&format!("/connections/{id}/people")).await.status == StatusCode::OK, "{}", kind.name);
        }
        chief.language = "pt-BR";
    }
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn attendants_are_named_in_the_console_and_their_tickets_are_theirs_there() {
    let (relay, _folder) = relay().await;
    let mut chief = chief(&relay).await;
    let (server, id) = redmine(&mut chief).await;
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    operator(shared, tenant, "bia@varanda.example", ATTENDS).await;
    let all = shared.accounts.list(tenant).await.unwrap();
    let of = |login: &str| all.iter().find(|one| one.operator.login == login).unwrap().operator.id.to_string();
    let (chefe, bia) = (of("chefe"), of("bia@varanda.example"));
    let path = format!("/connections/{id}/people");
    let page = chief.get(&path).await.body;
    assert!(page.contains(&format!("name=\"{bia}\"")), "{page}");
    assert!(
        page.contains("Vazio: quem tem lá o e-mail bia@varanda.example") && page.contains("Vazio: a conta da conexão")
    );

    let wrong = chief.post(&path, &[(&bia, "bia"), (&chefe, "5")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains(&format!("id=\"e-{bia}\"")) && !wrong.body.contains(&format!("id=\"e-{chefe}\"")));
    assert!(wrong.body.contains("Ninguém se chama assim") && wrong.body.contains("value=\"5\""));
    let long = "1".repeat(300);
    assert_eq!(chief.post(&path, &[(&bia, &long)]).await.status, StatusCode::UNPROCESSABLE_ENTITY);

    // Somebody who is none of the company's is not looked at.
    let stranger = "ab".repeat(16);
    let saved = chief.post(&path, &[(&bia, ""), (&chefe, " 5 "), (&stranger, "7"), ("x", "y")]).await;
    assert_eq!(saved.location(), format!("{path}?saved"));
    let kept = shared.store.connections(tenant).await.unwrap().remove(0).people;
    assert_eq!(kept.into_iter().collect::<Vec<_>>(), [(chefe.clone(), "5".to_owned())]);

    use_for_the_app(&relay, &mut chief, &id).await;
    let told = session(&relay, new_ticket()).await;
    let attendant = shared.store.session(told).await.unwrap().attendant.unwrap().to_string();
    settled(&relay, told, &[OutboxState::Done]).await;
    let opened =
        server.asked().into_iter().find(|asked| asked.method == "POST" && asked.path == "/issues.json").unwrap();
    let expected = if attendant == chefe { json!(5) } else { serde_json::Value::Null };
    assert_eq!(opened.json()["issue"]["assigned_to_id"], expected);
    // Not attending any more, and still named: to be seen and taken out.
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_and_people_of_a_connection_are_for_the_companys_own_administrators() {
    let (relay, _folder) = relay().await;
    let mut chief = chief(&relay).await;
    let (_server, id) = redmine(&mut chief).await;
    let store = &relay.shared.store;
    let other = Tenant::new(TenantId::from_bytes([7; 16]), "Outra", jiff::Timestamp::now());
    store.add_tenant(&other).await.unwrap();
    let theirs = ConnectionId::from_bytes([8; 16]);
    let new = NewConnection {
        id: theirs,
        tenant: other.id,
        kind: "redmine".into(),
        name: "Deles".into(),
        settings: Default::default(),
        sealed: Vec::new(),
    };
    store.add_connection(&new, jiff::Timestamp::now()).await.unwrap();
    operator(&relay.shared, relay.shared.first_tenant, "ana", ATTENDS).await;
    let mut ana = Browser::new(&relay.shared);
    ana.log_in("ana", PASSWORD).await;
    for page in ["fields", "people"] {
        for (system, by_chief, expected) in [
            (theirs.to_string(), true, StatusCode::NOT_FOUND),
            ("nothing".to_owned(), true, StatusCode::NOT_FOUND),
            (id.clone(), false, StatusCode::FORBIDDEN),
        ] {
            let browser = if by_chief { &mut chief } else { &mut ana };
            let path = format!("/connections/{system}/{page}");
            assert_eq!(browser.get(&path).await.status, expected, "{path}");
            assert_eq!(browser.post(&path, &[("field-0", "12"), ("value-0", "x")]).await.status, expected, "{path}");
        }
    }
    assert!(store.connection(other.id, theirs).await.unwrap().fields.is_empty());
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_key_is_taken_kept_and_never_shown() {
    let (relay, folder) = relay().await;
    let mut chief = chief(&relay).await;
    let server = Server::start(Box::new(Salesforce::by_key("own", 0)), Clock::system()).await;
    let mut form = typed(&server, "Salesforce");
    let page = chief.get("/connections/new/salesforce").await.body;
    assert!(page.contains("<textarea class=\"in code\" id=\"private_key\""), "{page}");
    form.iter_mut().filter(|(key, _)| key == "private_key").for_each(|(_, value)| *value = "não é chave".into());
    let wrong = post(&mut chief, "/connections/new/salesforce", &form).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("id=\"e-private_key\"") && wrong.body.contains("chave privada RSA em PEM"));
    assert!(!wrong.body.contains("não é chave"));

    // As a browser sends it.
    let lines = KEY.replace('\n', "\r\n");
    form.iter_mut().filter(|(key, _)| key == "private_key").for_each(|(_, value)| value.clone_from(&lines));
    let id = id_of(&post(&mut chief, "/connections/new/salesforce", &form).await);
    form.iter_mut().filter(|(key, _)| key == "private_key").for_each(|(_, value)| value.clear());
    id_of(&post(&mut chief, &format!("/connections/{id}"), &form).await);
    let tried = chief.post(&format!("/connections/{id}/test"), &[]).await.body;
    assert!(tried.contains("amparo@varanda.example") && !tried.contains("data-state=\"bad\""), "{tried}");
    let page = chief.get(&format!("/connections/{id}")).await.body;
    let secret: &str = KEY.lines().nth(3).unwrap();
    assert!(!page.contains(secret) && !tried.contains(secret) && page.contains("Guardado. Deixe vazio"));
    relay.shutdown().await.unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()), "{}", path.display());
        }
    }
}

/// The form's memory of what it began with, as the page has it.
fn base(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"_base\" value=\"").unwrap_or_else(|| panic!("{page}"));
    let text = rest.split('"').next().unwrap();
    text.replace("&#34;", "\"").replace("&#60;", "<").replace("&#62;", ">").replace("&#39;", "'").replace("&#38;", "&")
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_change_the_fields_the_second_is_told_loses_nothing_and_what_each_changed_is_put_together() {
    let (relay, _folder) = relay().await;
    let mut chief = chief(&relay).await;
    let (_server, id) = redmine(&mut chief).await;
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    operator(shared, tenant, "outra", EVERYTHING).await;
    let mut other = Browser::new(shared);
    other.log_in("outra", PASSWORD).await;
    let path = format!("/connections/{id}/fields");
    let kept = async || {
        let fields = shared.store.connections(tenant).await.unwrap().remove(0).fields;
        fields.into_iter().map(|(field, value)| format!("{field}={value}")).collect::<Vec<_>>().join(" ")
    };
    chief.post(&path, &[("field-0", "priority_id"), ("value-0", "5"), ("field-1", "12"), ("value-1", "a")]).await;
    let begun = base(&chief.get(&path).await.body);
    assert_eq!(begun, r#"[["priority_id","5"],["12","a"]]"#);

    // Somebody else changes one line; the chief changes the other: both stand.
    let theirs = [("field-0", "priority_id"), ("value-0", "7"), ("field-1", "12"), ("value-1", "a"), ("_base", &begun)];
    assert_eq!(other.post(&path, &theirs).await.location(), format!("{path}?saved"));
    let mine = [("field-0", "priority_id"), ("value-0", "5"), ("field-1", "12"), ("value-1", "b"), ("_base", &begun)];
    let merged = chief.post(&path, &mine).await;
    assert_eq!(merged.location(), format!("{path}?merged"));
    assert!(chief.get(&format!("{path}?merged")).await.body.contains("junto com as que outra pessoa fez"));
    assert_eq!(kept().await, "priority_id=7 12=b");

    // Both change the same line, and one of them another: the second is told, and nothing is written.
    let begun = base(&chief.get(&path).await.body);
    let theirs =
        [("field-0", "priority_id"), ("value-0", "6"), ("field-1", "12"), ("value-1", "c <b>"), ("_base", &begun)];
    other.post(&path, &theirs).await;
    let mine = [("field-0", "priority_id"), ("value-0", "7"), ("field-1", "12"), ("value-1", "meu"), ("_base", &begun)];
    let told = chief.post(&path, &mine).await;
    assert_eq!(told.status, StatusCode::CONFLICT);
    for text in
        ["Outra pessoa mudou estes campos", "value=\"meu\"", "c &#60;b&#62;", "value=\"take:12\"", "value=\"6\""]
    {
        assert!(told.body.contains(text), "{text}\n{}", told.body);
    }
    assert!(!told.body.contains("take:priority_id"), "only the other has changed it");
    assert_eq!(kept().await, "priority_id=6 12=c <b>");
    let again = base(&told.body);
    // Theirs is taken, or one's own is kept by saving again.
    let mine = [("field-0", "priority_id"), ("value-0", "6"), ("field-1", "12"), ("value-1", "meu"), ("_base", &again)];
    let taken = chief.post(&path, &[&mine[..], &[("_step", "take:12")]].concat()).await;
    assert_eq!(taken.status, StatusCode::OK);
    assert!(
        taken.body.contains("value=\"c &#60;b&#62;\"") && !taken.body.contains("class=\"clash\""),
        "{}",
        taken.body
    );
    assert_eq!(chief.post(&path, &mine).await.location(), format!("{path}?saved"));
    assert_eq!(kept().await, "priority_id=6 12=meu");

    // A line that one takes out and the other changes is back, and says so.
    let begun = base(&chief.get(&path).await.body);
    other.post(&path, &[("field-0", "priority_id"), ("value-0", "6"), ("field-1", "12"), ("value-1", "d")]).await;
    let told = chief.post(&path, &[("field-0", "priority_id"), ("value-0", "6"), ("_base", &begun)]).await;
    assert_eq!(told.status, StatusCode::CONFLICT);
    assert!(told.body.contains("ela voltou") && told.body.contains("value=\"d\""), "{}", told.body);

    // What is wrong is told before what clashes, with what the form began with; and no memory that makes sense is none.
    let wrong = [("field-0", "12"), ("value-0", "{nothing}"), ("_base", begun.as_str())];
    let wrong = chief.post(&path, &wrong).await;
    assert_eq!((wrong.status, base(&wrong.body)), (StatusCode::UNPROCESSABLE_ENTITY, begun));
    let huge = format!("[[\"{}\",\"\"]]", "x".repeat(100_000));
    for odd in ["", "x", "{}", "[[1,2]]", "[]x", &huge] {
        let sent = chief.post(&path, &[("field-0", "12"), ("value-0", "z"), ("_base", odd)]).await;
        assert!([StatusCode::SEE_OTHER, StatusCode::CONFLICT].contains(&sent.status), "{odd:.20}: {}", sent.status);
    }
    assert_eq!(chief.post(&path, &[("_step", "drop:12")]).await.status, StatusCode::BAD_REQUEST);
    let nothing = chief.post(&path, &[("_step", "take:nothing <b>"), ("field-0", "12"), ("value-0", "y")]).await;
    assert!(nothing.status == StatusCode::OK && nothing.body.contains("value=\"y\""));
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_name_the_same_attendant_the_second_is_told_and_two_who_name_others_are_put_together() {
    let (relay, _folder) = relay().await;
    let mut chief = chief(&relay).await;
    let (_server, id) = redmine(&mut chief).await;
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    operator(shared, tenant, "bia", EVERYTHING).await;
    operator(shared, tenant, "rui", ATTENDS).await;
    let mut other = Browser::new(shared);
    other.log_in("bia", PASSWORD).await;
    let all = shared.accounts.list(tenant).await.unwrap();
    let of = |login: &str| all.iter().find(|one| one.operator.login == login).unwrap().operator.id.to_string();
    let (bia, rui) = (of("bia"), of("rui"));
    let path = format!("/connections/{id}/people");
    let kept = async || {
        let people = shared.store.connections(tenant).await.unwrap().remove(0).people;
        let of = |id: &String| people.get(id).cloned().unwrap_or_default();
        (of(&bia), of(&rui))
    };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    let begun = base(&chief.get(&path).await.body);
    assert_eq!(
        other.post(&path, &[(&bia, "5"), (&rui, ""), ("_base", &begun)]).await.location(),
        format!("{path}?saved")
    );
    let merged = chief.post(&path, &[(&bia, ""), (&rui, "6"), ("_base", &begun)]).await;
    assert_eq!(merged.location(), format!("{path}?merged"));
    assert_eq!(kept().await, pair("5", "6"));

    let begun = base(&chief.get(&path).await.body);
    other.post(&path, &[(&bia, "7"), (&rui, ""), ("_base", &begun)]).await;
    let told = chief.post(&path, &[(&bia, "8"), (&rui, "9"), ("_base", &begun)]).await;
    assert_eq!(told.status, StatusCode::CONFLICT);
    for text in ["Outra pessoa mudou estes nomes", "value=\"8\"", "value=\"9\"", "(vazio)", &format!("take:{bia}")] {
        assert!(told.body.contains(text), "{text}\n{}", told.body);
    }
    assert_eq!(kept().await, pair("7", ""), "nothing is written");
    let again = base(&told.body);
    let taken =
        chief.post(&path, &[(&bia, "8"), (&rui, "9"), ("_base", &again), ("_step", &format!("take:{bia}"))]).await;
    assert!(taken.status == StatusCode::OK && taken.body.contains("value=\"7\"") && taken.body.contains("value=\"9\""));
    assert_eq!(
        chief.post(&path, &[(&bia, "8"), (&rui, "9"), ("_base", &again)]).await.location(),
        format!("{path}?saved")
    );
    assert_eq!(kept().await, pair("8", "9"));
    // A form without memory, or with half of the people, changes what it has.
    assert_eq!(chief.post(&path, &[(&rui, "")]).await.location(), format!("{path}?saved"));
    assert_eq!(kept().await, pair("8", ""));
    assert_eq!(chief.post(&path, &[("_step", "x")]).await.status, StatusCode::BAD_REQUEST);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_system_leaves_out_of_a_ticket_is_said_where_people_look_until_it_is_corrected() {
    let (relay, _folder) = relay().await;
    let mut chief = chief(&relay).await;
    let server = fake("redmine").await;
    let id = id_of(&post(&mut chief, "/connections/new/redmine", &typed(&server, "Redmine")).await);
    let fields = format!("/connections/{id}/fields");
    let mapped = [("field-0", "77"), ("value-0", "x"), ("field-1", "12"), ("value-1", "sim")];
    assert!(chief.post(&fields, &mapped).await.location().ends_with("?saved"));
    use_for_the_app(&relay, &mut chief, &id).await;
    let pages =
        [("/outbox".to_owned(), "sem estes campos: 77"), (format!("/connections/{id}"), "sem estes campos: 77")];
    let pages = pages.into_iter().chain([
        (fields.clone(), "sem estes campos: 77"),
        ("/connections".to_owned(), "Um ticket foi aberto sem alguns campos"),
    ]);
    let pages: Vec<(String, &str)> = pages.collect();
    for (page, says) in &pages {
        assert!(!chief.get(page).await.body.contains(says), "{page}: nothing has happened yet");
    }
    let told = session(&relay, new_ticket()).await;
    settled(&relay, told, &[OutboxState::Done]).await;
    assert_eq!(server.tickets()[0].texts.len(), 2, "it is told all the same");
    for (page, says) in &pages {
        let body = chief.get(page).await.body;
        assert!(body.contains(says), "{page}: {body}");
    }
    // The test button says it too.
    let tried = chief.post(&format!("/connections/{id}/test"), &[("write", "yes")]).await.body;
    assert!(tried.contains("data-state=\"warn\"") && tried.contains("O sistema abriu o ticket sem: 77"), "{tried}");
    assert!(chief.post(&fields, &mapped[2..]).await.location().ends_with("?saved"));
    for (page, says) in &pages {
        assert!(!chief.get(page).await.body.contains(says), "{page}: it is corrected");
    }
    let tried = chief.post(&format!("/connections/{id}/test"), &[("write", "yes")]).await.body;
    assert!(!tried.contains("data-state=\"warn\"") && tried.contains("Funciona: 12"), "{tried}");
    relay.shutdown().await.unwrap();
}
