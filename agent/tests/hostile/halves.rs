//! Both halves of a session by script: real TLS and real proofs, and after them whatever a case says.
//!
//! The only place in this harness where words of the handshake are put together.

use std::sync::Arc;

use amparo_agent::link::{
    pake::{self, Binding, Run},
    phrase,
    quic::provider,
    sealed::SessionKeys,
};
use protocol::{
    id::{Password, SessionId},
    message::{
        control::{AttendantSays, CustomerSays},
        grant::Grants,
        handshake::{FromAttendant, FromCustomer, PakeMessage},
        pairing::Role,
        stream::{HEAD_BYTES, StreamHead, StreamKind},
    },
    session::Proofs,
    version::ALPN_INNER,
};
use rcgen::KeyPair;
use rustls::{
    DigitallySignedStruct, SignatureScheme, SupportedProtocolVersion,
    client::{
        ResolvesClientCert,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime},
    sign::CertifiedKey,
    version::TLS13,
};
use serde::{Serialize, de::DeserializeOwned};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::{TlsAcceptor, TlsConnector, TlsStream};

use crate::world::{self, OPERATOR};

pub type Tls = TlsStream<tokio::io::Join<quinn::RecvStream, quinn::SendStream>>;

/// One half on an inner connection that is up.
pub struct Half {
    pub tls: Tls,
    pub id: SessionId,
    pub password: Password,
    pub exporter: [u8; 32],
    pub keys: SessionKeys,
    /// For a later connection.
    pub resume_secret: [u8; 32],
    role: Role,
}

impl Half {
    pub fn attendant(tls: Tls, id: SessionId) -> Self {
        Self::new(tls, id, Role::Attendant)
    }

    pub fn customer(tls: Tls, id: SessionId) -> Self {
        Self::new(tls, id, Role::Customer)
    }

    fn new(tls: Tls, id: SessionId, role: Role) -> Self {
        let export = |label: &str| {
            let label = format!("EXPERIMENTAL amparo {label} v1");
            let context = Some(id.as_bytes().as_slice());
            match &tls {
                TlsStream::Client(tls) => tls.get_ref().1.export_keying_material([0; 32], label.as_bytes(), context),
                TlsStream::Server(tls) => tls.get_ref().1.export_keying_material([0; 32], label.as_bytes(), context),
            }
            .unwrap()
        };
        let (exporter, resume_secret) = (export("binding"), export("resume"));
        let keys = SessionKeys::new(&export("streams"), role, id);
        Self { tls, id, password: world::password(), exporter, keys, resume_secret, role }
    }

    /// Says something; nobody need be there to hear it.
    pub async fn say<M: Serialize>(&mut self, message: &M) {
        drop(write(&mut self.tls, message).await);
    }

    pub async fn raw(&mut self, bytes: &[u8]) {
        drop(self.tls.write_all(bytes).await);
        drop(self.tls.flush().await);
    }

    pub async fn hear<M: DeserializeOwned>(&mut self) -> Option<M> {
        read(&mut self.tls).await
    }

    /// Hears until something is what is waited for.
    pub async fn hear_until<M: DeserializeOwned, T>(&mut self, wanted: impl Fn(M) -> Option<T>) -> Option<T> {
        loop {
            if let Some(found) = wanted(self.hear().await?) {
                return Some(found);
            }
        }
    }

    fn run(&self) -> (Run, PakeMessage) {
        let binding = Binding { session: self.id, attendant: OPERATOR, exporter: &self.exporter };
        Run::start(self.role, &self.password, &binding)
    }

    /// As the attendant: the first word.
    pub async fn open(&mut self, want: Grants) -> Run {
        let (run, pake) = self.run();
        self.say(&opening(pake, want)).await;
        run
    }

    /// As the attendant: up to the customer's answer.
    pub async fn opened(&mut self, want: Grants) -> Proofs {
        let run = self.open(want).await;
        let Some(CustomerSays::Handshake(FromCustomer::Pake { pake: theirs, .. })) = self.hear().await else {
            panic!("the customer answers an opening")
        };
        run.finish(&theirs).unwrap()
    }

    /// As the attendant: the password is proved, the customer is being asked.
    pub async fn prove_as_attendant(&mut self, want: Grants) {
        let proofs = self.opened(want).await;
        self.say(&confirm(proofs.own)).await;
        let Some(CustomerSays::Handshake(FromCustomer::Asking(proof))) = self.hear().await else {
            panic!("the customer is asked")
        };
        assert_eq!(proof, proofs.expected);
    }

    /// As the attendant: all the way to the customer's yes.
    pub async fn allowed(&mut self, want: Grants) -> Grants {
        self.prove_as_attendant(want).await;
        let granted = self
            .hear_until(|said| match said {
                CustomerSays::Handshake(FromCustomer::Granted(granted)) => Some(granted),
                _ => None,
            })
            .await;
        granted.expect("the customer says yes")
    }

    /// As the customer: takes the opening and answers it.
    pub async fn answer_opening(&mut self) -> Option<Proofs> {
        let (run, pake) = self.run();
        let Some(AttendantSays::Handshake(FromAttendant::Open { pake: theirs, .. })) = self.hear().await else {
            return None;
        };
        self.say(&answering(pake)).await;
        run.finish(&theirs)
    }

    /// As the customer: the password is proved, the attendant is told that the question stands.
    pub async fn prove_as_customer(&mut self) {
        let proofs = self.answer_opening().await.expect("the attendant opens");
        let Some(AttendantSays::Handshake(FromAttendant::Confirm { proof, .. })) = self.hear().await else {
            panic!("the attendant proves the password")
        };
        assert_eq!(proof, proofs.expected);
        self.say(&asking(proofs.own)).await;
    }

    /// Proofs of the session that was cut.
    pub fn resumption(&self, secret: &[u8; 32]) -> Proofs {
        pake::resumption(secret, &self.exporter, self.role)
    }
}

/// What a scripted half adds to the check phrase.
const NONCE: [u8; 32] = [7; 32];

pub fn opening(pake: PakeMessage, want: Grants) -> AttendantSays {
    AttendantSays::Handshake(FromAttendant::Open { pake, want, commitment: phrase::commit(&NONCE) })
}

/// An opening that nobody can answer to the end.
pub fn some_opening() -> AttendantSays {
    opening(PakeMessage::try_from(vec![9; 33]).unwrap(), Grants::CONTROL)
}

pub fn confirm(proof: [u8; 32]) -> AttendantSays {
    AttendantSays::Handshake(FromAttendant::Confirm { proof, reveal: NONCE })
}

pub fn resume(proof: [u8; 32]) -> AttendantSays {
    AttendantSays::Handshake(FromAttendant::Resume(proof))
}

pub fn proof_of_resumption(said: &FromAttendant) -> Option<[u8; 32]> {
    if let FromAttendant::Resume(proof) = said { Some(*proof) } else { None }
}

pub fn answering(pake: PakeMessage) -> CustomerSays {
    CustomerSays::Handshake(FromCustomer::Pake { pake, nonce: NONCE })
}

/// An answer to no opening.
pub fn some_answer() -> CustomerSays {
    answering(PakeMessage::try_from(vec![9; 33]).unwrap())
}

pub fn asking(proof: [u8; 32]) -> CustomerSays {
    CustomerSays::Handshake(FromCustomer::Asking(proof))
}

pub fn granted(granted: Grants) -> CustomerSays {
    CustomerSays::Handshake(FromCustomer::Granted(granted))
}

pub fn resumed(proof: [u8; 32], granted: Grants) -> CustomerSays {
    CustomerSays::Handshake(FromCustomer::Resumed { proof, granted })
}

pub async fn read<M: serde::de::DeserializeOwned>(from: &mut (impl AsyncReadExt + Unpin)) -> Option<M> {
    let mut length = [0; 4];
    from.read_exact(&mut length).await.ok()?;
    let mut body = vec![0; u32::from_le_bytes(length) as usize];
    from.read_exact(&mut body).await.ok()?;
    protocol::frame::decode_body(&body, 4_096).ok()
}

pub async fn write<M: serde::Serialize>(
    to: &mut (impl tokio::io::AsyncWriteExt + Unpin),
    message: &M,
) -> std::io::Result<()> {
    to.write_all(&protocol::frame::encode(message, 4_096).unwrap()).await?;
    to.flush().await
}

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
pub struct Dial {
    pub chain: Option<(Vec<CertificateDer<'static>>, KeyPair)>,
    pub alpn: &'static [&'static [u8]],
    pub version: &'static SupportedProtocolVersion,
}

impl Dial {
    pub fn with(chain: Vec<CertificateDer<'static>>, key: KeyPair) -> Self {
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
    /// Opens the first stream to a customer and makes the handshake.
    pub async fn connect(self, there: &quinn::Connection, id: SessionId) -> std::io::Result<Tls> {
        let (mut send, recv) = there.open_bi().await.unwrap();
        send.write_all(&StreamHead::new(id, StreamKind::Secure, 16).to_bytes()).await.unwrap();
        let name = ServerName::try_from("customer.amparo").unwrap();
        let tls = TlsConnector::from(Arc::new(self.config()));
        Ok(tls.connect(name, tokio::io::join(recv, send)).await?.into())
    }
}

#[derive(Clone, Copy)]
pub struct Answer {
    pub alpn: &'static [&'static [u8]],
    pub version: &'static SupportedProtocolVersion,
}

pub const OURS: Answer = Answer { alpn: &[ALPN_INNER], version: &TLS13 };

/// Ends an attendant's inner TLS as a customer of the relay's own.
pub async fn answer(there: &quinn::Connection, answer: Answer) -> std::io::Result<Tls> {
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
    let (send, mut recv) = there.accept_bi().await.unwrap();
    recv.read_exact(&mut [0; HEAD_BYTES]).await.unwrap();
    Ok(TlsAcceptor::from(Arc::new(tls)).accept(tokio::io::join(recv, send)).await?.into())
}
