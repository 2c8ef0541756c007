//! From when to when a session had administrator's rights is told to a relay that knows the words, and the receipt says that it had them.

use protocol::{
    limits,
    message::grant::RightsChange,
    version::{RIGHTS_SINCE, SPOKEN},
};

use super::{changes::at_version, *};

fn told(reports: &[Happened]) -> Vec<Vec<RightsChange>> {
    let rights = |what: &Happened| if let Happened::Rights(all) = what { Some(all.clone()) } else { None };
    reports.iter().filter_map(rights).collect()
}

impl Story {
    fn rights(&mut self, on: bool) {
        self.controller.customer_rights(session(), on, self.now);
    }

    /// The session is over: what is told of it, and whether its receipt says that it had administrator's rights.
    fn over(&mut self) -> (Vec<Happened>, bool) {
        self.helped(helped::Out::Over { why: CloseReason::EndedByCustomer, begun: true, reconnects: 0 });
        let (mut reports, mut had) = (Vec::new(), None);
        for effect in self.effects() {
            match effect {
                Effect::Say(ToRelay::Report(report)) => reports.push(report.what),
                Effect::KeepReceipt(receipt, ..) => had = Some(receipt.administrator),
                _ => {}
            }
        }
        (reports, had.unwrap())
    }
}

#[test]
fn each_change_is_told_with_all_before_it_and_rights_that_are_in_use_at_the_end_are_in_use_until_then() {
    let mut story = at_version(SPOKEN.newest);
    let began = story.now.unix_ms + 5_000;
    let change = |administrator, after: u64| RightsChange { administrator, at_unix_ms: began + after };
    let mut all = Vec::new();
    for (on, after) in [(true, 10_000), (false, 20_000), (true, 30_000)] {
        story.pass(Duration::from_secs(10));
        story.reports();
        story.rights(on);
        // Said again, it is no change.
        story.rights(on);
        all.push(change(on, after));
        assert_eq!(told(&story.reports()), [all.clone()], "one report stands for all of them");
    }
    story.hear(FromRelay::ReportKept(ReportKept { session: session(), step: Step::Rights, record: None }));
    let (reports, had) = story.over();
    assert!(
        matches!(&reports[..], [Happened::Rights(last), Happened::Ended { .. }, Happened::Signed(_)] if *last == all),
        "{reports:?}"
    );
    assert!(had);
}

#[test]
fn what_the_relay_did_not_get_is_told_when_it_is_back_and_in_one_report() {
    let mut story = at_version(SPOKEN.newest);
    story.link(LinkNews::Down { why: "gone".into(), retry_in: Duration::from_secs(1) });
    story.rights(true);
    story.pass(Duration::from_secs(10));
    story.rights(false);
    assert_eq!(story.reports(), []);
    let (company, now_unix_ms) = (ShownText::default(), story.now.unix_ms + 5_000);
    story.link(LinkNews::Up(Welcome { version: SPOKEN.newest, company, now_unix_ms }));
    story.hear(FromRelay::Registered(Registered { id: DeviceId::new(123_456_789).unwrap(), proof: opaque(1) }));
    let told = told(&story.reports());
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].iter().map(|change| change.administrator).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn a_session_without_them_tells_nothing_and_its_receipt_neither() {
    let mut story = at_version(SPOKEN.newest);
    story.rights(false);
    let (reports, had) = story.over();
    assert!(told(&reports).is_empty() && !had, "{reports:?}");
    // What comes when it is over is about no session.
    story.rights(true);
    assert!(told(&story.reports()).is_empty());
}

#[test]
fn another_sessions_rights_are_not_this_ones() {
    let mut story = at_version(SPOKEN.newest);
    story.controller.customer_rights(SessionId::from_bytes([8; 16]), true, story.now);
    let (reports, had) = story.over();
    assert!(told(&reports).is_empty() && !had, "{reports:?}");
}

#[test]
fn a_relay_that_does_not_know_the_words_hears_none_of_it_and_the_receipt_says_it_all_the_same() {
    for version in SPOKEN.oldest..RIGHTS_SINCE {
        let mut story = at_version(version);
        story.rights(true);
        let before = story.reports();
        let (reports, had) = story.over();
        assert!(told(&before).is_empty() && told(&reports).is_empty() && !reports.is_empty(), "{version}: {reports:?}");
        assert!(had, "{version}");
    }
}

#[test]
fn of_more_changes_than_can_be_told_the_first_stay_and_how_it_is_at_last() {
    let mut story = at_version(SPOKEN.newest);
    for n in 0..101 {
        story.rights(n % 2 == 0);
    }
    let reports = told(&story.reports());
    let last = reports.last().unwrap();
    assert_eq!((last.len(), last[0].administrator), (limits::CHANGES_TOLD, true));
    assert!(last.last().unwrap().administrator, "it has them still");
    assert!(reports.iter().all(|all| all.len() <= limits::CHANGES_TOLD));
}
