//! What operators are told of long work that they began, and of returns that they agreed on: once, by every page of theirs that is open then, or else by the next one.
//!
//! Kept in memory, a few an operator: how the work stands is on its own page in any case. Must never tell anybody but whoever it is for.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use protocol::id::{AppId, OperatorId, TicketNumber};

use crate::programs::{Failure, System};

/// What somebody may still be told; the oldest gives way.
const KEPT: usize = 8;

/// How something ended that goes on behind the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// All of it was done.
    Done,
    /// Somebody has stopped it.
    Cancelled,
    /// The server could not go on.
    Failed,
}

/// Something to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// The programs of an app have come out.
    Programs {
        /// The app.
        app: AppId,
        /// … as it was saved then.
        revision: u32,
        /// Its name.
        name: String,
        /// For each system, why there is none.
        results: Vec<(System, Option<Failure>)>,
    },
    /// A list of contacts is on record, as far as it goes.
    Contacts {
        /// What it has done.
        put: store::Put,
        /// Lines that were refused.
        refused: usize,
        /// How it ended.
        ended: Ended,
    },
    /// A return that was agreed on is due.
    Return {
        /// On which ticket.
        ticket: TicketNumber,
        /// What that is about.
        subject: String,
        /// Who waits for it; may be empty.
        customer: String,
        /// What for; may be empty.
        note: String,
    },
}

/// News with their number, which grows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbered {
    /// The number.
    pub id: u64,
    /// What there is to tell.
    pub news: News,
}

/// What there is to tell everybody.
#[derive(Default)]
pub struct Telling(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    last: u64,
    /// With whether it was told.
    of: HashMap<OperatorId, VecDeque<(Numbered, bool)>>,
}

impl Telling {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Each change is complete in itself.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// This operator is to be told.
    pub fn tell(&self, who: OperatorId, news: News) {
        let mut kept = self.kept();
        kept.last += 1;
        let id = kept.last;
        let of = kept.of.entry(who).or_default();
        of.push_back((Numbered { id, news }, false));
        while of.len() > KEPT {
            of.pop_front();
        }
    }

    /// What is no news any more and was not told yet is not told.
    pub fn forget(&self, who: OperatorId, overtaken: impl Fn(&News) -> bool) {
        if let Some(of) = self.kept().of.get_mut(&who) {
            of.retain(|(numbered, told)| *told || !overtaken(&numbered.news));
        }
    }

    /// What this operator has not been told; from now on they have.
    pub fn to_tell(&self, who: OperatorId) -> Vec<Numbered> {
        self.kept().take(who, u64::MAX)
    }

    /// The same with what other open pages have told since `after`, which moves on: all that are open tell it.
    pub fn to_tell_since(&self, who: OperatorId, after: &mut u64) -> Vec<Numbered> {
        let mut kept = self.kept();
        let news = kept.take(who, *after);
        *after = kept.last;
        news
    }

    /// The number of the last there was to tell anybody.
    pub fn last(&self) -> u64 {
        self.kept().last
    }
}

impl Kept {
    fn take(&mut self, who: OperatorId, after: u64) -> Vec<Numbered> {
        let of = self.of.get_mut(&who).into_iter().flatten();
        of.filter(|(numbered, told)| !told || numbered.id > after)
            .map(|(numbered, told)| {
                *told = true;
                numbered.clone()
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANA: OperatorId = OperatorId::from_bytes([1; 16]);
    const BIA: OperatorId = OperatorId::from_bytes([2; 16]);

    fn news(n: u8) -> News {
        News::Programs { app: AppId::from_bytes([n; 16]), revision: 1, name: String::new(), results: Vec::new() }
    }

    #[test]
    fn what_there_is_to_tell_is_told_once_by_each_page_that_was_open() {
        let telling = Telling::default();
        let (mut early, mut other) = (telling.last(), telling.last());
        telling.tell(ANA, news(1));
        assert!(telling.to_tell_since(BIA, &mut { 0 }).is_empty(), "it is nobody else's");
        for open in [&mut early, &mut other] {
            assert_eq!(telling.to_tell_since(ANA, open).len(), 1);
            assert!(telling.to_tell_since(ANA, open).is_empty(), "once");
        }
        assert!(telling.to_tell(ANA).is_empty(), "no page after it");
        let mut late = telling.last();
        assert!(telling.to_tell_since(ANA, &mut late).is_empty(), "nor one that was opened later");
        telling.tell(ANA, news(2));
        assert_eq!(telling.to_tell(ANA).len(), 1, "nobody was there to tell it");
        assert!(telling.to_tell(ANA).is_empty());
    }

    #[test]
    fn what_is_overtaken_is_not_told_and_what_nobody_looks_at_does_not_pile_up() {
        let telling = Telling::default();
        for n in 0..100 {
            telling.tell(ANA, news(n));
        }
        telling.forget(ANA, |known| *known == news(99));
        let told = telling.to_tell(ANA);
        assert_eq!((told.len(), told.last().map(|last| last.id)), (KEPT - 1, Some(99)));
    }
}
