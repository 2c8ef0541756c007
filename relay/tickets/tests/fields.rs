//! What goes into which field of a ticket that is opened, with every kind of system: written, written late, refused by name.

#![allow(clippy::unwrap_used)]

extern crate amparo_tickets as tickets;

mod common;
mod fakes;
#[path = "common/far.rs"]
mod far;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use common::{ANA, TENANT, action, at, cida, open_new, session_id};
use fakes::{REFUSED, Server};
use far::{Far, Fixed};
use protocol::id::{AppId, ConnectionId};
use serde_json::{Value, json};
use store::{EventKind, NewConnection, OutboxState, Reason};
use tickets::{
    NewTicket, Opened, Refusal, ReportError, TicketSystem,
    clock::Clock,
    gate::Gate,
    http::{Call, Http, Patience, trust::Trust},
    kind::{self, Means},
    mapping::{Mapping, Values},
    secret::Secret,
};

type Pairs = Vec<(&'static str, &'static str)>;
type Sample = (&'static str, Pairs, Value, Value, &'static str);

/// Of each kind: what is mapped, what stands there once the ticket is opened, what at the end of the session, and a field of a company's own.
fn samples() -> Vec<Sample> {
    let doc = "123.456.789-09";
    vec![
        (
            "movidesk",
            vec![
                ("urgency", "Alta"),
                ("111:222", "{customer_document}"),
                ("333:444:item", "{app}"),
                ("777:888:items", "Nota; Rede"),
                ("555:666", "{duration_minutes}"),
            ],
            json!({ "urgency": "Alta", "customFieldValues": [
                { "customFieldId": 111, "customFieldRuleId": 222, "line": 1, "items": [], "value": doc },
                { "customFieldId": 333, "customFieldRuleId": 444, "line": 1, "value": null, "items": [{ "customFieldItem": "Suporte" }] },
                { "customFieldId": 777, "customFieldRuleId": 888, "line": 1, "value": null, "items": [{ "customFieldItem": "Nota" }, { "customFieldItem": "Rede" }] },
            ] }),
            json!({ "urgency": "Alta", "customFieldValues": [
                { "customFieldId": 111, "customFieldRuleId": 222, "line": 1, "items": [], "value": doc },
                { "customFieldId": 333, "customFieldRuleId": 444, "line": 1, "value": null, "items": [{ "customFieldItem": "Suporte" }] },
                { "customFieldId": 777, "customFieldRuleId": 888, "line": 1, "value": null, "items": [{ "customFieldItem": "Nota" }, { "customFieldItem": "Rede" }] },
                { "customFieldId": 555, "customFieldRuleId": 666, "line": 1, "items": [], "value": "2" },
            ] }),
            "111:222",
        ),
        (
            "salesforce",
            vec![
                ("Origin", "Amparo"),
                ("Filial__c", "{customer_company}"),
                ("Vip__c", "true"),
                ("Minutos__c", "{duration_minutes}"),
            ],
            json!({ "Status": "New", "Origin": "Amparo", "Filial__c": "Padaria Aurora", "Vip__c": true }),
            json!({ "Status": "New", "Origin": "Amparo", "Filial__c": "Padaria Aurora", "Vip__c": true, "Minutos__c": "2" }),
            "Filial__c",
        ),
        (
            "zendesk",
            vec![
                ("priority", "high"),
                ("tags", "remoto amparo"),
                ("group_id", "7"),
                ("360012", "{customer_document}"),
                ("360013", "{duration_minutes} min"),
            ],
            json!({ "priority": "high", "tags": ["remoto", "amparo"], "group_id": 7,
                "custom_fields": [{ "id": 360012, "value": doc }] }),
            json!({ "priority": "high", "tags": ["remoto", "amparo"], "group_id": 7,
                "custom_fields": [{ "id": 360012, "value": doc }, { "id": 360013, "value": "2 min" }] }),
            "360012",
        ),
        (
            "zammad",
            vec![("priority", "3 high"), ("filial", "{customer_company}"), ("minutos", "{duration_minutes}")],
            json!({ "priority": "3 high", "filial": "Padaria Aurora" }),
            json!({ "priority": "3 high", "filial": "Padaria Aurora", "minutos": "2" }),
            "filial",
        ),
        (
            "glpi",
            vec![
                ("itilcategories_id", "4"),
                ("type", "2"),
                ("filialfield", "{customer_company}"),
                ("minutosfield", "{duration_minutes}"),
            ],
            json!({ "itilcategories_id": 4, "type": 2, "filialfield": "Padaria Aurora" }),
            json!({ "itilcategories_id": 4, "type": 2, "filialfield": "Padaria Aurora", "minutosfield": "2" }),
            "filialfield",
        ),
        (
            "rt",
            vec![("Priority", "50"), ("CF.{Filial}", "{customer_company}"), ("TimeWorked", "{duration_minutes}")],
            json!({ "Priority": "50", "CustomFields": { "Filial": "Padaria Aurora" } }),
            json!({ "Priority": "50", "CustomFields": { "Filial": "Padaria Aurora" }, "TimeWorked": 2 }),
            "CF.{Filial}",
        ),
        (
            "redmine",
            vec![("priority_id", "5"), ("12", "{customer_document}"), ("13", "{duration_minutes}")],
            json!({ "priority_id": 5, "custom_fields": [{ "id": 12, "value": doc }] }),
            json!({ "priority_id": 5, "custom_fields": [{ "id": 12, "value": doc }, { "id": 13, "value": "2" }] }),
            "12",
        ),
        (
            "webhook",
            vec![("filial", "{customer_company}"), ("minutos", "{duration_minutes}")],
            json!({ "filial": "Padaria Aurora" }),
            json!({ "filial": "Padaria Aurora", "minutos": "2" }),
            "filial",
        ),
    ]
}

fn values(late: bool) -> Values {
    let mut values = Values::from([
        ("customer_document", "123.456.789-09".to_owned()),
        ("customer_company", "Padaria Aurora".to_owned()),
        ("app", "Suporte".to_owned()),
    ]);
    if late {
        values.insert("duration_minutes", "2".to_owned());
    }
    values
}

async fn opened(system: &Arc<dyn TicketSystem>, values: Values) -> Result<Opened, ReportError> {
    let requester = system.find_or_create_customer(&cida("1")).await.unwrap();
    let first = action(EventKind::Start, session_id(1));
    let owner = first.author.clone();
    let new = NewTicket { subject: "Nota fiscal".into(), requester, owner, first, values, continues: None };
    system.open_ticket(&new).await
}

/// What we write ourselves is left out of what stands there.
fn of_company(mut fields: Value) -> Value {
    for values in fields["customFieldValues"].as_array_mut().into_iter().flatten() {
        for item in values["items"].as_array_mut().into_iter().flatten() {
            // What Movidesk tells of an item beside the option's name.
            item.as_object_mut().unwrap().retain(|_, value| !value.is_null() && value != "");
        }
    }
    if let Some(all) = fields.as_object_mut() {
        all.retain(|name, value| !value.is_null() && !name.starts_with("Supplied"));
    }
    fields
}

#[tokio::test]
async fn what_is_mapped_stands_in_the_ticket_and_what_is_known_late_is_added_at_the_end() {
    let samples = samples();
    for kind in kind::KINDS {
        let (_, pairs, at_first, at_last, _) =
            samples.iter().find(|sample| sample.0 == kind.name).unwrap_or_else(|| panic!("no sample of {}", kind.name));
        let clock = Clock::standing_at(at(0));
        let server = Server::start(fakes::of(kind.name), clock.clone()).await;
        let system = server.reached_with(&Means::new(clock.clone()), pairs).system;
        let ticket = opened(&system, values(false)).await.unwrap().ticket;
        assert_eq!(of_company(server.fields(ticket.as_str())), *at_first, "{}", kind.name);
        // Twice is the same as once, and no note comes of it.
        let texts = server.tickets();
        clock.set(at(900));
        for _ in 0..2 {
            system.fill(&ticket, &values(true)).await.unwrap();
            clock.set(clock.now().checked_add(Duration::from_secs(300)).unwrap());
        }
        assert_eq!(of_company(server.fields(ticket.as_str())), *at_last, "{}", kind.name);
        assert_eq!(server.tickets(), texts, "{}", kind.name);
        // With nothing to add, nothing is asked.
        let calls = server.calls();
        system.fill(&ticket, &values(false)).await.unwrap();
        assert_eq!(server.calls(), calls, "{}", kind.name);
    }
}

#[tokio::test]
async fn a_system_that_refuses_a_mapped_field_is_told_of_with_the_fields_name_and_nothing_was_written() {
    for (kind, _, _, _, own) in samples() {
        let clock = Clock::standing_at(at(0));
        let server = Server::start(fakes::of(kind), clock.clone()).await;
        let means = Means::new(clock.clone());
        let refusing = server.reached_with(&means, &[(own, REFUSED)]).system;
        let refused = opened(&refusing, values(false)).await;
        match &refused {
            Err(error @ ReportError::Rejected { refusal: Refusal::Field, why }) => {
                assert!(why.starts_with(own), "{kind}: {why}");
                assert_eq!(error.reason(), Reason::Field);
                assert!(!error.is_uncertain());
            }
            other => panic!("{kind}: {other:?}"),
        }
        assert!(server.tickets().is_empty(), "{kind}");

        // The same of what is written at the end.
        let late = server.reached_with(&means, &[(own, "{category}")]).system;
        clock.set(at(900));
        let ticket = opened(&late, values(false)).await.unwrap().ticket;
        clock.set(at(1800));
        let refused = late.fill(&ticket, &Values::from([("category", REFUSED.to_owned())])).await;
        let named =
            matches!(&refused, Err(ReportError::Rejected { refusal: Refusal::Field, why }) if why.starts_with(own));
        assert!(named, "{kind}: {refused:?}");
    }
}

#[tokio::test]
async fn a_field_that_a_system_forgets_without_a_word_is_told_of_too() {
    for (kind, forgotten, late) in [("rt", "CF.{Sem}", "CF.{Nada}"), ("redmine", "", "77")] {
        let clock = Clock::standing_at(at(0));
        let server = Server::start(fakes::of(kind), clock.clone()).await;
        let means = Means::new(clock.clone());
        let is_named = |told: &Result<(), ReportError>, name: &str| matches!(told, Err(ReportError::Rejected { refusal: Refusal::Field, why }) if why.starts_with(name));
        if !forgotten.is_empty() {
            let system = server.reached_with(&means, &[(forgotten, "x"), ("CF.{Filial}", "x")]).system;
            let refused = opened(&system, Values::new()).await.map(|_| ());
            assert!(is_named(&refused, &format!("{forgotten} (")), "{kind}: {refused:?}");
            assert!(server.tickets().is_empty(), "{kind}");
        }
        let system = server
            .reached_with(&means, &[(late, "{category}"), ("priority_id", "5")][..1 + usize::from(kind == "redmine")]);
        let ticket = opened(&system.system, Values::new()).await.unwrap().ticket;
        let refused = system.system.fill(&ticket, &Values::from([("category", "Resolvido".to_owned())])).await;
        assert!(is_named(&refused, &format!("{late} (")), "{kind}: {refused:?}");
    }
}

/// Fields with what goes into them.
type Mapped = &'static [(&'static str, &'static str)];

/// Of each kind that leaves fields out without a word: some that it keeps, and some that it does not.
const LEFT_OUT: [(&str, Mapped, &[&str]); 4] = [
    ("redmine", &[("12", "sim"), ("priority_id", "5"), ("due_date", "2026-12-24")], &["77", "status_id"]),
    ("zammad", &[("filial", "Matriz"), ("priority", "3 high")], &["nada"]),
    ("zendesk", &[("360012", "sim"), ("priority", "high")], &["77"]),
    ("rt", &[("CF.{Filial}", "Matriz"), ("Priority", "50"), ("TimeWorked", "5")], &["Due"]),
];

#[tokio::test]
async fn what_a_system_leaves_out_of_a_new_ticket_is_noted_where_people_look_and_the_ticket_is_told_once() {
    for (kind, keeps, leaves_out) in LEFT_OUT {
        let mut far = Far::new(kind).await;
        let id = ConnectionId::from_bytes([9; 16]);
        let new = NewConnection {
            id,
            tenant: TENANT,
            kind: kind.into(),
            name: kind.into(),
            settings: BTreeMap::new(),
            sealed: Vec::new(),
        };
        let store = far.world.store.clone();
        store.add_connection(&new, at(0)).await.unwrap();
        store.set_app_connection(TENANT, AppId::from_bytes([2; 16]), Some(id)).await.unwrap();
        let means = Means::new(far.clock.clone());
        let all: Vec<(&str, &str)> = keeps.iter().copied().chain(leaves_out.iter().map(|name| (*name, "9"))).collect();

        far.systems = Arc::new(Fixed(far.server.reached_with(&means, keeps)));
        let whole = far.ended(open_new()).await;
        assert_eq!(far.work_off().await, 0, "{kind}");
        far.assert_told_once(whole, kind).await;
        assert_eq!(store.connection(TENANT, id).await.unwrap().left_out, None, "{kind}: all of it is there");

        far.systems = Arc::new(Fixed(far.server.reached_with(&means, &all)));
        let session = far.ended(open_new()).await;
        assert_eq!(far.work_off().await, 0, "{kind}: nobody has to see to it before it is told");
        far.assert_told_once(session, kind).await;
        let noted = store.connection(TENANT, id).await.unwrap();
        let left_out = noted.left_out.unwrap_or_else(|| panic!("{kind}: nothing is noted"));
        assert_eq!(left_out.fields, leaves_out, "{kind}");
        assert_eq!(Some(left_out.ticket), store.session(session).await.unwrap().ticket, "{kind}");
        assert_eq!(noted.revision, 1, "{kind}: nobody has to connect anew");

        // A ticket without these fields says nothing of them; saving what is mapped does.
        far.systems = Arc::new(Fixed(far.server.reached_with(&means, keeps)));
        far.ended(open_new()).await;
        far.work_off().await;
        assert!(store.connection(TENANT, id).await.unwrap().left_out.is_some(), "{kind}");
        store.set_connection_fields(TENANT, id, &[], &[]).await.unwrap();
        assert_eq!(store.connection(TENANT, id).await.unwrap().left_out, None, "{kind}");
    }
}

#[tokio::test]
async fn what_is_written_late_and_left_out_holds_the_action_back_with_the_fields_name() {
    for (kind, field) in [("zammad", "nada"), ("zendesk", "77"), ("redmine", "77")] {
        let clock = Clock::standing_at(at(0));
        let server = Server::start(fakes::of(kind), clock.clone()).await;
        let system = server.reached_with(&Means::new(clock), &[(field, "{category}")]).system;
        let ticket = opened(&system, Values::new()).await.unwrap().ticket;
        let told = system.fill(&ticket, &Values::from([("category", "Resolvido".to_owned())])).await;
        assert!(is_refused(&told, &format!("{field} (")), "{kind}: {told:?}");
    }
}

#[tokio::test]
async fn movidesks_lists_take_options_by_their_names_and_what_is_none_is_refused_by_the_fields_name() {
    let clock = Clock::standing_at(at(0));
    let means = Means::new(clock.clone());
    for (name, value, taken) in [
        ("333:444:item", "Vendas", true),
        ("777:888:items", "Caixa", true),
        ("777:888:items", " Caixa ;Rede; ", true),
        // A list is no text, a text no list, and neither takes what there is not.
        ("333:444", "Vendas", false),
        ("111:222:item", "Vendas", false),
        ("333:444:item", "Suporte;Vendas", false),
        ("333:444:items", "Suporte;Vendas", false),
        ("777:888:items", "Caixa; Outra", false),
    ] {
        let server = Server::start(fakes::of("movidesk"), clock.clone()).await;
        let told = opened(&server.reached_with(&means, &[(name, value)]).system, Values::new()).await.map(|_| ());
        assert_eq!(told.is_ok(), taken, "{name} {value}: {told:?}");
        assert!(taken || is_refused(&told, &format!("{name} (")), "{name} {value}: {told:?}");
        assert_eq!(server.tickets().len(), usize::from(taken), "{name} {value}");
        clock.set(clock.now().checked_add(Duration::from_secs(900)).unwrap());
    }
}

#[tokio::test]
async fn a_day_is_a_time_to_request_tracker() {
    let clock = Clock::standing_at(at(0));
    let server = Server::start(fakes::of("rt"), clock.clone()).await;
    let pairs = [("Due", "2026-12-24"), ("Starts", "2026-12-24T10:00:00Z")];
    let system = server.reached_with(&Means::new(clock), &pairs).system;
    let ticket = opened(&system, Values::new()).await.unwrap().ticket;
    let fields = server.fields(ticket.as_str());
    assert_eq!((&fields["Due"], &fields["Starts"]), (&json!("2026-12-24 00:00:00"), &json!("2026-12-24T10:00:00Z")));
}

#[tokio::test]
async fn what_a_customer_typed_is_a_text_in_its_field_whatever_it_looks_like() {
    let odd = "Cida \"X\" <b>&'{protocol}\\ OR 1=1";
    for (kind, _, _, _, own) in samples() {
        let clock = Clock::standing_at(at(0));
        let server = Server::start(fakes::of(kind), clock.clone()).await;
        let system = server.reached_with(&Means::new(clock), &[(own, "{customer_name}")]).system;
        let ticket = opened(&system, Values::from([("customer_name", odd.to_owned())])).await.unwrap().ticket;
        let fields = of_company(server.fields(ticket.as_str()));
        let written = json!(odd).to_string();
        assert_eq!(fields.to_string().matches(&written).count(), 1, "{kind}: {fields}");
    }
}

#[tokio::test]
async fn a_refused_field_parks_the_action_with_its_name_and_once_it_is_corrected_all_is_told_once() {
    for (kind, _, _, _, own) in samples() {
        let mut far = Far::new(kind).await;
        let means = Means::new(far.clock.clone());
        far.systems = Arc::new(Fixed(far.server.reached_with(&means, &[(own, REFUSED)])));
        let session = far.ended(open_new()).await;
        while far.step().await {}
        let rows = far.world.store.outbox_list(TENANT, &[OutboxState::Parked], 9).await.unwrap();
        assert_eq!(rows.len(), 1, "{kind}");
        let why = rows[0].why.clone().unwrap();
        assert!(rows[0].reason == Some(Reason::Field) && why.contains(own), "{kind}: {why}");
        assert!(far.server.tickets().is_empty(), "{kind}");

        let (_, pairs, ..) = samples().into_iter().find(|sample| sample.0 == kind).unwrap();
        far.systems = Arc::new(Fixed(far.server.reached_with(&means, &pairs)));
        far.work_off().await;
        far.assert_told_once(session, kind).await;
        let ticket = far.world.store.session(session).await.unwrap().ticket.unwrap();
        let fields = far.server.fields(ticket.as_str()).to_string();
        // A session of a minute: what is known at its end is there, under the name that it has at its end.
        assert!(fields.contains("\"1\"") || fields.contains(":1") || fields.contains("1 min"), "{kind}: {fields}");
        let late = pairs.last().unwrap().0.split(':').next().unwrap();
        assert!(fields.contains(late), "{kind}: {late} in {fields}");
    }
}

#[tokio::test]
async fn somebody_elses_ticket_gets_the_actions_and_none_of_the_fields() {
    for (kind, pairs, ..) in samples() {
        let mut far = Far::new(kind).await;
        let means = Means::new(far.clock.clone());
        far.systems = Arc::new(Fixed(far.server.reached_with(&means, &pairs)));
        let ticket = far.ticket();
        let session = far.ended(protocol::message::ticket::TicketChoice::Number(ticket.clone())).await;
        far.work_off().await;
        far.assert_told_once(session, kind).await;
        let fields = of_company(far.server.fields(ticket.as_str()));
        assert!(fields.as_object().is_none_or(|fields| fields.is_empty()), "{kind}: {fields}");
    }
}

/// A real server, as `tests/ticketing` has started it, with the settings of its connection.
fn real(kind: &str) -> Option<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(std::env::var_os("AMPARO_TICKETING")?).unwrap();
    let fields = kind::of(kind).unwrap().fields();
    let mut typed: BTreeMap<String, String> = fields.map(|field| (field.key.into(), field.default.into())).collect();
    for line in text.lines() {
        let of_kind = line.strip_prefix(kind).and_then(|rest| rest.strip_prefix('.')?.split_once('='));
        typed.extend(of_kind.map(|(key, value)| (key.to_owned(), value.to_owned())));
    }
    Some(typed)
}

fn connected(kind: &str, typed: &BTreeMap<String, String>, pairs: &[(&str, &str)]) -> Arc<dyn TicketSystem> {
    let kind = kind::of(kind).unwrap();
    let pairs: Vec<(String, String)> = pairs.iter().map(|(f, v)| ((*f).to_owned(), (*v).to_owned())).collect();
    // Somebody who is in neither of them.
    let people = BTreeMap::from([(ANA, "987654".to_owned())]);
    let mapping = Mapping::parse(kind.targets, &pairs).unwrap();
    let settings = kind.parse(typed).unwrap().with_fields(mapping).with_people(people);
    (kind.connect)(&settings, &Means::new(Clock::system())).unwrap()
}

/// What a real server says of a ticket.
async fn read(typed: &BTreeMap<String, String>, path: &str, header: &'static str, before: &str, token: &str) -> Value {
    let base = typed["base"].parse().unwrap();
    let (trust, gate) = (Trust::with("").unwrap(), Arc::new(Gate::open()));
    let http = Http::new(base, trust, Patience::default(), gate, Clock::system(), &[]);
    let call = Call::get(path).credential(header, before, &Secret::new(&*typed[token]));
    http.send(call).await.unwrap().good().unwrap().json().unwrap()
}

fn is_refused(told: &Result<(), ReportError>, name: &str) -> bool {
    matches!(told, Err(ReportError::Rejected { refusal: Refusal::Field, why }) if why.starts_with(name))
}

#[tokio::test]
async fn the_real_request_tracker_keeps_what_is_mapped_and_what_it_does_not_know_is_told_of() {
    let Some(typed) = real("rt") else { return };
    let pairs = [("Due", "2026-12-24"), ("TimeWorked", "{duration_minutes}")];
    let system = connected("rt", &typed, &pairs);
    let ticket = opened(&system, values(false)).await.unwrap().ticket;
    system.fill(&ticket, &values(true)).await.unwrap();
    let path = format!("/REST/2.0/ticket/{ticket}");
    let kept = read(&typed, &path, "authorization", "token ", "token").await;
    assert_eq!(kept["TimeWorked"], "2", "{kept}");
    assert!(kept["Due"].as_str().unwrap().starts_with("2026-12-24"), "{kept}");
    assert_eq!(kept["Owner"]["id"], "Nobody", "{kept}");
    let pairs = [("Due", "nunca"), ("Starts", "2026-12-24"), ("Priority", "50")];
    let fields = opened(&connected("rt", &typed, &pairs), values(false)).await.unwrap().fields;
    assert_eq!((&fields.left_out[..], fields.kept.len()), (&["Due".to_owned()][..], 2), "{fields:?}");

    let unknown = opened(&connected("rt", &typed, &[("CF.{Nada}", "x")]), values(false)).await.map(|_| ());
    assert!(is_refused(&unknown, "CF.{Nada}"), "{unknown:?}");
    let wrong = opened(&connected("rt", &typed, &[("Status", "nada")]), values(false)).await.map(|_| ());
    assert!(is_refused(&wrong, "Status"), "{wrong:?}");
    let late = connected("rt", &typed, &[("Status", "{category}")]);
    let refused = late.fill(&ticket, &Values::from([("category", "nada".to_owned())])).await;
    assert!(is_refused(&refused, "Status"), "{refused:?}");
}

#[tokio::test]
async fn the_real_redmine_keeps_what_is_mapped_and_what_it_forgets_is_told_of() {
    let Some(typed) = real("redmine") else { return };
    let system = connected("redmine", &typed, &[("start_date", "{start_date}"), ("987", "{category}")]);
    let mut known = values(false);
    known.insert("start_date", "2026-11-21".into());
    let ticket = opened(&system, known).await.unwrap().ticket;
    let path = format!("/issues/{ticket}.json");
    let kept = read(&typed, &path, "x-redmine-api-key", "", "key").await;
    assert_eq!(kept["issue"]["start_date"], "2026-11-21", "{kept}");
    assert!(kept["issue"]["assigned_to"].is_null(), "{kept}");
    let refused = system.fill(&ticket, &Values::from([("category", "x".to_owned())])).await;
    assert!(is_refused(&refused, "987"), "{refused:?}");
    // What it leaves out of a new issue without a word: a field that there is not, a status that our role may not set.
    let pairs = [("987", "x"), ("status_id", "5"), ("start_date", "2026-11-21"), ("priority_id", "2")];
    let fields = opened(&connected("redmine", &typed, &pairs), values(false)).await.unwrap().fields;
    assert_eq!(
        (&fields.left_out[..], fields.kept.len()),
        (&["987".to_owned(), "status_id".into()][..], 2),
        "{fields:?}"
    );
    // The account of our tests may hide notes, and this is how that is known.
    system.account().await.unwrap();
    let wrong = opened(&connected("redmine", &typed, &[("priority_id", "99")]), values(false)).await.map(|_| ());
    assert!(is_refused(&wrong, "priority_id"), "{wrong:?}");
}
