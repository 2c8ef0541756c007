//! Whatever is written is read back as it was.

#![allow(clippy::unwrap_used)]

mod common;

use std::fmt::Debug;

use amparo_protocol::{
    frame::{Reassembler, decode_body, encode, encode_body},
    id::SessionId,
    limits,
    message::stream::{StreamHead, StreamKind},
};
use common::strategies;
use proptest::prelude::*;
use serde::{Serialize, de::DeserializeOwned};

fn comes_back<M: Serialize + DeserializeOwned + PartialEq + Debug>(message: &M, cap: usize) {
    let body = encode_body(message, cap).unwrap();
    assert_eq!(&decode_body::<M>(&body, cap).unwrap(), message);
    let mut inbox = Reassembler::new(cap);
    inbox.feed(&encode(message, cap).unwrap());
    assert_eq!(inbox.next::<M>().unwrap().as_ref(), Some(message));
    assert_eq!(inbox.next::<M>().unwrap(), None);
}

proptest! {
    #[test]
    fn what_a_program_says_to_the_relay_comes_back(message in strategies::to_relay()) {
        comes_back(&message, limits::OUTER_MESSAGE_BYTES);
    }

    #[test]
    fn what_the_relay_says_comes_back(message in strategies::from_relay()) {
        comes_back(&message, limits::OUTER_MESSAGE_BYTES);
    }

    #[test]
    fn what_an_attendant_says_comes_back(message in strategies::attendant_says()) {
        comes_back(&message, limits::HANDSHAKE_MESSAGE_BYTES);
    }

    #[test]
    fn what_a_customer_says_comes_back(message in strategies::customer_says()) {
        comes_back(&message, limits::HANDSHAKE_MESSAGE_BYTES);
    }

    #[test]
    fn control_comes_back(message in strategies::control()) {
        comes_back(&message, limits::CONTROL_MESSAGE_BYTES);
    }

    #[test]
    fn input_comes_back(message in strategies::input()) {
        comes_back(&message, limits::INPUT_MESSAGE_BYTES);
    }

    #[test]
    fn a_batch_comes_back(batch in strategies::batch()) {
        comes_back(&batch, limits::PICTURE_MESSAGE_BYTES);
    }

    #[test]
    fn what_was_shown_comes_back(shown in strategies::shown_batch()) {
        comes_back(&shown, limits::INPUT_MESSAGE_BYTES);
    }

    #[test]
    fn a_pointer_comes_back(pointer in strategies::pointer()) {
        comes_back(&pointer, limits::POINTER_MESSAGE_BYTES);
    }

    #[test]
    fn a_stream_head_comes_back(session: [u8; 16], kind in prop::sample::select(StreamKind::ALL.to_vec()), priority: i8, number: u64) {
        let head = StreamHead { session: SessionId::from_bytes(session), kind, priority, number };
        prop_assert_eq!(StreamHead::from_bytes(&head.to_bytes()), Some(head));
    }
}
