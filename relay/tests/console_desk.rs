//! The built-in desk's pages: finding tickets, tags, canned answers, contacts, and links that invite to a ticket.

#![allow(missing_docs, clippy::unwrap_used)]

mod console_support;

use axum::http::StatusCode;
use console_support::*;
use protocol::{
    id::{AppId, TenantId},
    message::{directory::FieldKey, ticket::TicketStatus},
};
use store::{Language, Tenant};
use tickets::desk::Author;

const SCRIPT: &str = "<script>alert(1)</script>";

async fn desk() -> (amparo_relay::relay::Running, tempfile::TempDir, Browser) {
    let (relay, folder) = relay().await;
    operator(&relay.shared, relay.shared.first_tenant, "chefe", EVERYTHING).await;
    let mut chief = Browser::new(&relay.shared);
    chief.log_in("chefe", PASSWORD).await;
    (relay, folder, chief)
}

async fn open(browser: &mut Browser, subject: &str, name: &str, email: &str, text: &str) -> String {
    let form = [("subject", subject), ("name", name), ("email", email), ("text", text)];
    let answer = browser.post("/tickets", &form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    answer.location().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn tickets_are_filtered_by_status_owner_tag_and_text_and_paged() {
    let (relay, _folder, mut chief) = desk().await;
    let nota = open(&mut chief, "Nota fiscal", "Cida", "cida@a.example", "Aparece o erro 225").await;
    let caixa = open(&mut chief, "Caixa lento", "Rosa", "rosa@a.example", "").await;
    chief.post(&format!("{nota}/tags"), &[("tag", "Fiscal & Cia")]).await;
    let row = |path: &str| format!("href=\"{path}\"");
    for (query, there, not) in [
        ("q=erro+225", &nota, &caixa),
        ("q=ROSA", &caixa, &nota),
        ("tag=fiscal+%26+cia", &nota, &caixa),
        ("owner=me&q=nota", &nota, &caixa),
    ] {
        let page = chief.get(&format!("/tickets?{query}")).await.body;
        assert!(page.contains(&row(there)) && !page.contains(&row(not)), "{query}");
    }
    let page = chief.get("/tickets?owner=none").await.body;
    assert!(page.contains("Nenhum ticket com estes filtros") && !page.contains(&row(&nota)));
    chief.post(&format!("{nota}/change"), &[("status", "closed")]).await;
    assert!(!chief.get("/tickets").await.body.contains(&row(&nota)));
    assert!(chief.get("/tickets?status=closed").await.body.contains(&row(&nota)));
    for odd in ["status=eaten", "owner=x", "app=%00", "category=nada", "tag=%F0%9F%8F%B7"] {
        assert_eq!(chief.get(&format!("/tickets?{odd}")).await.status, StatusCode::OK, "{odd}");
    }
    for n in 0..60 {
        open(&mut chief, &format!("Fila {n}"), "Ivo", "ivo@a.example", "").await;
    }
    let first = chief.get("/tickets?q=fila").await.body;
    let next = first.split("href=\"/tickets?q=fila&amp;before=").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let second = chief.get(&format!("/tickets?q=fila&before={next}")).await.body;
    assert_eq!((first.matches("rowlink").count(), second.matches("rowlink").count()), (50, 10));
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_is_put_on_and_taken_off_and_each_is_audited() {
    let (relay, _folder, mut chief) = desk().await;
    let path = open(&mut chief, "Nota", "Cida", "", "").await;
    let tags = format!("{path}/tags");
    assert_eq!(chief.post(&tags, &[("tag", SCRIPT)]).await.status, StatusCode::SEE_OTHER);
    let page = chief.get(&path).await.body;
    assert!(page.contains("tag-list") && !page.contains(SCRIPT));
    for bad in ["", "  \n", &"x".repeat(41)] {
        let refused = chief.post(&tags, &[("tag", bad)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains("id=\"e-tag\""));
    }
    for n in 1..12 {
        chief.post(&tags, &[("tag", &format!("t{n}"))]).await;
    }
    assert_eq!(chief.post(&tags, &[("tag", "one more")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    chief.post(&format!("{tags}/remove"), &[("tag", SCRIPT)]).await;
    assert!(!chief.get(&path).await.body.contains("alert(1)"));
    let audit = relay.shared.store.audit_list(relay.shared.first_tenant, 50).await.unwrap();
    for what in ["ticket.tagged", "ticket.untagged"] {
        assert!(audit.iter().any(|line| line.what == what && line.subject.starts_with("1001 ")), "{what}");
    }
    assert_eq!(chief.post("/tickets/77/tags", &[("tag", "x")]).await.status, StatusCode::NOT_FOUND);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_a_ticket_is_read_in_the_readers_language() {
    let (relay, _folder, mut chief) = desk().await;
    let path = open(&mut chief, "Nota", "Cida", "cida@a.example", "").await;
    let change = [("status", "waiting"), ("owner", "")];
    assert_eq!(chief.post(&format!("{path}/change"), &change).await.location(), path);
    for (language, status, owner) in [
        ("pt-BR", "Situação alterada de aberto para em espera", "Sem responsável"),
        ("en", "Status changed from open to waiting", "Owner removed"),
        ("es", "Estado cambiado de abierto a en espera", "Sin responsable"),
    ] {
        chief.language = language;
        let page = chief.get(&path).await.body;
        assert!(page.contains(status) && page.contains(owner), "{language}: {page}");
    }
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canned_answer_is_filled_in_for_the_ticket_and_is_only_text() {
    let (relay, _folder, mut chief) = desk().await;
    operator(&relay.shared, relay.shared.first_tenant, "ana", ATTENDS).await;
    let path = open(&mut chief, "Nota", "\"><img src=x>{ticket}", "", "").await;
    let text = "Oi {customer}, aqui é {attendant}. Ticket {ticket}: {download_link}";
    assert_eq!(chief.post("/answers", &[("title", "Link"), ("text", text)]).await.location(), "/answers?saved");
    for (title, text, field) in
        [("", "x", "e-title"), ("link", "x", "e-title"), ("A", "", "e-text"), ("B", "{nobody}", "e-text")]
    {
        let refused = chief.post("/answers", &[("title", title), ("text", text)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains(field), "{title:?} {text:?}");
    }
    let kept = relay.shared.store.canned_answers(relay.shared.first_tenant).await.unwrap();
    assert_eq!(kept.len(), 1);
    // Without the script the link of the menu loads the page with the text in the form.
    let page = chief.get(&format!("{path}?answer={}", kept[0].id)).await.body;
    let form = page.split("<textarea").nth(1).unwrap().split("</textarea>").next().unwrap();
    assert!(form.contains("aqui é CHEFE. Ticket 1001: https://"), "{form}");
    assert!(form.contains("{ticket}, aqui"), "what was filled in is not filled in again: {form}");
    assert!(!page.contains("<img src=x>"));

    let mut ana = Browser::new(&relay.shared);
    ana.log_in("ana", PASSWORD).await;
    assert_eq!(ana.get("/answers").await.status, StatusCode::FORBIDDEN);
    assert!(ana.get(&path).await.body.contains("aqui é ANA"));
    chief.post(&format!("/answers/{}/remove", kept[0].id), &[]).await;
    assert!(!ana.get(&path).await.body.contains("aqui é ANA"));
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_is_changed_with_fields_of_the_companys_own_and_merged() {
    let (relay, _folder, mut chief) = desk().await;
    let first = open(&mut chief, "Nota", "Cida", "cida@a.example", "").await;
    open(&mut chief, "Caixa", "Aparecida", "aparecida@b.example", "").await;
    let tenant = relay.shared.first_tenant;
    let number = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    assert_eq!(
        chief.post("/customers/fields", &[("names", "Plano\r\n\r\nClassificação")]).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(chief.post("/customers/fields", &[("names", "a\nA")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = chief.get("/customers?q=cida").await.body;
    let links: Vec<String> =
        page.split("rowlink\" href=\"").skip(1).map(|l| l.split('"').next().unwrap().to_owned()).collect();
    assert_eq!(links.len(), 2);
    let store = &relay.shared.store;
    let desk = store.desk_tickets(tenant, &store::TicketFilter::default()).await.unwrap();
    let (keep, gone) = (desk[1].requester.id.0, desk[0].requester.id.0);
    let path = format!("/customers/{keep}");
    let form = [("name", "Cida Nogueira"), ("email", "cida@a.example"), ("phone", "11 5555-0188"), ("x:Plano", SCRIPT)];
    assert_eq!(chief.post(&path, &form).await.location(), format!("{path}?saved"));
    let page = chief.get(&path).await.body;
    assert!(
        page.contains("Cida Nogueira")
            && page.contains("alert(1)")
            && !page.contains(SCRIPT)
            && page.contains("Classificação")
    );
    for (name, email, field) in [("C", "a b@c", "e-email"), ("C", "aparecida@b.example", "e-email"), ("", "", "e-name")]
    {
        let refused = chief.post(&path, &[("name", name), ("email", email), ("company", "Aurora typed")]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains(field) && refused.body.contains("Aurora typed"), "nothing typed is lost");
    }
    assert!(chief.get(&format!("{path}?find=aparecida")).await.body.contains(&format!("value=\"{gone}\"")));
    assert_eq!(
        chief.post(&format!("{path}/merge"), &[("other", &gone.to_string())]).await.location(),
        format!("{path}?saved")
    );
    assert_eq!(chief.get(&format!("/customers/{gone}")).await.location(), path);
    let page = chief.get(&path).await.body;
    assert!(page.contains(&format!("/tickets/{}", number(&first))) && page.contains("/tickets/1002"));
    assert!(chief.get(&first).await.body.contains(&path), "the ticket leads to the contact");
    let audit = store.audit_list(tenant, 50).await.unwrap();
    for what in ["contact.changed", "contact.merged", "contact_fields.changed"] {
        assert!(audit.iter().any(|line| line.what == what), "{what}");
    }
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_made_for_a_ticket_says_so_until_the_ticket_is_closed_and_cannot_be_made_up() {
    let (relay, _folder, mut chief) = desk().await;
    let path = open(&mut chief, "Nota fiscal", "Cida", "cida@a.example", "").await;
    let page = chief.get(&format!("{path}?insert=link")).await.body;
    let form = page.split("<textarea").nth(1).unwrap().split("</textarea>").next().unwrap();
    let link = form.split("https://").nth(1).unwrap();
    let link = &link[link.find('/').unwrap()..];
    assert!(link.starts_with("/d/") && link.contains("?ticket="), "{link}");
    let mut anybody = Browser::new(&relay.shared);
    let shown = anybody.get(link).await.body;
    assert!(shown.contains("Este link é do ticket 1001") && shown.contains("Nota fiscal"));
    assert!(shown.contains("ci•••@a.example") && !shown.contains("cida@a.example"));
    open(&mut chief, "Outro assunto", "Rosa", "rosa@a.example", "").await;
    let (page, token) = link.split_once("?ticket=").unwrap();
    let last = if token.ends_with('0') { '8' } else { '0' };
    let long = "0".repeat(50_000);
    for forged in [
        format!("{}{last}", &token[..token.len() - 1]),
        token[..token.len() - 1].to_owned(),
        format!("{token}0"),
        "1001".to_owned(),
        String::new(),
        "%00%ff".to_owned(),
        long,
    ] {
        let refused = anybody.get(&format!("{page}?ticket={forged}")).await;
        assert_eq!(refused.status, StatusCode::OK);
        assert!(refused.body.contains("Este link está incompleto"), "{}", &forged[..forged.len().min(60)]);
        assert!(!refused.body.contains("1001") && !refused.body.contains("Outro assunto"), "nothing is told");
    }
    assert!(!anybody.get(page).await.body.contains("id=\"invited\""), "a link without a ticket says nothing of one");
    // The same on another app's page.
    let first = relay.shared.store.apps(relay.shared.first_tenant).await.unwrap().remove(0);
    let other = store::App { id: AppId::from_bytes([5; 16]), code: "775533".to_owned(), ..first };
    relay.shared.store.add_app(&other).await.unwrap();
    assert!(anybody.get(&format!("/d/775533?ticket={token}")).await.body.contains("Este link está incompleto"));
    chief.post(&format!("{path}/change"), &[("status", "resolved")]).await;
    let over = anybody.get(link).await.body;
    assert!(over.contains("já foi encerrado") && !over.contains("Nota fiscal") && !over.contains("a.example"));
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_icon_beside_a_requester_offers_what_whoever_looks_may_do() {
    let (relay, _folder, mut chief) = desk().await;
    operator(&relay.shared, relay.shared.first_tenant, "ana", ATTENDS).await;
    let path = open(&mut chief, "Nota", "Cida", "cida@a.example", "").await;
    let away = chief.get(&path).await.body;
    assert!(away.contains("Não está com o programa aberto") && !away.contains("amparo:connect"));
    assert!(away.contains("data-insert=\"https://"), "the link is offered also then");
    let customer = Customer::wait(&relay.shared, &[(FieldKey::Email, "CIDA@a.example"), (FieldKey::Name, "C")]).await;
    let stranger = Customer::wait(&relay.shared, &[(FieldKey::Name, "Rosa")]).await;
    let id = customer.registered.id;
    let here = chief.get(&path).await.body;
    let connect = format!("amparo:connect?id={}&amp;ticket=1001", id.number());
    let credentials = format!("/waiting/{}/credentials", id.number());
    assert!(here.contains(&connect) && here.contains(&credentials) && here.contains(&id.to_string()));
    assert!(!here.contains(&stranger.registered.id.to_string()));
    assert!(!here.contains(&customer.password.reveal()));
    let mut ana = Browser::new(&relay.shared);
    ana.log_in("ana", PASSWORD).await;
    let limited = ana.get(&path).await.body;
    assert!(limited.contains(&connect) && !limited.contains(&credentials));
    customer.leave().await;
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_company_finds_no_contact_answer_or_tag_of_another() {
    let (relay, _folder, mut chief) = desk().await;
    let other = TenantId::from_bytes([9; 16]);
    let tenant = Tenant::new(other, "Outra", jiff::Timestamp::now());
    let store = &relay.shared.store;
    store.add_tenant(&tenant).await.unwrap();
    operator(&relay.shared, other, "intruso", EVERYTHING).await;
    let users = relay.shared.accounts.list(other).await.unwrap();
    let author = Author { operator: users[0].operator.id, name: "X".to_owned(), language: Language::PtBr };
    let details = store::CustomerDetails { name: "Alheio".to_owned(), ..store::CustomerDetails::default() };
    let theirs = relay.shared.desk.find_or_create_customer(other, &details, jiff::Timestamp::now()).await.unwrap();
    let ticket =
        relay.shared.desk.open_ticket(other, &author, theirs.id, "Alheio", "", jiff::Timestamp::now()).await.unwrap();
    store.add_desk_tag(other, &ticket.number, "alheia", 5).await.unwrap();
    store.write_canned_answer(other, None, "Alheia", "x").await.unwrap();
    let ours = open(&mut chief, "Nosso", "Cida", "", "").await;
    assert_eq!(ours, "/tickets/1001", "numbers count for each company");
    for path in ["/customers", "/answers", "/tickets?status=all", ours.as_str()] {
        assert!(!chief.get(path).await.body.to_lowercase().contains("alhei"), "{path}");
    }
    let path = format!("/customers/{}", theirs.id.0);
    assert_eq!(chief.get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(chief.post(&path, &[("name", "x")]).await.status, StatusCode::NOT_FOUND);
    let own = store.desk_tickets(relay.shared.first_tenant, &store::TicketFilter::default()).await.unwrap();
    let merge = format!("/customers/{}/merge", own[0].requester.id.0);
    assert_eq!(chief.post(&merge, &[("other", &theirs.id.0.to_string())]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(own[0].status, TicketStatus::Open);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_new_ticket_stands_beside_its_field_and_nothing_typed_is_lost() {
    let (relay, _folder, mut chief) = desk().await;
    let long = "ã".repeat(40_000);
    let form = [("subject", "  "), ("email", "cida em casa"), ("company", "Padaria"), ("text", long.as_str())];
    let refused = chief.post("/tickets", &form).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for (field, why) in
        [("subject", "Escreva o assunto"), ("email", "não está escrito certo"), ("text", "longo demais")]
    {
        assert!(refused.body.contains(&format!("aria-describedby=\"e-{field}\"")), "{field}");
        let (_, said) = refused.body.split_once(&format!("id=\"e-{field}\"")).unwrap();
        assert!(said.split("</p>").next().unwrap().contains(why), "{field}");
    }
    assert!(!refused.body.contains("id=\"e-name\"") && refused.body.matches(" autofocus").count() == 1);
    assert!(refused.body.contains("cida em casa") && refused.body.contains("Padaria") && refused.body.contains(&long));
    let nobody = chief.post("/tickets", &[("subject", "Nota"), ("phone", "11 5555-0100")]).await;
    assert!(nobody.body.contains("id=\"e-name\"") && nobody.body.contains("11 5555-0100"));
    let all = relay.shared.desk.tickets(relay.shared.first_tenant, &store::TicketFilter::default()).await.unwrap();
    assert!(all.is_empty(), "nothing was opened");

    // An action too: what was typed stands there still.
    let ticket = open(&mut chief, "Nota", "Cida", "cida@a.example", "").await;
    for (kind, text) in [("note", long.as_str()), ("reply", long.as_str()), ("note", "  ")] {
        let kept = chief.post(&format!("{ticket}/actions"), &[("kind", kind), ("text", text), ("mail", "1")]).await;
        assert_eq!(kept.status, StatusCode::UNPROCESSABLE_ENTITY, "{kind}");
        assert!(kept.body.contains("aria-describedby=\"error\"") && kept.body.contains(text), "{kind}");
    }
    assert_eq!(chief.get(&ticket).await.body.matches("class=\"entry").count(), 0);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_opened_from_a_contact_is_that_contacts() {
    let (relay, _folder, mut chief) = desk().await;
    let (tenant, store) = (relay.shared.first_tenant, relay.shared.store.clone());
    open(&mut chief, "Nota", "Cida <b>", "cida@a.example", "").await;
    let filter = store::ContactFilter { search: "cida".into(), after: None, limit: 9 };
    let cida = store.contacts(tenant, &filter).await.unwrap()[0].customer.id;
    let contact = chief.get(&format!("/customers/{}", cida.0)).await.body;
    let link = format!("/tickets/new?customer={}", cida.0);
    assert!(contact.contains(&format!("href=\"{link}\"")), "{contact}");
    let page = chief.get(&link).await.body;
    assert!(page.contains("Cida &#60;b&#62;") && !page.contains("name=\"email\""), "{page}");
    let number = cida.0.to_string();
    // The same contact, whatever else is sent; a mistake keeps them.
    let wrong = chief.post("/tickets", &[("customer", number.as_str()), ("subject", "")]).await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.body.contains("Cida &#60;b&#62;"));
    let form = [("customer", number.as_str()), ("subject", "Caixa"), ("name", "Rosa"), ("email", "rosa@a.example")];
    assert_eq!(chief.post("/tickets", &form).await.status, StatusCode::SEE_OTHER);
    let hers = store::TicketFilter { requester: Some(cida), limit: 9, ..store::TicketFilter::default() };
    assert_eq!(relay.shared.desk.tickets(tenant, &hers).await.unwrap().len(), 2);
    for odd in ["0", "x", "-1", "99999999999999999999", "999"] {
        assert_eq!(chief.get(&format!("/tickets/new?customer={odd}")).await.status, StatusCode::NOT_FOUND, "{odd}");
        let form = [("customer", odd), ("subject", "Caixa")];
        assert_eq!(chief.post("/tickets", &form).await.status, StatusCode::NOT_FOUND, "{odd}");
    }
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_left_as_it_was_undoes_nothing_that_a_colleague_did_meanwhile() {
    let (relay, _folder, mut chief) = desk().await;
    let tenant = relay.shared.first_tenant;
    operator(&relay.shared, tenant, "ana", ATTENDS).await;
    let ticket = open(&mut chief, "Nota", "Cida", "cida@a.example", "").await;
    let users = relay.shared.accounts.list(tenant).await.unwrap();
    let id = |login: &str| users.iter().find(|u| u.operator.login == login).unwrap().operator.id.to_string();
    let (chiefs, anas) = (id("chefe"), id("ana"));
    let shown = chief.get(&ticket).await.body;
    assert!(shown.contains(&format!("name=\"owner_was\" value=\"{chiefs}\"")), "{shown}");
    assert!(shown.contains("name=\"status_was\" value=\"open\""), "{shown}");
    // Ana makes it hers while the chief's page is open, and the chief sets the status alone.
    let mut ana = Browser::new(&relay.shared);
    ana.log_in("ana", PASSWORD).await;
    let path = format!("{ticket}/change");
    let was = [("owner_was", chiefs.as_str()), ("status_was", "open")];
    ana.post(&path, &[&[("owner", anas.as_str()), ("status", "open")], &was[..]].concat()).await;
    chief.post(&path, &[&[("owner", chiefs.as_str()), ("status", "waiting")], &was[..]].concat()).await;
    let all = store::TicketFilter { limit: 9, ..store::TicketFilter::default() };
    let now = relay.shared.desk.tickets(tenant, &all).await.unwrap().remove(0);
    assert_eq!((now.owner.map(|o| o.to_string()), now.status), (Some(anas), TicketStatus::Waiting));
    relay.shutdown().await.unwrap();
}
