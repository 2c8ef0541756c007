//! A receiver of Standard Webhooks as its specification wants one: checks the signature and the age of a message, and drops what it has had.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use ring::hmac;
use serde_json::{Value, json as value};

use super::{Asked, Fake, OnTicket, Reply, empty, json, refuses, take};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr";

#[derive(Default)]
pub struct Receiver {
    seen: BTreeSet<String>,
    tickets: BTreeMap<String, Vec<String>>,
    opened: u64,
    by_session: BTreeMap<String, String>,
    fields: BTreeMap<String, Value>,
}

impl Fake for Receiver {
    fn kind(&self) -> &'static str {
        "webhook"
    }

    fn settings(&self) -> Vec<(&'static str, &'static str)> {
        vec![("secret", SECRET)]
    }

    fn answer(&mut self, asked: &Asked, now: Timestamp) -> Reply {
        let (id, at) = (asked.header("webhook-id"), asked.header("webhook-timestamp"));
        let key = hmac::Key::new(hmac::HMAC_SHA256, &STANDARD.decode(SECRET.trim_start_matches("whsec_")).unwrap());
        let signed = [id.as_bytes(), b".", at.as_bytes(), b".", &asked.body].concat();
        let good = asked.header("webhook-signature").split(' ').any(|signature| {
            let bytes = signature.strip_prefix("v1,").and_then(|s| STANDARD.decode(s).ok());
            bytes.is_some_and(|bytes| hmac::verify(&key, &signed, &bytes).is_ok())
        });
        let fresh = at.parse::<i64>().is_ok_and(|at| (at - now.as_second()).abs() <= 300);
        if !good || !fresh || id.is_empty() {
            return empty(401);
        }
        let body = asked.json();
        let data = &body["data"];
        if refuses(&data["fields"]) {
            return json(422, value!({ "message": "unknown value of filial" }));
        }
        if body["type"] == "ticket.fields" && self.seen.insert(id.to_owned()) {
            let fields = self.fields.entry(data["ticket"].as_str().unwrap_or_default().to_owned()).or_default();
            take(fields, &data["fields"], &[]);
        }
        let session = data["session"].as_str().unwrap_or_default().to_owned();
        if self.seen.insert(id.to_owned())
            && ["session.started", "session.ended", "session.wrapped_up", "request.missed"]
                .map(Some)
                .contains(&body["type"].as_str())
        {
            let number = match data["ticket"].as_str() {
                Some(number) => number.to_owned(),
                None => {
                    self.opened += 1;
                    format!("W-{}", self.opened)
                }
            };
            self.by_session.insert(session.clone(), number.clone());
            take(self.fields.entry(number.clone()).or_default(), &data["fields"], &[]);
            self.tickets
                .entry(number)
                .or_default()
                .push(format!("{} [{id}]", data["text"].as_str().unwrap_or_default()));
        }
        match self.by_session.get(&session) {
            Some(ticket) => json(200, value!({ "ticket": ticket })),
            None => empty(204),
        }
    }

    fn fields(&self, number: &str) -> Value {
        self.fields.get(number).cloned().unwrap_or_default()
    }

    fn tickets(&self) -> Vec<OnTicket> {
        self.tickets.iter().map(|(number, texts)| OnTicket { number: number.clone(), texts: texts.clone() }).collect()
    }

    fn open(&mut self, _: &str, _: Timestamp) -> Option<String> {
        self.opened += 1;
        Some(format!("W-{}", self.opened))
    }
}
