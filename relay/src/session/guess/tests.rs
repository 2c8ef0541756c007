//! The limits, by a clock that the tests set.

#![allow(clippy::unwrap_used)]

use protocol::limits::PASSWORD_TRIES;
use rand::{Rng, SeedableRng, rngs::StdRng};

use super::*;

const CAPS: Caps = Caps { attendant_minute: 5, attendant_hour: 30, id: 10, company_minute: 60 };

fn tenant(n: u8) -> TenantId {
    TenantId::from_bytes([n; 16])
}

fn operator(n: u16) -> OperatorId {
    let mut bytes = [0; 16];
    bytes[..2].copy_from_slice(&n.to_be_bytes());
    OperatorId::from_bytes(bytes)
}

fn device(n: u32) -> DeviceId {
    DeviceId::new(100_000_000 + n).unwrap()
}

fn what(by: u16, whom: u32) -> Try {
    Try { tenant: tenant(1), operator: operator(by), device: device(whom) }
}

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn fail(guesses: &mut Guesses, what: Try, now: Instant) -> Result<bool, Duration> {
    let begun = guesses.begin(what, now)?;
    guesses.settle(begun, true, now);
    Ok(begun.locked)
}

#[test]
fn five_in_a_minute_and_thirty_in_an_hour_are_wrong_tries_and_then_one_waits() {
    let (mut guesses, start) = (Guesses::new(CAPS), Instant::now());
    for n in 0..5 {
        assert_eq!(fail(&mut guesses, what(1, n), start + secs(u64::from(n))), Ok(false));
    }
    assert_eq!(fail(&mut guesses, what(1, 9), start + secs(10)), Err(secs(50)));
    assert_eq!(fail(&mut guesses, what(2, 9), start + secs(10)), Ok(false), "a colleague goes on");
    for n in 5..30_u32 {
        assert_eq!(fail(&mut guesses, what(1, n), start + secs(60 * u64::from(n))), Ok(false));
    }
    assert_eq!(fail(&mut guesses, what(1, 99), start + secs(1800)), Err(secs(1800)));
}

#[test]
fn work_that_succeeds_is_never_counted_however_much_of_it_there_is() {
    let (mut guesses, start) = (Guesses::new(CAPS), Instant::now());
    for n in 0..10_000 {
        let now = start + Duration::from_millis(u64::from(n));
        let begun = guesses.begin(what(1, n % 3), now).unwrap();
        assert!(!begun.locked);
        guesses.settle(begun, false, now);
    }
    assert!(guesses.take_alarms().is_empty() && guesses.attendants.of.is_empty() && guesses.ids.of.is_empty());
}

#[test]
fn tries_that_are_under_way_at_once_do_not_get_past_the_limit() {
    let (mut guesses, now) = (Guesses::new(CAPS), Instant::now());
    let begun: Vec<_> = (0..20).filter_map(|n| guesses.begin(what(1, n), now).ok()).collect();
    assert_eq!(begun.len(), 5);
    for begun in begun {
        guesses.settle(begun, true, now);
    }
    assert!(guesses.begin(what(1, 99), now).is_err());
}

#[test]
fn an_id_is_locked_for_all_attendants_of_the_company_and_only_for_a_while() {
    let (mut guesses, start) = (Guesses::new(CAPS), Instant::now());
    for n in 0..10 {
        assert_eq!(fail(&mut guesses, what(n, 7), start + secs(u64::from(n))), Ok(false));
    }
    assert_eq!(fail(&mut guesses, what(20, 7), start + secs(20)), Ok(true));
    assert_eq!(fail(&mut guesses, what(21, 8), start + secs(20)), Ok(false), "another ID");
    let elsewhere = Try { tenant: tenant(2), ..what(22, 7) };
    assert_eq!(fail(&mut guesses, elsewhere, start + secs(20)), Ok(false), "another company's tries are its own");
    // Trying on does not prolong it.
    for n in 30..36 {
        assert_eq!(fail(&mut guesses, what(n, 7), start + secs(500)), Ok(true));
    }
    assert_eq!(fail(&mut guesses, what(40, 7), start + ID_SPAN), Ok(false));
}

#[test]
fn over_the_companys_limit_those_wait_who_were_wrong_themselves() {
    let (mut guesses, now) = (Guesses::new(CAPS), Instant::now());
    for n in 0..60_u16 {
        assert_eq!(fail(&mut guesses, what(n, u32::from(n)), now), Ok(false));
    }
    assert_eq!(fail(&mut guesses, what(3, 99), now + secs(1)), Err(secs(59)));
    let honest = guesses.begin(what(100, 99), now + secs(1)).unwrap();
    guesses.settle(honest, false, now + secs(1));
    let other = Try { tenant: tenant(2), ..what(3, 99) };
    assert!(guesses.begin(Try { operator: operator(200), ..other }, now + secs(1)).is_ok());
}

#[test]
fn a_wrong_password_is_counted_once_for_a_session_however_often_it_is_told() {
    let (mut guesses, now) = (Guesses::new(CAPS), Instant::now());
    for _ in 0..50 {
        guesses.wrong_password(SessionId::from_bytes([1; 16]), what(1, 7), now);
    }
    assert_eq!(guesses.attendants.within(&operator(1), MINUTE, now), 1);
    for n in 2..=5 {
        guesses.wrong_password(SessionId::from_bytes([n; 16]), what(1, 7), now);
    }
    assert!(guesses.begin(what(1, 8), now).is_err());
}

#[test]
fn reaching_a_limit_is_one_alarm_a_subject_in_ten_minutes() {
    let (mut guesses, start) = (Guesses::new(CAPS), Instant::now());
    for n in 0..4 {
        fail(&mut guesses, what(1, n), start).unwrap();
    }
    assert_eq!(guesses.take_alarms(), []);
    fail(&mut guesses, what(1, 4), start).unwrap();
    let alarm = Alarm { tenant: tenant(1), subject: Subject::Attendant(operator(1)), tries: 5, operator: operator(1) };
    assert_eq!(guesses.take_alarms(), [alarm]);
    for round in 1..=10 {
        for n in 0..5 {
            let _ = fail(&mut guesses, what(1, n + 5 * u32::try_from(round).unwrap()), start + secs(61 * round));
        }
    }
    // Over 610 seconds: the second comes with the first try over a limit after ten minutes; the hour's limit is reached by then.
    assert!(guesses.take_alarms().len() <= 1);
    for n in 0..10 {
        fail(&mut guesses, what(50 + n, 7), start + secs(5000)).unwrap();
    }
    assert_eq!(guesses.take_alarms().iter().map(|a| a.subject).collect::<Vec<_>>(), [Subject::Id(device(7))]);
}

#[test]
fn what_is_remembered_has_a_cap_and_the_busy_ones_stay() {
    let (mut guesses, start) = (Guesses::new(Caps { company_minute: 1_000, ..CAPS }), Instant::now());
    let mut now = start;
    for n in 0..100_000_u32 {
        now += Duration::from_micros(100);
        let by = Try { operator: OperatorId::from_bytes(u128::from(n).to_be_bytes()), ..what(0, n) };
        fail(&mut guesses, by, now).unwrap();
        if n % 1000 == 0 && n < 10_000 {
            // One ID that is tried again and again.
            fail(&mut guesses, Try { device: device(900_000), ..what(u16::try_from(n / 1000).unwrap(), 0) }, now)
                .unwrap();
        }
        assert!(guesses.ids.of.len() <= REMEMBERED && guesses.attendants.of.len() <= REMEMBERED);
    }
    assert!(guesses.alarms.len() <= ALARMS_WAITING && guesses.alarmed.of.len() <= REMEMBERED);
    for n in 0..2 * SESSIONS_REMEMBERED {
        guesses.wrong_password(SessionId::from_bytes((n as u128).to_be_bytes()), what(1, 1), now);
    }
    assert_eq!((guesses.counted.len(), guesses.counted_in_order.len()), (SESSIONS_REMEMBERED, SESSIONS_REMEMBERED));
}

/// A customer's program: it counts guesses itself, and makes a new password after five.
#[derive(Default)]
struct Customer {
    /// Guesses that each of its passwords has been compared with.
    evaluated: Vec<u8>,
}

impl Customer {
    fn guess(&mut self) {
        match self.evaluated.last_mut() {
            Some(tries) if *tries < PASSWORD_TRIES => *tries += 1,
            _ => self.evaluated.push(1),
        }
    }
}

/// What was let through, kept apart from the limits' own books.
#[derive(Default)]
struct Book<K>(HashMap<K, VecDeque<Instant>>);

impl<K: Eq + Hash> Book<K> {
    /// Writes one down and says how many there are now in this span.
    fn write(&mut self, key: K, span: Duration, now: Instant) -> usize {
        let times = self.0.entry(key).or_default();
        while times.front().is_some_and(|at| now.duration_since(*at) >= span) {
            times.pop_front();
        }
        times.push_back(now);
        times.len()
    }
}

/// A second or two; `AMPARO_GUESSES` makes it more.
#[test]
fn of_a_million_guesses_few_are_let_through_and_a_password_meets_five_at_most() {
    let wanted: u64 = std::env::var("AMPARO_GUESSES").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    const ATTENDANTS: u16 = 400;
    const IDS: u32 = 2_000;
    let mut rng = StdRng::seed_from_u64(21);
    let (mut guesses, start) = (Guesses::new(CAPS), Instant::now());
    // Every fourth ID has somebody behind it.
    let mut customers: HashMap<(u8, u32), Customer> = HashMap::new();
    let (mut minutes, mut hours, mut ids, mut companies) = Default::default();
    let (mut let_through, mut waited, mut locked, mut alarms) = (0_u64, 0_u64, 0_u64, Vec::<(Instant, Alarm)>::new());
    let mut now = start;
    for n in 0..wanted {
        now += Duration::from_micros(rng.random_range(0..40_000));
        let by = rng.random_range(0..ATTENDANTS);
        let company = (by % 4) as u8;
        // Half of the guesses go to a few IDs.
        let id = if rng.random() { rng.random_range(0..40) } else { rng.random_range(0..IDS) };
        let what = Try { tenant: tenant(company), operator: operator(by), device: device(id) };
        let Ok(begun) = guesses.begin(what, now) else {
            waited += 1;
            continue;
        };
        let present = id.is_multiple_of(4) && !begun.locked;
        guesses.settle(begun, !present, now);
        if present {
            customers.entry((company, id)).or_default().guess();
            guesses.wrong_password(SessionId::from_bytes(u128::from(n).to_be_bytes()), what, now);
        }
        locked += u64::from(begun.locked);
        let_through += 1;
        assert!(Book::write(&mut minutes, by, MINUTE, now) <= 5, "an attendant's minute");
        assert!(Book::write(&mut hours, by, HOUR, now) <= 30, "an attendant's hour");
        if !begun.locked {
            assert!(Book::write(&mut ids, (company, id), ID_SPAN, now) <= 10, "an ID's ten minutes");
        }
        // Beyond the company's limit comes only who has not been wrong before: each at most once an hour.
        assert!(
            Book::write(&mut companies, company, MINUTE, now) <= 60 + usize::from(ATTENDANTS) / 4,
            "a company's minute"
        );
        alarms.extend(guesses.take_alarms().into_iter().map(|alarm| (now, alarm)));
        assert!(guesses.attendants.of.len() <= REMEMBERED && guesses.ids.of.len() <= REMEMBERED);
    }
    let most = customers.values().flat_map(|c| &c.evaluated).max().unwrap();
    assert!(*most <= PASSWORD_TRIES, "{most}");
    let hours = now.duration_since(start).as_secs_f64() / 3600.0;
    println!(
        "{wanted} guesses in {hours:.1} h of simulated time: {waited} told to wait, {let_through} let through, {locked} of them to locked \
         IDs; {} passwords met at most {most}; {} alarms",
        customers.values().map(|c| c.evaluated.len()).sum::<usize>(),
        alarms.len()
    );
    assert!(let_through as f64 <= f64::from(ATTENDANTS) * 30.0 * (hours + 1.0));
    assert!(!alarms.is_empty());
    for (n, (at, alarm)) in alarms.iter().enumerate() {
        let earlier = alarms[..n].iter().rev().take_while(|(before, _)| at.duration_since(*before) < ALARM_AGAIN);
        assert!(
            !earlier.into_iter().any(|(_, other)| (other.tenant, other.subject) == (alarm.tenant, alarm.subject)),
            "an alarm again too soon"
        );
    }
}
