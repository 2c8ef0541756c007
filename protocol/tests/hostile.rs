//! Messages cut off and altered, and every length and dimension at its edges: nothing panics, nothing over its cap is accepted.

#![allow(clippy::unwrap_used)]

mod common;

use amparo_protocol::{
    frame::{body_length, decode_body, encode_body},
    id::{DeviceId, ProtocolNumber, TicketNumber},
    limits,
    media::{Batch, Bytes, Point, Pointer, PointerShape, Rect, Size, Update},
    message::{FromRelay, ShownText, ToRelay, directory::*, handshake::*, input::*, ticket::TicketList},
};
use common::{samples::families, strategies, targets};
use proptest::prelude::*;
use serde::{Serialize, de::DeserializeOwned};

const EDGES: [u64; 5] = [(1 << 31) - 1, 1 << 31, (1 << 31) + 1, u32::MAX as u64, u64::MAX];

#[test]
fn a_message_that_is_cut_off_anywhere_is_an_error() {
    for sample in families().into_iter().flat_map(|family| family.samples) {
        for end in 0..sample.body.len() {
            assert!((sample.rewrite)(&sample.body[..end]).is_err(), "{} {} cut at {end}", sample.family, sample.case);
        }
    }
}

#[test]
fn a_message_with_a_byte_behind_it_is_an_error() {
    for sample in families().into_iter().flat_map(|family| family.samples) {
        let longer = [&sample.body[..], &[0]].concat();
        assert!((sample.rewrite)(&longer).is_err(), "{} {}", sample.family, sample.case);
    }
}

#[test]
fn an_altered_message_is_an_error_or_a_message_and_never_a_panic() {
    for sample in families().into_iter().flat_map(|family| family.samples) {
        for at in 0..sample.body.len() {
            for value in 0..=255 {
                let mut altered = sample.body.clone();
                altered[at] = value;
                if let Ok(written) = (sample.rewrite)(&altered) {
                    assert_eq!((sample.rewrite)(&written).unwrap(), written, "{} {}", sample.family, sample.case);
                }
                for (_, target) in targets::ALL {
                    if value % 32 == 31 {
                        target(&altered);
                    }
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_at_all_keep_every_promise(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        for (_, target) in targets::ALL {
            target(&bytes);
        }
    }

    #[test]
    fn a_batch_altered_in_several_places_keeps_every_promise(
        batch in strategies::batch(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut body = encode_body(&batch, limits::PICTURE_MESSAGE_BYTES).unwrap();
        for (at, value) in changes {
            let at = at.index(body.len());
            body[at] = value;
        }
        targets::batch(&body);
    }
}

/// Whether a body made of the parts that a message is made of is read as that message.
fn accepted<M: DeserializeOwned>(parts: impl Serialize, cap: usize) -> bool {
    let body = encode_body(&parts, usize::MAX).unwrap();
    decode_body::<M>(&body, cap).is_ok()
}

/// A body with a length on the wire that is not followed by as many bytes.
fn announced(length: u64) -> Vec<u8> {
    encode_body(&length, 16).unwrap()
}

/// A field of texts or bytes: how a body with a value of this length is made, and what may be accepted.
fn check_length<M: DeserializeOwned, P: Serialize>(
    what: &str,
    min: usize,
    max: usize,
    cap: usize,
    parts: impl Fn(usize) -> P,
) {
    for length in [0, 1, max - 1, max, max + 1] {
        let good = (min..=max).contains(&length);
        assert_eq!(accepted::<M>(parts(length), cap), good, "{what} of {length}");
    }
}

fn x(length: usize) -> String {
    "x".repeat(length)
}

fn zeros(length: usize) -> Vec<u8> {
    vec![0; length]
}

#[test]
fn texts_and_bytes_are_accepted_up_to_their_cap_and_not_beyond() {
    use limits::*;
    let cap = OUTER_MESSAGE_BYTES;
    check_length::<ShownText, _>("shown text", 0, SHOWN_TEXT_BYTES, cap, x);
    check_length::<TicketNumber, _>("ticket number", 1, TICKET_NUMBER_BYTES, cap, x);
    check_length::<ProtocolNumber, _>("protocol number", 1, PROTOCOL_NUMBER_BYTES, cap, x);
    check_length::<InputText, _>("input text", 0, INPUT_TEXT_BYTES, INPUT_MESSAGE_BYTES, x);
    check_length::<Opaque, _>("token", 0, TOKEN_BYTES, cap, zeros);
    check_length::<CertificateRequest, _>("certificate request", 0, CERTIFICATE_BYTES, cap, zeros);
    check_length::<CertificateChain, _>("certificate", 0, CERTIFICATE_BYTES, cap, |n| vec![zeros(n)]);
    check_length::<CertificateChain, _>("certificate chain", 1, CERTIFICATES, cap, |n| vec![zeros(1); n]);
    check_length::<PakeMessage, _>("PAKE message", PAKE_BYTES, PAKE_BYTES, HANDSHAKE_MESSAGE_BYTES, zeros);
    check_length::<Login, _>("login name", 0, USER_BYTES, cap, |n| (x(n), x(1)));
    check_length::<Login, _>("login password", 0, LOGIN_PASSWORD_BYTES, cap, |n| (x(1), x(n)));
    check_length::<LoginWithCode, _>("login code", 0, LOGIN_CODE_BYTES, cap, |n| (x(1), x(1), x(n)));
}

#[test]
fn lists_are_accepted_up_to_their_cap_and_not_beyond() {
    use limits::*;
    let cap = OUTER_MESSAGE_BYTES;
    let fields = |n: usize| vec![(0_u32, x(1)); n];
    check_length::<Register, _>("fields", 0, FIELDS, cap, |n| {
        ([0_u8; 16], fields(n), *b"00000000", None::<(u32, Vec<u8>)>, true)
    });
    check_length::<WaitingCustomer, _>("waiting fields", 0, FIELDS, cap, |n| (DeviceId::MIN, fields(n), x(1), 0_u64));
    let waiting = |n: usize| vec![(DeviceId::MIN, fields(1), x(1), 0_u64); n];
    let place = variant_of::<FromRelay>("Waiting");
    check_length::<FromRelay, _>("waiting list", 0, WAITING_LISTED, cap, |n| (place, waiting(n)));
    let tickets = |n: usize| vec![(x(1), x(1), x(1), x(1), 0_u32, 0_u64); n];
    check_length::<TicketList, _>("tickets", 0, OPEN_TICKETS_LISTED, cap, |n| (1_u32, 0_u32, tickets(n)));
    // An update of three numbers, so that the smallest body holds the longest list.
    check_length::<Batch, _>("updates", 0, UPDATES_PER_BATCH, PICTURE_MESSAGE_BYTES, |n| {
        (0_u64, 0_u64, vec![(0_u32, 1_u16, 1_u16); n])
    });
}

fn variant_of<'de, T: serde::Deserialize<'de>>(name: &str) -> u32 {
    u32::try_from(common::variants::of::<T>().iter().position(|variant| *variant == name).unwrap()).unwrap()
}

#[test]
fn a_full_waiting_list_fits_its_message() {
    let field = Field { key: FieldKey::Name, value: ShownText::try_from(x(60)).unwrap() };
    let row = WaitingCustomer {
        id: DeviceId::new(DeviceId::MAX).unwrap(),
        fields: vec![field; 6],
        app_title: ShownText::try_from(x(80)).unwrap(),
        since_unix_ms: u64::MAX,
    };
    encode_body(&FromRelay::Waiting(vec![row; limits::WAITING_LISTED]), limits::OUTER_MESSAGE_BYTES).unwrap();
    let id = DeviceId::new(DeviceId::MAX).unwrap();
    let on = WaitingOn { id, ticket: TicketNumber::new(&x(limits::TICKET_NUMBER_BYTES)).unwrap() };
    let full = FromRelay::WaitingOn(vec![on.clone(); limits::WAITING_LISTED]);
    encode_body(&full, limits::OUTER_MESSAGE_BYTES).unwrap();
    let more = FromRelay::WaitingOn(vec![on; limits::WAITING_LISTED + 1]);
    let body = encode_body(&more, limits::OUTER_MESSAGE_BYTES).unwrap();
    assert!(decode_body::<FromRelay>(&body, limits::OUTER_MESSAGE_BYTES).is_err(), "one more than there may be");
}

#[test]
fn lengths_at_the_edges_of_their_integers_are_refused_without_the_bytes() {
    for length in EDGES {
        let body = announced(length);
        let cap = limits::PICTURE_MESSAGE_BYTES;
        assert!(decode_body::<ShownText>(&body, cap).is_err());
        assert!(decode_body::<TicketNumber>(&body, cap).is_err());
        assert!(decode_body::<ProtocolNumber>(&body, cap).is_err());
        assert!(decode_body::<InputText>(&body, cap).is_err());
        assert!(decode_body::<Opaque>(&body, cap).is_err());
        assert!(decode_body::<CertificateRequest>(&body, cap).is_err());
        assert!(decode_body::<CertificateChain>(&body, cap).is_err());
        assert!(decode_body::<PakeMessage>(&body, cap).is_err());
        assert!(decode_body::<Bytes>(&body, cap).is_err());
        assert!(decode_body::<Login>(&body, cap).is_err());
        assert!(decode_body::<LoginWithCode>(&body, cap).is_err());
        let waiting = [announced(variant_of::<FromRelay>("Waiting").into()), body.clone()].concat();
        assert!(decode_body::<FromRelay>(&waiting, cap).is_err());
        assert!(decode_body::<Batch>(&[announced(0), announced(0), body.clone()].concat(), cap).is_err());
        // As a number where a smaller one belongs: a variant, a side, an ID.
        assert!(decode_body::<ToRelay>(&body, cap).is_err());
        assert!(decode_body::<Update>(&body, cap).is_err());
        assert!(decode_body::<Size>(&[body.clone(), announced(1)].concat(), cap).is_err());
        assert!(decode_body::<Point>(&[announced(1), body.clone()].concat(), cap).is_err());
        assert!(decode_body::<DeviceId>(&body, cap).is_err());
    }
}

#[test]
fn a_frames_length_is_accepted_up_to_its_cap_and_not_beyond() {
    use limits::*;
    let caps = [
        OUTER_MESSAGE_BYTES,
        HANDSHAKE_MESSAGE_BYTES,
        INNER_TLS_HANDSHAKE_BYTES,
        CONTROL_MESSAGE_BYTES,
        INPUT_MESSAGE_BYTES,
        PICTURE_MESSAGE_BYTES,
        POINTER_MESSAGE_BYTES,
    ];
    for cap in caps {
        let max = u32::try_from(cap).unwrap();
        for length in [0, 1, max - 1, max, max + 1, (1 << 31) - 1, 1 << 31, (1 << 31) + 1, u32::MAX] {
            assert_eq!(body_length(length.to_le_bytes(), cap).is_ok(), length <= max, "{length} of {cap}");
        }
    }
}

#[test]
fn an_id_has_nine_digits() {
    for number in [0, 1, DeviceId::MIN - 1, DeviceId::MIN, DeviceId::MAX, DeviceId::MAX + 1, 1 << 31, u32::MAX] {
        let good = (DeviceId::MIN..=DeviceId::MAX).contains(&number);
        assert_eq!(accepted::<DeviceId>(number, 64), good, "{number}");
    }
}

fn sides(max: u16) -> [u16; 8] {
    [0, 1, max - 1, max, max + 1, (1 << 15) - 1, 1 << 15, u16::MAX]
}

#[test]
fn screens_are_accepted_up_to_their_sides_and_their_area() {
    for width in sides(limits::SCREEN_SIDE_PX) {
        for height in sides(limits::SCREEN_SIDE_PX) {
            let batch = Batch { number: 0, captured_us: 0, updates: vec![Update::Resize(Size { width, height })] };
            let good = (1..=limits::SCREEN_SIDE_PX).contains(&width)
                && (1..=limits::SCREEN_SIDE_PX).contains(&height)
                && u64::from(width) * u64::from(height) <= u64::from(limits::SCREEN_AREA_PX);
            assert_eq!(batch.check(None).is_ok(), good, "{width} x {height}");
        }
    }
}

#[test]
fn nothing_is_drawn_outside_the_canvas_at_any_edge() {
    let canvas = Size { width: 640, height: 480 };
    let edges = |side: u16| [0, 1, side - 1, side, side + 1, (1 << 15) - 1, 1 << 15, u16::MAX];
    for x in edges(canvas.width) {
        for y in edges(canvas.height) {
            for width in edges(canvas.width) {
                for height in edges(canvas.height) {
                    let rect = Rect { x, y, width, height };
                    let fits =
                        |at: u16, long: u16, side: u16| long > 0 && u32::from(at) + u32::from(long) <= u32::from(side);
                    let good = fits(x, width, canvas.width) && fits(y, height, canvas.height);
                    let check =
                        |update| Batch { number: 0, captured_us: 0, updates: vec![update] }.check(Some(canvas)).is_ok();
                    assert_eq!(check(Update::Patch { rect, data: Bytes::default() }), good, "{rect:?}");
                    assert_eq!(
                        check(Update::Video { slot: 0, rect, keyframe: true, data: Bytes::default() }),
                        good,
                        "{rect:?}"
                    );
                    assert_eq!(check(Update::Copy { from: rect, to: Point { x: 0, y: 0 } }), good, "{rect:?}");
                    let from = Rect { x: 0, y: 0, width, height };
                    assert_eq!(check(Update::Copy { from, to: Point { x, y } }), good, "{rect:?}");
                }
            }
        }
    }
    for slot in [0, 1, limits::VIDEO_SLOTS - 1, limits::VIDEO_SLOTS, limits::VIDEO_SLOTS + 1, u8::MAX] {
        let rect = Rect { x: 0, y: 0, width: 1, height: 1 };
        let batch = Batch {
            number: 0,
            captured_us: 0,
            updates: vec![Update::Video { slot, rect, keyframe: true, data: Bytes::default() }],
        };
        assert_eq!(batch.check(Some(canvas)).is_ok(), slot < limits::VIDEO_SLOTS, "slot {slot}");
    }
}

#[test]
fn pointer_shapes_are_accepted_up_to_their_sides_with_exactly_their_pixels() {
    let max = limits::POINTER_SIDE_PX;
    for width in sides(max) {
        for height in sides(max) {
            let pixels = usize::from(width) * usize::from(height) * 4;
            let shape = |bytes: usize| PointerShape { width, height, hot_x: 0, hot_y: 0, rgba: Bytes(vec![0; bytes]) };
            let good = (1..=max).contains(&width) && (1..=max).contains(&height);
            if good {
                assert!(shape(pixels).allowed() && !shape(pixels + 1).allowed() && !shape(pixels - 1).allowed());
                let pointer = Pointer::Shape(shape(pixels));
                assert!(
                    encode_body(&pointer, limits::POINTER_MESSAGE_BYTES).is_ok(),
                    "{width} x {height} fits its message"
                );
            } else {
                assert!(!shape(pixels.min(1 << 20)).allowed(), "{width} x {height}");
            }
        }
    }
    let hot = |hot_x, hot_y| PointerShape { width: 2, height: 2, hot_x, hot_y, rgba: Bytes(vec![0; 16]) }.allowed();
    assert!(hot(1, 1) && !hot(2, 1) && !hot(1, 2) && !hot(u16::MAX, 0));
}
