//! Both programs and the relay inside this process, without windows: real capture and real input on a real display, and a look at every
//! byte the relay carries.
//!
//! What needs the inside is here: the picture as the viewer has it, the spliced bytes, ticketing that fails by script. Stories that
//! people take through windows are in the other files.
#![allow(clippy::unwrap_used)]

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use agent::{
    app::{App, Config, Ended, FeedSlot, Told},
    config::Folder,
    elevated::Way,
    gui::{
        command::{Command, Secret},
        strings::Language,
        surface::{MouseButton, RawInput},
        view_model::{FieldKind, Page, TicketChoice, Trouble, ViewModel},
    },
    profile,
};
use anyhow::{Context as _, Result, ensure};
use harness::{
    desk::Records,
    display::Display,
    wait::{self, PATIENCE},
};
use protocol::limits;
use relay::{
    account::{NewUser, Roles},
    config as relay_config,
    relay::{Relay, Running},
};
use tokio::sync::{mpsc, watch};

const PASSWORD: &str = "a long enough password";

/// The relay, its folder and what it carried.
struct House {
    relay: Option<Running>,
    folder: tempfile::TempDir,
    address: SocketAddr,
    carried: Arc<Mutex<Vec<u8>>>,
    profile: profile::Opened,
    runtime: tokio::runtime::Runtime,
}

impl House {
    fn open() -> Result<Self> {
        Self::with(|_| ())
    }

    fn with(change: impl FnOnce(&mut relay_config::Config)) -> Result<Self> {
        drop(
            tracing_subscriber::fmt()
                .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
                .with_test_writer()
                .try_init(),
        );
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let folder = tempfile::tempdir()?;
        let carried = Arc::new(Mutex::new(Vec::new()));
        let mut config = Self::config(folder.path(), SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), &carried);
        config.store =
            Some(Arc::new(runtime.block_on(store::SqliteStore::open(&folder.path().join(relay::relay::DATABASE)))?));
        change(&mut config);
        let relay = runtime.block_on(Relay::start(config))?;
        let address = relay.quic_addr;
        let profile = runtime.block_on(async {
            let tenant = relay.shared.first_tenant;
            let user = NewUser {
                login: "ana".to_owned(),
                name: "Ana Ribeiro".to_owned(),
                roles: Roles { attend: true, ..Default::default() },
            };
            relay.shared.accounts.create(tenant, user, Some(PASSWORD)).await?;
            let app = relay.shared.store.apps(tenant).await?.into_iter().next().context("no app")?;
            anyhow::Ok(profile::from_bytes(&relay.shared.signed_profile(&app)?)?)
        })?;
        Ok(Self { relay: Some(relay), folder, address, carried, profile, runtime })
    }

    fn config(folder: &Path, listen: SocketAddr, carried: &Arc<Mutex<Vec<u8>>>) -> relay_config::Config {
        let mut config = relay_config::Config::new(folder, listen);
        let carried = carried.clone();
        config.tap = Some(Arc::new(move |bytes: &[u8]| carried.lock().unwrap().extend_from_slice(bytes)));
        config
    }

    /// As `kill -9` does, then started again on the same folder and port.
    fn kill_and_restart(&mut self) -> Result<()> {
        let relay = self.relay.take().context("no relay")?;
        self.runtime.block_on(relay.kill());
        let config = Self::config(self.folder.path(), self.address, &self.carried);
        self.relay = Some(self.runtime.block_on(Relay::start(config))?);
        Ok(())
    }

    fn program(&self, display: Option<&Display>) -> Result<Program> {
        let name = display.map(|display| display.name().to_owned());
        let config = Config {
            profile: self.profile.clone(),
            folder: Folder::none(),
            language: Language::PtBr,
            screen: media::Choice { backend: None, display: name.clone() },
            input: desktop::Choice { backend: None, display: name },
            display: None,
            decoder: media::decoder::Program::at(harness::program::built("amparo")?),
            renewal: Default::default(),
            answers_links: false,
            reports: agent::crash::Reports::none(),
            wayland: false,
            desk: None,
            elevation: Way::None,
        };
        let (told, inbox) = mpsc::unbounded_channel();
        let (views, view) = watch::channel(None);
        let app = {
            let _inside = self.runtime.enter();
            App::load(config)?
        };
        let feed = app.feed();
        let task = self.runtime.spawn(app.run(inbox, move |view| drop(views.send(Some(view)))));
        Ok(Program { told, view, feed, task, handle: self.runtime.handle().clone() })
    }

    /// Exactly one start and one end on exactly one ticket for each session, and so many sessions.
    fn check_tickets(&self, sessions: usize) -> Result<()> {
        let records = Records::open(self.folder.path())?;
        records.wait_settled()?;
        let checked = records.check_every_session()?;
        ensure!(checked == sessions, "{checked} sessions on tickets, not {sessions}");
        Ok(())
    }
}

struct Program {
    told: mpsc::UnboundedSender<Told>,
    view: watch::Receiver<Option<ViewModel>>,
    feed: FeedSlot,
    task: tokio::task::JoinHandle<Ended>,
    handle: tokio::runtime::Handle,
}

impl Program {
    fn tell(&self, command: Command) {
        drop(self.told.send(Told::Command(command)));
    }

    fn raw(&self, raw: RawInput) {
        drop(self.told.send(Told::Raw(raw)));
    }

    /// Waits until the windows would show this.
    fn wait<T>(&self, what: &str, look: impl Fn(&ViewModel) -> Option<T>) -> Result<T> {
        wait::until(what, PATIENCE, || Ok(self.view.borrow().as_ref().and_then(&look)))
            .with_context(|| format!("the windows show {:?}", self.view.borrow().as_ref().map(|v| v.page.name())))
    }

    fn register(&self) -> Result<(String, String)> {
        self.wait("the form", |view| matches!(view.page, Page::Fields(_)).then_some(()))?;
        self.tell(Command::SubmitFields(vec![
            (FieldKind::Name, "Cida Nogueira".into()),
            (FieldKind::Email, "cida@aurora.example".into()),
            (FieldKind::Subject, "Nota fiscal".into()),
        ]));
        self.waiting()
    }

    fn waiting(&self) -> Result<(String, String)> {
        self.wait("ID and password", |view| match &view.page {
            Page::Waiting(page) if !page.id.is_empty() && !page.returning => {
                Some((page.id.clone(), page.password.reveal().to_owned()))
            }
            _ => None,
        })
    }

    fn log_in(&self) -> Result<()> {
        self.tell(Command::OpenLogin);
        // The link may still be on its way up.
        wait::until_true("the login to be taken", PATIENCE, || {
            let page = self.view.borrow().as_ref().map(|view| view.page.clone());
            match page {
                Some(Page::Home(_)) => return Ok(true),
                Some(Page::Login(login)) if !login.busy => {
                    self.tell(Command::Login { user: "ana".into(), password: Secret::new(PASSWORD.into()) })
                }
                _ => {}
            }
            Ok(false)
        })
    }

    fn dial(&self, id: &str, password: &str) -> Result<()> {
        self.tell(Command::Connect { partner: id.to_owned() });
        self.tell(Command::ChooseTicket(TicketChoice::New));
        self.tell(Command::StartSession);
        self.tell(Command::ConfirmNoTicket { subject: String::new() });
        // Not the page of the try before, which may still be what was shown last.
        self.wait("the password to be asked for", |view| {
            matches!(&view.page, Page::PartnerPassword(page) if page.trouble.is_none()).then_some(())
        })?;
        self.tell(Command::GivePassword(Secret::new(password.to_owned())));
        Ok(())
    }

    fn allow(&self, control: bool) -> Result<()> {
        self.wait("the question to be armed", |view| {
            matches!(&view.page, Page::Consent(page) if page.armed()).then_some(())
        })?;
        self.tell(Command::Answer { allow: true, control });
        self.wait("the bar", |view| view.session_bar.is_some().then_some(()))
    }

    fn sees(&self) -> Result<()> {
        self.wait("the picture", |view| {
            view.viewer.as_ref().is_some_and(|viewer| viewer.has_picture && viewer.reconnecting.is_none()).then_some(())
        })
    }

    fn picture(&self) -> Option<(protocol::media::Size, Vec<u8>)> {
        let feed = self.feed.lock().unwrap().clone()?;
        self.handle.block_on(feed.snapshot())
    }

    fn type_text(&self, text: &str) {
        for c in text.chars() {
            let (scan, text) = if c == '\n' {
                (28, None)
            } else if c == ' ' {
                (57, Some(" ".to_owned()))
            } else {
                (30, Some(c.to_string()))
            };
            self.raw(RawInput::Key { scan, text, down: true, repeat: false });
            self.raw(RawInput::Key { scan, text: None, down: false, repeat: false });
        }
    }

    fn trouble(&self) -> Result<Trouble> {
        self.wait("what went wrong", |view| match &view.page {
            Page::PartnerPassword(page) => page.trouble.clone(),
            _ => None,
        })
    }
}

fn session(house: &House, display: &Display) -> Result<(Program, Program)> {
    let (customer, attendant) = (house.program(Some(display))?, house.program(None)?);
    let (id, password) = customer.register()?;
    attendant.log_in()?;
    attendant.dial(&id, &password)?;
    customer.allow(true)?;
    attendant.sees()?;
    Ok((customer, attendant))
}

fn screen(folder: &House) -> Result<Display> {
    Display::start(1024, 768, folder.folder.path())
}

/// The viewer's picture becomes exactly the display's.
fn same_picture(attendant: &Program, display: &Display) -> Result<()> {
    wait::until_true("the pictures to be the same", PATIENCE, || {
        let Some((size, rgb)) = attendant.picture() else { return Ok(false) };
        let shown = display.picture()?;
        ensure!(
            (usize::from(size.width), usize::from(size.height)) == (shown.width, shown.height),
            "{size:?} is not the display's size"
        );
        Ok(shown.rgb == rgb)
    })
}

#[test]
fn what_is_typed_arrives_what_is_shown_is_seen_and_the_relay_carries_neither_in_the_clear() -> Result<()> {
    let house = House::open()?;
    let mut display = screen(&house)?;
    display.furnish()?;
    let written = house.folder.path().join("written");
    let window = display.terminal("shell", "80x24+40+40", house.folder.path())?;
    let (customer, attendant) = session(&house, &display)?;
    same_picture(&attendant, &display)?;

    // The viewer has no window here, so nothing maps its pixels: the keyboard goes where the focus is.
    display.activate(window)?;
    let secret = "quatorze-girafas-amarelas";
    attendant.type_text(&format!("echo {secret} > {}\n", written.display()));
    wait::until_true("the shell to have written", PATIENCE, || {
        Ok(std::fs::read_to_string(&written).is_ok_and(|text| text.trim() == secret))
    })?;
    same_picture(&attendant, &display)?;

    customer.tell(Command::End);
    attendant.wait("the end", |view| matches!(view.page, Page::Ended(_)).then_some(()))?;
    // Both ends have signed what was, and anybody who has the log can check it.
    wait::until_true("both signatures to be in a log that holds", PATIENCE, || {
        let relay = harness::program::built("amparo-relay")?;
        let done =
            std::process::Command::new(relay).args(["audit", "verify", "--data"]).arg(house.folder.path()).output()?;
        let said = String::from_utf8(done.stdout)?;
        ensure!(done.status.success() && !said.contains("BROKEN"), "{said}");
        Ok(said.contains("signed by both ends 1, by one 0, disputed 0"))
    })?;
    let carried = house.carried.lock().unwrap().clone();
    ensure!(carried.len() > 10_000, "only {} bytes were looked at", carried.len());
    let contains = |part: &[u8]| carried.windows(part.len()).any(|window| window == part);
    ensure!(!contains(secret.as_bytes()), "what was typed went through the relay in the clear");
    for word in ["echo", "girafas"] {
        ensure!(!contains(word.as_bytes()), "{word} went through the relay in the clear");
    }
    // A stretch of the picture as patches have it: rows of one colour are long runs of the same bytes, sealed bytes have none.
    let longest = carried.chunk_by(|a, b| a == b).map(<[u8]>::len).max().unwrap_or(0);
    ensure!(longest < 8, "{longest} equal bytes in a row: not sealed");
    // Sealed bytes cannot be compressed.
    let ratio = entropy_bits(&carried);
    ensure!(ratio > 7.9, "{ratio:.3} bits of entropy in a byte");
    house.check_tickets(1)
}

/// Shannon entropy of the bytes, in bits a byte: 8 for random ones.
fn entropy_bits(bytes: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    bytes.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
    let whole = bytes.len() as f64;
    counts.iter().filter(|count| **count > 0).map(|count| f64::from(*count) / whole).map(|p| -p * p.log2()).sum()
}

#[test]
fn view_only_moves_nothing() -> Result<()> {
    let house = House::open()?;
    let mut display = screen(&house)?;
    display.furnish()?;
    let (customer, attendant) = (house.program(Some(&display))?, house.program(None)?);
    let (id, password) = customer.register()?;
    attendant.log_in()?;
    attendant.dial(&id, &password)?;
    customer.allow(false)?;
    attendant.sees()?;
    let written = house.folder.path().join("not-written");
    let window = display.terminal("shell", "80x24+40+40", house.folder.path())?;
    display.activate(window)?;
    attendant.type_text(&format!("touch {}\n", written.display()));
    attendant.raw(RawInput::Button { button: MouseButton::Left, down: true });
    // Control is given in the session: what is typed from then on arrives, what was typed before did not.
    let after = house.folder.path().join("written-after");
    customer.tell(Command::AllowControl(true));
    attendant.wait("control", |view| {
        view.viewer
            .as_ref()
            .is_some_and(|viewer| viewer.control != agent::gui::view_model::ControlState::NotAllowed)
            .then_some(())
    })?;
    attendant.tell(Command::SetControl(true));
    wait::until_true("what is typed to arrive", PATIENCE, || {
        attendant.type_text(&format!("touch {}\n", after.display()));
        std::thread::sleep(Duration::from_millis(300));
        Ok(after.exists())
    })?;
    ensure!(!written.exists(), "it was typed without being allowed");
    customer.tell(Command::End);
    attendant.wait("the end", |view| matches!(view.page, Page::Ended(_)).then_some(()))?;
    house.check_tickets(1)
}

/// The process that decodes for the attendant: the child of this one that is called so.
fn decoder() -> Result<u32> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let folder = entry?.path();
        // Processes come and go while they are looked at.
        let read = |name| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        let stat = read("stat");
        let parent = stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1)).and_then(|id| id.parse().ok());
        if parent == Some(std::process::id()) && read("cmdline").trim_end_matches('\0').ends_with("\0decoder") {
            found.extend(folder.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse::<u32>().ok()));
        }
    }
    ensure!(found.len() == 1, "{found:?} decode");
    Ok(found[0])
}

#[test]
fn a_decoder_killed_in_a_session_costs_a_picture_and_not_the_session() -> Result<()> {
    let house = House::open()?;
    let mut display = screen(&house)?;
    display.furnish()?;
    let (customer, attendant) = session(&house, &display)?;
    same_picture(&attendant, &display)?;
    let before = decoder()?;
    let killed = std::time::Instant::now();
    ensure!(std::process::Command::new("kill").args(["-9", &before.to_string()]).status()?.success());
    let after = wait::until("another decoder", PATIENCE, || Ok(decoder().ok().filter(|after| *after != before)))?;
    same_picture(&attendant, &display)?;
    println!("the same picture {:?} after decoder {before} was killed, by {after}", killed.elapsed());
    // What changes from now on is seen as before.
    display.terminal("after", "60x10+200+300", house.folder.path())?;
    same_picture(&attendant, &display)?;
    attendant.tell(Command::End);
    customer.wait("the receipt", |view| matches!(view.page, Page::Receipt(_)).then_some(()))?;
    house.check_tickets(1)
}

#[test]
fn a_relay_killed_in_a_session_comes_back_and_the_session_goes_on_without_a_question() -> Result<()> {
    let mut house = House::open()?;
    let mut display = screen(&house)?;
    display.furnish()?;
    let (customer, attendant) = session(&house, &display)?;
    house.kill_and_restart()?;
    attendant.wait("the cut to be seen", |view| {
        view.viewer.as_ref().is_some_and(|viewer| viewer.reconnecting.is_some()).then_some(())
    })?;
    attendant.sees()?;
    display.terminal("after", "60x10+200+300", house.folder.path())?;
    same_picture(&attendant, &display)?;
    attendant.tell(Command::End);
    customer.wait("the receipt", |view| matches!(view.page, Page::Receipt(_)).then_some(()))?;
    house.check_tickets(1)
}

#[test]
fn wrong_passwords_are_counted_by_the_customers_program_and_five_make_a_new_one() -> Result<()> {
    // The relay would make an attendant wait who was wrong so often: this is about the customer's own count.
    let house = House::with(|config| config.limits.failed_per_minute = 100)?;
    let display = screen(&house)?;
    let (customer, attendant) = (house.program(Some(&display))?, house.program(None)?);
    let (id, password) = customer.register()?;
    attendant.log_in()?;
    for _ in 0..limits::PASSWORD_TRIES {
        let wrong = if password == "0000-0000" { "1111-1111" } else { "0000-0000" };
        attendant.dial(&id, wrong)?;
        ensure!(attendant.trouble()? == Trouble::CannotEnter);
        attendant.tell(Command::Back);
        attendant.tell(Command::Back);
    }
    let new = customer.wait("a new password", |view| match &view.page {
        Page::Waiting(page) if page.password.reveal() != password => Some(page.password.reveal().to_owned()),
        _ => None,
    })?;
    attendant.dial(&id, &password)?;
    ensure!(attendant.trouble()? == Trouble::CannotEnter, "the old password is no good any more");
    attendant.tell(Command::Back);
    attendant.tell(Command::Back);
    attendant.dial(&id, &new)?;
    customer.wait("the question", |view| matches!(view.page, Page::Consent(_)).then_some(()))?;
    customer.tell(Command::Answer { allow: false, control: false });
    ensure!(attendant.trouble()? == Trouble::Refused);
    house.check_tickets(0)
}

#[test]
fn a_screen_resized_while_it_is_shared_is_seen_in_its_new_size() -> Result<()> {
    let house = House::open()?;
    let mut display = screen(&house)?;
    display.furnish()?;
    let (customer, attendant) = session(&house, &display)?;
    display.resize(800, 600)?;
    wait::until_true("the new size", PATIENCE, || {
        Ok(attendant.picture().is_some_and(|(size, _)| (size.width, size.height) == (800, 600)))
    })?;
    same_picture(&attendant, &display)?;
    customer.tell(Command::End);
    attendant.wait("the end", |view| matches!(view.page, Page::Ended(_)).then_some(()))?;
    house.check_tickets(1)
}

#[test]
fn a_display_unplugged_in_a_session_ends_it_with_one_end_on_its_ticket() -> Result<()> {
    let house = House::open()?;
    let mut display = screen(&house)?;
    let (customer, attendant) = session(&house, &display)?;
    display.unplug()?;
    attendant.wait("the end", |view| matches!(view.page, Page::Ended(_)).then_some(()))?;
    customer.wait("the receipt", |view| matches!(view.page, Page::Receipt(_)).then_some(()))?;
    house.check_tickets(1)
}

#[test]
fn a_program_that_exits_in_a_session_ends_it_at_once_on_both_sides() -> Result<()> {
    let house = House::open()?;
    let display = screen(&house)?;
    let (customer, attendant) = session(&house, &display)?;
    attendant.tell(Command::Quit);
    house.runtime.block_on(attendant.task)?;
    customer.wait("the receipt", |view| matches!(view.page, Page::Receipt(_)).then_some(()))?;
    house.check_tickets(1)
}

#[test]
fn while_the_ticketing_system_is_down_the_session_goes_on_and_its_actions_come_later_exactly_once() -> Result<()> {
    let mut faulty = None;
    let house = House::with(|config| {
        let store: Arc<dyn store::Store> = config.store.clone().expect("the house has opened it");
        let system = Arc::new(tickets::adapter::faulty::FaultySystems::new(Arc::new(tickets::Desks(store))));
        config.tickets = Some(system.clone());
        faulty = Some(system);
    })?;
    let faulty = faulty.context("no ticketing system")?;
    faulty.set_down(true);
    let display = screen(&house)?;
    let (customer, attendant) = session(&house, &display)?;
    customer.tell(Command::End);
    attendant.wait("the end", |view| {
        matches!(&view.page, Page::Ended(page) if page.ticket.is_none() && page.recorded_later).then_some(())
    })?;
    customer.wait("a receipt without a ticket", |view| {
        matches!(&view.page, Page::Receipt(page) if page.ticket.is_none()).then_some(())
    })?;
    faulty.heal();
    house.check_tickets(1)?;
    // Both people are told the number once there is one.
    attendant.wait("the ticket's number", |view| {
        matches!(&view.page, Page::Ended(page) if page.ticket.is_some()).then_some(())
    })?;
    customer.wait("the ticket's number", |view| {
        matches!(&view.page, Page::Receipt(page) if page.ticket.is_some()).then_some(())
    })
}

/// A whole session that is told to a real server, where `AMPARO_TICKETING` says that there is one (`tests/run ticketing`).
fn told_to_a_real(kind: &str) -> Result<()> {
    let Some(file) = std::env::var_os("AMPARO_TICKETING") else { return Ok(()) };
    let text = std::fs::read_to_string(file)?;
    let known = tickets::kind::of(kind).context("no such kind")?;
    let mut typed: std::collections::BTreeMap<String, String> =
        known.fields().map(|f| (f.key.to_owned(), f.default.to_owned())).collect();
    for (key, value) in text.lines().filter_map(|l| l.split_once('=')) {
        if let Some(key) = key.strip_prefix(kind).and_then(|k| k.strip_prefix('.')) {
            typed.insert(key.to_owned(), value.to_owned());
        }
    }
    let house = House::open()?;
    let shared = house.relay.as_ref().context("no relay")?.shared.clone();
    let (tenant, id) = (shared.first_tenant, protocol::id::ConnectionId::from_bytes([7; 16]));
    house.runtime.block_on(async {
        shared.connections.add(tenant, id, kind, "real", &typed, jiff::Timestamp::now()).await?;
        let app = shared.store.apps(tenant).await?.remove(0).id;
        anyhow::Ok(shared.store.set_app_connection(tenant, app, Some(id)).await?)
    })?;
    let display = screen(&house)?;
    let (customer, attendant) = session(&house, &display)?;
    customer.tell(Command::End);
    attendant.wait("the ticket's number", |view| {
        matches!(&view.page, Page::Ended(page) if page.ticket.is_some()).then_some(())
    })?;
    let told = house.runtime.block_on(shared.store.history(tenant, &store::HistoryQuery::default()))?.remove(0);
    let rows = || house.runtime.block_on(shared.store.outbox_of_session(told.id));
    wait::until_true("both actions", PATIENCE, || Ok(rows()?.iter().all(|r| r.state == store::OutboxState::Done)))?;
    let system = house.runtime.block_on(shared.tickets.reach(tenant, Some(id)))?.system;
    let ticket = house.runtime.block_on(shared.store.session(told.id))?.ticket.context("no ticket")?;
    for row in rows()? {
        let found = house.runtime.block_on(system.find_marker(Some(&ticket), &row.marker, told.dialled_at))?;
        ensure!(found.is_some_and(|f| f.ticket == ticket), "{kind} does not have {}", row.marker);
    }
    Ok(())
}

#[test]
fn a_real_session_is_told_to_a_real_request_tracker() -> Result<()> {
    told_to_a_real("rt")
}

#[test]
fn a_real_session_is_told_to_a_real_redmine() -> Result<()> {
    told_to_a_real("redmine")
}
