//! Every page with the design's sample data, by name. Used by the preview and by the test that looks at every page.

use std::time::Duration;

use amparo_agent::gui::picture::Which;
use amparo_agent::gui::strings::Language;
use amparo_agent::gui::view_model::*;

const CRASH: &str = "Amparo 0.1.0, linux x86_64, Debian GNU/Linux 12 (bookworm)\n2026-11-21 14:03:22 UTC\n\n\
    panic in thread screen at agent/media/src/encoder.rs:214:9\nindex out of bounds: the len is 3 but the index is 7\n\n   \
    0: amparo_media::encoder::Encoder::updates\n   1: amparo_agent::customer::screen_task::watch\n\n     \
    41.8 s INFO amparo_agent::customer::screen_task: the screen is open backend=… size=…";

/// A page by name: the view and which of the windows to look at.
pub fn all() -> Vec<(&'static str, Which, ViewModel)> {
    let s = Duration::from_secs;
    let mut all = Vec::new();
    let mut page = |name, page| all.push((name, Which::Main, view(page)));
    page("fields", Page::Fields(fields()));
    page("fields-wrong", Page::Fields(wrong_fields()));
    page("waiting", Page::Waiting(waiting()));
    page(
        "waiting-new",
        Page::Waiting(WaitingView { id: String::new(), password: "".into(), waiting: None, ..waiting() }),
    );
    page("waiting-closed", Page::Waiting(closed(RequestView::Offered)));
    page(
        "waiting-nobody",
        Page::Waiting(WaitingView { attended: AttendedView::Nobody, ..closed(RequestView::Offered) }),
    );
    let trouble = Some(Trouble::ServerAway);
    page("waiting-writing", Page::Waiting(closed(RequestView::Writing { sending: false, trouble })));
    let (protocol, ticket) = ("2026-11-21-000042".to_owned(), Some("4833".to_owned()));
    page("waiting-left", Page::Waiting(closed(RequestView::Left { protocol, ticket })));
    page("waiting-returning", Page::Waiting(WaitingView { returning: true, ..waiting() }));
    page(
        "consent",
        Page::Consent(ConsentView {
            arms_in: Duration::from_millis(1980),
            expires_in: s(58),
            first_time: true,
            ..consent()
        }),
    );
    page("consent-armed", Page::Consent(consent()));
    let watch = ConsentView { attendant: "Bia Costa".into(), watches: Some("Ana Ribeiro".into()), ..consent() };
    page("consent-watch", Page::Consent(ConsentView { first_time: true, control_asked: false, ..watch }));
    page("administrator", Page::Administrator(administrator()));
    let (arms_in, expires_in) = (Duration::from_millis(1980), s(58));
    page("administrator-arming", Page::Administrator(AdministratorQuestion { arms_in, expires_in, ..administrator() }));
    page("receipt", Page::Receipt(receipt()));
    page("unreachable", Page::Unreachable(unreachable()));
    let apart = |apart| UnreachableView { apart: Some(apart), checks: Vec::new(), ..unreachable() };
    page("program-old", Page::Unreachable(apart(Apart::ProgramOld)));
    page("server-old", Page::Unreachable(apart(Apart::ServerOld)));
    page(
        "profile-altered",
        Page::ProfileAltered(ProfileAlteredView { trouble: ProfileTrouble::Altered, details: "signature".into() }),
    );
    page("login", Page::Login(LoginView { trouble: Some(Trouble::LoginRejected), ..login() }));
    page("login-code", Page::Login(LoginView { asks_code: true, ..login() }));
    page(
        "login-code-wrong",
        Page::Login(LoginView { asks_code: true, trouble: Some(Trouble::CodeRejected), ..login() }),
    );
    page("home", Page::Home(home()));
    page("home-offered", Page::Home(offered()));
    let lunch = Some(StatusView { status: StatusKind::Meal, for_: Duration::from_secs(340) });
    page("home-break", Page::Home(HomeView { status: lunch, trouble: Some(Trouble::NotAvailable), ..home() }));
    page("home-empty", Page::Home(HomeView { waiting: vec![], trouble: Some(Trouble::Refused), ..home() }));
    page(
        "home-to-be-enabled",
        Page::Home(HomeView {
            enabling: Some(EnablingView {
                fingerprint: "A102 0304 0506 0708 090A 0B0C 0D0E 0FFF".into(),
                works_for: None,
            }),
            ..home()
        }),
    );
    page("ticket-step", Page::TicketStep(ticket_step()));
    page(
        "ticket-missing",
        Page::TicketStep(TicketStepView {
            lookup: Lookup::NotFound { number: "48211".into() },
            number: "48211".into(),
            choice: None,
            ..ticket_step()
        }),
    );
    page(
        "ticket-down",
        Page::TicketStep(TicketStepView {
            lookup: Lookup::Down { number: "4821".into() },
            open_tickets: vec![],
            ..ticket_step()
        }),
    );
    page(
        "ticket-none",
        Page::TicketStep(TicketStepView {
            lookup: Lookup::None,
            number: String::new(),
            choice: Some(TicketChoice::New),
            dialog: Some(NewTicketDialog {
                customer: Some("Cida Nogueira".into()),
                subject: "Erro ao emitir nota fiscal".into(),
            }),
            ..ticket_step()
        }),
    );
    page(
        "partner-password",
        Page::PartnerPassword(PartnerPasswordView {
            partner: partner(),
            busy: false,
            trouble: Some(Trouble::CannotEnter),
        }),
    );
    page(
        "watch",
        Page::Watch(WatchView {
            partner: partner(),
            attendant: Some("Ana Ribeiro".into()),
            ticket: Some("4821".into()),
            busy: false,
            trouble: None,
        }),
    );
    page(
        "connecting",
        Page::Connecting(ConnectingView {
            partner: partner(),
            attendant: "Ana Ribeiro".into(),
            stage: ConnectStage::AwaitingConsent { expires_in: s(43), expires_after: s(60) },
            ticket: Some("4821".into()),
            check_code: Some("418 902".into()),
        }),
    );
    page(
        "reaching",
        Page::Connecting(ConnectingView {
            partner: PartnerView { name: None, company: None, ..partner() },
            attendant: "Ana Ribeiro".into(),
            stage: ConnectStage::Reaching,
            ticket: None,
            check_code: None,
        }),
    );
    page("ended", Page::Ended(ended()));
    page("wrap-up", Page::Ended(wrapping_up()));
    page("waiting-wayland", Page::Waiting(WaitingView { wayland: true, ..waiting() }));
    page("crash", Page::Crash(CrashView { text: CRASH.into(), saving: Saving::Offered }));
    let saved = Saving::Saved { place: "/home/cida/Documentos/amparo-1795000000.txt".into() };
    page("crash-saved", Page::Crash(CrashView { text: CRASH.into(), saving: saved }));
    let removal = |state| Page::Removal(RemovalView { state });
    page("removal", removal(RemovalState::Asking));
    page(
        "removal-done",
        removal(RemovalState::Removed { program: "/home/cida/Transferências/varanda-suporte".into() }),
    );
    let stayed = StayedView {
        what: "C:\\Users\\cida\\AppData\\Local\\amparo\\data\\1f2e3d4c\\receipts\\2026-11-21-000042.txt".into(),
        why: "O arquivo está sendo usado por outro processo.".into(),
    };
    page("removal-partly", removal(RemovalState::Partly(vec![stayed])));
    page("about", Page::About(AboutView { version: "0.1.0".into() }));
    let mut noticed = view(Page::Waiting(waiting()));
    noticed.notice = Some(Notice::WrongPassword { tries: 2, limit: 5 });
    all.push(("waiting-notice", Which::Main, noticed));
    for (name, state) in [
        ("update-offered", UpdateState::Offered),
        ("update-fetching", UpdateState::Fetching { percent: 43 }),
        ("update-failed", UpdateState::Failed(UpdateTrouble::Folder)),
    ] {
        let mut v = view(Page::Waiting(waiting()));
        v.notice = match state {
            UpdateState::Offered => None,
            UpdateState::Failed(trouble) => Some(Notice::NotUpdated(trouble)),
            state => Some(Notice::Updating(update(state))),
        };
        v.update = Some(update(state));
        all.push((name, Which::Main, v));
    }
    all.push(("waiting-crash", Which::Main, ViewModel { crash_offered: true, ..view(Page::Waiting(waiting())) }));
    let mut v = view(Page::Home(home()));
    v.update = Some(update(UpdateState::Offered));
    all.push(("home-update", Which::Main, v));
    for (name, open, lost) in [("bar", false, None), ("bar-open", true, None), ("bar-lost", false, Some(s(24)))] {
        let mut v = view(Page::Waiting(waiting()));
        v.session_bar = Some(BarView { open, reconnecting: lost, ..bar() });
        all.push((name, Which::Bar, v));
    }
    let mut v = view(Page::Waiting(waiting()));
    v.session_bar = Some(BarView { watched_by: Some("Bia Costa".into()), ..bar() });
    all.push(("bar-watched", Which::Bar, v));
    let mut v = view(Page::Waiting(waiting()));
    v.session_bar = Some(BarView { open: true, administrator: true, ..bar() });
    all.push(("bar-administrator", Which::Bar, v));
    for (name, watching, watched_by) in
        [("viewer-watching", true, None), ("viewer-watched", false, Some("Bia Costa".into()))]
    {
        let mut v = view(Page::Home(home()));
        let control = if watching { ControlState::NotAllowed } else { ControlState::Control };
        v.viewer = Some(ViewerView { watching, watched_by, control, ..viewer(false) });
        all.push((name, Which::Viewer, v));
    }
    for (name, panel, full, lost) in [
        ("viewer", true, false, false),
        ("viewer-full", false, true, false),
        ("viewer-reconnecting", false, false, true),
    ] {
        let mut v = view(Page::Home(home()));
        v.viewer = Some(ViewerView { connection_panel: panel, full_screen: full, ..viewer(lost) });
        all.push((name, Which::Viewer, v));
    }
    let mut v = view(Page::Home(home()));
    v.viewer = Some(ViewerView { only_customer: true, has_picture: true, ..viewer(false) });
    all.push(("viewer-only-customer", Which::Viewer, v));
    let mut v = view(Page::Home(home()));
    let no_ctrl_alt_del = Some(NoCtrlAltDel::NeedsAdministrator);
    v.viewer = Some(ViewerView { no_ctrl_alt_del, has_picture: true, ..viewer(false) });
    all.push(("viewer-no-ctrl-alt-del", Which::Viewer, v));
    for (name, administrator, no_administrator) in [
        ("viewer-administrator-asking", AdministratorView::Asking, None),
        ("viewer-administrator-on", AdministratorView::On, None),
        ("viewer-no-administrator", AdministratorView::Off, Some(NoAdministrator::Declined)),
    ] {
        let mut v = view(Page::Home(home()));
        v.viewer = Some(ViewerView { administrator, no_administrator, has_picture: true, ..viewer(false) });
        all.push((name, Which::Viewer, v));
    }
    all
}

/// When the sample company answers, as it would write it in this language.
pub fn hours(language: Language) -> &'static str {
    match language {
        Language::PtBr => "seg. a sex., 8h às 18h",
        Language::En => "Mon to Fri, 8 am to 6 pm",
        Language::Es => "lun. a vie., 8 a 18 h",
    }
}

fn view(page: Page) -> ViewModel {
    ViewModel {
        brand: BrandView {
            title: "Varanda Suporte".into(),
            company: "Varanda Sistemas".into(),
            logo: None,
            accent: Some([0x2C, 0x4C, 0x9C]),
            phone: Some("(11) 5555-0142".into()),
            hours: Some(hours(Language::PtBr).into()),
        },
        language: Language::PtBr,
        theme: Theme::Light,
        page,
        main_window: MainWindow::Shown,
        session_bar: None,
        viewer: None,
        notice: None,
        update: None,
        crash_offered: false,
    }
}

fn update(state: UpdateState) -> UpdateView {
    UpdateView { version: "0.2.0".into(), state }
}

fn fields() -> FieldsView {
    let field = |kind, value: &str, required| FieldView { kind, value: value.into(), required, error: None };
    FieldsView {
        ticket: Some(TicketLine { number: "4821".into(), subject: "Erro ao emitir nota fiscal".into() }),
        fields: vec![
            field(FieldKind::Name, "Cida Nogueira", true),
            field(FieldKind::Company, "Padaria Aurora", true),
            field(FieldKind::Document, "12.345.678/0001-95", false),
            field(FieldKind::Subject, "A nota não sai, aparece “erro 225”", true),
        ],
        busy: false,
    }
}

fn wrong_fields() -> FieldsView {
    let mut fields = FieldsView { ticket: None, ..fields() };
    fields.fields[0].value.clear();
    fields.fields[0].error = Some(FieldError::Missing);
    fields.fields[2].error = Some(FieldError::Malformed);
    fields
}

fn waiting() -> WaitingView {
    WaitingView {
        id: "123 456 789".into(),
        password: "K7QF-2M9X".into(),
        waiting: Some(Duration::from_secs(80)),
        returning: false,
        attended: AttendedView::Open,
        request: RequestView::None,
        wayland: false,
    }
}

/// Out of hours, with the request in this state.
fn closed(request: RequestView) -> WaitingView {
    let attended =
        AttendedView::Closed { holiday: Some("Consciência Negra".into()), opens_unix_s: Some(1_795_431_600) };
    WaitingView { attended, request, ..waiting() }
}

fn consent() -> ConsentView {
    ConsentView {
        question: 1,
        attendant: "Ana Ribeiro".into(),
        company: "Varanda Sistemas".into(),
        first_time: false,
        ticket: Some(TicketLine { number: "4821".into(), subject: "Erro ao emitir nota fiscal".into() }),
        check_code: Some("418 902".into()),
        control_asked: true,
        watches: None,
        arms_in: Duration::ZERO,
        arms_after: Duration::from_secs(3),
        expires_in: Duration::from_secs(34),
        expires_after: Duration::from_secs(60),
    }
}

fn administrator() -> AdministratorQuestion {
    AdministratorQuestion {
        question: 1,
        attendant: "Ana Ribeiro".into(),
        company: "Varanda Sistemas".into(),
        arms_in: Duration::ZERO,
        arms_after: Duration::from_secs(3),
        expires_in: Duration::from_secs(34),
        expires_after: Duration::from_secs(60),
    }
}

fn receipt() -> ReceiptView {
    ReceiptView {
        attendant: "Ana Ribeiro".into(),
        started_unix_s: 1_795_271_990,
        ended_unix_s: 1_795_273_558,
        duration: Duration::from_secs(1568),
        allowed: Allowed { see: true, control: true },
        administrator: false,
        ticket: Some("4821".into()),
        protocol: Some("2026-11-21-000042".into()),
        record: Some("48:9f86d081884c7d65".into()),
        ending: Ending::ByCustomer,
        alarm: Alarm::Offered,
        saving: Saving::Offered,
    }
}

fn unreachable() -> UnreachableView {
    UnreachableView {
        retry_in: Duration::from_secs(8),
        retry_after: Duration::from_secs(20),
        checks: vec![
            CheckView { what: CheckKind::Network, result: CheckResult::Good },
            CheckView { what: CheckKind::Address, result: CheckResult::Good },
            CheckView { what: CheckKind::Answer, result: CheckResult::Bad { since: Some(Duration::from_secs(120)) } },
        ],
        apart: None,
        way_on: format!("https://suporte.varanda.example:7443/d/app/{}", "0b".repeat(16)),
        details: "relay 127.0.0.1:7443".into(),
    }
}

fn login() -> LoginView {
    LoginView {
        server: "suporte.varanda.example".into(),
        user: "ana@varanda.example".into(),
        busy: false,
        asks_code: false,
        trouble: None,
        valid_days: 7,
    }
}

fn home() -> HomeView {
    let customer = |id: &str, name: Option<&str>, company: Option<&str>, subject: &str, s| WaitingCustomer {
        id: id.into(),
        name: name.map(Into::into),
        company: company.map(Into::into),
        subject: Some(subject.into()),
        ticket: (s == 160).then(|| "4821".into()),
        waiting: Duration::from_secs(s),
        overdue: s > 300,
    };
    HomeView {
        attendant: "Ana Ribeiro".into(),
        partner: "1234567".into(),
        waiting: vec![
            customer("123 456 789", Some("Cida Nogueira"), Some("Padaria Aurora"), "Erro ao emitir nota fiscal", 372),
            customer("223 456 789", Some("Tomás Prado"), Some("Mercado Três Ipês"), "Impressora de cupom parou", 160),
            customer(
                "323 456 789",
                Some("Helena Duarte"),
                Some("Clínica Vale Sereno"),
                "Instalação do certificado digital",
                65,
            ),
            customer("423 456 789", None, None, "Senha esquecida do sistema", 18),
        ],
        stale_for: None,
        own: Some(OwnCredentials { id: "987 654 321".into(), password: "M2XQ-40RT".into() }),
        busy: false,
        trouble: None,
        enabling: None,
        status: Some(StatusView { status: StatusKind::Available, for_: Duration::from_secs(754) }),
        offer: None,
        pulling: false,
    }
}

fn offered() -> HomeView {
    let customer = home().waiting[0].clone();
    let (expires_in, expires_after) = (Duration::from_secs(21), Duration::from_secs(30));
    HomeView { offer: Some(OfferView { offer: 7, customer, expires_in, expires_after }), ..home() }
}

fn partner() -> PartnerView {
    PartnerView {
        id: "123 456 789".into(),
        name: Some("Cida Nogueira".into()),
        company: Some("Padaria Aurora".into()),
        waiting: Some(Duration::from_secs(372)),
    }
}

fn ticket_step() -> TicketStepView {
    let day = 86_400;
    TicketStepView {
        partner: partner(),
        number: "4821".into(),
        lookup: Lookup::Found(TicketCard {
            number: "4821".into(),
            subject: "Erro ao emitir nota fiscal".into(),
            customer: "Cida Nogueira, Padaria Aurora".into(),
            owner: Some("Bruno Castro".into()),
            status: TicketStatus::Open,
        }),
        open_tickets: vec![
            OpenTicket {
                number: "4790".into(),
                subject: "Relatório de vendas sai em branco".into(),
                age: Duration::from_secs(3 * day),
            },
            OpenTicket {
                number: "4655".into(),
                subject: "Trocar o certificado digital".into(),
                age: Duration::from_secs(12 * day),
            },
        ],
        choice: Some(TicketChoice::Existing("4821".into())),
        dialog: None,
        busy: false,
        trouble: None,
    }
}

fn ended() -> EndedView {
    let r = receipt();
    EndedView {
        partner: partner(),
        started_unix_s: r.started_unix_s,
        ended_unix_s: r.ended_unix_s,
        duration: r.duration,
        allowed: r.allowed,
        ticket: r.ticket,
        protocol: r.protocol,
        ending: Ending::ByAttendant,
        recorded_later: true,
        wrap_up: None,
    }
}

fn wrapping_up() -> EndedView {
    let categories = ["Nota fiscal", "Impressora", "Certificado digital", "Pendente: aguarda o fornecedor"];
    let asked = WrapUpView {
        categories: categories.map(str::to_owned).into(),
        chosen: Some(2),
        required: true,
        note: Some(NoteView::Required),
        category_missing: false,
        note_missing: true,
    };
    EndedView { wrap_up: Some(asked), recorded_later: false, ..ended() }
}

fn bar() -> BarView {
    BarView {
        attendant: "Ana Ribeiro".into(),
        company: "Varanda Sistemas".into(),
        allowed: Allowed { see: true, control: true },
        elapsed: Duration::from_secs(754),
        ticket: Some("4821".into()),
        protocol: Some("2026-11-21-000042".into()),
        check_code: Some("418 902".into()),
        reconnecting: None,
        watched_by: None,
        administrator: false,
        alarm: Alarm::Offered,
        end_key: Some("Ctrl+Shift+F12".into()),
        open: false,
    }
}

fn viewer(lost: bool) -> ViewerView {
    ViewerView {
        partner: partner(),
        scale: Scale::Scaled,
        full_screen: false,
        toolbar: true,
        connection_panel: false,
        control: ControlState::Control,
        watching: false,
        watched_by: None,
        link: LinkView {
            quality: Quality::Good,
            relay: "São Paulo".into(),
            transport: "UDP".into(),
            round_trip: Some(Duration::from_millis(24)),
            jitter: Some(Duration::from_millis(6)),
            loss_percent: Some(1.8),
            bits_per_second: Some(1_200_000),
            frames_per_second: Some(15.0),
            picture: PictureKind::ExactAndVideo,
            check_code: Some("418 902".into()),
        },
        elapsed: Duration::from_secs(754),
        has_picture: lost,
        only_customer: false,
        no_ctrl_alt_del: None,
        administrator: AdministratorView::Off,
        no_administrator: None,
        reconnecting: lost.then(|| ReconnectingView {
            picture_unix_s: 1_795_272_728,
            ends_in: Duration::from_secs(19),
            ends_after: Duration::from_secs(30),
        }),
    }
}
