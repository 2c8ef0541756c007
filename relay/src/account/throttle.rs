//! How often somebody may try a password.
//!
//! Called by [`super::Accounts`] before each check. Rules only: the time comes in. Must never treat a user who exists otherwise
//! than one who does not, and must never lock an honest user out because somebody else guesses at their name.

use std::{
    collections::HashMap,
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    time::{Duration, Instant},
};

use protocol::id::TenantId;

/// Names and addresses remembered at once; beyond it those that failed longest ago are forgotten.
const REMEMBERED: usize = 20_000;

/// One kind of counter: how many failures are free, and how long the pause grows.
struct Rule {
    free: u32,
    longest: Duration,
}

/// What is counted, and how.
pub(super) struct Rules {
    /// One person at one place: typing errors are free, guessing soon is not.
    pair: Rule,
    /// One place, whatever names of a company it tries: an office behind one address stays below it.
    source: Rule,
    /// One name tried from many places.
    account: Rule,
    /// Failures older than this no longer count.
    forget_after: Duration,
}

/// For passwords. The pause of a name stays short: its owner must still get in.
pub(super) static PASSWORDS: Rules = Rules {
    pair: Rule { free: 5, longest: Duration::from_secs(300) },
    source: Rule { free: 30, longest: Duration::from_secs(300) },
    account: Rule { free: 60, longest: Duration::from_secs(10) },
    forget_after: Duration::from_secs(15 * 60),
};

/// For logins by a company's provider, where there is no name to count by: one place, at which there may be an office.
pub(super) static PROVIDERS: Rules = Rules {
    pair: Rule { free: 30, longest: Duration::from_secs(300) },
    source: Rule { free: 30, longest: Duration::from_secs(300) },
    // There is one name for everybody: whoever guesses elsewhere must not keep the others waiting.
    account: Rule { free: u32::MAX, longest: Duration::ZERO },
    forget_after: Duration::from_secs(15 * 60),
};

/// For codes of six digits, of which three are right at any time: some forty tries a day at one account, from wherever, find
/// one in eight thousand. Only who knows the password gets here, and the owner has recovery codes, which are not counted.
pub(super) static CODES: Rules = Rules {
    pair: Rule { free: 5, longest: Duration::from_secs(3600) },
    source: Rule { free: 30, longest: Duration::from_secs(3600) },
    account: Rule { free: 10, longest: Duration::from_secs(3600) },
    forget_after: Duration::from_secs(24 * 3600),
};

/// For passkeys, which cannot be guessed: only who floods a server with what is none is slowed down, from where they do it.
pub(super) static PASSKEYS: Rules = Rules {
    pair: Rule { free: 20, longest: Duration::from_secs(60) },
    source: Rule { free: 60, longest: Duration::from_secs(300) },
    account: Rule { free: u32::MAX, longest: Duration::ZERO },
    forget_after: Duration::from_secs(15 * 60),
};

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    last: Instant,
}

impl Failures {
    /// Until when the next try has to wait.
    fn wait(self, rule: &Rule) -> Option<Instant> {
        let over = self.count.checked_sub(rule.free)?;
        let pause = Duration::from_secs(1 << over.min(16)).min(rule.longest);
        Some(self.last + pause)
    }
}

type Account = (TenantId, String);

/// Failed logins lately, by person and place.
pub(super) struct Throttle {
    rules: &'static Rules,
    pairs: HashMap<(Account, IpAddr), Failures>,
    sources: HashMap<(TenantId, IpAddr), Failures>,
    accounts: HashMap<Account, Failures>,
}

impl Throttle {
    /// Nobody has failed yet.
    pub(super) fn new(rules: &'static Rules) -> Self {
        Self { rules, pairs: HashMap::new(), sources: HashMap::new(), accounts: HashMap::new() }
    }

    /// Counts a try as failed before it is looked at, so that tries at the same time cannot slip past each other; how long to wait
    /// if it is one too many (it is not counted then).
    pub(super) fn charge(
        &mut self,
        tenant: TenantId,
        user: &str,
        source: IpAddr,
        now: Instant,
    ) -> Result<(), Duration> {
        let account = (tenant, name(user));
        let source = network(source);
        let pair = (account.clone(), source);
        let rules = self.rules;
        let waits = [
            lately(&self.pairs, &pair, now, rules).and_then(|f| f.wait(&rules.pair)),
            lately(&self.sources, &(tenant, source), now, rules).and_then(|f| f.wait(&rules.source)),
            lately(&self.accounts, &account, now, rules).and_then(|f| f.wait(&rules.account)),
        ];
        if let Some(until) = waits.into_iter().flatten().max().filter(|until| *until > now) {
            return Err(until - now);
        }
        count(&mut self.pairs, pair, now, rules);
        count(&mut self.sources, (tenant, source), now, rules);
        count(&mut self.accounts, account, now, rules);
        Ok(())
    }

    /// The try was right: it does not count, and this person at this place starts afresh.
    pub(super) fn refund(&mut self, tenant: TenantId, user: &str, source: IpAddr) {
        let account = (tenant, name(user));
        let source = network(source);
        self.pairs.remove(&(account.clone(), source));
        // Others' failures from this place and at this name stay: an own account is no way to wipe them.
        uncount(&mut self.sources, &(tenant, source));
        uncount(&mut self.accounts, &account);
    }
}

/// The account that this name stands for: names do not differ by case or outer blanks.
pub(super) fn name(user: &str) -> String {
    user.trim().to_lowercase()
}

/// An IPv6 subscriber has 2^64 addresses; they count as one.
fn network(source: IpAddr) -> IpAddr {
    match source.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from(u128::from(address) >> 64 << 64)),
        v4 => v4,
    }
}

fn lately<K: Hash + Eq>(map: &HashMap<K, Failures>, key: &K, now: Instant, rules: &Rules) -> Option<Failures> {
    map.get(key).copied().filter(|f| now.duration_since(f.last) < rules.forget_after)
}

fn count<K: Hash + Eq + Clone>(map: &mut HashMap<K, Failures>, key: K, now: Instant, rules: &Rules) {
    if map.len() >= REMEMBERED && !map.contains_key(&key) {
        map.retain(|_, f| now.duration_since(f.last) < rules.forget_after);
        if map.len() >= REMEMBERED
            && let Some(oldest) = map.iter().min_by_key(|(_, f)| f.last).map(|(k, _)| k.clone())
        {
            map.remove(&oldest);
        }
    }
    let before = lately(map, &key, now, rules).map_or(0, |f| f.count);
    map.insert(key, Failures { count: before.saturating_add(1), last: now });
}

fn uncount<K: Hash + Eq>(map: &mut HashMap<K, Failures>, key: &K) {
    if let Some(failures) = map.get_mut(key) {
        failures.count -= 1;
        if failures.count == 0 {
            map.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const TENANT: TenantId = TenantId::from_bytes([1; 16]);

    fn place(last: u8) -> IpAddr {
        IpAddr::from([203, 0, 113, last])
    }

    #[test]
    fn typing_errors_are_free_and_guessing_waits_longer_each_time() {
        let (mut throttle, mut now) = (Throttle::new(&PASSWORDS), Instant::now());
        for _ in 0..5 {
            throttle.charge(TENANT, "ana", place(1), now).unwrap();
        }
        let mut waits = Vec::new();
        for _ in 0..4 {
            let wait = throttle.charge(TENANT, " ANA ", place(1), now).unwrap_err();
            waits.push(wait.as_secs());
            now += wait;
            throttle.charge(TENANT, "ana", place(1), now).unwrap();
        }
        assert_eq!(waits, [1, 2, 4, 8]);
    }

    #[test]
    fn a_guesser_elsewhere_does_not_lock_the_owner_out() {
        let (mut throttle, now) = (Throttle::new(&PASSWORDS), Instant::now());
        for i in 0..200 {
            let _ = throttle.charge(TENANT, "ana", place(i), now);
        }
        let wait = throttle.charge(TENANT, "ana", place(201), now).unwrap_err();
        assert!(wait <= Duration::from_secs(10), "{wait:?}");
        assert!(throttle.charge(TENANT, "bruno", place(201), now).is_ok());
        assert!(throttle.charge(TenantId::from_bytes([2; 16]), "ana", place(201), now).is_ok());
    }

    #[test]
    fn what_fails_at_one_company_does_not_count_at_another() {
        let (mut throttle, now) = (Throttle::new(&PASSWORDS), Instant::now());
        for i in 0..30 {
            throttle.charge(TENANT, &format!("guess{i}"), place(1), now).unwrap();
        }
        assert!(throttle.charge(TENANT, "ana", place(1), now).is_err(), "the place is too eager here");
        let other = TenantId::from_bytes([2; 16]);
        for _ in 0..5 {
            throttle.charge(other, "ana", place(1), now).unwrap();
        }
        assert!(throttle.charge(other, "ana", place(1), now).is_err());
        throttle.refund(other, "ana", place(1));
        assert!(throttle.charge(TENANT, "ana", place(1), now).is_err(), "a refund there is none here");
    }

    #[test]
    fn the_right_password_starts_this_person_afresh_but_not_the_place() {
        let (mut throttle, now) = (Throttle::new(&PASSWORDS), Instant::now());
        for i in 0..29 {
            throttle.charge(TENANT, &format!("guess{i}"), place(1), now).unwrap();
        }
        throttle.charge(TENANT, "ana", place(1), now).unwrap();
        throttle.refund(TENANT, "ana", place(1));
        throttle.charge(TENANT, "guess", place(1), now).unwrap();
        assert!(throttle.charge(TENANT, "guess", place(1), now).is_err());
    }

    #[test]
    fn failures_are_forgotten_after_a_while_and_memory_is_bounded() {
        let (mut throttle, now) = (Throttle::new(&PASSWORDS), Instant::now());
        for _ in 0..5 {
            throttle.charge(TENANT, "ana", place(1), now).unwrap();
        }
        assert!(throttle.charge(TENANT, "ana", place(1), now).is_err());
        assert!(throttle.charge(TENANT, "ana", place(1), now + PASSWORDS.forget_after).is_ok());
        for i in 0..REMEMBERED + 50 {
            count(&mut throttle.accounts, (TENANT, i.to_string()), now, &PASSWORDS);
        }
        assert!(throttle.accounts.len() <= REMEMBERED);
    }

    #[test]
    fn of_codes_some_forty_are_tried_in_a_day_from_however_many_places() {
        let (mut throttle, start) = (Throttle::new(&CODES), Instant::now());
        let (mut now, mut tried) = (start, 0_u32);
        while now < start + Duration::from_secs(24 * 3600) {
            let place = IpAddr::from(u32::to_be_bytes(tried.wrapping_mul(65_537)));
            match throttle.charge(TENANT, "ana", place, now) {
                Ok(()) => tried += 1,
                Err(wait) => now += wait,
            }
        }
        assert!((30..=50).contains(&tried), "{tried}");
    }

    #[test]
    fn all_addresses_of_one_ipv6_subscriber_are_one_place() {
        assert_eq!(network("2001:db8:1:2::1".parse().unwrap()), network("2001:db8:1:2:ffff::9".parse().unwrap()));
        assert_ne!(network("2001:db8:1:2::1".parse().unwrap()), network("2001:db8:1:3::1".parse().unwrap()));
        assert_eq!(network("::ffff:203.0.113.1".parse().unwrap()), place(1));
    }
}
