//! The inner hop: TLS 1.3 between customer and attendant on the first spliced stream.
//!
//! The customer is the server with a key made at the program's start; who the customer is, the PAKE proves. The attendant is the client
//! with a certificate under the tenant's root from the signed profile, and under nothing else. No 0-RTT, no resumption, one ALPN.

use std::{sync::Arc, time::Duration};

use protocol::{
    frame::{self, Reassembler},
    id::{SessionId, TenantId},
    limits,
    message::{
        ShownText,
        pairing::Role,
        stream::{StreamHead, StreamKind},
    },
    session::customer::Peer,
    version,
};
use rcgen::PublicKeyData as _;
use rustls::{
    DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime},
    server::WebPkiClientVerifier,
};
use serde::{Serialize, de::DeserializeOwned};
use tokio::io::{AsyncReadExt, AsyncWriteExt, Join};
use tokio_rustls::{TlsAcceptor, TlsConnector, TlsStream};
use zeroize::Zeroizing;

pub use super::identity::{EnrolmentKey, Identity};
use super::{
    quic::provider,
    record::{Signer, Witness},
    sealed::SessionKeys,
};

/// Why the inner connection is not there.
#[derive(Debug, thiserror::Error)]
pub enum SecureError {
    /// No key or certificate of our own could be made or used.
    #[error("our own certificate cannot be used: {0}")]
    Own(String),
    /// The handshake failed: a wrong certificate, a changed byte, another protocol.
    #[error("the protected connection could not be set up")]
    Handshake(#[source] std::io::Error),
    /// The other half did not choose our application protocol.
    #[error("the other side speaks another protocol")]
    Protocol,
    /// It took too long.
    #[error("the protected connection was not set up in time")]
    Slow,
    /// The attendant's certificate does not say who it is, or is of another company.
    #[error("the attendant's certificate: {0}")]
    Certificate(&'static str),
    /// The stream is gone.
    #[error("the protected connection is gone")]
    Gone(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A record that does not open, or the other half saying that one of ours does not: somebody between has touched them.
    #[error("the protected connection was tampered with")]
    Tampered(#[source] std::io::Error),
    /// Something that is no message.
    #[error("a message that cannot be read")]
    Frame(#[from] frame::FrameError),
}

/// How long the TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// The customer's side of inner connections: made once, at start.
#[derive(Clone)]
pub struct CustomerEnd {
    tls: Arc<rustls::ServerConfig>,
    tenant: TenantId,
    key: Arc<PrivateKeyDer<'static>>,
    spki: Arc<[u8]>,
}

impl CustomerEnd {
    /// A fresh key, and the tenant's root as the only authority.
    pub fn new(tenant: TenantId, root: &[u8]) -> Result<Self, SecureError> {
        let own = |e: &dyn std::fmt::Display| SecureError::Own(e.to_string());
        let key = rcgen::KeyPair::generate().map_err(|e| own(&e))?;
        let certificate = rcgen::CertificateParams::new(vec!["customer.amparo".to_owned()])
            .and_then(|params| params.self_signed(&key))
            .map_err(|e| own(&e))?;
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(root.to_vec())).map_err(|e| own(&e))?;
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider()).build().map_err(|e| own(&e))?;
        let spki = key.subject_public_key_info().into();
        let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(|e| own(&e))?;
        let mut tls = rustls::ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|e| own(&e))?
            .with_client_cert_verifier(verifier)
            .with_single_cert(vec![certificate.der().clone()], key.clone_key())
            .map_err(|e| own(&e))?;
        tls.alpn_protocols = spoken();
        tls.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
        tls.send_tls13_tickets = 0;
        tls.max_early_data_size = 0;
        Ok(Self { tls: Arc::new(tls), tenant, key: Arc::new(key), spki })
    }

    /// What signs the record of a session with the key of this start.
    pub fn signer(&self, witness: Witness) -> Signer {
        Signer::new(self.tenant, Role::Customer, witness, self.key.clone(), self.spki.clone())
    }

    /// Waits for the attendant's handshake on the stream that the relay spliced.
    pub async fn accept(
        &self,
        session: SessionId,
        send: quinn::SendStream,
        recv: quinn::RecvStream,
    ) -> Result<(Secured, Peer), SecureError> {
        let handshake = TlsAcceptor::from(self.tls.clone()).accept(tokio::io::join(recv, send));
        let stream = tokio::time::timeout(HANDSHAKE, handshake)
            .await
            .map_err(|_| SecureError::Slow)?
            .map_err(SecureError::Handshake)?;
        let certificates = stream.get_ref().1.peer_certificates().unwrap_or_default();
        let peer = peer_of(certificates.first().ok_or(SecureError::Certificate("there is none"))?, self.tenant)?;
        let own = enrolment::key_hash(&self.spki);
        Ok((Secured::new(stream.into(), Role::Customer, session, own)?, peer))
    }
}

/// Opens the first stream of a paired session and makes the handshake as the attendant.
pub async fn connect(
    connection: &quinn::Connection,
    session: SessionId,
    number: u64,
    identity: &Identity,
) -> Result<Secured, SecureError> {
    let own = |e: rustls::Error| SecureError::Own(e.to_string());
    let mut tls = rustls::ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(own)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(ProvedByPassword { provider: provider() }))
        .with_client_auth_cert(identity.chain.clone(), identity.key.clone_key())
        .map_err(own)?;
    tls.alpn_protocols = spoken();
    tls.resumption = rustls::client::Resumption::disabled();
    let (mut send, recv) = connection.open_bi().await.map_err(|e| SecureError::Gone(Box::new(e)))?;
    let head = StreamHead::new(session, StreamKind::Secure, number);
    if let Err(error) = send.set_priority(i32::from(head.priority)) {
        tracing::debug!(%error, "the stream was closed before it began");
    }
    send.write_all(&head.to_bytes()).await.map_err(|e| SecureError::Gone(Box::new(e)))?;
    let name = ServerName::try_from("customer.amparo").expect("a constant that is a DNS name");
    let handshake = TlsConnector::from(Arc::new(tls)).connect(name, tokio::io::join(recv, send));
    let stream = tokio::time::timeout(HANDSHAKE, handshake)
        .await
        .map_err(|_| SecureError::Slow)?
        .map_err(SecureError::Handshake)?;
    Secured::new(stream.into(), Role::Attendant, session, identity.key_hash()?)
}

/// What the two halves understand beside what every program does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Understands {
    /// The customer's notices.
    pub notices: bool,
    /// Ctrl+Alt+Del.
    pub attention: bool,
    /// Questions for an administrator's rights.
    pub administrator: bool,
}

/// What is spoken inside, the best first, and what each brings.
const INNER: [(&[u8], Understands); 4] = [
    (version::ALPN_INNER_ADMINISTRATOR, Understands { notices: true, attention: true, administrator: true }),
    (version::ALPN_INNER_ATTENTION, Understands { notices: true, attention: true, administrator: false }),
    (version::ALPN_INNER_NOTICES, Understands { notices: true, attention: false, administrator: false }),
    (version::ALPN_INNER, Understands { notices: false, attention: false, administrator: false }),
];

/// What we speak inside, the best first.
fn spoken() -> Vec<Vec<u8>> {
    INNER.map(|(protocol, _)| protocol.to_vec()).to_vec()
}

type Stream = TlsStream<Join<quinn::RecvStream, quinn::SendStream>>;

/// An inner connection that is up.
pub struct Secured {
    /// What binds a proof to this connection.
    pub exporter: [u8; 32],
    /// Proves, on a later connection, that this one was had.
    pub resume_secret: Zeroizing<[u8; 32]>,
    /// What both ends sign of it.
    pub witness: Witness,
    /// Keys of all other streams.
    pub keys: Arc<SessionKeys>,
    /// What the other half understands.
    pub understands: Understands,
    /// What the other half says.
    pub reader: SecureReader,
    /// Where we say something.
    pub writer: SecureWriter,
}

impl Secured {
    fn new(stream: Stream, role: Role, session: SessionId, own: [u8; 32]) -> Result<Self, SecureError> {
        let (_, connection) = stream.get_ref();
        // Without an offer on one side TLS goes on without any protocol: that is not ours either.
        let agreed = connection.alpn_protocol().ok_or(SecureError::Protocol)?;
        let (_, understands) =
            INNER.into_iter().find(|(protocol, _)| *protocol == agreed).ok_or(SecureError::Protocol)?;
        let peer = connection.peer_certificates().and_then(|chain| enrolment::key_of(chain.first()?));
        let peer =
            peer.map(|(spki, _)| enrolment::key_hash(&spki)).ok_or(SecureError::Certificate("it cannot be read"))?;
        let (customer_key, attendant_key) = match role {
            Role::Customer => (own, peer),
            Role::Attendant => (peer, own),
        };
        let export = |label: &[u8]| {
            let context = Some(session.as_bytes().as_slice());
            let secret = match &stream {
                TlsStream::Client(stream) => stream.get_ref().1.export_keying_material([0; 32], label, context),
                TlsStream::Server(stream) => stream.get_ref().1.export_keying_material([0; 32], label, context),
            };
            secret.map_err(|e| SecureError::Own(e.to_string()))
        };
        let exporter = export(b"EXPERIMENTAL amparo binding v1")?;
        let resume_secret = Zeroizing::new(export(b"EXPERIMENTAL amparo resume v1")?);
        let streams = Zeroizing::new(export(b"EXPERIMENTAL amparo streams v1")?);
        let connection = export(b"EXPERIMENTAL amparo record v1")?;
        let keys = Arc::new(SessionKeys::new(&streams, role, session));
        let (read, write) = tokio::io::split(stream);
        Ok(Self {
            exporter,
            resume_secret,
            witness: Witness { connection, customer_key, attendant_key },
            keys,
            understands,
            reader: SecureReader { read, inbox: Reassembler::new(limits::HANDSHAKE_MESSAGE_BYTES) },
            writer: SecureWriter { write },
        })
    }
}

/// Reads messages of the inner connection.
pub struct SecureReader {
    read: tokio::io::ReadHalf<Stream>,
    inbox: Reassembler,
}

impl SecureReader {
    /// The next message; `None` at the end. May be dropped and called again without losing bytes.
    pub async fn receive<M: DeserializeOwned>(&mut self) -> Result<Option<M>, SecureError> {
        let mut bytes = [0; 4_096];
        loop {
            if let Some(message) = self.inbox.next()? {
                return Ok(Some(message));
            }
            match self.read.read(&mut bytes).await {
                Ok(0) => return Ok(None),
                Ok(read) => self.inbox.feed(&bytes[..read]),
                // Only TLS finds data invalid; a connection that is gone is another kind.
                Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                    return Err(SecureError::Tampered(error));
                }
                Err(error) => return Err(SecureError::Gone(Box::new(error))),
            }
        }
    }
}

/// Writes messages of the inner connection.
pub struct SecureWriter {
    write: tokio::io::WriteHalf<Stream>,
}

impl SecureWriter {
    /// Sends a message, under the same cap that the other half reads with: before consent and after it.
    pub async fn send<M: Serialize>(&mut self, message: &M) -> Result<(), SecureError> {
        let bytes = frame::encode(message, limits::HANDSHAKE_MESSAGE_BYTES)?;
        self.write.write_all(&bytes).await.map_err(|e| SecureError::Gone(Box::new(e)))?;
        self.write.flush().await.map_err(|e| SecureError::Gone(Box::new(e)))
    }

    /// Ends the stream in order, so that what was said last arrives.
    pub async fn finish(&mut self) {
        if let Err(error) = self.write.shutdown().await {
            tracing::debug!(%error, "the protected connection was gone before it was closed");
        }
    }
}

/// Who a verified certificate says it is: `amparo://<tenant>/attendant/<operator>`, with the display name as common name.
fn peer_of(certificate: &CertificateDer<'_>, tenant: TenantId) -> Result<Peer, SecureError> {
    use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};
    let (_, certificate) =
        X509Certificate::from_der(certificate).map_err(|_| SecureError::Certificate("it cannot be read"))?;
    let validity = certificate.validity();
    let life = validity.not_after.timestamp().saturating_sub(validity.not_before.timestamp());
    if u64::try_from(life).is_ok_and(|life| life > limits::ATTENDANT_CERTIFICATE_LIFE.as_secs()) {
        return Err(SecureError::Certificate("it lives too long"));
    }
    // The library looks at the usage only where one is named.
    let usage = certificate.extended_key_usage().ok().flatten();
    if !usage.is_some_and(|usage| usage.value.client_auth) {
        return Err(SecureError::Certificate("it is not for this use"));
    }
    let names =
        certificate.subject_alternative_name().ok().flatten().ok_or(SecureError::Certificate("it names nobody"))?;
    // One name and no other: of two, each reader might take another.
    let uri = match names.value.general_names.as_slice() {
        [GeneralName::URI(uri)] => uri.strip_prefix("amparo://"),
        _ => None,
    };
    let uri = uri.ok_or(SecureError::Certificate("it does not name one attendant"))?;
    let (company, operator) =
        uri.split_once("/attendant/").ok_or(SecureError::Certificate("it is not an attendant's"))?;
    if company.parse::<TenantId>() != Ok(tenant) {
        return Err(SecureError::Certificate("it is of another company"));
    }
    let operator = operator.parse().map_err(|_| SecureError::Certificate("it names nobody"))?;
    let name = certificate.subject().iter_common_name().next().and_then(|name| name.as_str().ok()).unwrap_or_default();
    Ok(Peer { operator, name: ShownText::lossy(name) })
}

/// Lets the customer's one-day certificate pass: who the customer is, the PAKE proves, bound to this very connection.
#[derive(Debug)]
struct ProvedByPassword {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for ProvedByPassword {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
