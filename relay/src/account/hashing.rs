//! Password hashes: argon2id, a bounded number at once.
//!
//! Called by [`super::Accounts`] only. Must never run on the runtime's own threads, never log what it hashes, and must take as
//! long for a user who does not exist as for one who does.

use std::{sync::Arc, time::Duration};

use argon2::{
    Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version, password_hash::SaltString,
};
use ring::rand::{SecureRandom, SystemRandom};
use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};
use zeroize::Zeroizing;

/// Memory of one hash, in KiB.
const MEMORY_KIB: u32 = 19_456;
/// Passes over that memory.
const PASSES: u32 = 2;
/// Hashes at once: more would only make each slower and take 19 MiB apiece.
const AT_ONCE: usize = 2;
/// How long a login waits for its turn before it is told that the server is busy.
const TURN: Duration = Duration::from_secs(10);

/// The server has no turn for another hash, or the generator of random numbers failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no password can be checked now")]
pub(super) struct Busy;

/// Makes and checks password hashes.
pub(super) struct Hashing {
    turns: Arc<Semaphore>,
    /// A hash that no password matches; checked for users who do not exist.
    nobody: Arc<str>,
}

impl Hashing {
    pub(super) fn new() -> Self {
        // Salt and password do not matter: what matters is that the parameters, and so the time taken, are those of a real hash.
        let salt = SaltString::encode_b64(b"nobody logs in..").expect("sixteen bytes are a valid salt");
        let nobody = argon2()
            .hash_password(&[0xff; 32], &salt)
            .expect("the parameters are constants known to be valid")
            .to_string();
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)), nobody: nobody.into() }
    }

    /// The hash of a new password, in PHC form.
    pub(super) async fn hash(&self, password: &str) -> Result<String, Busy> {
        let password = Zeroizing::new(password.to_owned());
        self.in_turn(move || {
            let mut salt = [0; 16];
            SystemRandom::new().fill(&mut salt).map_err(|_| Busy)?;
            let salt = SaltString::encode_b64(&salt).map_err(|_| Busy)?;
            Ok(argon2().hash_password(password.as_bytes(), &salt).map_err(|_| Busy)?.to_string())
        })
        .await?
    }

    /// Whether this is the password of that hash. With no hash it takes as long and says no.
    pub(super) async fn matches(&self, password: &str, hash: Option<&str>) -> Result<bool, Busy> {
        let password = Zeroizing::new(password.to_owned());
        let known = hash.is_some();
        let hash: Arc<str> = hash.map_or_else(|| self.nobody.clone(), Arc::from);
        self.in_turn(move || {
            let fits =
                PasswordHash::new(&hash).is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok());
            fits && known
        })
        .await
    }

    async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Busy> {
        let turn = timeout(TURN, self.turns.clone().acquire_owned()).await.map_err(|_| Busy)?.map_err(|_| Busy)?;
        // The turn goes with the work: a caller who gives up does not let another hash start beside this one.
        spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        })
        .await
        .map_err(|_| Busy)
    }
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).expect("the parameters are constants known to be valid");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn a_password_matches_its_own_hash_and_nothing_else() {
        let hashing = Hashing::new();
        let hash = hashing.hash("uma frase comprida").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(hashing.matches("uma frase comprida", Some(&hash)).await.unwrap());
        assert!(!hashing.matches("uma frase comprida ", Some(&hash)).await.unwrap());
        assert!(!hashing.matches("uma frase comprida", Some("not a hash")).await.unwrap());
    }

    #[tokio::test]
    async fn nobody_logs_in_as_a_user_who_does_not_exist() {
        let hashing = Hashing::new();
        let known = String::from_utf8_lossy(&[0xff; 32]).into_owned();
        assert!(!hashing.matches(&known, None).await.unwrap());
        assert!(!hashing.matches("", None).await.unwrap());
    }
}
