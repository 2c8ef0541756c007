//! Salesforce as its REST pages say: a token that is suddenly no longer good, an organisation that does not know the fields of calls, duplicates that
//! are detected, errors in an array. Of SOQL it reads the few forms that are asked.

use jiff::Timestamp;
use serde_json::{Value, json as value};

use super::{Asked, Fake, OnTicket, Reply, empty, form, json, quoted_after};

const SECRET: &str = "sf-client-secret-0123456789";
/// Calls after which a token is no longer good.
const TOKEN: u32 = 5;

#[derive(Default)]
pub struct Salesforce {
    tokens: u32,
    left: u32,
    contacts: Vec<(String, String, String)>,
    cases: Vec<Case>,
    tasks: Vec<Task>,
}

struct Case {
    id: String,
    number: String,
    subject: String,
    description: String,
    contact: String,
    email: String,
    at: Timestamp,
}

struct Task {
    id: String,
    case: String,
    description: String,
}

fn says(status: u16, code: &str, message: &str) -> Reply {
    json(status, value!([{ "message": message, "errorCode": code, "fields": [] }]))
}

impl Salesforce {
    fn case(&self, case: &Case) -> Value {
        let name =
            self.contacts.iter().find(|c| c.0 == case.contact).map(|c| value!({ "attributes": {}, "Name": c.1 }));
        value!({
            "attributes": { "type": "Case" }, "Id": case.id, "CaseNumber": case.number, "Subject": case.subject, "Status": "New", "IsClosed": false,
            "CreatedDate": case.at.strftime("%Y-%m-%dT%H:%M:%S.000+0000").to_string(), "Description": case.description,
            "Contact": name.unwrap_or(value!(null)), "Owner": { "attributes": { "type": "Name" }, "Name": "Fila 1" },
        })
    }

    fn add(&mut self, subject: &str, at: Timestamp) -> &mut Case {
        let n = self.cases.len() + 1;
        self.cases.push(Case {
            id: format!("500{n:012}"),
            number: format!("{:08}", 1000 + n),
            subject: subject.into(),
            description: String::new(),
            contact: String::new(),
            email: String::new(),
            at,
        });
        self.cases.last_mut().unwrap()
    }

    fn query(&self, soql: &str) -> Reply {
        let records: Vec<Value> = if soql.contains(" FROM Contact ") {
            let email = quoted_after(soql, "Email=");
            self.contacts.iter().filter(|c| Some(&c.2) == email.as_ref()).map(|c| value!({ "Id": c.0 })).collect()
        } else if soql.contains(" FROM Task") {
            let case = quoted_after(soql, "WhatId=");
            let of = self.tasks.iter().rev().filter(|t| case.as_ref().is_none_or(|c| t.case == *c));
            of.map(|t| value!({ "Id": t.id, "Description": t.description })).collect()
        } else if soql.contains(" FROM Case") {
            let (number, id, contact) =
                (quoted_after(soql, "CaseNumber="), quoted_after(soql, " Id="), quoted_after(soql, "ContactId="));
            let since =
                soql.split_once("CreatedDate>=").and_then(|(_, r)| r.split(' ').next()?.parse::<Timestamp>().ok());
            let of = self.cases.iter().rev().filter(|c| {
                number.as_ref().is_none_or(|n| c.number == *n)
                    && id.as_ref().is_none_or(|i| c.id == *i)
                    && contact.as_ref().is_none_or(|k| c.contact == *k)
                    && since.is_none_or(|s| c.at >= s)
            });
            of.map(|c| self.case(c)).collect()
        } else {
            return says(400, "MALFORMED_QUERY", "unexpected token");
        };
        json(200, value!({ "totalSize": records.len(), "done": true, "records": records }))
    }
}

impl Fake for Salesforce {
    fn kind(&self) -> &'static str {
        "salesforce"
    }

    fn settings(&self) -> Vec<(&'static str, &'static str)> {
        vec![("client_id", "3MVG9client"), ("client_secret", SECRET)]
    }

    fn answer(&mut self, asked: &Asked, now: Timestamp) -> Reply {
        let (method, path) = asked.route();
        if path == ["services", "oauth2", "token"] {
            let fields = form(&String::from_utf8_lossy(&asked.body));
            let field = |name: &str| fields.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
            if field("client_secret") != Some(SECRET) || field("grant_type") != Some("client_credentials") {
                return json(
                    400,
                    value!({ "error": "invalid_client", "error_description": "invalid client credentials" }),
                );
            }
            self.tokens += 1;
            self.left = TOKEN;
            let host = asked.header("host");
            return json(
                200,
                value!({
                    "access_token": format!("00Daccess-token-{:06}", self.tokens), "instance_url": format!("http://{host}"), "token_type": "Bearer",
                }),
            );
        }
        let ["services", "data", "v60.0", path @ ..] = path.as_slice() else {
            return says(404, "NOT_FOUND", "no such address");
        };
        if asked.header("authorization") != format!("Bearer 00Daccess-token-{:06}", self.tokens) || self.left == 0 {
            return says(401, "INVALID_SESSION_ID", "Session expired or invalid");
        }
        self.left -= 1;
        let body = asked.json();
        let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
        match (method, path) {
            ("GET", ["query"]) => self.query(asked.query("q").unwrap_or_default()),
            ("POST", ["sobjects", "Contact"]) => {
                if text("LastName").is_empty() {
                    return says(400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]");
                }
                if text("Email").starts_with("twice@") {
                    return says(400, "DUPLICATES_DETECTED", "Use one of these records?");
                }
                let id = format!("003{:012}", self.contacts.len() + 1);
                // The organisation's own rule of this fake: without an address, one contact per name.
                let name = format!("{} {}", text("FirstName"), text("LastName"));
                if text("Email").is_empty() && self.contacts.iter().any(|c| c.1 == name) {
                    return says(400, "DUPLICATES_DETECTED", "Use one of these records?");
                }
                self.contacts.push((id.clone(), name, text("Email")));
                json(201, value!({ "id": id, "success": true, "errors": [] }))
            }
            ("POST", ["sobjects", "Case"]) => {
                let case = self.add(&text("Subject"), now);
                (case.description, case.contact, case.email) =
                    (text("Description"), text("ContactId"), text("SuppliedEmail"));
                let id = case.id.clone();
                json(201, value!({ "id": id, "success": true, "errors": [] }))
            }
            ("GET", ["sobjects", "Case", id]) => match self.cases.iter().find(|c| c.id == *id) {
                Some(case) => json(200, self.case(case)),
                None => says(404, "NOT_FOUND", "The requested resource does not exist"),
            },
            (_, ["sobjects", "Task", ..])
                if body.as_object().is_some_and(|o| o.keys().any(|k| k.starts_with("Call"))) =>
            {
                says(400, "INVALID_FIELD", "No such column 'CallDurationInSeconds' on sobject of type Task")
            }
            ("POST", ["sobjects", "Task"]) => {
                let id = format!("00T{:012}", self.tasks.len() + 1);
                self.tasks.push(Task { id: id.clone(), case: text("WhatId"), description: text("Description") });
                json(201, value!({ "id": id, "success": true, "errors": [] }))
            }
            ("PATCH", ["sobjects", "Task", id]) => match self.tasks.iter_mut().find(|t| t.id == *id) {
                Some(task) => {
                    task.description = text("Description");
                    empty(204)
                }
                None => says(404, "NOT_FOUND", "The requested resource does not exist"),
            },
            _ => says(404, "NOT_FOUND", "no such address"),
        }
    }

    fn tickets(&self) -> Vec<OnTicket> {
        let texts = |c: &Case| {
            let tasks = self.tasks.iter().filter(|t| t.case == c.id).map(|t| t.description.clone());
            std::iter::once(c.description.clone()).chain(tasks).collect()
        };
        self.cases.iter().map(|c| OnTicket { number: c.number.clone(), texts: texts(c) }).collect()
    }

    fn open(&mut self, subject: &str, now: Timestamp) -> Option<String> {
        Some(self.add(subject, now).number.clone())
    }
}
