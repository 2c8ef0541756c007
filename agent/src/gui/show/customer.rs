//! The customer's pages, from view to what is drawn.

use super::*;
use crate::gui::view_model::{Apart, NoteView, RequestView};

pub(super) fn waiting(l: Language, brand: &BrandView, v: &WaitingView) -> ui::WaitingData {
    let t = Terms::of(l);
    ui::WaitingData {
        returning: v.returning,
        wayland: v.wayland,
        title: if v.returning { t.returning_title } else { t.waiting_title }.into(),
        line: match v.waiting {
            _ if v.returning => t.returning_line.into(),
            Some(since) => phrases::told_since(l, &brand.company, since).into(),
            None => t.registering_line.into(),
        },
        id: (&v.id).into(),
        password: v.password.reveal().into(),
        phone: text(&brand.phone),
        hours: text(&brand.hours),
        shut: phrases::shut(l, &v.attended).into(),
        shut_line: phrases::shut_line(l, &v.attended).into(),
        request: match &v.request {
            RequestView::None => ui::RequestState::None,
            RequestView::Offered => ui::RequestState::Offered,
            RequestView::Writing { sending: false, .. } => ui::RequestState::Writing,
            RequestView::Writing { sending: true, .. } => ui::RequestState::Sending,
            RequestView::Left { .. } => ui::RequestState::Left,
        },
        request_error: match &v.request {
            RequestView::Writing { trouble: why, .. } => trouble(l, why.as_ref()),
            _ => SharedString::default(),
        },
        left_line: match &v.request {
            RequestView::Left { protocol, ticket } => phrases::request_left(l, protocol, ticket.as_deref()).into(),
            _ => SharedString::default(),
        },
    }
}

pub(super) fn consent(l: Language, v: &ConsentView) -> ui::ConsentData {
    let name = phrases::first_name(&v.attendant);
    ui::ConsentData {
        question: v.question as i32,
        initials: phrases::initials(&v.attendant).into(),
        title: match &v.watches {
            Some(_) => watching::wants_to_watch(l, &v.attendant).into(),
            None => phrases::wants_access(l, &v.attendant).into(),
        },
        watch_line: v.watches.as_ref().map(|helps| watching::watches_beside(l, helps)).unwrap_or_default().into(),
        company: (&v.company).into(),
        first_time: v.first_time,
        warning: styled(&phrases::first_time(l, &escaped(name))),
        warning_spoken: spoken(&phrases::first_time(l, name)).into(),
        control_asked: v.control_asked,
        ticket: match &v.ticket {
            Some(t) if t.subject.is_empty() => (&t.number).into(),
            Some(t) => format!("{} · {}", t.number, t.subject).into(),
            None => Terms::of(l).new_ticket.into(),
        },
        code: tied(v.check_code.as_deref().unwrap_or_default()),
        armed: v.armed(),
        arming: 1.0 - share(v.arms_in, v.arms_after),
        allow: if v.armed() { Terms::of(l).allow.into() } else { phrases::allow_in(l, v.arms_in).into() },
        left: share(v.expires_in, v.expires_after),
        left_line: tied(&phrases::refused_in(l, v.expires_in)),
    }
}

pub(super) fn question(l: Language, v: &AdministratorQuestion) -> ui::AdministratorData {
    let name = phrases::first_name(&v.attendant);
    ui::AdministratorData {
        question: v.question as i32,
        initials: phrases::initials(&v.attendant).into(),
        title: administrator::asks(l, &v.attendant).into(),
        lead: administrator::means(l, name).into(),
        company: (&v.company).into(),
        warning: styled(Terms::of(l).administrator_warning),
        warning_spoken: spoken(Terms::of(l).administrator_warning).into(),
        armed: v.armed(),
        arming: 1.0 - share(v.arms_in, v.arms_after),
        allow: if v.armed() { Words::of(l).go_on.into() } else { administrator::go_on_in(l, v.arms_in).into() },
        left: share(v.expires_in, v.expires_after),
        left_line: tied(&administrator::refused_in(l, v.expires_in)),
    }
}

pub(super) fn ending(l: Language, ending: Ending) -> (Mood, &'static str) {
    let t = Terms::of(l);
    match ending {
        Ending::ByCustomer => (Mood::Good, t.by_customer),
        Ending::ByAttendant => (Mood::Good, t.by_attendant),
        Ending::Lost => (Mood::Warning, t.by_lost),
        Ending::WatchedOver => (Mood::Good, t.by_watched_over),
        Ending::ByServer => (Mood::Warning, t.by_server),
        Ending::Failed => (Mood::Bad, t.by_failure),
    }
}

pub(super) fn allowed(l: Language, allowed: Allowed) -> &'static str {
    let t = Terms::of(l);
    match allowed {
        Allowed { control: true, .. } => t.allowed_both,
        Allowed { see: true, .. } => t.allowed_screen,
        _ => t.allowed_nothing,
    }
}

pub(super) fn receipt(l: Language, v: &ReceiptView) -> ui::ReceiptData {
    let t = Terms::of(l);
    let (mood, _) = ending(l, v.ending);
    ui::ReceiptData {
        mood,
        title: if v.ending == Ending::Lost { t.receipt_lost } else { t.receipt_title }.into(),
        line: phrases::no_longer_has_access(l, &v.attendant).into(),
        alarm: alarm(v.alarm),
        savable: v.saving == Saving::Offered,
        saved: match &v.saving {
            Saving::Saved { place } => phrases::saved_at(l, place).into(),
            _ => SharedString::new(),
        },
    }
}

pub(super) fn alarm(alarm: Alarm) -> ui::AlarmState {
    match alarm {
        Alarm::Offered => ui::AlarmState::Offered,
        Alarm::Sending => ui::AlarmState::Sending,
        Alarm::Sent => ui::AlarmState::Sent,
    }
}

pub(super) fn fact(name: &str, value: impl Into<SharedString>) -> ui::Fact {
    ui::Fact { name: name.into(), value: value.into(), copyable: false }
}

/// What receipt and end page have in common.
pub(super) fn session_facts(
    l: Language,
    (from, to): (i64, i64),
    duration: std::time::Duration,
    granted: String,
    ticket: &Option<String>,
    protocol: &Option<String>,
) -> Vec<ui::Fact> {
    let t = Terms::of(l);
    let mut facts = vec![
        fact(t.when, moment::span(l, from, to)),
        fact(t.duration, moment::exact(duration)),
        fact(t.allowed, granted),
        fact(t.ticket, ticket.as_deref().unwrap_or(t.being_opened)),
    ];
    if let Some(protocol) = protocol {
        facts.push(ui::Fact { copyable: true, ..fact(t.protocol, protocol.as_str()) });
    }
    facts
}

pub(super) fn receipt_facts(l: Language, v: &ReceiptView) -> Vec<ui::Fact> {
    let mut facts = vec![fact(Terms::of(l).attendant, v.attendant.as_str())];
    let granted = allowed(l, v.allowed);
    let granted = if v.administrator { administrator::with(l, granted) } else { granted.to_owned() };
    facts.extend(session_facts(l, (v.started_unix_s, v.ended_unix_s), v.duration, granted, &v.ticket, &v.protocol));
    if let Some(record) = &v.record {
        facts.push(ui::Fact { copyable: true, ..fact(Terms::of(l).audit_record, record.as_str()) });
    }
    facts
}

pub(super) fn ended(l: Language, v: &EndedView) -> ui::EndedData {
    let (mood, line) = ending(l, v.ending);
    let (asked, t) = (v.wrap_up.as_ref(), Terms::of(l));
    ui::EndedData {
        title: Words::of(l).session_ended.into(),
        line: line.into(),
        mood,
        duration: moment::exact(v.duration).into(),
        later: v.recorded_later,
        asks: v.wrap_up.is_some(),
        chosen: asked.and_then(|a| a.chosen).and_then(|i| i32::try_from(i).ok()).unwrap_or(-1),
        category_aside: if asked.is_some_and(|a| a.required) { "" } else { t.optional }.into(),
        category_error: if asked.is_some_and(|a| a.category_missing) { t.choose_category } else { "" }.into(),
        noted: asked.is_some_and(|a| a.note.is_some()),
        note_aside: if asked.is_some_and(|a| a.note == Some(NoteView::Required)) { "" } else { t.optional }.into(),
        note_error: if asked.is_some_and(|a| a.note_missing) { t.field_missing } else { "" }.into(),
    }
}

pub(super) fn ended_facts(l: Language, v: &EndedView) -> Vec<ui::Fact> {
    let who = match (&v.partner.name, &v.partner.company) {
        (Some(name), Some(company)) => format!("{name}, {company}"),
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => v.partner.id.clone(),
    };
    let mut facts = vec![fact(Words::of(l).customer, who)];
    let granted = allowed(l, v.allowed).to_owned();
    facts.extend(session_facts(l, (v.started_unix_s, v.ended_unix_s), v.duration, granted, &v.ticket, &v.protocol));
    facts
}

pub(super) fn unreachable(l: Language, brand: &BrandView, v: &UnreachableView) -> ui::UnreachableData {
    let (t, trying) = (Terms::of(l), v.retry_in.is_zero());
    let apart = |apart| updates::apart(l, apart, &v.way_on).into();
    let (title, line) = match v.apart {
        Some(Apart::ProgramOld) => (t.program_old_title, apart(Apart::ProgramOld)),
        Some(Apart::ServerOld) => (t.server_old_title, apart(Apart::ServerOld)),
        None if trying => (t.unreachable_title, t.trying_line.into()),
        None => (t.unreachable_title, tied(&phrases::retry_in(l, v.retry_in))),
    };
    ui::UnreachableData {
        trying,
        apart: v.apart.is_some(),
        title: title.into(),
        line,
        left: if trying { 1.0 } else { 1.0 - share(v.retry_in, v.retry_after) },
        phone: brand.phone.as_ref().map(|p| phrases::call_if_urgent(l, p)).unwrap_or_default().into(),
        details: if v.apart.is_some() { &v.way_on } else { &v.details }.into(),
    }
}

pub(super) fn checks(l: Language, v: &UnreachableView) -> Vec<ui::CheckRow> {
    let t = Terms::of(l);
    let row = |c: &crate::gui::view_model::CheckView| {
        let (text, good, bad) = match c.what {
            CheckKind::Network => (t.check_network, t.network_good, t.network_bad),
            CheckKind::Address => (t.check_address, t.address_good, t.address_bad),
            CheckKind::Answer => (t.check_answer, t.answer_good, t.answer_bad),
        };
        let (mood, value) = match c.result {
            CheckResult::Good => (Mood::Good, good.to_owned()),
            CheckResult::Bad { since: Some(since) } => (Mood::Bad, phrases::since(l, bad, since)),
            CheckResult::Bad { since: None } => (Mood::Bad, bad.to_owned()),
            CheckResult::Unknown => (Mood::Neutral, t.unknown.to_owned()),
        };
        ui::CheckRow { mood, text: text.into(), value: value.into() }
    };
    v.checks.iter().map(row).collect()
}
