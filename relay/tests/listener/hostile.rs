//! What a program must not do, and what others must not notice of it.

use std::{net::UdpSocket, time::Duration};

use protocol::{
    id::{Password, SessionId},
    limits::OUTER_MESSAGE_BYTES,
    message::{
        FromRelay, ToRelay,
        hello::Refusal,
        pairing::{CloseReason, Happened},
    },
};
use quinn::TransportConfig;

use crate::world::{Program, World, client_endpoint, eventually, started};

/// Somebody else is still served.
async fn others_are_fine(world: &World) {
    world.customer("Rita").await;
}

#[tokio::test]
async fn a_ten_megabyte_message_is_refused_before_its_body_comes() {
    let world = World::new().await;
    for announced in [10_000_000_u32, OUTER_MESSAGE_BYTES as u32 + 1, 1 << 31, u32::MAX] {
        let mut program = world.customer("João").await;
        program.send.write_all(&announced.to_le_bytes()).await.unwrap();
        let _ = program.send.write_all(&vec![0; 100_000]).await;
        program.hear_that(|m| (m == FromRelay::Refused(Refusal::Violation)).then_some(())).await;
        assert_eq!(program.close_code().await, Some(2));
    }
    others_are_fine(&world).await;
}

#[tokio::test]
async fn garbage_and_messages_out_of_turn_are_refused() {
    let world = World::new().await;
    let garbage = [&[5, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff][..], &[1, 0, 0, 0, 200], &[0, 0, 0, 0]];
    for bytes in garbage {
        let mut program = world.connect().await;
        program.send.write_all(bytes).await.unwrap();
        assert_eq!(program.hear().await, Some(FromRelay::Refused(Refusal::Violation)));
        assert_eq!(program.close_code().await, Some(2));
    }
    let mut program = world.connect().await;
    program.say(ToRelay::Logout).await;
    assert_eq!(program.hear().await, Some(FromRelay::Refused(Refusal::Violation)));
    let mut program = world.program().await;
    program.say(ToRelay::NewPassword(Password::from_entropy([0; 5]))).await;
    assert_eq!(program.hear().await, Some(FromRelay::Refused(Refusal::Violation)));
    others_are_fine(&world).await;
}

#[tokio::test]
async fn a_message_that_never_ends_is_not_waited_for() {
    let world = World::with(|config| config.times.message = Duration::from_millis(400)).await;
    // Half a message, then nothing.
    let mut program = world.program().await;
    program.send.write_all(&[100, 0, 0, 0, 1, 2, 3]).await.unwrap();
    assert_eq!(program.hear().await, Some(FromRelay::Refused(Refusal::Violation)));
    // Not even a hello.
    let mut program = world.connect().await;
    program.send.write_all(&[]).await.unwrap();
    program.send.set_priority(1).unwrap();
    assert!(program.close_code().await.is_some());
    // Half a message, then the end.
    let mut program = world.program().await;
    program.send.write_all(&[100, 0, 0, 0, 1]).await.unwrap();
    program.send.finish().unwrap();
    assert!(program.close_code().await.is_some());
    others_are_fine(&world).await;
}

#[tokio::test]
async fn a_program_that_does_not_read_is_closed() {
    let world = World::with(|config| config.limits.outgoing = 4).await;
    let mut transport = TransportConfig::default();
    transport.stream_receive_window(64_u32.into());
    let mut deaf = Program::connect(world.relay().quic_addr, world.pin(), transport).await.unwrap();
    deaf.hello(world.tenant).await;
    for _ in 0..50 {
        // Each is answered with a `Closed`: no such session of this program.
        deaf.report(
            SessionId::from_bytes([1; 16]),
            Happened::Ended { why: CloseReason::Failed, at_unix_ms: 0, reconnects: 0 },
        )
        .await;
    }
    assert_eq!(deaf.close_code().await, Some(4));
    others_are_fine(&world).await;
}

#[tokio::test]
async fn garbage_on_the_port_and_another_protocol_disturb_nobody() {
    let world = World::new().await;
    let customer = world.customer("João").await;
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    for length in [0_usize, 1, 20, 1200, 1472, 9000] {
        for seed in 0..50_u8 {
            let packet: Vec<u8> = (0..length).map(|i| (i as u8).wrapping_mul(31) ^ seed.wrapping_mul(97)).collect();
            socket.send_to(&packet, world.relay().quic_addr).unwrap();
        }
    }
    let browser = client_endpoint(world.pin(), TransportConfig::default(), b"h3");
    assert!(browser.connect(world.relay().quic_addr, "relay").unwrap().await.is_err());
    assert!(customer.connection.close_reason().is_none());
    others_are_fine(&world).await;
}

#[tokio::test]
async fn an_attendant_cannot_report_a_start_nor_a_stranger_anything() {
    let world = World::new().await;
    let mut pair = world.pair(false).await;
    let mut eve = world.customer("Eve").await;
    eve.report(pair.session, started()).await;
    assert_eq!(eve.closed(pair.session).await, CloseReason::Violation);
    pair.attendant.report(pair.session, started()).await;
    pair.attendant.hear_that(|m| (m == FromRelay::Refused(Refusal::Violation)).then_some(())).await;
    assert!(world.outbox(pair.session).await.is_empty());
}

#[tokio::test]
async fn a_full_relay_says_so() {
    let world = World::with(|config| config.limits.connections = 1).await;
    let first = world.customer("João").await;
    let mut second = world.connect().await;
    let _ = second.send.write_all(&[0]).await;
    assert_eq!(second.hear().await, Some(FromRelay::Refused(Refusal::Busy)));
    assert_eq!(second.close_code().await, Some(3));
    first.connection.close(1_u32.into(), b"");
    let directory = world.relay().shared.directory.clone();
    eventually(async || (directory.count() == 0).then_some(())).await;
}
