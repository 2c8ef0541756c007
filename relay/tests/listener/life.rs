//! The relay itself: started, stopped, killed in a session, started twice.

use amparo_relay::relay::Relay;
use protocol::message::{
    FromRelay, ToRelay,
    pairing::{CloseReason, Rejoin},
};
use store::SessionState;

use crate::world::{World, ended};

#[tokio::test]
async fn a_session_goes_on_when_the_relay_is_stopped_or_killed_in_it() {
    for killed in [false, true] {
        let mut world = World::new().await;
        let pair = world.pair(true).await;
        if killed {
            world.kill().await
        } else {
            world.stop().await
        }
        world.start().await;
        let sessions = world.relay().shared.sessions.list(world.tenant);
        assert_eq!(sessions.len(), 1, "it waits for both");

        let mut customer = world.program().await;
        customer.register(world.app, "João Prado", pair.customer.previous()).await;
        let mut attendant = world.program().await;
        attendant.login_again(pair.attendant.logged_in.as_ref().unwrap().token.clone()).await;
        for (program, resume) in [(&mut customer, &pair.customer_resume), (&mut attendant, &pair.attendant_resume)] {
            program.say(ToRelay::Rejoin(Rejoin { session: pair.session, resume: resume.clone() })).await;
            let ready = program.hear_that(|m| if let FromRelay::RejoinReady(r) = m { Some(r) } else { None }).await;
            program.say(ToRelay::Join(ready.token)).await;
        }
        customer.paired(pair.session).await;
        attendant.paired(pair.session).await;
        assert!(world.relay().shared.directory.waiting(world.tenant).is_empty(), "who is in a session does not wait");
        attendant.report(pair.session, ended(CloseReason::EndedByAttendant)).await;
        assert_eq!(customer.closed(pair.session).await, CloseReason::EndedByAttendant);
        assert_eq!(world.over(pair.session).await.state, SessionState::Ended);
        assert_eq!(world.outbox(pair.session).await.len(), 2);
    }
}

#[tokio::test]
async fn programs_are_told_when_the_relay_stops_and_not_when_it_is_killed() {
    let mut world = World::new().await;
    let told = world.customer("João").await;
    world.stop().await;
    assert_eq!(told.close_code().await, Some(0));
    world.start().await;
    let untold = world.customer("João").await;
    world.kill().await;
    assert!(untold.connection.close_reason().is_none());
}

#[tokio::test]
async fn a_port_in_use_and_a_folder_in_use_are_named_with_what_to_do() {
    let world = World::new().await;
    let mut config = world.config().clone();
    let text = format!("{:#}", Relay::start(config.clone()).await.err().unwrap());
    assert!(text.contains(&format!("port {}", config.listen.port())) && text.contains("--listen"), "{text}");
    config.listen.set_port(0);
    let text = format!("{:#}", Relay::start(config).await.err().unwrap());
    assert!(text.contains("another amparo-relay") && text.contains("--data"), "{text}");
    world.customer("still served").await;
}

#[tokio::test]
async fn the_first_start_prints_a_setup_link_and_its_profile_is_readable() {
    let world = World::new().await;
    let shared = &world.relay().shared;
    let link = world.relay().setup_link.clone().unwrap();
    assert!(link.starts_with(&format!("https://127.0.0.1:{}/setup/", shared.listen().port())), "{link}");
    let app = &shared.store.apps(world.tenant).await.unwrap()[0];
    let (profile, _) = bundle::open(&shared.signed_profile(app).unwrap(), None).unwrap();
    assert_eq!(profile.tenant, *world.tenant.as_bytes());
    assert_eq!(profile.relays[0].certificate_sha256, shared.keys.pin());
    assert_eq!(profile.relays[0].port, shared.listen().port());
    assert_eq!(profile.root, shared.keys.tenant(world.tenant).unwrap().root_certificate);
}
