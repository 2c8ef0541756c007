//! What the proof of the password rests on: the crate's arithmetic against published vectors, our binding around it, and messages
//! made to force a key.
//!
//! What applies and what does not: RFC 9382 defines SPAKE2 for P-256, P-384, P-521, edwards25519 and edwards448, and gives test
//! vectors (appendix B) for P-256 with SHA-256 only. Crate `spake2` implements the earlier SPAKE2 of python-spake2 and
//! magic-wormhole over Ed25519: its own M and N (hashed from seeds), its own hash of a password to a scalar, a transcript of hashes
//! without lengths and with the password itself, and no key confirmation. So no vector of the RFC fits it. What fits is
//! python-spake2's `test_compat`, which is used here through a generator that gives the vector's scalars. Key confirmation, which
//! the RFC asks for, is ours: HMAC-SHA-256 over a purpose, the role and the exporter, and checked here against a second writing.

use amparo_agent::link::pake::{Binding, Run};
use protocol::{
    id::{OperatorId, Password, SessionId},
    message::{handshake::PakeMessage, pairing::Role},
};
use ring::{digest, hmac};
use spake2::{Ed25519Group, Identity, Spake2};

/// Gives these bytes and then zeros: reduced to a scalar, that is the number the bytes spell.
struct Fixed(Vec<u8>);

impl rand_core::RngCore for Fixed {
    fn next_u32(&mut self) -> u32 {
        rand_core::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rand_core::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = if self.0.is_empty() { 0 } else { self.0.remove(0) };
        }
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl rand_core::CryptoRng for Fixed {}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn the_crate_gives_the_messages_and_the_key_of_python_spake2s_vector() {
    let password = || spake2::Password::new(b"password");
    let (a, b) = (Identity::new(b"idA"), Identity::new(b"idB"));
    let scalar_a = hex("25184061a70b1142f1a9f043a52cf7033dc308b5a0a32e42b003ecd59c2ac605");
    let scalar_b = hex("9fb5e845084e0cbe27ac8b4d3af139b33f3f8a047d4234e2d45d33c5cd367b0f");
    let (one, from_a) = Spake2::<Ed25519Group>::start_a_with_rng(&password(), &a, &b, Fixed(scalar_a));
    let (two, from_b) = Spake2::<Ed25519Group>::start_b_with_rng(&password(), &a, &b, Fixed(scalar_b));
    assert_eq!(from_a, hex("416fc960df73c9cf8ed7198b0c9534e2e96a5984bfc5edc023fd24dacf371f2af9"));
    assert_eq!(from_b, hex("42354e97b88406922b1df4bea1d7870f17aed3dba7c720b313edae315b00959309"));
    let key = hex("712295de7219c675ddd31942184aa26e0a957cf216bc230d165b215047b520c1");
    assert_eq!(one.finish(&from_b).unwrap(), key);
    assert_eq!(two.finish(&from_a).unwrap(), key);
}

const EXPORTER: [u8; 32] = [5; 32];
const SESSION: SessionId = SessionId::from_bytes([1; 16]);
const ATTENDANT: OperatorId = OperatorId::from_bytes([2; 16]);

fn binding(exporter: &[u8; 32]) -> Binding<'_> {
    Binding { session: SESSION, attendant: ATTENDANT, exporter }
}

fn password() -> Password {
    "K7QF-2M9X".parse().unwrap()
}

/// The key as the crate is documented to derive it: `H(H(pw) ‖ H(idA) ‖ H(idB) ‖ X ‖ Y ‖ K)`.
fn key(password: &Password, from_attendant: &[u8], from_customer: &[u8], element: &[u8]) -> Vec<u8> {
    let hash = |bytes: &[u8]| digest::digest(&digest::SHA256, bytes).as_ref().to_vec();
    let identity = |what: &[u8], id: &[u8]| hash(&[b"amparo v1 ", what, b" ", id, &EXPORTER].concat());
    hash(
        &[
            hash(password.symbols()),
            identity(b"attendant", ATTENDANT.as_bytes()),
            identity(b"customer", SESSION.as_bytes()),
            from_attendant.to_vec(),
            from_customer.to_vec(),
            element.to_vec(),
        ]
        .concat(),
    )
}

fn proof(key: &[u8], role: &[u8]) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hmac::sign(&key, &[b"amparo password v1", role, &EXPORTER].concat()).as_ref().to_vec()
}

#[test]
fn the_proofs_are_what_a_second_writing_of_them_gives() {
    // The attendant's side with the crate alone, so that its key is seen; the customer's side through ours.
    let identity =
        |what: &str, id: &[u8]| Identity::new(&[format!("amparo v1 {what} ").as_bytes(), id, &EXPORTER].concat());
    let (state, opening) = Spake2::<Ed25519Group>::start_a(
        &spake2::Password::new(password().symbols()),
        &identity("attendant", ATTENDANT.as_bytes()),
        &identity("customer", SESSION.as_bytes()),
    );
    let (run, answer) = Run::start(Role::Customer, &password(), &binding(&EXPORTER));
    let shared = state.finish(answer.as_bytes()).unwrap();
    let proofs = run.finish(&opening.try_into().unwrap()).unwrap();
    assert_eq!(proofs.expected.to_vec(), proof(&shared, b" attendant "));
    assert_eq!(proofs.own.to_vec(), proof(&shared, b" customer "));
}

#[test]
fn a_run_is_bound_to_session_attendant_and_connection() {
    let other = [6; 32];
    let bindings = [
        Binding { session: SessionId::from_bytes([9; 16]), ..binding(&EXPORTER) },
        Binding { attendant: OperatorId::from_bytes([9; 16]), ..binding(&EXPORTER) },
        binding(&other),
    ];
    for theirs in bindings {
        let (a, opening) = Run::start(Role::Attendant, &password(), &theirs);
        let (c, answer) = Run::start(Role::Customer, &password(), &binding(&EXPORTER));
        let (a, c) = (a.finish(&answer).unwrap(), c.finish(&opening).unwrap());
        assert!(c.expected != a.own && a.expected != c.own);
    }
}

/// The eight points of small order, and the encodings beside the canonical ones that some decoders take for them. The first is the
/// neutral element, the second (all zeros) is of order 4.
const SMALL: [&str; 14] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];
/// The canonical ones among them.
const CANONICAL: usize = 8;

#[test]
fn a_point_of_small_order_forces_no_key_that_its_sender_could_prove() {
    for (role, side, theirs) in
        [(Role::Customer, b'A', b" attendant " as &[u8]), (Role::Attendant, b'B', b" customer ")]
    {
        let mut finished = 0;
        for small in SMALL.map(hex) {
            let (run, ours) = Run::start(role, &password(), &binding(&EXPORTER));
            let message = PakeMessage::try_from([vec![side], small.clone()].concat()).unwrap();
            // Refused is good. What is not refused must be of no use, even to somebody who knows the password and only hopes that
            // the element which both share is one of the eight: the blinding keeps it out of them.
            let Some(proofs) = run.finish(&message) else { continue };
            finished += 1;
            let ours = &ours.as_bytes()[1..];
            let (from_attendant, from_customer) =
                if role == Role::Customer { (&small[..], ours) } else { (ours, &small[..]) };
            for element in SMALL[..CANONICAL].iter().map(|element| hex(element)) {
                let key = key(&password(), from_attendant, from_customer, &element);
                assert_ne!(proofs.expected.to_vec(), proof(&key, theirs), "{role:?}");
            }
        }
        println!("{role:?}: {finished} of {} were taken and of no use", SMALL.len());
    }
}

#[test]
fn a_message_of_the_wrong_side_or_none_at_all_ends_the_run() {
    for role in [Role::Customer, Role::Attendant] {
        for side in [0, b'A', b'B', b'S', 0xff] {
            let right = if role == Role::Customer { b'A' } else { b'B' };
            if side == right {
                continue;
            }
            let (run, _) = Run::start(role, &password(), &binding(&EXPORTER));
            let base = hex("5866666666666666666666666666666666666666666666666666666666666666");
            assert!(run.finish(&[vec![side], base].concat().try_into().unwrap()).is_none(), "{role:?} {side}");
        }
    }
}
