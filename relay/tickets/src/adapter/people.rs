//! Who an attendant is in another system: who the company says, otherwise whoever has their e-mail address there. Used by the adapters only.
//!
//! An action is told in any case: somebody who is not known there, or may not be named by our credential, is left out of it.

use std::{
    collections::{BTreeMap, HashMap},
    str::FromStr,
    sync::{Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use protocol::id::OperatorId;

use crate::{
    http::Answer,
    system::{Cause, Owner, ReportError},
};

/// What was found, also that there is nobody, is not asked for again for this long.
const KEPT: SignedDuration = SignedDuration::from_hours(1);

/// The people of one connection.
#[derive(Default)]
pub(super) struct People {
    given: BTreeMap<OperatorId, String>,
    known: Mutex<HashMap<OperatorId, (Option<String>, Timestamp)>>,
}

impl People {
    /// Those whom the company names.
    pub(super) fn new(given: BTreeMap<OperatorId, String>) -> Self {
        Self { given, known: Mutex::default() }
    }

    /// Who it is, as the company says; nobody is looked for.
    pub(super) fn named(&self, author: Option<&Owner>) -> Option<&str> {
        self.given.get(&author?.operator).map(String::as_str)
    }

    /// Whether the system did not take them lately.
    pub(super) fn is_out(&self, author: Option<&Owner>, now: Timestamp) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        author.and_then(|author| known.get(&author.operator)).is_some_and(|(who, until)| who.is_none() && now < *until)
    }

    /// Who it is there; `look_up` finds somebody by an address. Whatever is wrong with the question, it is nobody.
    ///
    /// # Errors
    /// When the system is not reached or asks to wait: so will the call that this is for, and this is the first to know why.
    pub(super) async fn find<F>(
        &self,
        author: Option<&Owner>,
        now: Timestamp,
        look_up: impl FnOnce(String) -> F + Send,
    ) -> Result<Option<String>, ReportError>
    where
        F: Future<Output = Result<Option<String>, ReportError>> + Send,
    {
        let Some(author) = author else { return Ok(None) };
        let kept = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&author.operator).cloned();
        if let Some((found, _)) = kept.filter(|(_, until)| now < *until) {
            return Ok(found);
        }
        let address = match self.given.get(&author.operator) {
            Some(given) if !given.contains('@') => return Ok(Some(given.clone())),
            Some(address) => address.clone(),
            None if author.email.is_empty() => return Ok(None),
            None => author.email.clone(),
        };
        match look_up(address).await {
            Ok(found) => {
                self.keep(author, found.clone(), now);
                Ok(found)
            }
            Err(ReportError::Rejected { .. }) => {
                self.keep(author, None, now);
                Ok(None)
            }
            // It answers: only this question has failed, and the next action asks again.
            Err(ReportError::Unreachable(Cause::Failed(_) | Cause::Garbage(_))) => Ok(None),
            Err(down) => Err(down),
        }
    }

    /// The system does not take them: they are left out for a while.
    fn refused(&self, author: Option<&Owner>, now: Timestamp) {
        if let Some(author) = author {
            self.keep(author, None, now);
        }
    }

    /// Writes as an action's author where the system takes that, and as our own account otherwise. `look_up` as in [`Self::find`].
    pub(super) async fn write_as<P, L, F>(
        &self,
        author: Option<&Owner>,
        now: Timestamp,
        look_up: impl FnOnce(String) -> L + Send,
        ask: impl Fn(Option<P>) -> F + Send + Sync,
    ) -> Result<Answer, ReportError>
    where
        P: FromStr + Send,
        L: Future<Output = Result<Option<String>, ReportError>> + Send,
        F: Future<Output = Result<Answer, ReportError>> + Send,
    {
        let person = self.find(author, now, look_up).await?.and_then(|id| id.parse().ok());
        self.call_as(author, now, person, ask).await
    }

    /// Calls as somebody, and once more as nobody when that may have been refused because of them.
    pub(super) async fn call_as<P: Send, F>(
        &self,
        author: Option<&Owner>,
        now: Timestamp,
        person: Option<P>,
        ask: impl Fn(Option<P>) -> F + Send + Sync,
    ) -> Result<Answer, ReportError>
    where
        F: Future<Output = Result<Answer, ReportError>> + Send,
    {
        let named = person.is_some();
        let answer = ask(person).await?;
        // Refused, and so nothing was written: it is worth another call.
        if !named || !matches!(answer.status.as_u16(), 400 | 403 | 422) {
            return Ok(answer);
        }
        self.refused(author, now);
        ask(None).await
    }

    fn keep(&self, author: &Owner, found: Option<String>, now: Timestamp) {
        let until = now.checked_add(KEPT).unwrap_or(Timestamp::MAX);
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(author.operator, (found, until));
    }
}
