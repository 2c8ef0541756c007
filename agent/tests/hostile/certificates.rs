//! A relay that ends the inner TLS itself: towards the customer with certificates of its own, towards the attendant as a customer of
//! its own, and both at once.

use std::sync::Arc;

use amparo_agent::link::{
    pake::{Binding, Run},
    quic::provider,
    secure::{self, Secured},
};
use protocol::{
    id::{Password, SessionId, TenantId},
    message::{
        control::{AttendantSays, CustomerSays},
        grant::Grants,
        handshake::{FromAttendant, FromCustomer},
        pairing::{CloseReason, Role},
        stream::{HEAD_BYTES, StreamHead, StreamKind},
    },
    version::ALPN_INNER,
};
use rcgen::{BasicConstraints, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::{
    DigitallySignedStruct, SignatureScheme, SupportedProtocolVersion,
    client::{
        ResolvesClientCert,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime},
    sign::CertifiedKey,
    version::{TLS12, TLS13},
};
use tokio::{io::AsyncReadExt, task::JoinSet};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::world::{self, AttendantSide, Authority, CustomerSide, OPERATOR, Program, Relay, soon};

/// Takes every customer, and shows a certificate whatever it is.
#[derive(Debug)]
struct Anything(Option<Arc<CertifiedKey>>);

impl ResolvesClientCert for Anything {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.0.clone()
    }

    fn has_certs(&self) -> bool {
        self.0.is_some()
    }
}

impl ServerCertVerifier for Anything {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}

/// How a relay dials a customer's inner TLS.
struct Dial {
    chain: Option<(Vec<CertificateDer<'static>>, KeyPair)>,
    alpn: &'static [&'static [u8]],
    version: &'static SupportedProtocolVersion,
}

impl Dial {
    fn with(chain: Vec<CertificateDer<'static>>, key: KeyPair) -> Self {
        Self { chain: Some((chain, key)), alpn: &[ALPN_INNER], version: &TLS13 }
    }

    fn config(self) -> rustls::ClientConfig {
        let key = self.chain.map(|(chain, key)| {
            let der = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
            Arc::new(CertifiedKey::new(chain, provider().key_provider.load_private_key(der).unwrap()))
        });
        let mut tls = rustls::ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[self.version])
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anything(None)))
            .with_client_cert_resolver(Arc::new(Anything(key)));
        tls.alpn_protocols = self.alpn.iter().map(|name| name.to_vec()).collect();
        tls
    }
}

/// A customer who waits, and the relay's end of its connection.
async fn waiting(relay: &Relay, authority: &Authority, id: SessionId) -> (CustomerSide, Program) {
    let mut plugged = world::plug(&relay.address);
    let there = soon("the customer's program", relay.welcome()).await;
    plugged.up().await;
    (world::customer(plugged, id, &authority.root), there)
}

/// An attendant who dials, and the relay's end of its connection.
async fn dialling(relay: &Relay, authority: &Authority, id: SessionId) -> (AttendantSide, Program) {
    let mut plugged = world::plug(&relay.address);
    let there = soon("the attendant's program", relay.welcome()).await;
    let connection = plugged.up().await;
    (world::attendant(plugged, connection, id, authority.attendant()), there)
}

/// Dials a customer like this, waits for the end, and tells why it came.
async fn dialled(authority: &Authority, dial: Dial) -> (CustomerSide, CloseReason) {
    let (relay, id) = (Relay::open(), world::a_session());
    let (mut customer, there) = waiting(&relay, authority, id).await;
    let (mut send, recv) = there.connection.open_bi().await.unwrap();
    send.write_all(&StreamHead::new(id, StreamKind::Secure, 16).to_bytes()).await.unwrap();
    let name = ServerName::try_from("customer.amparo").unwrap();
    let tls = TlsConnector::from(Arc::new(dial.config())).connect(name, tokio::io::join(recv, send)).await;
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

#[derive(Clone, Copy)]
struct Answer {
    alpn: &'static [&'static [u8]],
    version: &'static SupportedProtocolVersion,
}

const OURS: Answer = Answer { alpn: &[ALPN_INNER], version: &TLS13 };

type Tls = tokio_rustls::server::TlsStream<tokio::io::Join<quinn::RecvStream, quinn::SendStream>>;

/// Ends an attendant's inner TLS as a customer of the relay's own.
async fn answer(there: &Program, answer: Answer) -> std::io::Result<Tls> {
    let key = KeyPair::generate().unwrap();
    let certificate =
        rcgen::CertificateParams::new(vec!["customer.amparo".to_owned()]).unwrap().self_signed(&key).unwrap();
    let mut tls = rustls::ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[answer.version])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    tls.alpn_protocols = answer.alpn.iter().map(|name| name.to_vec()).collect();
    let (send, mut recv) = there.connection.accept_bi().await.unwrap();
    recv.read_exact(&mut [0; HEAD_BYTES]).await.unwrap();
    TlsAcceptor::from(Arc::new(tls)).accept(tokio::io::join(recv, send)).await
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
        let (mut attendant, there) = dialling(&relay, &authority, world::a_session()).await;
        let tls = answer(&there, how).await;
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
        let (mut attendant, there) = dialling(&relay, &authority, id).await;
        let (mut send, _recv) = there.connection.accept_bi().await.unwrap();
        // Who has seen enough stops the stream.
        drop(send.write_all(bytes).await);
        drop(send.finish());
        assert_eq!(attendant.over().await, CloseReason::Violation);
        let (mut customer, there) = waiting(&relay, &authority, id).await;
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
    let (mut customer, customer_there) = waiting(&relay, &authority, id).await;
    let (mut attendant, attendant_there) = dialling(&relay, &authority, id).await;
    let (to_customer, to_attendant) =
        tokio::join!(lent(&customer_there, &authority, id), answer(&attendant_there, OURS));
    let (Secured { mut reader, mut writer, .. }, attendants_end) = (to_customer, to_attendant.unwrap());
    let (mut from_attendant, mut to_attendant) = tokio::io::split(attendants_end);
    // Every word is read here and written on, whole.
    let there = async {
        while let Some(said) = read::<AttendantSays>(&mut from_attendant).await {
            if writer.send(&said).await.is_err() {
                break;
            }
        }
        writer.finish().await;
    };
    let back = async {
        while let Ok(Some(said)) = reader.receive::<CustomerSays>().await {
            if write(&mut to_attendant, &said).await.is_err() {
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

async fn read<M: serde::de::DeserializeOwned>(from: &mut (impl AsyncReadExt + Unpin)) -> Option<M> {
    let mut length = [0; 4];
    from.read_exact(&mut length).await.ok()?;
    let mut body = vec![0; u32::from_le_bytes(length) as usize];
    from.read_exact(&mut body).await.ok()?;
    protocol::frame::decode_body(&body, 4_096).ok()
}

async fn write<M: serde::Serialize>(
    to: &mut (impl tokio::io::AsyncWriteExt + Unpin),
    message: &M,
) -> std::io::Result<()> {
    to.write_all(&protocol::frame::encode(message, 4_096).unwrap()).await?;
    to.flush().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_that_plays_the_customer_without_the_password_is_found_out() {
    let guess: Password = "0000-0000".parse().unwrap();
    for right_exporter in [true, false] {
        let (relay, authority, id) = (Relay::open(), Authority::new(), world::a_session());
        let (mut attendant, there) = dialling(&relay, &authority, id).await;
        let mut tls = answer(&there, OURS).await.unwrap();
        let exporter = tls
            .get_ref()
            .1
            .export_keying_material([0; 32], b"EXPERIMENTAL amparo binding v1", Some(id.as_bytes()))
            .unwrap();
        // With the right password, but the exporter of another connection, as a relay in the middle has it; or the other way round.
        let (password, exporter) =
            if right_exporter { (guess.clone(), exporter) } else { (world::password(), [0; 32]) };
        let binding = Binding { session: id, attendant: OPERATOR, exporter: &exporter };
        let (run, message) = Run::start(Role::Customer, &password, &binding);
        let Some(AttendantSays::Handshake(FromAttendant::Open { pake, .. })) = read(&mut tls).await else {
            panic!("an opening")
        };
        let proofs = run.finish(&pake).unwrap();
        write(&mut tls, &CustomerSays::Handshake(FromCustomer::Pake(message))).await.unwrap();
        let _confirmation: Option<AttendantSays> = read(&mut tls).await;
        write(&mut tls, &CustomerSays::Handshake(FromCustomer::Asking(proofs.own))).await.unwrap();
        drop(write(&mut tls, &CustomerSays::Handshake(FromCustomer::Granted(Grants::CONTROL))).await);
        assert_eq!(attendant.over().await, CloseReason::Violation);
        assert!(!attendant.started());
    }
}
