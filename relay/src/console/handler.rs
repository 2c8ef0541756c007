//! Handlers of one type, whatever they extract.
//!
//! Around each type of handler axum lays half a dozen types of its own. Behind [`Erased`] these are compiled once, not once a route, which
//! was a third of the time that this crate took.

use std::sync::Arc;

use axum::{extract::Request, handler::Handler, response::Response};
use futures::future::BoxFuture;

use super::App;

/// A handler whose type is forgotten.
#[derive(Clone)]
pub(super) struct Erased(Arc<dyn Fn(Request, App) -> BoxFuture<'static, Response> + Send + Sync>);

impl Erased {
    pub(super) fn new<H: Handler<T, App>, T: 'static>(handler: H) -> Self {
        Self(Arc::new(move |request, app| Box::pin(handler.clone().call(request, app))))
    }
}

impl Handler<Erased, App> for Erased {
    type Future = BoxFuture<'static, Response>;

    fn call(self, request: Request, app: App) -> Self::Future {
        (self.0)(request, app)
    }
}
