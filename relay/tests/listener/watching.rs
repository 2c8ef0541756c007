//! Watching: who may, what becomes of it when either session ends, and that the customer is neither freed nor taken by it.

use amparo_relay::account::{NewUser, Roles};
use protocol::{
    id::{SessionId, TenantId, TicketNumber},
    message::{
        FromRelay, ShownText, ToRelay,
        grant::Grants,
        hello::Hello,
        pairing::{CloseReason, DialError, DialRefused, Dialled, Happened, Incoming, Rejoin, Step},
        watch::{AskWatch, DialWatch, WatchError, Watchable},
    },
    version::VersionRange,
};
use store::{EventKind, OutboxState, SessionState, Tenant};

use crate::console_support::Browser;
use crate::world::{PASSWORD, Pair, Program, World, ended, eventually, now_ms, open_new};

const WATCHES: Roles =
    Roles { attend: true, admin: false, may_see_passwords: false, may_create_apps: false, may_watch: true };

/// A program of somebody with these rights.
async fn attendant(world: &World, login: &str, roles: Roles) -> Program {
    let user = NewUser { login: login.to_owned(), name: format!("{login} Costa"), roles };
    world.relay().shared.accounts.create(world.tenant, user, Some(PASSWORD)).await.unwrap();
    world.attendant(login).await
}

/// A session that is under way and on its ticket.
async fn helped(world: &World) -> (Pair, TicketNumber) {
    let mut pair = world.pair(true).await;
    let ticket = pair.attendant.hear_that(|m| if let FromRelay::SessionTicket(t) = m { t.ticket } else { None }).await;
    (pair, ticket)
}

async fn ask(program: &mut Program, customer: &Program, enter: bool) -> Result<Watchable, WatchError> {
    program.say(ToRelay::AskWatch(AskWatch { request: 8, partner: customer.id(), enter })).await;
    program.hear_that(|m| if let FromRelay::WatchIs(is) = m { Some(is.watch) } else { None }).await
}

async fn dial(program: &mut Program, customer: &Program) -> Result<Dialled, DialError> {
    program.say(ToRelay::DialWatch(DialWatch { request: 9, partner: customer.id() })).await;
    program
        .hear_that(|m| match m {
            FromRelay::Dialled(dialled) => Some(Ok(dialled)),
            FromRelay::DialRefused(DialRefused { why, .. }) => Some(Err(why)),
            _ => None,
        })
        .await
}

async fn invited(customer: &mut Program) -> Incoming {
    customer.hear_that(|m| if let FromRelay::IncomingWatch(incoming) = m { Some(incoming) } else { None }).await
}

/// Who watches now, as the one who helps is told.
async fn told(attendant: &mut Program, session: SessionId) -> Option<String> {
    attendant
        .hear_that(|m| match m {
            FromRelay::Watched(watched) if watched.session == session => Some(watched.by),
            _ => None,
        })
        .await
        .map(|name| name.as_str().to_owned())
}

struct Watch {
    watcher: Program,
    session: SessionId,
    customer_resume: protocol::message::directory::Opaque,
    watcher_resume: protocol::message::directory::Opaque,
}

/// Somebody watches, with the customer's consent.
async fn watched(mut watcher: Program, pair: &mut Pair) -> Watch {
    let dialled = dial(&mut watcher, &pair.customer).await.unwrap();
    let incoming = invited(&mut pair.customer).await;
    let session = dialled.session;
    assert_eq!(incoming.session, session);
    pair.customer.say(ToRelay::Join(incoming.token)).await;
    watcher.say(ToRelay::Join(dialled.token)).await;
    pair.customer.paired(session).await;
    watcher.paired(session).await;
    let attendant = ShownText::lossy("bia Costa");
    let started = Happened::Started { granted: Grants::VIEW, attendant, at_unix_ms: now_ms() };
    pair.customer.report(session, started).await;
    pair.customer.kept(session, Step::Started).await;
    Watch { watcher, session, customer_resume: incoming.resume, watcher_resume: dialled.resume }
}

#[tokio::test]
async fn a_watch_is_a_session_of_its_own_on_the_same_ticket_and_says_which_it_watched() {
    let world = World::new().await;
    let (mut pair, ticket) = helped(&world).await;
    let mut bia = attendant(&world, "bia", WATCHES).await;
    let found = ask(&mut bia, &pair.customer, true).await.unwrap();
    assert_eq!((found.attendant.as_str(), found.customer.as_str()), ("ana Ribeiro", "João Prado"));
    assert!(found.ticket == ticket && found.grant.is_some());
    assert!(ask(&mut bia, &pair.customer, false).await.unwrap().grant.is_none(), "only who goes in gets a grant");

    let mut watch = watched(bia, &mut pair).await;
    assert_eq!(told(&mut pair.attendant, pair.session).await.as_deref(), Some("bia Costa"));
    let shared = &world.relay().shared;
    assert_eq!(shared.sessions.list(world.tenant).len(), 2);

    watch.watcher.report(watch.session, ended(CloseReason::EndedByAttendant)).await;
    assert_eq!(pair.customer.closed(watch.session).await, CloseReason::EndedByAttendant);
    assert_eq!(told(&mut pair.attendant, pair.session).await, None);
    // The customer is still being helped: nobody else gets through, and they do not wait.
    assert!(shared.directory.waiting(world.tenant).is_empty());
    let mut rui = world.attendant("rui").await;
    let refused = rui.dial(pair.customer.id(), open_new()).await;
    assert!(matches!(refused, FromRelay::DialRefused(DialRefused { why: DialError::Busy, .. })), "{refused:?}");

    let (main, row) = (world.row(pair.session).await, world.row(watch.session).await);
    assert_eq!((row.watches.as_ref(), row.ticket_shown()), (Some(&main.protocol), Some(&ticket)));
    assert!(row.protocol != main.protocol && row.granted == Grants::VIEW && main.watches.is_none());
    let rows = eventually(async || {
        let rows = world.outbox(watch.session).await;
        (rows.len() == 2 && rows.iter().all(|r| r.state == OutboxState::Done)).then_some(rows)
    })
    .await;
    assert_eq!(rows.iter().map(|r| r.kind).collect::<Vec<_>>(), [EventKind::Start, EventKind::End]);
    let (_, actions) = shared.desk.ticket(world.tenant, &ticket).await.unwrap();
    assert_eq!(actions.len(), 3, "a start, and both of the watch");
    let line = format!("bia Costa acompanhou a sessão {}, somente vendo a tela.", main.protocol);
    assert!(actions[1..].iter().all(|a| a.action.text.ends_with(&line)), "{}", actions[2].action.text);

    pair.customer.report(pair.session, ended(CloseReason::EndedByCustomer)).await;
    pair.customer.kept(pair.session, Step::Ended).await;
    assert_eq!(shared.directory.waiting(world.tenant).len(), 1, "now they are free");
}

#[tokio::test]
async fn a_watch_ends_with_the_session_that_it_watches_and_says_so() {
    let world = World::new().await;
    let (mut pair, _) = helped(&world).await;
    let bia = attendant(&world, "bia", WATCHES).await;
    let mut watch = watched(bia, &mut pair).await;
    pair.attendant.report(pair.session, ended(CloseReason::EndedByAttendant)).await;
    assert_eq!(watch.watcher.closed(watch.session).await, CloseReason::WatchedOver);
    assert_eq!(pair.customer.closed(watch.session).await, CloseReason::WatchedOver);
    let row = world.over(watch.session).await;
    assert_eq!((row.state, row.close_reason), (SessionState::Ended, Some(CloseReason::WatchedOver)));
    assert!(world.relay().shared.sessions.list(world.tenant).is_empty());
    assert_eq!(world.relay().shared.directory.waiting(world.tenant).len(), 1);
}

#[tokio::test]
async fn only_who_may_watches_and_only_a_session_of_another_that_is_under_way() {
    let world = World::new().await;
    let (mut pair, _) = helped(&world).await;
    let mut rui = world.attendant("rui").await;
    assert_eq!(ask(&mut rui, &pair.customer, true).await, Err(WatchError::NotAllowed));
    assert_eq!(dial(&mut rui, &pair.customer).await.err(), Some(DialError::NotAllowed));
    let admin = Roles { attend: true, admin: true, ..Roles::default() };
    let mut chief = attendant(&world, "chief", admin).await;
    assert!(ask(&mut chief, &pair.customer, false).await.is_ok(), "administrators of the app may");
    assert_eq!(ask(&mut pair.attendant, &pair.customer, false).await, Err(WatchError::Unreachable), "one's own");
    assert_eq!(dial(&mut pair.attendant, &pair.customer).await.err(), Some(DialError::Unreachable));

    let mut bia = attendant(&world, "bia", WATCHES).await;
    let waiting = world.customer("Rita").await;
    assert_eq!(ask(&mut bia, &waiting, true).await, Err(WatchError::Unreachable), "nobody helps");
    assert_eq!(dial(&mut bia, &waiting).await.err(), Some(DialError::Unreachable));
    assert!(world.relay().shared.directory.waiting(world.tenant).len() == 1, "and nobody is taken by it");
    let mut nobody = world.program().await;
    assert_eq!(ask(&mut nobody, &pair.customer, true).await, Err(WatchError::NotAllowed), "without a login");
    assert_eq!(dial(&mut nobody, &pair.customer).await.err(), Some(DialError::NotAllowed));
}

#[tokio::test]
async fn another_companys_session_is_not_there() {
    let world = World::new().await;
    let (pair, _) = helped(&world).await;
    let shared = &world.relay().shared;
    let other = TenantId::from_bytes([9; 16]);
    shared.store.add_tenant(&Tenant::new(other, "Outra", jiff::Timestamp::now())).await.unwrap();
    let user = NewUser { login: "eva".into(), name: "Eva".into(), roles: Roles { admin: true, ..WATCHES } };
    shared.accounts.create(other, user, Some(PASSWORD)).await.unwrap();
    let mut eva = world.connect().await;
    eva.hello(other).await;
    eva.login("eva").await;
    assert_eq!(ask(&mut eva, &pair.customer, true).await, Err(WatchError::Unreachable));
    assert_eq!(dial(&mut eva, &pair.customer).await.err(), Some(DialError::Unreachable));
}

#[tokio::test]
async fn one_watches_at_a_time_and_the_customers_no_frees_the_place() {
    let world = World::new().await;
    let (mut pair, _) = helped(&world).await;
    let mut bia = attendant(&world, "bia", WATCHES).await;
    let mut eva = attendant(&world, "eva", WATCHES).await;
    let first = dial(&mut bia, &pair.customer).await.unwrap();
    invited(&mut pair.customer).await;
    assert_eq!(ask(&mut eva, &pair.customer, false).await, Err(WatchError::Taken));
    assert_eq!(dial(&mut eva, &pair.customer).await.err(), Some(DialError::Busy));
    pair.customer.report(first.session, ended(CloseReason::Refused)).await;
    assert_eq!(bia.closed(first.session).await, CloseReason::Refused);
    let row = world.over(first.session).await;
    assert_eq!((row.state, world.outbox(first.session).await.len()), (SessionState::NotStarted, 0));
    assert!(ask(&mut eva, &pair.customer, false).await.is_ok());
    assert_eq!(world.row(pair.session).await.state, SessionState::Started, "the session goes on");
}

#[tokio::test]
async fn a_customers_program_that_does_not_know_of_watching_is_not_watched() {
    let world = World::new().await;
    let mut customer = world.connect().await;
    let versions = VersionRange { oldest: 1, newest: 4 };
    let hello = Hello { versions, tenant: world.tenant, program: ShownText::lossy("old") };
    customer.say(ToRelay::Hello(hello)).await;
    customer.register(world.app, "João Prado", None).await;
    let mut ana = world.attendant("ana").await;
    let (dialled, incoming) = ana.dial_ok(&mut customer).await;
    customer.say(ToRelay::Join(incoming.token)).await;
    ana.say(ToRelay::Join(dialled.token)).await;
    customer.paired(dialled.session).await;
    customer.report_start(dialled.session).await;
    let mut bia = attendant(&world, "bia", WATCHES).await;
    assert_eq!(ask(&mut bia, &customer, true).await, Err(WatchError::ProgramOld));
    assert!(dial(&mut bia, &customer).await.is_err());
}

#[tokio::test]
async fn both_sessions_go_on_when_the_relay_is_killed_and_end_rightly_behind_it() {
    let mut world = World::new().await;
    let (mut pair, _) = helped(&world).await;
    let bia = attendant(&world, "bia", WATCHES).await;
    let watch = watched(bia, &mut pair).await;
    world.kill().await;
    world.start().await;
    assert_eq!(world.relay().shared.sessions.list(world.tenant).len(), 2, "both wait");
    let mut customer = world.program().await;
    customer.register(world.app, "João Prado", pair.customer.previous()).await;
    let token = |program: &Program| program.logged_in.as_ref().unwrap().token.clone();
    let (mut ana, mut bia) = (world.program().await, world.program().await);
    ana.login_again(token(&pair.attendant)).await;
    bia.login_again(token(&watch.watcher)).await;
    for (program, session, resume) in
        [(&mut customer, pair.session, &pair.customer_resume), (&mut ana, pair.session, &pair.attendant_resume)]
    {
        back(program, session, resume).await;
    }
    ana.paired(pair.session).await;
    customer.paired(pair.session).await;
    back(&mut customer, watch.session, &watch.customer_resume).await;
    back(&mut bia, watch.session, &watch.watcher_resume).await;
    bia.paired(watch.session).await;
    customer.report(pair.session, ended(CloseReason::EndedByCustomer)).await;
    assert_eq!(bia.closed(watch.session).await, CloseReason::WatchedOver);
    assert_eq!(world.over(watch.session).await.close_reason, Some(CloseReason::WatchedOver));
    assert_eq!(world.over(pair.session).await.close_reason, Some(CloseReason::EndedByCustomer));
}

async fn back(program: &mut Program, session: SessionId, resume: &protocol::message::directory::Opaque) {
    program.say(ToRelay::Rejoin(Rejoin { session, resume: resume.clone() })).await;
    let ready = program.hear_that(|m| if let FromRelay::RejoinReady(r) = m { Some(r) } else { None }).await;
    program.say(ToRelay::Join(ready.token)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_offers_to_watch_to_whom_may_and_says_who_watches_now_and_later() {
    let world = World::new().await;
    let (mut pair, ticket) = helped(&world).await;
    let shared = &world.relay().shared;
    let bia = attendant(&world, "bia", WATCHES).await;
    let chief = Roles { admin: true, ..Roles::default() };
    let user = NewUser { login: "chief".into(), name: "Chefe".into(), roles: chief };
    shared.accounts.create(world.tenant, user, Some(PASSWORD)).await.unwrap();
    let link = format!("amparo:connect?id={}&amp;watch=1", pair.customer.id().number());
    let mut pages = Vec::new();
    for (login, may) in [("bia", true), ("ana", false), ("rui", false), ("chief", false)] {
        let mut browser = Browser::new(shared);
        browser.log_in(login, PASSWORD).await;
        let page = browser.get("/").await.body;
        assert_eq!(page.contains(&link), may, "{login}: whoever helps, may not, or has no program");
        pages.push(browser);
    }

    let mut watch = watched(bia, &mut pair).await;
    let page = pages[3].get("/").await.body;
    assert!(page.contains("bia Costa acompanha") && page.contains("Só acompanha"), "{page}");
    assert!(!pages[0].get("/").await.body.contains(&link), "somebody does already");

    // Without the right it is over at once.
    let id = watch.watcher.logged_in.as_ref().unwrap().operator;
    let form = [("name", "bia Costa"), ("attend", "1")];
    let answer = pages[3].post(&format!("/users/{id}"), &form).await;
    assert_eq!(answer.location(), "/users", "{}", answer.body);
    assert_eq!(watch.watcher.closed(watch.session).await, CloseReason::EndedByAttendant);
    world.over(watch.session).await;
    assert_eq!(ask(&mut watch.watcher, &pair.customer, false).await, Err(WatchError::NotAllowed));
    assert!(!pages[0].get("/").await.body.contains(&link));

    let (main, row) = (world.row(pair.session).await, world.row(watch.session).await);
    let history = pages[3].get("/history").await.body;
    assert!(history.contains("Acompanhada"), "{history}");
    let page = pages[3].get(&format!("/sessions/{}", watch.session)).await.body;
    assert!(page.contains("Sessão acompanhada") && page.contains(main.protocol.as_str()), "{page}");
    let page = pages[3].get(&format!("/sessions/{}", pair.session)).await.body;
    let link = format!("<a href=\"/sessions/{}\">bia Costa</a>", watch.session);
    assert!(!page.contains("Sessão acompanhada") && page.contains("Quem acompanhou") && page.contains(&link), "{page}");
    let on_ticket = pages[0].get(&format!("/tickets/{ticket}")).await.body;
    assert!(on_ticket.contains("Sessão acompanhada") && on_ticket.contains(row.protocol.as_str()), "{on_ticket}");
    let json = pages[3].get("/history.json").await.body;
    assert!(json.contains(&format!("\"watches\":\"{}\"", main.protocol)), "{json}");
}
