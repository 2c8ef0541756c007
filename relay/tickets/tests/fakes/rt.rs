//! Request Tracker 5 over REST 2 as seen live: floats and nulls in lists, a list beyond its end that begins again, 400 for a comment on a ticket that
//! is not there, sentences in an array for what was done.

use jiff::Timestamp;
use serde_json::{Value, json as value};

use super::{Asked, Fake, OnTicket, Reply, empty, json, quoted_after, refuses, take};

const TOKEN: &str = "1-14-00112233445566778899aabbccddeeff";

#[derive(Default)]
pub struct Rt {
    tickets: Vec<Ticket>,
    transactions: u64,
}

struct Ticket {
    id: u64,
    subject: String,
    requestor: Option<(String, String)>,
    refers_to: Vec<String>,
    closed: bool,
    at: Timestamp,
    /// Transaction and content.
    notes: Vec<(u64, String)>,
    fields: Value,
}

impl Ticket {
    fn shown(&self) -> Value {
        let requestors: Vec<Value> = self
            .requestor
            .iter()
            .map(|(name, email)| value!({ "type": "user", "id": email, "EmailAddress": email, "RealName": name }))
            .collect();
        value!({
            "id": self.id.to_string(), "type": "ticket", "_url": "http://rt/REST/2.0/ticket/x", "Subject": self.subject,
            "Status": if self.closed { "resolved" } else { "new" }, "Created": self.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "Owner": { "id": "Nobody", "Name": "Nobody", "RealName": "Nobody in particular", "EmailAddress": "" },
            "Requestor": requestors,
        })
    }
}

impl Rt {
    fn add(&mut self, subject: &str, at: Timestamp) -> &mut Ticket {
        let id = self.tickets.len() as u64 + 1;
        self.tickets.push(Ticket {
            id,
            subject: subject.into(),
            requestor: None,
            refers_to: Vec::new(),
            closed: false,
            at,
            notes: Vec::new(),
            fields: value!({}),
        });
        self.tickets.last_mut().unwrap()
    }
}

fn list(items: Vec<Value>, known: bool) -> Reply {
    let count = items.len();
    let (pages, total) = match (known, count) {
        (false, _) => (Value::Null, Value::Null),
        (true, 0) => (value!(0.0), value!(0)),
        (true, count) => (value!(1), value!(count)),
    };
    json(200, value!({ "items": items, "count": count, "pages": pages, "total": total, "page": 1, "per_page": 20 }))
}

fn says(status: u16, message: &str) -> Reply {
    json(status, value!({ "message": message }))
}

impl Rt {
    fn set_closed(&mut self, number: &str, closed: bool) -> bool {
        let found = self.tickets.iter_mut().find(|t| t.id.to_string() == number);
        found.map(|t| t.closed = closed).is_some()
    }
}

impl Fake for Rt {
    fn kind(&self) -> &'static str {
        "rt"
    }

    fn settings(&self) -> Vec<(&'static str, &'static str)> {
        vec![("token", TOKEN)]
    }

    fn kept(&self) -> Value {
        self.tickets.iter().map(|ticket| ticket.refers_to.clone()).collect()
    }

    fn answer(&mut self, asked: &Asked, now: Timestamp) -> Reply {
        if asked.header("authorization") != format!("token {TOKEN}") {
            return says(401, "Unauthorized");
        }
        let body = asked.json();
        let (method, path) = asked.route();
        let ["REST", "2.0", path @ ..] = path.as_slice() else { return says(404, "Not Found") };
        match (method, path) {
            ("GET", ["rt"]) => json(200, value!({ "Version": "5.0.3" })),
            ("GET", ["queue", "General"]) => {
                let fields = value!([{ "id": "2", "name": "Filial", "type": "customfield" }]);
                json(200, value!({ "id": 1, "Name": "General", "TicketCustomFields": fields }))
            }
            ("GET", ["queue", _]) => says(403, "Forbidden"),
            ("POST", ["users"]) => {
                let wanted = &body[0];
                let ana = wanted["field"] == "EmailAddress" && wanted["value"] == super::ANA_THERE;
                let items = if ana { vec![value!({ "id": "ana", "type": "user", "Name": "ana" })] } else { vec![] };
                list(items, true)
            }
            ("GET", ["transactions"]) => list(Vec::new(), false),
            ("GET", ["tickets"]) => {
                let query = asked.query("query").unwrap_or_default();
                let found = |t: &&Ticket| {
                    if let Some(id) = query.strip_prefix("id=") {
                        return id.parse() == Ok(t.id);
                    }
                    if let Some(uri) = quoted_after(query, "RefersTo=") {
                        return t.refers_to.contains(&uri);
                    }
                    let email = quoted_after(query, "Requestor.EmailAddress=");
                    email.is_some_and(|email| t.requestor.as_ref().is_some_and(|(_, e)| *e == email))
                };
                let mut items: Vec<Value> = self.tickets.iter().filter(found).map(Ticket::shown).collect();
                items.reverse();
                list(items, true)
            }
            ("POST", ["ticket"]) => {
                if body["Queue"] != "General" {
                    return says(403, "No permission to create tickets in the queue");
                }
                if body["Content"].is_string() && !body["ContentType"].is_string() {
                    return says(400, "ContentType is missing");
                }
                if refuses(&body) {
                    return says(400, "Invalid value for Filial");
                }
                self.transactions += 1;
                let transaction = self.transactions;
                let ticket = self.add(body["Subject"].as_str().unwrap_or_default(), now);
                ticket.requestor = body["Requestor"].as_str().map(|who| match who.split_once(" <") {
                    Some((name, email)) => (name.trim_matches('"').into(), email.trim_end_matches('>').into()),
                    None => (String::new(), who.into()),
                });
                ticket.refers_to = body["RefersTo"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(|u| u.as_str().map(Into::into))
                    .collect();
                ticket.notes.push((transaction, body["Content"].as_str().unwrap_or_default().into()));
                take(
                    &mut ticket.fields,
                    &body,
                    &["Queue", "Subject", "Content", "ContentType", "RefersTo", "Requestor", "Owner"],
                );
                let id = ticket.id.to_string();
                json(201, value!({ "id": id, "type": "ticket", "_url": "http://rt/REST/2.0/ticket/x" }))
            }
            (method, ["ticket", id, rest @ ..]) => {
                let found = self.tickets.iter_mut().find(|t| t.id.to_string() == *id);
                match (method, rest, found) {
                    ("GET", ["attachments"], ticket) => {
                        let items = ticket.map_or_else(Vec::new, |t| {
                            t.notes
                                .iter()
                                .rev()
                                .map(|(n, text)| value!({ "id": n.to_string(), "type": "attachment", "Content": text, "TransactionId": n.to_string() }))
                                .collect()
                        });
                        list(items, false)
                    }
                    ("GET", [], Some(ticket)) => {
                        let mut whole = ticket.shown();
                        for (name, value) in ticket.fields.as_object().into_iter().flatten() {
                            whole[name] = value.as_u64().map_or(value.clone(), |number| number.to_string().into());
                        }
                        let own = ticket.fields["CustomFields"].as_object().into_iter().flatten();
                        let own = own.map(|(name, text)| value!({ "id": "2", "name": name, "values": [text] }));
                        whole["CustomFields"] = own.collect();
                        // A time that it cannot read it forgets without a word.
                        if whole["Due"].as_str().is_some_and(|due| !due.starts_with("20")) {
                            whole["Due"] = "1970-01-01T00:00:00Z".into();
                        }
                        json(200, whole)
                    }
                    ("POST", ["comment" | "correspond"], None) => says(400, "Message could not be recorded"),
                    ("POST", [how @ ("comment" | "correspond")], Some(ticket)) => {
                        if !body.is_object() {
                            return empty(500);
                        }
                        // A correspondence opens a ticket by itself.
                        ticket.closed &= *how == "comment";
                        self.transactions += 1;
                        ticket.notes.push((self.transactions, body["Content"].as_str().unwrap_or_default().into()));
                        let mut reply = json(201, value!(["Comments added"]));
                        reply.headers.push(("location".into(), format!("/REST/2.0/transaction/{}", self.transactions)));
                        reply
                    }
                    // All is well, and it was not done.
                    ("PUT", [], Some(_)) if refuses(&body) => {
                        json(200, value!(["Ticket 1: Status 'recusado' isn't a valid status for this ticket."]))
                    }
                    ("PUT", [], Some(ticket)) if body["AddRefersTo"].is_null() => {
                        take(&mut ticket.fields, &body, &[]);
                        json(200, value!(["Filial Matriz added", "Ticket 1: Worked 2 minutes"]))
                    }
                    ("PUT", [], Some(ticket)) => {
                        let uri = body["AddRefersTo"][0].as_str().unwrap_or_default().to_owned();
                        if ticket.refers_to.contains(&uri) {
                            return json(200, value!(["Link already exists"]));
                        }
                        ticket.refers_to.push(uri);
                        json(200, value!(["Ticket refers to URI"]))
                    }
                    _ => says(404, "Not Found"),
                }
            }
            _ => says(404, "Not Found"),
        }
    }

    fn fields(&self, number: &str) -> Value {
        self.tickets.iter().find(|t| t.id.to_string() == number).map_or(Value::Null, |t| t.fields.clone())
    }

    fn tickets(&self) -> Vec<OnTicket> {
        let texts = |t: &Ticket| t.notes.iter().map(|(_, text)| text.clone()).collect();
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
        Some(self.add(subject, now).id.to_string())
    }
}
