//! Streams through the relay: bytes as they are, with their end, their reset and their stop.

use std::sync::{Arc, Mutex};

use protocol::message::{
    pairing::Step,
    stream::{HEAD_BYTES, StreamHead, StreamKind},
};
use quinn::{ReadError, ReadToEndError, VarInt, WriteError};

use crate::world::{World, eventually};

#[tokio::test]
async fn bytes_and_end_arrive_as_they_were_sent_and_the_tap_has_seen_them() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let tapped = seen.clone();
    let world =
        World::with(|config| config.tap = Some(Arc::new(move |bytes| tapped.lock().unwrap().extend_from_slice(bytes))))
            .await;
    let mut pair = world.pair(true).await;
    let sent: Vec<u8> = (0..3_000_000_u32).map(|i| (i % 251) as u8).collect();
    let mut stream = pair.customer.open(pair.session, StreamKind::Picture).await;
    let writing = {
        let sent = sent.clone();
        tokio::spawn(async move {
            stream.write_all(&sent).await.unwrap();
            stream.finish().unwrap();
            stream
        })
    };
    let (head, mut received) = pair.attendant.accept().await;
    assert_eq!(
        (head.session, head.kind, head.priority),
        (pair.session, StreamKind::Picture, StreamKind::Picture.priority())
    );
    assert!(received.read_to_end(4_000_000).await.unwrap() == sent);
    writing.await.unwrap();
    let seen = seen.lock().unwrap();
    assert_eq!(seen[..HEAD_BYTES], head.to_bytes());
    assert!(seen[HEAD_BYTES..] == sent);
}

#[tokio::test]
async fn inner_tls_runs_both_ways() {
    let world = World::new().await;
    let mut pair = world.pair(false).await;
    let (mut send, mut recv) = pair.attendant.connection.open_bi().await.unwrap();
    let head = pair.attendant.head(pair.session, StreamKind::Secure);
    send.write_all(&head.to_bytes()).await.unwrap();
    send.write_all(b"question").await.unwrap();
    let (mut answer, mut question) = pair.customer.connection.accept_bi().await.unwrap();
    let mut bytes = [0; HEAD_BYTES + 8];
    question.read_exact(&mut bytes).await.unwrap();
    assert_eq!((&bytes[..HEAD_BYTES], &bytes[HEAD_BYTES..]), (head.to_bytes().as_slice(), b"question".as_slice()));
    answer.write_all(b"answer").await.unwrap();
    answer.finish().unwrap();
    assert_eq!(recv.read_to_end(100).await.unwrap(), b"answer");
    // The other direction is still open.
    send.write_all(b"!").await.unwrap();
    send.finish().unwrap();
    assert_eq!(question.read_to_end(100).await.unwrap(), b"!");
}

#[tokio::test]
async fn a_reset_and_a_stop_pass_through_with_their_codes() {
    let world = World::new().await;
    let mut pair = world.pair(true).await;
    let mut reset = pair.customer.open(pair.session, StreamKind::Picture).await;
    let (_, mut received) = pair.attendant.accept().await;
    reset.reset(VarInt::from_u32(77)).unwrap();
    assert_eq!(received.read_to_end(100).await, Err(ReadToEndError::Read(ReadError::Reset(VarInt::from_u32(77)))));

    let mut stopped = pair.customer.open(pair.session, StreamKind::Picture).await;
    let (_, mut received) = pair.attendant.accept().await;
    received.stop(VarInt::from_u32(78)).unwrap();
    assert_eq!(stopped.stopped().await, Ok(Some(VarInt::from_u32(78))));
    assert_eq!(stopped.write_all(b"more").await, Err(WriteError::Stopped(VarInt::from_u32(78))));
}

#[tokio::test]
async fn the_priority_of_the_head_is_kept_for_the_next_hop() {
    let world = World::new().await;
    let mut pair = world.pair(true).await;
    let mut head = pair.customer.head(pair.session, StreamKind::Pointer);
    head.priority = -5;
    let mut stream = pair.customer.connection.open_uni().await.unwrap();
    stream.write_all(&head.to_bytes()).await.unwrap();
    assert_eq!(pair.attendant.accept().await.0, head);
}

#[tokio::test]
async fn when_a_half_is_lost_its_streams_are_reset_on_the_other_side() {
    let world = World::new().await;
    let mut pair = world.pair(true).await;
    let mut to = pair.customer.open(pair.session, StreamKind::Picture).await;
    to.write_all(b"half a picture").await.unwrap();
    let (_, mut received) = pair.attendant.accept().await;
    let mut from = pair.attendant.open(pair.session, StreamKind::Input).await;
    pair.customer.accept().await;
    pair.customer.connection.close(0_u32.into(), b"cut");
    assert_eq!(received.read_to_end(100).await, Err(ReadToEndError::Read(ReadError::Reset(VarInt::from_u32(0x100)))));
    assert_eq!(from.stopped().await, Ok(Some(VarInt::from_u32(0x100))));
    assert!(from.write_all(b"x").await.is_err());
}

#[tokio::test]
async fn a_stream_that_never_rests_ends_with_its_session() {
    let world = World::new().await;
    let mut pair = world.pair(true).await;
    let mut stream = pair.customer.open(pair.session, StreamKind::Picture).await;
    let writing = tokio::spawn(async move {
        let piece = vec![7; 100_000];
        loop {
            if let Err(error) = stream.write_all(&piece).await {
                return error;
            }
        }
    });
    let (_, mut received) = pair.attendant.accept().await;
    let mut bytes = 0;
    while bytes < 2_000_000 {
        bytes += received.read_chunk(usize::MAX, true).await.unwrap().unwrap().bytes.len();
    }
    let by = pair.attendant.logged_in.as_ref().unwrap().operator;
    assert!(world.relay().shared.sessions.end(world.tenant, pair.session, by).await.unwrap());
    let ended = loop {
        match received.read_chunk(usize::MAX, true).await {
            Ok(Some(_)) => {}
            ended => break ended.map(|_| ()),
        }
    };
    assert_eq!(ended, Err(ReadError::Reset(VarInt::from_u32(0x100))));
    assert_eq!(writing.await.unwrap(), WriteError::Stopped(VarInt::from_u32(0x100)));
}

#[tokio::test]
async fn what_comes_in_many_small_pieces_arrives_whole_and_in_order() {
    let world = World::new().await;
    let mut pair = world.pair(true).await;
    let mut stream = pair.customer.open(pair.session, StreamKind::Picture).await;
    let (_, mut received) = pair.attendant.accept().await;
    let sent: Vec<u8> = (0..200_000_u32).map(|i| (i % 253) as u8).collect();
    let writing = {
        let sent = sent.clone();
        tokio::spawn(async move {
            // From single bytes to more than the relay hands on at once.
            let (mut rest, mut length) = (sent.as_slice(), 1);
            while !rest.is_empty() {
                let (piece, after) = rest.split_at(length.min(rest.len()));
                stream.write_all(piece).await.unwrap();
                (rest, length) = (after, if length > 60_000 { 1 } else { length * 3 });
                tokio::task::yield_now().await;
            }
            stream.finish().unwrap();
            stream
        })
    };
    assert!(received.read_to_end(300_000).await.unwrap() == sent);
    writing.await.unwrap();
}

#[tokio::test]
async fn a_stream_into_a_session_that_is_not_ones_own_is_stopped() {
    let world = World::new().await;
    let mut pair = world.pair(true).await;
    let mut other = world.customer("Eve").await;
    let mut rui = world.attendant("rui").await;
    let (dialled, incoming) = rui.dial_ok(&mut other).await;
    other.say(protocol::message::ToRelay::Join(incoming.token)).await;
    rui.say(protocol::message::ToRelay::Join(dialled.token)).await;
    other.paired(dialled.session).await;
    // Paired, so streams may be opened; but not into the neighbours' session.
    let stream = other.open(pair.session, StreamKind::Picture).await;
    assert_eq!(stream.stopped().await, Ok(Some(VarInt::from_u32(0x101))));
    assert!(other.connection.close_reason().is_none());
    let mut fine = pair.customer.open(pair.session, StreamKind::Picture).await;
    fine.finish().unwrap();
    pair.attendant.accept().await;
}

#[tokio::test]
async fn a_stream_that_breaks_the_rules_ends_its_own_connection_only() {
    for broken in 0..4 {
        let world = World::new().await;
        let mut pair = world.pair(true).await;
        let head = pair.customer.head(pair.session, StreamKind::Picture);
        let bytes = match broken {
            // A number used before.
            0 | 1 => head.to_bytes().to_vec(),
            // A kind that does not exist.
            2 => {
                let mut bytes = head.to_bytes().to_vec();
                bytes[16] = 99;
                bytes
            }
            // Cut off.
            _ => head.to_bytes()[..10].to_vec(),
        };
        let mut stream = pair.customer.connection.open_uni().await.unwrap();
        stream.write_all(&bytes).await.unwrap();
        stream.finish().unwrap();
        if broken < 2 {
            pair.attendant.accept().await;
            let mut again = pair.customer.connection.open_uni().await.unwrap();
            again.write_all(&StreamHead { kind: StreamKind::Pointer, ..head }.to_bytes()).await.unwrap();
        }
        assert_eq!(pair.customer.close_code().await, Some(2), "case {broken}");
        assert!(pair.attendant.connection.close_reason().is_none());
    }
}

#[tokio::test]
async fn a_program_outside_a_session_can_open_no_stream() {
    let world = World::new().await;
    let customer = world.customer("João").await;
    let opened = tokio::time::timeout(std::time::Duration::from_millis(300), customer.connection.open_uni()).await;
    assert!(opened.is_err(), "the relay grants no stream");
    let mut pair = world.pair(true).await;
    pair.customer
        .report(pair.session, crate::world::ended(protocol::message::pairing::CloseReason::EndedByCustomer))
        .await;
    pair.customer.kept(pair.session, Step::Ended).await;
    let sessions = &world.relay().shared.sessions;
    eventually(async || (sessions.count() == 0).then_some(())).await;
}
