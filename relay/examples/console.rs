//! A relay with a day's work in it, to look at the console: `cargo run -p amparo-relay --example console [-- ADDRESS]`.
//!
//! Everything is made up and kept in a temporary folder. Prints the address and the logins, and serves until it is interrupted.

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../tests/console_support/mod.rs"]
mod console_support;

use std::{sync::Arc, time::Duration};

use amparo_relay::{
    account::{NewUser, Operator, Roles},
    config::{Config, FirstStart},
    relay::{Relay, Shared},
};
use console_support::{Customer, PASSWORD};
use jiff::{SignedDuration, Timestamp};
use protocol::{
    id::{AppId, DeviceId, SessionId, TicketNumber},
    message::{
        ShownText,
        directory::{Field, FieldKey},
        grant::Grants,
        pairing::CloseReason,
        ticket::{TicketChoice, TicketStatus},
    },
};
use store::{App, AuditEntry, Category, CustomerDetails, Ended, Hour, Language, NewSession, Staff, Started};
use tickets::desk::Author;

const PEOPLE: [(&str, &str, &str, &str); 7] = [
    ("Cida Nogueira", "Padaria Aurora", "cida@padaria-aurora.example", "Erro ao emitir nota fiscal"),
    ("Tomás Prado", "Mercado Três Ipês", "tomas@ipes.example", "Impressora de cupom parou"),
    ("Helena Duarte", "Clínica Vale Sereno", "helena@valesereno.example", "Instalação do certificado"),
    ("Otávio Lima", "Papelaria Girassol", "otavio@girassol.example", "Sistema lento no caixa"),
    ("Rosa Bittencourt", "Pousada Maré Alta", "rosa@marealta.example", "Não abre o módulo fiscal"),
    ("Iago Ferraz", "Ferragens Pinheiro", "iago@pinheiro.example", "Cadastro de produtos"),
    ("Vera Lacerda", "Ótica Bem-te-vi", "vera@bemtevi.example", "Relatório não fecha"),
];

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let listen = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let mut config = Config::new(folder.path(), listen.parse().unwrap());
    config.first =
        FirstStart { company: "Varanda Sistemas".to_owned(), accent: [0x2F, 0x4F, 0xA0], ..FirstStart::default() };
    config.times.waits.recovery = Duration::from_secs(24 * 3600);

    let first = Relay::start(config.clone()).await.unwrap();
    println!("setup {}", first.setup_link.as_deref().unwrap_or_default());
    if std::env::args().any(|a| a == "--fresh") {
        tokio::signal::ctrl_c().await.unwrap();
        return first.shutdown().await.unwrap();
    }
    fill(&first.shared).await;
    first.shutdown().await.unwrap();

    // Sessions that were under way come back as such only with a relay that starts.
    let relay = Relay::start(config).await.unwrap();
    let mut waiting = Vec::new();
    for (name, company, email, subject) in &PEOPLE[..3] {
        let fields = [
            (FieldKey::Name, *name),
            (FieldKey::Company, *company),
            (FieldKey::Email, *email),
            (FieldKey::Subject, *subject),
        ];
        waiting.push(Customer::wait(&relay.shared, &fields).await);
    }
    waiting.push(Customer::wait(&relay.shared, &[(FieldKey::Subject, "Senha esquecida do sistema")]).await);
    println!("console https://{}", relay.console_addr);
    println!("logins bruno (administrator), ana (attendant); password \"{PASSWORD}\"");
    println!("press Enter to let a customer come, again to let them go");
    let (sent, mut typed) = tokio::sync::mpsc::channel(1);
    std::thread::spawn(move || {
        let mut lines = std::io::stdin().lines();
        while lines.next().is_some_and(|l| l.is_ok()) && sent.blocking_send(()).is_ok() {}
    });
    let mut guest: Option<Customer> = None;
    loop {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => break,
            Some(()) = typed.recv() => match guest.take() {
                Some(guest) => guest.leave().await,
                None => {
                    let fields = [(FieldKey::Name, "Joel Antunes"), (FieldKey::Company, "Oficina Dois Irmãos"), (FieldKey::Subject, "Boleto não imprime")];
                    guest = Some(Customer::wait(&relay.shared, &fields).await);
                }
            }
        }
    }
    relay.shutdown().await.unwrap();
}

fn open_new() -> TicketChoice {
    TicketChoice::OpenNew { subject: ShownText::default() }
}

async fn user(shared: &Shared, login: &str, name: &str, roles: Roles) -> Operator {
    let user = NewUser { login: login.to_owned(), name: name.to_owned(), roles };
    shared.accounts.create(shared.first_tenant, user, Some(PASSWORD)).await.unwrap().0
}

/// Three apps beside the default: in hours, shut with an overflow, and without attendants.
async fn apps(shared: &Shared, bruno: &Operator, ana: &Operator, lia: &Operator) {
    let (tenant, now) = (shared.first_tenant, Timestamp::now());
    let first = shared.store.apps(tenant).await.unwrap().remove(0);
    for (n, (name, accent)) in
        [("Varanda Fiscal", "A83A3A"), ("Varanda Implantação", "3C6B2F"), ("Varanda Parceiros", "5A4632")]
            .iter()
            .enumerate()
    {
        let id = AppId::from_bytes([u8::try_from(n).unwrap() + 40; 16]);
        let mut app = App { accent: (*accent).to_owned(), ..App::new(id, tenant, name, "Varanda Sistemas", "", now) };
        app.changed.by = bruno.name.clone();
        app.phone = "(11) 5555-0142 · seg. a sex., 8h às 18h".to_owned();
        app.welcome = "Antes de começar, diga quem é você.".to_owned();
        app.staff = Staff {
            everyone: false,
            administrators: vec![bruno.id],
            attendants: [vec![ana.id, lia.id], vec![lia.id, bruno.id], Vec::new()][n].clone(),
        };
        if n == 1 {
            app.availability.by_hours = true;
            app.availability.hours = Default::default();
            app.availability.hours[0] = vec![Hour { from_min: 60, to_min: 61 }];
            app.availability.overflow = vec![first.id];
        }
        let category = |name: &str, solved| Category { name: name.to_owned(), solved };
        app.wrap_up.categories = vec![category("Resolvido", true), category("Volta depois", false)];
        amparo_relay::apps::add(&*shared.store, app).await.unwrap();
    }
    shared.apps.changed(tenant);
}

async fn fill(shared: &Arc<Shared>) {
    let attends = Roles { attend: true, ..Roles::default() };
    let bruno = user(shared, "bruno", "Bruno Castro", console_support::EVERYTHING).await;
    let ana = user(shared, "ana", "Ana Ribeiro", attends).await;
    let lia = user(shared, "lia", "Lia Monteiro", attends).await;
    let davi = user(shared, "davi", "Davi Sá", attends).await;
    shared.accounts.set_disabled(shared.first_tenant, davi.id, true).await.unwrap();

    let (tenant, now) = (shared.first_tenant, Timestamp::now());
    apps(shared, &bruno, &ana, &lia).await;
    let author = |o: &Operator| Author { operator: o.id, name: o.name.clone(), language: Language::PtBr };
    let details = CustomerDetails {
        name: PEOPLE[0].0.to_owned(),
        company: PEOPLE[0].1.to_owned(),
        email: PEOPLE[0].2.to_owned(),
        phone: "(11) 5555-0188".to_owned(),
        document: "12.345.678/0001-95".to_owned(),
    };
    let cida = shared.desk.find_or_create_customer(tenant, &details, now).await.unwrap();
    shared.store.classify_contact(tenant, cida.id, "Ouro").await.unwrap();
    let text =
        "Bom dia. Desde ontem a nota não sai no caixa 2. Aparece “erro 225” e trava. Já reiniciamos o computador.";
    let early = now - SignedDuration::from_mins(95);
    let nota = shared.desk.open_ticket(tenant, &author(&ana), cida.id, PEOPLE[0].3, text, early).await.unwrap();

    let app = shared.store.apps(tenant).await.unwrap()[0].id;
    let mut number = 0_u8;
    let mut session = async |who: &Operator,
                             person: usize,
                             choice: TicketChoice,
                             began_min: i64,
                             length: Option<(i64, CloseReason)>| {
        number += 1;
        let id = SessionId::from_bytes([number; 16]);
        let began = now - SignedDuration::from_mins(began_min);
        let (name, company, email, subject) = PEOPLE[person];
        let field = |key, text: &str| Field { key, value: ShownText::lossy(text) };
        let fields = vec![
            field(FieldKey::Name, name),
            field(FieldKey::Company, company),
            field(FieldKey::Email, email),
            field(FieldKey::Subject, subject),
        ];
        let new = NewSession {
            id,
            tenant,
            app,
            device: DeviceId::from_entropy(u64::from(number) * 77_777_777),
            fields,
            attendant: who.id,
            attendant_name: who.name.clone(),
            ticket: choice,
            dialled_at: began,
        };
        shared.store.open_session(&new).await.unwrap();
        let why = length.map(|(_, why)| why);
        if why != Some(CloseReason::Refused) {
            let started = Started { granted: Grants::CONTROL, attendant_name: String::new(), at: began };
            shared.store.start_session(id, &started, began).await.unwrap();
        }
        if let Some((seconds, why)) = length {
            let at = began + SignedDuration::from_secs(seconds);
            shared.store.end_session(id, &Ended { why, at, reconnects: u32::from(number == 1) }, at).await.unwrap();
        }
    };
    let on = |number: &TicketNumber| TicketChoice::Number(number.clone());
    session(&ana, 0, on(&nota.number), 70, Some((1568, CloseReason::EndedByAttendant))).await;
    session(&bruno, 6, open_new(), 60 * 26, Some((2691, CloseReason::EndedByCustomer))).await;
    session(&lia, 1, open_new(), 50, Some((0, CloseReason::Refused))).await;
    session(&lia, 2, open_new(), 45, Some((465, CloseReason::ConnectionLost))).await;
    session(&bruno, 3, open_new(), 18, None).await;
    session(&lia, 4, open_new(), 7, None).await;
    let alarm = AuditEntry {
        tenant,
        operator: Some(davi.id),
        who: davi.name.clone(),
        what: store::ALARM.to_owned(),
        subject: davi.name.clone(),
        detail: "limit=attendant tries=5".to_owned(),
        from: String::new(),
        at: now - SignedDuration::from_mins(12),
    };
    shared.store.audit(&alarm).await.unwrap();
    shared.outbox.notify_one();
    let mut changes = 0;
    // The worker tells the desk; then the tickets are there.
    while shared.store.next_due().await.unwrap().is_some() && changes < 200 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        changes += 1;
    }
    let later = now - SignedDuration::from_mins(30);
    shared
        .desk
        .add_action(
            tenant,
            &author(&bruno),
            &nota.number,
            "Vale avisar o caixa 1: o certificado é o mesmo e vence junto.",
            false,
            later,
        )
        .await
        .unwrap();
    let reply =
        "Oi, Cida. Certificado A1 instalado, nota 318 transmitida. Qualquer coisa, é só abrir o programa de novo.";
    shared.desk.add_action(tenant, &author(&ana), &nota.number, reply, true, later).await.unwrap();
    let other =
        CustomerDetails { name: PEOPLE[5].0.to_owned(), company: PEOPLE[5].1.to_owned(), ..CustomerDetails::default() };
    let iago = shared.desk.find_or_create_customer(tenant, &other, now).await.unwrap();
    let done = shared.desk.open_ticket(tenant, &author(&lia), iago.id, PEOPLE[5].3, "", now).await.unwrap();
    shared.desk.set_status(tenant, &author(&lia), &done.number, TicketStatus::Waiting, now).await.unwrap();
}
