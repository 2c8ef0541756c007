//! Salesforce as its REST pages say: a token that is suddenly no longer good, an organisation that does not know the fields of calls, duplicates that
//! are detected, errors in an array, queries in pages of whatever size it likes. Of SOQL it reads the few forms that are asked.

use std::collections::VecDeque;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use ring::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use rustls_pki_types::{PrivateKeyDer, pem::PemObject};
use serde_json::{Map, Value, json as value};

use super::{ANA_THERE, Asked, Fake, OnTicket, Reply, empty, form, json, quoted_after, refuses, take};

/// Whoever signs with this one is us.
pub const KEY: &str = include_str!("salesforce_key.pem");
const AGENT: &str = "005000000000001AAA";
const SECRET: &str = "sf-client-secret-0123456789";
/// Calls after which a token is no longer good.
const TOKEN: u32 = 5;
/// Records of a query's first page, and of each further one: nobody may rely on a size.
const PAGES: [usize; 2] = [2, 50];
/// Queries whose further pages are kept.
const CURSORS: usize = 10;

#[derive(Default)]
pub struct Salesforce {
    /// Logs in whoever signs for this audience, by a clock that differs from ours by so many seconds.
    key: Option<(&'static str, i64)>,
    /// The company's record has this number, and is an account with this id.
    accounts: Vec<(String, String)>,
    /// Does not let us see who asked.
    hides_supplied: bool,
    /// Where it is reached, if not where it is asked.
    base: String,
    tokens: u32,
    left: u32,
    /// Has Salesforce's own call centre: knows the fields of calls.
    call_centre: bool,
    contacts: Vec<Contact>,
    cases: Vec<Case>,
    tasks: Vec<Task>,
    /// What is left of queries that were not told whole.
    cursors: VecDeque<(u64, Vec<Value>)>,
    queries: u64,
}

#[derive(Default)]
pub struct Contact {
    pub id: String,
    pub name: String,
    pub email: String,
    pub phone: String,
    pub mobile: String,
    /// In the organisation's own field, `CPF__c`.
    pub document: String,
}

struct Case {
    id: String,
    number: String,
    subject: String,
    description: String,
    contact: String,
    email: String,
    closed: bool,
    at: Timestamp,
    fields: Value,
}

struct Task {
    id: String,
    case: String,
    description: String,
    fields: Map<String, Value>,
    at: Timestamp,
}

fn says(status: u16, code: &str, message: &str) -> Reply {
    json(status, value!([{ "message": message, "errorCode": code, "fields": [] }]))
}

impl Salesforce {
    /// One that is logged in to with a private key, for this audience (`own`: its own address), and whose clock is so many seconds ahead.
    pub fn by_key(audience: &'static str, ahead: i64) -> Self {
        Self { key: Some((audience, ahead)), ..Self::default() }
    }

    /// An organisation that has this company.
    pub fn with_account(id: &str, document: &str) -> Self {
        Self { accounts: vec![(id.to_owned(), document.to_owned())], ..Self::default() }
    }

    /// An organisation whose profile does not see what people told of themselves.
    pub fn without_supplied() -> Self {
        Self { hides_supplied: true, ..Self::default() }
    }

    /// Whether an assertion is signed with our key, by and for the right ones, and good now.
    fn believes(&self, asked: &Asked, assertion: &str, now: Timestamp) -> bool {
        let (audience, ahead) = self.key.unwrap();
        let audience = match audience {
            "login" => "https://login.salesforce.com".to_owned(),
            "test" => "https://test.salesforce.com".to_owned(),
            _ => format!("http://{}", asked.header("host")),
        };
        let Some((signed, signature)) = assertion.rsplit_once('.') else { return false };
        let Some((head, claims)) = signed.split_once('.') else { return false };
        let read = |part: &str| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap() };
        let (head, claims) = (read(head), read(claims));
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let PrivateKeyDer::Pkcs8(key) = PrivateKeyDer::from_pem_slice(KEY.as_bytes()).unwrap() else { panic!() };
        let key = RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()).unwrap();
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key().as_ref().to_vec());
        let good_until = claims["exp"].as_i64().unwrap() - now.as_second() - ahead;
        head["alg"] == "RS256"
            && public.verify(signed.as_bytes(), &signature).is_ok()
            && claims["iss"] == "3MVG9client"
            && claims["sub"] == "amparo@varanda.example"
            && claims["aud"] == audience
            && (1..=180).contains(&good_until)
    }

    /// An organisation that has these contacts already.
    pub fn of(call_centre: bool, contacts: Vec<Contact>) -> Self {
        Self { call_centre, contacts, ..Self::default() }
    }

    fn case(&self, case: &Case) -> Value {
        let name =
            self.contacts.iter().find(|c| c.id == case.contact).map(|c| value!({ "attributes": {}, "Name": c.name }));
        value!({
            "attributes": { "type": "Case" }, "Id": case.id, "CaseNumber": case.number, "Subject": case.subject, "Status": if case.closed { "Closed" } else { "New" }, "IsClosed": case.closed,
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
            closed: false,
            at,
            fields: value!({}),
        });
        self.cases.last_mut().unwrap()
    }

    fn query(&mut self, soql: &str) -> Reply {
        let since = soql.split_once("CreatedDate>=").and_then(|(_, r)| r.split(' ').next()?.parse::<Timestamp>().ok());
        let mut records: Vec<Value> = if soql.contains(" FROM User ") {
            let is_ana = quoted_after(soql, "Email=").is_some_and(|address| address == ANA_THERE);
            if is_ana { vec![value!({ "Id": AGENT })] } else { Vec::new() }
        } else if soql.contains(" FROM Account ") {
            let of = self.accounts.iter().filter(|(_, document)| soql.contains(&format!("CNPJ__c='{document}'")));
            of.map(|(id, _)| value!({ "Id": id })).collect()
        } else if soql.contains(" FROM Contact ") {
            let is = |field: &str, value: &str| quoted_after(soql, field).is_some_and(|wanted| wanted == value);
            let of = self.contacts.iter().filter(|c| {
                is(" Email=", &c.email)
                    || is(" CPF__c=", &c.document)
                    || is(" Phone=", &c.phone)
                    || is(" MobilePhone=", &c.mobile)
            });
            of.map(|c| value!({ "Id": c.id })).collect()
        } else if soql.contains(" FROM Task") {
            let case = quoted_after(soql, "WhatId=");
            let of = self
                .tasks
                .iter()
                .filter(|t| case.as_ref().is_none_or(|c| t.case == *c) && since.is_none_or(|s| t.at >= s))
                // What belongs to a case goes with it.
                .filter(|t| self.cases.iter().any(|c| c.id == t.case && c.number.len() == 8));
            of.map(|t| value!({ "Id": t.id, "Description": t.description })).collect()
        } else if soql.contains(" FROM Case") {
            let (number, id, contact) =
                (quoted_after(soql, "CaseNumber="), quoted_after(soql, " Id="), quoted_after(soql, "ContactId="));
            let account = quoted_after(soql, "AccountId=");
            let of = self.cases.iter().filter(|c| {
                number.as_ref().is_none_or(|n| c.number == *n)
                    && id.as_ref().is_none_or(|i| c.id == *i)
                    && contact.as_ref().is_none_or(|k| c.contact == *k)
                    && account.as_ref().is_none_or(|a| c.fields["AccountId"] == **a)
                    && since.is_none_or(|s| c.at >= s)
            });
            of.map(|c| self.case(c)).collect()
        } else {
            return says(400, "MALFORMED_QUERY", "unexpected token");
        };
        if soql.contains(" ORDER BY CreatedDate DESC") {
            records.reverse();
        }
        if let Some(limit) = soql.split_once(" LIMIT ").and_then(|(_, limit)| limit.parse().ok()) {
            records.truncate(limit);
        }
        self.paged(records, PAGES[0])
    }

    fn paged(&mut self, mut records: Vec<Value>, page: usize) -> Reply {
        let total = records.len();
        let rest = records.split_off(page.min(total));
        if rest.is_empty() {
            return json(200, value!({ "totalSize": total, "done": true, "records": records }));
        }
        self.queries += 1;
        let next = format!("/services/data/v60.0/query/01g{:012}-{page}", self.queries);
        self.cursors.push_back((self.queries, rest));
        if self.cursors.len() > CURSORS {
            self.cursors.pop_front();
        }
        json(200, value!({ "totalSize": total, "done": false, "nextRecordsUrl": next, "records": records }))
    }

    fn more(&mut self, cursor: &str) -> Reply {
        let wanted = cursor.strip_prefix("01g").and_then(|c| c.split_once('-')?.0.parse::<u64>().ok());
        match self.cursors.iter().position(|(id, _)| Some(*id) == wanted) {
            Some(at) => {
                let (_, rest) = self.cursors.remove(at).unwrap();
                self.paged(rest, PAGES[1])
            }
            None => says(400, "INVALID_QUERY_LOCATOR", "invalid query locator"),
        }
    }
}

impl Salesforce {
    fn set_closed(&mut self, number: &str, closed: bool) -> bool {
        let found = self.cases.iter_mut().find(|t| t.number == number);
        found.map(|t| t.closed = closed).is_some()
    }
}

impl Fake for Salesforce {
    fn kind(&self) -> &'static str {
        "salesforce"
    }

    fn settings(&self) -> Vec<(&'static str, &'static str)> {
        let mut settings = vec![("client_id", "3MVG9client"), ("document", "CPF__c"), ("account_document", "CNPJ__c")];
        match self.key {
            Some((audience, _)) => settings.extend([
                ("flow", "jwt"),
                ("username", "amparo@varanda.example"),
                ("private_key", KEY),
                ("audience", audience),
            ]),
            None => settings.push(("client_secret", SECRET)),
        }
        settings
    }

    fn kept(&self) -> Value {
        self.tasks.iter().map(|task| Value::Object(task.fields.clone())).collect()
    }

    fn is_reached_at(&mut self, base: &str) {
        self.base = base.to_owned();
    }

    fn answer(&mut self, asked: &Asked, now: Timestamp) -> Reply {
        let (method, path) = asked.route();
        if path == ["services", "oauth2", "token"] {
            let fields = form(&String::from_utf8_lossy(&asked.body));
            let field = |name: &str| fields.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
            if let Some((_, ahead)) = self.key {
                let jwt = field("grant_type") == Some("urn:ietf:params:oauth:grant-type:jwt-bearer");
                if !jwt || !self.believes(asked, field("assertion").unwrap_or_default(), now) {
                    let says = value!({ "error": "invalid_grant", "error_description": "invalid assertion" });
                    let mut reply = json(400, says);
                    let theirs = now.checked_add(SignedDuration::from_secs(ahead)).unwrap();
                    reply.headers.push(("date".into(), theirs.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()));
                    return reply;
                }
            } else if field("client_secret") != Some(SECRET) || field("grant_type") != Some("client_credentials") {
                return json(
                    400,
                    value!({ "error": "invalid_client", "error_description": "invalid client credentials" }),
                );
            }
            self.tokens += 1;
            self.left = TOKEN;
            let instance = match self.base.as_str() {
                "" => format!("http://{}", asked.header("host")),
                base => base.to_owned(),
            };
            return json(
                200,
                value!({
                    "access_token": format!("00Daccess-token-{:06}", self.tokens), "instance_url": instance, "token_type": "Bearer",
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
            ("GET", ["query", cursor]) => self.more(cursor),
            ("POST", ["sobjects", "Case"])
                if self.hides_supplied && body.as_object().unwrap().keys().any(|k| k.starts_with("Supplied")) =>
            {
                says(400, "INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create/update fields: SuppliedEmail")
            }
            ("POST" | "PATCH", ["sobjects", "Case" | "Task", ..])
                if !body["OwnerId"].is_null() && body["OwnerId"] != AGENT && !text("OwnerId").starts_with("00G") =>
            {
                says(400, "INVALID_CROSS_REFERENCE_KEY", "Owner ID: owner cannot be blank")
            }
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
                if text("Email").is_empty() && self.contacts.iter().any(|c| c.name == name) {
                    return says(400, "DUPLICATES_DETECTED", "Use one of these records?");
                }
                let (email, phone, document) = (text("Email"), text("Phone"), text("CPF__c"));
                self.contacts.push(Contact { id: id.clone(), name, email, phone, mobile: String::new(), document });
                json(201, value!({ "id": id, "success": true, "errors": [] }))
            }
            ("POST" | "PATCH", ["sobjects", "Case", ..]) if refuses(&body) => {
                says(400, "INVALID_FIELD", "No such column 'Filial__c' on sobject of type Case")
            }
            ("PATCH", ["sobjects", "Case", id]) => match self.cases.iter_mut().find(|c| c.id == *id) {
                Some(case) => {
                    take(&mut case.fields, &body, &[]);
                    empty(204)
                }
                None => says(404, "NOT_FOUND", "The requested resource does not exist"),
            },
            ("POST", ["sobjects", "Case"]) => {
                let case = self.add(&text("Subject"), now);
                (case.description, case.contact, case.email) =
                    (text("Description"), text("ContactId"), text("SuppliedEmail"));
                take(&mut case.fields, &body, &["Subject", "Description", "ContactId", "OwnerId"]);
                let id = case.id.clone();
                json(201, value!({ "id": id, "success": true, "errors": [] }))
            }
            ("GET", ["sobjects", "Case", id]) => match self.cases.iter().find(|c| c.id == *id) {
                Some(case) => json(200, self.case(case)),
                None => says(404, "NOT_FOUND", "The requested resource does not exist"),
            },
            (_, ["sobjects", "Task", ..])
                if !self.call_centre && body.as_object().is_some_and(|o| o.keys().any(|k| k.starts_with("Call"))) =>
            {
                says(400, "INVALID_FIELD", "No such column 'CallDurationInSeconds' on sobject of type Task")
            }
            ("POST", ["sobjects", "Task"]) => {
                // One that was deleted has a longer number here.
                if !self.cases.iter().any(|c| c.id == text("WhatId") && c.number.len() == 8) {
                    return says(400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id");
                }
                let id = format!("00T{:012}", self.tasks.len() + 1);
                let (case, description) = (text("WhatId"), text("Description"));
                let fields = body.as_object().cloned().unwrap_or_default();
                self.tasks.push(Task { id: id.clone(), case, description, fields, at: now });
                json(201, value!({ "id": id, "success": true, "errors": [] }))
            }
            ("PATCH", ["sobjects", "Task", id]) => match self.tasks.iter_mut().find(|t| t.id == *id) {
                Some(task) => {
                    task.description = text("Description");
                    task.fields.extend(body.as_object().cloned().unwrap_or_default());
                    empty(204)
                }
                None => says(404, "NOT_FOUND", "The requested resource does not exist"),
            },
            _ => says(404, "NOT_FOUND", "no such address"),
        }
    }

    fn fields(&self, number: &str) -> Value {
        self.cases.iter().find(|c| c.number == number).map_or(Value::Null, |c| c.fields.clone())
    }

    fn tickets(&self) -> Vec<OnTicket> {
        let texts = |c: &Case| {
            let tasks = self.tasks.iter().filter(|t| t.case == c.id).map(|t| t.description.clone());
            std::iter::once(c.description.clone()).chain(tasks).collect()
        };
        self.cases.iter().map(|c| OnTicket { number: c.number.clone(), texts: texts(c) }).collect()
    }

    fn close(&mut self, number: &str) -> bool {
        self.set_closed(number, true)
    }

    fn reopen(&mut self, number: &str) -> bool {
        self.set_closed(number, false)
    }

    fn remove(&mut self, number: &str) -> Option<String> {
        let found = self.cases.iter_mut().find(|t| t.number == number)?;
        found.number.insert(0, '9');
        Some(found.number.clone())
    }

    fn is_closed(&self, number: &str) -> bool {
        self.cases.iter().any(|t| t.number == number && t.closed)
    }

    fn open(&mut self, subject: &str, now: Timestamp) -> Option<String> {
        Some(self.add(subject, now).number.clone())
    }
}
