//! The attendant's pages, the bar and the viewer, from view to what is drawn.

use super::*;

pub(super) fn login(l: Language, v: &LoginView) -> ui::LoginData {
    ui::LoginData {
        server: (&v.server).into(),
        user: (&v.user).into(),
        busy: v.busy,
        asks_code: v.asks_code,
        error: trouble(l, v.trouble.as_ref()),
        hint: phrases::registered_for(l, v.valid_days).into(),
    }
}

pub(super) fn home(l: Language, v: &HomeView) -> ui::HomeData {
    let own = v.own.as_ref();
    let offered = v.offer.as_ref().map(|o| &o.customer);
    ui::HomeData {
        attendant: (&v.attendant).into(),
        initials: phrases::initials(&v.attendant).into(),
        partner: (&v.partner).into(),
        busy: v.busy,
        error: trouble(l, v.trouble.as_ref()),
        count: v.waiting.len().to_string().into(),
        stale: v.stale_for.map(|d| phrases::no_contact_for(l, d)).unwrap_or_default().into(),
        has_own: own.is_some(),
        own_id: own.map(|o| o.id.as_str()).unwrap_or_default().into(),
        own_password: own.map(|o| o.password.reveal()).unwrap_or_default().into(),
        enabling: v.enabling.as_ref().map(|e| phrases::enabling(l, e.works_for)).unwrap_or_default().into(),
        fingerprint: v.enabling.as_ref().map(|e| e.fingerprint.as_str()).unwrap_or_default().into(),
        status: v.status.and_then(|s| StatusKind::ALL.iter().position(|k| *k == s.status)).map_or(-1, |i| i as i32),
        status_word: v.status.map(|s| phrases::status(l, s.status)).unwrap_or_default().into(),
        status_for: v.status.map(|s| moment::clock(s.for_)).unwrap_or_default().into(),
        offer: v.offer.as_ref().map(|o| o.offer.to_string()).unwrap_or_default().into(),
        offer_name: offered.map(|c| c.name.as_deref().unwrap_or(Terms::of(l).no_name)).unwrap_or_default().into(),
        offer_line: offered.map(|c| phrases::offered(l, c)).unwrap_or_default().into(),
        offer_left: v.offer.as_ref().map_or(0.0, |o| share(o.expires_in, o.expires_after)),
        offer_left_line: v
            .offer
            .as_ref()
            .map(|o| phrases::next_is_asked_in(l, o.expires_in))
            .unwrap_or_default()
            .into(),
        can_pull: v.status.is_some() && !v.pulling && v.offer.is_none(),
    }
}

pub(super) fn waiting_rows(l: Language, v: &HomeView) -> Vec<ui::WaitingRow> {
    let row = |c: &crate::gui::view_model::WaitingCustomer| ui::WaitingRow {
        id: (&c.id).into(),
        name: c.name.as_deref().unwrap_or(Terms::of(l).no_name).into(),
        company: text(&c.company),
        subject: phrases::about(l, c.ticket.as_deref(), c.subject.as_deref()).into(),
        time: moment::clock(c.waiting).into(),
        overdue: c.overdue,
    };
    v.waiting.iter().map(row).collect()
}

/// A partner's name where known, else the ID.
pub(super) fn name_of(partner: &PartnerView) -> &str {
    partner.name.as_deref().unwrap_or(&partner.id)
}

pub(super) fn partner_initials(partner: &PartnerView) -> SharedString {
    phrases::initials(partner.name.as_deref().unwrap_or_default()).into()
}

pub(super) fn ticket_step(l: Language, v: &TicketStepView) -> ui::TicketData {
    let t = Terms::of(l);
    let mut data = ui::TicketData {
        partner_id: (&v.partner.id).into(),
        initials: partner_initials(&v.partner),
        name: v.partner.name.as_deref().unwrap_or(t.no_name).into(),
        line: phrases::company_and_wait(l, v.partner.company.as_deref(), v.partner.waiting).into(),
        number: (&v.number).into(),
        others: phrases::open_tickets_of(l, v.partner.name.as_deref(), matches!(v.lookup, Lookup::Found(_))).into(),
        chosen: match &v.choice {
            Some(TicketChoice::Existing(number)) => number.into(),
            _ => SharedString::new(),
        },
        chosen_new: v.choice == Some(TicketChoice::New),
        busy: v.busy,
        error: trouble(l, v.trouble.as_ref()),
        ..ui::TicketData::default()
    };
    match &v.lookup {
        Lookup::None => data.lookup = ui::LookupState::None,
        Lookup::Searching => data.lookup = ui::LookupState::Searching,
        Lookup::Found(card) => {
            data.lookup = ui::LookupState::Found;
            data.found_number = (&card.number).into();
            data.subject = (&card.subject).into();
            data.customer = (&card.customer).into();
            data.owner = card.owner.as_deref().unwrap_or(t.nobody).into();
            let (status, mood) = match &card.status {
                TicketStatus::Open => (t.status_open, Mood::Info),
                TicketStatus::Waiting => (t.status_waiting, Mood::Warning),
                TicketStatus::Solved => (t.status_solved, Mood::Good),
                TicketStatus::Closed => (t.status_closed, Mood::Neutral),
                TicketStatus::Named(name) => (name.as_str(), Mood::Neutral),
            };
            data.status = status.into();
            data.status_mood = mood;
        }
        Lookup::NotFound { number } => {
            data.lookup = ui::LookupState::Message;
            data.message =
                phrases::trouble(l, &crate::gui::view_model::Trouble::TicketNotFound { number: number.clone() }).into();
            data.message_mood = Mood::Bad;
        }
        Lookup::Down { number } => {
            data.lookup = ui::LookupState::Usable;
            data.message = t.ticketing_down.into();
            data.message_mood = Mood::Warning;
            data.found_number = number.into();
            data.subject = format!("{} {number}", t.ticket).into();
        }
    }
    if let Some(dialog) = &v.dialog {
        data.dialog = true;
        data.dialog_text = styled(&phrases::new_ticket(l, dialog.customer.as_deref().map(escaped).as_deref()));
        data.dialog_spoken = spoken(&phrases::new_ticket(l, dialog.customer.as_deref())).into();
        data.dialog_subject = (&dialog.subject).into();
    }
    data
}

pub(super) fn open_rows(l: Language, v: &TicketStepView) -> Vec<ui::OpenRow> {
    v.open_tickets
        .iter()
        .map(|o| ui::OpenRow {
            number: (&o.number).into(),
            subject: (&o.subject).into(),
            age: moment::rough(l, o.age).into(),
        })
        .collect()
}

pub(super) fn watch(l: Language, v: &WatchView) -> ui::WatchData {
    ui::WatchData {
        partner_id: (&v.partner.id).into(),
        initials: partner_initials(&v.partner),
        name: text(&v.partner.name),
        line: v.attendant.as_ref().map(|helps| watching::watch_lead(l, helps)).unwrap_or_default().into(),
        ticket: text(&v.ticket),
        busy: v.busy,
        error: trouble(l, v.trouble.as_ref()),
    }
}

pub(super) fn connecting(l: Language, v: &ConnectingView) -> ui::ConnectingData {
    let t = Terms::of(l);
    let mut data = ui::ConnectingData {
        partner_id: (&v.partner.id).into(),
        theirs: partner_initials(&v.partner),
        mine: phrases::initials(&v.attendant).into(),
        code: tied(v.check_code.as_deref().unwrap_or_default()),
        ..ui::ConnectingData::default()
    };
    match v.stage {
        ConnectStage::Reaching => {
            data.title = t.reaching_title.into();
            data.line = t.reaching_line.into();
        }
        ConnectStage::AwaitingConsent { expires_in, expires_after } => {
            data.title = phrases::waiting_for(l, v.partner.name.as_deref()).into();
            data.line = phrases::question_shows(l, v.ticket.as_deref()).into();
            data.counting = true;
            data.left = share(expires_in, expires_after);
            data.left_line = tied(&phrases::expires_in(l, expires_in));
        }
        ConnectStage::Opening => {
            data.title = t.opening_title.into();
            data.line = t.opening_line.into();
        }
    }
    data
}

pub(super) fn bar_data(l: Language, v: &BarView) -> ui::BarData {
    ui::BarData {
        attendant: (&v.attendant).into(),
        company: (&v.company).into(),
        can_see: v.allowed.see,
        can_control: v.allowed.control,
        time: moment::clock(v.elapsed).into(),
        ticket: v.ticket.as_deref().unwrap_or(Terms::of(l).being_opened).into(),
        protocol: text(&v.protocol),
        code: tied(v.check_code.as_deref().unwrap_or_default()),
        lost: v.reconnecting.is_some(),
        lost_line: v.reconnecting.map(|left| phrases::bar_lost(l, left)).unwrap_or_default().into(),
        open: v.open,
        hotkey: text(&v.end_key),
        alarm: super::customer::alarm(v.alarm),
        watched_by: v.watched_by.as_ref().map(|name| watching::watched_by(l, name)).unwrap_or_default().into(),
        administrator: v.administrator,
    }
}

/// Above these a fair connection has a reason to name.
const SLOW_MS: u128 = 120;
const LOSSY_PERCENT: f32 = 1.0;

pub(super) fn viewer_data(l: Language, v: &ViewerView) -> ui::ViewerData {
    let t = Terms::of(l);
    let quality = if v.reconnecting.is_some() { Quality::Lost } else { v.link.quality };
    let (level, signal, heading) = match quality {
        Quality::Unknown => (ui::SignalLevel::Unknown, t.quality_unknown, t.heading_unknown),
        Quality::Good => (ui::SignalLevel::Good, t.quality_good, t.heading_good),
        Quality::Fair => (ui::SignalLevel::Fair, t.quality_fair, t.heading_fair),
        Quality::Poor => (ui::SignalLevel::Poor, t.quality_poor, t.heading_poor),
        Quality::Lost => (ui::SignalLevel::Lost, t.quality_lost, t.heading_lost),
    };
    let explanation = match quality {
        Quality::Unknown => t.why_unknown,
        Quality::Lost => t.why_lost,
        _ if v.link.loss_percent.is_some_and(|p| p >= LOSSY_PERCENT) => t.why_loss,
        _ if v.link.round_trip.is_some_and(|r| r.as_millis() >= SLOW_MS) => t.why_slow,
        _ => t.why_good,
    };
    let lost = v.reconnecting.as_ref();
    ui::ViewerData {
        title: phrases::screen_of(l, name_of(&v.partner)).into(),
        one_to_one: v.scale == Scale::OneToOne,
        full_screen: v.full_screen,
        toolbar: v.toolbar,
        panel: v.connection_panel,
        control: v.control == ControlState::Control,
        control_allowed: v.control != ControlState::NotAllowed,
        watching: v.watching,
        watched_by: v.watched_by.as_ref().map(|name| watching::watched_by(l, name)).unwrap_or_default().into(),
        level,
        signal: signal.into(),
        heading: heading.into(),
        explanation: explanation.into(),
        round_trip: v.link.round_trip.map(|r| format!("{} ms", r.as_millis())).unwrap_or_default().into(),
        time: moment::clock(v.elapsed).into(),
        has_picture: v.has_picture,
        only_customer: v.only_customer,
        no_keys: v.no_ctrl_alt_del.is_some(),
        no_keys_line: v.no_ctrl_alt_del.map(|why| ctrl_alt_del::why_not(l, why)).unwrap_or_default().into(),
        administrator: match v.administrator {
            AdministratorView::Off => ui::AdministratorState::Off,
            AdministratorView::Asking => ui::AdministratorState::Asking,
            AdministratorView::On => ui::AdministratorState::On,
        },
        no_rights: v.no_administrator.is_some(),
        no_rights_line: v.no_administrator.map(|why| administrator::why_not(l, why)).unwrap_or_default().into(),
        reconnecting: lost.is_some(),
        reconnecting_line: lost
            .map(|r| phrases::picture_is_from(l, &moment::time_of_day(r.picture_unix_s)))
            .unwrap_or_default()
            .into(),
        left: lost.map(|r| 1.0 - share(r.ends_in, r.ends_after)).unwrap_or_default(),
        left_line: lost.map(|r| tied(&phrases::ends_unless_back(l, r.ends_in))).unwrap_or_default(),
    }
}

pub(super) fn link_rows(l: Language, v: &LinkView) -> Vec<ui::LinkRow> {
    let t = Terms::of(l);
    let mut rows = Vec::new();
    let mut row = |name: &str, value: String, warning: bool| {
        rows.push(ui::LinkRow { name: name.into(), value: tied(&value), warning });
    };
    if !v.relay.is_empty() {
        row(t.path, phrases::path(l, &v.relay, &v.transport), false);
    }
    if let Some(n) = v.frames_per_second {
        row(t.frames, phrases::frames(l, n), false);
    }
    if let Some(r) = v.round_trip {
        row(t.round_trip, phrases::round_trip(l, r, v.jitter), r.as_millis() >= SLOW_MS);
    }
    if let Some(p) = v.loss_percent {
        row(t.loss, format!("{} %", moment::decimal(l, p.into())), p >= LOSSY_PERCENT);
    }
    if let Some(b) = v.bits_per_second {
        row(t.data, phrases::data_rate(l, b), false);
    }
    let picture = match v.picture {
        PictureKind::Unknown => t.picture_unknown,
        PictureKind::Exact => t.picture_exact,
        PictureKind::ExactAndVideo => t.picture_exact_and_video,
        PictureKind::Video => t.picture_video,
    };
    row(t.picture, picture.to_owned(), false);
    let code = v.check_code.as_ref().map(|c| format!(" · {c}")).unwrap_or_default();
    row(t.protection, format!("{}{code}", t.end_to_end), false);
    rows
}
