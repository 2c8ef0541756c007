//! GLPI 10 as its `apirest.md` says: a session that expires after a few calls, 206 for a part of a list, a range behind the end is a mistake, HTML that
//! comes back escaped.

use jiff::Timestamp;
use serde_json::{Value, json as value};

use super::{ANA_THERE, Asked, Fake, OnTicket, Reply, json, refuses, take};

const AGENT: u64 = 77;
const USER: &str = "gl-user-0123456789abcdef";
const APP: &str = "gl-app-0123456789abcdef";
/// Calls after which a session has expired.
const SESSION: u32 = 7;

#[derive(Default)]
pub struct Glpi {
    sessions: u32,
    left: u32,
    users: Vec<(u64, String)>,
    tickets: Vec<Ticket>,
    follow_ups: u64,
}

struct Ticket {
    id: u64,
    name: String,
    content: String,
    user: u64,
    email: String,
    closed: bool,
    at: Timestamp,
    follow_ups: Vec<(u64, String)>,
    fields: Value,
    /// The ticket that it is linked with.
    linked: Option<u64>,
    in_the_bin: bool,
}

/// As GLPI keeps and gives it.
fn kept(html: &str) -> String {
    html.replace('<', "&#60;").replace('>', "&#62;")
}

fn says(status: u16, code: &str, words: &str) -> Reply {
    json(status, value!([code, words]))
}

fn when(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

impl Ticket {
    fn shown(&self) -> Value {
        value!({ "id": self.id, "name": self.name, "content": self.content, "status": if self.closed { 6 } else { 2 }, "date": when(self.at), "closedate": null, "is_deleted": u8::from(self.in_the_bin) })
    }
}

fn part(all: Vec<Value>, asked: &Asked) -> Reply {
    let range = asked.query("range").unwrap_or("0-49");
    let (from, to) = range.split_once('-').unwrap();
    let (from, to): (usize, usize) = (from.parse().unwrap(), to.parse().unwrap());
    if from > 0 && from >= all.len() {
        return says(400, "ERROR_RANGE_EXCEED_TOTAL", "Provided range exceed total count of data");
    }
    let some: Vec<Value> = all.iter().skip(from).take(to - from + 1).cloned().collect();
    let status = if some.len() < all.len() { 206 } else { 200 };
    json(status, some.into())
}

impl Glpi {
    fn set_closed(&mut self, number: &str, closed: bool) -> bool {
        let found = self.tickets.iter_mut().find(|t| t.id.to_string() == number);
        found.map(|t| t.closed = closed).is_some()
    }
}

impl Fake for Glpi {
    fn kind(&self) -> &'static str {
        "glpi"
    }

    fn settings(&self) -> Vec<(&'static str, &'static str)> {
        vec![("user_token", USER), ("app_token", APP)]
    }

    fn answer(&mut self, asked: &Asked, now: Timestamp) -> Reply {
        if asked.header("app-token") != APP {
            return says(400, "ERROR_WRONG_APP_TOKEN_PARAMETER", "parameter app_token seems wrong");
        }
        let (method, path) = asked.route();
        let ["apirest.php", path @ ..] = path.as_slice() else {
            return says(400, "ERROR_RESOURCE_NOT_FOUND_NOR_COMMONDBTM", "");
        };
        if path == ["initSession"] {
            if asked.header("authorization") != format!("user_token {USER}") {
                return says(401, "ERROR_GLPI_LOGIN_USER_TOKEN", "parameter user_token seems invalid");
            }
            self.sessions += 1;
            self.left = SESSION;
            return json(200, value!({ "session_token": format!("session-token-{:08}", self.sessions) }));
        }
        if asked.header("session-token") != format!("session-token-{:08}", self.sessions) || self.left == 0 {
            return says(401, "ERROR_SESSION_TOKEN_INVALID", "session_token seems invalid");
        }
        self.left -= 1;
        let body = asked.json();
        let input = &body["input"];
        match (method, path) {
            ("GET", ["getActiveProfile"]) => json(200, value!({ "active_profile": { "id": 6, "name": "Technician" } })),
            ("GET", ["search", "User"]) => {
                let wanted =
                    asked.query("criteria[0][value]").unwrap_or_default().trim_start_matches('^').trim_end_matches('$');
                if wanted == ANA_THERE {
                    let ana = value!({ "2": AGENT, "5": wanted });
                    return json(200, value!({ "totalcount": 1, "count": 1, "data": [ana] }));
                }
                let found: Vec<Value> =
                    self.users.iter().filter(|u| u.1 == wanted).map(|u| value!({ "2": u.0, "5": u.1 })).collect();
                match found.len() {
                    0 => json(200, value!({ "totalcount": 0, "count": 0 })),
                    n => json(200, value!({ "totalcount": n, "count": n, "data": found })),
                }
            }
            ("GET", ["search", "Ticket"]) => {
                let wanted = asked.query("criteria[0][value]").unwrap_or_default();
                let of = self.tickets.iter().rev().filter(|t| t.user.to_string() == wanted);
                let found: Vec<Value> =
                    of.map(|t| value!({ "2": t.id, "1": t.name, "12": 2, "15": when(t.at) })).collect();
                json(200, value!({ "totalcount": found.len(), "count": found.len(), "data": found }))
            }
            ("POST", ["Ticket"]) => {
                if refuses(&body) {
                    return says(400, "ERROR_GLPI_ADD", "Mandatory fields are not filled");
                }
                if !input["_users_id_assign"].is_null() && input["_users_id_assign"] != AGENT {
                    return says(400, "ERROR_GLPI_ADD", "No such user");
                }
                let email = input["_users_id_requester_notif"]["alternative_email"][0].as_str().unwrap_or_default();
                let mut user = input["_users_id_requester"].as_u64().unwrap_or(0);
                // Whoever opens a ticket by an address here is in the directory the next day: enough for a fake to find them.
                if user == 0 && !email.is_empty() {
                    user = self.users.len() as u64 + 7;
                    self.users.push((user, email.into()));
                }
                let id = self.tickets.len() as u64 + 1;
                self.tickets.push(Ticket {
                    id,
                    name: input["name"].as_str().unwrap_or_default().into(),
                    content: kept(input["content"].as_str().unwrap_or_default()),
                    user: if email.is_empty() { user } else { 0 },
                    email: email.into(),
                    closed: false,
                    at: now,
                    follow_ups: Vec::new(),
                    fields: value!({}),
                    linked: None,
                    in_the_bin: false,
                });
                let ticket = self.tickets.last_mut().unwrap();
                let own = [
                    "name",
                    "content",
                    "_users_id_requester",
                    "_users_id_requester_notif",
                    "_users_id_assign",
                    "_link",
                ];
                ticket.linked = input["_link"]["tickets_id_2"].as_u64();
                take(&mut ticket.fields, input, &own);
                if !email.is_empty() {
                    ticket.user = user;
                }
                json(201, value!({ "id": id, "message": "" }))
            }
            ("PUT", ["Ticket", _]) if refuses(&body) => says(400, "ERROR_GLPI_UPDATE", "Bad value"),
            ("PUT", ["Ticket", id]) => match self.tickets.iter_mut().find(|t| t.id.to_string() == *id) {
                Some(ticket) => {
                    take(&mut ticket.fields, input, &[]);
                    json(200, value!([{ *id: true, "message": "" }]))
                }
                None => says(404, "ERROR_ITEM_NOT_FOUND", "Item not found"),
            },
            ("GET", ["Ticket"]) => part(self.tickets.iter().rev().map(Ticket::shown).collect(), asked),
            ("GET", ["User", id]) => match self.users.iter().find(|u| u.0.to_string() == *id) {
                Some(user) => json(200, value!({ "id": user.0, "name": user.1, "realname": null, "firstname": null })),
                None => says(404, "ERROR_ITEM_NOT_FOUND", "Item not found"),
            },
            ("POST", ["ITILFollowup"]) if !input["users_id"].is_null() && input["users_id"] != AGENT => {
                says(400, "ERROR_GLPI_ADD", "No such user")
            }
            ("POST", ["ITILFollowup"]) => {
                self.follow_ups += 1;
                let id = self.follow_ups;
                match self.tickets.iter_mut().find(|t| Some(t.id) == input["items_id"].as_u64()) {
                    // The same words for a ticket that is closed, which is followed up by nobody, as for one that is not there.
                    Some(ticket) if !ticket.closed => {
                        ticket.follow_ups.push((id, kept(input["content"].as_str().unwrap_or_default())));
                        json(201, value!({ "id": id, "message": "" }))
                    }
                    _ => says(400, "ERROR_GLPI_ADD", "You don't have permission to perform this action."),
                }
            }
            ("GET", ["Ticket", id, rest @ ..]) => {
                let Some(ticket) = self.tickets.iter().find(|t| t.id.to_string() == *id) else {
                    return says(404, "ERROR_ITEM_NOT_FOUND", "Item not found");
                };
                match rest {
                    [] => json(200, ticket.shown()),
                    ["Ticket_User"] => {
                        let email = if ticket.user == 0 { ticket.email.as_str() } else { "" };
                        json(200, value!([{ "users_id": ticket.user, "type": 1, "alternative_email": email }]))
                    }
                    ["ITILFollowup"] => {
                        let all = ticket
                            .follow_ups
                            .iter()
                            .rev()
                            .map(|(id, text)| value!({ "id": id, "content": text, "is_private": 1 }));
                        part(all.collect(), asked)
                    }
                    _ => says(400, "ERROR_RESOURCE_NOT_FOUND_NOR_COMMONDBTM", "resource not found"),
                }
            }
            _ => says(400, "ERROR_RESOURCE_NOT_FOUND_NOR_COMMONDBTM", "resource not found"),
        }
    }

    fn kept(&self) -> Value {
        value!({ "joined": self.tickets.iter().map(|t| value!([t.id, t.linked])).collect::<Vec<_>>() })
    }

    fn bin(&mut self, number: &str) {
        self.tickets.iter_mut().filter(|t| t.id.to_string() == number).for_each(|t| t.in_the_bin = true);
    }

    fn fields(&self, number: &str) -> Value {
        self.tickets.iter().find(|t| t.id.to_string() == number).map_or(Value::Null, |t| t.fields.clone())
    }

    fn tickets(&self) -> Vec<OnTicket> {
        let texts = |t: &Ticket| {
            std::iter::once(t.content.clone()).chain(t.follow_ups.iter().map(|(_, c)| c.clone())).collect()
        };
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
        self.tickets.push(Ticket {
            id,
            name: subject.into(),
            content: String::new(),
            user: 0,
            email: String::new(),
            closed: false,
            at: now,
            follow_ups: Vec::new(),
            fields: value!({}),
            linked: None,
            in_the_bin: false,
        });
        Some(id.to_string())
    }
}
