//! WebAuthn against the vectors of its specification, and against what is only nearly right.

#![allow(clippy::unwrap_used)]

mod vectors;

use ciborium::Value;

use super::*;
use vectors::*;

fn party() -> Party {
    Party { id: "example.org".to_owned(), origin: "https://example.org".to_owned() }
}

fn hex(text: &str) -> Vec<u8> {
    data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap()
}

fn client(json: &[u8], asked: Asked, challenge: &str) -> Client {
    Client::read(json, asked, &party(), |answered| answered == hex(challenge)).unwrap()
}

#[test]
fn proofs_of_the_specification_are_signed_by_their_keys_and_lack_only_a_verified_user() {
    for vector in PROOFS {
        let (json, data, signature) = (hex(vector.client), hex(vector.data), hex(vector.signature));
        let key = PublicKey::read(&hex(vector.key)).unwrap();
        let client = client(&json, Asked::Get, vector.challenge);
        assert!(is_signed(&key, &data, &client, &signature), "{}", vector.name);
        let proved = prove(&party(), &hex(vector.key), &client, &data, &signature);
        assert_eq!(proved, Err(Refused::Verification), "{}", vector.name);
        for at in 0..signature.len() {
            let mut changed = signature.clone();
            changed[at] ^= 1;
            assert!(!is_signed(&key, &data, &client, &changed), "{}: byte {at} of the signature", vector.name);
        }
        for at in 0..data.len() {
            let mut changed = data.clone();
            changed[at] ^= 1;
            assert!(!is_signed(&key, &changed, &client, &signature), "{}: byte {at} of the data", vector.name);
        }
        for short in [&signature[..0], &signature[..signature.len() - 1], &[signature.as_slice(), &[0]].concat()] {
            assert!(!is_signed(&key, &data, &client, short), "{}", vector.name);
        }
    }
}

#[test]
fn a_passkey_of_the_specification_is_read_and_one_without_a_verified_user_is_not() {
    let made =
        register(&party(), &client(&hex(SELF_CLIENT), Asked::Create, SELF_CHALLENGE), &hex(SELF_OBJECT)).unwrap();
    assert_eq!((made.credential, made.counter), (hex(SELF_CREDENTIAL), 0));
    assert_eq!(made.public_key, hex(PROOFS[1].key));
    let none = client(&hex(NONE_CLIENT), Asked::Create, NONE_CHALLENGE);
    assert_eq!(register(&party(), &none, &hex(NONE_OBJECT)), Err(Refused::Verification));
    // The same with the flag: with no attestation nothing is signed yet.
    let mut verified = hex(NONE_OBJECT);
    let flags = verified.windows(6).position(|w| w == [0x59, 0, 0, 0, 0, 0x84]).unwrap();
    verified[flags] |= flag::VERIFIED;
    assert_eq!(register(&party(), &none, &verified).unwrap().public_key, hex(PROOFS[0].key));
    let elsewhere = Party { id: "example.com".to_owned(), ..party() };
    assert_eq!(register(&elsewhere, &none, &verified), Err(Refused::Party));
}

#[test]
fn a_passkey_that_is_cut_off_or_changed_by_one_bit_is_none() {
    let (object, client) = (hex(SELF_OBJECT), client(&hex(SELF_CLIENT), Asked::Create, SELF_CHALLENGE));
    assert!(register(&party(), &client, &object).is_ok());
    for length in 0..object.len() {
        assert!(register(&party(), &client, &object[..length]).is_err(), "{length} bytes");
    }
    assert!(register(&party(), &client, &[object.as_slice(), &[0]].concat()).is_err(), "something behind");
    for at in 0..object.len() {
        for bit in 0..8 {
            let mut changed = object.clone();
            changed[at] ^= 1 << bit;
            assert!(register(&party(), &client, &changed).is_err(), "bit {bit} of byte {at}");
        }
    }
    let huge = vec![0xa0; OBJECT_BYTES + 1];
    assert_eq!(register(&party(), &client, &huge), Err(Refused::Unreadable));
}

/// An attestation object of these parts.
fn object(format: &str, statement: Vec<(Value, Value)>, data: &[u8]) -> Vec<u8> {
    let parts = vec![
        (Value::from("fmt"), Value::from(format)),
        (Value::from("attStmt"), Value::Map(statement)),
        (Value::from("authData"), Value::Bytes(data.to_vec())),
    ];
    written(&Value::Map(parts))
}

fn written(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).unwrap();
    bytes
}

/// Authenticator data with these flags and this behind its counter.
fn data(flags: u8, behind: &[u8]) -> Vec<u8> {
    [sha256(b"example.org").as_slice(), &[flags], &[0, 0, 0, 1], behind].concat()
}

/// A credential of this length with a good key.
fn credential(length: u16) -> Vec<u8> {
    let name = vec![7; usize::from(length)];
    [[0; 16].as_slice(), &length.to_be_bytes(), &name, &hex(PROOFS[0].key)].concat()
}

#[test]
fn data_that_contradicts_itself_is_refused() {
    const GOOD: u8 = flag::PRESENT | flag::VERIFIED | flag::CREDENTIAL;
    let made = client(&hex(NONE_CLIENT), Asked::Create, NONE_CHALLENGE);
    let refused = |flags, behind: &[u8]| register(&party(), &made, &object("none", vec![], &data(flags, behind))).err();
    assert_eq!(refused(GOOD, &credential(16)), None);
    assert_eq!(refused(GOOD, &credential(1023)), None);
    let extensions =
        [credential(16), written(&Value::Map(vec![(Value::from("credProtect"), Value::from(2))]))].concat();
    assert_eq!(refused(GOOD | flag::EXTENSIONS, &extensions), None);
    for (why, flags, behind) in [
        (Refused::Presence, GOOD & !flag::PRESENT, credential(16)),
        (Refused::Verification, GOOD & !flag::VERIFIED, credential(16)),
        (Refused::Flags, GOOD | flag::BACKED_UP, credential(16)),
        (Refused::Unreadable, GOOD & !flag::CREDENTIAL, vec![]),
        (Refused::Unreadable, GOOD & !flag::CREDENTIAL, credential(16)),
        (Refused::Unreadable, GOOD, vec![]),
        (Refused::Unreadable, GOOD, credential(0)),
        (Refused::Unreadable, GOOD, credential(1024)),
        (Refused::Unreadable, GOOD, [credential(16), vec![0]].concat()),
        (Refused::Unreadable, GOOD, [[0; 16].as_slice(), &u16::MAX.to_be_bytes(), &[1]].concat()),
        (Refused::Unreadable, GOOD | flag::EXTENSIONS, credential(16)),
        (Refused::Unreadable, GOOD | flag::EXTENSIONS, [credential(16), vec![0x01]].concat()),
        (Refused::Unreadable, GOOD, extensions),
    ] {
        assert_eq!(refused(flags, &behind), Some(why), "{flags:#010b} {} bytes", behind.len());
    }
    let good = data(GOOD, &credential(16));
    for (what, refused) in [
        ("fido-u2f", object("fido-u2f", vec![], &good)),
        ("none with something", object("none", vec![(Value::from("alg"), Value::from(-7))], &good)),
        ("packed without anything", object("packed", vec![], &good)),
        (
            "packed with a certificate",
            object(
                "packed",
                ["alg", "sig", "x5c"].map(|name| (Value::from(name), Value::Bytes(vec![0]))).to_vec(),
                &good,
            ),
        ),
    ] {
        assert_eq!(register(&party(), &made, &refused), Err(Refused::Attestation), "{what}");
    }
    // A proof carries no credential.
    let proof = client(&hex(PROOFS[0].client), Asked::Get, PROOFS[0].challenge);
    assert_eq!(prove(&party(), &hex(PROOFS[0].key), &proof, &good, &[]), Err(Refused::Unreadable));
    let bare = data(flag::PRESENT | flag::VERIFIED, &[]);
    assert_eq!(prove(&party(), &hex(PROOFS[0].key), &proof, &bare, &[]), Err(Refused::Signature));
    assert_eq!(prove(&party(), &hex(PROOFS[0].key), &proof, &bare, &[0; 1025]), Err(Refused::Unreadable));
    assert_eq!(prove(&party(), &hex(PROOFS[0].key), &proof, &vec![0; 5000], &[]), Err(Refused::Unreadable));
    for length in 0..bare.len() {
        let cut = prove(&party(), &hex(PROOFS[0].key), &proof, &bare[..length], &[]);
        assert_eq!(cut, Err(Refused::Unreadable), "{length} bytes");
    }
}

#[test]
fn a_question_of_another_page_another_kind_or_another_time_is_not_ours() {
    let read = |json: &str| Client::read(json.as_bytes(), Asked::Get, &party(), |c| c == [1, 2, 3]).err();
    assert_eq!(read(r#"{"type":"webauthn.get","challenge":"AQID","origin":"https://example.org"}"#), None);
    assert_eq!(
        read(
            r#"{"type":"webauthn.get","challenge":"AQID","origin":"https://example.org","crossOrigin":false,"more":[1]}"#
        ),
        None
    );
    for (why, json) in [
        (Refused::Challenge, r#"{"type":"webauthn.get","challenge":"AQIE","origin":"https://example.org"}"#),
        (Refused::Challenge, r#"{"type":"webauthn.get","challenge":"AQID=","origin":"https://example.org"}"#),
        (Refused::Challenge, r#"{"type":"webauthn.get","challenge":"","origin":"https://example.org"}"#),
        (Refused::Kind, r#"{"type":"webauthn.create","challenge":"AQID","origin":"https://example.org"}"#),
        (Refused::Kind, r#"{"type":"payment.get","challenge":"AQID","origin":"https://example.org"}"#),
        (Refused::Origin, r#"{"type":"webauthn.get","challenge":"AQID","origin":"http://example.org"}"#),
        (Refused::Origin, r#"{"type":"webauthn.get","challenge":"AQID","origin":"https://example.org:8443"}"#),
        (Refused::Origin, r#"{"type":"webauthn.get","challenge":"AQID","origin":"https://www.example.org"}"#),
        (Refused::Origin, r#"{"type":"webauthn.get","challenge":"AQID","origin":"https://example.org.evil.example"}"#),
        (
            Refused::Origin,
            r#"{"type":"webauthn.get","challenge":"AQID","origin":"https://example.org","crossOrigin":true}"#,
        ),
        (
            Refused::Origin,
            r#"{"type":"webauthn.get","challenge":"AQID","origin":"https://example.org","topOrigin":"https://example.org"}"#,
        ),
        (
            Refused::Unreadable,
            r#"{"type":"webauthn.get","challenge":"AQID","challenge":"AQID","origin":"https://example.org"}"#,
        ),
        (Refused::Unreadable, r#"{"type":"webauthn.get","origin":"https://example.org"}"#),
        (Refused::Unreadable, r#"{"type":"webauthn.get","challenge":"AQID","origin":"https://example.org""#),
        (Refused::Unreadable, "[]"),
        (Refused::Unreadable, ""),
    ] {
        assert_eq!(read(json), Some(why), "{json}");
    }
    let long = format!(
        r#"{{"type":"webauthn.get","challenge":"AQID","origin":"https://example.org","more":"{}"}}"#,
        "x".repeat(CLIENT_BYTES)
    );
    assert_eq!(read(&long), Some(Refused::Unreadable));
}

#[test]
fn a_key_has_exactly_what_its_kind_has() {
    let key = |pairs: Vec<(i64, Value)>| {
        let map = pairs.into_iter().map(|(name, value)| (Value::from(name), value)).collect();
        PublicKey::read(&written(&Value::Map(map)))
    };
    let bytes = |length: usize| Value::Bytes(vec![9; length]);
    let ec = |kind: i64, algorithm: i64, curve: i64, x: usize, y: usize| {
        vec![
            (1, Value::from(kind)),
            (3, Value::from(algorithm)),
            (-1, Value::from(curve)),
            (-2, bytes(x)),
            (-3, bytes(y)),
        ]
    };
    let rsa = |n: Value, e: Value| vec![(1, Value::from(3)), (3, Value::from(-257)), (-1, n), (-2, e)];
    let exponent = || Value::Bytes(vec![1, 0, 1]);
    assert_eq!(key(ec(2, -7, 1, 32, 32)).map(|key| key.algorithm()), Ok(-7));
    assert_eq!(key(rsa(bytes(256), exponent())).map(|key| key.algorithm()), Ok(-257));
    let okp = |x| vec![(1, Value::from(1)), (3, Value::from(-8)), (-1, Value::from(6)), (-2, bytes(x))];
    assert_eq!(key(okp(32)).map(|key| key.algorithm()), Ok(-8));
    for (what, pairs) in [
        ("another curve", ec(2, -7, 2, 32, 32)),
        ("another algorithm", ec(2, -35, 1, 32, 32)),
        ("another kind", ec(1, -7, 1, 32, 32)),
        ("a short side", ec(2, -7, 1, 31, 32)),
        ("a long side", ec(2, -7, 1, 32, 33)),
        ("one side", ec(2, -7, 1, 32, 32).into_iter().take(4).collect()),
        ("one thing more", [ec(2, -7, 1, 32, 32), vec![(2, bytes(1))]].concat()),
        ("a long Ed25519", okp(33)),
        ("a small RSA", rsa(bytes(128), exponent())),
        ("a huge RSA", rsa(bytes(1025), exponent())),
        ("an RSA with a nought before", rsa(Value::Bytes([vec![0], vec![9; 256]].concat()), exponent())),
        ("an RSA without an exponent", rsa(bytes(256), Value::Bytes(vec![]))),
        ("an RSA with a long exponent", rsa(bytes(256), bytes(6))),
        ("a text", rsa(Value::from("n"), exponent())),
        ("nothing", vec![]),
    ] {
        assert_eq!(key(pairs), Err(Refused::Key), "{what}");
    }
    assert_eq!(PublicKey::read(&[0x80]), Err(Refused::Key));
    // A point that is on no curve signs nothing.
    let off = key(ec(2, -7, 1, 32, 32)).unwrap();
    assert!(!off.verifies(b"", &hex(PROOFS[0].signature)));
}

#[test]
fn passkeys_are_for_a_name_and_its_own_origin() {
    let at = |url: &str| Party::at(&url.parse().unwrap()).map(|party| (party.id, party.origin));
    let expected = ("help.example.com".to_owned(), "https://help.example.com:8443".to_owned());
    assert_eq!(at("https://Help.example.com:8443"), Some(expected));
    assert_eq!(at("https://help.example.com:443").unwrap().1, "https://help.example.com");
    assert_eq!(at("https://127.0.0.1:8443"), None);
    assert_eq!(at("https://[::1]:8443"), None);
}
