//! Which certificates a ticketing system may show: those the system trusts, and a company's own authority where it has one.

use std::sync::{Arc, OnceLock};

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, pem::PemObject};

/// Text that is not a list of certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not certificates in PEM")]
pub struct NotCertificates;

/// What is trusted.
#[derive(Clone)]
pub struct Trust(Arc<ClientConfig>);

impl Trust {
    /// What this computer trusts, and the authorities in `pem`.
    ///
    /// # Errors
    /// When there is text in `pem` that holds no certificate.
    pub fn with(pem: &str) -> Result<Self, NotCertificates> {
        let mut roots = system().clone();
        if !pem.trim().is_empty() {
            let own: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
            let own = own.map_err(|_| NotCertificates)?;
            if own.is_empty() {
                return Err(NotCertificates);
            }
            for certificate in own {
                roots.add(certificate).map_err(|_| NotCertificates)?;
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring knows TLS 1.2 and 1.3")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(Arc::new(config)))
    }

    pub(super) fn config(&self) -> Arc<ClientConfig> {
        self.0.clone()
    }
}

/// Read once: it is a few hundred files.
fn system() -> &'static RootCertStore {
    static SYSTEM: OnceLock<RootCertStore> = OnceLock::new();
    SYSTEM.get_or_init(|| {
        let found = rustls_native_certs::load_native_certs();
        for error in &found.errors {
            tracing::warn!(error = error as &dyn std::error::Error, "certificates of this computer cannot be read");
        }
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(found.certs);
        roots
    })
}
