//! Stories of a shift: who is offered whom.
#![allow(clippy::unwrap_used)]

use protocol::message::offer::BreakReason;

use super::*;

const ANSWER: Duration = Duration::from_secs(30);

fn who(n: u8) -> OperatorId {
    OperatorId::from_bytes([n; 16])
}

fn app(n: u8) -> AppId {
    AppId::from_bytes([n; 16])
}

fn device(n: u32) -> DeviceId {
    DeviceId::new(100_000_000 + n).unwrap()
}

/// A company with the apps 1 (attendants 1, 2, 3, overflow to 2) and 2 (attendants 8, 9).
struct Shift {
    rules: Rules,
    plans: HashMap<AppId, Plan>,
    waiting: Vec<Asking>,
    now: Instant,
}

impl Shift {
    fn begin(there: &[u8]) -> Self {
        let plan = |order: &[u8], overflow: &[u8]| Plan {
            distributes: true,
            answer: ANSWER,
            order: order.iter().map(|n| who(*n)).collect(),
            overflow: overflow.iter().map(|n| app(*n)).collect(),
        };
        let plans = HashMap::from([(app(1), plan(&[1, 2, 3], &[2])), (app(2), plan(&[8, 9], &[]))]);
        let mut rules = Rules::default();
        for n in there {
            rules.attendant(who(*n), Some((Status::Available, true)));
        }
        Self { rules, plans, waiting: Vec::new(), now: Instant::now() }
    }

    fn comes(&mut self, n: u32, of: u8) {
        self.waiting.push(Asking { device: device(n), tenant: TenantId::from_bytes([1; 16]), app: app(of) });
    }

    fn goes(&mut self, n: u32) {
        self.waiting.retain(|asking| asking.device != device(n));
    }

    /// `(attendant, customer)` of each new offer.
    fn offers(&mut self) -> Vec<(u8, u32)> {
        self.go_on().into_iter().filter_map(|(over, to, of)| (!over).then_some((to, of))).collect()
    }

    /// Whether it is over, attendant, customer.
    fn go_on(&mut self) -> Vec<(bool, u8, u32)> {
        let effects = self.rules.go_on(&self.waiting, &self.plans, self.now);
        let told = |over, to: OperatorId, of: DeviceId| (over, to.as_bytes()[0], of.number() - 100_000_000);
        effects
            .into_iter()
            .map(|effect| match effect {
                Effect::Offer { to, device, .. } => told(false, to, device),
                Effect::Over { to, device, .. } => told(true, to, device),
            })
            .collect()
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
    }

    /// The attendant answers the newest offer.
    fn answers(&mut self, n: u8, take: bool) -> Option<u32> {
        let offer = self.rules.requests.values().find_map(|r| match r.held {
            Held::Offered { offer, to, .. } if to == who(n) => Some(offer),
            _ => None,
        });
        self.rules.answer(who(n), offer.unwrap_or(0), take, self.now).map(|d| d.number() - 100_000_000)
    }
}

#[test]
fn customers_go_round_in_the_apps_order_one_to_each() {
    let mut shift = Shift::begin(&[1, 2, 3]);
    for n in 1..=4 {
        shift.comes(n, 1);
    }
    assert_eq!(shift.offers(), [(1, 1), (2, 2), (3, 3)], "the fourth waits: everybody has one");
    assert_eq!(shift.answers(1, true), Some(1));
    shift.goes(1);
    assert_eq!(shift.offers(), [(1, 4)]);
    // Fair: over many customers each attendant had as many.
    let mut had = [0; 4];
    let mut shift = Shift::begin(&[1, 2, 3]);
    for n in 1..=30 {
        shift.comes(n, 1);
        let offers = shift.offers();
        had[usize::from(offers[0].0)] += 1;
        assert_eq!(shift.answers(offers[0].0, true), Some(n));
        shift.goes(n);
        assert_eq!(shift.go_on(), []);
    }
    assert_eq!(had, [0, 10, 10, 10]);
}

#[test]
fn without_an_answer_in_time_the_next_is_asked_then_overflow_then_after_a_rest_all_again() {
    let mut shift = Shift::begin(&[1, 3, 8]);
    shift.comes(1, 1);
    assert_eq!(shift.go_on(), [(false, 1, 1)]);
    shift.pass(ANSWER - Duration::from_secs(1));
    assert_eq!(shift.go_on(), []);
    shift.pass(Duration::from_secs(1));
    assert_eq!(shift.rules.due(), Some(shift.now));
    assert_eq!(shift.go_on(), [(true, 1, 1), (false, 3, 1)]);
    assert_eq!(shift.answers(3, false), None, "no is no");
    assert_eq!(shift.go_on(), [(false, 8, 1)], "the overflow app's attendant");
    shift.pass(ANSWER);
    assert_eq!(shift.go_on(), [(true, 8, 1)]);
    assert_eq!(shift.rules.due(), Some(shift.now + REST));
    shift.pass(REST);
    assert_eq!(shift.go_on(), [(false, 1, 1)], "round anew, behind who had the last offer here");
}

#[test]
fn somebody_who_becomes_free_is_asked_at_once_and_a_break_ends_an_offer() {
    let mut shift = Shift::begin(&[]);
    shift.comes(1, 1);
    assert_eq!(shift.go_on(), []);
    shift.rules.attendant(who(2), Some((Status::Break(BreakReason::Meal), true)));
    assert_eq!(shift.go_on(), []);
    shift.rules.attendant(who(2), Some((Status::Available, true)));
    assert_eq!(shift.go_on(), [(false, 2, 1)]);
    shift.rules.attendant(who(2), Some((Status::Break(BreakReason::Rest), true)));
    assert_eq!(shift.go_on(), [(true, 2, 1)]);
    shift.rules.attendant(who(1), Some((Status::Available, false)));
    assert_eq!(shift.go_on(), [], "but not free");
    shift.rules.attendant(who(1), Some((Status::Available, true)));
    assert_eq!(shift.go_on(), [(false, 1, 1)]);
    shift.rules.attendant(who(1), None);
    assert_eq!(shift.go_on(), [(true, 1, 1)]);
}

#[test]
fn a_customer_who_goes_ends_their_offer_and_one_who_was_taken_comes_back_when_nobody_dials() {
    let mut shift = Shift::begin(&[1, 2]);
    shift.comes(1, 1);
    assert_eq!(shift.go_on(), [(false, 1, 1)]);
    shift.goes(1);
    assert_eq!(shift.go_on(), [(true, 1, 1)]);
    assert_eq!(shift.answers(1, true), None, "too late");
    shift.comes(2, 1);
    assert_eq!(shift.go_on(), [(false, 2, 2)]);
    assert_eq!(shift.answers(2, true), Some(2));
    assert!(shift.rules.holds(who(2), device(2), shift.now) && !shift.rules.holds(who(1), device(2), shift.now));
    shift.pass(TAKEN_FOR);
    assert_eq!(shift.go_on(), [(false, 1, 2)]);
    assert!(!shift.rules.holds(who(2), device(2), shift.now));
}

#[test]
fn the_next_is_pulled_and_it_is_said_why_not() {
    let mut shift = Shift::begin(&[1, 2]);
    let pull = |shift: &mut Shift, n: u8| {
        let waiting = shift.waiting.clone();
        shift.rules.pull(who(n), &waiting, shift.now).map(|d| d.number() - 100_000_000)
    };
    assert_eq!(pull(&mut shift, 1), Err(PullError::NobodyWaits));
    assert_eq!(pull(&mut shift, 3), Err(PullError::NotAvailable));
    shift.comes(1, 1);
    assert_eq!(shift.offers(), [(1, 1)]);
    assert_eq!(pull(&mut shift, 2), Err(PullError::Offered));
    shift.comes(2, 1);
    assert_eq!(pull(&mut shift, 1), Ok(1), "what is offered already comes first");
    assert_eq!(pull(&mut shift, 2), Ok(2));
    shift.rules.attendant(who(2), Some((Status::Available, false)));
    assert_eq!(pull(&mut shift, 2), Err(PullError::Occupied));
    shift.rules.attendant(who(2), Some((Status::Break(BreakReason::Meal), true)));
    assert_eq!(pull(&mut shift, 2), Err(PullError::NotAvailable));
}

#[test]
fn an_app_that_does_not_distribute_offers_nobody_and_keeps_what_was_pulled() {
    let mut shift = Shift::begin(&[1]);
    shift.plans.get_mut(&app(1)).unwrap().distributes = false;
    shift.comes(1, 1);
    assert_eq!(shift.go_on(), []);
    let waiting = shift.waiting.clone();
    assert_eq!(shift.rules.pull(who(1), &waiting, shift.now), Ok(device(1)));
    assert_eq!(shift.go_on(), []);
    assert!(shift.rules.holds(who(1), device(1), shift.now));
}

#[test]
fn whatever_happens_nobody_has_two_offers_and_no_customer_is_offered_twice_at_once() {
    let mut seed = 7_u64;
    let mut dice = move |sides: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % sides
    };
    let mut shift = Shift::begin(&[]);
    let mut open: HashMap<u8, u32> = HashMap::new();
    for step in 0..20_000_u32 {
        let n = u8::try_from(dice(9) + 1).unwrap();
        match dice(7) {
            0 => shift.comes(step + 1, u8::try_from(dice(2) + 1).unwrap()),
            1 if !shift.waiting.is_empty() => {
                let i = usize::try_from(dice(shift.waiting.len() as u64)).unwrap();
                shift.waiting.remove(i);
            }
            2 => shift.rules.attendant(who(n), Some((Status::Available, dice(3) > 0))),
            3 => shift.rules.attendant(who(n), Some((Status::Break(BreakReason::Rest), true))),
            4 => shift.rules.attendant(who(n), None),
            5 => {
                let take = dice(2) == 0;
                if open.contains_key(&n) {
                    shift.answers(n, take);
                    open.remove(&n);
                }
            }
            _ => shift.pass(Duration::from_secs(dice(40))),
        }
        for (over, to, of) in shift.go_on() {
            if over {
                assert_eq!(open.remove(&to), Some(of), "step {step}: an offer that was not open is over");
            } else {
                assert!(!open.values().any(|other| *other == of), "step {step}: offered twice");
                assert_eq!(open.insert(to, of), None, "step {step}: two offers");
            }
        }
    }
}
