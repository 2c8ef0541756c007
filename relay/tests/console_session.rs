//! The page of one session: what it tells, to whom, and that it says so when a record was altered or is disputed.

#![allow(missing_docs, clippy::unwrap_used)]

mod console_support;

use std::time::Duration;

use amparo_relay::{
    account::{Operator, Roles},
    relay::{DATABASE, Shared},
};
use axum::http::StatusCode;
use console_support::*;
use enrolment::{Attendant, Request, Statement, key_hash, key_of, sign};
use jiff::{SignedDuration, Timestamp};
use protocol::{
    id::{AppId, DeviceId, SessionId},
    message::{
        ShownText,
        directory::{Field, FieldKey},
        grant::{Grants, RightsChange},
        pairing::{CloseReason, Role},
        record::Told,
        ticket::TicketChoice,
    },
};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, PublicKeyData};
use sqlx::{SqlitePool, sqlite::SqliteConnectOptions};
use store::{App, Category, Ended, NewSession, Seal, Session, Staff, Started, WrappedUp};

/// The keys that the two ends of the sessions here have.
struct Ends {
    customer: KeyPair,
    attendant: KeyPair,
    leaf: Vec<u8>,
}

impl Ends {
    fn of(who: &Operator) -> Self {
        let (customer, attendant, root) =
            (KeyPair::generate().unwrap(), KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        let issuer = Issuer::from_ca_cert_der(params.self_signed(&root).unwrap().der(), root).unwrap();
        let request = CertificateParams::default().serialize_request(&attendant).unwrap();
        let request = Request::read(request.der()).unwrap();
        let named = Attendant { tenant: who.tenant, operator: who.id, name: who.name.clone() };
        let leaf = sign(&issuer, &named, &request, Timestamp::now(), Duration::from_secs(3600)).unwrap();
        Self { customer, attendant, leaf }
    }

    /// What an end signs, about a connection that hashes to `connection` all over.
    fn seal(&self, session: &Session, role: Role, connection: u8) -> Seal {
        let ms = |at: Option<Timestamp>| u64::try_from(at.unwrap().as_millisecond()).unwrap();
        let told = Told {
            granted: Grants::CONTROL,
            started_unix_ms: ms(session.started_at),
            ended_unix_ms: ms(session.ended_at),
            reconnects: 0,
            why: session.close_reason.unwrap(),
            connection: [connection; 32],
            customer_key: key_hash(&self.customer.subject_public_key_info()),
            attendant_key: key_hash(&key_of(&self.leaf).unwrap().0),
        };
        let witness = [told.connection, told.customer_key, told.attendant_key].concat();
        let (tenant, protocol) = (session.tenant, session.protocol.clone());
        let statement = Statement { tenant, session: session.id, protocol, role, told };
        let (key, pair) = match role {
            Role::Customer => (self.customer.subject_public_key_info(), &self.customer),
            Role::Attendant => (self.leaf.clone(), &self.attendant),
        };
        let signed = statement.sign(pair.serialized_der(), &key).unwrap();
        Seal::Signed { witness, detail: statement.to_detail(&key, signed.signature.as_bytes()) }
    }
}

/// A session of 26 minutes that is over; allowed unless it was refused.
async fn session(shared: &Shared, n: u8, app: AppId, who: &Operator, why: CloseReason) -> Session {
    let id = SessionId::from_bytes([n; 16]);
    let at: Timestamp = "2026-11-21T15:00:00Z".parse().unwrap();
    let field = |key, value| Field { key, value: ShownText::lossy(value) };
    let new = NewSession {
        id,
        tenant: who.tenant,
        app,
        device: DeviceId::from_entropy(u64::from(n) * 77_777_777),
        fields: vec![field(FieldKey::Name, "Cida <Nogueira>"), field(FieldKey::Company, "Padaria Aurora")],
        attendant: who.id,
        attendant_name: who.name.clone(),
        ticket: TicketChoice::OpenNew { subject: ShownText::default() },
        dialled_at: at,
    };
    shared.store.open_session(&new).await.unwrap();
    let started = at + SignedDuration::from_secs(11);
    if why != CloseReason::Refused {
        let started = Started { granted: Grants::CONTROL, attendant_name: String::new(), at: started };
        shared.store.start_session(id, &started, at).await.unwrap();
    }
    let over = started + SignedDuration::from_secs(1568);
    shared.store.end_session(id, &Ended { why, at: over, reconnects: 0 }, over).await.unwrap();
    shared.store.session(id).await.unwrap()
}

struct Console {
    relay: amparo_relay::relay::Running,
    folder: tempfile::TempDir,
    ana: Operator,
    app: AppId,
    browser: Browser,
}

impl Console {
    async fn new() -> Self {
        let (relay, folder) = relay().await;
        let shared = &relay.shared;
        let tenant = shared.first_tenant;
        operator(shared, tenant, "ana", EVERYTHING).await;
        let ana = shared.accounts.list(tenant).await.unwrap().remove(0).operator;
        let app = shared.store.apps(tenant).await.unwrap()[0].id;
        let mut browser = Browser::new(shared);
        browser.log_in("ana", PASSWORD).await;
        Self { ana, app, browser, relay, folder }
    }

    async fn past(&self, n: u8, why: CloseReason) -> Session {
        session(&self.relay.shared, n, self.app, &self.ana, why).await
    }

    async fn page(&mut self, session: &Session) -> String {
        let answer = self.browser.get(&format!("/sessions/{}", session.id)).await;
        assert_eq!(answer.status, StatusCode::OK);
        answer.body
    }

    /// Somebody with the database's file in their hands, and without its triggers.
    async fn meddler(&self) -> SqlitePool {
        let options = SqliteConnectOptions::new().filename(self.folder.path().join(DATABASE));
        let pool = SqlitePool::connect_with(options).await.unwrap();
        for trigger in ["audit_is_not_changed", "audit_is_not_deleted"] {
            sqlx::query(sqlx::AssertSqlSafe(format!("DROP TRIGGER {trigger}"))).execute(&pool).await.unwrap();
        }
        pool
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_tells_a_session_from_the_wish_to_both_signatures_and_calls_it_verified() {
    let mut c = Console::new().await;
    let past = c.past(1, CloseReason::EndedByCustomer).await;
    let (store, ends) = (c.relay.shared.store.clone(), Ends::of(&c.ana));
    let said = WrappedUp {
        category: Some(Category { name: "Certificado".into(), solved: true }),
        note: "Instalado o novo.".into(),
    };
    store.wrap_up_session(past.id, &said, Timestamp::now()).await.unwrap();
    for role in [Role::Customer, Role::Attendant] {
        store.seal_session(past.id, role, &ends.seal(&past, role, 7), Timestamp::now()).await.unwrap();
    }
    let page = c.page(&past).await;
    let told = [
        "12:00:00</span><span>ANA pediu acesso ao computador de Cida &#60;Nogueira&#62;",
        "12:00:11</span><span>A senha conferiu e Cida &#60;Nogueira&#62; permitiu: Tela, mouse e teclado",
        "12:26:19</span><span>Cida &#60;Nogueira&#62; encerrou. A senha foi trocada",
        "ANA concluiu: Certificado",
        "O programa do cliente assinou o registro",
        "O programa do atendente assinou o registro",
    ];
    let places: Vec<usize> =
        told.iter().map(|text| page.find(text).unwrap_or_else(|| panic!("{text}\n{page}"))).collect();
    assert!(places.is_sorted(), "{places:?}");
    for text in [
        "Registro conferido",
        "Assinatura do cliente: confere",
        "Assinatura do atendente: confere",
        "Os dois assinaram a mesma conexão",
        "Linhas desta sessão no registro: 6",
        "Instalado o novo.",
        "26:08",
        past.audit.unwrap().short().as_str(),
    ] {
        assert!(page.contains(text), "{text}\n{page}");
    }
    // Going through the whole log is done when it is asked for, and only then.
    assert!(!page.contains("O registro inteiro da empresa confere"));
    let whole = c.browser.get(&format!("/sessions/{}?check=1", past.id)).await.body;
    assert!(whole.contains("O registro inteiro da empresa confere"), "{whole}");
    // By its protocol number it is the same page; on paper it has the same facts; lists lead to it.
    let same = c.browser.get(&format!("/sessions/{}", past.protocol)).await.body;
    assert!(same.contains(&format!("/sessions/{}/receipt", past.id)) && same.contains("Registro conferido"), "{same}");
    let receipt = c.browser.get(&format!("/sessions/{}/receipt", past.protocol)).await;
    assert_eq!(receipt.status, StatusCode::OK);
    for text in
        ["Recibo da sessão remota", "Varanda Sistemas", "Registro conferido", past.protocol.as_str(), "data-print"]
    {
        assert!(receipt.body.contains(text), "{text}");
    }
    let link = format!("href=\"/sessions/{}\"", past.id);
    assert!(c.browser.get("/history").await.body.contains(&link));
    c.relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_says_from_when_to_when_mouse_and_keyboard_had_administrators_rights() {
    let mut c = Console::new().await;
    let (past, other) = (c.past(1, CloseReason::EndedByCustomer).await, c.past(2, CloseReason::EndedByCustomer).await);
    let change = |administrator, after: i64| {
        let at = past.started_at.unwrap() + SignedDuration::from_secs(after);
        RightsChange { administrator, at_unix_ms: u64::try_from(at.as_millisecond()).unwrap() }
    };
    let rights = [change(true, 60), change(false, 120)];
    c.relay.shared.store.change_rights(past.id, &rights, Timestamp::now()).await.unwrap();
    let page = c.page(&past).await;
    let told = [
        "12:00:11</span><span>A senha conferiu e",
        "12:01:11</span><span>O mouse e o teclado de ANA passaram a ter direitos de administrador",
        "12:02:11</span><span>O mouse e o teclado de ANA deixaram de ter direitos de administrador",
        "encerrou. A senha foi trocada",
    ];
    let places: Vec<usize> =
        told.iter().map(|text| page.find(text).unwrap_or_else(|| panic!("{text}\n{page}"))).collect();
    assert!(places.is_sorted(), "{places:?}");
    assert!(!page.contains("O registro foi alterado"), "{page}");
    assert!(!c.page(&other).await.contains("direitos de administrador"));
    for (session, had) in [(&past, true), (&other, false)] {
        let json = c.browser.get(&format!("/history.json?q={}", session.protocol)).await.body;
        assert!(json.contains(&format!("\"administrator\":{had}")), "{json}");
    }
    c.relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_signature_is_said_and_two_that_differ_are_a_dispute() {
    let mut c = Console::new().await;
    let (store, ends) = (c.relay.shared.store.clone(), Ends::of(&c.ana));
    let verdicts =
        ["Registro conferido", "Assinado por um lado só", "Sem assinaturas", "Os dois lados não contam o mesmo"];
    let none = c.past(1, CloseReason::EndedByCustomer).await;
    let one = c.past(2, CloseReason::EndedByAttendant).await;
    store.seal_session(one.id, Role::Attendant, &ends.seal(&one, Role::Attendant, 7), Timestamp::now()).await.unwrap();
    let differ = c.past(3, CloseReason::EndedByCustomer).await;
    for (role, connection) in [(Role::Customer, 7), (Role::Attendant, 8)] {
        store.seal_session(differ.id, role, &ends.seal(&differ, role, connection), Timestamp::now()).await.unwrap();
    }
    let disputed = c.past(4, CloseReason::EndedByCustomer).await;
    let why = Seal::Disputed { why: "it names another reason for the end".into() };
    store.seal_session(disputed.id, Role::Customer, &why, Timestamp::now()).await.unwrap();
    for (past, verdict, text) in [
        (&none, 2, "Assinatura do cliente: não há"),
        (&one, 1, "Assinatura do atendente: confere"),
        (&differ, 3, "pode ter havido alguém no meio"),
        (&disputed, 3, "Contestado: um lado dá outro motivo para o fim"),
    ] {
        let page = c.page(past).await;
        let shown: Vec<&str> = verdicts.into_iter().filter(|v| page.contains(v)).collect();
        assert_eq!(shown, [verdicts[verdict]]);
        assert!(page.contains(text), "{text}\n{page}");
    }
    let refused = c.past(5, CloseReason::Refused).await;
    let page = c.page(&refused).await;
    assert!(page.contains("Nada a assinar") && page.contains("não permitiu"), "{page}");
    c.relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_behind_the_relays_back_is_called_altered() {
    let mut c = Console::new().await;
    let (store, ends, meddler) = (c.relay.shared.store.clone(), Ends::of(&c.ana), c.meddler().await);
    let mut pasts = Vec::new();
    for n in 1..=4 {
        let past = c.past(n, CloseReason::EndedByCustomer).await;
        for role in [Role::Customer, Role::Attendant] {
            store.seal_session(past.id, role, &ends.seal(&past, role, 7), Timestamp::now()).await.unwrap();
        }
        assert!(c.page(&past).await.contains("Registro conferido"));
        pasts.push(past);
    }
    // The page's facts; a line; the line that the end has noted; and the page's facts together with their line.
    for (n, sql, text) in [
        (
            0,
            "UPDATE sessions SET ended_at = ended_at + 60000 WHERE protocol = ?",
            "Esta página não mostra o que o registro diz",
        ),
        (1, "UPDATE audit SET who = 'rui' WHERE what = 'session.started' AND subject = ?", "não é a que foi escrita"),
        (2, "DELETE FROM audit WHERE what = 'session.ended' AND subject = ?", "do registro não é a que foi escrita"),
        (
            3,
            "UPDATE audit SET detail = 'role=customer' WHERE what = 'session.signed' AND subject = ?",
            "não é a que foi escrita",
        ),
    ] {
        let done = sqlx::query(sql).bind(pasts[n].protocol.as_str()).execute(&meddler).await.unwrap();
        assert!(done.rows_affected() > 0, "{sql}");
        let page = c.page(&pasts[n]).await;
        assert!(page.contains("O registro foi alterado") && page.contains(text), "{sql}\n{page}");
        assert!(!page.contains("Registro conferido"), "{sql}");
    }
    c.relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_out_of_reach_is_as_one_that_is_not_there() {
    let c = Console::new().await;
    let shared = &c.relay.shared;
    let past = c.past(1, CloseReason::EndedByCustomer).await;
    let staff = Staff { everyone: false, administrators: Vec::new(), attendants: vec![c.ana.id] };
    let fiscal =
        App { staff, ..App::new(AppId::from_bytes([60; 16]), c.ana.tenant, "Fiscal", "Varanda", "", Timestamp::now()) };
    let fiscal_id = fiscal.id;
    amparo_relay::apps::add(&*shared.store, fiscal).await.unwrap();
    shared.apps.changed(c.ana.tenant);
    let hidden = session(shared, 2, fiscal_id, &c.ana, CloseReason::EndedByCustomer).await;
    operator(shared, c.ana.tenant, "rui", ATTENDS).await;
    operator(shared, c.ana.tenant, "nobody", Roles { attend: false, ..ATTENDS }).await;
    let mut rui = Browser::new(shared);
    rui.log_in("rui", PASSWORD).await;
    for (what, expected) in [
        (past.id.to_string(), StatusCode::OK),
        (past.protocol.to_string(), StatusCode::OK),
        (hidden.id.to_string(), StatusCode::NOT_FOUND),
        (hidden.protocol.to_string(), StatusCode::NOT_FOUND),
        ("2026-11-21-999999".to_owned(), StatusCode::NOT_FOUND),
        ("x".repeat(500), StatusCode::NOT_FOUND),
    ] {
        for path in [format!("/sessions/{what}"), format!("/sessions/{what}/receipt")] {
            assert_eq!(rui.get(&path).await.status, expected, "{path}");
        }
    }
    let mut nobody = Browser::new(shared);
    nobody.log_in("nobody", PASSWORD).await;
    assert_eq!(nobody.get(&format!("/sessions/{}", past.id)).await.status, StatusCode::FORBIDDEN);
    c.relay.shutdown().await.unwrap();
}
