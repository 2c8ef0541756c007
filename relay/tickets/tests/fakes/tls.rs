//! Encryption in front of a fake: what it hears it passes on.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use rcgen::{CertifiedKey, KeyPair};
use rustls_pki_types::PrivateKeyDer;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::Server;

pub struct Front {
    pub base: String,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Front {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves this fake with this certificate.
pub async fn front(server: &Server, issued: &CertifiedKey<KeyPair>) -> Front {
    let key = PrivateKeyDer::try_from(issued.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![issued.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("https://{}", listener.local_addr().unwrap());
    server.is_reached_at(&base);
    let behind = server.base.trim_start_matches("http://").to_owned();
    let task = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, behind) = (acceptor.clone(), behind.clone());
            tokio::spawn(async move {
                // A handshake that fails is what the test is about.
                if let Ok(mut stream) = acceptor.accept(stream).await {
                    let mut behind = TcpStream::connect(behind).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut stream, &mut behind).await;
                }
            });
        }
    });
    Front { base, task }
}
