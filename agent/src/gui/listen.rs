//! Turns what the pages report into commands. No decisions: whether a command is allowed is the controller's to say.

use slint::SharedString;

use super::command::{Command, Secret};
use super::strings::Language;
use super::ui;
use super::view_model::{Page, Scale, StatusKind, TicketChoice};
use super::windows::Windows;

impl Windows {
    /// Connects one window's callbacks.
    pub(super) fn listen(&self, act: &ui::Act<'_>) {
        // Callbacks without arguments and their commands.
        macro_rules! plain {
            ($($on:ident => $command:expr;)*) => {$(
                let this = self.weak();
                act.$on(move || {
                    if let Some(w) = this.upgrade() {
                        (w.hooks.command)($command);
                    }
                });
            )*};
        }
        plain! {
            on_renew_password => Command::RenewPassword;
            on_copied => Command::CredentialsCopied;
            on_toggle_bar_panel => Command::ToggleBarPanel;
            on_stop_watching => Command::StopWatching;
            on_raise_alarm => Command::RaiseAlarm;
            on_save_receipt => Command::SaveReceipt;
            on_write_request => Command::WriteRequest;
            on_pull_next => Command::PullNext;
            on_dismiss_receipt => Command::DismissReceipt;
            on_retry_now => Command::RetryNow;
            on_open_login => Command::OpenLogin;
            on_close_login => Command::CloseLogin;
            on_logout => Command::Logout;
            on_choose_new => Command::ChooseTicket(TicketChoice::New);
            on_start_session => Command::StartSession;
            on_watch => Command::Watch;
            on_toggle_full_screen => Command::ToggleFullScreen;
            on_ctrl_alt_del => Command::CtrlAltDel;
            on_ctrl_alt_del_read => Command::CtrlAltDelRead;
            on_ask_administrator => Command::AskAdministrator;
            on_administrator_read => Command::AdministratorRead;
            on_toggle_connection_panel => Command::ToggleConnectionPanel;
            on_cancel => Command::Cancel;
            on_back => Command::Back;
            on_end => Command::End;
            on_open_about => Command::OpenAbout;
            on_update => Command::Update;
            on_open_removal => Command::OpenRemoval;
            on_remove => Command::Remove;
            on_quit => Command::Quit;
            on_read_report => Command::ReadReport;
            on_save_report => Command::SaveReport;
            on_delete_report => Command::DeleteReport;
        }

        let this = self.weak();
        let send = move |command| {
            if let Some(w) = this.upgrade() {
                (w.hooks.command)(command);
            }
        };
        let s = send.clone();
        act.on_answer(move |allow, control| s(Command::Answer { allow, control: allow && control }));
        let s = send.clone();
        act.on_allow_control(move |on| s(Command::AllowControl(on)));
        let s = send.clone();
        act.on_answer_administrator(move |allow| s(Command::AnswerAdministrator(allow)));
        let s = send.clone();
        act.on_login(move |user, password, code| {
            let (user, password, code) = (user.trim().into(), Secret::new(password.into()), code.trim());
            s(if code.is_empty() {
                Command::Login { user, password }
            } else {
                Command::LoginWithCode { user, password, code: Secret::new(code.into()) }
            });
        });
        let s = send.clone();
        act.on_connect(move |partner| s(Command::Connect { partner: partner.into() }));
        let s = send.clone();
        act.on_paste_credentials(move |text| s(Command::PasteCredentials(Secret::new(text.into()))));
        let s = send.clone();
        act.on_look_up(move |number| s(Command::LookUpTicket { number: number.trim().into() }));
        let s = send.clone();
        act.on_choose(move |number| s(Command::ChooseTicket(TicketChoice::Existing(number.into()))));
        let s = send.clone();
        act.on_confirm_new(move |subject| s(Command::ConfirmNoTicket { subject: subject.trim().into() }));
        let s = send.clone();
        act.on_give_password(move |password| s(Command::GivePassword(Secret::new(password.into()))));
        let s = send.clone();
        act.on_set_status(move |index| {
            if let Some(status) = usize::try_from(index).ok().and_then(|i| StatusKind::ALL.get(i)) {
                s(Command::SetStatus(*status));
            }
        });
        let s = send.clone();
        act.on_answer_offer(move |offer, take| {
            if let Ok(offer) = offer.parse() {
                s(Command::AnswerOffer { offer, take });
            }
        });
        let s = send.clone();
        act.on_leave_request(move |text| s(Command::LeaveRequest { text: text.into() }));
        let s = send.clone();
        act.on_choose_category(move |index| {
            if let Ok(index) = usize::try_from(index) {
                s(Command::ChooseCategory(index));
            }
        });
        let s = send.clone();
        act.on_wrap_up(move |note| s(Command::WrapUp { note: note.into() }));
        let s = send.clone();
        act.on_set_control(move |on| s(Command::SetControl(on)));
        let s = send.clone();
        act.on_set_one_to_one(move |on| s(Command::SetScale(if on { Scale::OneToOne } else { Scale::Scaled })));
        act.on_set_language(move |index| {
            if let Some(language) = usize::try_from(index).ok().and_then(|i| Language::ALL.get(i)) {
                send(Command::SetLanguage(*language));
            }
        });

        let this = self.weak();
        act.on_field_typed(move |index, text| {
            if let (Some(w), Ok(index)) = (this.upgrade(), usize::try_from(index))
                && let Some(slot) = w.typed.borrow_mut().get_mut(index)
            {
                *slot = text.into();
                (w.hooks.command)(Command::Typed);
            }
        });
        let this = self.weak();
        act.on_submit_fields(move || {
            let Some(w) = this.upgrade() else { return };
            let kinds: Vec<_> = match w.shown.borrow().as_ref().map(|v| &v.page) {
                Some(Page::Fields(view)) => view.fields.iter().map(|f| f.kind).collect(),
                _ => return,
            };
            let values = kinds.into_iter().zip(w.typed.borrow().iter().map(|t| t.trim().to_owned())).collect();
            (w.hooks.command)(Command::SubmitFields(values));
        });
        let this = self.weak();
        act.on_picture_moved(move || {
            let this = this.clone();
            // The layout that reported it is still being computed.
            slint::Timer::single_shot(std::time::Duration::ZERO, move || {
                if let Some(w) = this.upgrade() {
                    w.refresh_surface();
                }
            });
        });
        let this = self.weak();
        act.on_copy(move |text| {
            if let Some(main) = this.upgrade().as_ref().and_then(|w| w.main()) {
                main.invoke_copy(text);
            }
        });
        let this = self.weak();
        act.on_clipboard(move || {
            this.upgrade().and_then(|w| w.main()).map(|m| m.invoke_clipboard_text()).unwrap_or_default()
        });
        act.on_grouped_id(|text| grouped(&text, char::is_ascii_digit, &[3, 6], 9, ' ').into());
        act.on_grouped_password(|text| grouped(&text.to_uppercase(), char::is_ascii_alphanumeric, &[4], 8, '-').into());
        act.on_cursor_in(|grouped, typed, cursor| cursor_in(&grouped, &typed, cursor));
    }
}

/// Keeps the symbols that belong, at most `limit`, with a separator before those at `breaks`.
fn grouped(typed: &str, belongs: fn(&char) -> bool, breaks: &[usize], limit: usize, separator: char) -> String {
    let mut out = String::with_capacity(limit + breaks.len());
    for (i, c) in typed.chars().filter(belongs).take(limit).enumerate() {
        if breaks.contains(&i) {
            out.push(separator);
        }
        out.push(c);
    }
    out
}

/// Where the cursor goes in the grouped text: after as many symbols as it had before it.
fn cursor_in(grouped: &SharedString, typed: &SharedString, cursor: i32) -> i32 {
    let cursor = usize::try_from(cursor).unwrap_or(0);
    let symbols = typed.char_indices().filter(|(at, c)| *at < cursor && c.is_ascii_alphanumeric()).count();
    let after = grouped.char_indices().filter(|(_, c)| c.is_ascii_alphanumeric()).nth(symbols.wrapping_sub(1));
    match after {
        Some((at, c)) => (at + c.len_utf8()) as i32,
        None if symbols == 0 => 0,
        None => grouped.len() as i32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> String {
        grouped(text, char::is_ascii_digit, &[3, 6], 9, ' ')
    }

    #[test]
    fn digits_are_grouped_as_typed_and_everything_else_is_left_out() {
        assert_eq!(id("1234567"), "123 456 7");
        assert_eq!(id("123-456.789 0"), "123 456 789");
        assert_eq!(id("abc"), "");
    }

    #[test]
    fn the_cursor_stays_after_the_symbol_it_was_after() {
        let at = |grouped: &str, typed: &str, cursor| cursor_in(&grouped.into(), &typed.into(), cursor);
        assert_eq!(at("123 4", "1234", 4), 5);
        assert_eq!(at("193 456", "1923 456", 2), 2);
        assert_eq!(at("123 456 789", "123 456 7890", 12), 11);
        assert_eq!(at("123", "123 ", 0), 0);
    }
}
