//! The data folder's certificates and keys: made at the first start, kept for ever, readable by the server's user only.

use std::sync::Arc;

use protocol::id::TenantId;

/// Everything the relay signs and proves with.
pub struct Keys {
    /// The relay's own certificate, DER: what profiles pin.
    pub certificate: rustls_pki_types::CertificateDer<'static>,
    /// Its private key.
    pub private_key: rustls_pki_types::PrivatePkcs8KeyDer<'static>,
}

/// What one company signs with, as long as it has not moved its keys off the server.
pub struct TenantKeys {
    /// The company.
    pub tenant: TenantId,
    /// The root of its attendants' certificates, DER.
    pub root_certificate: Vec<u8>,
}

impl Keys {
    /// The signed profile of an app: what a customer's program is made of.
    pub fn tenant(&self, tenant: TenantId) -> anyhow::Result<Arc<TenantKeys>> {
        anyhow::bail!("no keys for tenant {tenant}")
    }
}
