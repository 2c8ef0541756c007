//! What an attendant reads out and the administrator compares: it stands for everything the certificate will say.

use std::{fmt, str::FromStr};

use ring::digest;

use crate::certificate::Attendant;

/// 128 bits of SHA-256 over company, attendant, name and key; shown as eight groups of four.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 16]);

/// Text that is no fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a fingerprint is eight groups of four hexadecimal digits")]
pub struct NotAFingerprint;

impl Fingerprint {
    /// Of a request by this attendant with this key (SubjectPublicKeyInfo in DER).
    ///
    /// Whoever swaps the key, the name or the person between the attendant's window and the administrator's list changes it.
    pub fn of(attendant: &Attendant, key: &[u8]) -> Self {
        let mut hash = digest::Context::new(&digest::SHA256);
        hash.update(b"amparo enrolment request v1");
        hash.update(attendant.tenant.as_bytes());
        hash.update(attendant.operator.as_bytes());
        for part in [attendant.name.as_bytes(), key] {
            hash.update(&(part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        Self(*hash.finish().as_ref().first_chunk().expect("SHA-256 has 32 bytes"))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, pair) in self.0.chunks(2).enumerate() {
            let gap = if i == 0 { "" } else { " " };
            write!(f, "{gap}{:02X}{:02X}", pair[0], pair[1])?;
        }
        Ok(())
    }
}

impl FromStr for Fingerprint {
    type Err = NotAFingerprint;

    /// Blanks, dashes and colons between the digits do not matter, nor does their case.
    fn from_str(text: &str) -> Result<Self, NotAFingerprint> {
        let digits: Vec<u8> = text
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '-' | ':'))
            .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()).ok_or(NotAFingerprint))
            .collect::<Result<_, _>>()?;
        let bytes: Vec<u8> =
            digits.chunks(2).filter(|pair| pair.len() == 2).map(|pair| pair[0] << 4 | pair[1]).collect();
        match (digits.len(), <[u8; 16]>::try_from(bytes)) {
            (32, Ok(bytes)) => Ok(Self(bytes)),
            _ => Err(NotAFingerprint),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use protocol::id::{OperatorId, TenantId};

    use super::*;

    #[test]
    fn a_fingerprint_stands_for_company_person_name_and_key() {
        let ana = Attendant {
            tenant: TenantId::from_bytes([1; 16]),
            operator: OperatorId::from_bytes([2; 16]),
            name: "Ana".to_owned(),
        };
        let of = |attendant: &Attendant, key: &[u8]| Fingerprint::of(attendant, key);
        let first = of(&ana, b"key");
        assert_eq!(first, of(&ana.clone(), b"key"));
        let others = [
            of(&ana, b"other"),
            of(&Attendant { name: "Rui".to_owned(), ..ana.clone() }, b"key"),
            of(&Attendant { operator: OperatorId::from_bytes([3; 16]), ..ana.clone() }, b"key"),
            of(&Attendant { tenant: TenantId::from_bytes([3; 16]), ..ana.clone() }, b"key"),
            // The border between name and key counts.
            of(&Attendant { name: "Anak".to_owned(), ..ana.clone() }, b"ey"),
        ];
        assert!(others.iter().all(|other| *other != first));
    }

    #[test]
    fn a_fingerprint_is_read_as_people_type_it() {
        let one = Fingerprint([0xA1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0xFF]);
        assert_eq!(one.to_string(), "A102 0304 0506 0708 090A 0B0C 0D0E 0FFF");
        assert_eq!(one.to_string().parse(), Ok(one));
        assert_eq!("a102-0304-0506-0708:090a0b0c0d0e0fff".parse(), Ok(one));
        for wrong in
            ["", "A102", "A102 0304 0506 0708 090A 0B0C 0D0E 0FF", "A102 0304 0506 0708 090A 0B0C 0D0E 0FFG", "é"]
        {
            assert_eq!(wrong.parse::<Fingerprint>(), Err(NotAFingerprint), "{wrong}");
        }
    }
}
