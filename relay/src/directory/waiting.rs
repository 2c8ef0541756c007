//! Who waits: in order, found by what identifies a person, and what has changed since somebody looked.
//!
//! Kept in step with the programs that are here by [`super::Directory`]. Whoever shows the list reads a piece of it, and then what changed:
//! nothing here takes longer the more customers wait, but for the logarithm of a tree and what is asked for.

use std::{
    collections::{BTreeSet, HashMap, HashSet, VecDeque},
    fmt,
    ops::Bound,
    str::FromStr,
    sync::Arc,
};

use jiff::Timestamp;
use protocol::{
    id::{AppId, DeviceId, TenantId},
    message::directory::FieldKey,
};
use store::TicketOf;

use super::Present;

/// Changes of a company that are remembered. Whoever looks less often reads the list anew.
const REMEMBERED: usize = 1024;

/// Where somebody stands in the list: since when they wait, and who they are among those of the same moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Since when.
    pub since: Timestamp,
    /// Who.
    pub id: DeviceId,
}

impl Place {
    /// Of somebody who waits.
    pub fn of(present: &Present) -> Self {
        Self { since: present.since, id: present.id }
    }
}

/// As the part of an address that [`FromStr`] reads.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.since.as_nanosecond(), self.id.number())
    }
}

/// A text is no place in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a place in a list")]
pub struct NoPlace;

impl FromStr for Place {
    type Err = NoPlace;

    fn from_str(text: &str) -> Result<Self, NoPlace> {
        let read = |text: &str| {
            let (since, id) = text.rsplit_once('-')?;
            let since = Timestamp::from_nanosecond(since.parse().ok()?).ok()?;
            Some(Self { since, id: DeviceId::new(id.parse().ok()?)? })
        };
        read(text).ok_or(NoPlace)
    }
}

/// What tells that two are the same person, without the case of letters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Identity {
    /// An e-mail address.
    Email(String),
    /// A document's digits.
    Document(String),
    /// A telephone number, as it is compared.
    Phone(String),
    /// Name and company.
    Name(String, String),
    /// The ticket that they were invited to.
    Ticket(TicketOf),
}

impl Identity {
    /// Whatever of this identifies anybody; texts as they were typed.
    pub fn all(email: &str, document: &str, phone: &str, name: &str, company: &str) -> Vec<Self> {
        let digits: String = document.chars().filter(char::is_ascii_digit).collect();
        let email = email.trim().to_lowercase();
        let mut all = Vec::new();
        if !email.is_empty() {
            all.push(Self::Email(email));
        }
        if !digits.is_empty() {
            all.push(Self::Document(digits));
        }
        let phone = store::phone_key(phone);
        if !phone.is_empty() {
            all.push(Self::Phone(phone));
        }
        if !name.is_empty() {
            all.push(Self::Name(name.to_lowercase(), company.to_lowercase()));
        }
        all
    }

    fn of(present: &Present) -> Vec<Self> {
        use FieldKey::{Company, Document, Email, Name, Phone};
        let field = |key| present.field(key);
        let mut all = Self::all(field(Email), field(Document), field(Phone), field(Name), field(Company));
        all.extend(present.invited.clone().map(Self::Ticket));
        all
    }
}

/// Somebody whose place in the list, or what is shown of them, is another than it was.
#[derive(Debug, Clone)]
pub struct Moved {
    /// As they waited; `None`: they did not.
    pub before: Option<Arc<Present>>,
    /// As they wait; `None`: they do not.
    pub now: Option<Arc<Present>>,
}

impl Moved {
    /// Who.
    pub fn id(&self) -> Option<DeviceId> {
        self.before.as_ref().or(self.now.as_ref()).map(|present| present.id)
    }
}

/// What has changed since a mark.
#[derive(Debug, Clone)]
pub enum Since {
    /// These, each once.
    Moved(Vec<Moved>),
    /// More than is remembered: the list is to be read anew.
    TooLong,
}

/// The waiting lists of all companies.
#[derive(Default)]
pub(super) struct Waiting {
    companies: HashMap<TenantId, Company>,
    /// The number of the last change.
    last: u64,
}

#[derive(Default)]
struct Company {
    /// By app, who waits longest first.
    queues: HashMap<AppId, BTreeSet<Place>>,
    known_as: HashMap<Identity, HashSet<DeviceId>>,
    /// The last changes: their numbers, who, and as they waited before.
    changes: VecDeque<(u64, DeviceId, Option<Arc<Present>>)>,
    /// The number of the last change that is not remembered any more.
    forgotten: u64,
}

impl Waiting {
    /// Somebody was so and is so now; each only when they wait.
    pub(super) fn change(&mut self, tenant: TenantId, before: Option<&Arc<Present>>, now: Option<&Present>) {
        let Some(id) = before.map(|p| p.id).or(now.map(|p| p.id)) else { return };
        self.last += 1;
        let company = self.companies.entry(tenant).or_default();
        if let Some(before) = before {
            company.take(before);
        }
        if let Some(now) = now {
            company.put(now);
        }
        company.changes.push_back((self.last, id, before.cloned()));
        if company.changes.len() > REMEMBERED
            && let Some((number, ..)) = company.changes.pop_front()
        {
            company.forgotten = number;
        }
    }

    /// Until here everything is known to whoever asks now.
    pub(super) fn mark(&self) -> u64 {
        self.last
    }

    /// Who has changed since a mark, with how they waited then. `None`: that is not remembered.
    pub(super) fn since(&self, tenant: TenantId, mark: u64) -> Option<HashMap<DeviceId, Option<Arc<Present>>>> {
        let mut changed = HashMap::new();
        let Some(company) = self.companies.get(&tenant) else { return Some(changed) };
        if mark < company.forgotten {
            return None;
        }
        for (_, id, before) in company.changes.iter().rev().take_while(|(number, ..)| *number > mark) {
            // The oldest of somebody's changes stays.
            changed.insert(*id, before.clone());
        }
        Some(changed)
    }

    /// Up to `most` of those who stand behind a place, of these apps, in order.
    pub(super) fn behind(
        &self,
        tenant: TenantId,
        place: Option<Place>,
        most: usize,
        of: impl Fn(AppId) -> bool,
    ) -> Vec<Place> {
        let from = place.map_or(Bound::Unbounded, Bound::Excluded);
        let each = |queue: &BTreeSet<Place>| -> Vec<Place> {
            queue.range((from, Bound::Unbounded)).take(most).copied().collect()
        };
        let mut first: Vec<Place> = self.queues(tenant, of).flat_map(each).collect();
        first.sort_unstable();
        first.truncate(most);
        first
    }

    /// How many wait for one of these apps.
    pub(super) fn count(&self, tenant: TenantId, of: impl Fn(AppId) -> bool) -> usize {
        self.queues(tenant, of).map(BTreeSet::len).sum()
    }

    /// How many wait, of all companies.
    pub(super) fn total(&self) -> usize {
        self.companies.values().flat_map(|company| company.queues.values()).map(BTreeSet::len).sum()
    }

    /// The apps that somebody waits for.
    pub(super) fn apps(&self) -> Vec<(TenantId, Vec<AppId>)> {
        let waited_for = self.companies.iter().filter(|(_, company)| !company.queues.is_empty());
        waited_for.map(|(tenant, company)| (*tenant, company.queues.keys().copied().collect())).collect()
    }

    /// Those who tell any of this.
    pub(super) fn known_as(&self, tenant: TenantId, identities: &[Identity]) -> HashSet<DeviceId> {
        let Some(company) = self.companies.get(&tenant) else { return HashSet::new() };
        identities.iter().filter_map(|identity| company.known_as.get(identity)).flatten().copied().collect()
    }

    fn queues(&self, tenant: TenantId, of: impl Fn(AppId) -> bool) -> impl Iterator<Item = &BTreeSet<Place>> {
        let queues = self.companies.get(&tenant).into_iter().flat_map(|company| &company.queues);
        queues.filter(move |(app, _)| of(**app)).map(|(_, queue)| queue)
    }
}

impl Company {
    fn put(&mut self, present: &Present) {
        self.queues.entry(present.app).or_default().insert(Place::of(present));
        for identity in Identity::of(present) {
            self.known_as.entry(identity).or_default().insert(present.id);
        }
    }

    fn take(&mut self, present: &Present) {
        if let Some(queue) = self.queues.get_mut(&present.app) {
            queue.remove(&Place::of(present));
            if queue.is_empty() {
                self.queues.remove(&present.app);
            }
        }
        for identity in Identity::of(present) {
            if let Some(known) = self.known_as.get_mut(&identity) {
                known.remove(&present.id);
                if known.is_empty() {
                    self.known_as.remove(&identity);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use protocol::message::{ShownText, directory::Field};

    use super::*;

    const TENANT: TenantId = TenantId::from_bytes([1; 16]);
    const APPS: [AppId; 2] = [AppId::from_bytes([1; 16]), AppId::from_bytes([2; 16])];

    fn present(n: u32, since: i64, app: AppId, email: &str) -> Arc<Present> {
        Arc::new(Present {
            id: DeviceId::new(100_000_000 + n).unwrap(),
            tenant: TENANT,
            app,
            app_title: ShownText::default(),
            fields: vec![Field { key: FieldKey::Email, value: ShownText::lossy(email) }],
            class: String::new(),
            invited: None,
            listed: true,
            busy: false,
            since: Timestamp::from_millisecond(since).unwrap(),
            settled: false,
            ended: false,
        })
    }

    /// Numbers that look like chance and are the same in each run.
    fn random(state: &mut u64) -> u32 {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(*state >> 33).unwrap()
    }

    #[test]
    fn whatever_happens_pieces_counts_identities_and_changes_are_those_of_a_plain_list() {
        let mut state = 7;
        let mut waiting = Waiting::default();
        let mut plain: HashMap<u32, Arc<Present>> = HashMap::new();
        let mut marked = (waiting.mark(), plain.clone());
        for step in 0..4000 {
            let n = random(&mut state) % 40;
            let email = format!("{}@a.example", random(&mut state) % 8);
            let next = present(n, i64::from(random(&mut state) % 20), APPS[(random(&mut state) % 2) as usize], &email);
            let before = plain.remove(&n);
            let now = (!random(&mut state).is_multiple_of(3)).then_some(next);
            waiting.change(TENANT, before.as_ref(), now.as_deref());
            plain.extend(now.map(|now| (n, now)));

            let only = APPS[(random(&mut state) % 2) as usize];
            let mut places: Vec<Place> = plain.values().filter(|p| p.app == only).map(|p| Place::of(p)).collect();
            places.sort_unstable();
            assert_eq!(waiting.count(TENANT, |app| app == only), places.len());
            let after = places.get((random(&mut state) % 10) as usize).copied();
            let behind: Vec<Place> =
                places.into_iter().filter(|p| after.is_none_or(|after| *p > after)).take(5).collect();
            assert_eq!(waiting.behind(TENANT, after, 5, |app| app == only), behind);
            let known = waiting.known_as(TENANT, &[Identity::Email("3@a.example".to_owned())]);
            let same = plain.values().filter(|p| p.field(FieldKey::Email) == "3@a.example");
            assert_eq!(known, same.map(|p| p.id).collect());

            if step % 17 == 0 {
                let changed = waiting.since(TENANT, marked.0).unwrap();
                for n in 0..40 {
                    let id = DeviceId::new(100_000_000 + n).unwrap();
                    let was = marked.1.get(&n).map(|p| (Place::of(p), p.app));
                    match changed.get(&id) {
                        Some(before) => assert_eq!(before.as_ref().map(|p| (Place::of(p), p.app)), was),
                        None => assert_eq!(plain.get(&n).map(|p| (Place::of(p), p.app)), was),
                    }
                }
                marked = (waiting.mark(), plain.clone());
            }
        }
        assert_eq!(waiting.total(), plain.len());
    }

    #[test]
    fn what_is_too_long_ago_is_not_known_and_another_companys_changes_count_for_nothing() {
        let mut waiting = Waiting::default();
        let mark = waiting.mark();
        let other = TenantId::from_bytes([2; 16]);
        for n in 0..u32::try_from(REMEMBERED).unwrap() {
            waiting.change(TENANT, None, Some(&present(n, 1, APPS[0], "")));
        }
        assert_eq!(waiting.since(TENANT, mark).unwrap().len(), REMEMBERED);
        for n in 0..u32::try_from(REMEMBERED).unwrap() + 1 {
            waiting.change(other, None, Some(&present(n, 1, APPS[0], "")));
        }
        assert_eq!(waiting.since(TENANT, mark).unwrap().len(), REMEMBERED);
        assert!(waiting.since(other, mark).is_none());
        waiting.change(TENANT, None, Some(&present(5000, 1, APPS[0], "")));
        assert!(waiting.since(TENANT, mark).is_none(), "one more than is remembered");
        assert!(waiting.since(TENANT, waiting.mark()).unwrap().is_empty());
        assert_eq!(waiting.apps().len(), 2);
    }
}
