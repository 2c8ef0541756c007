//! A relay, a company with attendants, and programs to connect with.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use amparo_relay::{
    account::NewUser,
    config::{Config, Times},
    relay::{Relay, Running},
};
use protocol::{
    frame::{self, Reassembler},
    id::{AppId, DeviceId, Password, SessionId, TenantId},
    limits::OUTER_MESSAGE_BYTES,
    message::{
        FromRelay, ShownText, ToRelay,
        directory::{Field, FieldKey, LoggedIn, Login, LoginToken, Opaque, Register, Registered},
        grant::Grants,
        hello::Hello,
        pairing::{CloseReason, Dial, Dialled, Happened, Incoming, RecordMark, Report, Step, Token},
        stream::{HEAD_BYTES, StreamHead, StreamKind},
        ticket::TicketChoice,
    },
    session::relay_leg::Waits,
    version::{ALPN_OUTER, SPOKEN, VersionRange},
};
use quinn::{
    ClientConfig, Connection, Endpoint, RecvStream, SendStream, TransportConfig, crypto::rustls::QuicClientConfig,
};
use rustls::{
    DigitallySignedStruct, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use store::{OutboxEntry, Roles, Session};

pub const PASSWORD: &str = "correct horse battery";
/// Longer than anything here takes; whoever waits this long waits in vain.
const IN_VAIN: Duration = Duration::from_secs(20);

pub struct World {
    pub relay: Option<Running>,
    config: Config,
    pub tenant: TenantId,
    pub app: AppId,
    _folder: tempfile::TempDir,
}

/// Waiting times of tests that wait for their end.
pub fn short() -> Times {
    let waits = Waits {
        join: Duration::from_millis(800),
        resume: Duration::from_millis(800),
        recovery: Duration::from_millis(1500),
        consent: Duration::from_secs(3),
    };
    Times { waits, ..Times::default() }
}

impl World {
    pub async fn new() -> Self {
        Self::with(|_| ()).await
    }

    pub async fn with(tweak: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::new(folder.path().join("data"), "127.0.0.1:0".parse().unwrap());
        tweak(&mut config);
        let relay = Relay::start(config.clone()).await.unwrap();
        // The same port again after a restart.
        config.listen = relay.quic_addr;
        let tenant = relay.shared.first_tenant;
        let app = relay.shared.store.apps(tenant).await.unwrap()[0].id;
        let world = Self { relay: Some(relay), config, tenant, app, _folder: folder };
        for login in ["ana", "rui"] {
            world.add_user(world.tenant, login).await;
        }
        world
    }

    pub fn relay(&self) -> &Running {
        self.relay.as_ref().unwrap()
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    pub async fn add_user(&self, tenant: TenantId, login: &str) {
        let roles = Roles { attend: true, ..Roles::default() };
        let user = NewUser { login: login.to_owned(), name: format!("{login} Ribeiro"), roles };
        self.relay().shared.accounts.create(tenant, user, Some(PASSWORD)).await.unwrap();
    }

    pub async fn stop(&mut self) {
        self.relay.take().unwrap().shutdown().await.unwrap();
    }

    pub async fn kill(&mut self) {
        self.relay.take().unwrap().kill().await;
    }

    pub async fn start(&mut self) {
        self.relay = Some(Relay::start(self.config.clone()).await.unwrap());
    }

    pub fn pin(&self) -> CertificateDer<'static> {
        self.relay().shared.keys.certificate.clone()
    }

    pub async fn connect(&self) -> Program {
        Program::connect(self.relay().quic_addr, self.pin(), TransportConfig::default()).await.unwrap()
    }

    /// A program that has said hello.
    pub async fn program(&self) -> Program {
        let mut program = self.connect().await;
        program.hello(self.tenant).await;
        program
    }

    /// A registered customer in the waiting list.
    pub async fn customer(&self, name: &str) -> Program {
        let mut program = self.program().await;
        program.register(self.app, name, None).await;
        program
    }

    /// An attendant who is logged in.
    pub async fn attendant(&self, login: &str) -> Program {
        let mut program = self.program().await;
        program.login(login).await;
        program
    }

    /// Both halves of a session that is paired and, if `started`, allowed and written down.
    pub async fn pair(&self, started: bool) -> Pair {
        let mut customer = self.customer("João Prado").await;
        let mut attendant = self.attendant("ana").await;
        let (dialled, incoming) = attendant.dial_ok(&mut customer).await;
        let session = dialled.session;
        customer.say(ToRelay::Join(incoming.token.clone())).await;
        attendant.say(ToRelay::Join(dialled.token.clone())).await;
        customer.paired(session).await;
        attendant.paired(session).await;
        if started {
            customer.report_start(session).await;
        }
        Pair { customer, attendant, session, customer_resume: incoming.resume, attendant_resume: dialled.resume }
    }

    pub async fn row(&self, session: SessionId) -> Session {
        self.relay().shared.store.session(session).await.unwrap()
    }

    pub async fn outbox(&self, session: SessionId) -> Vec<OutboxEntry> {
        self.relay().shared.store.outbox_of_session(session).await.unwrap()
    }

    /// Waits until the session is over in the records.
    pub async fn over(&self, session: SessionId) -> Session {
        eventually(async || {
            let row = self.row(session).await;
            row.ended_at.is_some().then_some(row)
        })
        .await
    }
}

/// Waits until this gives something.
pub async fn eventually<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let looked = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(IN_VAIN, looked).await.expect("what was waited for did not happen")
}

pub struct Pair {
    pub customer: Program,
    pub attendant: Program,
    pub session: SessionId,
    pub customer_resume: Token,
    pub attendant_resume: Token,
}

/// A program, as bare as can be.
pub struct Program {
    pub endpoint: Endpoint,
    pub connection: Connection,
    pub send: SendStream,
    recv: RecvStream,
    frames: Reassembler,
    pub registered: Option<Registered>,
    pub logged_in: Option<LoggedIn>,
    /// The version of the words that was agreed on: nothing newer is ever heard.
    pub spoken: u16,
    next_stream: u64,
}

impl Program {
    pub async fn connect(
        relay: SocketAddr,
        pin: CertificateDer<'static>,
        transport: TransportConfig,
    ) -> anyhow::Result<Self> {
        let endpoint = client_endpoint(pin, transport, ALPN_OUTER);
        let connection = endpoint.connect(relay, "relay")?.await?;
        let (send, recv) = connection.open_bi().await?;
        Ok(Self {
            endpoint,
            connection,
            send,
            recv,
            frames: Reassembler::new(OUTER_MESSAGE_BYTES),
            registered: None,
            logged_in: None,
            spoken: SPOKEN.newest,
            next_stream: 0,
        })
    }

    pub async fn say(&mut self, message: ToRelay) {
        let bytes = frame::encode(&message, OUTER_MESSAGE_BYTES).unwrap();
        self.send.write_all(&bytes).await.unwrap();
    }

    /// The next message, or `None` once the relay has closed.
    pub async fn hear(&mut self) -> Option<FromRelay> {
        tokio::time::timeout(IN_VAIN, async {
            loop {
                if let Some(message) = self.frames.next::<FromRelay>().unwrap() {
                    assert!(message.since() <= self.spoken, "in version {}: {message:?}", self.spoken);
                    return Some(message);
                }
                match self.recv.read_chunk(64 * 1024, true).await {
                    Ok(Some(chunk)) => self.frames.feed(&chunk.bytes),
                    Ok(None) | Err(_) => return None,
                }
            }
        })
        .await
        .expect("the relay says nothing")
    }

    /// The first message that this gives something for; others are passed over.
    pub async fn hear_that<T>(&mut self, mut pick: impl FnMut(FromRelay) -> Option<T>) -> T {
        loop {
            let message = self.hear().await.expect("the relay has closed");
            if let Some(picked) = pick(message) {
                return picked;
            }
        }
    }

    /// Why the relay has closed the connection; its code, if it gave one.
    pub async fn close_code(&self) -> Option<u64> {
        match tokio::time::timeout(IN_VAIN, self.connection.closed()).await.expect("the relay does not close") {
            quinn::ConnectionError::ApplicationClosed(close) => Some(close.error_code.into_inner()),
            _ => None,
        }
    }

    pub async fn hello(&mut self, tenant: TenantId) {
        self.hello_in(tenant, SPOKEN).await;
    }

    /// As a program says it that speaks these versions.
    pub async fn hello_in(&mut self, tenant: TenantId, versions: VersionRange) {
        let hello = Hello { versions, tenant, program: ShownText::lossy("0.1.0 test") };
        self.say(ToRelay::Hello(hello)).await;
        let Some(FromRelay::Welcome(welcome)) = self.hear().await else { panic!("{versions:?} is not served") };
        self.spoken = welcome.version;
    }

    pub async fn register(&mut self, app: AppId, name: &str, previous: Option<(DeviceId, Opaque)>) -> Registered {
        let registered = self.register_as(app, name, previous, true).await;
        self.registered = Some(registered.clone());
        registered
    }

    pub async fn register_as(
        &mut self,
        app: AppId,
        name: &str,
        previous: Option<(DeviceId, Opaque)>,
        listed: bool,
    ) -> Registered {
        let fields = vec![Field { key: FieldKey::Name, value: ShownText::lossy(name) }];
        let password = Password::from_entropy([1, 2, 3, 4, 5]);
        self.say(ToRelay::Register(Register { app, fields, password, previous, listed })).await;
        self.hear_that(|m| if let FromRelay::Registered(r) = m { Some(r) } else { None }).await
    }

    pub fn previous(&self) -> Option<(DeviceId, Opaque)> {
        self.registered.as_ref().map(|r| (r.id, r.proof.clone()))
    }

    pub fn id(&self) -> DeviceId {
        self.registered.as_ref().unwrap().id
    }

    pub async fn login(&mut self, user: &str) {
        self.say(ToRelay::Login(Login { user: user.to_owned(), password: PASSWORD.to_owned() })).await;
        let logged_in = self.hear_that(|m| if let FromRelay::LoggedIn(l) = m { Some(l) } else { None }).await;
        self.logged_in = Some(logged_in);
    }

    pub async fn login_again(&mut self, token: LoginToken) {
        self.say(ToRelay::LoginAgain(token)).await;
        let logged_in = self.hear_that(|m| if let FromRelay::LoggedIn(l) = m { Some(l) } else { None }).await;
        self.logged_in = Some(logged_in);
    }

    pub async fn dial(&mut self, partner: DeviceId, ticket: TicketChoice) -> FromRelay {
        self.say(ToRelay::Dial(Dial { request: 7, partner, ticket, want: Grants::CONTROL })).await;
        self.hear_that(|m| matches!(m, FromRelay::Dialled(_) | FromRelay::DialRefused(_)).then_some(m)).await
    }

    pub async fn dial_ok(&mut self, customer: &mut Self) -> (Dialled, Incoming) {
        let dialled = match self.dial(customer.id(), open_new()).await {
            FromRelay::Dialled(dialled) => dialled,
            answer => panic!("the dialling was refused: {answer:?}"),
        };
        let incoming = customer.hear_that(|m| if let FromRelay::Incoming(i) = m { Some(i) } else { None }).await;
        assert_eq!(incoming.session, dialled.session);
        (dialled, incoming)
    }

    pub async fn paired(&mut self, session: SessionId) {
        let paired = self.hear_that(|m| if let FromRelay::Paired(s) = m { Some(s) } else { None }).await;
        assert_eq!(paired, session);
    }

    pub async fn closed(&mut self, session: SessionId) -> CloseReason {
        self.hear_that(|m| match m {
            FromRelay::Closed(closed) if closed.session == session => Some(closed.why),
            _ => None,
        })
        .await
    }

    pub async fn report(&mut self, session: SessionId, what: Happened) {
        self.say(ToRelay::Report(Report { session, what })).await;
    }

    pub async fn report_start(&mut self, session: SessionId) {
        self.report(session, started()).await;
        self.kept(session, Step::Started).await;
    }

    pub async fn kept(&mut self, session: SessionId, step: Step) -> Option<RecordMark> {
        self.hear_that(|m| match m {
            FromRelay::ReportKept(kept) if kept.session == session && kept.step == step => Some(kept.record),
            _ => None,
        })
        .await
    }

    pub fn head(&mut self, session: SessionId, kind: StreamKind) -> StreamHead {
        self.next_stream += 1;
        StreamHead::new(session, kind, self.next_stream)
    }

    /// Opens a one-way stream into a session.
    pub async fn open(&mut self, session: SessionId, kind: StreamKind) -> SendStream {
        let mut stream = self.connection.open_uni().await.unwrap();
        let head = self.head(session, kind);
        stream.write_all(&head.to_bytes()).await.unwrap();
        stream
    }

    /// Takes a one-way stream out of a session, with its head.
    pub async fn accept(&self) -> (StreamHead, RecvStream) {
        let mut stream =
            tokio::time::timeout(IN_VAIN, self.connection.accept_uni()).await.expect("no stream comes").unwrap();
        let mut head = [0; HEAD_BYTES];
        stream.read_exact(&mut head).await.unwrap();
        (StreamHead::from_bytes(&head).unwrap(), stream)
    }
}

pub fn open_new() -> TicketChoice {
    TicketChoice::OpenNew { subject: ShownText::default() }
}

pub fn now_ms() -> u64 {
    u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap()
}

pub fn started() -> Happened {
    Happened::Started { granted: Grants::CONTROL, attendant: ShownText::lossy("ana Ribeiro"), at_unix_ms: now_ms() }
}

pub fn ended(why: CloseReason) -> Happened {
    Happened::Ended { why, at_unix_ms: now_ms(), reconnects: 0 }
}

pub fn client_endpoint(pin: CertificateDer<'static>, transport: TransportConfig, alpn: &[u8]) -> Endpoint {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = rustls::ClientConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Pinned { pin, provider }))
        .with_no_client_auth();
    tls.alpn_protocols = vec![alpn.to_vec()];
    let mut config = ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls).unwrap()));
    config.transport_config(Arc::new(transport));
    let mut endpoint = Endpoint::client("127.0.0.1:0".parse().unwrap()).unwrap();
    endpoint.set_default_client_config(config);
    endpoint
}

/// Trusts one certificate and nothing else, as programs do.
#[derive(Debug)]
struct Pinned {
    pin: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if *end_entity == self.pin {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(rustls::Error::General("another certificate".into()))
        }
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
