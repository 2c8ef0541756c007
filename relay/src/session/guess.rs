//! How often somebody may be wrong: guessing IDs and passwords is slow, working is not. No clock, no I/O.
//!
//! A dial counts as a failed try from the moment it begins, so that many at once do not get past a limit; what comes of it takes it
//! back. Three counters: of the attendant, of the ID within the company, of the company. None of them touches the customer's program:
//! a locked ID is only not reached. Reaching a limit is an alarm, once in a while for each subject.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    hash::Hash,
    time::{Duration, Instant},
};

use protocol::id::{DeviceId, OperatorId, SessionId, TenantId};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
/// In which failed tries of one ID are counted, and how long it stays locked at least.
pub const ID_SPAN: Duration = Duration::from_secs(600);
/// Between two alarms about the same subject.
pub const ALARM_AGAIN: Duration = Duration::from_secs(600);
/// Attendants, IDs, companies or subjects of alarms that are remembered at once: about 20 MB when all are full.
const REMEMBERED: usize = 16_384;
/// Sessions whose wrong password has been counted: reports are told again until they are acknowledged.
const SESSIONS_REMEMBERED: usize = 4_096;
/// Alarms that wait to be written. More are dropped: the first ones tell the story.
const ALARMS_WAITING: usize = 256;

/// How many failed tries there may be.
#[derive(Debug, Clone)]
pub struct Caps {
    /// Of one attendant in a minute.
    pub attendant_minute: usize,
    /// Of one attendant in an hour.
    pub attendant_hour: usize,
    /// To one ID in ten minutes, of all attendants together.
    pub id: usize,
    /// Of a company in a minute.
    pub company_minute: usize,
}

/// Who tries whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Try {
    /// The attendant's company.
    pub tenant: TenantId,
    /// The attendant.
    pub operator: OperatorId,
    /// The ID.
    pub device: DeviceId,
}

/// Whom an alarm is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// An attendant who was wrong too often.
    Attendant(OperatorId),
    /// An ID that was tried too often.
    Id(DeviceId),
    /// The whole company.
    Company,
}

/// A limit was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alarm {
    /// Whose.
    pub tenant: TenantId,
    /// About whom.
    pub subject: Subject,
    /// Failed tries, in the span of the limit.
    pub tries: usize,
    /// The attendant of the try that reached it.
    pub operator: OperatorId,
}

/// A dial under way, until [`Guesses::settle`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Begun {
    what: Try,
    at: Instant,
    /// The ID is locked: whoever is there, the answer is that nobody is.
    pub locked: bool,
}

/// The failed tries of the last while.
#[derive(Debug)]
pub struct Guesses {
    caps: Caps,
    attendants: Recent<OperatorId>,
    ids: Recent<(TenantId, DeviceId)>,
    companies: Recent<TenantId>,
    alarmed: Recent<(TenantId, Subject)>,
    alarms: VecDeque<Alarm>,
    counted: HashSet<SessionId>,
    counted_in_order: VecDeque<SessionId>,
}

impl Guesses {
    /// With these caps.
    pub fn new(caps: Caps) -> Self {
        let hour = caps.attendant_hour.max(caps.attendant_minute);
        Self {
            attendants: Recent::new(HOUR, hour),
            ids: Recent::new(ID_SPAN, caps.id),
            companies: Recent::new(MINUTE, caps.company_minute),
            alarmed: Recent::new(ALARM_AGAIN, 1),
            alarms: VecDeque::new(),
            counted: HashSet::new(),
            counted_in_order: VecDeque::new(),
            caps,
        }
    }

    /// Counts a try that begins, or says how long to wait. The same steps whatever the ID.
    ///
    /// Over the company's cap only those wait who have been wrong themselves in the last hour: honest work goes on.
    pub fn begin(&mut self, what: Try, now: Instant) -> Result<Begun, Duration> {
        let own = [(self.caps.attendant_minute, MINUTE), (self.caps.attendant_hour, HOUR)];
        let wait = own.iter().filter_map(|(cap, span)| self.attendants.wait(&what.operator, *cap, *span, now)).max();
        let companys = self
            .companies
            .wait(&what.tenant, self.caps.company_minute, MINUTE, now)
            .filter(|_| self.attendants.within(&what.operator, HOUR, now) > 0);
        if let Some(wait) = wait.max(companys) {
            return Err(wait);
        }
        let id = (what.tenant, what.device);
        let locked = self.ids.within(&id, ID_SPAN, now) >= self.caps.id;
        self.attendants.add(what.operator, now);
        self.companies.add(what.tenant, now);
        // A lock is not prolonged by trying on.
        if !locked {
            self.ids.add(id, now);
        }
        Ok(Begun { what, at: now, locked })
    }

    /// What came of it. Not failed: it was never counted.
    pub fn settle(&mut self, begun: Begun, failed: bool, now: Instant) {
        let Begun { what, at, locked } = begun;
        if failed {
            return self.look_for_alarms(what, now);
        }
        self.attendants.take_back(&what.operator, at);
        self.companies.take_back(&what.tenant, at);
        if !locked {
            self.ids.take_back(&(what.tenant, what.device), at);
        }
    }

    /// A customer's program has told that the password was wrong; counted once for a session.
    pub fn wrong_password(&mut self, session: SessionId, what: Try, now: Instant) {
        if !self.counted.insert(session) {
            return;
        }
        self.counted_in_order.push_back(session);
        if self.counted_in_order.len() > SESSIONS_REMEMBERED
            && let Some(oldest) = self.counted_in_order.pop_front()
        {
            self.counted.remove(&oldest);
        }
        self.attendants.add(what.operator, now);
        self.companies.add(what.tenant, now);
        self.ids.add((what.tenant, what.device), now);
        self.look_for_alarms(what, now);
    }

    /// Alarms that have not been taken yet.
    pub fn take_alarms(&mut self) -> Vec<Alarm> {
        self.alarms.drain(..).collect()
    }

    fn look_for_alarms(&mut self, what: Try, now: Instant) {
        let Try { tenant, operator, device } = what;
        let minute = self.attendants.within(&operator, MINUTE, now);
        let hour = self.attendants.within(&operator, HOUR, now);
        let id = self.ids.within(&(tenant, device), ID_SPAN, now);
        let company = self.companies.within(&tenant, MINUTE, now);
        let caps = &self.caps;
        let reached = [
            (minute >= caps.attendant_minute || hour >= caps.attendant_hour, Subject::Attendant(operator), hour),
            (id >= caps.id, Subject::Id(device), id),
            (company >= caps.company_minute, Subject::Company, company),
        ];
        for (reached, subject, tries) in reached {
            let key = (tenant, subject);
            if !reached || self.alarmed.within(&key, ALARM_AGAIN, now) > 0 {
                continue;
            }
            self.alarmed.add(key, now);
            if self.alarms.len() < ALARMS_WAITING {
                self.alarms.push_back(Alarm { tenant, subject, tries, operator });
            }
        }
    }
}

/// The last times of something, for each of many keys; a cap on both.
#[derive(Debug)]
struct Recent<K> {
    span: Duration,
    /// Times remembered for a key: more than a cap needs nobody to know.
    each: usize,
    of: HashMap<K, VecDeque<Instant>>,
    swept: Option<Instant>,
}

impl<K: Eq + Hash + Copy> Recent<K> {
    fn new(span: Duration, each: usize) -> Self {
        Self { span, each: each.max(1), of: HashMap::new(), swept: None }
    }

    /// How many in this span up to now.
    fn within(&self, key: &K, span: Duration, now: Instant) -> usize {
        self.of.get(key).map_or(0, |times| times.iter().rev().take_while(|at| now.duration_since(**at) < span).count())
    }

    /// With this many in the span: how long until there is one fewer.
    fn wait(&self, key: &K, cap: usize, span: Duration, now: Instant) -> Option<Duration> {
        let times = self.of.get(key)?;
        let oldest = times.len().checked_sub(cap).and_then(|first| times.get(first))?;
        span.checked_sub(now.duration_since(*oldest)).filter(|wait| !wait.is_zero())
    }

    fn add(&mut self, key: K, now: Instant) {
        self.sweep(&key, now);
        let times = self.of.entry(key).or_default();
        while times.len() >= self.each {
            times.pop_front();
        }
        times.push_back(now);
    }

    fn take_back(&mut self, key: &K, at: Instant) {
        let Some(times) = self.of.get_mut(key) else { return };
        if let Some(place) = times.iter().rposition(|time| *time == at) {
            times.remove(place);
        }
        if times.is_empty() {
            self.of.remove(key);
        }
    }

    /// Forgets what is over: once in a span, and when there is no room. Still no room: the key that was quiet longest goes.
    fn sweep(&mut self, key: &K, now: Instant) {
        let full = self.of.len() >= REMEMBERED && !self.of.contains_key(key);
        let due = self.swept.is_none_or(|swept| now.duration_since(swept) >= self.span);
        if !full && !due {
            return;
        }
        self.swept = Some(now);
        let span = self.span;
        self.of.retain(|_, times| times.back().is_some_and(|last| now.duration_since(*last) < span));
        if self.of.len() < REMEMBERED {
            return;
        }
        // A tenth at once: the next ones find room without looking.
        let mut quiet: Vec<(Instant, K)> =
            self.of.iter().filter_map(|(key, times)| Some((*times.back()?, *key))).collect();
        let tenth = quiet.len() / 10 + 1;
        quiet.select_nth_unstable_by_key(tenth - 1, |(last, _)| *last);
        for (_, key) in &quiet[..tenth] {
            self.of.remove(key);
        }
    }
}

#[cfg(test)]
mod tests;
