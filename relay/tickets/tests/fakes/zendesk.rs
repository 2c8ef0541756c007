//! Zendesk as its developer pages say: `Idempotency-Key` on opening a ticket only, kept for two hours; a hundred updates a minute, thirty in ten minutes
//! on one ticket by one user, which it says in plain words.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde_json::{Value, json as value};

use super::{ANA_THERE, Asked, Fake, OnTicket, Reply, json, refuses, take};

const AGENT: u64 = 35436;
const TOKEN: &str = "zd0123456789abcdefABCDEF";
const EMAIL: &str = "agente@empresa.example";

#[derive(Default)]
pub struct Zendesk {
    users: Vec<(u64, String, String, String)>,
    tickets: Vec<Ticket>,
    keys: BTreeMap<String, (Vec<u8>, u64, Timestamp)>,
    updates: Vec<(u64, Timestamp)>,
    ids: u64,
    /// What was written over an agent.
    overwritten: Option<Value>,
}

struct Ticket {
    id: u64,
    subject: String,
    external: String,
    requester: u64,
    at: Timestamp,
    closed: bool,
    comments: Vec<(u64, String)>,
    fields: Value,
    /// The closed ticket that it goes on for.
    follows: Option<u64>,
}

impl Ticket {
    fn shown(&self) -> Value {
        value!({
            "id": self.id, "subject": self.subject, "status": if self.closed { "closed" } else { "open" }, "requester_id": self.requester, "assignee_id": null,
            "external_id": self.external, "custom_fields": self.fields["custom_fields"].as_array().cloned().unwrap_or_default(), "tags": [], "created_at": self.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        })
    }
}

/// No field of its tickets.
const NO_FIELD: u64 = 77;

/// Without the field that there is not: it is left out without a word.
fn known(ticket: &Value) -> Value {
    let mut ticket = ticket.clone();
    if let Some(fields) = ticket["custom_fields"].as_array_mut() {
        fields.retain(|field| field["id"] != NO_FIELD);
    }
    ticket
}

fn says(status: u16, error: &str, description: &str) -> Reply {
    json(status, value!({ "error": error, "description": description }))
}

fn user(u: &(u64, String, String, String)) -> Value {
    value!({ "id": u.0, "name": u.1, "email": u.2, "role": "end-user", "external_id": u.3 })
}

/// Whoever a comment is said to be from must work there.
fn knows_author(body: &Value) -> bool {
    let author = &body["ticket"]["comment"]["author_id"];
    author.is_null() || *author == AGENT
}

impl Zendesk {
    fn add(&mut self, subject: &str, requester: u64, at: Timestamp) -> &mut Ticket {
        let id = self.tickets.len() as u64 + 1;
        let ticket = Ticket {
            id,
            subject: subject.into(),
            external: String::new(),
            requester,
            at,
            closed: false,
            comments: Vec::new(),
            fields: value!({}),
            follows: None,
        };
        self.tickets.push(ticket);
        self.tickets.last_mut().unwrap()
    }

    /// Too many updates.
    fn limited(&mut self, ticket: u64, now: Timestamp) -> Option<Reply> {
        let age = |at: &Timestamp| now.as_second() - at.as_second();
        self.updates.retain(|(_, at)| age(at) < 600);
        let minute = self.updates.iter().filter(|(_, at)| age(at) < 60).count();
        let on_ticket: Vec<i64> = self.updates.iter().filter(|(t, _)| *t == ticket).map(|(_, at)| age(at)).collect();
        let (mut reply, seconds) = if minute >= 100 {
            (says(429, "TooManyRequests", ""), 60)
        } else if on_ticket.len() >= 30 {
            let words = "Rate limit for ticket updates exceeded, please wait before updating this ticket again";
            (Reply { status: 429, headers: Vec::new(), body: words.into() }, 600 - on_ticket[0])
        } else {
            return None;
        };
        reply.headers.push(("retry-after".into(), seconds.to_string()));
        Some(reply)
    }
}

impl Zendesk {
    fn set_closed(&mut self, number: &str, closed: bool) -> bool {
        let found = self.tickets.iter_mut().find(|t| t.id.to_string() == number);
        found.map(|t| t.closed = closed).is_some()
    }
}

impl Fake for Zendesk {
    fn kind(&self) -> &'static str {
        "zendesk"
    }

    fn settings(&self) -> Vec<(&'static str, &'static str)> {
        vec![("token", TOKEN), ("email", EMAIL)]
    }

    fn answer(&mut self, asked: &Asked, now: Timestamp) -> Reply {
        let expected = format!("Basic {}", STANDARD.encode(format!("{EMAIL}/token:{TOKEN}")));
        if asked.header("authorization") != expected {
            return says(401, "Couldn't authenticate you", "");
        }
        let body = asked.json();
        let (method, path) = asked.route();
        let ["api", "v2", path @ ..] = path.as_slice() else { return says(404, "InvalidEndpoint", "Not found") };
        match (method, path) {
            ("GET", ["users", "me.json"]) => {
                json(200, value!({ "user": { "id": 1, "name": "Agente", "role": "agent" } }))
            }
            ("GET", ["users", "search.json"]) => {
                let wanted = asked.query("query").and_then(|q| q.strip_prefix("email:")).unwrap_or_default();
                if wanted == ANA_THERE {
                    let ana = value!({ "id": AGENT, "name": "Ana", "email": wanted, "role": "agent" });
                    return json(200, value!({ "users": [ana] }));
                }
                let found: Vec<Value> = self.users.iter().filter(|u| u.2 == wanted).map(user).collect();
                json(200, value!({ "users": found }))
            }
            ("GET", ["users", id, "tickets", "requested.json"]) => {
                let found = self.tickets.iter().rev().filter(|t| t.requester.to_string() == *id);
                json(200, value!({ "tickets": found.map(Ticket::shown).collect::<Vec<_>>() }))
            }
            ("POST", ["users", "create_or_update.json"]) => {
                let text = |key: &str| body["user"][key].as_str().unwrap_or_default().to_owned();
                let (name, email, external) = (text("name"), text("email"), text("external_id"));
                if name.is_empty() {
                    return says(422, "RecordInvalid", "Record validation errors");
                }
                let known = self
                    .users
                    .iter()
                    .position(|u| (!email.is_empty() && u.2 == email) || (!external.is_empty() && u.3 == external));
                // What is said of somebody who is there is written over what was known of them, an agent's role too.
                if email == ANA_THERE {
                    self.overwritten = Some(body["user"].clone());
                    return json(200, value!({ "user": { "id": AGENT, "name": name, "email": email } }));
                }
                if let Some(known) = known {
                    self.users[known].1 = name;
                    return json(200, value!({ "user": user(&self.users[known]) }));
                }
                self.users.push((self.users.len() as u64 + 100, name, email, external));
                json(201, value!({ "user": user(self.users.last().unwrap()) }))
            }
            ("POST", ["tickets.json"]) => {
                let key = asked.header("idempotency-key").to_owned();
                self.keys.retain(|_, (.., at)| now.as_second() - at.as_second() < 7200);
                if let Some((sent, id, _)) = self.keys.get(&key) {
                    if *sent != asked.body {
                        return says(400, "IdempotentRequestError", "The key was used with another body");
                    }
                    let mut reply = json(201, value!({ "ticket": self.tickets[*id as usize - 1].shown() }));
                    reply.headers.push(("x-idempotency-lookup".into(), "hit".into()));
                    return reply;
                }
                if refuses(&body) {
                    return says(422, "RecordInvalid", "Filial: recusado is not a valid option");
                }
                if !knows_author(&body) {
                    return says(422, "RecordInvalid", "Author is invalid");
                }
                if let Some(reply) = self.limited(0, now) {
                    return reply;
                }
                self.updates.push((0, now));
                let new = &body["ticket"];
                // Of a ticket that is not closed it has no effect.
                let follows = new["via_followup_source_id"].as_u64();
                let follows = follows.filter(|id| self.tickets.iter().any(|t| t.id == *id && t.closed));
                let comment = new["comment"]["html_body"].as_str().unwrap_or_default().to_owned();
                let external = new["external_id"].as_str().unwrap_or_default().to_owned();
                self.ids += 1;
                let comment_id = self.ids;
                let ticket = self.add(
                    new["subject"].as_str().unwrap_or_default(),
                    new["requester_id"].as_u64().unwrap_or(0),
                    now,
                );
                ticket.external = external;
                let own =
                    ["subject", "external_id", "requester_id", "comment", "assignee_id", "via_followup_source_id"];
                take(&mut ticket.fields, &known(new), &own);
                ticket.follows = follows;
                ticket.comments.push((comment_id, comment));
                let (id, shown) = (ticket.id, ticket.shown());
                if !key.is_empty() {
                    self.keys.insert(key, (asked.body.clone(), id, now));
                }
                let mut reply = json(201, value!({ "ticket": shown, "audit": { "id": 1000 + comment_id } }));
                reply.headers.push(("x-idempotency-lookup".into(), "miss".into()));
                reply
            }
            ("GET", ["tickets.json"]) => {
                let wanted = asked.query("external_id").unwrap_or_default();
                let found = self.tickets.iter().filter(|t| t.external == wanted && !wanted.is_empty());
                json(200, value!({ "tickets": found.map(Ticket::shown).collect::<Vec<_>>() }))
            }
            ("GET", ["tickets", id, "comments.json"]) => match self.tickets.iter().find(|t| t.id.to_string() == *id) {
                None => says(404, "RecordNotFound", "Not found"),
                Some(ticket) => {
                    // Pages of two, whatever is asked: nobody may rely on the size.
                    let from: usize = asked.query("page[after]").and_then(|a| a.parse().ok()).unwrap_or(0);
                    let all: Vec<Value> = ticket
                        .comments
                        .iter()
                        .rev()
                        .map(|(id, body)| value!({ "id": id, "html_body": body, "body": null }))
                        .collect();
                    let page: Vec<&Value> = all.iter().skip(from).take(2).collect();
                    let more = from + 2 < all.len();
                    json(
                        200,
                        value!({ "comments": page, "meta": { "has_more": more, "after_cursor": (from + 2).to_string() } }),
                    )
                }
            },
            (method, ["tickets", file]) => {
                let id = file.strip_suffix(".json").and_then(|id| id.parse::<u64>().ok()).unwrap_or(0);
                if !self.tickets.iter().any(|t| t.id == id) {
                    return says(404, "RecordNotFound", "Not found");
                }
                if method == "PUT"
                    && let Some(reply) = self.limited(id, now)
                {
                    return reply;
                }
                // A closed ticket is kept as it is, for ever.
                if method == "PUT" && self.tickets.iter().any(|t| t.id == id && t.closed) {
                    return json(
                        422,
                        value!({ "error": "RecordInvalid", "description": "Record validation errors",
                                 "details": { "status": [{ "description": "Status: closed prevents ticket update" }] } }),
                    );
                }
                let ticket = self.tickets.iter_mut().find(|t| t.id == id).unwrap();
                if method == "PUT" && refuses(&body) {
                    return says(422, "RecordInvalid", "Filial: recusado is not a valid option");
                }
                if method == "PUT" && !knows_author(&body) {
                    return says(422, "RecordInvalid", "Author is invalid");
                }
                if method == "PUT" && body["ticket"]["comment"].is_null() {
                    self.updates.push((id, now));
                    take(&mut ticket.fields, &known(&body["ticket"]), &["additional_tags"]);
                    let shown = ticket.shown();
                    return json(200, value!({ "ticket": shown, "audit": { "id": 900, "events": [] } }));
                }
                if method == "PUT" {
                    self.updates.push((id, now));
                    self.ids += 1;
                    ticket
                        .comments
                        .push((self.ids, body["ticket"]["comment"]["html_body"].as_str().unwrap_or_default().into()));
                    return json(
                        200,
                        value!({ "ticket": ticket.shown(), "audit": { "id": 1000 + self.ids, "events": [] } }),
                    );
                }
                let shown = ticket.shown();
                let users: Vec<Value> = self.users.iter().map(user).collect();
                json(200, value!({ "ticket": shown, "users": users }))
            }
            _ => says(404, "InvalidEndpoint", "Not found"),
        }
    }

    fn kept(&self) -> Value {
        let users: Vec<Value> = self.users.iter().map(user).collect();
        let joined: Vec<Value> = self.tickets.iter().map(|t| value!([t.id, t.follows])).collect();
        value!({ "users": users, "overwritten": self.overwritten, "joined": joined })
    }

    fn fields(&self, number: &str) -> Value {
        self.tickets.iter().find(|t| t.id.to_string() == number).map_or(Value::Null, |t| t.fields.clone())
    }

    fn tickets(&self) -> Vec<OnTicket> {
        let texts = |t: &Ticket| t.comments.iter().map(|(_, body)| body.clone()).collect();
        self.tickets.iter().map(|t| OnTicket { number: t.id.to_string(), texts: texts(t) }).collect()
    }

    fn close(&mut self, number: &str) -> bool {
        self.set_closed(number, true)
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
        Some(self.add(subject, 1, now).id.to_string())
    }
}
