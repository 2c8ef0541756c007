//! What this end signs of a session when it is over: with the key it had on the inner connection, about that connection.

use std::{fmt, sync::Arc};

use enrolment::Statement;
use protocol::{
    id::{ProtocolNumber, SessionId, TenantId},
    message::{
        grant::Grants,
        pairing::{CloseReason, Role},
        record::{Signed, Told},
    },
};
use rustls::pki_types::PrivateKeyDer;

/// What only the two ends of an inner connection know together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Witness {
    /// From the connection's TLS exporter.
    pub connection: [u8; 32],
    /// SHA-256 of the customer's key.
    pub customer_key: [u8; 32],
    /// SHA-256 of the attendant's key.
    pub attendant_key: [u8; 32],
}

/// Signs for one end of one session.
#[derive(Clone)]
pub struct Signer {
    tenant: TenantId,
    role: Role,
    witness: Witness,
    key: Arc<PrivateKeyDer<'static>>,
    public: Arc<[u8]>,
}

/// How a session went, as this end saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// Which.
    pub session: SessionId,
    /// Its protocol number.
    pub protocol: ProtocolNumber,
    /// What was ever allowed.
    pub granted: Grants,
    /// When it began, by the relay's clock.
    pub started_unix_ms: u64,
    /// When it ended, by the relay's clock.
    pub ended_unix_ms: u64,
    /// Times it was cut and came back.
    pub reconnects: u32,
    /// Why it ended.
    pub why: CloseReason,
}

impl Signer {
    /// `key` is PKCS#8 in DER; `public` what it is checked with: the customer's SubjectPublicKeyInfo or the attendant's certificate.
    pub fn new(
        tenant: TenantId,
        role: Role,
        witness: Witness,
        key: Arc<PrivateKeyDer<'static>>,
        public: Arc<[u8]>,
    ) -> Self {
        Self { tenant, role, witness, key, public }
    }

    /// The signed statement; `None` when our own key cannot sign.
    pub fn sign(&self, past: Past) -> Option<Signed> {
        let Past { session, protocol, granted, started_unix_ms, ended_unix_ms, reconnects, why } = past;
        let Witness { connection, customer_key, attendant_key } = self.witness;
        let told =
            Told { granted, started_unix_ms, ended_unix_ms, reconnects, why, connection, customer_key, attendant_key };
        let signed = Statement { tenant: self.tenant, session, protocol, role: self.role, told }
            .sign(self.key.secret_der(), &self.public);
        if signed.is_none() {
            tracing::error!(%session, "the session's record cannot be signed with our own key");
        }
        signed
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("role", &self.role).finish_non_exhaustive()
    }
}

/// The same key says the same of the same connection.
impl PartialEq for Signer {
    fn eq(&self, other: &Self) -> bool {
        (self.tenant, self.role, self.witness) == (other.tenant, other.role, other.witness)
            && self.public == other.public
    }
}

impl Eq for Signer {}
