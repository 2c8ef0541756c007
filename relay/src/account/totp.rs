//! Time-based one-time codes (RFC 6238 over RFC 4226): six digits of HMAC-SHA-1 for each half minute, as every authenticator app makes
//! them.
//!
//! Rules only: the time comes in. Own lines over `ring`, because whoever refuses a code that was used must know which step it is of, and
//! the crates for it say only yes or no.

use ring::hmac;
use zeroize::Zeroizing;

/// Seconds of a step.
pub(super) const STEP_S: i64 = 30;
/// Steps before and after the present one whose codes are taken, for clocks that differ.
const DRIFT: u64 = 1;
/// Bytes of a secret, as RFC 4226 recommends for SHA-1.
pub(super) const SECRET_BYTES: usize = 20;
/// Digits of a code.
pub(super) const DIGITS: usize = 6;

/// What an authenticator app and the server share. Cannot be printed.
pub(super) struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Of these bytes.
    pub(super) fn from_bytes(bytes: [u8; SECRET_BYTES]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }

    /// As [`Self::to_text`] wrote it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let bytes = data_encoding::BASE32_NOPAD.decode(text.as_bytes()).ok()?;
        let secret = Self(Zeroizing::new(bytes));
        (secret.0.len() == SECRET_BYTES).then_some(secret)
    }

    /// As it is typed into an app: base 32.
    pub(super) fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(data_encoding::BASE32_NOPAD.encode(&self.0))
    }

    /// The code of a step.
    fn code(&self, step: u64) -> u32 {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let tag = tag.as_ref();
        // Dynamic truncation: the last four bits say where the number is.
        let from = usize::from(tag[tag.len() - 1] & 0x0f);
        let number = tag[from..from + 4].iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        (number & 0x7fff_ffff) % 10_u32.pow(DIGITS as u32)
    }

    /// The step whose code this is, at this time: the present one, or its neighbour.
    pub(super) fn step_of(&self, code: u32, unix_s: i64) -> Option<u64> {
        let present = u64::try_from(unix_s / STEP_S).ok()?;
        // All of them are looked at, whichever fits.
        (present.saturating_sub(DRIFT)..=present.saturating_add(DRIFT))
            .filter(|step| self.code(*step) == code)
            .fold(None, |_, step| Some(step))
    }

    /// What an app reads from a picture. Names of the company and the user are shown in the app.
    pub(super) fn address(&self, company: &str, user: &str) -> Zeroizing<String> {
        let label = |text: &str| -> String {
            url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
        };
        let (company, user) = (label(&company.replace(':', " ")), label(&user.replace(':', " ")));
        Zeroizing::new(format!("otpauth://totp/{company}:{user}?secret={}&issuer={company}", *self.to_text()))
    }
}

/// A code as people type it: six digits, blanks between them or not.
pub(super) fn typed(text: &str) -> Option<u32> {
    let digits: String = text.chars().filter(|c| !c.is_whitespace()).take(DIGITS + 1).collect();
    (digits.len() == DIGITS && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn rfc() -> Secret {
        Secret::from_bytes(*b"12345678901234567890")
    }

    #[test]
    fn codes_are_those_of_the_standards_own_table() {
        // RFC 6238, appendix B, for SHA-1: the last six of its eight digits.
        for (time, code) in [
            (59, 287_082),
            (1_111_111_109, 81_804),
            (1_111_111_111, 50_471),
            (1_234_567_890, 5_924),
            (2_000_000_000, 279_037),
            (20_000_000_000_i64, 353_130),
        ] {
            assert_eq!(rfc().step_of(code, time), Some(u64::try_from(time / 30).unwrap()), "{time}");
        }
        // RFC 4226, appendix D.
        let table = [755_224, 287_082, 359_152, 969_429, 338_314, 254_676, 287_922, 162_583, 399_871, 520_489];
        for (step, code) in (0..).zip(table) {
            assert_eq!(rfc().code(step), code, "{step}");
        }
    }

    #[test]
    fn a_code_is_good_in_its_own_half_minute_and_the_two_beside_it() {
        let code = rfc().code(1000);
        let taken: Vec<u64> =
            (990..1010).filter(|step| rfc().step_of(code, i64::try_from(step * 30).unwrap()) == Some(1000)).collect();
        assert_eq!(taken, [999, 1000, 1001]);
        assert_eq!(rfc().step_of(code, -1_000_000), None);
        assert_eq!(rfc().step_of(rfc().code(0), 0), Some(0));
    }

    #[test]
    fn a_code_is_six_digits_however_they_are_apart() {
        assert_eq!(typed("081 804"), Some(81_804));
        assert_eq!(typed(" 081804\n"), Some(81_804));
        for wrong in ["", "81804", "0818041", "08180a", "0818-04", "+81804", "٠٨١٨٠٤"] {
            assert_eq!(typed(wrong), None, "{wrong}");
        }
        assert_eq!(typed(&"1".repeat(1 << 20)), None);
    }

    #[test]
    fn an_app_is_told_the_secret_and_whose_it_is() {
        let address = rfc().address("Padaria Três & Cia: sul", "ana@varanda.example");
        assert_eq!(
            address.as_str(),
            "otpauth://totp/Padaria%20Tr%C3%AAs%20%26%20Cia%20%20sul:ana%40varanda.example?\
             secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Padaria%20Tr%C3%AAs%20%26%20Cia%20%20sul"
        );
        assert_eq!(Secret::parse(&rfc().to_text()).unwrap().0, rfc().0);
        assert!(Secret::parse("GEZDGNBV").is_none() && Secret::parse("no").is_none());
    }
}
