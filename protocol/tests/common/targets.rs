//! What holds for any bytes, one function per family of parsers. The fuzz targets and the replay of their corpus run the same code.
//!
//! Each takes bytes nobody has looked at and panics when a promise is broken: no parser panics, nothing over its cap comes out, and
//! what was read can be written and read again.

use amparo_protocol::{
    frame::{Reassembler, decode_body, encode_body},
    limits,
    media::{Batch, Pointer, Shown, Size, Update},
    message::{
        FromRelay, ToRelay,
        control::{AttendantSays, Control, CustomerSays},
        handshake::{FromAttendant, FromCustomer},
        input::Input,
        stream::{HEAD_BYTES, StreamHead},
    },
};
use serde::{Serialize, de::DeserializeOwned};

/// Takes any bytes and panics when a promise is broken.
pub type Target = fn(&[u8]);

/// The targets by name: a fuzz target, and a folder of the corpus, each.
pub const ALL: [(&str, Target); 10] = [
    ("to_relay", to_relay),
    ("from_relay", from_relay),
    ("handshake", handshake),
    ("control", control),
    ("input", input),
    ("batch", batch),
    ("shown", shown),
    ("pointer", pointer),
    ("stream_head", stream_head),
    ("reassembler", reassembler),
];

/// Reads a body, and if it is a message writes it and reads it again.
fn read<M: Serialize + DeserializeOwned + PartialEq>(body: &[u8], cap: usize) -> Option<M> {
    let message: M = decode_body(body, cap).ok()?;
    let written = encode_body(&message, cap).expect("what was read within the cap can be written within it");
    let again: M = decode_body(&written, cap).expect("what we write, we read");
    assert!(message == again, "a message changed by being written and read");
    Some(message)
}

pub fn to_relay(body: &[u8]) {
    match read(body, limits::OUTER_MESSAGE_BYTES) {
        Some(ToRelay::Register(register)) => {
            assert!(register.fields.len() <= limits::FIELDS);
            assert!(register.fields.iter().all(|field| field.value.as_str().len() <= limits::SHOWN_TEXT_BYTES));
        }
        Some(ToRelay::Login(login)) => {
            assert!(login.user.len() <= limits::USER_BYTES && login.password.len() <= limits::LOGIN_PASSWORD_BYTES);
        }
        Some(ToRelay::LoginWithCode(login)) => assert!(login.code.len() <= limits::LOGIN_CODE_BYTES),
        Some(ToRelay::Enrol(request)) => assert!(request.der().len() <= limits::CERTIFICATE_BYTES),
        Some(ToRelay::Join(token) | ToRelay::LoginAgain(token)) => {
            assert!(token.as_bytes().len() <= limits::TOKEN_BYTES)
        }
        Some(ToRelay::FindTicket(find)) => assert!(find.number.as_str().len() <= limits::TICKET_NUMBER_BYTES),
        _ => {}
    }
}

pub fn from_relay(body: &[u8]) {
    match read(body, limits::OUTER_MESSAGE_BYTES) {
        Some(FromRelay::Waiting(rows)) => {
            assert!(rows.len() <= limits::WAITING_LISTED);
            assert!(rows.iter().all(|row| row.fields.len() <= limits::FIELDS));
        }
        Some(FromRelay::WaitingOn(rows)) => {
            assert!(rows.len() <= limits::WAITING_LISTED);
            assert!(rows.iter().all(|row| row.ticket.as_str().len() <= limits::TICKET_NUMBER_BYTES));
        }
        Some(FromRelay::TicketList(list)) => {
            assert!(list.tickets.map_or(0, |tickets| tickets.len()) <= limits::OPEN_TICKETS_LISTED)
        }
        Some(FromRelay::Enrolled(chain)) => {
            assert!((1..=limits::CERTIFICATES).contains(&chain.ders().len()));
            assert!(chain.ders().iter().all(|der| der.len() <= limits::CERTIFICATE_BYTES));
        }
        Some(FromRelay::EnrolFailed(text)) => assert!(text.as_str().len() <= limits::SHOWN_TEXT_BYTES),
        _ => {}
    }
}

pub fn handshake(body: &[u8]) {
    let cap = limits::HANDSHAKE_MESSAGE_BYTES;
    read::<FromAttendant>(body, cap);
    read::<FromCustomer>(body, cap);
    read::<AttendantSays>(body, cap);
    read::<CustomerSays>(body, cap);
}

pub fn control(body: &[u8]) {
    let cap = limits::CONTROL_MESSAGE_BYTES;
    read::<Control>(body, cap);
    read::<AttendantSays>(body, cap);
    read::<CustomerSays>(body, cap);
}

pub fn input(body: &[u8]) {
    if let Some(Input::Text(text)) = read(body, limits::INPUT_MESSAGE_BYTES) {
        assert!(text.as_str().len() <= limits::INPUT_TEXT_BYTES && !text.as_str().chars().any(char::is_control));
    }
}

/// A batch is read and checked, on no canvas and on a small one; what passes draws inside the canvas only.
pub fn batch(body: &[u8]) {
    let head = Shown::of(body);
    let Some(batch) = read::<Batch>(body, limits::PICTURE_MESSAGE_BYTES) else { return };
    assert!(batch.updates.len() <= limits::UPDATES_PER_BATCH);
    let head = head.expect("what begins a batch that can be read can be read");
    assert!((head.number, head.captured_us) == (batch.number, batch.captured_us));
    for before in [None, Some(Size { width: 640, height: 480 })] {
        let Ok(after) = batch.check(before) else { continue };
        let mut canvas = before;
        for update in &batch.updates {
            match update {
                Update::Resize(size) => {
                    assert!(size.allowed() && size.area() <= limits::SCREEN_AREA_PX);
                    canvas = Some(*size);
                }
                Update::Copy { from, .. } => assert!(canvas.is_some_and(|size| from.within(size))),
                Update::Patch { rect, .. } => assert!(canvas.is_some_and(|size| rect.within(size))),
                Update::Video { rect, slot, .. } => {
                    assert!(*slot < limits::VIDEO_SLOTS && canvas.is_some_and(|size| rect.within(size)))
                }
            }
        }
        assert!(after == canvas);
    }
}

pub fn shown(body: &[u8]) {
    read::<Shown>(body, limits::INPUT_MESSAGE_BYTES);
}

pub fn pointer(body: &[u8]) {
    if let Some(Pointer::Shape(shape)) = read(body, limits::POINTER_MESSAGE_BYTES)
        && shape.allowed()
    {
        assert!(shape.width <= limits::POINTER_SIDE_PX && shape.height <= limits::POINTER_SIDE_PX);
        assert_eq!(shape.rgba.0.len(), usize::from(shape.width) * usize::from(shape.height) * 4);
    }
}

pub fn stream_head(bytes: &[u8]) {
    let Some((bytes, _)) = bytes.split_first_chunk::<HEAD_BYTES>() else { return };
    if let Some(head) = StreamHead::from_bytes(bytes) {
        assert_eq!(&head.to_bytes(), bytes);
    }
}

/// The first byte says in what pieces the rest arrives; the messages that come out do not depend on it.
pub fn reassembler(bytes: &[u8]) {
    const CAP: usize = 4_096;
    let Some((piece, stream)) = bytes.split_first() else { return };
    let collect = |piece: usize| {
        let mut inbox = Reassembler::new(CAP);
        let mut read = Vec::new();
        for piece in stream.chunks(piece) {
            inbox.feed(piece);
            loop {
                match inbox.next::<Control>() {
                    Ok(Some(message)) => read.push(message),
                    Ok(None) => break,
                    Err(_) => return (read, true),
                }
            }
        }
        (read, false)
    };
    assert!(collect(usize::from(*piece) + 1) == collect(1), "what is read depends on how it arrived");
}
