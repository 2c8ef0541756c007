//! Secrets of connections at rest: sealed with a key that is kept beside the database and not in it, each for its own connection only.

use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    rand::{SecureRandom, SystemRandom},
};
use zeroize::Zeroizing;

/// Sealed bytes that this key does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the secrets are sealed with another key, or damaged")]
pub struct NotOurs;

/// Seals and opens.
pub struct SealKey {
    key: LessSafeKey,
    random: SystemRandom,
}

/// Written before the nonce, so that another way of sealing can be told apart.
const VERSION: u8 = 1;

impl SealKey {
    /// The key of these 32 bytes.
    pub fn new(bytes: &[u8; 32]) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, bytes).expect("the key has 32 bytes");
        Self { key: LessSafeKey::new(key), random: SystemRandom::new() }
    }

    /// Seals a text for whatever `owner` names; nothing else opens it.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn seal(&self, owner: &[u8], text: &str) -> Result<Vec<u8>, NotOurs> {
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).map_err(|_| NotOurs)?;
        let mut sealed = text.as_bytes().to_vec();
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(owner), &mut sealed)
            .map_err(|_| NotOurs)?;
        Ok([&[VERSION], nonce.as_slice(), &sealed].concat())
    }

    /// Opens what was sealed for this owner.
    ///
    /// # Errors
    /// When it was sealed for another, with another key, or is damaged.
    pub fn open(&self, owner: &[u8], sealed: &[u8]) -> Result<Zeroizing<String>, NotOurs> {
        let (version, rest) = sealed.split_first().ok_or(NotOurs)?;
        let (nonce, sealed) = rest.split_at_checked(NONCE_LEN).ok_or(NotOurs)?;
        if *version != VERSION {
            return Err(NotOurs);
        }
        let mut sealed = Zeroizing::new(sealed.to_vec());
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| NotOurs)?;
        let opened = self.key.open_in_place(nonce, Aad::from(owner), &mut sealed).map_err(|_| NotOurs)?;
        Ok(Zeroizing::new(std::str::from_utf8(opened).map_err(|_| NotOurs)?.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_secret_is_opened_by_its_key_for_its_owner_and_by_nothing_else() {
        let key = SealKey::new(&[7; 32]);
        let sealed = key.seal(b"a", "tok-12345").unwrap();
        assert_eq!(key.open(b"a", &sealed).unwrap().as_str(), "tok-12345");
        assert!(!sealed.windows(3).any(|w| w == b"tok"));
        assert_ne!(sealed, key.seal(b"a", "tok-12345").unwrap());
        assert_eq!(key.open(b"b", &sealed), Err(NotOurs));
        assert_eq!(SealKey::new(&[8; 32]).open(b"a", &sealed), Err(NotOurs));
        for n in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[n] ^= 1;
            assert_eq!(key.open(b"a", &damaged), Err(NotOurs), "byte {n}");
            assert_eq!(key.open(b"a", &sealed[..n]), Err(NotOurs), "cut to {n}");
        }
    }
}
