//! Being there: IDs, passwords, the waiting list, logins.

use std::net::UdpSocket;

use jiff::Timestamp;
use protocol::{
    id::{AppId, Password, TenantId},
    message::{
        FromRelay, ShownText, ToRelay,
        directory::{LoginError, LoginToken},
        hello::{Hello, Refusal},
        offer::{BreakReason, Status},
        pairing::DialError,
    },
    version::{SPOKEN, VersionRange},
};

use store::{App, Staff};

use crate::world::{Program, World, eventually, open_new};

#[tokio::test]
async fn a_customer_who_changes_networks_stays_registered() {
    let world = World::new().await;
    let mut customer = world.customer("João").await;
    let id = customer.id();
    customer.endpoint.rebind(UdpSocket::bind("127.0.0.1:0").unwrap()).unwrap();
    let renewed = Password::from_entropy([9; 5]);
    customer.say(ToRelay::NewPassword(renewed.clone())).await;
    let directory = world.relay().shared.directory.clone();
    eventually(async || (directory.password(world.tenant, id)? == renewed).then_some(())).await;
    assert_eq!(directory.count(), 1);
}

#[tokio::test]
async fn a_customer_keeps_the_id_when_the_relay_is_restarted_or_killed() {
    let mut world = World::new().await;
    let mut customer = world.customer("João").await;
    let id = customer.id();
    for killed in [false, true] {
        if killed {
            world.kill().await
        } else {
            world.stop().await
        }
        world.start().await;
        let mut again = world.program().await;
        assert_eq!(again.register(world.app, "João", customer.previous()).await.id, id);
        customer = again;
    }
}

#[tokio::test]
async fn a_newer_connection_of_the_same_program_replaces_the_old_one_at_once() {
    let world = World::new().await;
    let old = world.customer("João").await;
    let mut new = world.program().await;
    assert_eq!(new.register(world.app, "João", old.previous()).await.id, old.id());
    assert_eq!(old.close_code().await, Some(0));
    assert_eq!(world.relay().shared.directory.count(), 1);
    // The old connection's end takes nobody out.
    new.say(ToRelay::NewPassword(Password::from_entropy([7; 5]))).await;
    let directory = world.relay().shared.directory.clone();
    eventually(async || (directory.password(world.tenant, new.id())? == Password::from_entropy([7; 5])).then_some(()))
        .await;
}

#[tokio::test]
async fn a_proof_that_is_not_its_own_gives_a_new_id() {
    let world = World::new().await;
    let honest = world.customer("João").await;
    let other = world.customer("Rita").await;
    let stolen = Some((honest.id(), other.registered.as_ref().unwrap().proof.clone()));
    let mut thief = world.program().await;
    let given = thief.register(world.app, "Eve", stolen).await.id;
    assert!(given != honest.id() && given != other.id());
    assert!(honest.connection.close_reason().is_none());
}

#[tokio::test]
async fn attendants_see_who_waits_and_not_themselves_nor_another_company() {
    let world = World::new().await;
    let mut ana = world.program().await;
    ana.register_as(world.app, "ana", None, true).await;
    ana.login("ana").await;
    let names = |list: Vec<protocol::message::directory::WaitingCustomer>| -> Vec<String> {
        list.iter().map(|w| w.fields[0].value.to_string()).collect()
    };
    let joao = world.customer("João").await;
    ana.hear_that(|m| if let FromRelay::Waiting(list) = m { (names(list) == ["João"]).then_some(()) } else { None })
        .await;
    let _rita = world.customer("Rita").await;
    ana.hear_that(|m| {
        if let FromRelay::Waiting(list) = m { (names(list) == ["João", "Rita"]).then_some(()) } else { None }
    })
    .await;
    joao.connection.close(0_u32.into(), b"");
    ana.hear_that(|m| if let FromRelay::Waiting(list) = m { (names(list) == ["Rita"]).then_some(()) } else { None })
        .await;
}

/// An app that only Rui attends and Ana administers.
async fn of_rui(world: &World) -> App {
    let shared = &world.relay().shared;
    let users = shared.accounts.list(world.tenant).await.unwrap();
    let id = |login: &str| users.iter().find(|u| u.operator.login == login).unwrap().operator.id;
    let fiscal = AppId::from_bytes([50; 16]);
    let staff = Staff { everyone: false, attendants: vec![id("rui")], administrators: vec![id("ana")] };
    let app = App { staff, ..App::new(fiscal, world.tenant, "Fiscal", "Varanda", "", Timestamp::now()) };
    let app = amparo_relay::apps::add(&*shared.store, app).await.unwrap();
    shared.apps.changed(world.tenant);
    app
}

#[tokio::test]
async fn a_customer_of_an_app_that_one_does_not_attend_is_not_listed_and_not_reached() {
    let world = World::new().await;
    let shared = world.relay().shared.clone();
    let mut app = of_rui(&world).await;
    let fiscal = app.id;

    let mut rita = world.program().await;
    rita.register(fiscal, "Rita", None).await;
    let _joao = world.customer("João").await;
    let listed = async |attendant: &mut Program| -> Vec<String> {
        attendant
            .hear_that(|m| match m {
                FromRelay::Waiting(list) if !list.is_empty() => Some(list),
                _ => None,
            })
            .await
            .iter()
            .map(|w| w.fields[0].value.to_string())
            .collect()
    };
    let (mut ana, mut rui) = (world.attendant("ana").await, world.attendant("rui").await);
    assert_eq!(listed(&mut ana).await, ["João"]);
    assert_eq!(listed(&mut rui).await, ["Rita", "João"]);
    let refused = ana.dial(rita.id(), open_new()).await;
    assert!(
        matches!(&refused, FromRelay::DialRefused(r) if r.why == DialError::Unreachable),
        "as an ID that nobody has: {refused:?}"
    );
    assert!(shared.store.unfinished_sessions().await.unwrap().is_empty());

    let ana_too = app.staff.administrators[0];
    app.staff.attendants.push(ana_too);
    shared.store.update_app(&app).await.unwrap();
    shared.apps.changed(world.tenant);
    ana.dial_ok(&mut rita).await;
}

#[tokio::test]
async fn who_administers_one_app_is_told_of_its_own_attendants_alone() {
    use crate::console_support::{Browser, EVERYTHING, PASSWORD as CHIEFS, operator};
    let world = World::new().await;
    let shared = world.relay().shared.clone();
    let fiscal = of_rui(&world).await.id;
    operator(&shared, world.tenant, "chefe", EVERYTHING).await;

    // Everybody attends the first app, and only Rui the one that Ana administers.
    let (_ana, mut rui) = (crate::offers::at_home(&world, "ana").await, crate::offers::at_home(&world, "rui").await);
    let figure = |page: &str, word: &str| {
        let (before, _) = page.split_once(&format!("</b><span>{word}</span>")).unwrap_or_else(|| panic!("{page}"));
        before.rsplit('>').next().unwrap().to_owned()
    };
    let (mut of_ana, mut chief) = (Browser::new(&shared), Browser::new(&shared));
    of_ana.log_in("ana", crate::world::PASSWORD).await;
    chief.log_in("chefe", CHIEFS).await;
    let of_one = of_ana.get("/indicators").await.body;
    assert_eq!((figure(&of_one, "Disponíveis"), figure(&of_one, "Em pausa")), ("1".into(), "0".into()));
    assert_eq!(figure(&chief.get("/indicators").await.body, "Disponíveis"), "2");
    let one = chief.get(&format!("/indicators?app={fiscal}")).await.body;
    assert_eq!(figure(&one, "Disponíveis"), "1", "of the app that was chosen");
    let meal = Status::Break(BreakReason::Meal);
    rui.say(ToRelay::SetStatus(meal)).await;
    rui.hear_that(|m| matches!(m, FromRelay::StatusIs(is) if is.status == meal).then_some(())).await;
    let of_one = of_ana.get("/indicators").await.body;
    assert_eq!((figure(&of_one, "Disponíveis"), figure(&of_one, "Em pausa")), ("0".into(), "1".into()));
}

#[tokio::test]
async fn a_wrong_login_gets_one_answer_and_a_token_logs_in_again() {
    let mut world = World::new().await;
    let mut program = world.program().await;
    for (user, password) in [("ana", "wrong password"), ("nobody", "wrong password")] {
        let login = protocol::message::directory::Login { user: user.into(), password: password.into() };
        program.say(ToRelay::Login(login)).await;
        let why = program.hear_that(|m| if let FromRelay::LoginFailed(why) = m { Some(why) } else { None }).await;
        assert_eq!(why, LoginError::Wrong);
    }
    program.login("ana").await;
    let token = program.logged_in.clone().unwrap().token;
    world.kill().await;
    world.start().await;
    let mut again = world.program().await;
    again.login_again(token.clone()).await;
    assert_eq!(again.logged_in, program.logged_in);
    again.say(ToRelay::Logout).await;
    again.say(ToRelay::LoginAgain(token)).await;
    let why = again.hear_that(|m| if let FromRelay::LoginFailed(why) = m { Some(why) } else { None }).await;
    assert_eq!(why, LoginError::Expired);
    again.say(ToRelay::LoginAgain(LoginToken::try_from(vec![1; 16]).unwrap())).await;
    again.hear_that(|m| if let FromRelay::LoginFailed(LoginError::Expired) = m { Some(()) } else { None }).await;
}

#[tokio::test]
async fn an_unknown_company_and_an_unknown_version_are_refused_by_name() {
    let world = World::new().await;
    let hello = |versions, tenant| ToRelay::Hello(Hello { versions, tenant, program: ShownText::default() });
    let future = VersionRange { oldest: 900, newest: 901 };
    for (said, why) in [
        (hello(SPOKEN, TenantId::from_bytes([7; 16])), Refusal::UnknownTenant),
        (hello(future, world.tenant), Refusal::Version(SPOKEN)),
    ] {
        let mut program = world.connect().await;
        program.say(said).await;
        assert_eq!(program.hear().await, Some(FromRelay::Refused(why)));
        assert_eq!(program.close_code().await, Some(3));
    }
}

#[tokio::test]
async fn who_waits_longest_comes_first_whatever_happens_in_between() {
    let world = World::new().await;
    let mut here = Vec::new();
    for name in ["Ada", "Bea", "Caio", "Duda"] {
        here.push(world.customer(name).await);
    }
    let directory = world.relay().shared.directory.clone();
    let queue = || -> Vec<_> { directory.waiting(world.tenant).iter().map(|p| p.id).collect() };
    let ids: Vec<_> = here.iter().map(Program::id).collect();
    assert_eq!(queue(), ids);
    let first = directory.first_waiting(world.tenant, 2);
    assert_eq!(first.iter().map(|p| p.id).collect::<Vec<_>>(), ids[..2]);

    // Typed anew: as far ahead as before. Out of the list and in again: behind all others.
    here[1].register(world.app, "Bea Lima", None).await;
    assert_eq!(queue(), ids);
    for listed in [false, true] {
        here[0].register_as(world.app, "Ada", None, listed).await;
    }
    assert_eq!(queue(), [ids[1], ids[2], ids[3], ids[0]]);

    // Dialled and free again: behind all others; gone: out.
    let mut ana = world.attendant("ana").await;
    let (dialled, _) = ana.dial_ok(&mut here[2]).await;
    assert_eq!(queue(), [ids[1], ids[3], ids[0]]);
    let by = ana.logged_in.as_ref().unwrap().operator;
    assert!(world.relay().shared.sessions.end(world.tenant, dialled.session, by).await.unwrap());
    assert_eq!(queue(), [ids[1], ids[3], ids[0], ids[2]]);
    drop(here.remove(3));
    eventually(async || (queue() == [ids[1], ids[0], ids[2]]).then_some(())).await;
    assert_eq!((directory.waiting_count(world.tenant), directory.count()), (3, 3));
    drop(here);
    eventually(async || (directory.count() == 0).then_some(())).await;
    assert_eq!(directory.waiting_count(world.tenant), 0);
}
