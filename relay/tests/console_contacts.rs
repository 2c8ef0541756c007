//! A contact's form: of two who change the same contact, the second is told, loses nothing, and what each changed alone is put together.

#![allow(missing_docs, clippy::unwrap_used)]

mod console_support;

use axum::http::StatusCode;
use console_support::*;
use jiff::Timestamp;
use store::CustomerDetails;

/// The form's memory of what it began with, as the page has it.
fn base(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"_base\" value=\"").unwrap_or_else(|| panic!("{page}"));
    let text = rest.split('"').next().unwrap();
    text.replace("&#34;", "\"").replace("&#60;", "<").replace("&#62;", ">").replace("&#39;", "'").replace("&#38;", "&")
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_change_a_contact_the_second_is_told_and_what_each_changed_alone_is_put_together() {
    let (relay, _folder) = relay().await;
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    operator(shared, tenant, "ana", EVERYTHING).await;
    operator(shared, tenant, "rui", ATTENDS).await;
    let details = CustomerDetails {
        name: "Cida".into(),
        email: "cida@a.example".into(),
        phone: "11 5555-0100".into(),
        ..CustomerDetails::default()
    };
    let cida = shared.desk.find_or_create_customer(tenant, &details, Timestamp::now()).await.unwrap().id;
    let mut pages = [Browser::new(shared), Browser::new(shared)];
    for (page, login) in pages.iter_mut().zip(["ana", "rui"]) {
        page.log_in(login, PASSWORD).await;
    }
    let [mut ana, mut rui] = pages;
    ana.post("/customers/fields", &[("names", "Plano")]).await;
    let path = format!("/customers/{}", cida.0);
    let form = |name: &'static str, company: &'static str, phone: &'static str, plan: &'static str| {
        [
            ("name", name),
            ("email", "cida@a.example"),
            ("company", company),
            ("phone", phone),
            ("document", ""),
            ("class", ""),
            ("x:Plano", plan),
        ]
    };
    let kept = async || {
        let contact = shared.store.contact(tenant, cida).await.unwrap();
        let of = contact.customer.details;
        format!("{}|{}|{}|{}", of.name, of.company, of.phone, contact.extra.get("Plano").cloned().unwrap_or_default())
    };
    let begun = base(&ana.get(&path).await.body);
    let with = |form: &[(&'static str, &'static str)], base: &str| -> Vec<(String, String)> {
        let all = form.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned()));
        all.chain([("_base".to_owned(), base.to_owned())]).collect()
    };
    let send = async |page: &mut Browser, form: &[(String, String)]| {
        let form: Vec<(&str, &str)> = form.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        page.post(&path, &form).await
    };

    // Different fields: both stand.
    let saved = send(&mut rui, &with(&form("Cida", "Aurora", "11 5555-0100", "Ouro"), &begun)).await;
    assert_eq!(saved.location(), format!("{path}?saved"));
    let merged = send(&mut ana, &with(&form("Cida", "", "11 5555-0199", ""), &begun)).await;
    assert_eq!(merged.location(), format!("{path}?saved=merged"));
    assert!(ana.get(merged.location()).await.body.contains("junto com as que outra pessoa fez"));
    assert_eq!(kept().await, "Cida|Aurora|11 5555-0199|Ouro");

    // The same field, also one of the company's own: nothing is written, and nothing typed is lost.
    let begun = base(&ana.get(&path).await.body);
    send(&mut rui, &with(&form("Cida <b>", "Aurora", "", "Prata"), &begun)).await;
    let told = send(&mut ana, &with(&form("Aparecida", "Aurora", "11 5555-0199", "Bronze"), &begun)).await;
    assert_eq!(told.status, StatusCode::CONFLICT);
    for text in [
        "Outra pessoa mudou este contato",
        "value=\"Aparecida\"",
        "Cida &#60;b&#62;",
        "value=\"take:name\"",
        "value=\"Bronze\"",
        "value=\"take:x:Plano\"",
    ] {
        assert!(told.body.contains(text), "{text}\n{}", told.body);
    }
    assert!(!told.body.contains("take:phone"), "only Rui has changed it");
    assert_eq!(kept().await, "Cida <b>|Aurora||Prata");
    let again = base(&told.body);
    let mut mine = with(&form("Aparecida", "Aurora", "", "Bronze"), &again);
    mine.push(("_step".into(), "take:x:Plano".into()));
    let taken = send(&mut ana, &mine).await;
    assert_eq!(taken.status, StatusCode::OK);
    assert!(taken.body.contains("value=\"Prata\"") && taken.body.contains("value=\"Aparecida\""), "{}", taken.body);
    assert!(!taken.body.contains("class=\"clash\""));
    let saved = send(&mut ana, &with(&form("Aparecida", "Aurora", "", "Prata"), &base(&taken.body))).await;
    assert_eq!(saved.location(), format!("{path}?saved"));
    assert_eq!(kept().await, "Aparecida|Aurora||Prata");

    // What is wrong is said beside it; a form without memory, or with half of the fields, changes what it has.
    let wrong = [("email", "ninguém"), ("name", "Cida")];
    let refused = ana.post(&path, &wrong).await;
    assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.body.contains("value=\"ninguém\""));
    for odd in ["", "x", "[]", "{\"name\":1}"] {
        let sent = ana.post(&path, &[("name", "Cida"), ("_base", odd)]).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{odd}");
    }
    assert_eq!(kept().await, "Cida|Aurora||Prata");
    for step in ["take:", "take:_csrf", "take:x:Nada", "drop:name", ""] {
        assert_eq!(ana.post(&path, &[("_step", step)]).await.status, StatusCode::BAD_REQUEST, "{step}");
    }
    relay.shutdown().await.unwrap();
}
