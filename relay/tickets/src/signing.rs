//! Signing of messages as Standard Webhooks has it: `whsec_` secrets, `v1,` HMAC-SHA256 over id, time and body.
//!
//! Used by the adapter that tells a webhook of sessions and by the company's webhooks. Must never show a secret.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::{
    hmac,
    rand::{SecureRandom, SystemRandom},
};
use zeroize::Zeroizing;

use crate::{http::Call, secret::Secret};

/// What every secret begins with.
const PREFIX: &str = "whsec_";
/// Bytes of a secret that is made here.
const MADE_BYTES: usize = 32;

/// Signs messages with one secret.
#[derive(Clone)]
pub struct Signer(hmac::Key);

impl Signer {
    /// Of this secret; `None` when it is not written as one: `whsec_` and 24 to 64 bytes in base64.
    pub fn of(secret: &Secret) -> Option<Self> {
        let encoded = secret.expose().strip_prefix(PREFIX)?;
        let key = Zeroizing::new(STANDARD.decode(encoded).ok()?);
        (24..=64).contains(&key.len()).then(|| Self(hmac::Key::new(hmac::HMAC_SHA256, &key)))
    }

    /// The signature of a message.
    pub fn sign(&self, id: &str, at_s: i64, body: &str) -> String {
        let signature = hmac::sign(&self.0, format!("{id}.{at_s}.{body}").as_bytes());
        format!("v1,{}", STANDARD.encode(signature))
    }
}

/// A new secret; `None` when the system has no random numbers.
pub fn make() -> Option<Secret> {
    let mut key = Zeroizing::new([0; MADE_BYTES]);
    SystemRandom::new().fill(&mut *key).ok()?;
    Some(Secret::new(format!("{PREFIX}{}", STANDARD.encode(*key))))
}

/// The call that tells this, signed by each of these.
pub fn call(signers: &[Signer], id: &str, at_s: i64, body: &str) -> Call {
    let signatures: Vec<String> = signers.iter().map(|signer| signer.sign(id, at_s, body)).collect();
    Call::post("")
        .header("webhook-id", id)
        .header("webhook-timestamp", at_s.to_string())
        .header("webhook-signature", signatures.join(" "))
        .json_bytes(body.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_message_is_signed_as_the_specification_shows() {
        // The example of the Standard Webhooks specification.
        let signer = Signer::of(&Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")).unwrap();
        let signature = signer.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, "{\"test\": 2432232314}");
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn only_what_is_written_as_a_secret_is_one() {
        assert!(Signer::of(&make().unwrap()).is_some());
        for wrong in ["", "whsec_", "whsec_AAAA", "whsec_!", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
            assert!(Signer::of(&Secret::new(wrong)).is_none(), "{wrong}");
        }
    }
}
