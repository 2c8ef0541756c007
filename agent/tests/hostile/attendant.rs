//! An attendant with a good certificate and the right password who says and sends what may not be said and sent, to a real customer's
//! session: before consent everything ends it, and after consent nothing goes beyond what was allowed.

use std::time::Duration;

use amparo_agent::customer::session as helped;
use protocol::{
    limits,
    media::Shown,
    message::{
        control::{Administrator, AttendantSays, Attention, Control, CustomerSays},
        grant::Grants,
        handshake::FromAttendant,
        input::{Button, Input},
        pairing::CloseReason,
        stats::Stats,
        stream::{HEAD_BYTES, StreamHead, StreamKind},
    },
};
use tokio::task::JoinSet;

use crate::{
    halves::{self, Dial, Half},
    world::{self, Authority, CustomerSide, Helped, Program, Relay, soon},
};

/// How far the session had come when the attendant misbehaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The inner TLS is up.
    Secured,
    /// Opened; the customer has answered.
    Opened,
    /// The password is proved and the question stands.
    Asked,
}

/// What the attendant does.
#[derive(Debug, Clone)]
enum Deed {
    Say(AttendantSays),
    /// Bytes in place of a message.
    Raw(Vec<u8>),
    /// The same again and again.
    Flood(AttendantSays, usize),
    /// A stream of this kind with sealed messages in it.
    Stream(StreamKind),
    /// The inner connection ends.
    Leave,
}

/// A customer, and the attendant who is connected to it.
struct Scene {
    customer: CustomerSide,
    there: Program,
    half: Half,
    _relay: Relay,
}

impl Scene {
    async fn new(control: bool) -> Self {
        let (relay, authority, id) = (Relay::open(), Authority::new(), world::a_session());
        let mut plugged = world::plug(&relay.address);
        let there = soon("the customer's program", relay.welcome()).await;
        plugged.up().await;
        let customer = world::customer(plugged, Helped { control, ..Helped::new(id, &authority.root) });
        let (certificate, key) = authority.sign(|_| ());
        let tls = Dial::with(vec![certificate], key).connect(&there.connection, id).await.unwrap();
        Self { customer, there, half: Half::attendant(tls, id), _relay: relay }
    }

    async fn at(stage: Stage) -> Self {
        let mut scene = Self::new(true).await;
        match stage {
            Stage::Secured => {}
            Stage::Opened => {
                scene.half.opened(Grants::CONTROL).await;
            }
            Stage::Asked => scene.half.prove_as_attendant(Grants::CONTROL).await,
        }
        scene
    }

    /// A session under way, asked with control and allowed like this.
    async fn allowed(control: bool) -> Self {
        let mut scene = Self::new(control).await;
        let granted = scene.half.allowed(Grants::CONTROL).await;
        assert_eq!(granted, Grants { view: true, control });
        scene
    }

    async fn do_this(&mut self, deed: &Deed) {
        match deed {
            Deed::Say(said) => self.half.say(said).await,
            Deed::Raw(bytes) => self.half.raw(bytes).await,
            Deed::Flood(said, times) => {
                let one = protocol::frame::encode(said, limits::HANDSHAKE_MESSAGE_BYTES).unwrap();
                self.half.raw(&one.repeat(*times)).await;
            }
            Deed::Stream(kind) => {
                let mut stream = self.half.keys.open(&self.there.connection, *kind, 17).await.unwrap();
                // Whoever does not take it stops it.
                drop(stream.send(&press(), limits::INPUT_MESSAGE_BYTES).await);
            }
            Deed::Leave => self.half.raw(&[]).await,
        }
    }

    async fn say(&mut self, word: Control) {
        self.half.say(&AttendantSays::Control(word)).await;
    }
}

fn press() -> Input {
    Input::Button { button: Button::Left, down: true }
}

fn typed() -> Input {
    Input::Text("rm -rf".to_owned().try_into().unwrap())
}

fn control_words() -> Vec<Control> {
    vec![
        Control::Grants(Grants::CONTROL),
        Control::Ping(1),
        Control::Pong(1),
        Control::Stats(Stats::default()),
        Control::Refresh,
        Control::End(CloseReason::EndedByAttendant),
    ]
}

/// Everything that can be done before consent and how the customer's session must end.
fn deeds(stage: Stage) -> Vec<(Deed, CloseReason)> {
    use CloseReason::{Cancelled, ConnectionLost, Violation, WrongPassword};
    let mut deeds: Vec<_> =
        control_words().into_iter().map(|word| (Deed::Say(AttendantSays::Control(word)), Violation)).collect();
    let wrong_proof = if stage == Stage::Opened { WrongPassword } else { Violation };
    deeds.extend([
        (Deed::Say(halves::resume([1; 32])), Violation),
        (Deed::Say(halves::confirm([1; 32])), wrong_proof),
        (Deed::Say(AttendantSays::Handshake(FromAttendant::Cancel)), Cancelled),
        (Deed::Stream(StreamKind::Input), Violation),
        (Deed::Stream(StreamKind::Shown), Violation),
        (Deed::Stream(StreamKind::Picture), Violation),
        (Deed::Stream(StreamKind::Pointer), Violation),
        // Announced one byte over the cap, the largest that can be announced, and a variant that does not exist.
        (Deed::Raw([&4_097_u32.to_le_bytes()[..], &[0; 4_097]].concat()), Violation),
        (Deed::Raw(u32::MAX.to_le_bytes().to_vec()), Violation),
        (Deed::Raw(vec![2, 0, 0, 0, 7, 7]), Violation),
        (Deed::Raw(vec![0xff; 1 << 20]), Violation),
        (Deed::Flood(AttendantSays::Control(Control::Ping(7)), 100_000), Violation),
        (Deed::Leave, ConnectionLost),
    ]);
    if stage != Stage::Secured {
        deeds.push((Deed::Say(halves::some_opening()), Violation));
        deeds.push((Deed::Flood(halves::some_opening(), 10_000), Violation));
    }
    deeds
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_an_attendant_does_before_consent_shows_nothing_moves_nothing_and_ends_with_a_reason() {
    let mut running = JoinSet::new();
    let mut cases = 0;
    for stage in [Stage::Secured, Stage::Opened, Stage::Asked] {
        for (deed, why) in deeds(stage) {
            cases += 1;
            running.spawn(async move {
                let mut scene = Scene::at(stage).await;
                scene.do_this(&deed).await;
                let name = format!("{stage:?} {deed:?}").chars().take(100).collect::<String>();
                let Scene { mut customer, there, half, .. } = scene;
                if matches!(deed, Deed::Leave) {
                    drop(half);
                    assert_eq!(customer.over().await, why, "{name}");
                } else {
                    assert_eq!(customer.over().await, why, "{name}");
                    drop(half);
                }
                assert!(!customer.started(), "{name}: {:?}", customer.told());
                assert_eq!(customer.asked(), stage == Stage::Asked, "{name}");
                assert_eq!(world::done(customer.session), None, "{name}: mouse and keyboard do not exist");
                // The program goes, and with it the connection: until then it has opened no stream, so shown nothing.
                drop(customer);
                assert!(soon("the connection's end", there.connection.accept_uni()).await.is_err(), "{name}");
                println!("{name}: {why:?}");
            });
        }
    }
    assert!(cases >= 50, "{cases} cases");
    while let Some(ended) = running.join_next().await {
        ended.unwrap();
    }
    println!("{cases} deeds before consent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attendant_with_sight_only_moves_nothing_however_it_tries() {
    let mut scene = Scene::allowed(false).await;
    assert!(scene.customer.until(|out| matches!(out, helped::Out::Started { .. })).await);
    let mut input = scene.half.keys.open(&scene.there.connection, StreamKind::Input, 17).await.unwrap();
    for _ in 0..50 {
        for input_event in [press(), typed(), Input::Key { code: 28, down: true }, Input::Move { x: 1, y: 1 }] {
            input.send(&input_event, limits::INPUT_MESSAGE_BYTES).await.unwrap();
        }
    }
    // Streams that are not its to open, and second ones of its own: not taken, whatever is in them.
    for (number, kind) in
        [StreamKind::Picture, StreamKind::Pointer, StreamKind::Input, StreamKind::Secure].into_iter().enumerate()
    {
        let number = 20 + u64::try_from(number).unwrap();
        let mut stream = scene.half.keys.open(&scene.there.connection, kind, number).await.unwrap();
        drop(stream.send(&press(), limits::INPUT_MESSAGE_BYTES).await);
    }
    // Acknowledgements of what was never sent.
    let mut shown = scene.half.keys.open(&scene.there.connection, StreamKind::Shown, 18).await.unwrap();
    for (number, captured_us) in [(0, 0), (u64::MAX, u64::MAX), (1 << 40, 1), (1, u64::MAX)] {
        shown.send(&Shown { number, captured_us }, limits::INPUT_MESSAGE_BYTES).await.unwrap();
    }
    // Keys and rights that are words of their own.
    for _ in 0..50 {
        scene.say(Control::CtrlAltDel).await;
        scene.say(Control::AskAdministrator).await;
    }
    // The session lives: it answers.
    scene.say(Control::Ping(77)).await;
    let (refused, no_rights) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    let answered = scene.half.hear_until(|said| {
        match said {
            CustomerSays::Control(Control::CtrlAltDelDone(Attention::NotAllowed)) => refused.set(refused.get() + 1),
            CustomerSays::Control(Control::CtrlAltDelDone(what)) => panic!("{what:?} with sight only"),
            CustomerSays::Control(Control::Administrator(Administrator::NotAllowed)) => {
                no_rights.set(no_rights.get() + 1);
            }
            CustomerSays::Control(Control::Administrator(what)) => panic!("{what:?} with sight only"),
            _ => {}
        }
        matches!(said, CustomerSays::Control(Control::Pong(77))).then_some(())
    });
    assert!(answered.await.is_some());
    assert_eq!((refused.get(), no_rights.get()), (50, 50));
    let asked = |out: &helped::Out| matches!(out, helped::Out::AskAdministrator);
    assert!(!scene.customer.told().iter().any(asked), "the customer is bothered");
    scene.say(Control::End(CloseReason::EndedByAttendant)).await;
    assert_eq!(scene.customer.over().await, CloseReason::EndedByAttendant);
    assert_eq!(world::done(scene.customer.session).unwrap_or_default(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_out_of_turn_or_broken_in_a_session_ends_it() {
    let cases: Vec<(&str, Vec<Deed>)> = vec![
        ("grants", vec![Deed::Say(AttendantSays::Control(Control::Grants(Grants::CONTROL)))]),
        ("figures", vec![Deed::Say(AttendantSays::Control(Control::Stats(Stats::default())))]),
        ("rights", vec![Deed::Say(AttendantSays::Control(Control::Administrator(Administrator::Granted)))]),
        ("an opening", vec![Deed::Say(halves::some_opening())]),
        ("a confirmation", vec![Deed::Say(halves::confirm([1; 32]))]),
        ("a resumption", vec![Deed::Say(halves::resume([1; 32]))]),
        ("a message over the cap", vec![Deed::Raw(4_097_u32.to_le_bytes().to_vec())]),
        ("no message", vec![Deed::Raw(vec![1, 0, 0, 0, 99])]),
    ];
    let mut running = JoinSet::new();
    for (name, deeds) in cases {
        running.spawn(async move {
            let mut scene = Scene::allowed(true).await;
            for deed in &deeds {
                scene.do_this(deed).await;
            }
            assert_eq!(scene.customer.over().await, CloseReason::Violation, "{name}");
        });
    }
    // An input stream with these bytes behind its head.
    let streams: [(&str, Vec<u8>); 4] = [
        ("input that is not sealed", [&32_u32.to_le_bytes()[..], &[7; 32]].concat()),
        ("input over the cap", [&(512_u32 + 17).to_le_bytes()[..], &[7; 600]].concat()),
        ("input of the largest announced length", u32::MAX.to_le_bytes().to_vec()),
        ("input cut off in its length", vec![1, 0]),
    ];
    for (name, bytes) in streams {
        running.spawn(async move {
            let mut scene = Scene::allowed(true).await;
            let mut stream = scene.there.connection.open_uni().await.unwrap();
            let head: [u8; HEAD_BYTES] = StreamHead::new(scene.half.id, StreamKind::Input, 17).to_bytes();
            stream.write_all(&[&head[..], &bytes].concat()).await.unwrap();
            drop(stream.finish());
            assert_eq!(scene.customer.over().await, CloseReason::Violation, "{name}");
            assert_eq!(world::done(scene.customer.session).unwrap_or_default(), [], "{name}");
        });
    }
    while let Some(ended) = running.join_next().await {
        ended.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_viewer_that_reads_nothing_and_calls_for_new_pictures_holds_nobody_up_at_the_end() {
    let mut scene = Scene::allowed(true).await;
    // The picture's stream is there and is not read.
    let mut picture = soon("the picture's stream", async {
        loop {
            let mut stream = scene.there.connection.accept_uni().await.unwrap();
            let mut head = [0; HEAD_BYTES];
            stream.read_exact(&mut head).await.unwrap();
            if StreamHead::from_bytes(&head).unwrap().kind == StreamKind::Picture {
                return stream;
            }
        }
    })
    .await;
    scene.do_this(&Deed::Flood(AttendantSays::Control(Control::Refresh), 100_000)).await;
    scene.say(Control::Ping(9)).await;
    let answered =
        scene.half.hear_until(|said| matches!(said, CustomerSays::Control(Control::Pong(9))).then_some(())).await;
    assert!(answered.is_some(), "the calls were all heard");
    scene.customer.tell.send(helped::In::End(CloseReason::EndedByCustomer)).await.unwrap();
    assert_eq!(scene.customer.over().await, CloseReason::EndedByCustomer);
    // What had not gone out before the end does not go out after it.
    let end = soon("the picture's end", async {
        loop {
            match picture.read_chunk(1 << 16, true).await {
                Ok(Some(_)) => {}
                end => return end.map(|_| ()),
            }
        }
    })
    .await;
    assert!(matches!(end, Err(quinn::ReadError::Reset(_))), "{end:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_pings_that_nobody_reads_ends_in_a_cut_and_not_in_memory() {
    let mut scene = Scene::allowed(true).await;
    let ping = protocol::frame::encode(&AttendantSays::Control(Control::Ping(7)), 64).unwrap().repeat(4_096);
    // Answers wait to be written until the customer's side gives up on whoever does not read them.
    let flood = async {
        while tokio::time::timeout(
            Duration::from_secs(20),
            tokio::io::AsyncWriteExt::write_all(&mut scene.half.tls, &ping),
        )
        .await
        .is_ok_and(|written| written.is_ok())
        {}
    };
    let paused = scene.customer.until(|out| matches!(out, helped::Out::Paused | helped::Out::Over { .. }));
    tokio::select! {
        () = flood => {}
        paused = paused => assert!(paused),
    }
    scene.customer.tell.send(helped::In::End(CloseReason::EndedByCustomer)).await.unwrap();
    assert!(matches!(scene.customer.over().await, CloseReason::EndedByCustomer | CloseReason::ConnectionLost));
}
