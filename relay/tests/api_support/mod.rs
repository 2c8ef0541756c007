//! Another system that uses the API: a token and what it sends. Used by the tests of the API, beside `console_support`.

#![allow(dead_code, missing_docs, clippy::unwrap_used)]

use std::{sync::Arc, time::Duration};

use amparo_relay::{account::api_token::Wanted, relay::Shared};
use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use jiff::Timestamp;
use protocol::id::TenantId;
use serde_json::Value;
use store::Scope;

use crate::console_support::{Answer, Browser};

/// A caller with a token.
pub struct Api {
    pub browser: Browser,
    pub token: String,
}

impl Api {
    /// A token of this user with these scopes.
    pub async fn of(shared: &Arc<Shared>, tenant: TenantId, login: &str, scopes: &[Scope]) -> Self {
        let user = shared.store.operator_by_login(tenant, login).await.unwrap().unwrap();
        let wanted = Wanted { name: "Painel".to_owned(), scopes: scopes.to_vec(), days: 30 };
        let made = shared.accounts.make_api_token(&user.into(), &wanted, Timestamp::now()).await.unwrap();
        Self { browser: Browser::new(shared), token: made.token.to_string() }
    }

    /// Sends this and reads the answer. Each call is a little later than the one before, so that the rate has no say.
    pub async fn call(&mut self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        self.call_with(method, path, body.map(|body| ("application/json", body.to_string())), &[]).await
    }

    pub async fn call_with(
        &mut self,
        method: Method,
        path: &str,
        body: Option<(&str, String)>,
        headers: &[(&str, &str)],
    ) -> Answer {
        self.browser.later += Duration::from_millis(100);
        let mut request = self.browser.request(method, path);
        if !self.token.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = match body {
            Some((kind, body)) => {
                request = request.header(header::CONTENT_TYPE, kind);
                Body::from(body)
            }
            None => Body::empty(),
        };
        self.browser.send(request.body(body).unwrap()).await
    }

    pub async fn get(&mut self, path: &str) -> Value {
        let answer = self.call(Method::GET, path, None).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        serde_json::from_str(&answer.body).unwrap()
    }

    pub async fn status(&mut self, method: Method, path: &str, body: Option<&Value>) -> u16 {
        self.call(method, path, body).await.status.as_u16()
    }
}

/// An answer's JSON.
pub fn json(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{}: {}", answer.status, answer.body))
}
