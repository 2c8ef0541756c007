//! Two programs with their real links, and a relay between them that does as it is told.

use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex},
    time::Duration,
};

use amparo_agent::{
    attendant::session as attending,
    customer::session as helped,
    elevated::Way,
    link::{
        client::{self, Link, LinkEvent},
        quic::{RelayAddress, provider},
        secure::{CustomerEnd, EnrolmentKey, Identity},
    },
};
use protocol::{
    frame::{self, LENGTH_BYTES},
    id::{OperatorId, Password, SessionId, TenantId},
    limits,
    message::{FromRelay, ShownText, ToRelay, grant::Grants, hello::Welcome, pairing::CloseReason},
    version,
};
use quinn::crypto::rustls::QuicServerConfig;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, SanType,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::{CancellationToken, DropGuard};
use x509_parser::time::ASN1Time;

pub const TENANT: TenantId = TenantId::from_bytes([7; 16]);
pub const OPERATOR: OperatorId = OperatorId::from_bytes([8; 16]);
/// The five random bytes of the password.
pub const ENTROPY: [u8; 5] = [9, 8, 7, 6, 5];
/// Longer than every time-out of the programs; whoever waits this long has found a hang.
pub const IN_VAIN: Duration = Duration::from_secs(55);

pub fn password() -> Password {
    Password::from_entropy(ENTROPY)
}

/// Whatever is awaited, or a failed test that says what hung.
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(IN_VAIN, future).await.unwrap_or_else(|_| panic!("in vain: {what}"))
}

/// A company's root.
pub struct Authority {
    pub root: Vec<u8>,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let root = params.self_signed(&key).unwrap().der().to_vec();
        Self { root, issuer: Issuer::new(params, key) }
    }

    /// An attendant as the relay certifies one.
    pub fn attendant(&self) -> Identity {
        self.certify(|_| ())
    }

    /// A certificate with something changed, for a key that is not an identity of the programs.
    pub fn sign(&self, change: impl FnOnce(&mut CertificateParams)) -> (CertificateDer<'static>, KeyPair) {
        let (key, mut params) = (KeyPair::generate().unwrap(), attendant_params(TENANT));
        change(&mut params);
        (params.signed_by(&key, &self.issuer).unwrap().der().clone(), key)
    }

    /// An attendant whose certificate has something changed.
    pub fn certify(&self, change: impl FnOnce(&mut CertificateParams)) -> Identity {
        let key = EnrolmentKey::generate().unwrap();
        let request = CertificateSigningRequestParams::from_der(&key.request().unwrap().into()).unwrap();
        let mut params = attendant_params(TENANT);
        change(&mut params);
        let der = params.signed_by(&request.public_key, &self.issuer).unwrap().der().to_vec();
        key.certified(OPERATOR, &[der]).unwrap()
    }
}

/// What an attendant's certificate says.
pub fn attendant_params(tenant: TenantId) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Ana Ribeiro");
    params.subject_alt_names = vec![uri(&format!("amparo://{tenant}/attendant/{OPERATOR}"))];
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    lives(&mut params, -1, 6);
    params
}

/// Makes a certificate good from so many days after now to so many.
pub fn lives(params: &mut CertificateParams, from: i64, to: i64) {
    let now = i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_secs()).unwrap();
    let day = |days: i64| ASN1Time::from_timestamp(now + days * 24 * 3600).unwrap().to_datetime();
    (params.not_before, params.not_after) = (day(from), day(to));
}

pub fn uri(text: &str) -> SanType {
    SanType::URI(text.try_into().unwrap())
}

/// The scripted relay's end of QUIC.
pub struct Relay {
    endpoint: quinn::Endpoint,
    pub address: RelayAddress,
}

impl Relay {
    pub fn open() -> Self {
        Self::speaking(version::ALPN_OUTER)
    }

    pub fn speaking(alpn: &[u8]) -> Self {
        Self::made(alpn, None)
    }

    /// One that takes only so many bytes of a stream before it reads them.
    pub fn narrow(window: u32) -> Self {
        Self::made(version::ALPN_OUTER, Some(window))
    }

    fn made(alpn: &[u8], window: Option<u32>) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["relay.amparo".to_owned()]).unwrap().self_signed(&key).unwrap();
        let der = certificate.der().clone();
        let mut tls = rustls::ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![der.clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap();
        tls.alpn_protocols = vec![alpn.to_vec()];
        let mut config = quinn::ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(tls).unwrap()));
        if let Some(window) = window {
            let mut transport = quinn::TransportConfig::default();
            transport.stream_receive_window(window.into());
            config.transport_config(Arc::new(transport));
        }
        let endpoint = quinn::Endpoint::server(config, (Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let address = RelayAddress {
            host: Ipv4Addr::LOCALHOST.to_string(),
            port: endpoint.local_addr().unwrap().port(),
            certificate_sha256: sha256(&der),
        };
        Self { endpoint, address }
    }

    /// Whether the next program that dials goes before the connection is there.
    pub async fn refused(&self) -> bool {
        let incoming = self.endpoint.accept().await.unwrap();
        match incoming.await {
            Ok(connection) => soon("a program that speaks or goes", connection.accept_bi()).await.is_err(),
            Err(_) => true,
        }
    }

    /// A program that dials.
    pub async fn accept(&self) -> Program {
        let connection = self.endpoint.accept().await.unwrap().await.unwrap();
        let (send, recv) = connection.accept_bi().await.unwrap();
        Program { connection, send, recv }
    }

    /// A program that was welcomed as it should be.
    pub async fn welcome(&self) -> Program {
        let mut program = self.accept().await;
        assert!(matches!(program.hear().await, Some(ToRelay::Hello(_))));
        program.say(&FromRelay::Welcome(welcome(version::SPOKEN.newest))).await;
        program
    }
}

fn sha256(der: &CertificateDer<'_>) -> [u8; 32] {
    ring::digest::digest(&ring::digest::SHA256, der).as_ref().try_into().unwrap()
}

pub fn welcome(version: u16) -> Welcome {
    Welcome { version, company: ShownText::lossy("Varanda"), now_unix_ms: 1 }
}

/// The relay's view of a program.
pub struct Program {
    pub connection: quinn::Connection,
    pub send: quinn::SendStream,
    recv: quinn::RecvStream,
}

impl Program {
    pub async fn say(&mut self, message: &FromRelay) {
        let bytes = frame::encode(message, limits::OUTER_MESSAGE_BYTES).unwrap();
        self.send.write_all(&bytes).await.unwrap();
    }

    /// What the program says next; `None` once it has gone.
    pub async fn hear(&mut self) -> Option<ToRelay> {
        let mut length = [0; LENGTH_BYTES];
        self.recv.read_exact(&mut length).await.ok()?;
        let mut body = vec![0; frame::body_length(length, limits::OUTER_MESSAGE_BYTES).unwrap()];
        self.recv.read_exact(&mut body).await.ok()?;
        Some(frame::decode_body(&body, limits::OUTER_MESSAGE_BYTES).unwrap())
    }
}

/// A program's link, with what happens on it.
pub struct Plugged {
    pub link: Link,
    pub events: mpsc::Receiver<LinkEvent>,
    /// Until it is dropped the link is kept.
    stop: DropGuard,
}

pub fn plug(relay: &RelayAddress) -> Plugged {
    let (sender, events) = mpsc::channel(64);
    let stop = CancellationToken::new();
    let config =
        client::Config { relays: vec![relay.clone()], tenant: TENANT, program: ShownText::lossy("0.1.0 test") };
    let (link, _) = Link::start(config, sender, stop.clone());
    Plugged { link, events, stop: stop.drop_guard() }
}

impl Plugged {
    /// The connection, once it is up.
    pub async fn up(&mut self) -> quinn::Connection {
        loop {
            match soon("the link to come up", self.events.recv()).await.expect("the link runs") {
                LinkEvent::Up { connection, .. } => return connection,
                LinkEvent::Dialling => {}
                event => panic!("not up: {event:?}"),
            }
        }
    }
}

/// One side of a session, running; remembers what it told.
pub struct Side<I, O> {
    pub session: SessionId,
    /// Of its link.
    pub connection: Option<quinn::Connection>,
    pub tell: mpsc::Sender<I>,
    told: watch::Receiver<Vec<O>>,
    /// The link stays up for the last words of the session.
    _stop: DropGuard,
}

impl<I, O: Clone + std::fmt::Debug> Side<I, O> {
    pub fn told(&self) -> Vec<O> {
        self.told.borrow().clone()
    }

    /// Waits until it has told this; `false` when it will tell nothing more.
    pub async fn until(&mut self, is: impl Fn(&O) -> bool) -> bool {
        let found = {
            let told = self.told.wait_for(|told| told.iter().any(&is));
            tokio::time::timeout(IN_VAIN, told).await.map(|told| told.is_ok())
        };
        found.unwrap_or_else(|_| panic!("a side hangs; it told {:?}", self.told()))
    }
}

pub type CustomerSide = Side<helped::In, helped::Out>;
pub type AttendantSide = Side<attending::In, attending::Out>;

impl CustomerSide {
    pub fn started(&self) -> bool {
        self.told().iter().any(|out| matches!(out, helped::Out::Started { .. }))
    }

    pub fn asked(&self) -> bool {
        self.told().iter().any(|out| matches!(out, helped::Out::Ask { .. }))
    }

    pub fn why(&self) -> Option<CloseReason> {
        self.told().iter().find_map(|out| if let helped::Out::Over { why, .. } = out { Some(*why) } else { None })
    }

    pub async fn over(&mut self) -> CloseReason {
        self.until(|out| matches!(out, helped::Out::Over { .. })).await;
        self.why().expect("it is over")
    }
}

/// The attendant knows that the customer is being asked.
pub fn is_asking(out: &attending::Out) -> bool {
    matches!(out, attending::Out::Asking(_))
}

impl AttendantSide {
    /// The relay says that both are there again.
    pub async fn pair_again(&self) {
        let connection = self.connection.clone().expect("an attendant keeps it");
        self.tell.send(attending::In::Paired(connection)).await.unwrap();
    }

    pub fn started(&self) -> bool {
        self.told().iter().any(|out| matches!(out, attending::Out::Started(..) | attending::Out::FirstPicture))
    }

    pub fn why(&self) -> Option<CloseReason> {
        self.told().iter().find_map(|out| if let attending::Out::Over { why, .. } = out { Some(*why) } else { None })
    }

    pub async fn over(&mut self) -> CloseReason {
        self.until(|out| matches!(out, attending::Out::Over { .. })).await;
        self.why().expect("it is over")
    }
}

/// What a customer has and does.
pub struct Helped {
    pub session: SessionId,
    pub end: CustomerEnd,
    pub password: Password,
    /// Mouse and keyboard are allowed too.
    pub control: bool,
}

impl Helped {
    pub fn new(session: SessionId, root: &[u8]) -> Self {
        Self { session, end: CustomerEnd::new(TENANT, root).unwrap(), password: password(), control: true }
    }
}

/// What was done with mouse and keyboard in this session; `None`: nobody was there to do it.
pub fn done(session: SessionId) -> Option<Vec<desktop::inject::recorder::Event>> {
    desktop::inject::recorder::recorded(&session.to_string())
}

/// A customer who allows what is asked as soon as it can be allowed.
pub fn customer(plugged: Plugged, Helped { session, end, password, control }: Helped) -> CustomerSide {
    let setup = helped::Setup {
        watch: false,
        session,
        end,
        password,
        screen: media::Choice::named("synthetic"),
        input: desktop::Choice { backend: Some("recorder".to_owned()), display: Some(session.to_string()) },
        desk: None,
        elevation: Way::None,
    };
    let Plugged { mut events, link, stop } = plugged;
    let (out, mut outs) = mpsc::channel(64);
    let tell = helped::start(setup, out);
    let (log, told) = watch::channel(Vec::new());
    let inbox = tell.clone();
    tokio::spawn(async move {
        let _link = link;
        let mut asked = false;
        let mut again = tokio::time::interval(Duration::from_millis(100));
        loop {
            tokio::select! {
                Some(event) = events.recv() => match event {
                    LinkEvent::Stream(stream) if stream.head.session == session => {
                        drop(inbox.try_send(helped::In::Stream(stream)));
                    }
                    LinkEvent::Down { .. } => drop(inbox.try_send(helped::In::Lost)),
                    _ => {}
                },
                out = outs.recv() => {
                    let Some((_, out)) = out else { return };
                    asked |= matches!(out, helped::Out::Ask { .. });
                    asked &= !matches!(out, helped::Out::CloseQuestion);
                    let over = matches!(out, helped::Out::Over { .. });
                    log.send_modify(|log| log.push(out));
                    if over {
                        break;
                    }
                }
                _ = again.tick(), if asked => {
                    drop(inbox.try_send(helped::In::Answer { allow: true, control }));
                }
            }
        }
        while events.recv().await.is_some() {}
    });
    Side { session, connection: None, tell, told, _stop: stop }
}

/// An attendant on this connection.
pub fn attendant(
    plugged: Plugged,
    connection: quinn::Connection,
    session: SessionId,
    identity: Identity,
    want: Grants,
) -> AttendantSide {
    let decoder = media::decoder::Program::at(env!("CARGO_BIN_EXE_amparo"));
    let setup = attending::Setup { session, identity, password: password(), want, display: None, decoder };
    let Plugged { mut events, link, stop } = plugged;
    let (out, mut outs) = mpsc::channel(64);
    let tell = attending::start(setup, out);
    tell.try_send(attending::In::Paired(connection.clone())).unwrap();
    let (log, told) = watch::channel(Vec::new());
    let inbox = tell.clone();
    tokio::spawn(async move {
        let _link = link;
        loop {
            tokio::select! {
                Some(event) = events.recv() => match event {
                    LinkEvent::Stream(stream) if stream.head.session == session => {
                        drop(inbox.try_send(attending::In::Stream(stream)));
                    }
                    LinkEvent::Down { .. } => drop(inbox.try_send(attending::In::Lost)),
                    _ => {}
                },
                out = outs.recv() => {
                    let Some((_, out)) = out else { return };
                    let over = matches!(out, attending::Out::Over { .. });
                    log.send_modify(|log| log.push(out));
                    if over {
                        break;
                    }
                }
            }
        }
        while events.recv().await.is_some() {}
    });
    Side { session, connection: Some(connection), tell, told, _stop: stop }
}

/// A customer who waits, and the relay's end of its connection.
pub async fn waiting(relay: &Relay, authority: &Authority, id: SessionId) -> (CustomerSide, Program) {
    waiting_with(relay, authority, id, &password().reveal()).await
}

/// The same with this password.
pub async fn waiting_with(
    relay: &Relay,
    authority: &Authority,
    id: SessionId,
    password: &str,
) -> (CustomerSide, Program) {
    let mut plugged = plug(&relay.address);
    let there = soon("the customer's program", relay.welcome()).await;
    plugged.up().await;
    let setup = Helped { password: password.parse().unwrap(), ..Helped::new(id, &authority.root) };
    (customer(plugged, setup), there)
}

/// An attendant who dials, and the relay's end of its connection.
pub async fn dialling(relay: &Relay, authority: &Authority, id: SessionId) -> (AttendantSide, Program) {
    let mut plugged = plug(&relay.address);
    let there = soon("the attendant's program", relay.welcome()).await;
    let connection = plugged.up().await;
    (attendant(plugged, connection, id, authority.attendant(), Grants::CONTROL), there)
}

/// Everything a relay carried.
pub type Carried = Arc<Mutex<Vec<u8>>>;

/// A random session.
pub fn a_session() -> SessionId {
    SessionId::from_bytes(rand::random())
}
