//! Turns a view into what the pages draw: words in the language of the moment, durations into text, lists in place (so that a
//! row under the pointer or the keyboard stays where it is). Properties that do not change are not drawn again.

mod attendant;
mod customer;
mod upkeep;

use attendant::*;
use customer::*;

use std::rc::Rc;

use bundle::palette::{self, Palette};
use slint::{ComponentHandle, Image, Model, ModelRc, SharedPixelBuffer, SharedString, StyledText, VecModel};

use super::strings::words::{Terms, Words};
use super::strings::{Language, administrator, ctrl_alt_del, moment, phrases, updates, watching};
use super::ui::{self, Mood};
use super::view_model::{
    AdministratorQuestion, AdministratorView, Alarm, Allowed, BarView, BrandView, CheckKind, CheckResult, ConnectStage,
    ConnectingView, ConsentView, ControlState, EndedView, Ending, FieldsView, HomeView, InvitationNews, LinkView,
    LoginView, Lookup, Notice, Page, PartnerView, PictureKind, Quality, ReceiptView, Saving, Scale, StatusKind, Theme,
    TicketChoice, TicketStatus, TicketStepView, UnreachableView, UpdateState, UpdateView, ViewModel, ViewerView,
    WaitingView, WatchView,
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
    categories: Rc<VecModel<SharedString>>,
    statuses: Rc<VecModel<SharedString>>,
    link: Rc<VecModel<ui::LinkRow>>,
    stayed: Rc<VecModel<ui::StayedRow>>,
}

impl Models {
    /// Puts the lists into a window.
    pub fn give(&self, data: &ui::Data<'_>) {
        data.set_field_rows(ModelRc::from(self.fields.clone()));
        data.set_facts(ModelRc::from(self.facts.clone()));
        data.set_check_rows(ModelRc::from(self.checks.clone()));
        data.set_waiting_rows(ModelRc::from(self.waiting.clone()));
        data.set_open_rows(ModelRc::from(self.tickets.clone()));
        data.set_statuses(ModelRc::from(self.statuses.clone()));
        data.set_categories(ModelRc::from(self.categories.clone()));
        data.set_link_rows(ModelRc::from(self.link.clone()));
        data.set_stayed_rows(ModelRc::from(self.stayed.clone()));
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
    /// Gives every window the company's logo. Only once it is on the screen: the toolkit takes a picture made here for none, as a new
    /// window's icon is, and would leave it without one; against the mark that it has by then, it sees the difference.
    pub(super) fn fill_logo(&self, view: &ViewModel) {
        let Some(logo) = view.brand.logo.as_deref().and_then(decode_logo) else { return };
        let set = |brand: ui::Brand<'_>| brand.set_logo(logo.clone());
        self.main.borrow().iter().for_each(|w| set(w.global()));
        self.viewer.borrow().iter().for_each(|w| set(w.global()));
        self.bars.borrow().iter().for_each(|w| set(w.global()));
    }

    /// Fills every window from a view. `made`: there is a new one, with nothing in it yet.
    pub(super) fn fill(&self, before: Option<&ViewModel>, view: &ViewModel, made: bool) {
        let l = view.language;
        let (main, viewer, bars) = (self.main.borrow(), self.viewer.borrow(), self.bars.borrow());
        macro_rules! all {
            ($global:ident) => {
                (main.iter().map(|w| w.global::<ui::$global>()))
                    .chain(viewer.iter().map(|w| w.global::<ui::$global>()))
                    .chain(bars.iter().map(|w| w.global::<ui::$global>()))
            };
        }
        if made || before.is_none_or(|b| b.theme != view.theme) {
            all!(Tokens).for_each(|tokens| {
                tokens.set_theme(match view.theme {
                    Theme::System => ui::Theme::System,
                    Theme::Light => ui::Theme::Light,
                    Theme::Dark => ui::Theme::Dark,
                });
            });
        }
        if made || before.is_none_or(|b| b.brand != view.brand) {
            all!(Brand).for_each(|brand| fill_brand(&brand, &view.brand));
        }
        if made || before.is_none_or(|b| b.language != l) {
            all!(Words).for_each(|words| fill_words(&words, l));
            all!(Texts).for_each(|texts| fill_texts(&texts, l));
        }
        if let Some(main) = main.as_ref() {
            let data = main.global::<ui::Data>();
            data.set_language(Language::ALL.iter().position(|a| *a == l).unwrap_or(0) as i32);
            data.set_notice(view.notice.as_ref().map(|n| notice(l, n)).unwrap_or_default());
            data.set_crash_offered(view.crash_offered);
            data.set_update(view.update.as_ref().map(|update| update_data(l, update)).unwrap_or_default());
            self.fill_page(&data, before, view);
        }
        if let Some(bar) = &view.session_bar {
            bars.iter().for_each(|b| b.global::<ui::Data>().set_bar(bar_data(l, bar)));
        }
        if let (Some(viewer), Some(v)) = (viewer.as_ref(), &view.viewer) {
            viewer.global::<ui::Data>().set_viewer(viewer_data(l, v));
            sync(&self.models.link, link_rows(l, &v.link));
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
            Page::Administrator(v) => {
                data.set_administrator(question(l, v));
                ui::PageName::Administrator
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
                let [title, lead, why] = phrases::profile_trouble(l, v.trouble).map(Into::into);
                let (phone, details) = (text(&brand.phone), (&v.details).into());
                data.set_altered(ui::AlteredData { title, lead, why, phone, details });
                ui::PageName::ProfileAltered
            }
            Page::Login(v) => {
                data.set_login(login(l, v));
                ui::PageName::Login
            }
            Page::Home(v) => {
                data.set_home(home(l, v));
                sync(&self.models.waiting, waiting_rows(l, v));
                sync(&self.models.statuses, StatusKind::ALL.iter().map(|s| SharedString::from(phrases::status(l, *s))));
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
            Page::Watch(v) => {
                data.set_watch(watch(l, v));
                ui::PageName::Watch
            }
            Page::Connecting(v) => {
                data.set_connecting(connecting(l, v));
                ui::PageName::Connecting
            }
            Page::Ended(v) => {
                data.set_ended(ended(l, v));
                sync(&self.models.facts, ended_facts(l, v));
                let categories = v.wrap_up.iter().flat_map(|asked| &asked.categories);
                sync(&self.models.categories, categories.map(SharedString::from));
                ui::PageName::Ended
            }
            Page::About(v) => {
                data.set_version(phrases::version(l, &v.version).into());
                ui::PageName::About
            }
            Page::Removal(v) => {
                data.set_removal(upkeep::removal(v));
                sync(&self.models.stayed, upkeep::stayed(v));
                ui::PageName::Removal
            }
            Page::Crash(v) => {
                data.set_crash(upkeep::crash(l, v));
                ui::PageName::Crash
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

fn fill_brand(brand: &ui::Brand<'_>, view: &BrandView) {
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
}

fn fill_words(drawn: &ui::Words<'_>, l: Language) {
    let words = Words::of(l);
    include!(concat!(env!("OUT_DIR"), "/words.rs"));
}

fn fill_texts(texts: &ui::Texts<'_>, l: Language) {
    let words = Words::of(l);
    let t = Terms::of(l);
    texts.set_waiting_explained(styled(t.waiting_explained));
    texts.set_wayland(styled(t.wayland));
    texts.set_wayland_spoken(spoken(t.wayland).into());
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

fn update_data(l: Language, update: &UpdateView) -> ui::UpdateData {
    let (label, progress) = updates::icon(l, update);
    let failed = matches!(update.state, UpdateState::Failed(_));
    ui::UpdateData { label: label.into(), failed, progress: tied(&progress) }
}

fn notice(l: Language, notice: &Notice) -> ui::Notice {
    let mood = match notice {
        Notice::WrongPassword { .. } | Notice::PasswordRenewed => Mood::Warning,
        Notice::ReceiptSaved(_) => Mood::Good,
        Notice::Updating(_) => Mood::Info,
        Notice::Invitation(InvitationNews::To(_)) => Mood::Good,
        Notice::NotUpdated(_) | Notice::Invitation(_) => Mood::Warning,
        Notice::Trouble(_) => Mood::Bad,
    };
    ui::Notice { text: phrases::notice(l, notice).into(), mood }
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
