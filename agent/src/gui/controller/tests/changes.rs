//! What the customer takes back and allows again during a session is told to a relay that knows the words.

use protocol::{
    limits,
    message::grant::Change,
    version::{CHANGES_SINCE, SPOKEN},
};

use super::*;

/// A session with a relay of this version, all that was to be told of it taken away.
pub(super) fn at_version(version: u16) -> Story {
    let mut story = Story::begin().waiting();
    let (company, now_unix_ms) = (ShownText::default(), story.now.unix_ms + 5_000);
    story.link(LinkNews::Up(Welcome { version, company, now_unix_ms }));
    story.hear(FromRelay::Registered(Registered { id: DeviceId::new(123_456_789).unwrap(), proof: opaque(1) }));
    story.allow();
    story.reports();
    story
}

fn told(reports: &[Happened]) -> Vec<Vec<Change>> {
    let changed = |what: &Happened| if let Happened::Changed(all) = what { Some(all.clone()) } else { None };
    reports.iter().filter_map(changed).collect()
}

#[test]
fn each_change_is_told_with_all_before_it_and_once_more_before_the_end() {
    let mut story = at_version(SPOKEN.newest);
    let began = story.now.unix_ms + 5_000;
    let change = |granted, after: u64| Change { granted, at_unix_ms: began + after };
    story.pass(Duration::from_secs(10));
    story.reports();
    story.helped(helped::Out::Changed(Grants::VIEW));
    assert_eq!(told(&story.reports()), [vec![change(Grants::VIEW, 10_000)]]);
    story.pass(Duration::from_secs(10));
    story.reports();
    story.helped(helped::Out::Changed(Grants::CONTROL));
    let both = vec![change(Grants::VIEW, 10_000), change(Grants::CONTROL, 20_000)];
    assert_eq!(told(&story.reports()), std::slice::from_ref(&both), "one report stands for both");
    story.hear(FromRelay::ReportKept(ReportKept { session: session(), step: Step::Changed, record: None }));
    story.helped(helped::Out::Over { why: CloseReason::EndedByCustomer, begun: true, reconnects: 0 });
    let reports = story.reports();
    assert!(
        matches!(&reports[..], [Happened::Changed(all), Happened::Ended { .. }, Happened::Signed(_)] if *all == both),
        "{reports:?}"
    );
}

#[test]
fn a_session_in_which_nothing_changed_tells_of_no_change() {
    let mut story = at_version(SPOKEN.newest);
    story.helped(helped::Out::Over { why: CloseReason::EndedByCustomer, begun: true, reconnects: 0 });
    assert!(told(&story.reports()).is_empty());
}

#[test]
fn a_relay_that_does_not_know_the_words_hears_none_of_it() {
    for version in SPOKEN.oldest..CHANGES_SINCE {
        let mut story = at_version(version);
        story.helped(helped::Out::Changed(Grants::VIEW));
        story.helped(helped::Out::Over { why: CloseReason::EndedByCustomer, begun: true, reconnects: 0 });
        let reports = story.reports();
        assert!(told(&reports).is_empty() && !reports.is_empty(), "{version}: {reports:?}");
    }
}

#[test]
fn of_more_changes_than_can_be_told_the_first_stay_and_how_it_is_at_last() {
    let mut story = at_version(SPOKEN.newest);
    for n in 0..100 {
        story.helped(helped::Out::Changed(if n % 2 == 0 { Grants::VIEW } else { Grants::CONTROL }));
    }
    let reports = told(&story.reports());
    let last = reports.last().unwrap();
    assert_eq!((last.len(), last[0].granted), (limits::CHANGES_TOLD, Grants::VIEW));
    assert_eq!(last.last().unwrap().granted, Grants::CONTROL);
    assert!(reports.iter().all(|all| all.len() <= limits::CHANGES_TOLD));
}
