//! The words of actions, in every language.

#![allow(clippy::unwrap_used)]

use jiff::tz::TimeZone;
use protocol::{
    id::{AppId, DeviceId, OperatorId, ProtocolNumber, TenantId},
    message::{
        ShownText,
        directory::Field,
        grant::{Change, Grants, RightsChange},
        pairing::CloseReason,
    },
};
use store::{AuditHead, Category, MissedWhy, SessionState, WrappedUp};

use super::*;

fn tenant(language: Language, time_zone: &str) -> Tenant {
    Tenant {
        language,
        time_zone: time_zone.into(),
        ..Tenant::new(TenantId::from_bytes([1; 16]), "Varanda Sistemas", Timestamp::UNIX_EPOCH)
    }
}

fn session() -> Session {
    let field = |key, value: &str| Field { key, value: ShownText::lossy(value) };
    Session {
        id: SessionId::from_bytes([2; 16]),
        row: 1,
        tenant: TenantId::from_bytes([1; 16]),
        app: AppId::from_bytes([3; 16]),
        protocol: ProtocolNumber::new("2026-11-21-000042").unwrap(),
        device: DeviceId::new(123_456_789).unwrap(),
        fields: vec![field(FieldKey::Name, "Cida Nogueira"), field(FieldKey::Company, "Padaria Aurora")],
        customer_name: "Cida Nogueira".into(),
        attendant: Some(OperatorId::from_bytes([4; 16])),
        attendant_name: "Ana Ribeiro".into(),
        choice: TicketChoice::OpenNew { subject: ShownText::lossy("") },
        connection: None,
        ticket: None,
        state: SessionState::Ended,
        granted: Grants::CONTROL,
        changes: Vec::new(),
        rights: Vec::new(),
        dialled_at: "2026-11-21T17:19:50Z".parse().unwrap(),
        started_at: Some("2026-11-21T17:20:05Z".parse().unwrap()),
        ended_at: Some("2026-11-21T17:46:13Z".parse().unwrap()),
        close_reason: Some(CloseReason::EndedByCustomer),
        missed: None,
        message: String::new(),
        reconnects: 1,
        round_trip_ms: Some(48),
        audit: Some(AuditHead { seq: 48, hash: [0xab; 32] }),
        alarm_at: None,
        wrap_up: None,
        watches: None,
    }
}

#[test]
fn the_end_says_what_the_customer_took_back_and_allowed_again_and_the_start_what_they_allowed_first() {
    let at = |text: &str| u64::try_from(text.parse::<Timestamp>().unwrap().as_millisecond()).unwrap();
    let change = |granted, text| Change { granted, at_unix_ms: at(text) };
    let changes = vec![change(Grants::VIEW, "2026-11-21T17:30:00Z"), change(Grants::CONTROL, "2026-11-21T17:31:05Z")];
    let tenant = Tenant::new(TenantId::from_bytes([1; 16]), "Varanda", Timestamp::UNIX_EPOCH);
    let changed = Session { changes, ..session() };
    for (language, said) in [
        (
            Language::PtBr,
            "Permitido: tela, mouse e teclado; desde 14:30:00 somente ver a tela; desde 14:31:05 tela, mouse e teclado",
        ),
        (
            Language::En,
            "Allowed: screen, mouse and keyboard; from 14:30:00 view the screen only; from 14:31:05 screen, mouse and keyboard",
        ),
    ] {
        let tenant = Tenant { language, ..tenant.clone() };
        let end = action(EventKind::End, &changed, &tenant, Says::default());
        assert!(end.text.lines().any(|line| line == said), "{}", end.text);
        assert_eq!(end.facts.changes, changed.changes);
        let start = action(EventKind::Start, &changed, &tenant, Says::default());
        let first = said.split(';').next().unwrap();
        assert!(start.text.lines().any(|line| line == first), "{}", start.text);
        assert!(start.facts.changes.is_empty());
    }
    // Somebody who cannot make up their mind fills no ticket: the first ones are told, and how it was at last.
    let many = (0..32).map(|n| change(if n % 2 == 0 { Grants::VIEW } else { Grants::CONTROL }, "2026-11-21T17:30:00Z"));
    let many = Session { changes: many.collect(), ..session() };
    let end = action(EventKind::End, &many, &tenant, Says::default());
    let line = end.text.lines().find(|line| line.starts_with("Permitido: ")).unwrap();
    assert_eq!((line.matches("desde").count(), line.matches('…').count()), (6, 1), "{line}");
    assert!(line.ends_with("tela, mouse e teclado"), "{line}");
    // Times that nobody's clock shows do no harm.
    let odd = Session { changes: vec![Change { granted: Grants::NONE, at_unix_ms: u64::MAX }], ..session() };
    assert!(action(EventKind::End, &odd, &tenant, Says::default()).text.contains("nada"));
}

/// Whether it had administrator's rights, from when on.
fn rights(changes: &[(bool, &str)]) -> Session {
    let change = |(administrator, text): &(bool, &str)| RightsChange {
        administrator: *administrator,
        at_unix_ms: u64::try_from(text.parse::<Timestamp>().unwrap().as_millisecond()).unwrap(),
    };
    Session { rights: changes.iter().map(change).collect(), ..session() }
}

#[test]
fn the_end_says_from_when_to_when_it_had_administrators_rights_and_the_start_nothing() {
    let had = rights(&[
        (true, "2026-11-21T17:30:00Z"),
        (false, "2026-11-21T17:41:10Z"),
        // Never given back: until it was over.
        (true, "2026-11-21T17:45:00Z"),
    ]);
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    for (language, before, said) in [
        (
            Language::PtBr,
            "Permitido: ",
            "Direitos de administrador: das 14:30:00 às 14:41:10; das 14:45:00 às 14:46:13",
        ),
        (Language::En, "Allowed: ", "Administrator's rights: from 14:30:00 to 14:41:10; from 14:45:00 to 14:46:13"),
        (
            Language::Es,
            "Permitido: ",
            "Derechos de administrador: de las 14:30:00 a las 14:41:10; de las 14:45:00 a las 14:46:13",
        ),
    ] {
        let tenant = tenant(language, "America/Sao_Paulo");
        let end = action(EventKind::End, &had, &tenant, Says::default());
        let lines: Vec<&str> = end.text.lines().collect();
        let place = lines.iter().position(|line| *line == said).unwrap_or_else(|| panic!("{}", end.text));
        assert!(lines[place - 1].starts_with(before), "{}", end.text);
        let used = [
            ("2026-11-21T17:30:00Z", "2026-11-21T17:41:10Z"),
            // Until the session was over.
            ("2026-11-21T17:45:00Z", "2026-11-21T17:46:13Z"),
        ];
        assert_eq!(end.facts.administrator, used.map(|(from, to)| (at(from), at(to))));
        // A text of the company's own says it too: where it has a place for it, else at its end.
        for (own, text) in [("Fim\n{administrator}", said.split_once(": ").unwrap().1), ("Fim", said)] {
            let own = Template::parse(EventKind::End, own).unwrap();
            let end = action(EventKind::End, &had, &tenant, Says { template: Some(&own), ..Says::default() });
            assert_eq!(end.text, format!("Fim\n{text}"));
        }
        for kind in [EventKind::Start, EventKind::WrapUp] {
            let other = action(kind, &had, &tenant, Says::default());
            assert!(!other.text.contains("dministra") && other.facts.administrator.is_empty(), "{}", other.text);
        }
        let without = action(EventKind::End, &session(), &tenant, Says::default());
        assert!(!without.text.contains("dministra") && without.facts.administrator.is_empty(), "{}", without.text);
    }
}

#[test]
fn administrators_rights_that_came_and_went_many_times_fill_no_ticket_and_odd_times_do_no_harm() {
    let end = |session: &Session| action(EventKind::End, session, &tenant(Language::PtBr, "UTC"), Says::default());
    let line = |said: &Action| {
        let line = said.text.lines().find(|line| line.starts_with("Direitos de administrador: "));
        line.map(str::to_owned)
    };
    let many: Vec<_> = (0..32).map(|n| (n % 2 == 0, "2026-11-21T17:30:00Z")).collect();
    let said = end(&rights(&many));
    let told = line(&said).unwrap();
    assert_eq!((told.matches("das ").count(), told.matches('…').count()), (6, 1), "{told}");
    assert_eq!(said.facts.administrator.len(), 16, "as data it is all of it");
    // Some were left out on the way: it had them from the first of these on.
    let twice = rights(&[(true, "2026-11-21T17:30:00Z"), (true, "2026-11-21T17:35:00Z")]);
    assert_eq!(line(&end(&twice)).unwrap(), "Direitos de administrador: das 17:30:00 às 17:46:13");
    let backwards = rights(&[(true, "2026-11-21T17:30:00Z"), (false, "2026-11-21T17:25:00Z")]);
    assert_eq!(line(&end(&backwards)).unwrap(), "Direitos de administrador: das 17:30:00 às 17:30:00");
    assert_eq!(line(&end(&rights(&[(false, "2026-11-21T17:30:00Z")]))), None);
    let odd = Session { rights: vec![RightsChange { administrator: true, at_unix_ms: u64::MAX }], ..session() };
    assert_eq!(line(&end(&odd)).unwrap(), "Direitos de administrador: das 17:46:13 às 17:46:13");
}

#[test]
fn a_watch_says_who_watched_which_session_in_every_language_and_with_a_text_of_the_companys_own() {
    let watch = Session { watches: Some(ProtocolNumber::new("2026-11-21-000041").unwrap()), ..session() };
    for (language, title, line) in [
        (
            Language::PtBr,
            "Acompanhamento da tela encerrado",
            "Ana Ribeiro acompanhou a sessão 2026-11-21-000041, somente vendo a tela.",
        ),
        (
            Language::En,
            "Screen watched: ended",
            "Ana Ribeiro watched session 2026-11-21-000041, seeing the screen only.",
        ),
        (
            Language::Es,
            "Observación de la pantalla finalizada",
            "Ana Ribeiro observó la sesión 2026-11-21-000041, solo viendo la pantalla.",
        ),
    ] {
        let said = action(EventKind::End, &watch, &tenant(language, "UTC"), Says::default());
        assert!(said.text.starts_with(title) && said.text.ends_with(line), "{}", said.text);
        let own = Template::parse(EventKind::End, "x").unwrap();
        let said =
            action(EventKind::End, &watch, &tenant(language, "UTC"), Says { template: Some(&own), ..Says::default() });
        assert_eq!(said.text, format!("x\n{line}"));
    }
}

#[test]
fn the_end_of_a_session_says_who_when_how_long_and_why_in_the_tenants_language() {
    let said = action(EventKind::End, &session(), &tenant(Language::PtBr, "-03"), Says::default());
    // An unknown zone is written in UTC, and says so.
    assert_eq!(
        said.text,
        "Acesso remoto encerrado\nProtocolo: 2026-11-21-000042\nAtendente: Ana Ribeiro\nCliente: Cida Nogueira, Padaria Aurora\n\
         Início: 21/11/2026 17:20:05 (UTC+00:00)\nFim: 21/11/2026 17:46:13 (UTC+00:00)\nDuração: 26 min 08 s\n\
         Permitido: tela, mouse e teclado\nMotivo do fim: encerrado pelo cliente\n\
         Caminho: pelo servidor, cifrado de ponta a ponta\nReconexões: 1\nTempo de ida e volta: 48 ms\n\
         Registro de auditoria: 48:abababababababab"
    );
    let said = action(EventKind::End, &session(), &tenant(Language::En, "UTC"), Says::default());
    assert!(said.text.contains("Start: 2026-11-21 17:20:05 (UTC+00:00)"), "{}", said.text);
    assert!(said.text.contains("Reason for the end: ended by the customer"), "{}", said.text);
    assert!(said.text.ends_with("\nAudit record: 48:abababababababab"), "{}", said.text);
    let said = action(
        EventKind::Start,
        &session(),
        &tenant(Language::Es, "UTC"),
        Says { asked: Some(&TicketNumber::new("4821").unwrap()), ..Says::default() },
    );
    assert!(said.text.starts_with("Acceso remoto iniciado\n"), "{}", said.text);
    assert!(said.text.ends_with("Se pidió el ticket 4821, que no existe; se abrió este en su lugar."), "{}", said.text);
    assert!(!said.text.contains("Fin:"), "{}", said.text);
}

#[test]
fn times_are_written_in_the_tenants_zone_with_the_offset() {
    let zone = TimeZone::fixed(jiff::tz::offset(-3));
    let at = "2026-11-22T01:20:05Z".parse().unwrap();
    assert_eq!(text::time(Language::PtBr, at, &zone), "21/11/2026 22:20:05 (UTC-03:00)");
    // Twenty past two in the night of Tokyo.
    let said = action(EventKind::Start, &session(), &tenant(Language::En, "Asia/Tokyo"), Says::default());
    assert!(said.text.contains("Start: 2026-11-22 02:20:05 (UTC+09:00)"), "{}", said.text);
    assert_eq!(said.day.to_string(), "2026-11-22");
}

#[test]
fn durations_read_as_people_say_them() {
    for (seconds, said) in [(0, "0 s"), (-3, "0 s"), (8, "8 s"), (68, "1 min 08 s"), (3725, "1 h 02 min 05 s")] {
        assert_eq!(text::duration(seconds), said);
    }
}

#[test]
fn a_new_tickets_subject_is_the_attendants_else_the_customers_else_a_standing_text() {
    let mut s = session();
    assert_eq!(subject(&s, Language::PtBr), "Acesso remoto 2026-11-21-000042");
    s.fields.push(Field { key: FieldKey::Subject, value: ShownText::lossy("Erro 225") });
    assert_eq!(subject(&s, Language::PtBr), "Erro 225");
    s.choice = TicketChoice::OpenNew { subject: ShownText::lossy("Nota fiscal") };
    assert_eq!(subject(&s, Language::PtBr), "Nota fiscal");
}

#[test]
fn the_same_session_gives_the_same_marker_for_ever() {
    let said = action(EventKind::Start, &session(), &tenant(Language::PtBr, "UTC"), Says::default());
    assert_eq!(said.marker, "amparo:02020202020202020202020202020202:start");
}

#[test]
fn a_company_says_it_in_its_own_words() {
    let template = Template::parse(EventKind::End, "Sessão {protocol} com {customer}: {duration}").unwrap();
    let says = Says { template: Some(&template), ..Says::default() };
    let said = action(EventKind::End, &session(), &tenant(Language::PtBr, "UTC"), says);
    assert_eq!(said.text, "Sessão 2026-11-21-000042 com Cida Nogueira, Padaria Aurora: 26 min 08 s");
}

#[test]
fn what_the_attendant_said_is_a_part_of_the_end_and_of_nothing_else() {
    let category = Category { name: "Nota fiscal".into(), solved: true };
    let said = WrappedUp { category: Some(category), note: "Certificado renovado.\nTestado.".into() };
    let session = Session { wrap_up: Some(said), ..session() };
    let action = |kind| action(kind, &session, &tenant(Language::En, "UTC"), Says::default());
    let end = action(EventKind::End);
    assert!(
        end.text
            .contains("Category: Nota fiscal\nOutcome: solved\nNote: Certificado renovado.\nTestado.\nAudit record:"),
        "{}",
        end.text
    );
    assert_eq!((end.category.as_deref(), end.solved), (Some("Nota fiscal"), Some(true)));
    assert!(!action(EventKind::Start).text.contains("Nota fiscal"));
    let alone = action(EventKind::WrapUp);
    assert!(
        alone.text.starts_with("Wrap-up of the remote access\nProtocol number: 2026-11-21-000042"),
        "{}",
        alone.text
    );
    assert!(alone.text.ends_with("Note: Certificado renovado.\nTestado.") && alone.marker.ends_with(":wrap_up"));
}

#[test]
fn a_missed_request_says_who_waited_for_how_long_why_in_vain_and_how_they_are_reached() {
    let field = |key, value: &str| Field { key, value: ShownText::lossy(value) };
    let fields = vec![field(FieldKey::Email, "cida@aurora.example"), field(FieldKey::Subject, "Nota fiscal")];
    let missed = Session {
        attendant: None,
        attendant_name: String::new(),
        state: SessionState::Missed,
        fields,
        started_at: None,
        close_reason: None,
        missed: Some(MissedWhy::OutOfHours),
        message: "Liguem amanhã.".into(),
        ..session()
    };
    let said = action(EventKind::Missed, &missed, &tenant(Language::PtBr, "UTC"), Says::default());
    assert_eq!(
        said.text,
        "Solicitação não atendida\nProtocolo: 2026-11-21-000042\nCliente: Cida Nogueira\nContato: cida@aurora.example\n\
         Início: 21/11/2026 17:19:50 (UTC+00:00)\nEspera: 26 min 23 s\nMotivo: fora do horário\nMensagem: Liguem amanhã."
    );
    assert_eq!((said.author, said.reason), (None, Some("fora do horário")));
    assert_eq!(subject(&missed, Language::PtBr), "Não atendida: Nota fiscal");
    let about_nothing = Session { fields: Vec::new(), ..missed };
    assert_eq!(subject(&about_nothing, Language::En), "Missed: 2026-11-21-000042");
}

#[test]
fn a_change_that_was_kept_in_one_language_is_said_in_any_other() {
    use protocol::message::ticket::TicketStatus::{Closed, New, Open, Resolved, Waiting};
    let languages = [Language::PtBr, Language::En, Language::Es];
    for (kept, read) in languages.into_iter().flat_map(|kept| languages.map(|read| (kept, read))) {
        for (from, to) in [(New, Open), (Open, Waiting), (Waiting, Resolved), (Resolved, Closed), (Closed, New)] {
            let said = text::change_in(read, &text::status_changed(kept, from, to));
            assert_eq!(said, Some(text::status_changed(read, from, to)));
        }
        // A name is told as it is, whatever it looks like.
        for name in ["", "Ana Ribeiro", "Ana para a tarde", "Owner: Ana", "Sin responsable"] {
            let said = text::change_in(read, &text::owner_changed(kept, name));
            assert_eq!(said, Some(text::owner_changed(read, name)), "{name}");
        }
    }
    let earlier = "Situação alterada de aguardando para resolvido";
    assert_eq!(text::change_in(Language::En, earlier).as_deref(), Some("Status changed from waiting to resolved"));
    assert_eq!(
        text::change_in(Language::PtBr, earlier).as_deref(),
        Some("Situação alterada de em espera para resolvido")
    );
    for other in [
        "",
        "Nota fiscal",
        "Owner: ",
        "Status changed from open",
        "Status changed from eaten to open",
        "Status changed from open to open today",
        "Estado cambiado de abierto a resolvido",
        "Responsável",
    ] {
        assert_eq!(text::change_in(Language::En, other), None, "{other}");
    }
}
