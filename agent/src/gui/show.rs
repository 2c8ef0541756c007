//! Turns a view into what the pages draw: words in the language of the moment, durations into text, lists in place (so that a
//! row under the pointer or the keyboard stays where it is). Properties that do not change are not drawn again.

use std::rc::Rc;

use bundle::palette::{self, Palette};
use slint::{ComponentHandle, Image, Model, ModelRc, SharedPixelBuffer, SharedString, StyledText, VecModel};

use super::strings::words::{Terms, Words};
use super::strings::{Language, moment, phrases};
use super::ui::{self, Mood};
use super::view_model::{
    Allowed, BarView, BrandView, CheckKind, CheckResult, ConnectStage, ConnectingView, ConsentView, ControlState,
    EndedView, Ending, FieldsView, HomeView, LinkView, LoginView, Lookup, Notice, Page, PartnerView, PictureKind,
    Quality, ReceiptView, Saving, Scale, Theme, TicketChoice, TicketStatus, TicketStepView, UnreachableView, ViewModel,
    ViewerView, WaitingView,
};
use super::windows::Windows;

/// The lists on the pages. One of each, shared by all windows.
#[derive(Default)]
pub(super) struct Models {
    fields: Rc<VecModel<ui::FieldRow>>,
    facts: Rc<VecModel<ui::Fact>>,
    checks: Rc<VecModel<ui::CheckRow>>,
    waiting: Rc<VecModel<ui::WaitingRow>>,
    tickets: Rc<VecModel<ui::OpenRow>>,
    link: Rc<VecModel<ui::LinkRow>>,
}

impl Models {
    /// Puts the lists into a window.
    pub fn give(&self, data: &ui::Data<'_>) {
        data.set_field_rows(ModelRc::from(self.fields.clone()));
        data.set_facts(ModelRc::from(self.facts.clone()));
        data.set_check_rows(ModelRc::from(self.checks.clone()));
        data.set_waiting_rows(ModelRc::from(self.waiting.clone()));
        data.set_open_rows(ModelRc::from(self.tickets.clone()));
        data.set_link_rows(ModelRc::from(self.link.clone()));
        let t = Terms::of(Language::En);
        let languages = [t.portuguese, t.english, t.spanish].map(SharedString::from);
        data.set_languages(ModelRc::from(Rc::new(VecModel::from(languages.to_vec()))));
    }
}

/// Changes a list row by row: a row that is the same is not touched, so nothing in it is made anew.
fn sync<T: Clone + PartialEq + 'static>(model: &VecModel<T>, rows: impl IntoIterator<Item = T>) {
    let mut count = 0;
    for row in rows {
        match model.row_data(count) {
            Some(old) if old == row => {}
            Some(_) => model.set_row_data(count, row),
            None => model.push(row),
        }
        count += 1;
    }
    while model.row_count() > count {
        model.remove(model.row_count() - 1);
    }
}

impl Windows {
    /// Fills every window from a view.
    pub(super) fn fill(&self, before: Option<&ViewModel>, view: &ViewModel) {
        let l = view.language;
        let bars = self.bars.borrow();
        let all_tokens = || {
            [self.main.global::<ui::Tokens>(), self.viewer.global::<ui::Tokens>()]
                .into_iter()
                .chain(bars.iter().map(|b| b.global::<ui::Tokens>()))
        };
        let all_brands = || {
            [self.main.global::<ui::Brand>(), self.viewer.global::<ui::Brand>()]
                .into_iter()
                .chain(bars.iter().map(|b| b.global::<ui::Brand>()))
        };
        let all_texts = || {
            [self.main.global::<ui::Texts>(), self.viewer.global::<ui::Texts>()]
                .into_iter()
                .chain(bars.iter().map(|b| b.global::<ui::Texts>()))
        };

        let fresh = !bars.is_empty() && before.is_none_or(|b| b.session_bar.is_none());
        if fresh || before.is_none_or(|b| b.theme != view.theme) {
            all_tokens().for_each(|tokens| {
                tokens.set_theme(match view.theme {
                    Theme::System => ui::Theme::System,
                    Theme::Light => ui::Theme::Light,
                    Theme::Dark => ui::Theme::Dark,
                });
            });
        }
        if fresh || before.is_none_or(|b| b.brand != view.brand) {
            let logo = view.brand.logo.as_deref().and_then(decode_logo);
            all_brands().for_each(|brand| fill_brand(&brand, &view.brand, logo.as_ref()));
        }
        if fresh || before.is_none_or(|b| b.language != l) {
            all_texts().for_each(|texts| fill_texts(&texts, l));
        }

        let data = self.main.global::<ui::Data>();
        data.set_language(Language::ALL.iter().position(|a| *a == l).unwrap_or(0) as i32);
        data.set_notice(view.notice.as_ref().map(|n| notice(l, n)).unwrap_or_default());
        self.fill_page(&data, before, view);
        if let Some(bar) = &view.session_bar {
            bars.iter().for_each(|b| b.global::<ui::Data>().set_bar(bar_data(l, bar)));
        }
        if let Some(viewer) = &view.viewer {
            self.viewer.global::<ui::Data>().set_viewer(viewer_data(l, viewer));
            sync(&self.models.link, link_rows(l, &viewer.link));
        }
    }

    fn fill_page(&self, data: &ui::Data<'_>, before: Option<&ViewModel>, view: &ViewModel) {
        let (l, brand) = (view.language, &view.brand);
        let page = match &view.page {
            Page::Fields(v) => {
                self.fill_fields(data, before, l, v);
                ui::PageName::Fields
            }
            Page::Waiting(v) => {
                data.set_waiting(waiting(l, brand, v));
                ui::PageName::Waiting
            }
            Page::Consent(v) => {
                data.set_consent(consent(l, v));
                ui::PageName::Consent
            }
            Page::Receipt(v) => {
                data.set_receipt(receipt(l, v));
                sync(&self.models.facts, receipt_facts(l, v));
                ui::PageName::Receipt
            }
            Page::Unreachable(v) => {
                data.set_unreachable(unreachable(l, brand, v));
                sync(&self.models.checks, checks(l, v));
                ui::PageName::Unreachable
            }
            Page::ProfileAltered(v) => {
                data.set_altered(ui::AlteredData { phone: text(&brand.phone), details: (&v.details).into() });
                ui::PageName::ProfileAltered
            }
            Page::Login(v) => {
                data.set_login(login(l, v));
                ui::PageName::Login
            }
            Page::Home(v) => {
                data.set_home(home(l, v));
                sync(&self.models.waiting, waiting_rows(l, v));
                ui::PageName::Home
            }
            Page::TicketStep(v) => {
                data.set_ticket(ticket_step(l, v));
                sync(&self.models.tickets, open_rows(l, v));
                ui::PageName::TicketStep
            }
            Page::PartnerPassword(v) => {
                data.set_password(ui::PasswordData {
                    partner_id: (&v.partner.id).into(),
                    busy: v.busy,
                    error: trouble(l, v.trouble.as_ref()),
                });
                ui::PageName::PartnerPassword
            }
            Page::Connecting(v) => {
                data.set_connecting(connecting(l, v));
                ui::PageName::Connecting
            }
            Page::Ended(v) => {
                data.set_ended(ended(l, v));
                sync(&self.models.facts, ended_facts(l, v));
                ui::PageName::Ended
            }
            Page::About(v) => {
                data.set_version(phrases::version(l, &v.version).into());
                ui::PageName::About
            }
        };
        data.set_page(page);
    }

    fn fill_fields(&self, data: &ui::Data<'_>, before: Option<&ViewModel>, l: Language, view: &FieldsView) {
        let known = matches!(before.map(|b| &b.page), Some(Page::Fields(b))
            if b.fields.iter().map(|f| (f.kind, &f.value)).eq(view.fields.iter().map(|f| (f.kind, &f.value))));
        if !known {
            *self.typed.borrow_mut() = view.fields.iter().map(|f| f.value.clone()).collect();
        }
        data.set_fields(ui::FieldsData {
            ticket: view
                .ticket
                .as_ref()
                .map(|t| format!("{} {}", Terms::of(l).ticket, t.number))
                .unwrap_or_default()
                .into(),
            ticket_subject: view
                .ticket
                .as_ref()
                .filter(|t| !t.subject.is_empty())
                .map(|t| format!("· {}", t.subject))
                .unwrap_or_default()
                .into(),
            busy: view.busy,
        });
        let first_wrong = view.fields.iter().position(|f| f.error.is_some());
        let rows = view.fields.iter().enumerate().map(|(i, f)| ui::FieldRow {
            label: phrases::field_label(l, f.kind).into(),
            aside: if f.required { "" } else { Terms::of(l).optional }.into(),
            value: (&f.value).into(),
            error: f.error.map(|e| phrases::field_error(l, e)).unwrap_or_default().into(),
            first_wrong: first_wrong == Some(i),
        });
        sync(&self.models.fields, rows);
    }
}

fn fill_brand(brand: &ui::Brand<'_>, view: &BrandView, logo: Option<&Image>) {
    if let Some(accent) = view.accent {
        let shades = |s: palette::Shades| {
            let color = |[r, g, b]: [u8; 3]| slint::Color::from_rgb_u8(r, g, b);
            ui::Shades {
                accent: color(s.accent),
                accent_on: color(s.accent_on),
                accent_edge: color(s.accent_edge),
                accent_text: color(s.accent_text),
                accent_soft: color(s.accent_soft),
                focus: color(s.focus),
            }
        };
        let palette = Palette::from_accent(accent);
        brand.set_light(shades(palette.light));
        brand.set_dark(shades(palette.dark));
    }
    brand.set_title((&view.title).into());
    brand.set_company((&view.company).into());
    if let Some(logo) = logo {
        brand.set_logo(logo.clone());
    }
}

fn fill_texts(texts: &ui::Texts<'_>, l: Language) {
    let words = Words::of(l);
    macro_rules! make {
        ($($name:ident),*) => {
            ui::Words { $($name: words.$name.into()),* }
        };
    }
    texts.set_t(super::strings::words::drawn!(make));
    let t = Terms::of(l);
    texts.set_waiting_explained(styled(t.waiting_explained));
    texts.set_scam_warning(styled(t.scam_warning));
    texts.set_scam_warning_spoken(spoken(t.scam_warning).into());
    texts.set_paste_hint(styled(words.paste_hint));
    texts.set_recorded_later(styled(words.recorded_later));
}

/// A logo that does not decode is not worth refusing to start for: the mark stays.
fn decode_logo(bytes: &[u8]) -> Option<Image> {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::normalize_to_color8() | png::Transformations::ALPHA);
    let mut reader = decoder.read_info().ok()?;
    let mut pixels = vec![0; reader.output_buffer_size()?];
    let info = reader.next_frame(&mut pixels).ok()?;
    pixels.truncate(info.buffer_size());
    let rgba: Vec<u8> = match info.color_type {
        png::ColorType::Rgba => pixels,
        png::ColorType::GrayscaleAlpha => pixels.chunks_exact(2).flat_map(|p| [p[0], p[0], p[0], p[1]]).collect(),
        _ => return None,
    };
    Some(Image::from_rgba8(SharedPixelBuffer::clone_from_slice(&rgba, info.width, info.height)))
}

/// Our own texts with stronger words; what does not parse is shown as it is.
fn styled(text: &str) -> StyledText {
    StyledText::from_markdown(text).unwrap_or_else(|_| StyledText::from_plain_text(&spoken(text)))
}

fn spoken(text: &str) -> String {
    text.replace("**", "").replace("\n\n", " ")
}

/// A name inside a styled text: nothing in it is a mark.
fn escaped(name: &str) -> String {
    name.chars().flat_map(|c| c.is_ascii_punctuation().then_some('\\').into_iter().chain([c])).collect()
}

/// No line breaks between the groups of a number, or a number and its unit.
fn tied(text: &str) -> SharedString {
    let mut tied = String::with_capacity(text.len() + 4);
    let mut rest = text;
    while let Some(at) = rest.find(' ') {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        let word = after.split([' ', ',', '.']).next().unwrap_or_default();
        let number = before.ends_with(|c: char| c.is_ascii_digit()) && word.starts_with(|c: char| c.is_ascii_digit());
        let unit = before.ends_with(|c: char| c.is_ascii_digit())
            && ["s", "min", "h", "ms", "%", "kbit/s", "Mbit/s"].contains(&word);
        tied.push_str(before);
        tied.push(if number || unit { '\u{a0}' } else { ' ' });
        rest = after;
    }
    tied.push_str(rest);
    tied.into()
}

fn text(value: &Option<String>) -> SharedString {
    value.as_deref().unwrap_or_default().into()
}

fn trouble(l: Language, trouble: Option<&super::view_model::Trouble>) -> SharedString {
    trouble.map(|t| phrases::trouble(l, t)).unwrap_or_default().into()
}

fn share(left: std::time::Duration, all: std::time::Duration) -> f32 {
    if all.is_zero() { 0.0 } else { (left.as_secs_f32() / all.as_secs_f32()).clamp(0.0, 1.0) }
}

fn notice(l: Language, notice: &Notice) -> ui::Notice {
    let mood = match notice {
        Notice::WrongPassword { .. } | Notice::PasswordRenewed => Mood::Warning,
        Notice::ReceiptSaved(_) => Mood::Good,
        Notice::Trouble(_) => Mood::Bad,
    };
    ui::Notice { text: phrases::notice(l, notice).into(), mood }
}

fn waiting(l: Language, brand: &BrandView, v: &WaitingView) -> ui::WaitingData {
    let t = Terms::of(l);
    ui::WaitingData {
        returning: v.returning,
        title: if v.returning { t.returning_title } else { t.waiting_title }.into(),
        line: match v.waiting {
            _ if v.returning => t.returning_line.into(),
            Some(since) => phrases::told_since(l, &brand.company, since).into(),
            None => t.registering_line.into(),
        },
        id: (&v.id).into(),
        password: (&v.password).into(),
        phone: text(&brand.phone),
        hours: text(&brand.hours),
    }
}

fn consent(l: Language, v: &ConsentView) -> ui::ConsentData {
    let name = phrases::first_name(&v.attendant);
    ui::ConsentData {
        question: v.question as i32,
        initials: phrases::initials(&v.attendant).into(),
        title: phrases::wants_access(l, &v.attendant).into(),
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

fn ending(l: Language, ending: Ending) -> (Mood, &'static str) {
    let t = Terms::of(l);
    match ending {
        Ending::ByCustomer => (Mood::Good, t.by_customer),
        Ending::ByAttendant => (Mood::Good, t.by_attendant),
        Ending::Lost => (Mood::Warning, t.by_lost),
        Ending::ByServer => (Mood::Warning, t.by_server),
        Ending::Failed => (Mood::Bad, t.by_failure),
    }
}

fn allowed(l: Language, allowed: Allowed) -> &'static str {
    let t = Terms::of(l);
    match allowed {
        Allowed { control: true, .. } => t.allowed_both,
        Allowed { see: true, .. } => t.allowed_screen,
        _ => t.allowed_nothing,
    }
}

fn receipt(l: Language, v: &ReceiptView) -> ui::ReceiptData {
    let t = Terms::of(l);
    let (mood, _) = ending(l, v.ending);
    ui::ReceiptData {
        mood,
        title: if v.ending == Ending::Lost { t.receipt_lost } else { t.receipt_title }.into(),
        line: phrases::no_longer_has_access(l, &v.attendant).into(),
        savable: v.saving == Saving::Offered,
        saved: match &v.saving {
            Saving::Saved { place } => phrases::saved_at(l, place).into(),
            _ => SharedString::new(),
        },
    }
}

fn fact(name: &str, value: impl Into<SharedString>) -> ui::Fact {
    ui::Fact { name: name.into(), value: value.into(), copyable: false }
}

/// What receipt and end page have in common.
fn session_facts(
    l: Language,
    (from, to): (i64, i64),
    duration: std::time::Duration,
    granted: Allowed,
    ticket: &Option<String>,
    protocol: &Option<String>,
) -> Vec<ui::Fact> {
    let t = Terms::of(l);
    let mut facts = vec![
        fact(t.when, moment::span(l, from, to)),
        fact(t.duration, moment::exact(duration)),
        fact(t.allowed, allowed(l, granted)),
        fact(t.ticket, ticket.as_deref().unwrap_or(t.being_opened)),
    ];
    if let Some(protocol) = protocol {
        facts.push(ui::Fact { copyable: true, ..fact(t.protocol, protocol.as_str()) });
    }
    facts
}

fn receipt_facts(l: Language, v: &ReceiptView) -> Vec<ui::Fact> {
    let mut facts = vec![fact(Terms::of(l).attendant, v.attendant.as_str())];
    facts.extend(session_facts(l, (v.started_unix_s, v.ended_unix_s), v.duration, v.allowed, &v.ticket, &v.protocol));
    facts
}

fn ended(l: Language, v: &EndedView) -> ui::EndedData {
    let (mood, line) = ending(l, v.ending);
    ui::EndedData {
        title: Words::of(l).session_ended.into(),
        line: line.into(),
        mood,
        duration: moment::exact(v.duration).into(),
        later: v.recorded_later,
    }
}

fn ended_facts(l: Language, v: &EndedView) -> Vec<ui::Fact> {
    let who = match (&v.partner.name, &v.partner.company) {
        (Some(name), Some(company)) => format!("{name}, {company}"),
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => v.partner.id.clone(),
    };
    let mut facts = vec![fact(Words::of(l).customer, who)];
    facts.extend(session_facts(l, (v.started_unix_s, v.ended_unix_s), v.duration, v.allowed, &v.ticket, &v.protocol));
    facts
}

fn unreachable(l: Language, brand: &BrandView, v: &UnreachableView) -> ui::UnreachableData {
    let trying = v.retry_in.is_zero();
    ui::UnreachableData {
        trying,
        line: if trying { Terms::of(l).trying_line.into() } else { tied(&phrases::retry_in(l, v.retry_in)) },
        left: if trying { 1.0 } else { 1.0 - share(v.retry_in, v.retry_after) },
        phone: brand.phone.as_ref().map(|p| phrases::call_if_urgent(l, p)).unwrap_or_default().into(),
        details: (&v.details).into(),
    }
}

fn checks(l: Language, v: &UnreachableView) -> Vec<ui::CheckRow> {
    let t = Terms::of(l);
    let row = |c: &super::view_model::CheckView| {
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

fn login(l: Language, v: &LoginView) -> ui::LoginData {
    ui::LoginData {
        server: (&v.server).into(),
        user: (&v.user).into(),
        busy: v.busy,
        error: trouble(l, v.trouble.as_ref()),
        hint: phrases::registered_for(l, v.valid_days).into(),
    }
}

fn home(l: Language, v: &HomeView) -> ui::HomeData {
    let own = v.own.as_ref();
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
        own_password: own.map(|o| o.password.as_str()).unwrap_or_default().into(),
    }
}

fn waiting_rows(l: Language, v: &HomeView) -> Vec<ui::WaitingRow> {
    let row = |c: &super::view_model::WaitingCustomer| ui::WaitingRow {
        id: (&c.id).into(),
        name: c.name.as_deref().unwrap_or(Terms::of(l).no_name).into(),
        company: text(&c.company),
        subject: text(&c.subject),
        time: moment::clock(c.waiting).into(),
        overdue: c.overdue,
    };
    v.waiting.iter().map(row).collect()
}

/// A partner's name where known, else the ID.
fn name_of(partner: &PartnerView) -> &str {
    partner.name.as_deref().unwrap_or(&partner.id)
}

fn partner_initials(partner: &PartnerView) -> SharedString {
    phrases::initials(partner.name.as_deref().unwrap_or_default()).into()
}

fn ticket_step(l: Language, v: &TicketStepView) -> ui::TicketData {
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
                phrases::trouble(l, &super::view_model::Trouble::TicketNotFound { number: number.clone() }).into();
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

fn open_rows(l: Language, v: &TicketStepView) -> Vec<ui::OpenRow> {
    v.open_tickets
        .iter()
        .map(|o| ui::OpenRow {
            number: (&o.number).into(),
            subject: (&o.subject).into(),
            age: moment::rough(l, o.age).into(),
        })
        .collect()
}

fn connecting(l: Language, v: &ConnectingView) -> ui::ConnectingData {
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

fn bar_data(l: Language, v: &BarView) -> ui::BarData {
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
        hotkey: SharedString::new(),
    }
}

/// Above these a fair connection has a reason to name.
const SLOW_MS: u128 = 120;
const LOSSY_PERCENT: f32 = 1.0;

fn viewer_data(l: Language, v: &ViewerView) -> ui::ViewerData {
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
        level,
        signal: signal.into(),
        heading: heading.into(),
        explanation: explanation.into(),
        round_trip: v.link.round_trip.map(|r| format!("{} ms", r.as_millis())).unwrap_or_default().into(),
        time: moment::clock(v.elapsed).into(),
        has_picture: v.has_picture,
        reconnecting: lost.is_some(),
        reconnecting_line: lost
            .map(|r| phrases::picture_is_from(l, &moment::time_of_day(r.picture_unix_s)))
            .unwrap_or_default()
            .into(),
        left: lost.map(|r| 1.0 - share(r.ends_in, r.ends_after)).unwrap_or_default(),
        left_line: lost.map(|r| tied(&phrases::ends_unless_back(l, r.ends_in))).unwrap_or_default(),
    }
}

fn link_rows(l: Language, v: &LinkView) -> Vec<ui::LinkRow> {
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

#[cfg(test)]
mod tests {
    use super::tied;

    #[test]
    fn a_number_stays_with_its_unit_and_its_next_group() {
        assert_eq!(tied("Tentamos de novo em 8 s."), "Tentamos de novo em 8\u{a0}s.");
        assert_eq!(tied("Ponta a ponta · 418 902"), "Ponta a ponta · 418\u{a0}902");
        assert_eq!(tied("24 ms, oscila 6 ms"), "24\u{a0}ms, oscila 6\u{a0}ms");
        assert_eq!(tied("ticket 4821 aberto"), "ticket 4821 aberto");
    }
}
