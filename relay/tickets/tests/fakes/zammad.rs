//! Zammad as its API pages say: an id that is not the number, `expand=true` for names, 201 with the whole ticket.

use jiff::Timestamp;
use serde_json::{Value, json as value};

use super::{ANA_THERE, Asked, Fake, OnTicket, Reply, json, refuses, take};

const AGENT: u64 = 5;
const TOKEN: &str = "zm-0123456789abcdef-token";

#[derive(Default)]
pub struct Zammad {
    users: Vec<(u64, String, String, String)>,
    tickets: Vec<Ticket>,
    articles: u64,
}

struct Ticket {
    id: u64,
    title: String,
    customer: u64,
    closed: bool,
    at: Timestamp,
    articles: Vec<(u64, String)>,
    fields: Value,
}

impl Ticket {
    fn number(&self) -> String {
        (22_000 + self.id).to_string()
    }
}

/// Attributes of the object Ticket that this company has.
const OWN: [&str; 2] = ["filial", "minutos"];

/// Without attributes that there are not: they are left out without a word.
fn known(body: &Value) -> Value {
    let mut body = body.clone();
    let theirs = ["priority", "state", "type", "tags", "organization_id"];
    body.as_object_mut().unwrap().retain(|name, _| OWN.contains(&name.as_str()) || theirs.contains(&name.as_str()));
    body
}

impl Zammad {
    fn shown(&self, ticket: &Ticket, expanded: bool) -> Value {
        let mut shown = value!({
            "id": ticket.id, "number": ticket.number(), "title": ticket.title, "owner_id": 1, "customer_id": ticket.customer,
            "state_id": 1, "note": null, "created_at": ticket.at.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string(),
        });
        for name in OWN {
            shown[name] = ticket.fields[name].clone();
        }
        if expanded {
            let customer = self.users.iter().find(|u| u.0 == ticket.customer).map_or("-", |u| u.1.as_str());
            shown["group"] = "Users".into();
            shown["state"] = if ticket.closed { "closed" } else { "open" }.into();
            shown["owner"] = "-".into();
            shown["customer"] = customer.into();
        }
        shown
    }

    fn add(&mut self, title: &str, customer: u64, at: Timestamp) -> &mut Ticket {
        let id = self.tickets.len() as u64 + 1;
        self.tickets.push(Ticket {
            id,
            title: title.into(),
            customer,
            closed: false,
            at,
            articles: Vec::new(),
            fields: value!({}),
        });
        self.tickets.last_mut().unwrap()
    }
}

fn says(status: u16, error: &str) -> Reply {
    json(status, value!({ "error": error, "error_human": error }))
}

impl Zammad {
    fn set_closed(&mut self, number: &str, closed: bool) -> bool {
        let found = self.tickets.iter_mut().find(|t| t.number() == number);
        found.map(|t| t.closed = closed).is_some()
    }
}

impl Fake for Zammad {
    fn kind(&self) -> &'static str {
        "zammad"
    }

    fn settings(&self) -> Vec<(&'static str, &'static str)> {
        vec![("token", TOKEN)]
    }

    fn answer(&mut self, asked: &Asked, now: Timestamp) -> Reply {
        if asked.header("authorization") != format!("Token token={TOKEN}") {
            return says(401, "Invalid token");
        }
        let body = asked.json();
        let (method, path) = asked.route();
        let ["api", "v1", path @ ..] = path.as_slice() else { return says(404, "No route") };
        let query = asked.query("query").unwrap_or_default();
        match (method, path) {
            ("GET", ["users", "me"]) => json(200, value!({ "id": 5, "login": "ana", "roles": ["Agent"] })),
            ("GET", ["users", "search"]) => {
                let (key, wanted) = query.split_once(':').unwrap_or(("", query));
                let wanted = wanted.trim_matches('"');
                if wanted == ANA_THERE {
                    return json(200, value!([{ "id": AGENT, "email": wanted, "login": wanted }]));
                }
                let of =
                    |u: &&(u64, String, String, String)| if key == "login" { u.2 == wanted } else { u.1 == wanted };
                let found: Vec<Value> = self
                    .users
                    .iter()
                    .filter(of)
                    .map(|u| value!({ "id": u.0, "email": u.1, "login": u.2, "firstname": u.3, "lastname": null }))
                    .collect();
                json(200, found.into())
            }
            ("POST", ["users"]) => {
                let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
                let (email, first) = (text("email"), format!("{} {}", text("firstname"), text("lastname")));
                let login = if text("login").is_empty() { email.clone() } else { text("login") };
                if self.users.iter().any(|u| u.2 == login) {
                    return says(422, "Email address is already used for another user.");
                }
                let id = self.users.len() as u64 + 10;
                self.users.push((id, email, login, first));
                json(201, value!({ "id": id }))
            }
            ("GET", ["tickets", "search"]) => {
                let found = |t: &&Ticket| match query.split_once(':') {
                    Some(("number", n)) => t.number() == n,
                    Some(("customer_id", n)) => t.customer.to_string() == n,
                    Some(("created_at", _)) => true,
                    _ => false,
                };
                let limit: usize = asked.query("limit").and_then(|l| l.parse().ok()).unwrap_or(10);
                let found: Vec<&Ticket> = self.tickets.iter().rev().filter(found).take(limit).collect();
                let expanded = asked.query("expand") == Some("true");
                json(200, found.into_iter().map(|t| self.shown(t, expanded)).collect())
            }
            ("POST", ["tickets"]) => {
                if body["group"] != "Users" {
                    return says(422, "No lookup value found for 'group'");
                }
                if refuses(&body) {
                    return says(422, "This value of filial is not allowed");
                }
                let author = &body["article"]["origin_by_id"];
                if !author.is_null() && *author != AGENT {
                    return says(422, "Couldn't find User");
                }
                let customer = body["customer_id"].as_u64().unwrap_or_default();
                self.articles += 1;
                let article = (self.articles, body["article"]["body"].as_str().unwrap_or_default().to_owned());
                let new = self.add(body["title"].as_str().unwrap_or_default(), customer, now);
                new.articles.push(article);
                take(&mut new.fields, &known(&body), &[]);
                let shown = self.shown(self.tickets.last().unwrap(), false);
                json(201, shown)
            }
            ("PUT", ["tickets", id]) => match self.tickets.iter_mut().find(|t| t.id.to_string() == *id) {
                Some(_) if refuses(&body) => says(422, "This value of filial is not allowed"),
                Some(ticket) => {
                    take(&mut ticket.fields, &known(&body), &[]);
                    let shown = self.tickets.iter().find(|t| t.id.to_string() == *id).map(|t| self.shown(t, false));
                    json(200, shown.unwrap())
                }
                None => says(404, "Couldn't find Ticket"),
            },
            ("POST", ["ticket_articles"]) => {
                let id = body["ticket_id"].as_u64();
                if !body["origin_by_id"].is_null() && body["origin_by_id"] != AGENT {
                    return says(422, "Couldn't find User");
                }
                self.articles += 1;
                let article = (self.articles, body["body"].as_str().unwrap_or_default().to_owned());
                match self.tickets.iter_mut().find(|t| Some(t.id) == id) {
                    Some(ticket) => {
                        ticket.articles.push(article);
                        json(201, value!({ "id": self.articles }))
                    }
                    None => says(404, "Couldn't find Ticket"),
                }
            }
            ("GET", ["ticket_articles", "by_ticket", id]) => {
                match self.tickets.iter().find(|t| t.id.to_string() == *id) {
                    Some(t) => {
                        json(200, t.articles.iter().map(|(id, body)| value!({ "id": id, "body": body })).collect())
                    }
                    None => says(404, "Couldn't find Ticket"),
                }
            }
            _ => says(404, "No route matches"),
        }
    }

    fn fields(&self, number: &str) -> Value {
        self.tickets.iter().find(|t| t.number() == number).map_or(Value::Null, |t| t.fields.clone())
    }

    fn tickets(&self) -> Vec<OnTicket> {
        let texts = |t: &Ticket| t.articles.iter().map(|(_, body)| body.clone()).collect();
        self.tickets.iter().map(|t| OnTicket { number: t.number(), texts: texts(t) }).collect()
    }

    fn close(&mut self, number: &str) -> bool {
        self.set_closed(number, true)
    }

    fn reopen(&mut self, number: &str) -> bool {
        self.set_closed(number, false)
    }

    fn remove(&mut self, number: &str) -> Option<String> {
        let found = self.tickets.iter_mut().find(|t| t.number() == number)?;
        found.id += 1_000_000;
        Some(found.number())
    }

    fn is_closed(&self, number: &str) -> bool {
        self.tickets.iter().any(|t| t.number() == number && t.closed)
    }

    fn open(&mut self, subject: &str, now: Timestamp) -> Option<String> {
        Some(self.add(subject, 1, now).number())
    }
}
