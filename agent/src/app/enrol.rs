//! The attendant's key and certificate: asked for, kept, renewed, and shown to the relay where a one-time grant is taken.

use enrolment::EXPORTER_LABEL;
use protocol::{
    id::DeviceId,
    message::{
        FromRelay, ToRelay,
        directory::{CertificateRequest, Opaque},
        one_time::{GrantTaken, TakeGrant},
    },
};

use super::{App, LinkNews, client, now};
use crate::link::secure::{EnrolmentKey, SecureError};

impl App {
    /// Asks for a certificate: with the key that was kept for this attendant, or a new one that lives in memory.
    pub(super) fn enrol(&mut self) {
        let kept = self.attendant.as_ref().and_then(|attendant| self.config.folder.load_key(attendant.operator));
        let key = match kept.map(|der| EnrolmentKey::from_pkcs8(&der)) {
            Some(Ok(key)) => Ok(key),
            Some(Err(error)) => {
                tracing::warn!(
                    error = client::chain(&error),
                    "the key that was kept cannot be read: a new one is made"
                );
                EnrolmentKey::generate()
            }
            None => EnrolmentKey::generate(),
        };
        let asked = key.and_then(|key| Ok((key.request()?, key)));
        let asked = asked.map_err(|error| client::chain(&error)).and_then(|(request, key)| {
            let request = CertificateRequest::try_from(request).map_err(str::to_owned)?;
            Ok((key, request))
        });
        match asked {
            Ok((key, request)) => {
                self.enrolling = Some(key);
                self.link.say(ToRelay::Enrol(request));
            }
            Err(why) => self.controller.enrolled(Err(why)),
        }
    }

    /// The administrator has to sign first. The key is kept, so that the certificate is of use whenever it comes.
    pub(super) fn enrolment_waits(&mut self) {
        let (Some(key), Some(attendant)) = (&self.enrolling, &self.attendant) else { return };
        if let Err(error) = self.config.folder.keep_key(attendant.operator, &key.to_pkcs8()) {
            tracing::warn!(%error, "the key could not be kept: with the program closed it has to be asked for anew");
        }
        self.controller.enrolment_waits(key.fingerprint(attendant).to_string());
    }

    pub(super) fn enrolled(&mut self, chain: &[Vec<u8>]) {
        let (Some(key), Some(attendant)) = (&self.enrolling, &self.attendant) else { return };
        let identity = key.certified(attendant.operator, chain).map_err(|error| client::chain(&error));
        let result = identity.map(|identity| {
            let expires = identity.expires_unix_ms;
            self.identity = Some(identity);
            expires
        });
        self.controller.enrolled(result);
    }

    /// Takes a grant with the certificate's key, on this connection.
    pub(super) fn take_grant(&mut self, request: u32, partner: DeviceId, grant: Opaque) {
        match self.proved(request, partner, grant) {
            Ok(take) => self.link.say(ToRelay::TakeGrant(take)),
            Err(error) => {
                tracing::warn!(error = client::chain(&error), "a grant cannot be taken");
                let refused = FromRelay::GrantTaken(GrantTaken { request, taken: false });
                self.controller.link(LinkNews::Message(refused), now());
            }
        }
    }

    fn proved(&self, request: u32, partner: DeviceId, grant: Opaque) -> Result<TakeGrant, SecureError> {
        let missing = |what: &str| SecureError::Own(what.to_owned());
        let identity = self.identity.as_ref().ok_or_else(|| missing("there is no certificate yet"))?;
        let connection = self.connection.as_ref().ok_or_else(|| missing("there is no connection"))?;
        let mut exporter = [0; 32];
        connection
            .export_keying_material(&mut exporter, EXPORTER_LABEL, &[])
            .map_err(|_| missing("the connection has no exporter"))?;
        let proof = identity.prove(&exporter, grant.as_bytes())?;
        Ok(TakeGrant { request, partner, chain: identity.chain()?, proof, grant })
    }
}
