//! What the note says when a real server gives it back: every line, and nothing that somebody typed has become anything but text. For
//! `tests/run ticketing`; without `AMPARO_TICKETING` there is no server and nothing to see.

#![allow(clippy::unwrap_used)]

extern crate amparo_tickets as tickets;

mod common;

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    sync::Arc,
};

use async_trait::async_trait;
use common::{ANA, TENANT, World, at, started};
use jiff::Timestamp;
use protocol::{
    id::{AppId, ConnectionId, DeviceId, SessionId, TenantId, TicketNumber},
    message::{
        ShownText,
        directory::{Field, FieldKey},
        pairing::CloseReason,
        ticket::{TicketChoice, TicketStatus},
    },
};
use serde_json::Value;
use store::{Category, Ended, EventKind, NewSession, OutboxState, WrappedUp};
use tickets::{
    Reached, ReportError, Systems, Worker,
    clock::Clock,
    event::{self, Says},
    kind::{self, Means},
};
use tokio::sync::Notify;

const NAME: &str = "<script>alert(1)</script> \"Zé\" & O'Brien 😀";
const COMPANY: &str = "*negrito* _it_ h1. [[Wiki]] {{toc}} !x.png! #1 user:agente @agente";
const NOTE: &str = "h1. Título\n\nbq. citado\n* um\n# dois\n-riscado- e +novo+ e @código@ e %{color:red}x%\n|a|b|\n\
    \"ligação\":http://evil.example/x\n> resposta\n---\n<pre>x</pre><img src=x onerror=alert(1)>\n    recuado\n\
    {{macro}} project:suporte (c) 2026 😀🇧🇷\n\\o/ ==cru== `crase` ~a~ ^b^ ??c?? “aspas” 'simples' &amp; 100%";

/// Always the same system.
struct Only(Reached);

#[async_trait]
impl Systems for Only {
    async fn reach(&self, _: TenantId, _: Option<ConnectionId>) -> Result<Reached, ReportError> {
        Ok(self.0.clone())
    }
}

/// The settings of this kind, where there is such a server.
fn settings(kind: &str) -> Option<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(std::env::var_os("AMPARO_TICKETING")?).unwrap();
    let known = kind::of(kind).unwrap();
    let mut typed: BTreeMap<String, String> =
        known.fields().map(|f| (f.key.to_owned(), f.default.to_owned())).collect();
    for (key, value) in text.lines().filter_map(|line| line.split_once('=')) {
        if let Some(key) = key.strip_prefix(kind).and_then(|key| key.strip_prefix('.')) {
            typed.insert(key.to_owned(), value.to_owned());
        }
    }
    Some(typed)
}

fn get(base: &str, path: &str, header: &str) -> String {
    ask("GET", base, path, header, "")
}

fn ask(method: &str, base: &str, path: &str, header: &str, body: &str) -> String {
    let host = base.trim_start_matches("http://");
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    let mut headers = if header.is_empty() { String::new() } else { format!("{header}\r\n") };
    if !body.is_empty() {
        headers += &format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
    }
    write!(stream, "{method} {path} HTTP/1.0\r\nHost: {host}\r\n{headers}\r\n{body}").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.lines().next().unwrap().contains(" 200 "), "{path}: {head}");
    body.to_owned()
}

/// A session of a customer and an attendant who typed all of that, told as the product tells it. What its end is to say, and where.
async fn told(typed: &BTreeMap<String, String>, kind: &str) -> (Vec<String>, String, TicketNumber) {
    let world = World::new().await;
    let mut id = [0; 16];
    ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut id).unwrap();
    let id = SessionId::from_bytes(id);
    let field = |key, value: &str| Field { key, value: ShownText::lossy(value) };
    let new = NewSession {
        id,
        tenant: TENANT,
        app: AppId::from_bytes([2; 16]),
        device: DeviceId::new(123_456_789).unwrap(),
        fields: vec![
            field(FieldKey::Name, NAME),
            field(FieldKey::Company, COMPANY),
            field(FieldKey::Email, "cida@padaria.example"),
        ],
        attendant: ANA,
        attendant_name: "Ana Ribeiro".into(),
        ticket: TicketChoice::OpenNew { subject: ShownText::lossy("Nota <b>fiscal</b> & cia") },
        dialled_at: at(0),
    };
    world.store.open_session(&new).await.unwrap();
    world.store.ask_wrap_up(id).await.unwrap();
    world.store.start_session(id, &started(), at(5)).await.unwrap();
    world.store.note_round_trip(id, 48).await.unwrap();
    let ended = Ended { why: CloseReason::EndedByCustomer, at: at(65), reconnects: 2 };
    world.store.end_session(id, &ended, at(65)).await.unwrap();
    let category = Category { name: "Nota *fiscal* <1>".into(), solved: true };
    let said = WrappedUp { category: Some(category), note: NOTE.into() };
    world.store.wrap_up_session(id, &said, at(70)).await.unwrap();

    let known = kind::of(kind).unwrap();
    let settings = known.parse(typed).unwrap();
    let means = Means::new(Clock::system());
    let reached = Reached { system: (known.connect)(&settings, &means).unwrap(), gate: means.gate(known, &settings) };
    let worker = Worker::new(world.store.clone(), Arc::new(Only(reached)), Arc::new(Notify::new()))
        .with_pages("https://relay.example".into());
    worker.drain(Timestamp::now()).await.unwrap();
    let rows = world.store.outbox_of_session(id).await.unwrap();
    assert!(rows.iter().all(|row| row.state == OutboxState::Done), "{rows:?}");
    let session = world.store.session(id).await.unwrap();
    let tenant = world.store.tenant(TENANT).await.unwrap();
    let action = event::action(EventKind::End, &session, &tenant, Says::default());
    let mut lines: Vec<String> = action.text.lines().map(str::to_owned).collect();
    let audit = session.audit.unwrap().short();
    for (line, fact) in [
        ("Protocolo: ", session.protocol.as_str()),
        ("Atendente: ", "Ana Ribeiro"),
        ("Cliente: ", NAME),
        ("Cliente: ", COMPANY),
        ("Início: ", "21/11/2026 11:00:05 (UTC-03:00)"),
        ("Fim: ", "21/11/2026 11:01:05 (UTC-03:00)"),
        ("Duração: ", "1 min 00 s"),
        ("Permitido: ", "tela, mouse e teclado"),
        ("Motivo do fim: ", "encerrado pelo cliente"),
        ("Caminho: ", "pelo servidor, cifrado de ponta a ponta"),
        ("Reconexões: ", "2"),
        ("Tempo de ida e volta: ", "48 ms"),
        ("Classificação: ", "Nota *fiscal* <1>"),
        ("Resultado: ", "resolvido"),
        ("Observação: ", "h1. Título"),
        ("Registro de auditoria: ", &*audit),
    ] {
        assert!(lines.iter().any(|l| l.starts_with(line) && l.contains(fact)), "{line}{fact}: {lines:#?}");
    }
    lines.push("Sessão no console".to_owned());
    lines.push(format!("[{}]", EventKind::End.marker(id)));
    (lines, EventKind::End.marker(id), session.ticket.unwrap())
}

/// One blank for each run of them: what is between words is nobody's word.
fn even(text: &str) -> String {
    text.replace('\u{a0}', " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let Some((name, tail)) = after.split_once(';') else { break };
        let number = name.strip_prefix("#x").and_then(|hex| u32::from_str_radix(hex, 16).ok());
        let number = number.or_else(|| name.strip_prefix('#').and_then(|n| n.parse().ok()));
        match (name, number.and_then(char::from_u32)) {
            (_, Some(c)) => out.push(c),
            ("lt", _) => out.push('<'),
            ("gt", _) => out.push('>'),
            ("amp", _) => out.push('&'),
            ("quot", _) => out.push('"'),
            ("apos", _) => out.push('\''),
            ("nbsp", _) => out.push(' '),
            other => panic!("what is {other:?} in {text}"),
        }
        rest = tail;
    }
    out + rest
}

/// The words of HTML as a person reads them; and no element in it that we have not put there.
fn read(html: &str, elements: &[&str]) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        let (tag, tail) = after.split_once('>').unwrap();
        let name = tag.trim_start_matches('/').split([' ', '/', '\n']).next().unwrap();
        assert!(elements.contains(&name), "<{tag}> in {html}");
        assert!(!tag.contains(" on") && !tag.contains("javascript:") && !tag.contains("style="), "<{tag}> in {html}");
        text.push(' ');
        rest = tail;
    }
    unescaped(&(text + rest))
}

/// Every line is there, as it was typed, one after the other.
fn assert_says(text: &str, lines: &[String]) {
    let text = even(text);
    let mut rest = text.as_str();
    for line in lines.iter().map(|line| even(line)) {
        let place = rest.find(&line).unwrap_or_else(|| panic!("{line:?} is not in {rest:?}\n(all of it: {text:?})"));
        rest = &rest[place + line.len()..];
    }
}

#[tokio::test]
async fn the_real_request_tracker_gives_every_line_back_as_it_was_typed() {
    let Some(typed) = settings("rt") else { return };
    let (lines, marker, ticket) = told(&typed, "rt").await;
    let path = format!("/REST/2.0/ticket/{ticket}/attachments?fields=Content,ContentType&per_page=100");
    let all: Value =
        serde_json::from_str(&get(&typed["base"], &path, &format!("Authorization: token {}", typed["token"]))).unwrap();
    let texts = all["items"].as_array().unwrap().iter().filter_map(|item| item["Content"].as_str());
    let end = texts.into_iter().find(|text| text.contains(&marker)).unwrap();
    assert!(!end.contains("<script") && !end.contains("<img") && end.contains("&lt;script&gt;"), "{end}");
    assert!(end.contains("<a href=\"https://relay.example/sessions/"), "{end}");
    assert_says(&read(end, &["p", "strong", "br", "a"]), &lines);
}

#[tokio::test]
async fn the_real_redmine_gives_every_line_back_as_it_was_typed_and_shows_it_so() {
    let Some(typed) = settings("redmine") else { return };
    let (lines, marker, ticket) = told(&typed, "redmine").await;
    let path = format!("/issues/{ticket}.json?include=journals");
    let issue: Value =
        serde_json::from_str(&get(&typed["base"], &path, &format!("X-Redmine-API-Key: {}", typed["key"]))).unwrap();
    let journals = issue["issue"]["journals"].as_array().unwrap();
    let end = journals.iter().find(|j| j["notes"].as_str().unwrap().contains(&marker)).unwrap();
    assert_eq!(end["private_notes"], true);
    assert_says(&unescaped(end["notes"].as_str().unwrap()), &lines);
    // As Redmine's own engine shows it to people.
    let feed = typed.get("feed").expect("a server of an earlier version: tests/ticketing wipe, and start it again");
    let feed = get(&typed["base"], &format!("/issues/{ticket}.atom?key={feed}"), "");
    let shown = feed.split("<content type=\"html\">").skip(1).map(|rest| rest.split("</content>").next().unwrap());
    let shown = shown.map(unescaped).find(|html| html.contains(&marker)).expect("the note is shown");
    assert_says(&read(&shown, &["ul", "p", "strong", "br", "a", "code"]), &lines);
}

#[tokio::test]
async fn the_real_request_tracker_opens_no_ticket_again_and_keeps_what_is_written_on_one_that_was_merged() {
    let Some(mut typed) = settings("rt") else { return };
    // What the customer sees would open a ticket that is resolved.
    typed.insert("visibility".into(), "public".into());
    let known = kind::of("rt").unwrap();
    let system = (known.connect)(&known.parse(&typed).unwrap(), &Means::new(Clock::system())).unwrap();
    let token = format!("Authorization: token {}", typed["token"]);
    let change = |ticket: &TicketNumber, body: &str| {
        ask("PUT", &typed["base"], &format!("/REST/2.0/ticket/{ticket}"), &token, body)
    };
    let mut opened = Vec::new();
    for _ in 0..3 {
        let mut id = [0; 16];
        ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut id).unwrap();
        let session = SessionId::from_bytes(id);
        let requester = system.find_or_create_customer(&common::cida("over")).await.unwrap();
        let first = common::action(EventKind::Start, session);
        let new = tickets::NewTicket {
            subject: "Caixa 2".into(),
            requester,
            owner: None,
            first,
            values: Default::default(),
            continues: None,
        };
        opened.push((session, system.open_ticket(&new).await.unwrap().ticket));
    }
    let [(over, resolved), (merged, from), (_, into)] = &opened[..] else { unreachable!() };

    change(resolved, r#"{"Status":"resolved"}"#);
    system.append_action(resolved, &common::action(EventKind::End, *over)).await.unwrap();
    let found = system.look_up(resolved).await.unwrap().unwrap();
    assert_eq!(found.brief.status, TicketStatus::Resolved, "it was opened again");
    let marker = EventKind::End.marker(*over);
    assert!(system.find_marker(Some(resolved), &marker, at(0)).await.unwrap().is_some());

    change(from, &format!(r#"{{"MergeInto":"{into}"}}"#));
    system.append_action(from, &common::action(EventKind::End, *merged)).await.unwrap();
    for ticket in [from, into] {
        let marker = EventKind::End.marker(*merged);
        assert!(system.find_marker(Some(ticket), &marker, at(0)).await.unwrap().is_some(), "not on {ticket}");
    }
}
