//! What the API says of itself: the OpenAPI document, made of the handlers and the table of routes, and a page to read it.
//!
//! What holds for every route is said here and nowhere else: who may, and which refusals there are.

use askama::Template;
use axum::{Json, extract::State};
use serde_json::{Value, json};
use utoipa::OpenApi;

use super::{
    super::{
        App,
        error::{Page as Shown, page},
        shell::{Here, Shell},
        tokens::Words,
        visitor::Who,
    },
    ApiRoute, answers, apps, customers, desk, indicators, mail, notices, people,
    problem::{FieldError, MEDIA_TYPE, Problem},
    sessions, status, tags, ticketing, webhooks,
};

/// Refusals of every route, and why.
const ALWAYS: [(&str, &str); 6] = [
    ("400", "It cannot be read"),
    ("401", "No good token"),
    ("403", "The token or its user may not"),
    ("421", "This server has another name"),
    ("429", "Too many requests: wait as Retry-After says"),
    ("503", "The server cannot do it now: try again later"),
];
/// Of routes that take a body.
const WITH_BODY: [(&str, &str); 4] = [
    ("413", "The body is too long"),
    ("415", "The body is not JSON"),
    ("422", "A field cannot be"),
    ("507", "The server has no room left"),
];

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Amparo",
        description = "Remote support that becomes a ticket. Each request carries a token made in the console: `Authorization: Bearer amp_…`. Times are UTC (RFC 3339). Lists come in pieces: give `next` as `cursor`. Refusals are `application/problem+json` (RFC 9457) and carry the number of the request. A thing of another company, or out of the reach of the token's user, is not there (404). What the console asks a password again for, users and tokens above all, is not done here.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    paths(
        people::me, people::users, people::user, sessions::list, sessions::show, sessions::end, sessions::waiting, sessions::waiting_one,
        indicators::show, indicators::now, status::show, status::set, status::attendants, status::break_reasons, desk::list,
        desk::open, desk::show, desk::change, desk::add_action, notices::list, notices::ask, notices::cancel, tags::list,
        tags::set, tags::add, tags::remove, tags::all, answers::list, answers::show, answers::filled, answers::add,
        answers::change, answers::remove, mail::list, mail::set, customers::list, customers::add, customers::show, customers::change,
        customers::merge, customers::fields, customers::set_fields, notices::list_elsewhere, notices::ask_elsewhere,
        notices::cancel_elsewhere, apps::list,
        apps::make, apps::show, apps::change, apps::archive, apps::restore, apps::remove, ticketing::connections, ticketing::connection, ticketing::outbox, ticketing::retry,
        ticketing::audit, webhooks::list, webhooks::make, webhooks::show, webhooks::change,
        webhooks::remove, webhooks::secret,
    ),
    components(schemas(Problem, FieldError)),
    tags(
        (name = "People", description = "Whose token it is, and the company's users. Users are changed in the console only: it asks again whether it is still you, which a token cannot answer"),
        (name = "Attendants", description = "Who takes customers; a token sets its own user's status only"),
        (name = "Sessions", description = "Sessions and waiting customers. Category and note are what the attendant's program wrote when a session was over"),
        (name = "Indicators", description = "What sessions and requests come to"),
        (name = "Tickets", description = "The built-in desk: tickets with their tags and notices, answers, what letters say; notices on other systems' tickets"),
        (name = "Customers", description = "The desk's customers, with the company's own fields and its classification of them"),
        (name = "Apps", description = "Branded programs"),
        (name = "Ticketing", description = "Other ticketing systems"),
        (name = "Webhooks", description = "Other systems that are told what happens"),
        (name = "Audit", description = "Who did what, when, from where"),
    )
)]
struct Handlers;

/// The document: what the handlers say of themselves, and what holds for all of them.
pub(super) fn document(table: &[ApiRoute]) -> Value {
    let mut document = serde_json::to_value(Handlers::openapi()).unwrap_or_default();
    document["info"]["version"] = json!(env!("CARGO_PKG_VERSION"));
    document["components"]["securitySchemes"] =
        json!({ "token": { "type": "http", "scheme": "bearer", "bearerFormat": "amp_…" } });
    for route in table {
        let operation = &mut document["paths"][route.path][route.method.as_str().to_ascii_lowercase()];
        let scopes: Vec<&str> = route.scope.iter().map(|scope| scope.word()).collect();
        operation["security"] = json!([{ "token": scopes }]);
        let mut all = ALWAYS.to_vec();
        if route.path.contains('{') {
            all.push(("404", "There is no such thing, or not for this token"));
        }
        if let Some(body) = operation.get_mut("requestBody") {
            body["required"] = json!(true);
            all.extend(WITH_BODY);
        }
        for (status, why) in all {
            let said = operation["responses"].get(status).is_some();
            if !said {
                operation["responses"][status] = json!({ "description": why });
            }
        }
        for (status, answer) in operation["responses"].as_object_mut().into_iter().flatten() {
            answer["headers"]["x-request-id"] =
                json!({ "description": "The number of the request", "schema": { "type": "string" } });
            if !status.starts_with('2') {
                answer["content"] = json!({ MEDIA_TYPE: { "schema": { "$ref": "#/components/schemas/Problem" } } });
            }
        }
    }
    document
}

/// `GET /api/v1/openapi.json`
pub(super) async fn json() -> Json<Value> {
    Json(document(&super::all().table))
}

struct Row {
    method: String,
    path: String,
    says: String,
    scope: String,
    parameters: Vec<(String, String)>,
    body: String,
}

struct Group {
    name: String,
    says: String,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "api.html")]
struct ApiPage {
    s: Shell,
    w: &'static Words,
    address: String,
    groups: Vec<Group>,
}

/// `GET /tokens/api`: the document to read, within the console.
pub(in crate::console) async fn read(State(app): State<App>, who: Who) -> Shown {
    let s = Shell::load(&app, &who, Here::Tokens).await?;
    let table = super::all().table;
    let document = document(&table);
    let mut groups: Vec<Group> = Vec::new();
    for (tag, row) in table.iter().filter_map(|route| row(&document, route)) {
        match groups.iter_mut().find(|group| group.name == tag) {
            Some(group) => group.rows.push(row),
            None => {
                let known =
                    document["tags"].as_array().into_iter().flatten().find(|known| known["name"] == tag.as_str());
                let says = known.map_or("", |known| text(&known["description"])).to_owned();
                groups.push(Group { name: tag, says, rows: vec![row] });
            }
        }
    }
    page(&ApiPage { w: Words::of(s.t.language), address: app.shared.public_url.to_string(), groups, s })
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn row(document: &Value, route: &ApiRoute) -> Option<(String, Row)> {
    let operation = document["paths"][route.path].get(route.method.as_str().to_ascii_lowercase())?;
    let tag = text(&operation["tags"][0]).to_owned();
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let parameters = parameters.map(|p| (text(&p["name"]).to_owned(), text(&p["description"]).to_owned())).collect();
    let body = text(&operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]);
    let body = fields(&document["components"]["schemas"][body.rsplit('/').next().unwrap_or_default()]);
    let scope = route.scope.map_or(String::new(), |scope| scope.word().to_owned());
    let says = text(&operation["summary"]).to_owned();
    Some((tag, Row { method: route.method.to_string(), path: route.path.to_owned(), says, scope, parameters, body }))
}

/// The names of a body's fields; those that may be left out end in a question mark.
fn fields(schema: &Value) -> String {
    let needed: Vec<&str> = schema["required"].as_array().into_iter().flatten().map(text).collect();
    let names = schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name);
    let one = |name: &String| if needed.contains(&name.as_str()) { name.clone() } else { format!("{name}?") };
    names.map(one).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_document_and_the_table_of_routes_hold_the_same() {
        let table = super::super::all().table;
        let document = document(&table);
        let mut told: Vec<String> = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                told.push(format!("{} {path}", method.to_uppercase()));
                assert!(operation["security"].is_array() && operation["responses"]["401"].is_object(), "{path}");
                assert!(!operation["summary"].as_str().unwrap().is_empty(), "{path}");
            }
        }
        let mut there: Vec<String> = table.iter().map(|r| format!("{} {}", r.method, r.path)).collect();
        told.sort();
        there.sort();
        assert_eq!(told, there);
    }
}
