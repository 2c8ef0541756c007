//! Movidesk as its pages say: the token in the query, ten calls a minute, three errors that block for 60, then 120, then 300 seconds, reads that lag
//! minutes behind writes, an empty 200 for a new action, lists that replace, ids now as numbers and now as text.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json as value};

use super::{ANA_THERE, Asked, Fake, OnTicket, Reply, empty, json, quoted_after, refuses, stripped, take};

const AGENT: &str = "agente-ana";
const TOKEN: &str = "0aa00a00-0000-4000-8000-00000000000a";
/// "The API can take some minutes to replicate."
const LAG: i64 = 240;

#[derive(Default)]
pub struct Movidesk {
    calls: Vec<Timestamp>,
    errors: Vec<Timestamp>,
    blocks: u32,
    blocked: Option<Timestamp>,
    people: Vec<Person>,
    tickets: Vec<Ticket>,
    answers: u64,
    blocked_times: u32,
}

struct Person {
    id: String,
    name: String,
    email: String,
    document: String,
    at: Timestamp,
}

struct Ticket {
    id: u64,
    subject: String,
    client: String,
    closed: bool,
    at: Timestamp,
    actions: Vec<(String, Timestamp)>,
    fields: Value,
}

impl Ticket {
    /// Nobody has touched it for 90 days: only the list of the past has it.
    fn is_past(&self, now: Timestamp) -> bool {
        let touched = self.actions.iter().map(|(_, at)| *at).max().unwrap_or(self.at);
        now.as_second() - touched.as_second() >= 90 * 86_400
    }

    fn shown(&self, ids_as_text: bool, actions: bool, people: &[Person], now: Timestamp) -> Value {
        let name = people.iter().find(|p| p.id == self.client).map_or("", |p| p.name.as_str());
        let id = if ids_as_text { value!(self.id.to_string()) } else { value!(self.id) };
        let mut shown = value!({
            "id": id, "protocol": format!("MOVI2026110000{:04}", self.id), "type": 2, "subject": self.subject, "status": "Em atendimento",
            "baseStatus": if self.closed { "Closed" } else { "InAttendance" }, "justification": null, "createdDate": self.at.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
            "owner": null, "clients": [{ "id": self.client, "businessName": name, "organization": null }],
        });
        if let Some(values) = self.fields["customFieldValues"].as_array() {
            shown["customFieldValues"] = values.iter().map(told).collect();
        }
        if actions {
            let visible = self.actions.iter().enumerate().filter(|(_, (_, at))| seen(*at, now));
            shown["actions"] =
                visible.map(|(n, (text, _))| value!({ "id": n + 1, "type": 1, "description": stripped(text), "attachments": [] })).collect();
        }
        shown
    }
}

/// A value as it is told: of each item everything that an item can be, and ids of its own.
fn told(value: &Value) -> Value {
    let mut told = value.clone();
    told["id"] = 9001.into();
    for item in told["items"].as_array_mut().into_iter().flatten() {
        let mut whole = value!({ "personId": null, "clientId": null, "team": null, "customFieldItem": null, "storageFileGuid": "", "fileName": null });
        whole.as_object_mut().unwrap().append(item.as_object_mut().unwrap());
        *item = whole;
    }
    told
}

/// Options of its lists, by the field's code; of the last several can be chosen.
const LISTS: [(u64, &[&str], usize); 2] = [(333, &["Suporte", "Vendas"], 1), (777, &["Nota", "Caixa", "Rede"], 3)];

/// What is wrong with values of additional fields: lists take options by their names, everything else takes a text.
fn wrong(body: &Value) -> Option<&'static str> {
    for value in body["customFieldValues"].as_array().into_iter().flatten() {
        let known = ["customFieldId", "customFieldRuleId", "line", "value", "items"];
        assert!(value.as_object().unwrap().keys().all(|key| known.contains(&key.as_str())), "{value}");
        let [field, rule, line] = ["customFieldId", "customFieldRuleId", "line"].map(|key| value[key].as_u64());
        assert!(field.is_some() && rule.is_some() && line.is_some(), "{value}");
        let items = value["items"].as_array().unwrap();
        match LISTS.iter().find(|(code, ..)| Some(*code) == field) {
            Some((_, options, most)) => {
                let is_one =
                    |item: &Value| item["customFieldItem"].as_str().is_some_and(|name| options.contains(&name));
                if !value["value"].is_null() || items.is_empty() || items.len() > *most || !items.iter().all(is_one) {
                    return Some("Item inválido para o campo adicional");
                }
            }
            None if !items.is_empty() => return Some("O campo adicional não é uma lista"),
            None => {}
        }
    }
    None
}

fn seen(at: Timestamp, now: Timestamp) -> bool {
    now.as_second() - at.as_second() >= LAG
}

/// Whoever an action is said to be from must work there.
fn knows_author(body: &Value) -> bool {
    let author = &body["actions"][0]["createdBy"]["id"];
    author.is_null() || author == AGENT
}

impl Movidesk {
    fn error(&mut self, now: Timestamp) {
        self.errors.retain(|at| now.as_second() - at.as_second() < 60);
        self.errors.push(now);
        if self.errors.len() >= 3 {
            self.errors.clear();
            let seconds = [60, 120, 300][usize::try_from(self.blocks.min(2)).unwrap()];
            self.blocks += 1;
            self.blocked_times += 1;
            self.blocked = now.checked_add(SignedDuration::from_secs(seconds)).ok();
        }
    }

    fn refuse(&mut self, status: u16, message: &str, now: Timestamp) -> Reply {
        self.error(now);
        json(status, value!({ "message": message }))
    }

    fn work(&mut self, asked: &Asked, now: Timestamp) -> Reply {
        if asked.query("token") != Some(TOKEN) {
            return self.refuse(401, "Unauthorized", now);
        }
        self.answers += 1;
        let text_ids = self.answers.is_multiple_of(2);
        let body = asked.json();
        let filter = asked.query("$filter").unwrap_or_default();
        let expand = asked.query("$expand").unwrap_or_default().contains("actions");
        match (asked.method.as_str(), asked.path.as_str()) {
            ("GET", path @ ("/tickets" | "/tickets/past")) => {
                let past = path == "/tickets/past";
                let one = |t: &Ticket| {
                    asked
                        .query("id")
                        .map(|id| id == t.id.to_string())
                        .or_else(|| asked.query("protocol").map(|p| p == format!("MOVI2026110000{:04}", t.id)))
                };
                if asked.query("id").is_some() || asked.query("protocol").is_some() {
                    let found =
                        self.tickets.iter().find(|t| one(t) == Some(true) && seen(t.at, now) && t.is_past(now) == past);
                    return match found {
                        Some(ticket) => json(200, ticket.shown(text_ids, expand, &self.people, now)),
                        None => self.refuse(404, "Ticket not found", now),
                    };
                }
                if asked.query("$select").is_none() {
                    return self.refuse(400, "The $select parameter is mandatory", now);
                }
                let client = quoted_after(filter, "c/id eq ");
                let id: Option<u64> = filter.strip_prefix("id eq ").and_then(|id| id.parse().ok());
                let since: Option<Timestamp> = filter.strip_prefix("createdDate ge ").and_then(|d| d.parse().ok());
                let skip: usize = asked.query("$skip").and_then(|s| s.parse().ok()).unwrap_or(0);
                let top: usize = asked.query("$top").and_then(|s| s.parse().ok()).unwrap_or(20);
                let found = self.tickets.iter().filter(|t| {
                    seen(t.at, now)
                        && t.is_past(now) == past
                        && client.as_ref().is_none_or(|c| t.client == *c)
                        && id.is_none_or(|id| t.id == id)
                        && since.is_none_or(|s| t.at >= s)
                });
                json(200, found.skip(skip).take(top).map(|t| t.shown(text_ids, expand, &self.people, now)).collect())
            }
            ("PATCH", "/tickets") => {
                let id = asked.query("id").unwrap_or_default().to_owned();
                // A list that is sent is the whole of it; new actions are the exception that clients rely on.
                let lists = ["clients", "tags", "owner"];
                let replaced = body.as_object().unwrap().keys().any(|key| lists.contains(&key.as_str()));
                assert!(!replaced, "a list would be replaced: {body}");
                if refuses(&body) {
                    return self.refuse(400, "Valor inválido para o campo adicional 111", now);
                }
                if let Some(wrong) = wrong(&body) {
                    return self.refuse(400, wrong, now);
                }
                if !knows_author(&body) {
                    return self.refuse(400, "createdBy not found", now);
                }
                for action in body["actions"].as_array().into_iter().flatten() {
                    assert!(action["id"].is_null(), "an action with an id is a change of that action");
                }
                let Some(ticket) = self.tickets.iter_mut().find(|t| t.id.to_string() == id) else {
                    return self.refuse(404, "Ticket not found", now);
                };
                // The whole of the additional fields is what is sent.
                take(&mut ticket.fields, &body, &["actions"]);
                let new = body["actions"].as_array().into_iter().flatten();
                ticket.actions.extend(new.map(|a| (a["description"].as_str().unwrap_or_default().to_owned(), now)));
                empty(200)
            }
            ("POST", "/tickets") => {
                let client = body["clients"][0]["id"].as_str().unwrap_or_default().to_owned();
                if client.is_empty() || body["createdBy"]["id"].as_str().is_none() || !body["type"].is_number() {
                    return self.refuse(400, "createdBy is required", now);
                }
                if !self.people.iter().any(|p| p.id == client) {
                    return self.refuse(400, "Client not found", now);
                }
                if refuses(&body) {
                    return self.refuse(400, "Valor inválido para o campo adicional 111", now);
                }
                if let Some(wrong) = wrong(&body) {
                    return self.refuse(400, wrong, now);
                }
                if !knows_author(&body) {
                    return self.refuse(400, "createdBy not found", now);
                }
                let id = self.tickets.len() as u64 + 1;
                let text = body["actions"][0]["description"].as_str().unwrap_or_default().to_owned();
                let subject = body["subject"].as_str().unwrap_or_default().to_owned();
                let mut fields = value!({});
                take(&mut fields, &body, &["type", "subject", "createdBy", "clients", "tags", "actions"]);
                self.tickets.push(Ticket {
                    id,
                    subject,
                    client,
                    closed: false,
                    at: now,
                    actions: vec![(text, now)],
                    fields,
                });
                json(200, value!({ "id": id }))
            }
            ("GET", "/persons") if filter.contains("profileType eq 1") => {
                let is_ana = quoted_after(filter, "e/email eq ").is_some_and(|address| address == ANA_THERE);
                let found: &[Value] = &[value!({ "id": AGENT, "businessName": "Ana Ribeiro" })];
                json(200, value!(if is_ana { found } else { &[] }))
            }
            ("GET", "/persons") => {
                let is = |field: &str, value: &str| quoted_after(filter, field).is_some_and(|wanted| wanted == value);
                let found = self.people.iter().filter(|p| {
                    seen(p.at, now)
                        && (is("id eq ", &p.id) || is("e/email eq ", &p.email) || is("cpfCnpj eq ", &p.document))
                });
                json(200, found.map(|p| value!({ "id": p.id, "businessName": p.name })).collect())
            }
            ("POST", "/persons") => {
                let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
                let id = if text("id").is_empty() { format!("p-{}", self.people.len()) } else { text("id") };
                if text("businessName").is_empty() || !body["isActive"].is_boolean() || !body["profileType"].is_number()
                {
                    return self.refuse(400, "businessName is required", now);
                }
                if self.people.iter().any(|p| p.id == id) {
                    return self.refuse(400, "Já existe uma pessoa com este código de referência", now);
                }
                let email = body["emails"][0]["email"].as_str().unwrap_or_default().to_owned();
                let (name, document) = (text("businessName"), text("cpfCnpj"));
                self.people.push(Person { id: id.clone(), name, email, document, at: now });
                json(200, value!({ "id": id }))
            }
            _ => self.refuse(404, "No such method", now),
        }
    }
}

impl Movidesk {
    fn set_closed(&mut self, number: &str, closed: bool) -> bool {
        let found = self.tickets.iter_mut().find(|t| t.id.to_string() == number);
        found.map(|t| t.closed = closed).is_some()
    }
}

impl Fake for Movidesk {
    fn kind(&self) -> &'static str {
        "movidesk"
    }

    fn settings(&self) -> Vec<(&'static str, &'static str)> {
        vec![("token", TOKEN), ("tenant", "varanda")]
    }

    fn answer(&mut self, asked: &Asked, now: Timestamp) -> Reply {
        if let Some(until) = self.blocked.filter(|until| *until > now) {
            let mut reply = json(429, value!({ "message": "Too many failed requests" }));
            reply.headers.push(("retry-after".into(), (until.as_second() - now.as_second()).to_string()));
            return reply;
        }
        self.calls.retain(|at| now.as_second() - at.as_second() < 60);
        if self.calls.len() >= 10 {
            self.blocked_times += 1;
            let mut reply = json(429, value!({ "message": "Too many requests" }));
            reply.headers.push(("retry-after".into(), "60".into()));
            return reply;
        }
        self.calls.push(now);
        self.work(asked, now)
    }

    fn refused(&mut self, _: u16, now: Timestamp) {
        self.error(now);
    }

    fn blocked(&self) -> u32 {
        self.blocked_times
    }

    fn fields(&self, number: &str) -> Value {
        self.tickets.iter().find(|t| t.id.to_string() == number).map_or(Value::Null, |t| t.fields.clone())
    }

    fn tickets(&self) -> Vec<OnTicket> {
        let texts = |t: &Ticket| t.actions.iter().map(|(text, _)| text.clone()).collect();
        self.tickets.iter().map(|t| OnTicket { number: t.id.to_string(), texts: texts(t) }).collect()
    }

    fn close(&mut self, number: &str) -> bool {
        self.set_closed(number, true)
    }

    fn reopen(&mut self, number: &str) -> bool {
        self.set_closed(number, false)
    }

    fn remove(&mut self, number: &str) -> Option<String> {
        let found = self.tickets.iter_mut().find(|t| t.id.to_string() == number)?;
        found.id += 1_000_000;
        Some(found.id.to_string())
    }

    fn is_closed(&self, number: &str) -> bool {
        self.tickets.iter().any(|t| t.id.to_string() == number && t.closed)
    }

    fn open(&mut self, subject: &str, now: Timestamp) -> Option<String> {
        let id = self.tickets.len() as u64 + 1;
        // There long enough to be seen.
        let at = now.checked_sub(SignedDuration::from_hours(1)).unwrap();
        self.tickets.push(Ticket {
            id,
            subject: subject.into(),
            client: "cli-9".into(),
            closed: false,
            at,
            actions: Vec::new(),
            fields: value!({}),
        });
        Some(id.to_string())
    }
}
