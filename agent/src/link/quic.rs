//! Dials the relay. The certificate must be the one pinned in the signed profile; nothing else is accepted, and there is no fallback.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use protocol::{limits, version};
use quinn::crypto::rustls::QuicClientConfig;
use rustls::{
    DigitallySignedStruct, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};

use super::plain;

/// Where the relay is and how it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayAddress {
    /// Host name or address.
    pub host: String,
    /// UDP port.
    pub port: u16,
    /// SHA-256 of its certificate in DER.
    pub certificate_sha256: [u8; 32],
}

impl std::fmt::Display for RelayAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// Why the relay could not be reached.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    /// The name leads to no address.
    #[error("no address for {host}")]
    Name {
        /// The name.
        host: String,
        /// Why.
        source: std::io::Error,
    },
    /// No socket could be opened here.
    #[error("opening a UDP socket")]
    Socket(#[source] std::io::Error),
    /// The connection could not be set up.
    #[error("connecting to {relay}")]
    Connect {
        /// To whom.
        relay: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Time for one try.
const DIAL_WAIT: Duration = Duration::from_secs(8);
/// Picture data that may be on its way without being read, per stream: a whole screen in exact patches.
const STREAM_WINDOW: u32 = limits::PICTURE_MESSAGE_BYTES as u32;
/// Bytes of the first flight after silence.
const INITIAL_WINDOW: u64 = 64 * 1024;
/// Kernel buffer of the socket: the default of many systems (208 kB) is less than one large update.
const SOCKET_BUFFER: usize = 4 * 1024 * 1024;

/// Connects to the relay.
pub async fn dial(relay: &RelayAddress) -> Result<(quinn::Endpoint, quinn::Connection), DialError> {
    let name = |source| DialError::Name { host: relay.host.clone(), source };
    let mut addresses: Vec<SocketAddr> =
        tokio::net::lookup_host((relay.host.as_str(), relay.port)).await.map_err(name)?.collect();
    addresses.sort_by_key(|address| !address.is_ipv4());
    let Some(first) = addresses.first() else {
        return Err(name(std::io::Error::from(std::io::ErrorKind::NotFound)));
    };
    let local: SocketAddr =
        if first.is_ipv4() { (Ipv4Addr::UNSPECIFIED, 0).into() } else { (std::net::Ipv6Addr::UNSPECIFIED, 0).into() };
    let endpoint = endpoint(local).map_err(DialError::Socket)?;
    let failed =
        |source: Box<dyn std::error::Error + Send + Sync>| DialError::Connect { relay: relay.to_string(), source };
    let config = client_config(relay.certificate_sha256).map_err(failed)?;
    // The pinned certificate says who it is, so any name does; an address would need its own entry in the certificate.
    let connecting = endpoint.connect_with(config, *first, "relay.amparo").map_err(|e| failed(Box::new(e)))?;
    let connection = tokio::time::timeout(DIAL_WAIT, connecting)
        .await
        .map_err(|e| failed(Box::new(e)))?
        .map_err(|e| failed(Box::new(e)))?;
    Ok((endpoint, connection))
}

fn endpoint(local: SocketAddr) -> std::io::Result<quinn::Endpoint> {
    let socket = socket2::Socket::new(socket2::Domain::for_address(local), socket2::Type::DGRAM, None)?;
    for (what, result) in
        [("receive", socket.set_recv_buffer_size(SOCKET_BUFFER)), ("send", socket.set_send_buffer_size(SOCKET_BUFFER))]
    {
        if let Err(error) = result {
            tracing::debug!(%error, what, "the socket keeps its small buffer");
        }
    }
    socket.bind(&local.into())?;
    let (config, runtime) = (quinn::EndpointConfig::default, Arc::new(quinn::TokioRuntime));
    match quinn::Endpoint::new(config(), None, socket.try_clone()?.into(), runtime.clone()) {
        Err(error) if plain::wanted(&error) => {
            tracing::info!(%error, "the network offers plain datagrams only");
            let socket = Arc::new(plain::Socket::new(socket.into())?);
            quinn::Endpoint::new_with_abstract_socket(config(), None, socket, runtime)
        }
        endpoint => endpoint,
    }
}

fn client_config(pin: [u8; 32]) -> Result<quinn::ClientConfig, Box<dyn std::error::Error + Send + Sync>> {
    let provider = provider();
    let mut tls = rustls::ClientConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Pinned { pin, provider }))
        .with_no_client_auth();
    tls.alpn_protocols = vec![version::ALPN_OUTER.to_vec()];
    tls.resumption = rustls::client::Resumption::disabled();
    let mut config = quinn::ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls)?));
    config.transport_config(Arc::new(transport()));
    Ok(config)
}

/// QUIC settings that fit pictures and long waits; quinn's defaults fit neither.
fn transport() -> quinn::TransportConfig {
    let mut config = quinn::TransportConfig::default();
    config
        .max_idle_timeout(Some(limits::IDLE_TIMEOUT.try_into().expect("15 s fit a QUIC time-out")))
        .keep_alive_interval(Some(limits::IDLE_TIMEOUT / 3))
        .max_concurrent_bidi_streams(4_u8.into())
        .max_concurrent_uni_streams(16_u8.into())
        .stream_receive_window(STREAM_WINDOW.into())
        .receive_window((STREAM_WINDOW * 2).into())
        .send_window(u64::from(STREAM_WINDOW))
        .datagram_receive_buffer_size(None);
    config.congestion_controller_factory(Arc::new(transport::SteadyConfig::new(INITIAL_WINDOW)));
    config
}

/// The one TLS implementation used everywhere.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// Accepts one certificate and no other.
#[derive(Debug)]
struct Pinned {
    pin: [u8; 32],
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let got = ring::digest::digest(&ring::digest::SHA256, end_entity);
        if got.as_ref() == self.pin {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(rustls::Error::InvalidCertificate(rustls::CertificateError::ApplicationVerificationFailure))
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
