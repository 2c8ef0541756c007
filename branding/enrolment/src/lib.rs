//! Attendants' certificates: who they name, how they are asked for, signed and checked.
//!
//! The relay and `amparo-brand` sign with the same code, wherever the tenant's root is kept; the relay checks what was signed elsewhere;
//! the program computes the fingerprint that its attendant reads out. What both ends of a session sign of it is checked here too. No I/O: bytes and the time come in, certificates come out.

#![forbid(unsafe_code)]

mod certificate;
mod exchange;
mod fingerprint;
mod grant;
mod record;
mod root;

pub use certificate::{Attendant, Checked, EnrolError, Request, attendant_uri, check, key_of, sign};
pub use exchange::{Asked, ExchangeError, MAX_EXCHANGE_BYTES, Requests, Signatures, Signed};
pub use fingerprint::{Fingerprint, NotAFingerprint};
pub use grant::{Bound, EXPORTER_LABEL, grant_message, verify_grant};
pub use record::{RECORD_DETAIL_BYTES, RECORD_LABEL, Statement, key_hash, named};
pub use root::{Root, RootError};
