//! The web console: pages for attendants and administrators, served over TLS on the relay's port number.
//!
//! [`serve`] is called by the relay, [`router`] also by tests. Server-rendered, live by server-sent events, every asset embedded.
//! Must never change anything on a GET, show one company's data to another, or let a page load anything from elsewhere.
//! What is not listed in [`routes`] with what it takes to be allowed does not exist.

mod account;
mod answers;
mod api;
mod apps;
mod assets;
mod attendance;
mod audit;
mod by_app;
mod companies;
mod company;
mod confirm;
mod connections;
mod customers;
mod desk_words;
mod destination;
mod enrolments;
mod error;
mod external;
mod form_token;
mod handler;
mod help;
mod history;
mod indicators;
mod kept;
mod live;
mod login;
mod mail;
mod metrics;
mod numbered;
mod oidc;
mod origin;
mod outbox;
mod passkeys;
mod people;
mod phrases;
mod reasons;
mod search;
mod second_step;
mod security;
mod serve;
mod session_page;
mod session_view;
mod shell;
mod step_up;
mod strings;
mod tickets;
mod tokens;
mod told;
mod upload;
mod users;
mod visitor;
mod waiting;
mod watching;
mod webhooks;
mod when;
mod words;

use std::sync::Arc;

use ::tickets::seal::SealKey;
use axum::{
    Router,
    handler::Handler,
    http::Method,
    middleware,
    routing::{MethodFilter, on},
};
use protocol::id::OperatorId;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use self::handler::Erased;
use crate::relay::Shared;

pub use api::{ApiRoute, api_routes};
pub use serve::serve;
pub use visitor::{Act, Arrived, Source};

/// Profiles that are signed at the same time.
const SIGNED_AT_ONCE: usize = 4;
/// Pictures that are read at the same time: each may take 200 MB while it is decoded.
const DRAWN_AT_ONCE: usize = 2;
/// Lists of contacts that are looked at at the same time: each may take 100 MB.
const LISTS_AT_ONCE: usize = 2;
/// Messages of ticketing systems that are looked into at once: each may ask a system that takes its time.
const TOLD_AT_ONCE: usize = 4;
/// Live streams at once: each is a task and a few kilobytes.
const LIVE_STREAMS: usize = 1_000;

/// What every handler is given.
#[derive(Clone)]
struct App {
    shared: Arc<Shared>,
    /// Live streams that may still be opened.
    streams: Arc<Semaphore>,
    /// Profiles that may still be signed at the same time: anybody may ask for one.
    signing: Arc<Semaphore>,
    /// Pictures that may still be read at the same time.
    drawing: Arc<Semaphore>,
    /// Lists of contacts that may still be looked at.
    listing: Arc<Semaphore>,
    /// Lists of contacts that were brought.
    imports: Arc<customers::import::Imports>,
    /// Audit logs that were gone through lately.
    verified: audit::Verified,
    /// Logins that gave their own password lately.
    step_ups: step_up::StepUps,
    /// How often tokens of the API are used.
    rates: api::Rates,
    /// Logins whose password was right and whose code is not there yet.
    halves: second_step::Halves,
    /// What was typed into forms when a login was over.
    keeper: Arc<kept::Keeper>,
    /// Forms of those who are at the company's provider.
    carried: oidc::carried::Carried,
    /// Questions to authenticators.
    challenges: passkeys::challenge::Challenges,
    /// Messages of ticketing systems that are looked into at once.
    told: Arc<Semaphore>,
    /// The relay stops: live streams end.
    shutdown: CancellationToken,
}

impl App {
    /// What this user proved lately counts no more.
    fn forget(&self, operator: OperatorId) {
        self.step_ups.forget(operator);
        self.halves.forget(operator);
    }
}

/// One route and what it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path, with `{…}` for what varies.
    pub path: &'static str,
    /// Who may.
    pub act: Act,
    /// Only after "is it still you" was answered lately.
    pub proved: bool,
}

struct Routes {
    router: Router<App>,
    table: Vec<Route>,
}

impl Routes {
    fn get<H: Handler<T, App>, T: 'static>(self, path: &'static str, act: Act, handler: H) -> Self {
        self.add(Method::GET, MethodFilter::GET, path, act, Erased::new(handler))
    }

    fn post<H: Handler<T, App>, T: 'static>(self, path: &'static str, act: Act, handler: H) -> Self {
        self.add(Method::POST, MethodFilter::POST, path, act, Erased::new(handler))
    }

    /// As a [`post`](Self::post), of a login that has proved lately that it is still them.
    fn proved<H: Handler<T, App>, T: 'static>(self, path: &'static str, act: Act, handler: H) -> Self {
        let mut routes = self.post(path, act, Erased::new(handler).layer(middleware::from_fn(confirm::proved)));
        if let Some(route) = routes.table.last_mut() {
            route.proved = true;
        }
        routes
    }

    fn add(mut self, method: Method, filter: MethodFilter, path: &'static str, act: Act, handler: Erased) -> Self {
        let guarded = on(filter, handler).layer(middleware::from_fn_with_state(act, visitor::guard));
        self.router = self.router.route(path, guarded);
        self.table.push(Route { method, path, act, proved: false });
        self
    }
}

fn all() -> Routes {
    Routes { router: Router::new(), table: Vec::new() }
        .get("/healthz", Act::Anybody, serve::healthz)
        .get("/metrics", Act::Anybody, metrics::show)
        .get("/assets/{name}", Act::Anybody, assets::serve)
        .get("/setup/{token}", Act::Anybody, login::setup_form)
        .post("/setup/{token}", Act::Anybody, login::setup)
        .get("/login", Act::Anybody, login::form)
        .get("/c/{word}", Act::Anybody, login::entrance)
        .get("/c/{word}/{*path}", Act::Anybody, login::led_in)
        .get("/c/{word}/login", Act::Anybody, login::form_of)
        .post("/login", Act::Anybody, login::login)
        .post("/login/oidc", Act::Anybody, oidc::start)
        .get(crate::oidc::BACK, Act::Anybody, oidc::back)
        .post(crate::oidc::BACK, Act::Anybody, oidc::finish)
        .post("/login/code", Act::Anybody, second_step::check)
        .post("/login/passkey/options", Act::Anybody, passkeys::login_question)
        .post("/login/passkey", Act::Anybody, passkeys::log_in)
        .post("/login/code/passkey", Act::Anybody, passkeys::second_step)
        .post("/language", Act::Anybody, login::language)
        .post("/logout", Act::LoggedIn, login::logout)
        .get("/confirm", Act::LoggedIn, confirm::form)
        .post("/confirm", Act::LoggedIn, confirm::confirm)
        .post(oidc::CONFIRM, Act::LoggedIn, oidc::confirm_there)
        .post("/confirm/passkey", Act::LoggedIn, passkeys::confirm)
        .get("/help", Act::LoggedIn, help::list)
        .get("/help/customer", Act::Anybody, help::customer)
        .get("/help/{guide}", Act::LoggedIn, help::show)
        .get("/account", Act::LoggedIn, account::show)
        .post("/account/password", Act::LoggedIn, account::change_password)
        .post("/account/identity", Act::LoggedIn, oidc::link)
        .post("/account/identity/remove", Act::LoggedIn, oidc::unlink)
        .get("/account/factor", Act::LoggedIn, account::offer)
        .post("/account/factor", Act::LoggedIn, account::enable)
        .post("/account/factor/codes", Act::LoggedIn, account::new_codes)
        .post("/account/factor/off", Act::LoggedIn, account::disable)
        .get(passkeys::NEW, Act::LoggedIn, passkeys::new)
        .post(passkeys::ALL, Act::LoggedIn, passkeys::add)
        .post("/account/passkeys/{id}/remove", Act::LoggedIn, passkeys::remove)
        .get("/", Act::Attend, attendance::show)
        .get("/live", Act::Attend, live::stream)
        .post("/status", Act::Attend, people::choose)
        .post("/next", Act::Attend, people::pull)
        .get("/waiting/{id}/masked", Act::Attend, attendance::masked)
        .post("/waiting/{id}/password", Act::SeePasswords, attendance::password)
        .post("/waiting/{id}/credentials", Act::SeePasswords, attendance::credentials)
        .get("/sessions/{id}", Act::Attend, session_page::show)
        .get("/sessions/{id}/receipt", Act::Attend, session_page::receipt)
        .post("/sessions/{id}/end", Act::Attend, attendance::end)
        .get("/tickets", Act::Attend, tickets::list)
        .post("/tickets", Act::Attend, tickets::open)
        .get("/tickets/new", Act::Attend, tickets::new_form)
        .get("/tickets/{number}", Act::Attend, tickets::show)
        .post("/tickets/{number}/actions", Act::Attend, tickets::add_action)
        .post("/tickets/{number}/change", Act::Attend, tickets::change)
        .post("/tickets/{number}/tags", Act::Attend, tickets::add_tag)
        .post("/tickets/{number}/tags/remove", Act::Attend, tickets::remove_tag)
        .post("/tickets/{number}/returns", Act::Attend, tickets::returns::add)
        .post("/tickets/{number}/returns/{id}/cancel", Act::Attend, tickets::returns::cancel)
        .get("/t/{system}/{ticket}", Act::Anybody, external::show)
        .get("/t/{system}/{ticket}/widget", Act::Anybody, external::widget)
        .post("/t/{system}/{ticket}/notices", Act::Attend, external::ask_notice)
        .post("/t/{system}/{ticket}/notices/{id}/cancel", Act::Attend, external::cancel_notice)
        .post("/tickets/{number}/notices", Act::Attend, tickets::ask_notice)
        .post("/tickets/{number}/notices/{id}/cancel", Act::Attend, tickets::cancel_notice)
        .post("/tickets/{number}/mails/{id}/retry", Act::Attend, tickets::retry_mail)
        .get("/company", Act::Administer, company::show)
        .proved("/company", Act::Administer, company::save)
        .get("/mail", Act::Administer, mail::show)
        .proved("/mail", Act::Administer, mail::save)
        .proved("/mail/test", Act::Administer, mail::test)
        .post("/mail/texts", Act::Administer, mail::save_text)
        .get("/customers", Act::Attend, customers::list)
        .post("/customers/fields", Act::Administer, customers::set_fields)
        .get(customers::import::PATH, Act::Administer, customers::import::show)
        .post(customers::import::PATH, Act::Administer, customers::import::bring)
        .post("/customers/import/run", Act::Administer, customers::import::run)
        .post("/customers/import/cancel", Act::Administer, customers::import::cancel)
        .get("/customers/{id}", Act::Attend, customers::show)
        .post("/customers/{id}", Act::Attend, customers::change)
        .post("/customers/{id}/merge", Act::Administer, customers::merge)
        .get("/answers", Act::Administer, answers::list)
        .post("/answers", Act::Administer, answers::add)
        .post("/answers/{id}", Act::Administer, answers::change)
        .post("/answers/{id}/remove", Act::Administer, answers::remove)
        .get("/search", Act::Attend, search::show)
        .get("/history", Act::Attend, history::page_handler)
        .get("/history.csv", Act::Attend, history::csv)
        .get("/history.json", Act::Attend, history::json)
        .get("/indicators", Act::Attend, indicators::show)
        .get("/indicators.csv", Act::Attend, indicators::csv)
        .get("/indicators.json", Act::Attend, indicators::json)
        .get("/app", Act::Attend, apps::download::default_app)
        .get("/apps", Act::Attend, apps::list)
        .post("/apps", Act::MakeApps, apps::create)
        .get("/apps/new", Act::MakeApps, apps::new_form)
        .get("/apps/profile", Act::Attend, apps::download::default_profile)
        .get("/apps/preview.css", Act::Anybody, apps::look::style)
        .get("/apps/{id}/preview", Act::Attend, apps::look::preview)
        .get("/apps/{id}/logo", Act::Attend, apps::look::logo)
        .post("/apps/{id}/logo", Act::Attend, apps::look::upload)
        .post("/apps/{id}/logo/remove", Act::Attend, apps::look::remove)
        .get("/apps/{id}/profile", Act::Attend, apps::download::profile)
        .get("/apps/{id}/program/{system}", Act::Attend, apps::download::program)
        .post("/apps/{id}/program/{system}", Act::Attend, apps::download::make)
        .post("/apps/{id}/program/{system}/cancel", Act::Attend, apps::download::cancel)
        .get("/apps/{id}/qr.svg", Act::Attend, apps::download::qr_svg)
        .get("/apps/{id}/qr.png", Act::Attend, apps::download::qr_png)
        .post("/apps/{id}/code", Act::Attend, apps::download::renew_code)
        .proved("/apps/{id}/archive", Act::MakeApps, apps::archive::archive)
        .proved("/apps/{id}/restore", Act::MakeApps, apps::archive::restore)
        .proved("/apps/{id}/remove", Act::MakeApps, apps::archive::remove)
        .get("/apps/{id}/download", Act::Attend, apps::download::show)
        .get("/apps/{id}/{tab}", Act::Attend, apps::show)
        .post("/apps/{id}/{tab}", Act::Attend, apps::save)
        .get("/d", Act::Anybody, apps::get::ask)
        .get("/d/app/{id}", Act::Anybody, apps::get::by_id)
        .get("/d/{code}", Act::Anybody, apps::get::show)
        .get("/d/{code}/logo", Act::Anybody, apps::get::logo)
        .get("/d/{code}/profile", Act::Anybody, apps::get::profile)
        .get("/d/{code}/program/{system}", Act::Anybody, apps::get::program)
        .get("/users", Act::Administer, users::list)
        .get("/welcome/{token}", Act::Anybody, users::links::form)
        .post("/welcome/{token}", Act::Anybody, users::links::choose)
        .post("/welcome/{token}/oidc", Act::Anybody, oidc::welcome)
        .proved("/users/{id}/link", Act::Administer, users::links::renew)
        .proved("/users", Act::Administer, users::add)
        .get("/users/enrolments", Act::Administer, enrolments::download)
        .post("/users/enrolments", Act::Administer, enrolments::upload)
        .proved("/users/factor", Act::Administer, users::require_factor)
        .get("/users/provider", Act::Administer, oidc::provider::show)
        .proved("/users/provider", Act::Administer, oidc::provider::save)
        .proved("/users/provider/test", Act::Administer, oidc::provider::test)
        .proved("/users/provider/remove", Act::Administer, oidc::provider::remove)
        .get("/users/{id}", Act::Administer, users::show)
        .proved("/users/{id}", Act::Administer, users::change)
        .proved("/users/{id}/disabled", Act::Administer, users::set_disabled)
        .proved("/users/{id}/password", Act::Administer, users::reset)
        .proved("/users/{id}/factor", Act::Administer, users::reset_factor)
        .proved("/users/{id}/identity/remove", Act::Administer, users::unlink_identity)
        .get("/outbox", Act::Administer, outbox::list)
        .post("/outbox/retry", Act::Administer, outbox::retry_all)
        .post("/outbox/{id}/retry", Act::Administer, outbox::retry)
        .post("/outbox/{id}/drop", Act::Administer, outbox::drop_one)
        .get("/connections", Act::Administer, connections::list)
        .get("/connections/texts", Act::Administer, connections::show_texts)
        .post("/connections/texts", Act::Administer, connections::save_texts)
        .get("/connections/new/{kind}", Act::Administer, connections::new)
        .proved("/connections/new/{kind}", Act::Administer, connections::add)
        .get("/connections/{id}", Act::Administer, connections::show)
        .proved("/connections/{id}", Act::Administer, connections::save)
        .get("/connections/{id}/fields", Act::Administer, connections::fields::show)
        .proved("/connections/{id}/fields", Act::Administer, connections::fields::save)
        .get("/connections/{id}/people", Act::Administer, connections::people::show)
        .proved("/connections/{id}/people", Act::Administer, connections::people::save)
        .proved("/connections/{id}/test", Act::Administer, connections::test)
        .proved("/connections/{id}/remove", Act::Administer, connections::remove)
        .proved("/apps/{id}/connection", Act::Administer, connections::choose)
        .get("/audit", Act::Administer, audit::list)
        .post("/audit/verify", Act::Administer, audit::verify)
        .get("/webhooks", Act::Administer, webhooks::list)
        .proved("/webhooks", Act::Administer, webhooks::add)
        .get("/webhooks/{id}", Act::Administer, webhooks::show)
        .proved("/webhooks/{id}", Act::Administer, webhooks::save)
        .proved("/webhooks/{id}/test", Act::Administer, webhooks::test)
        .proved("/webhooks/{id}/secret", Act::Administer, webhooks::rotate)
        .proved("/webhooks/{id}/remove", Act::Administer, webhooks::remove)
        .post("/webhooks/{id}/deliveries/{message}/retry", Act::Administer, webhooks::retry)
        .get("/tokens", Act::Attend, tokens::list)
        .post("/tokens", Act::Attend, tokens::make)
        .get("/tokens/api", Act::Attend, api::read)
        .post("/tokens/{id}/revoke", Act::Attend, tokens::revoke)
}

/// Every route there is, with what it takes. For tests that walk over all of them.
pub fn routes() -> Vec<Route> {
    all().table
}

/// The console as a service. Requests carry two extensions: [`Source`], the address they come from, and [`Arrived`], when they came.
pub fn router(shared: Arc<Shared>, shutdown: CancellationToken) -> Router {
    let Routes { router, table } = all();
    let tokens = form_token::FormTokens::new(&shared.keys.form_key());
    let keeper = kept::Keeper::new(tokens, SealKey::new(&shared.keys.kept_key()), kept::paths(&table));
    let app = App {
        shared,
        streams: Arc::new(Semaphore::new(LIVE_STREAMS)),
        signing: Arc::new(Semaphore::new(SIGNED_AT_ONCE)),
        drawing: Arc::new(Semaphore::new(DRAWN_AT_ONCE)),
        listing: Arc::new(Semaphore::new(LISTS_AT_ONCE)),
        imports: Arc::default(),
        verified: audit::Verified::default(),
        step_ups: step_up::StepUps::default(),
        rates: api::Rates::default(),
        halves: second_step::Halves::default(),
        keeper: Arc::new(keeper),
        carried: oidc::carried::Carried::default(),
        challenges: passkeys::challenge::Challenges::default(),
        told: Arc::new(Semaphore::new(TOLD_AT_ONCE)),
        shutdown,
    };
    // Innermost last: number and headers are on every answer, also on a refusal; errors become pages once the language is known.
    let pages = router
        .fallback(error::not_found)
        .layer(middleware::from_fn_with_state(app.clone(), visitor::recognise))
        .layer(middleware::from_fn_with_state(app.clone(), security::check_origin))
        .layer(middleware::from_fn(error::present));
    // From systems and not from pages of ours: no cookie, no token of a form; the address proves itself.
    let hooks = Router::new().route("/hooks/{system}/{proof}", axum::routing::post(external::told));
    pages
        .merge(api::router(&app))
        .merge(hooks)
        .layer(middleware::from_fn(security::headers))
        .layer(middleware::from_fn(numbered::number))
        .with_state(app)
}
