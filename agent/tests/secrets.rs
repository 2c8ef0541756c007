//! What must not be printed: `Debug` of everything that holds a secret, and the log at its most talkative while both halves of a session,
//! real and by script, say and do everything that they have secrets for.
#![allow(clippy::unwrap_used)]

#[allow(dead_code)]
#[path = "hostile/halves.rs"]
mod halves;
#[allow(dead_code)]
#[path = "hostile/middle.rs"]
mod middle;
#[allow(dead_code)]
#[path = "hostile/wire.rs"]
mod wire;
#[allow(dead_code)]
#[path = "hostile/world.rs"]
mod world;

use std::{
    fmt::Debug,
    io::Write,
    marker::PhantomData,
    sync::{Arc, Mutex},
    time::Instant,
};

use amparo_agent::{
    attendant::session as attending,
    customer::session as helped,
    gui::{
        command::{Command, Secret},
        controller::Effect,
        view_model::{AttendedView, OwnCredentials, RequestView, WaitingView},
    },
    link::{
        pake::Run,
        sealed::SessionKeys,
        secure::{CustomerEnd, EnrolmentKey, Secured},
    },
};
use protocol::{
    id::{AppId, DeviceId, OperatorId, Password, ProtocolNumber, SessionId},
    media::{Batch, Bytes, Pointer, PointerShape, Rect, Update},
    message::{
        FromRelay, ShownText, ToRelay,
        directory::{LoggedIn, Login, LoginWithCode, Opaque, Register, Registered},
        grant::Grants,
        input::Input,
        pairing::{CloseReason, Dialled, Incoming, Rejoin, RejoinReady, Role},
    },
    session::{Proofs, customer::Customer},
};

use crate::{
    halves::{Dial, Half, OURS},
    middle::TYPED,
    world::{Authority, Relay, soon},
};

/// Every secret byte is this one: as a number in a list, or in hexadecimal.
const BYTE: u8 = 0xd7;
const LOGIN: &str = "correct horse battery";

fn password() -> Password {
    "K7QF-2M9X".parse().unwrap()
}

fn token() -> Opaque {
    Opaque::try_from(vec![BYTE; 40]).unwrap()
}

fn session() -> SessionId {
    SessionId::from_bytes([1; 16])
}

/// Everything with `Debug` that holds a secret, printed in both ways.
fn printed() -> Vec<String> {
    fn print(value: impl Debug) -> String {
        format!("{value:?}\n{value:#?}")
    }
    let id = DeviceId::new(DeviceId::MIN).unwrap();
    let number = ProtocolNumber::new("1").unwrap();
    let login = || Login { user: "ana".to_owned(), password: LOGIN.to_owned() };
    let register = Register {
        app: AppId::from_bytes([1; 16]),
        fields: Vec::new(),
        password: password(),
        previous: Some((id, token())),
        listed: true,
    };
    let logged_in =
        LoggedIn { operator: OperatorId::from_bytes([1; 16]), name: ShownText::lossy("Ana"), token: token() };
    let dialled = Dialled { request: 1, session: session(), token: token(), resume: token(), protocol: number.clone() };
    let incoming = Incoming { session: session(), token: token(), resume: token(), ticket: None, protocol: number };
    let proofs = || Proofs { own: [BYTE; 32], expected: [BYTE; 32] };
    let pixels = || Bytes(vec![BYTE; 64]);
    let shape = PointerShape { width: 4, height: 4, hot_x: 0, hot_y: 0, rgba: pixels() };
    let patch = Update::Patch { rect: Rect { x: 0, y: 0, width: 4, height: 4 }, data: pixels() };
    let mut machine = Customer::new(session(), Instant::now());
    let peer =
        protocol::session::customer::Peer { operator: OperatorId::from_bytes([1; 16]), name: ShownText::lossy("Ana") };
    machine.secured(peer, Some(proofs())).unwrap();
    vec![
        print(password()),
        print(token()),
        print(ToRelay::Register(register)),
        print(ToRelay::NewPassword(password())),
        print(login()),
        print(ToRelay::Login(login())),
        print(ToRelay::LoginWithCode(LoginWithCode { login: login(), code: LOGIN.to_owned() })),
        print(ToRelay::LoginAgain(token())),
        print(ToRelay::Join(token())),
        print(ToRelay::Rejoin(Rejoin { session: session(), resume: token() })),
        print(FromRelay::Registered(Registered { id, proof: token() })),
        print(FromRelay::LoggedIn(logged_in)),
        print(FromRelay::Dialled(dialled)),
        print(FromRelay::Incoming(incoming)),
        print(FromRelay::RejoinReady(RejoinReady { session: session(), token: token(), resume: token() })),
        print(proofs()),
        print(&machine),
        print(SessionKeys::new(&[BYTE; 32], Role::Customer, session())),
        print(Authority::new().attendant()),
        print(Input::Text(TYPED.to_owned().try_into().unwrap())),
        print(attending::In::Input(Input::Text(TYPED.to_owned().try_into().unwrap()))),
        print(Pointer::Shape(shape)),
        print(Batch { number: 1, captured_us: 1, updates: vec![patch] }),
        print(Secret::new(LOGIN.to_owned())),
        print(Command::Login { user: "ana".into(), password: LOGIN.into() }),
        print(Command::LoginWithCode { user: "ana".into(), password: LOGIN.into(), code: LOGIN.into() }),
        print(Command::GivePassword(password().reveal().into())),
        print(Effect::StartHelped(session(), password())),
        print(Effect::StartAttending(session(), password())),
        print(Effect::Say(ToRelay::NewPassword(password()))),
        print(WaitingView {
            id: "1".into(),
            password: password().reveal().into(),
            waiting: None,
            returning: false,
            attended: AttendedView::Open,
            request: RequestView::None,
            wayland: false,
        }),
        print(OwnCredentials { id: "1".into(), password: password().reveal().into() }),
    ]
}

#[test]
fn nothing_that_holds_a_secret_shows_it_in_debug_output() {
    let (symbols, login, typed) = (password(), LOGIN.to_owned(), TYPED.to_owned());
    let forms = [
        symbols.reveal(),
        String::from_utf8(symbols.symbols().to_vec()).unwrap(),
        format!("{BYTE:02x}{BYTE:02x}"),
        format!("{BYTE:02X}{BYTE:02X}"),
        format!("\\x{BYTE:02x}"),
        login,
        typed,
    ];
    for text in printed() {
        for form in &forms {
            assert!(!text.contains(form.as_str()), "{form:?} in {text}");
        }
        // The password's symbols and the byte of keys, tokens and pixels, as lists print them, on one line or on many. Whole numbers
        // and two of them: the digits of a time may be anything.
        let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let byte = BYTE.to_string();
        for pair in [["75", "55"], [&byte, &byte]] {
            assert!(!words.windows(2).any(|two| two == pair), "{pair:?} in {text}");
        }
    }
}

/// Whether a type can be printed at all.
struct Printable<T>(PhantomData<T>);

impl<T: Debug> Printable<T> {
    const YES: bool = true;
}

trait NotPrintable {
    const YES: bool = false;
}

impl<T> NotPrintable for Printable<T> {}

#[test]
fn keys_and_runs_cannot_be_printed_at_all() {
    let printable = [
        // The question can be answered with yes.
        Printable::<SessionKeys>::YES,
        Printable::<Run>::YES,
        Printable::<EnrolmentKey>::YES,
        Printable::<CustomerEnd>::YES,
        Printable::<Secured>::YES,
        Printable::<helped::Setup>::YES,
        Printable::<attending::Setup>::YES,
    ];
    assert_eq!(printable, [true, false, false, false, false, false, false]);
}

/// Takes everything that is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A secret in the ways in which it could be printed.
fn forms(secret: &[u8]) -> Vec<String> {
    let part = &secret[..secret.len().min(8)];
    let list = part.iter().map(u8::to_string).collect::<Vec<_>>();
    let hex = part.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>();
    vec![
        list.join(", "),
        hex.concat(),
        hex.concat().to_uppercase(),
        hex.join(" "),
        hex.join(":"),
        part.escape_ascii().to_string(),
        String::from_utf8_lossy(part).into_owned(),
    ]
}

/// A secret of a random session, so that it is nowhere else.
fn secret() -> [u8; 32] {
    rand::random()
}

#[test]
fn the_most_talkative_log_of_a_session_on_both_sides_holds_no_secret() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .init();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let secrets = runtime.block_on(story());
    drop(runtime);
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for said in ["TRACE", "DEBUG", "the session is over", "the screen is open", "quinn"] {
        assert!(log.contains(said), "the log tells of {said:?}");
    }
    println!("{} bytes of log, {} secrets", log.len(), secrets.len());
    for (what, secret) in &secrets {
        for form in forms(secret) {
            let at = log.find(&form);
            assert!(at.is_none(), "{what} as {form:?}: {}", at.map_or("", |at| line_of(&log, at)));
        }
    }
}

fn line_of(log: &str, at: usize) -> &str {
    let begin = log[..at].rfind('\n').map_or(0, |at| at + 1);
    log[begin..].lines().next().unwrap_or_default()
}

/// What both halves do with secrets; gives these.
async fn story() -> Vec<(&'static str, Vec<u8>)> {
    let mut secrets = vec![
        ("the password", world::password().symbols().to_vec()),
        ("the password as shown", world::password().reveal().into_bytes()),
        ("what was typed", TYPED.as_bytes().to_vec()),
        ("the login's password", LOGIN.as_bytes().to_vec()),
    ];
    let mut token = |what| {
        let bytes = secret();
        secrets.push((what, bytes.to_vec()));
        Opaque::try_from(bytes.to_vec()).unwrap()
    };
    let tokens = [
        token("the place's token"),
        token("the token to come back"),
        token("the login's token"),
        token("the ID's proof"),
    ];
    the_relays_words(tokens).await;
    secrets.extend(by_script().await);
    both_real().await;
    secrets
}

/// Everything with a secret on the control stream, both ways, over a real link.
async fn the_relays_words([place, resume, login, proof]: [Opaque; 4]) {
    let relay = Relay::open();
    let mut plugged = world::plug(&relay.address);
    let mut there = soon("the program", relay.welcome()).await;
    plugged.up().await;
    let (id, number) = (DeviceId::new(DeviceId::MIN).unwrap(), ProtocolNumber::new("1").unwrap());
    for message in [
        FromRelay::Registered(Registered { id, proof: proof.clone() }),
        FromRelay::LoggedIn(LoggedIn {
            operator: OperatorId::from_bytes([1; 16]),
            name: ShownText::lossy("Ana"),
            token: login.clone(),
        }),
        FromRelay::Incoming(Incoming {
            session: session(),
            token: place.clone(),
            resume: resume.clone(),
            ticket: None,
            protocol: number.clone(),
        }),
        FromRelay::Dialled(Dialled {
            request: 1,
            session: session(),
            token: place.clone(),
            resume: resume.clone(),
            protocol: number,
        }),
    ] {
        there.say(&message).await;
    }
    let register = Register {
        app: AppId::from_bytes([1; 16]),
        fields: Vec::new(),
        password: world::password(),
        previous: Some((id, proof)),
        listed: true,
    };
    let said = [
        ToRelay::Register(register),
        ToRelay::NewPassword(world::password()),
        ToRelay::Login(Login { user: "ana".to_owned(), password: LOGIN.to_owned() }),
        ToRelay::LoginAgain(login),
        ToRelay::Join(place),
        ToRelay::Rejoin(Rejoin { session: session(), resume }),
    ];
    for message in said {
        plugged.link.say(message.clone());
        assert_eq!(soon("what was said", there.hear()).await, Some(message));
    }
}

/// Each real half against a scripted one, which knows the connection's secrets.
async fn by_script() -> Vec<(&'static str, Vec<u8>)> {
    let secrets_of = |half: &Half| {
        vec![("the exporter", half.exporter.to_vec()), ("the secret to come back", half.resume_secret.to_vec())]
    };
    let (relay, authority, id) = (Relay::open(), Authority::new(), world::a_session());
    let (mut customer, there) = world::waiting(&relay, &authority, id).await;
    let (certificate, key) = authority.sign(|_| ());
    let tls = Dial::with(vec![certificate], key).connect(&there.connection, id).await.unwrap();
    let mut half = Half::attendant(tls, id);
    half.allowed(Grants::CONTROL).await;
    let first = secrets_of(&half);
    customer.tell.send(helped::In::End(CloseReason::EndedByCustomer)).await.unwrap();
    customer.over().await;
    let (mut attendant, there) = world::dialling(&relay, &authority, id).await;
    let mut half = Half::customer(halves::answer(&there.connection, OURS).await.unwrap(), id);
    half.prove_as_customer().await;
    assert!(attendant.until(world::is_asking).await);
    let second = secrets_of(&half);
    attendant.tell.send(attending::In::End(CloseReason::EndedByAttendant)).await.unwrap();
    attendant.over().await;
    [first, second].concat()
}

/// Two real halves: pictures, typing, the end.
async fn both_real() {
    let mut session = middle::session(None, &Arc::default()).await;
    assert!(session.attendant.until(|out| matches!(out, attending::Out::FirstPicture)).await);
    let typed = Input::Text(TYPED.to_owned().try_into().unwrap());
    for _ in 0..20 {
        session.attendant.tell.send(attending::In::Input(typed.clone())).await.unwrap();
    }
    assert!(session.attendant.until(|out| matches!(out, attending::Out::Figures(f) if f.customer.is_some())).await);
    session.customer.tell.send(helped::In::End(CloseReason::EndedByCustomer)).await.unwrap();
    session.customer.over().await;
    session.attendant.over().await;
}
