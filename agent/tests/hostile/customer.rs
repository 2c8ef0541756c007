//! A customer who knows the password and whose program says and sends what may not be said and sent, to a real attendant's session:
//! nothing is shown before a yes, and afterwards it ends with a reason, in bounded memory.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use amparo_agent::{attendant::session as attending, link::sealed::SealedSend};
use protocol::{
    limits,
    media::{Batch, Bytes, Point, Pointer, PointerShape, Rect, Size, Update},
    message::{
        control::{Administrator, AttendantSays, Attention, Control, CustomerSays},
        grant::Grants,
        handshake::{FromCustomer, Refused},
        pairing::CloseReason,
        stream::{HEAD_BYTES, StreamHead, StreamKind},
    },
    version::{ALPN_INNER_ADMINISTRATOR, ALPN_INNER_ATTENTION, ALPN_INNER_NOTICES},
};
use serde::Serialize;
use tokio::task::JoinSet;

use crate::{
    halves::{self, Answer, Half, OURS},
    world::{self, AttendantSide, Authority, Program, Relay, soon},
};

/// An attendant, and the customer that it is connected to.
struct Scene {
    attendant: AttendantSide,
    there: Program,
    half: Half,
    _relay: Relay,
}

impl Scene {
    async fn new(relay: Relay, want: Grants) -> Self {
        Self::speaking(relay, want, OURS).await
    }

    async fn speaking(relay: Relay, want: Grants, answer: Answer) -> Self {
        let (authority, id) = (Authority::new(), world::a_session());
        let mut plugged = world::plug(&relay.address);
        let there = soon("the attendant's program", relay.welcome()).await;
        let connection = plugged.up().await;
        let attendant = world::attendant(plugged, connection, id, authority.attendant(), want);
        let tls = halves::answer(&there.connection, answer).await.unwrap();
        Self { attendant, there, half: Half::customer(tls, id), _relay: relay }
    }

    async fn at(stage: Stage) -> Self {
        let mut scene = Self::new(Relay::open(), Grants::CONTROL).await;
        match stage {
            Stage::Secured => {}
            Stage::Answered => {
                scene.half.answer_opening().await;
            }
            Stage::Asking => scene.half.prove_as_customer().await,
        }
        scene
    }

    /// A session under way.
    async fn granted(relay: Relay) -> Self {
        Self::granted_speaking(relay, OURS).await
    }

    async fn granted_speaking(relay: Relay, answer: Answer) -> Self {
        let mut scene = Self::speaking(relay, Grants::CONTROL, answer).await;
        scene.half.prove_as_customer().await;
        scene.half.say(&halves::granted(Grants::CONTROL)).await;
        assert!(scene.attendant.until(|out| matches!(out, attending::Out::Started(..))).await);
        scene
    }

    async fn open(&self, kind: StreamKind) -> SealedSend {
        self.half.keys.open(&self.there.connection, kind, 16).await.unwrap()
    }

    /// Sends this as the picture's or pointer's stream; whoever has seen enough stops it.
    async fn send<M: Serialize>(&self, kind: StreamKind, messages: &[M]) {
        let mut stream = self.open(kind).await;
        for message in messages {
            if stream.send(message, usize::MAX).await.is_err() {
                return;
            }
        }
        // It stays open until the session is over.
        tokio::spawn(async move {
            tokio::time::sleep(world::IN_VAIN).await;
            drop(stream);
        });
    }

    async fn say(&mut self, word: Control) {
        self.half.say(&CustomerSays::Control(word)).await;
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The inner TLS is up.
    Secured,
    /// The opening is answered.
    Answered,
    /// The password is proved; the attendant takes the customer to be asked.
    Asking,
}

#[derive(Debug, Clone)]
enum Deed {
    Say(CustomerSays),
    Raw(Vec<u8>),
    /// So many picture streams.
    Pictures(u64),
    Leave,
}

fn deeds(stage: Stage) -> Vec<(Deed, CloseReason)> {
    use CloseReason::{ConnectionLost, NoAnswer, Refused as SaidNo, Violation, WrongPassword};
    let control = [
        Control::Grants(Grants::CONTROL),
        Control::Ping(1),
        Control::Pong(1),
        Control::Stats(protocol::message::stats::Stats::default()),
        Control::Refresh,
        Control::End(CloseReason::EndedByCustomer),
    ];
    let mut deeds: Vec<_> =
        control.into_iter().map(|word| (Deed::Say(CustomerSays::Control(word)), Violation)).collect();
    let no = |refused| Deed::Say(CustomerSays::Handshake(FromCustomer::No(refused)));
    deeds.extend([
        (Deed::Say(halves::resumed([1; 32], Grants::CONTROL)), Violation),
        (Deed::Say(halves::asking([1; 32])), Violation),
        (no(Refused::WrongPassword), WrongPassword),
        (no(Refused::ByCustomer), SaidNo),
        (no(Refused::NoAnswer), NoAnswer),
        (no(Refused::NoSession), ConnectionLost),
        // As many as there are kinds may be early; one more may not.
        (Deed::Pictures(6), Violation),
        (Deed::Raw([&4_097_u32.to_le_bytes()[..], &[0; 4_097]].concat()), Violation),
        (Deed::Raw(u32::MAX.to_le_bytes().to_vec()), Violation),
        (Deed::Raw(vec![2, 0, 0, 0, 7, 7]), Violation),
        (Deed::Raw(vec![0xff; 1 << 20]), Violation),
        (Deed::Leave, ConnectionLost),
    ]);
    if stage != Stage::Secured {
        deeds.push((Deed::Say(halves::some_answer()), Violation));
    }
    if stage != Stage::Asking {
        deeds.push((Deed::Say(halves::granted(Grants::CONTROL)), Violation));
    }
    deeds
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_a_customer_does_before_its_yes_shows_nothing_and_ends_with_a_reason() {
    let mut running = JoinSet::new();
    let mut cases = 0;
    for stage in [Stage::Secured, Stage::Answered, Stage::Asking] {
        for (deed, why) in deeds(stage) {
            cases += 1;
            running.spawn(async move {
                let mut scene = Scene::at(stage).await;
                let name = format!("{stage:?} {deed:?}").chars().take(100).collect::<String>();
                match deed {
                    Deed::Say(said) => scene.half.say(&said).await,
                    Deed::Raw(bytes) => scene.half.raw(&bytes).await,
                    Deed::Pictures(count) => {
                        for number in 0..count {
                            let head = StreamHead::new(scene.half.id, StreamKind::Picture, 16 + number);
                            let mut stream = scene.there.connection.open_uni().await.unwrap();
                            stream.write_all(&head.to_bytes()).await.unwrap();
                        }
                    }
                    Deed::Leave => drop(scene.half),
                }
                assert_eq!(scene.attendant.over().await, why, "{name}");
                assert!(!scene.attendant.started(), "{name}: {:?}", scene.attendant.told());
                println!("{name}: {why:?}");
            });
        }
    }
    assert!(cases >= 50, "{cases} cases");
    while let Some(ended) = running.join_next().await {
        ended.unwrap();
    }
    println!("{cases} deeds before a yes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_grants_no_more_than_was_asked_for() {
    let mut scene = Scene::new(Relay::open(), Grants::VIEW).await;
    scene.half.prove_as_customer().await;
    scene.half.say(&halves::granted(Grants::CONTROL)).await;
    assert!(scene.attendant.until(|out| matches!(out, attending::Out::Started(..))).await);
    let granted = scene.attendant.told().into_iter().find_map(|out| match out {
        attending::Out::Started(granted, ..) => Some(granted),
        _ => None,
    });
    assert_eq!(granted, Some(Grants::VIEW));
}

const CANVAS: Size = Size { width: 256, height: 128 };

fn batch(number: u64, updates: Vec<Update>) -> Batch {
    Batch { number, captured_us: number, updates }
}

/// The first batch, with more behind the canvas's size.
fn first(mut more: Vec<Update>) -> Batch {
    more.insert(0, Update::Resize(CANVAS));
    batch(1, more)
}

fn rect(x: u16, y: u16, width: u16, height: u16) -> Rect {
    Rect { x, y, width, height }
}

/// The rows of a rectangle of 128 × 128 as one stored block of DEFLATE: as many bytes as pixels have.
fn stored() -> Update {
    let rows: Vec<u8> =
        (0..128_u32).flat_map(|y| std::iter::once(1).chain((0..384_u32).map(move |x| (x * 7 + y) as u8))).collect();
    let length = u16::try_from(rows.len()).unwrap();
    let data = [&[1][..], &length.to_le_bytes(), &(!length).to_le_bytes(), &rows].concat();
    Update::Patch { rect: rect(0, 0, 128, 128), data: Bytes(data) }
}

fn shape(width: u16, height: u16, bytes: usize) -> Pointer {
    Pointer::Shape(PointerShape { width, height, hot_x: 0, hot_y: 0, rgba: Bytes(vec![0; bytes]) })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_or_pointer_that_breaks_a_rule_ends_the_session() {
    let copy = |from, x, y| Update::Copy { from, to: Point { x, y } };
    let patch = |rect, data| Update::Patch { rect, data: Bytes(data) };
    let size = |width, height| Update::Resize(Size { width, height });
    let pictures: Vec<(&str, Vec<Batch>)> = vec![
        ("a screen of no width", vec![batch(1, vec![size(0, 100)])]),
        ("a screen too wide", vec![batch(1, vec![size(16_385, 1)])]),
        ("a screen of the largest sides", vec![batch(1, vec![size(u16::MAX, u16::MAX)])]),
        ("a screen of too many pixels", vec![batch(1, vec![size(16_384, 16_384)])]),
        ("a patch before any size", vec![batch(1, vec![patch(rect(0, 0, 1, 1), vec![])])]),
        ("a patch outside", vec![first(vec![patch(rect(200, 0, 57, 1), vec![])])]),
        ("a patch of no bytes", vec![first(vec![patch(rect(0, 0, 10, 10), vec![])])]),
        ("a patch that inflates to more", vec![first(vec![patch(rect(0, 0, 1, 1), inflating())])]),
        ("a patch of garbage", vec![first(vec![patch(rect(0, 0, 10, 10), vec![0xee; 300])])]),
        ("a copy from outside", vec![first(vec![copy(rect(250, 0, 10, 1), 0, 0)])]),
        ("a copy to outside", vec![first(vec![copy(rect(0, 0, 100, 1), u16::MAX, 0)])]),
        (
            "a video slot that is not there",
            vec![first(vec![Update::Video { slot: 4, rect: rect(0, 0, 16, 16), keyframe: true, data: Bytes(vec![]) }])],
        ),
        ("hours of work in one batch", vec![first(vec![copy(CANVAS.rect(), 0, 0); 4_096])]),
        ("more updates than a batch may have", vec![first(vec![copy(rect(0, 0, 1, 1), 0, 0); 4_097])]),
        ("a number twice", vec![first(vec![]), batch(1, vec![])]),
        ("a number left out", vec![first(vec![]), batch(3, vec![])]),
        ("a size with an old number", vec![first(vec![]), batch(2, vec![]), batch(1, vec![size(10, 10)])]),
        ("a batch over the cap", vec![first(vec![patch(rect(0, 0, 1, 1), vec![0; limits::PICTURE_MESSAGE_BYTES])])]),
    ];
    let pointers: Vec<(&str, Pointer)> = vec![
        ("a pointer of no width", shape(0, 1, 0)),
        ("a pointer too wide", shape(257, 1, 257 * 4)),
        ("a pointer of the largest sides", shape(u16::MAX, u16::MAX, 16)),
        ("a pointer of too few bytes", shape(256, 256, 16)),
        ("a pointer of too many bytes", shape(1, 1, 200_000)),
        ("a pointer over the cap", shape(1, 1, limits::POINTER_MESSAGE_BYTES)),
    ];
    let words = [
        ("a call for a new picture", CustomerSays::Control(Control::Refresh)),
        ("an answer to no opening", halves::some_answer()),
        ("a second confirmation", halves::asking([1; 32])),
        ("a second yes", halves::granted(Grants::CONTROL)),
        ("a resumption of what was not cut", halves::resumed([1; 32], Grants::CONTROL)),
        ("a no to what is allowed", CustomerSays::Handshake(FromCustomer::No(Refused::ByCustomer))),
    ];
    let cases = pictures.len() + pointers.len() + words.len() + 2;
    let mut running = JoinSet::new();
    for (name, batches) in pictures {
        running.spawn(async move {
            let scene = Scene::granted(Relay::open()).await;
            scene.send(StreamKind::Picture, &batches).await;
            (name, scene)
        });
    }
    for (name, pointer) in pointers {
        running.spawn(async move {
            let scene = Scene::granted(Relay::open()).await;
            scene.send(StreamKind::Pointer, &[pointer]).await;
            (name, scene)
        });
    }
    for (name, word) in words {
        running.spawn(async move {
            let mut scene = Scene::granted(Relay::open()).await;
            scene.half.say(&word).await;
            (name, scene)
        });
    }
    for (name, bytes) in [
        ("a batch of the largest announced length", u32::MAX.to_le_bytes().to_vec()),
        ("a batch that is not sealed", [&[40, 0, 0, 0][..], &[1; 40]].concat()),
    ] {
        running.spawn(async move {
            let scene = Scene::granted(Relay::open()).await;
            let mut stream = scene.there.connection.open_uni().await.unwrap();
            let head: [u8; HEAD_BYTES] = StreamHead::new(scene.half.id, StreamKind::Picture, 16).to_bytes();
            stream.write_all(&[&head[..], &bytes].concat()).await.unwrap();
            drop(stream.finish());
            (name, scene)
        });
    }
    while let Some(ended) = running.join_next().await {
        let (name, mut scene) = ended.unwrap();
        assert_eq!(scene.attendant.over().await, CloseReason::Violation, "{name}");
    }
    println!("{cases} pictures, pointers and words that break a rule");
}

/// 64 KiB of zeros for a rectangle of one pixel: a stored block, so that no compressor is needed here.
fn inflating() -> Vec<u8> {
    [&[1][..], &u16::MAX.to_le_bytes(), &0_u16.to_le_bytes(), &[0; 65_535]].concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_who_reads_no_acknowledgements_gets_no_more_pictures_in() {
    // A relay that takes few bytes of what the attendant sends.
    let scene = Scene::granted(Relay::narrow(1_024)).await;
    let mut stream = scene.open(StreamKind::Picture).await;
    let sent = Arc::new(AtomicUsize::new(0));
    let count = sent.clone();
    let sending = tokio::spawn(async move {
        stream.send(&first(vec![]), limits::PICTURE_MESSAGE_BYTES).await.unwrap();
        for number in 2..1_000 {
            stream.send(&batch(number, vec![stored(), stored()]), limits::PICTURE_MESSAGE_BYTES).await.unwrap();
            count.fetch_add(1, Ordering::Relaxed);
        }
    });
    // 100 MB would go through; what is not taken fills the stream's window and then waits here.
    let mut before = 0;
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let now = sent.load(Ordering::Relaxed);
        if now > 0 && now == before || sending.is_finished() {
            break;
        }
        before = now;
    }
    let now = sent.load(Ordering::Relaxed);
    println!("{now} batches of about 98 kB before the sender is held");
    assert!(!sending.is_finished() && now < 500, "{now} batches");
    sending.abort();
    assert!(scene.attendant.why().is_none(), "the session itself goes on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decoder_that_fails_again_and_again_asks_for_a_new_picture_and_the_end_is_still_heard() {
    let mut scene = Scene::granted(Relay::open()).await;
    let video = Update::Video {
        slot: 0,
        rect: rect(0, 0, 64, 64),
        keyframe: true,
        data: Bytes(vec![0, 0, 0, 1, 0x65, 1, 2, 3]),
    };
    let broken: Vec<Batch> =
        (1..200).map(|number| batch(number, vec![Update::Resize(CANVAS), video.clone()])).collect();
    scene.send(StreamKind::Picture, &broken).await;
    let wish =
        scene.half.hear_until(|said| matches!(said, AttendantSays::Control(Control::Refresh)).then_some(())).await;
    assert!(wish.is_some());
    scene.say(Control::End(CloseReason::EndedByCustomer)).await;
    assert_eq!(scene.attendant.over().await, CloseReason::EndedByCustomer);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_with_another_key_after_a_cut_is_not_taken_for_the_same() {
    for reflect in [false, true] {
        let Scene { mut attendant, there, half, _relay } = Scene::granted(Relay::open()).await;
        let id = half.id;
        // The inner connection goes; the relay pairs again, with somebody who has a key of its own and not the session's secret.
        drop(half);
        assert!(attendant.until(|out| matches!(out, attending::Out::Paused)).await);
        attendant.pair_again().await;
        let tls = halves::answer(&there.connection, OURS).await.unwrap();
        let mut other = Half::customer(tls, id);
        let Some(AttendantSays::Handshake(said)) = other.hear().await else { panic!("a resumption") };
        let theirs = halves::proof_of_resumption(&said).expect("a resumption");
        let proof = if reflect { theirs } else { other.resumption(&[7; 32]).own };
        other.say(&halves::resumed(proof, Grants::CONTROL)).await;
        assert_eq!(attendant.over().await, CloseReason::Violation, "reflected: {reflect}");
        assert!(!attendant.told().iter().any(|out| matches!(out, attending::Out::Resumed(_))));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_customer_is_taken_back_after_a_cut() {
    let scene = Scene::granted(Relay::open()).await;
    let Scene { mut attendant, there, half, _relay } = scene;
    let (id, secret) = (half.id, half.resume_secret);
    drop(half);
    assert!(attendant.until(|out| matches!(out, attending::Out::Paused)).await);
    attendant.pair_again().await;
    let mut back = Half::customer(halves::answer(&there.connection, OURS).await.unwrap(), id);
    let Some(AttendantSays::Handshake(said)) = back.hear().await else { panic!("a resumption") };
    let proofs = back.resumption(&secret);
    assert_eq!(halves::proof_of_resumption(&said), Some(proofs.expected));
    back.say(&halves::resumed(proofs.own, Grants::CONTROL)).await;
    assert!(attendant.until(|out| matches!(out, attending::Out::Resumed(_))).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_of_an_earlier_version_is_not_asked_for_what_it_does_not_know() {
    for alpn in [OURS.alpn, &[ALPN_INNER_NOTICES], &[ALPN_INNER_ATTENTION]] {
        let mut scene = Scene::granted_speaking(Relay::open(), Answer { alpn, ..OURS }).await;
        if alpn != [ALPN_INNER_ATTENTION] {
            scene.attendant.tell.send(attending::In::CtrlAltDel).await.unwrap();
            assert!(scene.attendant.until(|out| matches!(out, attending::Out::CtrlAltDel(None))).await);
        }
        scene.attendant.tell.send(attending::In::AskAdministrator).await.unwrap();
        assert!(scene.attendant.until(|out| matches!(out, attending::Out::Administrator(None))).await);
        scene.attendant.tell.send(attending::In::End(CloseReason::EndedByAttendant)).await.unwrap();
        let ended = |said| match said {
            AttendantSays::Control(Control::CtrlAltDel | Control::AskAdministrator) => panic!("it was asked"),
            AttendantSays::Control(Control::End(_)) => Some(()),
            _ => None,
        };
        assert!(scene.half.hear_until(ended).await.is_some());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_came_of_keys_is_heard_once_and_only_of_keys_that_were_asked_for() {
    let answer = Answer { alpn: &[ALPN_INNER_ATTENTION], ..OURS };
    let mut scene = Scene::granted_speaking(Relay::open(), answer).await;
    let told = [Attention::PolicyForbids, Attention::NothingSeen];
    for what in told {
        // Of no question, and until the last of them was read.
        for _ in 0..50 {
            scene.say(Control::CtrlAltDelDone(Attention::Unavailable)).await;
        }
        scene.say(Control::Ping(77)).await;
        let read = |said| matches!(said, AttendantSays::Control(Control::Pong(77))).then_some(());
        assert!(scene.half.hear_until(read).await.is_some());
        for _ in 0..3 {
            scene.attendant.tell.send(attending::In::CtrlAltDel).await.unwrap();
        }
        let asked = |said| matches!(said, AttendantSays::Control(Control::CtrlAltDel)).then_some(());
        assert!(scene.half.hear_until(asked).await.is_some());
        scene.say(Control::CtrlAltDelDone(what)).await;
        assert!(
            scene.attendant.until(|out| matches!(out, attending::Out::CtrlAltDel(Some(now)) if *now == what)).await
        );
    }
    scene.say(Control::CtrlAltDel).await;
    assert_eq!(scene.attendant.over().await, CloseReason::Violation);
    let heard: Vec<Attention> = scene
        .attendant
        .told()
        .into_iter()
        .filter_map(|out| if let attending::Out::CtrlAltDel(what) = out { what } else { None })
        .collect();
    assert_eq!(heard, told);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rights_that_nobody_asked_for_change_nothing_but_what_is_shown() {
    let answer = Answer { alpn: &[ALPN_INNER_ADMINISTRATOR], ..OURS };
    let mut scene = Scene::granted_speaking(Relay::open(), answer).await;
    for what in [Administrator::Refused, Administrator::Declined, Administrator::Already, Administrator::Failed] {
        scene.say(Control::Administrator(what)).await;
    }
    for what in [Administrator::Granted, Administrator::Ended] {
        scene.say(Control::Administrator(what)).await;
    }
    scene.say(Control::Ping(77)).await;
    let read = |said| matches!(said, AttendantSays::Control(Control::Pong(77))).then_some(());
    assert!(scene.half.hear_until(read).await.is_some());
    for _ in 0..3 {
        scene.attendant.tell.send(attending::In::AskAdministrator).await.unwrap();
    }
    let asked = |said| matches!(said, AttendantSays::Control(Control::AskAdministrator)).then_some(());
    assert!(scene.half.hear_until(asked).await.is_some());
    scene.say(Control::Administrator(Administrator::Declined)).await;
    let declined = Some(Administrator::Declined);
    assert!(scene.attendant.until(|out| matches!(out, attending::Out::Administrator(now) if *now == declined)).await);
    scene.say(Control::AskAdministrator).await;
    assert_eq!(scene.attendant.over().await, CloseReason::Violation);
    let heard: Vec<Administrator> = scene
        .attendant
        .told()
        .into_iter()
        .filter_map(|out| if let attending::Out::Administrator(what) = out { what } else { None })
        .collect();
    assert_eq!(heard, [Administrator::Granted, Administrator::Ended, Administrator::Declined]);
}
