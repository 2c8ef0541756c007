//! How a QUIC connection behaves and what it may cost. Every window and count is set here; none is left to its default by accident.
//!
//! A customer who waits costs some 38 kB, as `examples/relay_idle.rs` counts them piece by piece; windows are limits and take no memory
//! before something is sent. 36 kB are quinn's and rustls', whatever is set here: 14 kB two blocks of the channel between end point and
//! connection (32 places each, the first one full after as many packets), 7 kB the connection's state, 2.4 kB the buffer of the last
//! packets sent, 2.3 kB the keys of now and of the next key update. 2.4 kB are ours: a task that reads, one that writes, the customer's
//! entry in the directory. Our two tasks box whatever they need only for a moment, and queues are empty when nothing waits in them.

use std::{sync::Arc, time::Duration};

use protocol::version::ALPN_OUTER;
use quinn::{Connection, EndpointConfig, IdleTimeout, TransportConfig, VarInt, crypto::rustls::QuicServerConfig};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::{config::Times, key::Keys};

/// Bytes a program may send ahead of the relay's reading, outside a session: one control message of the longest kind.
const IDLE_RECEIVE_WINDOW: u32 = 384 * 1024;
/// Bytes the relay keeps for a program that does not acknowledge, outside a session: a full waiting list and change.
const IDLE_SEND_WINDOW: u64 = 512 * 1024;
/// The same within a session: a whole 1080p picture in one piece, at 20 ms of round trip some 200 MB/s.
const PAIRED_RECEIVE_WINDOW: u32 = 4 * 1024 * 1024;
const PAIRED_SEND_WINDOW: u64 = 4 * 1024 * 1024;
/// Bytes ahead on one stream.
const STREAM_RECEIVE_WINDOW: u32 = 2 * 1024 * 1024;
/// The control stream, and nothing else.
const IDLE_BOTH_WAYS: u32 = 1;
/// The control stream and inner TLS, which begins anew after each cut while the old one is still being taken down.
const PAIRED_BOTH_WAYS: u32 = 4;
/// Pictures, pointer, input and acknowledgements, some of them alive at the same time.
const PAIRED_ONE_WAY: u32 = 32;
/// Handshake bytes out of order: two certificates fit many times.
const CRYPTO_BUFFER_BYTES: usize = 16 * 1024;
/// First flight after silence: an ordinary picture should not take many round trips to get going.
const INITIAL_WINDOW_BYTES: u64 = 128 * 1024;
/// Connections whose handshake has arrived and was not yet looked at.
const INCOMING: usize = 1024;
/// Bytes kept for all of them.
const INCOMING_BYTES: u64 = 8 * 1024 * 1024;
/// Bytes kept for one of them.
const INCOMING_BYTES_EACH: u64 = 16 * 1024;

/// How the UDP port answers packets of connections it does not know: those of an earlier life of this relay are told that they are gone.
pub fn endpoint_config(keys: &Keys) -> EndpointConfig {
    let mut config = EndpointConfig::new(Arc::new(ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &keys.reset_key())));
    let key = keys.connection_id_key();
    config.cid_generator(move || Box::new(quinn_proto::HashedConnectionIdGenerator::from_key(key)));
    config
}

/// What programs meet on the UDP port.
///
/// # Errors
/// When certificate and key do not fit each other.
pub fn server_config(keys: &Keys, times: &Times) -> anyhow::Result<quinn::ServerConfig> {
    let mut tls = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_no_client_auth()
        .with_single_cert(chain(keys), private_key(keys))?;
    tls.alpn_protocols = vec![ALPN_OUTER.to_vec()];
    // Programs come back with a new handshake; there is nothing to resume and no early data.
    tls.send_tls13_tickets = 0;
    tls.max_early_data_size = 0;
    let mut config = quinn::ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(tls)?));
    config.transport_config(Arc::new(transport(times)));
    config.migration(true);
    config.max_incoming(INCOMING);
    config.incoming_buffer_size(INCOMING_BYTES_EACH);
    config.incoming_buffer_size_total(INCOMING_BYTES);
    Ok(config)
}

/// What browsers meet on the TCP port of the same number.
///
/// # Errors
/// When the key does not fit the certificate.
pub fn console_tls(keys: &Keys) -> anyhow::Result<Arc<rustls::ServerConfig>> {
    let mut tls = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain(keys), private_key(keys))?;
    // Every open page of the console has a live stream of its own, and a browser opens six connections to a server: over HTTP/1.1 the
    // seventh page would wait for ever. Over HTTP/2 they share one.
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(tls))
}

fn chain(keys: &Keys) -> Vec<CertificateDer<'static>> {
    vec![keys.certificate.clone()]
}

fn private_key(keys: &Keys) -> PrivateKeyDer<'static> {
    PrivateKeyDer::Pkcs8(keys.private_key.clone_key())
}

fn transport(times: &Times) -> TransportConfig {
    let idle = IdleTimeout::try_from(times.idle).unwrap_or_else(|_| IdleTimeout::from(VarInt::from_u32(15_000)));
    let mut config = TransportConfig::default();
    config
        .max_idle_timeout(Some(idle))
        .keep_alive_interval(Some((times.idle / 3).max(Duration::from_millis(50))))
        .max_concurrent_bidi_streams(IDLE_BOTH_WAYS.into())
        .max_concurrent_uni_streams(0_u32.into())
        .receive_window(IDLE_RECEIVE_WINDOW.into())
        .send_window(IDLE_SEND_WINDOW)
        .stream_receive_window(STREAM_RECEIVE_WINDOW.into())
        .crypto_buffer_size(CRYPTO_BUFFER_BYTES)
        // Of streams of the same priority the older one goes first: pictures arrive whole one after the other.
        .send_fairness(false)
        .datagram_receive_buffer_size(None)
        .congestion_controller_factory(Arc::new(transport::SteadyConfig::new(INITIAL_WINDOW_BYTES)));
    config
}

/// Gives a connection the room of a session.
pub fn widen(connection: &Connection) {
    connection.set_receive_window(PAIRED_RECEIVE_WINDOW.into());
    connection.set_send_window(PAIRED_SEND_WINDOW);
    connection.set_max_concurrent_bi_streams(PAIRED_BOTH_WAYS.into());
    connection.set_max_concurrent_uni_streams(PAIRED_ONE_WAY.into());
}

/// Takes it back: what is under way ends by itself.
pub fn narrow(connection: &Connection) {
    connection.set_max_concurrent_uni_streams(0_u32.into());
    connection.set_max_concurrent_bi_streams(IDLE_BOTH_WAYS.into());
    connection.set_send_window(IDLE_SEND_WINDOW);
    connection.set_receive_window(IDLE_RECEIVE_WINDOW.into());
}
