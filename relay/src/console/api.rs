//! The API, so that other systems can be built on it: `/api/v1`, JSON, a token in the header.
//!
//! [`router`] is merged into the console's. What is not in [`all`] with what it takes does not exist. A handler gets a
//! [`auth::Caller`] only through a guard that let it pass, and does what the console's pages do by calling what they call. Must never read a
//! cookie, show a password, or make a token.

mod answers;
mod apps;
mod auth;
mod customers;
mod desk;
mod docs;
mod extract;
mod indicators;
mod mail;
mod notices;
mod people;
mod problem;
mod sessions;
mod status;
mod tags;
mod ticketing;
mod webhooks;

use axum::{
    Router,
    handler::Handler,
    http::Method,
    middleware,
    routing::{MethodFilter, any, get, on},
};
use store::Scope;

use super::{App, handler::Erased, visitor::Act};

pub(super) use auth::Rates;
pub(super) use docs::read;

/// One route of the API and what it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiRoute {
    /// The method.
    pub method: Method,
    /// The path, with `{…}` for what varies.
    pub path: &'static str,
    /// What the token must hold. `None`: any token.
    pub scope: Option<Scope>,
    /// What the token's user must be allowed to do.
    pub act: Act,
}

struct Routes {
    router: Router<App>,
    table: Vec<ApiRoute>,
    /// What the routes that are added now take of their user, beside what the scope does.
    more: Option<Act>,
}

impl Routes {
    fn get<H: Handler<T, App>, T: 'static>(self, path: &'static str, scope: Scope, handler: H) -> Self {
        self.add(Method::GET, MethodFilter::GET, path, Some(scope), Erased::new(handler))
    }

    fn put<H: Handler<T, App>, T: 'static>(self, path: &'static str, scope: Scope, handler: H) -> Self {
        self.add(Method::PUT, MethodFilter::PUT, path, Some(scope), Erased::new(handler))
    }

    fn post<H: Handler<T, App>, T: 'static>(self, path: &'static str, scope: Scope, handler: H) -> Self {
        self.add(Method::POST, MethodFilter::POST, path, Some(scope), Erased::new(handler))
    }

    fn patch<H: Handler<T, App>, T: 'static>(self, path: &'static str, scope: Scope, handler: H) -> Self {
        self.add(Method::PATCH, MethodFilter::PATCH, path, Some(scope), Erased::new(handler))
    }

    fn delete<H: Handler<T, App>, T: 'static>(self, path: &'static str, scope: Scope, handler: H) -> Self {
        self.add(Method::DELETE, MethodFilter::DELETE, path, Some(scope), Erased::new(handler))
    }

    /// Routes that take this of their user as well.
    fn for_who_may(self, act: Act, routes: impl FnOnce(Self) -> Self) -> Self {
        Self { more: None, ..routes(Self { more: Some(act), ..self }) }
    }

    fn add(
        mut self,
        method: Method,
        filter: MethodFilter,
        path: &'static str,
        scope: Option<Scope>,
        handler: Erased,
    ) -> Self {
        let act = self.more.unwrap_or(scope.map_or(Act::LoggedIn, super::tokens::takes));
        let guarded = on(filter, handler).layer(middleware::from_fn_with_state((scope, act), auth::guard));
        self.router = self.router.route(path, guarded);
        self.table.push(ApiRoute { method, path, scope, act });
        self
    }
}

fn all() -> Routes {
    Routes { router: Router::new(), table: Vec::new(), more: None }
        .add(Method::GET, MethodFilter::GET, "/api/v1/me", None, Erased::new(people::me))
        .get("/api/v1/me/status", Scope::StatusRead, status::show)
        .put("/api/v1/me/status", Scope::StatusWrite, status::set)
        .get("/api/v1/attendants", Scope::StatusRead, status::attendants)
        .get("/api/v1/break-reasons", Scope::StatusRead, status::break_reasons)
        .get("/api/v1/sessions", Scope::SessionsRead, sessions::list)
        .get("/api/v1/sessions/{id}", Scope::SessionsRead, sessions::show)
        .post("/api/v1/sessions/{id}/end", Scope::SessionsEnd, sessions::end)
        .get("/api/v1/waiting", Scope::WaitingRead, sessions::waiting)
        .get("/api/v1/waiting/{id}", Scope::WaitingRead, sessions::waiting_one)
        .get("/api/v1/indicators", Scope::IndicatorsRead, indicators::show)
        .get("/api/v1/indicators/now", Scope::IndicatorsRead, indicators::now)
        .get("/api/v1/tickets", Scope::TicketsRead, desk::list)
        .post("/api/v1/tickets", Scope::TicketsWrite, desk::open)
        .get("/api/v1/tickets/{number}", Scope::TicketsRead, desk::show)
        .patch("/api/v1/tickets/{number}", Scope::TicketsWrite, desk::change)
        .post("/api/v1/tickets/{number}/actions", Scope::TicketsWrite, desk::add_action)
        .get("/api/v1/tickets/{number}/notices", Scope::TicketsRead, notices::list)
        .post("/api/v1/tickets/{number}/notices", Scope::TicketsWrite, notices::ask)
        .delete("/api/v1/tickets/{number}/notices/{id}", Scope::TicketsWrite, notices::cancel)
        .get("/api/v1/tickets/{number}/tags", Scope::TicketsRead, tags::list)
        .put("/api/v1/tickets/{number}/tags", Scope::TicketsWrite, tags::set)
        .post("/api/v1/tickets/{number}/tags", Scope::TicketsWrite, tags::add)
        .delete("/api/v1/tickets/{number}/tags/{tag}", Scope::TicketsWrite, tags::remove)
        .get("/api/v1/tags", Scope::TicketsRead, tags::all)
        .get("/api/v1/answers", Scope::TicketsRead, answers::list)
        .get("/api/v1/answers/{id}", Scope::TicketsRead, answers::show)
        .get("/api/v1/tickets/{number}/answers", Scope::TicketsRead, answers::filled)
        .for_who_may(Act::Administer, |routes| {
            routes
                .post("/api/v1/answers", Scope::TicketsWrite, answers::add)
                .patch("/api/v1/answers/{id}", Scope::TicketsWrite, answers::change)
                .delete("/api/v1/answers/{id}", Scope::TicketsWrite, answers::remove)
                .get("/api/v1/mail-texts", Scope::TicketsRead, mail::list)
                .put("/api/v1/mail-texts/{language}", Scope::TicketsWrite, mail::set)
        })
        .get("/api/v1/customers", Scope::TicketsRead, customers::list)
        .post("/api/v1/customers", Scope::TicketsWrite, customers::add)
        .get("/api/v1/customers/{id}", Scope::TicketsRead, customers::show)
        .patch("/api/v1/customers/{id}", Scope::TicketsWrite, customers::change)
        .get("/api/v1/customer-fields", Scope::TicketsRead, customers::fields)
        .for_who_may(Act::Administer, |routes| {
            routes.post("/api/v1/customers/{id}/merge", Scope::TicketsWrite, customers::merge).put(
                "/api/v1/customer-fields",
                Scope::TicketsWrite,
                customers::set_fields,
            )
        })
        .get("/api/v1/connections/{id}/tickets/{number}/notices", Scope::TicketsRead, notices::list_elsewhere)
        .post("/api/v1/connections/{id}/tickets/{number}/notices", Scope::TicketsWrite, notices::ask_elsewhere)
        .delete(
            "/api/v1/connections/{id}/tickets/{number}/notices/{notice}",
            Scope::TicketsWrite,
            notices::cancel_elsewhere,
        )
        .get("/api/v1/apps", Scope::AppsRead, apps::list)
        .post("/api/v1/apps", Scope::AppsWrite, apps::make)
        .get("/api/v1/apps/{id}", Scope::AppsRead, apps::show)
        .patch("/api/v1/apps/{id}", Scope::AppsWrite, apps::change)
        .delete("/api/v1/apps/{id}", Scope::AppsWrite, apps::remove)
        .post("/api/v1/apps/{id}/archive", Scope::AppsWrite, apps::archive)
        .post("/api/v1/apps/{id}/restore", Scope::AppsWrite, apps::restore)
        .get("/api/v1/users", Scope::UsersRead, people::users)
        .get("/api/v1/users/{id}", Scope::UsersRead, people::user)
        .get("/api/v1/connections", Scope::TicketingRead, ticketing::connections)
        .get("/api/v1/connections/{id}", Scope::TicketingRead, ticketing::connection)
        .get("/api/v1/outbox", Scope::TicketingRead, ticketing::outbox)
        .post("/api/v1/outbox/{id}/retry", Scope::TicketingRetry, ticketing::retry)
        .get("/api/v1/audit", Scope::AuditRead, ticketing::audit)
        .get("/api/v1/webhooks", Scope::WebhooksManage, webhooks::list)
        .post("/api/v1/webhooks", Scope::WebhooksManage, webhooks::make)
        .get("/api/v1/webhooks/{id}", Scope::WebhooksManage, webhooks::show)
        .patch("/api/v1/webhooks/{id}", Scope::WebhooksManage, webhooks::change)
        .delete("/api/v1/webhooks/{id}", Scope::WebhooksManage, webhooks::remove)
        .post("/api/v1/webhooks/{id}/secret", Scope::WebhooksManage, webhooks::secret)
}

/// Every route of the API, with what it takes. For tests that walk over all of them.
pub fn api_routes() -> Vec<ApiRoute> {
    all().table
}

/// The API's routes with their own checks; none of the console's apply.
pub(super) fn router(app: &App) -> Router<App> {
    all()
        .router
        .layer(middleware::from_fn_with_state(app.clone(), auth::recognise))
        // What the API says of itself is for anybody.
        .route("/api/v1/openapi.json", get(docs::json))
        .route("/api", any(problem::nothing))
        .route("/api/{*rest}", any(problem::nothing))
        .method_not_allowed_fallback(problem::not_this_way)
        .layer(middleware::from_fn(problem::present))
}
