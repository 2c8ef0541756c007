//! What the windows show, made anew from the controller's state. Reads everything, changes nothing.

use std::time::{Duration, Instant};

use protocol::{
    id::DeviceId,
    limits,
    message::{
        directory::{Field, FieldKey, WaitingCustomer as Listed},
        grant::Grants,
        pairing::CloseReason,
        ticket::{TicketBrief, TicketStatus as Status},
        watch::Watchable,
    },
    session::CheckPhrase,
};

use super::{
    Controller, LinkState, Now, PATIENCE,
    attendant::{Asked, Ended, LoginState, Looked, Session, Stage, TicketStep, Viewing, Who, status_kind},
    attendant_in_front,
    customer::{SessionState, kind_of},
};
use crate::gui::view_model::{
    AboutView, AdministratorQuestion, Allowed, BarView, CheckKind, CheckResult, CheckView, ConnectStage,
    ConnectingView, ConsentView, ControlState, EnablingView, EndedView, Ending, FieldView, FieldsView, HomeView,
    LinkView, LoginView, Lookup, MainWindow, NewTicketDialog, Notice, OfferView, OpenTicket, OwnCredentials, Page,
    PartnerPasswordView, PartnerView, PictureKind, Quality, ReceiptView, ReconnectingView, RemovalView, StatusView,
    Theme, TicketCard, TicketLine, TicketStatus, TicketStepView, UnreachableView, UpdateState, UpdateView, ViewModel,
    ViewerView, WaitingCustomer, WaitingView, WatchView,
};

/// Waiting longer than this is too long.
const OVERDUE: Duration = Duration::from_secs(5 * 60);

pub(super) fn view(c: &Controller, now: Now) -> ViewModel {
    let session_bar = bar(c, now);
    let viewer = c.attendant.session().and_then(|session| viewer(c, session, now));
    let mut sessions = c.customer.session.iter().chain(&c.customer.watch);
    let asking =
        sessions.any(|session| matches!(session.state, SessionState::Asking { .. }) || session.administrator.is_some());
    let hidden = (session_bar.is_some() || viewer.is_some()) && !asking;
    let page = page(c, now);
    // Not beside the form, which is the first thing that the program is for.
    let first = matches!(page, Page::Waiting(_) | Page::Unreachable(_) | Page::Home(_));
    ViewModel {
        brand: c.profile.brand.clone(),
        language: c.language,
        theme: Theme::System,
        crash_offered: c.crash.is_some() && first,
        page,
        main_window: if hidden { MainWindow::Hidden } else { MainWindow::Shown },
        session_bar,
        viewer,
        notice: c.notice.as_ref().map(|(notice, _)| notice.clone()).or_else(|| updating(c)),
        update: c.update.clone(),
    }
}

fn updating(c: &Controller) -> Option<Notice> {
    let moves = |update: &&UpdateView| matches!(update.state, UpdateState::Fetching { .. } | UpdateState::Installing);
    c.update.as_ref().filter(moves).cloned().map(Notice::Updating)
}

fn page(c: &Controller, now: Now) -> Page {
    if let Some(consent) = consent(c, now) {
        return Page::Consent(consent);
    }
    if let Some(question) = administrator(c, now) {
        return Page::Administrator(question);
    }
    if let Some(state) = &c.removal {
        return Page::Removal(RemovalView { state: state.clone() });
    }
    if let Some(crash) = c.report_view() {
        return Page::Crash(crash);
    }
    if c.about {
        return Page::About(AboutView { version: crate::update::version().to_string() });
    }
    if attendant_in_front(c) {
        return attendant_page(c, now);
    }
    if let Some((receipt, saving)) = &c.customer.receipt {
        return Page::Receipt(ReceiptView {
            attendant: receipt.attendant.as_str().to_owned(),
            started_unix_s: seconds(receipt.started_unix_ms),
            ended_unix_s: seconds(receipt.ended_unix_ms),
            duration: receipt.duration,
            allowed: allowed(receipt.allowed),
            administrator: receipt.administrator,
            ticket: receipt.ticket.as_ref().map(ToString::to_string),
            protocol: Some(receipt.protocol.to_string()),
            record: receipt.record.as_ref().map(ToString::to_string),
            ending: ending(receipt.why),
            alarm: c.customer.alarm(),
            saving: saving.clone(),
        });
    }
    let gone_for = c.away.as_ref().map(|(since, _)| now.instant.saturating_duration_since(*since));
    if gone_for.is_some_and(|gone| gone >= PATIENCE) {
        return Page::Unreachable(unreachable(c, now));
    }
    if !c.customer.submitted {
        return Page::Fields(FieldsView {
            ticket: c.customer.invite.about().cloned(),
            fields: c
                .profile
                .fields
                .iter()
                .map(|(key, required)| FieldView {
                    kind: kind_of(*key),
                    value: c.customer.fields.get(key).cloned().unwrap_or_default(),
                    required: *required,
                    error: c.customer.errors.get(key).copied(),
                })
                .collect(),
            busy: false,
        });
    }
    Page::Waiting(WaitingView {
        id: c.customer.id.as_ref().map(|(id, _)| id.to_string()).unwrap_or_default(),
        password: c.customer.password.reveal().into(),
        waiting: c.customer.listed_since.map(|since| now.instant.saturating_duration_since(since)),
        returning: gone_for.is_some() && c.customer.id.is_some(),
        attended: c.customer.request.attended(),
        request: c.customer.request.view(),
        wayland: c.wayland,
    })
}

fn attendant_page(c: &Controller, now: Now) -> Page {
    let (Some(who), None) = (&c.attendant.who, &c.attendant.login) else {
        let login = c.attendant.login.as_ref();
        return Page::Login(LoginView {
            server: c.profile.server.clone(),
            user: c.settings.user.clone(),
            busy: login.is_some_and(|login: &LoginState| login.busy),
            asks_code: login.is_some_and(|login| login.asks_code),
            trouble: login.and_then(|login| login.trouble.clone()),
            valid_days: u32::try_from(limits::ATTENDANT_CERTIFICATE_LIFE.as_secs() / 86_400).unwrap_or(7),
        });
    };
    let trouble = c.attendant.trouble.clone();
    match &c.attendant.stage {
        Stage::Home => Page::Home(home(c, who, now)),
        Stage::Ticket(step) => Page::TicketStep(TicketStepView {
            partner: partner(c, step.partner, now),
            number: step.number.clone(),
            lookup: lookup(&step.lookup),
            open_tickets: open_tickets(step, now),
            choice: step.choice.clone(),
            dialog: step.dialog.then(|| NewTicketDialog {
                customer: partner(c, step.partner, now).name,
                subject: listed(c, step.partner)
                    .and_then(|row| field(&row.fields, FieldKey::Subject))
                    .unwrap_or_default(),
            }),
            busy: false,
            trouble,
        }),
        Stage::Password(step, busy) => {
            Page::PartnerPassword(PartnerPasswordView { partner: partner(c, step.partner, now), busy: *busy, trouble })
        }
        Stage::Watch(step) => Page::Watch(WatchView {
            partner: watched(c, step.partner, step.found.as_ref(), now),
            attendant: step.found.as_ref().map(|found| found.attendant.as_str().to_owned()),
            ticket: step.found.as_ref().map(|found| found.ticket.to_string()),
            busy: step.busy || (step.found.is_none() && trouble.is_none()),
            trouble,
        }),
        Stage::Session(session) => Page::Connecting(ConnectingView {
            partner: watched(c, session.step.partner, session.watch.as_ref(), now),
            attendant: who.name.as_str().to_owned(),
            stage: match (session.stage, session.asked_since) {
                (ConnectStage::AwaitingConsent { expires_after, .. }, Some(since)) => {
                    ConnectStage::AwaitingConsent { expires_in: left(since, expires_after, now), expires_after }
                }
                (stage, _) => stage,
            },
            ticket: session.number.as_ref().map(ToString::to_string),
            check_code: phrase(session.phrase),
        }),
        Stage::Ended(session, ended) => Page::Ended(ended_view(c, session, ended, now)),
    }
}

fn phrase(phrase: Option<CheckPhrase>) -> Option<String> {
    phrase.map(|phrase| phrase.to_string())
}

fn consent(c: &Controller, now: Now) -> Option<ConsentView> {
    let main = c.customer.session.as_ref()?;
    let session = c.customer.watch.as_ref().unwrap_or(main);
    let SessionState::Asking { peer, want, since, question } = &session.state else { return None };
    let watches = match &main.state {
        SessionState::Active { peer, .. } => Some(peer.name.as_str().to_owned()),
        _ => None,
    };
    Some(ConsentView {
        question: *question,
        attendant: peer.name.as_str().to_owned(),
        company: c.profile.brand.company.clone(),
        first_time: !c.settings.knows(peer.operator),
        ticket: session
            .ticket
            .as_ref()
            .map(|ticket| TicketLine { number: ticket.number.to_string(), subject: ticket.subject.as_str().to_owned() })
            .or_else(|| {
                // Chosen while the ticketing system was down: a number without a subject.
                session.number.as_ref().map(|number| TicketLine { number: number.to_string(), subject: String::new() })
            }),
        check_code: phrase(session.phrase),
        control_asked: want.control,
        watches,
        arms_in: left(*since, limits::CONSENT_ARMS_AFTER, now),
        arms_after: limits::CONSENT_ARMS_AFTER,
        expires_in: left(*since, limits::CONSENT_WAIT, now),
        expires_after: limits::CONSENT_WAIT,
    })
}

fn administrator(c: &Controller, now: Now) -> Option<AdministratorQuestion> {
    let session = c.customer.session.as_ref()?;
    let (SessionState::Active { peer, .. }, Some(asked)) = (&session.state, session.administrator) else { return None };
    Some(AdministratorQuestion {
        question: asked.question,
        attendant: peer.name.as_str().to_owned(),
        company: c.profile.brand.company.clone(),
        arms_in: left(asked.in_front, limits::CONSENT_ARMS_AFTER, now),
        arms_after: limits::CONSENT_ARMS_AFTER,
        expires_in: left(asked.since, limits::CONSENT_WAIT, now),
        expires_after: limits::CONSENT_WAIT,
    })
}

fn bar(c: &Controller, now: Now) -> Option<BarView> {
    let session = c.customer.session.as_ref()?;
    let SessionState::Active { peer, granted, rights, began, away_since, .. } = &session.state else { return None };
    Some(BarView {
        attendant: peer.name.as_str().to_owned(),
        company: c.profile.brand.company.clone(),
        allowed: allowed(*granted),
        elapsed: now.instant.saturating_duration_since(*began),
        ticket: session.number.as_ref().map(ToString::to_string),
        protocol: Some(session.protocol.to_string()),
        check_code: phrase(session.phrase),
        reconnecting: away_since.map(|since| left(since, limits::RESUME_WITHIN, now)),
        watched_by: c.customer.watch.as_ref().and_then(|watch| match &watch.state {
            SessionState::Active { peer, .. } => Some(peer.name.as_str().to_owned()),
            _ => None,
        }),
        administrator: rights.last().is_some_and(|last| last.administrator),
        alarm: c.customer.alarm(),
        end_key: c.customer.end_key.map(str::to_owned),
        open: session.bar_open,
    })
}

fn viewer(c: &Controller, session: &Session, now: Now) -> Option<ViewerView> {
    let view = session.view.as_ref()?;
    Some(ViewerView {
        partner: watched(c, session.step.partner, session.watch.as_ref(), now),
        scale: view.scale,
        full_screen: view.full_screen,
        toolbar: view.toolbar,
        connection_panel: view.panel,
        control: match (view.granted.control, view.control) {
            (false, _) => ControlState::NotAllowed,
            (true, true) => ControlState::Control,
            (true, false) => ControlState::ViewOnly,
        },
        watching: session.watch.is_some(),
        watched_by: session.watched_by.clone(),
        link: link(c, view, session.phrase),
        elapsed: now.instant.saturating_duration_since(view.began),
        has_picture: view.has_picture,
        only_customer: view.only_customer,
        no_ctrl_alt_del: view.no_ctrl_alt_del,
        administrator: view.administrator,
        no_administrator: view.no_administrator,
        reconnecting: view.away.map(|(since, unix_ms)| ReconnectingView {
            picture_unix_s: seconds(unix_ms),
            ends_in: left(since, limits::RESUME_WITHIN, now),
            ends_after: limits::RESUME_WITHIN,
        }),
    })
}

fn link(c: &Controller, view: &Viewing, code: Option<CheckPhrase>) -> LinkView {
    let figures = &view.figures;
    let loss = figures.loss_percent.unwrap_or(0.0);
    let quality = match figures.round_trip {
        _ if view.away.is_some() => Quality::Lost,
        None => Quality::Unknown,
        Some(trip) if trip > Duration::from_millis(300) || loss > 5.0 => Quality::Poor,
        Some(trip) if trip > Duration::from_millis(120) || loss > 1.0 => Quality::Fair,
        Some(_) => Quality::Good,
    };
    LinkView {
        quality,
        relay: c.profile.server.clone(),
        transport: "UDP".to_owned(),
        round_trip: figures.round_trip,
        jitter: view.jitter,
        loss_percent: figures.loss_percent,
        bits_per_second: Some(figures.bytes_per_second * 8),
        #[allow(clippy::cast_precision_loss)] // a count of one second
        frames_per_second: Some(figures.batches_per_second as f32),
        picture: match (view.has_picture, figures.customer) {
            (false, _) => PictureKind::Unknown,
            (true, Some(stats)) if stats.video_permille > 0 => PictureKind::ExactAndVideo,
            (true, _) => PictureKind::Exact,
        },
        check_code: phrase(code),
    }
}

fn home(c: &Controller, who: &Who, now: Now) -> HomeView {
    let mut waiting: Vec<WaitingCustomer> = c.attendant.waiting.iter().map(|row| waiting_row(c, row, now)).collect();
    waiting.sort_by_key(|row| std::cmp::Reverse(row.waiting));
    HomeView {
        attendant: who.name.as_str().to_owned(),
        partner: c.attendant.partner_typed.clone(),
        waiting,
        stale_for: c.away.as_ref().map(|(since, _)| now.instant.saturating_duration_since(*since)),
        own: c
            .customer
            .id
            .as_ref()
            .map(|(id, _)| OwnCredentials { id: id.to_string(), password: c.customer.password.reveal().into() }),
        busy: false,
        trouble: c.attendant.trouble.clone(),
        enabling: who.waits.as_ref().map(|fingerprint| EnablingView {
            fingerprint: fingerprint.clone(),
            works_for: who
                .certified
                .then(|| Duration::from_millis(who.expires_unix_ms.saturating_sub(c.relay_now_ms(now)))),
        }),
        status: c.attendant.offers.status.map(|is| StatusView {
            status: status_kind(is.status),
            for_: Duration::from_millis(c.relay_now_ms(now).saturating_sub(is.since_unix_ms)),
        }),
        offer: c.attendant.offers.offer.as_ref().map(|open| OfferView {
            offer: open.offer,
            customer: waiting_row(c, &open.customer, now),
            expires_in: open.until.saturating_duration_since(now.instant),
            expires_after: open.whole,
        }),
        pulling: c.attendant.offers.pulling,
    }
}

fn waiting_row(c: &Controller, row: &Listed, now: Now) -> WaitingCustomer {
    let waiting = Duration::from_millis(c.relay_now_ms(now).saturating_sub(row.since_unix_ms));
    WaitingCustomer {
        id: row.id.to_string(),
        name: field(&row.fields, FieldKey::Name),
        company: field(&row.fields, FieldKey::Company),
        subject: field(&row.fields, FieldKey::Subject),
        ticket: c.attendant.waiting_on.get(&row.id).map(ToString::to_string),
        waiting,
        overdue: waiting >= OVERDUE,
    }
}

fn unreachable(c: &Controller, now: Now) -> UnreachableView {
    let (retry_in, retry_after) = match &c.link {
        LinkState::Waiting { until, after } => (until.saturating_duration_since(now.instant), *after),
        LinkState::Dialling | LinkState::Up => (Duration::ZERO, Duration::ZERO),
    };
    let (since, why) = c
        .away
        .as_ref()
        .map_or((None, ""), |(since, why)| (Some(now.instant.saturating_duration_since(*since)), why.as_str()));
    let named = !why.contains("no address for");
    let checks = if c.apart.is_some() {
        Vec::new()
    } else {
        vec![
            CheckView {
                what: CheckKind::Address,
                result: if why.is_empty() {
                    CheckResult::Unknown
                } else if named {
                    CheckResult::Good
                } else {
                    CheckResult::Bad { since }
                },
            },
            CheckView {
                what: CheckKind::Answer,
                result: if named { CheckResult::Bad { since } } else { CheckResult::Unknown },
            },
        ]
    };
    UnreachableView {
        retry_in,
        retry_after,
        checks,
        apart: c.apart,
        way_on: c.profile.page.clone(),
        details: if why.is_empty() { String::new() } else { format!("{}: {why}", c.profile.server) },
    }
}

fn ended_view(c: &Controller, session: &Session, ended: &Ended, now: Now) -> EndedView {
    let view = session.view.as_ref();
    let began_unix_ms = view.map_or(ended.at_unix_ms, |view| view.began_unix_ms);
    EndedView {
        partner: watched(c, session.step.partner, session.watch.as_ref(), now),
        started_unix_s: seconds(began_unix_ms),
        ended_unix_s: seconds(ended.at_unix_ms),
        duration: ended.duration,
        allowed: allowed(view.map_or(Grants::NONE, |view| view.ever)),
        ticket: session.number.as_ref().map(ToString::to_string),
        protocol: session.protocol.as_ref().map(ToString::to_string),
        ending: ending(ended.why),
        recorded_later: session.number.is_none(),
        wrap_up: session.wrap_up.as_ref().map(Asked::view),
    }
}

fn listed(c: &Controller, id: DeviceId) -> Option<&Listed> {
    c.attendant.waiting.iter().find(|row| row.id == id)
}

/// A partner who is in a session is in no waiting list: the relay has said who it is.
fn watched(c: &Controller, id: DeviceId, found: Option<&Watchable>, now: Now) -> PartnerView {
    let told = found.map(|found| found.customer.as_str().to_owned()).filter(|name| !name.is_empty());
    let known = partner(c, id, now);
    PartnerView { name: known.name.or(told), ..known }
}

fn partner(c: &Controller, id: DeviceId, now: Now) -> PartnerView {
    let row = listed(c, id);
    PartnerView {
        id: id.to_string(),
        name: row.and_then(|row| field(&row.fields, FieldKey::Name)),
        company: row.and_then(|row| field(&row.fields, FieldKey::Company)),
        waiting: row.map(|row| Duration::from_millis(c.relay_now_ms(now).saturating_sub(row.since_unix_ms))),
    }
}

fn field(fields: &[Field], key: FieldKey) -> Option<String> {
    fields
        .iter()
        .find(|field| field.key == key)
        .map(|field| field.value.as_str().to_owned())
        .filter(|value| !value.is_empty())
}

fn lookup(looked: &Looked) -> Lookup {
    match looked {
        Looked::Nothing => Lookup::None,
        Looked::Searching(_) => Lookup::Searching,
        Looked::Found(brief) => Lookup::Found(card(brief)),
        Looked::NotFound(number) => Lookup::NotFound { number: number.clone() },
        Looked::Down(number) => Lookup::Down { number: number.to_string() },
    }
}

fn card(brief: &TicketBrief) -> TicketCard {
    TicketCard {
        number: brief.number.to_string(),
        subject: brief.subject.as_str().to_owned(),
        customer: brief.customer.as_str().to_owned(),
        owner: Some(brief.owner.as_str().to_owned()).filter(|owner| !owner.is_empty()),
        status: match brief.status {
            Status::New | Status::Open => TicketStatus::Open,
            Status::Waiting => TicketStatus::Waiting,
            Status::Resolved => TicketStatus::Solved,
            Status::Closed => TicketStatus::Closed,
        },
    }
}

fn open_tickets(step: &TicketStep, now: Now) -> Vec<OpenTicket> {
    let shown = match &step.lookup {
        Looked::Found(brief) => Some(&brief.number),
        _ => None,
    };
    step.open
        .iter()
        .filter(|ticket| Some(&ticket.number) != shown)
        .map(|ticket| OpenTicket {
            number: ticket.number.to_string(),
            subject: ticket.subject.as_str().to_owned(),
            age: Duration::from_millis(now.unix_ms.saturating_sub(ticket.opened_unix_ms)),
        })
        .collect()
}

fn allowed(grants: Grants) -> Allowed {
    Allowed { see: grants.view, control: grants.control }
}

fn ending(why: CloseReason) -> Ending {
    match why {
        CloseReason::EndedByCustomer | CloseReason::Refused => Ending::ByCustomer,
        CloseReason::EndedByAttendant | CloseReason::Cancelled => Ending::ByAttendant,
        CloseReason::WatchedOver => Ending::WatchedOver,
        CloseReason::ConnectionLost | CloseReason::ProgramGone | CloseReason::NoAnswer => Ending::Lost,
        CloseReason::WrongPassword | CloseReason::Violation | CloseReason::Failed => Ending::Failed,
    }
}

fn left(since: Instant, whole: Duration, now: Now) -> Duration {
    (since + whole).saturating_duration_since(now.instant)
}

fn seconds(unix_ms: u64) -> i64 {
    i64::try_from(unix_ms / 1_000).unwrap_or(i64::MAX)
}
