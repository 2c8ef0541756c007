//! Redmine 5 as `GET/POST/PUT /issues` and its neighbours are documented: 204 with no body for a note, 422 with `errors`, empty 401, 403 and 404.

use jiff::Timestamp;
use serde_json::{Value, json as value};

use super::{Asked, Fake, OnTicket, Reply, empty, json, refuses, take};

/// No field of these issues.
const NO_FIELD: u64 = 77;
const KEY: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f000112233";

#[derive(Default)]
pub struct Redmine {
    /// Our key is an administrator's: it sees users and may act as them.
    administers: bool,
    /// Our role may not make notes private: everybody sees them, and nobody is told.
    shows_all: bool,
    issues: Vec<Issue>,
    journals: u64,
}

struct Issue {
    id: u64,
    subject: String,
    description: String,
    closed: bool,
    at: Timestamp,
    journals: Vec<(u64, String, bool)>,
    fields: Value,
}

impl Issue {
    fn shown(&self, journals: bool) -> Value {
        let mut shown = value!({
            "id": self.id, "project": { "id": 1, "name": "Suporte" }, "tracker": { "id": 1, "name": "Bug" },
            "status": { "id": 1, "name": if self.closed { "Closed" } else { "New" }, "is_closed": self.closed }, "author": { "id": 1, "name": "Agente" },
            "subject": self.subject, "description": self.description, "due_date": null, "estimated_hours": null,
            "custom_fields": self.fields["custom_fields"].as_array().cloned().unwrap_or_default(), "created_on": self.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(), "closed_on": null,
        });
        for (sent, told) in
            [("priority_id", "priority"), ("category_id", "category"), ("fixed_version_id", "fixed_version")]
        {
            if let Some(id) = self.fields[sent].as_u64() {
                shown[told] = value!({ "id": id, "name": "x" });
            }
        }
        for name in ["start_date", "due_date", "estimated_hours", "is_private"] {
            if !self.fields[name].is_null() {
                shown[name] = self.fields[name].clone();
            }
        }
        if journals {
            shown["journals"] = self
                .journals
                .iter()
                .map(|(id, notes, private)| value!({ "id": id, "user": { "id": 1, "name": "Agente" }, "notes": notes, "private_notes": private, "details": [] }))
                .collect();
        }
        shown
    }
}

/// Without the custom field that these issues do not have, and the status that our role may not set: they are left out without a word.
fn known(issue: &Value) -> Value {
    let mut issue = issue.clone();
    issue.as_object_mut().unwrap().remove("status_id");
    if let Some(fields) = issue["custom_fields"].as_array_mut() {
        fields.retain(|field| field["id"] != NO_FIELD);
    }
    issue
}

impl Redmine {
    /// One in which our role lacks the right to hide notes.
    pub fn that_shows_all() -> Self {
        Self { shows_all: true, ..Self::default() }
    }

    /// One whose administrator has given us the key.
    pub fn by_an_administrator() -> Self {
        Self { administers: true, ..Self::default() }
    }

    fn add(&mut self, subject: &str, description: &str, at: Timestamp) -> &mut Issue {
        let id = self.issues.len() as u64 + 1;
        self.issues.push(Issue {
            id,
            subject: subject.into(),
            description: description.into(),
            closed: false,
            at,
            journals: Vec::new(),
            fields: value!({}),
        });
        self.issues.last_mut().unwrap()
    }
}

impl Redmine {
    fn set_closed(&mut self, number: &str, closed: bool) -> bool {
        let found = self.issues.iter_mut().find(|t| t.id.to_string() == number);
        found.map(|t| t.closed = closed).is_some()
    }
}

impl Fake for Redmine {
    fn kind(&self) -> &'static str {
        "redmine"
    }

    fn settings(&self) -> Vec<(&'static str, &'static str)> {
        vec![("key", KEY), ("project", "suporte")]
    }

    fn answer(&mut self, asked: &Asked, now: Timestamp) -> Reply {
        if asked.header("x-redmine-api-key") != KEY {
            return empty(401);
        }
        let body = asked.json();
        let (method, path) = asked.route();
        match (method, path.as_slice()) {
            ("GET", ["users", "current.json"]) => json(
                200,
                value!({ "user": { "id": 5, "login": "agente", "admin": self.administers, "firstname": "A", "api_key": KEY,
                    "memberships": [{ "id": 9, "project": { "id": 1, "name": "Suporte" }, "roles": [{ "id": 4, "name": "Amparo" }] }] } }),
            ),
            ("GET", ["roles", "4.json"]) => {
                let mut rights = vec!["view_issues", "add_issues", "add_issue_notes", "view_private_notes"];
                rights.extend((!self.shows_all).then_some("set_notes_private"));
                json(200, value!({ "role": { "id": 4, "name": "Amparo", "permissions": rights } }))
            }
            // Only who administers Redmine may look for users, and sees their login names.
            ("GET", ["users.json"]) if !self.administers => empty(403),
            ("GET", ["users.json"]) => {
                let ana = asked.query("name") == Some(super::ANA_THERE);
                let found =
                    if ana { vec![value!({ "id": 5, "login": "ana", "mail": super::ANA_THERE })] } else { vec![] };
                json(200, value!({ "users": found, "total_count": found.len() }))
            }
            ("GET", ["users", "5.json"]) if self.administers => {
                json(200, value!({ "user": { "id": 5, "login": "ana" } }))
            }
            ("GET", ["users", "5.json"]) => {
                json(200, value!({ "user": { "id": 5, "login": "ana", "firstname": "Ana" } }))
            }
            ("GET", ["users", "6.json"]) => json(200, value!({ "user": { "id": 6, "login": "leaver" } })),
            // As somebody who has left, or who does not see the project.
            ("PUT", _) if self.administers && asked.header("x-redmine-switch-user") == "leaver" => empty(412),
            ("GET", ["projects", "suporte.json"]) => json(200, value!({ "project": { "id": 1 } })),
            ("POST", ["issues.json"]) => {
                let issue = &body["issue"];
                if issue["project_id"] != "suporte" {
                    return empty(404);
                }
                let subject = issue["subject"].as_str().unwrap_or_default().to_owned();
                if subject.is_empty() || subject.len() > 255 {
                    return json(422, value!({ "errors": ["Subject cannot be blank"] }));
                }
                let description = issue["description"].as_str().unwrap_or_default().to_owned();
                if refuses(issue) {
                    return json(422, value!({ "errors": ["Filial is not included in the list"] }));
                }
                if !issue["assigned_to_id"].is_null() && issue["assigned_to_id"] != 5 {
                    return json(422, value!({ "errors": ["Assignee is invalid"] }));
                }
                let new = self.add(&subject, &description, now);
                take(&mut new.fields, &known(issue), &["project_id", "subject", "description", "assigned_to_id"]);
                let shown = new.shown(false);
                json(201, value!({ "issue": shown }))
            }
            ("GET", ["issues.json"]) => {
                let wanted = asked.query("description").and_then(|d| d.strip_prefix('~')).unwrap_or_default();
                let mut found: Vec<&Issue> = self.issues.iter().filter(|i| i.description.contains(wanted)).collect();
                if asked.query("sort") == Some("id:desc") {
                    found.reverse();
                }
                let shown: Vec<Value> = found.iter().take(25).map(|i| i.shown(false)).collect();
                json(200, value!({ "total_count": found.len(), "offset": 0, "limit": 25, "issues": shown }))
            }
            (method, ["issues", file]) => {
                let id = file.strip_suffix(".json").and_then(|id| id.parse::<u64>().ok());
                let Some(issue) = self.issues.iter_mut().find(|i| Some(i.id) == id) else { return empty(404) };
                match method {
                    "GET" => json(200, value!({ "issue": issue.shown(asked.query("include") == Some("journals")) })),
                    "PUT" if refuses(&body) => json(422, value!({ "errors": ["Filial is not included in the list"] })),
                    "PUT" if body["issue"]["notes"].is_null() => {
                        take(&mut issue.fields, &known(&body["issue"]), &[]);
                        empty(204)
                    }
                    "PUT" => {
                        self.journals += 1;
                        let notes = body["issue"]["notes"].as_str().unwrap_or_default().to_owned();
                        let private = body["issue"]["private_notes"] == true && !self.shows_all;
                        issue.journals.push((self.journals, notes, private));
                        empty(204)
                    }
                    _ => empty(404),
                }
            }
            _ => empty(404),
        }
    }

    fn kept(&self) -> Value {
        self.issues
            .iter()
            .flat_map(|issue| &issue.journals)
            .map(|(_, notes, private)| value!([notes, private]))
            .collect()
    }

    fn mend(&mut self) {
        self.shows_all = false;
    }

    fn fields(&self, number: &str) -> Value {
        self.issues.iter().find(|i| i.id.to_string() == number).map_or(Value::Null, |i| i.fields.clone())
    }

    fn tickets(&self) -> Vec<OnTicket> {
        let texts = |i: &Issue| {
            std::iter::once(i.description.clone()).chain(i.journals.iter().map(|(_, notes, _)| notes.clone())).collect()
        };
        self.issues.iter().map(|i| OnTicket { number: i.id.to_string(), texts: texts(i) }).collect()
    }

    fn close(&mut self, number: &str) -> bool {
        self.set_closed(number, true)
    }

    fn reopen(&mut self, number: &str) -> bool {
        self.set_closed(number, false)
    }

    fn remove(&mut self, number: &str) -> Option<String> {
        let found = self.issues.iter_mut().find(|t| t.id.to_string() == number)?;
        found.id += 1_000_000;
        Some(found.id.to_string())
    }

    fn is_closed(&self, number: &str) -> bool {
        self.issues.iter().any(|t| t.id.to_string() == number && t.closed)
    }

    fn open(&mut self, subject: &str, now: Timestamp) -> Option<String> {
        Some(self.add(subject, "", now).id.to_string())
    }
}
