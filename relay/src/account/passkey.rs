//! Passkeys of an account: made, used, taken away. Each is a second factor, and both factors when it is used alone.
//!
//! Called by the console only: the programs log in with a password and a code. What is right and wrong about a passkey is known to
//! [`super::webauthn`]; here it is somebody's. Must never tell whether it was the passkey or its user that is not known, and must write
//! down every refusal of a passkey that somebody has.

use std::{net::IpAddr, time::Instant};

use protocol::{
    id::{OperatorId, TenantId},
    message::directory::LoginError,
};
use store::{NewPasskey, Passkey, PasskeyId, StoreError};

use super::{
    Accounts, Operator, RecoveryCodes, factor, shown, too_many, unavailable,
    webauthn::{self, Asked, CREDENTIAL_BYTES, Client, Party, Refused},
};

/// The longest name that a passkey is given.
const NAME_CHARS: usize = 60;

/// A new passkey as a browser hands it over.
pub struct NewKey<'a> {
    /// What its user calls it.
    pub name: &'a str,
    /// What the browser was asked, in its words.
    pub client: &'a [u8],
    /// What the authenticator made.
    pub object: &'a [u8],
}

/// The proof of a passkey as a browser hands it over.
pub struct Proof<'a> {
    /// What the authenticator calls it.
    pub credential: &'a [u8],
    /// What the browser was asked, in its words.
    pub client: &'a [u8],
    /// What the authenticator says.
    pub data: &'a [u8],
    /// By the passkey, over both.
    pub signature: &'a [u8],
    /// Whom the authenticator made it for; empty: it does not say.
    pub user: &'a [u8],
}

/// What a passkey is to prove, and to whom.
pub struct Occasion<'a> {
    /// This console.
    pub party: &'a Party,
    /// Of which company its user is.
    pub tenant: TenantId,
    /// Who it is to be; `None`: whoever has the passkey.
    pub owner: Option<&'a Operator>,
    /// What it is used for, in the audit log.
    pub at: &'a str,
    /// Where it comes from.
    pub source: IpAddr,
}

/// Why a passkey was not added.
#[derive(Debug, thiserror::Error)]
pub enum PasskeyError {
    /// The name is empty or cannot be shown.
    #[error("a passkey cannot have this name")]
    BadName,
    /// Somebody has it already, or this user has as many as one may have.
    #[error("this passkey is one too many")]
    TooMany,
    /// It is no passkey of this console.
    #[error("this is no passkey")]
    Refused(#[source] Refused),
    /// The server cannot do it now.
    #[error("the server cannot keep passkeys now")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<StoreError> for PasskeyError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict { .. } => Self::TooMany,
            other => Self::Unavailable(Box::new(other)),
        }
    }
}

impl Accounts {
    /// The passkeys of a user, in the order in which they were made.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn passkeys(&self, tenant: TenantId, operator: OperatorId) -> Result<Vec<Passkey>, LoginError> {
        self.store.passkeys(tenant, operator).await.map_err(unavailable)
    }

    /// Adds a passkey to somebody who is logged in. `spend` says whether a challenge was asked of this login, and spends it. Gives
    /// recovery codes, to be shown once, when it is their first second factor.
    ///
    /// # Errors
    /// As [`PasskeyError`] says; a passkey that is refused is in the audit log.
    pub async fn add_passkey(
        &self,
        party: &Party,
        operator: &Operator,
        new: &NewKey<'_>,
        spend: impl FnOnce(&[u8]) -> bool + Send,
        source: IpAddr,
    ) -> Result<Option<RecoveryCodes>, PasskeyError> {
        let unavailable = |error: LoginError| PasskeyError::Unavailable(Box::new(error));
        let name = shown(new.name).filter(|name| name.chars().count() <= NAME_CHARS).ok_or(PasskeyError::BadName)?;
        let made = Client::read(new.client, Asked::Create, party, spend)
            .and_then(|client| webauthn::register(party, &client, new.object));
        let made = match made {
            Ok(made) => made,
            Err(why) => {
                self.note(operator, "passkey.refused", &operator.login, &format!("why={why}"), source)
                    .await
                    .map_err(unavailable)?;
                return Err(PasskeyError::Refused(why));
            }
        };
        let (codes, hashes) =
            factor::recovery_codes(operator).map_err(|error| PasskeyError::Unavailable(Box::new(error)))?;
        self.note(operator, "passkey.added", &name, "", source).await.map_err(unavailable)?;
        let row = NewPasskey {
            name: &name,
            credential: &made.credential,
            public_key: &made.public_key,
            counter: made.counter,
            made_at: self.clock.now(),
        };
        let first = self.store.add_passkey(operator.tenant, operator.id, row, &hashes).await?;
        Ok(first.then_some(codes))
    }

    /// Checks the proof of a passkey. `spend` as for [`Self::add_passkey`].
    ///
    /// # Errors
    /// `Wrong` whatever is wrong with it; `TooMany`; `Unavailable`.
    pub async fn check_passkey(
        &self,
        occasion: &Occasion<'_>,
        proof: &Proof<'_>,
        spend: impl FnOnce(&[u8]) -> bool + Send,
    ) -> Result<Operator, LoginError> {
        let (tenant, source) = (occasion.tenant, occasion.source);
        let name = occasion.owner.map_or("", |owner| owner.login.as_str());
        self.keys().charge(tenant, name, source, Instant::now()).map_err(too_many)?;
        let checked = self.look_at_passkey(occasion, proof, spend).await;
        if matches!(checked, Err(LoginError::Wrong)) {
            self.refuse(LoginError::Wrong);
        } else {
            self.keys().refund(tenant, name, source);
        }
        checked
    }

    async fn look_at_passkey(
        &self,
        occasion: &Occasion<'_>,
        proof: &Proof<'_>,
        spend: impl FnOnce(&[u8]) -> bool + Send,
    ) -> Result<Operator, LoginError> {
        let Occasion { party, tenant, owner, at, source } = *occasion;
        let client = Client::read(proof.client, Asked::Get, party, spend);
        let found = match proof.credential.len() {
            1..=CREDENTIAL_BYTES => self.store.passkey(tenant, proof.credential).await.map_err(unavailable)?,
            _ => None,
        };
        let theirs = match &found {
            Some(passkey) => Some(self.store.operator(tenant, passkey.operator).await.map_err(unavailable)?),
            None => None,
        };
        let enabled = theirs.filter(store::Operator::is_enabled).map(Operator::from);
        let proved = (|| {
            let client = client?;
            let (Some(passkey), Some(theirs)) = (&found, &enabled) else { return Err(Refused::Unknown) };
            // 7.2 step 6: the user who is named, or the one whom the authenticator names.
            let named = match owner {
                Some(owner) => owner.id == theirs.id && (proof.user.is_empty() || proof.user == theirs.id.as_bytes()),
                None => proof.user == theirs.id.as_bytes(),
            };
            if !named {
                return Err(Refused::OtherUser);
            }
            let counter = webauthn::prove(party, &passkey.public_key, &client, proof.data, proof.signature)?;
            Ok((passkey, theirs, counter))
        })();
        let why = match proved {
            Ok((passkey, theirs, counter)) => {
                self.note(theirs, "passkey.used", &passkey.name, &format!("at={at}"), source).await?;
                let used = self.store.use_passkey(tenant, passkey.id, counter, self.clock.now()).await;
                if used.map_err(unavailable)? {
                    return Ok(theirs.clone());
                }
                Refused::Counter
            }
            Err(why) => why,
        };
        tracing::warn!(%source, %tenant, %why, at, "a passkey is refused");
        if let Some(whose) = owner.or(enabled.as_ref()) {
            self.note(whose, "passkey.refused", &whose.login, &format!("at={at} why={why}"), source).await?;
        }
        Err(LoginError::Wrong)
    }

    /// Takes a passkey of a user away. Its name is in the audit log.
    ///
    /// # Errors
    /// `NotFound` when the user has no such passkey; otherwise as any call of the store.
    pub async fn remove_passkey(
        &self,
        operator: &Operator,
        passkey: PasskeyId,
        source: IpAddr,
    ) -> Result<(), StoreError> {
        let (tenant, id) = (operator.tenant, operator.id);
        let known = self.store.passkeys(tenant, id).await?.into_iter().find(|known| known.id == passkey);
        let known = known.ok_or(StoreError::NotFound { what: "passkey" })?;
        self.store.audit(&operator.entry("passkey.removed", &known.name, "", source)).await?;
        self.store.remove_passkey(tenant, id, passkey).await
    }
}
