//! Every operation of the API with valid, boundary and hostile values, made from what the API says of itself: no server error, and each
//! answer has a status and a shape that is declared. The same values in each run; `AMPARO_API_ROUNDS` makes more of them.

#![allow(missing_docs, clippy::unwrap_used)]

mod api_support;
mod console_support;

use std::collections::{BTreeMap, BTreeSet};

use amparo_relay::{config::Config, relay::Relay};
use api_support::Api;
use axum::http::{Method, header};
use console_support::*;
use jiff::Timestamp;
use protocol::{
    id::{AppId, ConnectionId, DeviceId, SessionId},
    message::{ShownText, directory::FieldKey, grant::Grants, pairing::CloseReason, ticket::TicketChoice},
};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde_json::{Map, Value, json};
use store::{App, CustomerDetails, Ended, Event, NewConnection, NewSession, Scope, Stamp, Started};
use tickets::desk::Author;

/// Requests to each operation.
const ROUNDS: usize = 60;

/// What the API says of itself, and what of it is known to be there.
struct Spec {
    document: Value,
    /// Real values by the name of a parameter or field.
    known: BTreeMap<&'static str, Vec<Value>>,
    random: StdRng,
}

fn hostile_texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        " ",
        "\0",
        "a\0b",
        "'; DROP TABLE sessions; --",
        "%",
        "_",
        "%25",
        "../../etc/passwd",
        "\u{202e}abc",
        "𝕏é\u{301}",
        "null",
        "-1",
        "0",
        "9223372036854775808",
        "1e309",
        "NaN",
        "<script>alert(1)</script>",
        "\r\nx-evil: 1",
        "\n",
        "*",
        "\"\"",
        "ffffffffffffffffffffffffffffffff",
        "2026-02-30",
        "9999-12-31",
        "-9999-01-01",
        "amp_x",
        "{}",
        "[]",
        "true",
    ]
    .map(str::to_owned)
    .into();
    texts.push("x".repeat(3_000));
    texts
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

impl Spec {
    fn schema<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(name) => &self.document["components"]["schemas"][name.rsplit('/').next().unwrap()],
            None => schema,
        }
    }

    fn hostile(&mut self) -> Value {
        let texts = hostile_texts();
        match self.random.random_range(0..8) {
            0 => Value::Null,
            1 => json!(self.random.random::<bool>()),
            2 => json!([0_i64, -1, 1, 1441, 65_536, i64::MAX, i64::MIN, 1 << 53].choose(&mut self.random).unwrap()),
            3 => json!(1.5e300),
            4 => json!([]),
            5 => json!({ "a": [{}] }),
            _ => json!(texts.choose(&mut self.random).unwrap()),
        }
    }

    /// A value that fits this schema, or nearly: with `worse`, some parts of it are hostile.
    fn value(&mut self, name: &str, schema: &Value, worse: f64) -> Value {
        if self.random.random_bool(worse) {
            return self.hostile();
        }
        let schema = self.schema(schema).clone();
        if let Some(choices) = schema["enum"].as_array() {
            return choices.choose(&mut self.random).unwrap().clone();
        }
        if let Some(ways) = schema["oneOf"].as_array().or(schema["allOf"].as_array()) {
            let way = ways.choose(&mut self.random).unwrap().clone();
            return self.value(name, &way, worse);
        }
        let kinds: Vec<&str> = match &schema["type"] {
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
            kind => kind.as_str().into_iter().collect(),
        };
        match *kinds.choose(&mut self.random).unwrap_or(&"string") {
            "null" => Value::Null,
            "boolean" => json!(self.random.random::<bool>()),
            "integer" | "number" => {
                if let Some(known) = self.known.get(name) {
                    return known.choose(&mut self.random).unwrap().clone();
                }
                let (least, most) =
                    (schema["minimum"].as_i64().unwrap_or(0), schema["maximum"].as_i64().unwrap_or(1 << 40));
                json!([least, most, (least + most) / 2].choose(&mut self.random).unwrap())
            }
            "array" => {
                let least = schema["minItems"].as_u64().unwrap_or(0);
                let count = if least > 0 { least } else { self.random.random_range(0..3) };
                (0..count).map(|_| self.value(name, &schema["items"], worse)).collect()
            }
            "object" => {
                let needed: Vec<&str> =
                    schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                let mut object = Map::new();
                for (name, part) in schema["properties"].as_object().into_iter().flatten() {
                    let there = needed.contains(&name.as_str()) || self.random.random_bool(0.4);
                    if there && !self.random.random_bool(worse / 4.0) {
                        object.insert(name.clone(), self.value(name, part, worse));
                    }
                }
                Value::Object(object)
            }
            _ => match self.known.get(name) {
                Some(known) => known.choose(&mut self.random).unwrap().clone(),
                None => json!(["Nota fiscal", "a", "Ç"].choose(&mut self.random).unwrap()),
            },
        }
    }

    /// A value within a path, a query or a header.
    fn text(&mut self, name: &str, schema: &Value, worse: f64) -> String {
        match self.value(name, schema, worse) {
            Value::String(text) => text,
            other => other.to_string(),
        }
    }

    /// Where a value does not fit a schema.
    fn misfit(&self, schema: &Value, value: &Value, at: &str) -> Option<String> {
        let schema = self.schema(schema);
        if let Some(ways) = schema["oneOf"].as_array().or(schema["anyOf"].as_array()) {
            let fits = ways.iter().any(|way| self.misfit(way, value, at).is_none());
            return (!fits).then(|| format!("{at}: no way fits {value}"));
        }
        if let Some(parts) = schema["allOf"].as_array() {
            return parts.iter().find_map(|part| self.misfit(part, value, at));
        }
        if let Some(choices) = schema["enum"].as_array() {
            return (!choices.contains(value)).then(|| format!("{at}: {value} is none of its words"));
        }
        let is = |kind: &str| match kind {
            "null" => value.is_null(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "string" => value.is_string(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            _ => false,
        };
        let fits = match &schema["type"] {
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).any(is),
            Value::String(kind) => is(kind),
            _ => true,
        };
        if !fits {
            return Some(format!("{at}: {value} is not {}", schema["type"]));
        }
        let (least, most) = (schema["minimum"].as_f64(), schema["maximum"].as_f64());
        if let Some(number) = value.as_f64()
            && (least.is_some_and(|least| number < least) || most.is_some_and(|most| number > most))
        {
            return Some(format!("{at}: {number} is out of its range"));
        }
        if let (Value::Array(items), schema @ Value::Object(_)) = (value, &schema["items"]) {
            return items.iter().enumerate().find_map(|(n, item)| self.misfit(schema, item, &format!("{at}[{n}]")));
        }
        let needed = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        if let (Value::Object(parts), properties @ Value::Object(known)) = (value, &schema["properties"]) {
            if let Some(missing) = needed.into_iter().find(|name| !parts.contains_key(*name)) {
                return Some(format!("{at}: lacks {missing}"));
            }
            if let Some(more) = parts.keys().find(|name| !known.contains_key(*name)) {
                return Some(format!("{at}: has {more}, which is not declared"));
            }
            return parts.iter().find_map(|(name, part)| self.misfit(&properties[name], part, &format!("{at}.{name}")));
        }
        None
    }
}

/// One of everything, so that there is something to find; and where it is.
async fn furnish(shared: &amparo_relay::relay::Shared, waiting: DeviceId) -> BTreeMap<&'static str, Vec<Value>> {
    let (tenant, now) = (shared.first_tenant, Timestamp::now());
    let user = shared.store.operator_by_login(tenant, "chefe").await.unwrap().unwrap();
    let app = shared.store.apps(tenant).await.unwrap()[0].id;
    let details = CustomerDetails { name: "Cida".into(), ..CustomerDetails::default() };
    let customer = shared.desk.find_or_create_customer(tenant, &details, now).await.unwrap();
    let author = Author { operator: user.id, name: user.name.clone(), language: store::Language::PtBr };
    let ticket = shared.desk.open_ticket(tenant, &author, customer.id, "Nota", "Texto", now).await.unwrap();
    // One that nobody closes, of somebody who is not here.
    let absent = CustomerDetails { name: "Rosa".into(), ..CustomerDetails::default() };
    let absent = shared.desk.find_or_create_customer(tenant, &absent, now).await.unwrap();
    let open = shared.desk.open_ticket(tenant, &author, absent.id, "Caixa", "Texto", now).await.unwrap();
    let (ticket, open) = (json!(ticket.number.as_str()), json!(open.number.as_str()));
    let connection = ConnectionId::from_bytes([7; 16]);
    let new = NewConnection {
        id: connection,
        tenant,
        kind: "redmine".into(),
        name: "Redmine".into(),
        // Nobody answers there, and at once.
        settings: BTreeMap::from([("base".to_owned(), "https://127.0.0.1:9".to_owned())]),
        sealed: vec![1],
    };
    shared.store.add_connection(&new, now).await.unwrap();
    let session = SessionId::from_bytes([5; 16]);
    let new = NewSession {
        id: session,
        tenant,
        app,
        device: DeviceId::new(123_456_789).unwrap(),
        fields: Vec::new(),
        attendant: user.id,
        attendant_name: user.name,
        ticket: TicketChoice::OpenNew { subject: ShownText::default() },
        dialled_at: now,
    };
    let protocol = shared.store.open_session(&new).await.unwrap().protocol;
    let started = Started { granted: Grants::CONTROL, attendant_name: String::new(), at: now };
    shared.store.start_session(session, &started, now).await.unwrap();
    let ended = Ended { why: CloseReason::EndedByCustomer, at: now, reconnects: 0 };
    shared.store.end_session(session, &ended, now).await.unwrap();
    let mut twins = Vec::new();
    for name in ["Lia", "Lia Sá"] {
        let details = CustomerDetails { name: name.into(), ..CustomerDetails::default() };
        twins.push(shared.desk.find_or_create_customer(tenant, &details, now).await.unwrap().id.0);
    }
    // Of these one is archived and brought back, and one is deleted.
    let mut spare = Vec::new();
    for n in [81, 82] {
        let extra = App::new(AppId::from_bytes([n; 16]), tenant, &format!("Extra {n}"), "Varanda", "", now);
        spare.push(amparo_relay::apps::add(&*shared.store, extra).await.unwrap().id);
    }
    let by = Stamp { at: now, by: String::new() };
    shared.store.archive_app(tenant, spare[1], &by).await.unwrap();
    shared.apps.changed(tenant);
    let (spare, gone) = (json!(spare[0].to_string()), json!(spare[1].to_string()));
    let (user, app) = (json!(user.id.to_string()), json!(app.to_string()));
    BTreeMap::from([
        ("/api/v1/sessions/{id}", vec![json!(session.to_string()), json!(protocol.as_str())]),
        ("/api/v1/sessions/{id}/end", vec![json!(session.to_string())]),
        ("/api/v1/waiting/{id}", vec![json!(waiting.number())]),
        ("/api/v1/tickets/{number}", vec![ticket.clone()]),
        ("/api/v1/tickets/{number}/actions", vec![ticket.clone()]),
        ("/api/v1/tickets/{number}/answers", vec![ticket.clone()]),
        ("/api/v1/tickets/{number}/notices", vec![open.clone()]),
        ("/api/v1/tickets/{number}/notices/{id}#number", vec![open]),
        ("/api/v1/tickets/{number}/notices/{id}#id", vec![json!(1)]),
        ("/api/v1/tickets/{number}/tags", vec![ticket.clone()]),
        ("/api/v1/tickets/{number}/tags/{tag}#number", vec![ticket]),
        ("/api/v1/tickets/{number}/tags/{tag}#tag", vec![json!("Nota fiscal"), json!("Ç"), json!("a/b")]),
        ("/api/v1/answers/{id}", (1..=3).map(Value::from).collect()),
        ("/api/v1/mail-texts/{language}", ["pt-BR", "en", "es"].map(Value::from).into()),
        ("text", vec![json!("Nota fiscal"), json!("{text}")]),
        ("/api/v1/customers/{id}", vec![json!(customer.id.0)]),
        ("/api/v1/customers/{id}/merge", vec![json!(twins[0])]),
        ("other_id", vec![json!(twins[1])]),
        ("/api/v1/connections/{id}/tickets/{number}/notices#id", vec![json!(connection.to_string())]),
        ("/api/v1/connections/{id}/tickets/{number}/notices#number", vec![json!("77")]),
        ("/api/v1/connections/{id}/tickets/{number}/notices/{notice}#id", vec![json!(connection.to_string())]),
        ("/api/v1/connections/{id}/tickets/{number}/notices/{notice}#number", vec![json!("77")]),
        ("/api/v1/apps/{id}", vec![app.clone(), gone]),
        ("/api/v1/apps/{id}/archive", vec![spare.clone()]),
        ("/api/v1/apps/{id}/restore", vec![spare]),
        ("/api/v1/users/{id}", vec![user.clone()]),
        ("/api/v1/connections/{id}", vec![json!(connection.to_string())]),
        ("/api/v1/outbox/{id}/retry", vec![json!(1)]),
        ("customer_id", vec![json!(customer.id.0)]),
        ("requester", vec![json!(customer.id.0)]),
        ("app", vec![app]),
        ("owner", vec![user.clone()]),
        ("owner_id", vec![user.clone()]),
        ("attendant", vec![user.clone()]),
        ("administrators", vec![user.clone()]),
        ("attendants", vec![user]),
        ("from", vec![json!("2026-11-21")]),
        ("date", vec![json!("2026-12-25")]),
        ("to", vec![json!("2036-11-21")]),
        ("min", vec![json!("0"), json!("10080")]),
        ("max", vec![json!("5")]),
        ("result", vec![json!("no_answer")]),
        ("cursor", vec![json!("1"), json!("1000000")]),
        ("accent", vec![json!("#2F4FA0")]),
        ("address", vec![json!("http://127.0.0.1:9/x")]),
        ("events", Event::ALL.map(|event| json!(event.word())).into()),
        ("/api/v1/webhooks/{id}", (1..=20).map(Value::from).collect()),
        ("/api/v1/webhooks/{id}/secret", (1..=20).map(Value::from).collect()),
        ("if-match", vec![json!("*"), json!("\"1\"")]),
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn no_value_makes_the_api_fail_and_every_answer_is_as_it_is_declared() {
    let rounds = std::env::var("AMPARO_API_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(ROUNDS);
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::new(folder.path(), "127.0.0.1:0".parse().unwrap());
    // Addresses of this machine alone are told anything.
    config.webhooks_private = true;
    let relay = Relay::start(config).await.unwrap();
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    operator(shared, tenant, "chefe", EVERYTHING).await;
    let customer = Customer::wait(shared, &[(FieldKey::Name, "Cida")]).await;
    let _attendant = Attendant::log_in(shared, "chefe").await;
    let known = furnish(shared, customer.registered.id).await;
    let mut api = Api::of(shared, tenant, "chefe", &Scope::ALL).await;
    let document = api.get("/api/v1/openapi.json").await;
    let mut spec = Spec { document: document.clone(), known, random: StdRng::seed_from_u64(2026) };
    let mut never_good: BTreeSet<String> = BTreeSet::new();
    let (mut asked, mut examples) = (0, 0);
    let paths = document["paths"].as_object().unwrap().iter();
    let mut operations: Vec<_> =
        paths.flat_map(|(path, item)| item.as_object().unwrap().iter().map(move |(m, o)| (path, m, o))).collect();
    // What is removed is found by nobody after that.
    operations.sort_by_key(|(_, method, _)| *method == "delete");
    for (path, method, operation) in operations {
        {
            let name = format!("{method} {path}");
            for (schema, example) in told(operation) {
                examples += 1;
                assert_eq!(spec.misfit(schema, example, "example"), None, "{name}");
            }
            let mut good = false;
            for round in 0..rounds {
                let worse = [0.0, 0.1, 0.6][round % 3];
                let answer = ask(&mut api, &mut spec, path, method, operation, worse).await;
                asked += 1;
                let status = answer.1.status.as_u16();
                good |= (200..300).contains(&status);
                if let Some(wrong) = wrong(&spec, operation, &answer.1) {
                    panic!("{name}: {wrong}\nsent: {}\nanswer: {status} {}", answer.0, answer.1.body);
                }
            }
            if !good {
                never_good.insert(name);
            }
        }
    }
    // Only what needs a session under way, a held action or another system that answers has never been done.
    let expected = [
        "delete /api/v1/connections/{id}/tickets/{number}/notices/{notice}",
        "post /api/v1/connections/{id}/tickets/{number}/notices",
        "post /api/v1/outbox/{id}/retry",
        "post /api/v1/sessions/{id}/end",
    ];
    assert_eq!(never_good.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    assert!(asked >= 20 * rounds && examples > 0, "{asked} requests, {examples} examples");
    shared.store.check().await.unwrap();
    relay.shutdown().await.unwrap();
}

/// What is given as an example of a body, with what it is an example of.
fn told(operation: &Value) -> Vec<(&Value, &Value)> {
    let answers = operation["responses"].as_object().into_iter().flatten().map(|(_, answer)| answer);
    let bodies = answers.chain([&operation["requestBody"]]).map(|body| &body["content"]["application/json"]);
    bodies.filter_map(|body| Some((&body["schema"], body.get("example")?))).collect()
}

/// One request, and what it was.
async fn ask(
    api: &mut Api,
    spec: &mut Spec,
    path: &str,
    method: &str,
    operation: &Value,
    worse: f64,
) -> (String, Answer) {
    let (mut target, mut query, mut headers) = (path.to_owned(), Vec::new(), Vec::new());
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let name = parameter["name"].as_str().unwrap();
        match parameter["in"].as_str().unwrap() {
            "path" => {
                let own = spec.known.get(format!("{path}#{name}").as_str()).or_else(|| spec.known.get(path));
                let known = own.cloned().unwrap_or_default();
                let real = known.choose(&mut spec.random).cloned().filter(|_| !spec.random.random_bool(worse / 2.0));
                let value = match real {
                    Some(Value::String(text)) => text,
                    Some(other) => other.to_string(),
                    None => spec.text(name, &parameter["schema"], worse),
                };
                // An empty piece of a path is another path.
                let value = if value.is_empty() { "0".to_owned() } else { encoded(&value) };
                target = target.replace(&format!("{{{name}}}"), &value);
            }
            "query" if spec.random.random_bool(0.4) => {
                query.push(format!("{name}={}", encoded(&spec.text(name, &parameter["schema"], worse))));
            }
            "header" if !spec.random.random_bool(worse / 3.0) => {
                let value = spec.text(name, &parameter["schema"], worse);
                let value: String = value.chars().filter(|c| c.is_ascii_graphic()).collect();
                headers.push((name.to_owned(), value));
            }
            _ => {}
        }
    }
    if !query.is_empty() {
        target = format!("{target}?{}", query.join("&"));
    }
    let schema = operation["requestBody"]["content"]["application/json"]["schema"].clone();
    let body = (!schema.is_null()).then(|| {
        let kind = if spec.random.random_bool(worse / 4.0) { "text/plain" } else { "application/json" };
        if spec.random.random_bool(worse / 4.0) {
            let raw = ["", "{", "null", "\"x\"", "{\"a\":1", "[[[[[[", "\u{feff}{}", "{\"subject\":\"\\ud800\"}"];
            let mut raw = (*raw.choose(&mut spec.random).unwrap()).to_owned();
            if raw == "[[[[[[" {
                raw = "[".repeat(50_000);
            }
            return (kind, raw);
        }
        (kind, spec.value("", &schema, worse).to_string())
    });
    let said = format!("{method} {target} {headers:?} {body:?}");
    let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
    let answer = api.call_with(method, &target, body, &headers).await;
    (said.chars().take(2_000).collect(), answer)
}

/// What of an answer is not as it is declared.
fn wrong(spec: &Spec, operation: &Value, answer: &Answer) -> Option<String> {
    let status = answer.status.as_u16();
    if status >= 500 {
        return Some("the server fails".to_owned());
    }
    let Some(declared) = operation["responses"].get(status.to_string()) else {
        return Some("this status is not declared".to_owned());
    };
    if !answer.headers.contains_key("x-request-id") {
        return Some("no number of the request".to_owned());
    }
    let Some(content) = declared["content"].as_object().filter(|content| !content.is_empty()) else {
        return (!answer.body.is_empty()).then(|| "a body that is not declared".to_owned());
    };
    let kind = answer.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let Some(content) = content.get(kind) else { return Some(format!("{kind} is not declared")) };
    match serde_json::from_str(&answer.body) {
        Ok(value) => spec.misfit(&content["schema"], &value, "answer"),
        Err(_) => Some("the body is not JSON".to_owned()),
    }
}
