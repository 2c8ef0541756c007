//! A relay that ends the inner TLS itself: towards the customer with certificates of its own, towards the attendant as a customer of
//! its own, and both at once.

use std::sync::Arc;

use amparo_agent::link::secure::{self, Secured};
use protocol::{
    id::{Password, SessionId, TenantId},
    message::{
        control::{AttendantSays, Control, CustomerSays},
        grant::Grants,
        pairing::CloseReason,
        stream::{HEAD_BYTES, StreamHead, StreamKind},
    },
    version::ALPN_INNER,
};
use rcgen::{BasicConstraints, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::version::{TLS12, TLS13};
use tokio::{io::AsyncReadExt, task::JoinSet};

use crate::{
    halves::{self, Answer, Dial, Half, OURS},
    world::{self, Authority, CustomerSide, OPERATOR, Program, Relay},
};

/// Dials a customer like this, waits for the end, and tells why it came.
async fn dialled(authority: &Authority, dial: Dial) -> (CustomerSide, CloseReason) {
    let (relay, id) = (Relay::open(), world::a_session());
    let (mut customer, there) = world::waiting(&relay, authority, id).await;
    let tls = dial.connect(&there.connection, id).await;
    if let Ok(mut tls) = tls {
        // In TLS 1.3 a client is done before the server has looked at its certificate.
        drop(tls.read(&mut [0; 64]).await);
    }
    let why = customer.over().await;
    (customer, why)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_is_not_an_attendants_of_this_company_asks_the_customer_nothing() {
    let (ours, other) = (Arc::new(Authority::new()), Authority::new());
    let signed = |change: fn(&mut rcgen::CertificateParams)| {
        let (der, key) = ours.sign(change);
        Dial::with(vec![der], key)
    };
    let foreign = other.sign(|_| ());
    let own_key = KeyPair::generate().unwrap();
    let self_signed = world::attendant_params(world::TENANT).self_signed(&own_key).unwrap().der().clone();
    // A real attendant who signs certificates for others.
    let (attendant, attendant_key) = ours.sign(|params| params.key_usages.push(KeyUsagePurpose::KeyCertSign));
    let attendants_issuer = Issuer::new(world::attendant_params(world::TENANT), attendant_key);
    let made_key = KeyPair::generate().unwrap();
    let made = world::attendant_params(world::TENANT).signed_by(&made_key, &attendants_issuer).unwrap();
    // What a relay that carries handshakes of TLS 1.2 would have seen: a certificate, without its key.
    let (stolen, _) = ours.sign(|_| ());
    let good = || ours.sign(|_| ());
    let plain = |alpn, version| {
        let (der, key) = good();
        Dial { chain: Some((vec![der], key)), alpn, version }
    };
    let cases = vec![
        ("no certificate", Dial { chain: None, alpn: &[ALPN_INNER], version: &TLS13 }),
        ("another root's", Dial::with(vec![foreign.0], foreign.1)),
        ("another root's, with that root", {
            let (der, key) = other.sign(|_| ());
            Dial::with(vec![der, other.root.clone().into()], key)
        }),
        ("self-signed", Dial::with(vec![self_signed], own_key)),
        ("expired", signed(|params| world::lives(params, -6, -1))),
        ("not yet good", signed(|params| world::lives(params, 1, 6))),
        ("good for ten years", signed(|params| world::lives(params, -1, 3_650))),
        (
            "another company's under our root",
            signed(|params| {
                let other = TenantId::from_bytes([9; 16]);
                params.subject_alt_names = world::attendant_params(other).subject_alt_names;
            }),
        ),
        ("an authority's", signed(|params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained))),
        ("the root itself, without its key", Dial::with(vec![ours.root.clone().into()], KeyPair::generate().unwrap())),
        ("by an attendant", Dial::with(vec![made.der().clone(), attendant], made_key)),
        ("without a name", signed(|params| params.subject_alt_names.clear())),
        (
            "with a host's name",
            signed(|params| {
                params.subject_alt_names = vec![rcgen::SanType::DnsName("ana.example".try_into().unwrap())];
            }),
        ),
        (
            "with another kind of address",
            signed(|params| {
                params.subject_alt_names = vec![world::uri("https://varanda.example/attendant/8")];
            }),
        ),
        (
            "of a customer",
            signed(|params| {
                params.subject_alt_names = vec![world::uri(&format!("amparo://{}/customer/{OPERATOR}", world::TENANT))];
            }),
        ),
        (
            "of nobody",
            signed(|params| {
                params.subject_alt_names = vec![world::uri(&format!("amparo://{}/attendant/ana", world::TENANT))];
            }),
        ),
        (
            "with two names",
            signed(|params| {
                let other = world::uri(&format!("amparo://{}/attendant/{}", world::TENANT, "9".repeat(32)));
                params.subject_alt_names.push(other);
            }),
        ),
        (
            "with a host's name behind its own",
            signed(|params| {
                params.subject_alt_names.push(rcgen::SanType::DnsName("ana.example".try_into().unwrap()));
            }),
        ),
        ("for no use in particular", signed(|params| params.extended_key_usages.clear())),
        ("a server's", signed(|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth])),
        ("a good one without its key", Dial::with(vec![stolen], KeyPair::generate().unwrap())),
        (
            "bytes that are no certificate",
            Dial::with(vec![vec![0x30, 0x03, 1, 2, 3].into()], KeyPair::generate().unwrap()),
        ),
        ("a good one over TLS 1.2", plain(&[ALPN_INNER], &TLS12)),
        ("a good one, without a protocol", plain(&[], &TLS13)),
        ("a good one, in another protocol", plain(&[b"amparo-e2e/0", b"h2"], &TLS13)),
    ];
    let mut running = JoinSet::new();
    for (name, dial) in cases {
        let ours = ours.clone();
        running.spawn(async move { (name, dialled(&ours, dial).await) });
    }
    while let Some(ended) = running.join_next().await {
        let (name, (customer, why)) = ended.unwrap();
        assert_eq!(why, CloseReason::Violation, "{name}");
        assert!(!customer.asked() && !customer.started(), "{name}: {:?}", customer.told());
        assert_eq!(customer.told().len(), 1, "{name}: not even a guess is counted");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attendant_goes_on_with_no_other_protocol_and_no_older_tls() {
    let cases = [
        ("TLS 1.2", Answer { version: &TLS12, ..OURS }),
        ("no protocol", Answer { alpn: &[], ..OURS }),
        ("another protocol", Answer { alpn: &[b"h2"], ..OURS }),
    ];
    for (name, how) in cases {
        let (relay, authority) = (Relay::open(), Authority::new());
        let (mut attendant, there) = world::dialling(&relay, &authority, world::a_session()).await;
        let tls = halves::answer(&there.connection, how).await;
        let said = match tls {
            Ok(mut tls) => {
                let mut said = Vec::new();
                drop(tls.read_to_end(&mut said).await);
                said
            }
            Err(_) => Vec::new(),
        };
        assert!(said.is_empty(), "{name}: the attendant's program said something");
        assert_eq!(attendant.over().await, CloseReason::Violation, "{name}");
        assert!(!attendant.started(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_instead_of_a_handshake_ends_either_side() {
    let flood = vec![0x16; 200_000];
    let garbage: [&[u8]; 4] = [b"HTTP/1.1 200 OK\r\n\r\n", &[0; 64], b"\x16\x03\x03\xff\xff", &flood];
    for bytes in garbage {
        let (relay, authority, id) = (Relay::open(), Authority::new(), world::a_session());
        let (mut attendant, there) = world::dialling(&relay, &authority, id).await;
        let (mut send, _recv) = there.connection.accept_bi().await.unwrap();
        // Who has seen enough stops the stream.
        drop(send.write_all(bytes).await);
        drop(send.finish());
        assert_eq!(attendant.over().await, CloseReason::Violation);
        let (mut customer, there) = world::waiting(&relay, &authority, id).await;
        let (mut send, _recv) = there.connection.open_bi().await.unwrap();
        send.write_all(&StreamHead::new(id, StreamKind::Secure, 16).to_bytes()).await.unwrap();
        drop(send.write_all(bytes).await);
        drop(send.finish());
        assert_eq!(customer.over().await, CloseReason::Violation);
        assert!(!customer.asked());
    }
}

/// As the library does it, with a real attendant's certificate: what a colluding attendant lends to the relay.
async fn lent(there: &Program, authority: &Authority, id: SessionId) -> Secured {
    secure::connect(&there.connection, id, 16, &authority.attendant()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_between_two_inner_connections_can_carry_every_word_and_the_password_is_still_not_proved() {
    let (relay, authority, id) = (Relay::open(), Authority::new(), world::a_session());
    let (mut customer, customer_there) = world::waiting(&relay, &authority, id).await;
    let (mut attendant, attendant_there) = world::dialling(&relay, &authority, id).await;
    let (to_customer, to_attendant) =
        tokio::join!(lent(&customer_there, &authority, id), halves::answer(&attendant_there.connection, OURS));
    let (Secured { mut reader, mut writer, .. }, attendants_end) = (to_customer, to_attendant.unwrap());
    let (mut from_attendant, mut to_attendant) = tokio::io::split(attendants_end);
    // Every word is read here and written on, whole.
    let there = async {
        while let Some(said) = halves::read::<AttendantSays>(&mut from_attendant).await {
            if writer.send(&said).await.is_err() {
                break;
            }
        }
        writer.finish().await;
    };
    let back = async {
        while let Ok(Some(said)) = reader.receive::<CustomerSays>().await {
            if halves::write(&mut to_attendant, &said).await.is_err() {
                break;
            }
        }
        drop(tokio::io::AsyncWriteExt::shutdown(&mut to_attendant).await);
    };
    let ends = async { (customer.over().await, attendant.over().await) };
    let (why, ..) = tokio::join!(ends, there, back);
    assert_eq!(why, (CloseReason::WrongPassword, CloseReason::WrongPassword));
    assert!(!customer.asked() && !customer.started() && !attendant.started());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_that_plays_the_customer_without_the_password_is_found_out() {
    let guess: Password = "0000-0000".parse().unwrap();
    for right_exporter in [true, false] {
        let (relay, authority, id) = (Relay::open(), Authority::new(), world::a_session());
        let (mut attendant, there) = world::dialling(&relay, &authority, id).await;
        let mut half = Half::customer(halves::answer(&there.connection, OURS).await.unwrap(), id);
        // With the right password, but the exporter of another connection, as a relay in the middle has it; or the other way round.
        if right_exporter {
            half.password = guess.clone();
        } else {
            half.exporter = [0; 32];
        }
        let proofs = half.answer_opening().await.expect("an opening");
        half.hear::<AttendantSays>().await;
        half.say(&halves::asking(proofs.own)).await;
        half.say(&halves::granted(Grants::CONTROL)).await;
        assert_eq!(attendant.over().await, CloseReason::Violation);
        assert!(!attendant.started());
    }
}

/// The limit of what holds without a check phrase: a relay that knows the password (the console shows it) cannot reach the customer,
/// but can show the attendant a customer of its own. Comparing the phrase is what finds that; see `protocol::session`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_that_knows_the_password_reaches_no_customer_without_an_attendants_certificate() {
    let (relay, authority, id) = (Relay::open(), Authority::new(), world::a_session());
    let (mut customer, customer_there) = world::waiting(&relay, &authority, id).await;
    let (mut attendant, attendant_there) = world::dialling(&relay, &authority, id).await;
    // Towards the attendant it proves the password, so the attendant's program takes it for the customer.
    let mut fake = Half::customer(halves::answer(&attendant_there.connection, OURS).await.unwrap(), id);
    fake.prove_as_customer().await;
    assert!(attendant.until(world::is_asking).await);
    // Towards the customer every certificate that it can make stops at the inner TLS: the password is not even looked at.
    let key = KeyPair::generate().unwrap();
    let made = world::attendant_params(world::TENANT).self_signed(&key).unwrap().der().clone();
    let tls = Dial::with(vec![made], key).connect(&customer_there.connection, id).await;
    if let Ok(tls) = tls {
        let mut half = Half::attendant(tls, id);
        half.open(Grants::CONTROL).await;
        assert!(half.hear::<CustomerSays>().await.is_none(), "nothing is answered");
    }
    assert_eq!(customer.over().await, CloseReason::Violation);
    assert_eq!(customer.told().len(), 1, "no guess, no question");
    fake.say(&CustomerSays::Control(Control::End(CloseReason::EndedByCustomer))).await;
    assert_eq!(attendant.over().await, CloseReason::Violation);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attendant_who_is_paired_with_another_customer_gets_no_further_than_a_wrong_password() {
    let (relay, authority, id) = (Relay::open(), Authority::new(), world::a_session());
    // The other customer was told of the same session, or of another; the password is another one in any case.
    for theirs in [id, world::a_session()] {
        let (mut customer, customer_there) = world::waiting_with(&relay, &authority, theirs, "0000-0000").await;
        let (mut attendant, attendant_there) = world::dialling(&relay, &authority, id).await;
        let (to_attendant, mut from_attendant) = attendant_there.connection.accept_bi().await.unwrap();
        from_attendant.read_exact(&mut [0; HEAD_BYTES]).await.unwrap();
        let (mut to_customer, from_customer) = customer_there.connection.open_bi().await.unwrap();
        to_customer.write_all(&StreamHead::new(theirs, StreamKind::Secure, 16).to_bytes()).await.unwrap();
        let (mut one, mut other) =
            (tokio::io::join(from_attendant, to_attendant), tokio::io::join(from_customer, to_customer));
        tokio::spawn(async move { tokio::io::copy_bidirectional(&mut one, &mut other).await });
        assert_eq!(
            (customer.over().await, attendant.over().await),
            (CloseReason::WrongPassword, CloseReason::WrongPassword)
        );
        assert!(!customer.asked() && !customer.started() && !attendant.started());
    }
}
