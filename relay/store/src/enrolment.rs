//! Certificates of attendants: what their programs ask for and what was signed.
//!
//! Bytes only: what a request or a certificate says is checked by whoever keeps it.

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::id::{OperatorId, TenantId};

use crate::error::StoreError;

/// A request that waits for the administrator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolmentRequest {
    /// Whose.
    pub operator: OperatorId,
    /// Of which company.
    pub tenant: TenantId,
    /// The name they log in with, as it is now.
    pub login: String,
    /// The name that the certificate will have.
    pub name: String,
    /// PKCS#10, DER.
    pub request: Vec<u8>,
    /// Since when it waits.
    pub asked_at: Timestamp,
}

/// An attendant's newest certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttendantCertificate {
    /// Whose.
    pub operator: OperatorId,
    /// Of which company.
    pub tenant: TenantId,
    /// DER.
    pub certificate: Vec<u8>,
    /// From then on it is worthless.
    pub expires_at: Timestamp,
}

/// Records of enrolments. Those of a disabled operator are gone.
#[async_trait]
pub trait EnrolmentRecords: Send + Sync {
    /// Keeps a request in place of an earlier one of the same operator; `login` is not looked at. `false` when the same request was there
    /// already. [`StoreError::NotFound`] when the operator is unknown or disabled.
    async fn ask_enrolment(&self, request: &EnrolmentRequest) -> Result<bool, StoreError>;
    /// A company's waiting requests, oldest first.
    async fn enrolment_requests(&self, tenant: TenantId) -> Result<Vec<EnrolmentRequest>, StoreError>;
    /// Keeps a certificate in place of an earlier one, and takes the operator's request away if `answers`.
    /// [`StoreError::NotFound`] when the operator is unknown or disabled.
    async fn keep_certificate(&self, certificate: &AttendantCertificate, answers: bool) -> Result<(), StoreError>;
    /// An attendant's newest certificate.
    async fn attendant_certificate(
        &self,
        tenant: TenantId,
        operator: OperatorId,
    ) -> Result<Option<AttendantCertificate>, StoreError>;
    /// Whether somebody out there may trust the company's present root: a program has registered, a profile was handed out, or an
    /// attendant has a certificate.
    async fn root_is_trusted(&self, tenant: TenantId) -> Result<bool, StoreError>;
    /// Takes away all requests and certificates of a company: its root is another now.
    async fn forget_enrolments(&self, tenant: TenantId) -> Result<(), StoreError>;
}
