//! Starts the program: the profile, then the windows on this thread, then everything else beside them.

#![forbid(unsafe_code)]
// No console beside the windows.
#![cfg_attr(windows, windows_subsystem = "windows")]

mod decoder;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Mutex,
    time::{Duration, SystemTime},
};

use amparo_agent::{
    app::{App, Config, Ended, Renewal, Told},
    config::Folder,
    connect_link::{self, Link},
    crash::{Lines, Redactor, Reports},
    elevated,
    gui::{
        Gui, GuiHandle, Hooks,
        command::Command,
        strings::Language,
        view_model::{BrandView, MainWindow, Page, ProfileAlteredView, Theme, ViewModel},
    },
    instance::{self, Start},
    link::client::chain,
    profile::{self, ProfileError},
    removal,
    update::{self, Place},
};
use anyhow::Context as _;
use clap::{Parser, Subcommand};
use protocol::message::invitation::Invitation;
use tokio::sync::mpsc;
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

/// Remote support: run it to be helped; the icon in the corner is the attendant's.
#[derive(Debug, Parser)]
#[command(name = "amparo", version)]
struct Arguments {
    /// The signed profile; without it, `amparo.profile` beside the program.
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// The interface's language for this run: pt-BR, en or es.
    #[arg(long, value_name = "LANGUAGE")]
    language: Option<String>,
    /// Keep settings and receipts here instead of in the user's folder.
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// How to read the screen, by name, instead of the best way that works here.
    #[arg(long, value_name = "BACKEND")]
    capture: Option<String>,
    /// A link of the console, which the browser hands over: where it leads, with the partner and the ticket filled in.
    #[arg(value_name = "LINK")]
    link: Option<String>,
    #[command(subcommand)]
    instead: Option<Instead>,
}

/// What the program is instead of itself.
#[derive(Debug, Subcommand)]
enum Instead {
    /// Decodes a customer's picture for the viewer that started it.
    #[command(hide = true)]
    Decoder(decoder::Arguments),
    /// Presses keys with more rights, for the program that had it started.
    #[command(hide = true)]
    Elevated(elevated::Arguments),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // Before anything that these have no use for is set up.
    let instead = arguments.instead.as_ref().map(|instead| match instead {
        Instead::Decoder(arguments) => ("decoder", decoder::run(arguments)),
        Instead::Elevated(arguments) => (elevated::WORD, elevated::run(arguments)),
    });
    if let Some((what, ended)) = instead {
        return match ended {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("amparo {what}: {error:#}");
                ExitCode::FAILURE
            }
        };
    }
    let lines = log(arguments.data.as_deref());
    match run(arguments, lines) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("amparo: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// To standard error; on Windows, where a program with windows has none, to a file that each start begins anew. The last lines are kept for a
/// report as well.
fn log(data: Option<&Path>) -> Lines {
    let asked = std::env::var("AMPARO_LOG").ok().and_then(|asked| asked.parse().ok());
    let filter: Targets = asked.unwrap_or_else(|| {
        let quiet = [("slint", LevelFilter::WARN), ("winit", LevelFilter::WARN)];
        Targets::new().with_default(LevelFilter::INFO).with_targets(quiet)
    });
    let lines = Lines::default();
    let log = tracing_subscriber::registry().with(filter).with(lines.clone());
    let file = if cfg!(windows) { log_file(data) } else { None };
    let written = tracing_subscriber::fmt::layer();
    match file {
        Some(file) => log.with(written.with_ansi(false).with_writer(Mutex::new(file))).init(),
        None => log.with(written.with_writer(std::io::stderr)).init(),
    }
    lines
}

fn log_file(data: Option<&Path>) -> Option<std::fs::File> {
    let folder = Folder::of_log(data)?;
    std::fs::create_dir_all(&folder).ok()?;
    std::fs::File::create(folder.join("amparo.log")).ok()
}

fn run(arguments: Arguments, lines: Lines) -> anyhow::Result<()> {
    // A link is followed once.
    let linked = |argument: &OsString| argument.to_str().is_some_and(connect_link::is_link) || argument == "--";
    let again: Vec<OsString> = std::env::args_os().skip(1).filter(|argument| !linked(argument)).collect();
    // Before anything that may go wrong in a new program.
    let place = Place::own()
        .inspect_err(|error| tracing::warn!(%error, "where this program lies is not known: it takes no updates"))
        .ok();
    let (failed, trial) = match place.as_ref().map(|place| update::begin(place, &again)) {
        None => (None, None),
        Some(update::Start::Usual { failed }) => (failed, None),
        Some(update::Start::OnTrial(trial)) => (None, Some(trial)),
        Some(update::Start::GaveWay) => return Ok(()),
    };
    let language = match &arguments.language {
        Some(tag) => Language::from_tag(tag)
            .with_context(|| format!("there is no interface in {tag}: pt-BR, en and es are there"))?,
        None => Language::of_the_system(),
    };
    let opened = match profile::open(arguments.profile.as_deref(), unix_s()) {
        Ok(opened) => opened,
        Err(error) => return unusable(&error, language),
    };
    let folder = arguments.data.as_deref().map_or_else(|| Folder::of_user(&opened.tenant.to_string()), Folder::at);
    // A downloaded program may have its customer's invitation in its name.
    let link = arguments.link.clone().or_else(invitation_in_name);
    let instance = match instance::start(folder.path(), link.as_deref()) {
        Start::First(instance) => instance,
        Start::Second => return Ok(()),
    };
    let reports = Reports::of(&folder, lines, Redactor::of_this_computer(), update::version().to_string());
    reports.watch();
    let noted = reports.begin(desktop::sitting::now(), SystemTime::now());
    let config = Config {
        profile: opened,
        folder,
        language,
        screen: media::Choice { backend: arguments.capture, display: None },
        input: desktop::Choice::default(),
        display: None,
        decoder: media::decoder::Program::this(),
        renewal: Renewal { place: place.clone(), failed, trial },
        // Who keeps settings elsewhere wants nothing left in the user's folder, and the browser would not know of another profile.
        answers_links: arguments.data.is_none() && arguments.profile.is_none(),
        reports,
        wayland: desktop::wayland::is_session(),
        desk: if cfg!(feature = "_automation") { std::env::var_os("AMPARO_DESK").map(PathBuf::from) } else { None },
        elevation: elevation(),
    };

    let (told, inbox) = mpsc::unbounded_channel();
    let follow = {
        let told = told.clone();
        move |link: &str| {
            let command = match link.parse() {
                Ok(Link::Connect(link)) => Command::OpenLink(link),
                Ok(Link::Ticket(invitation, origin)) => Command::OpenInvitation(invitation, origin),
                Err(error) => return tracing::warn!(%error, "a link is not followed"),
            };
            // Nobody listens once the program ends.
            drop(told.send(Told::Command(command)));
        }
    };
    if let Some(link) = &link {
        follow(link);
    }
    let asked = told.clone();
    let gui = Gui::new(hooks(told)).context("opening the windows")?;
    let handle = gui.handle();
    let raised = handle.clone();
    instance.listen(move |link| {
        if let Some(link) = link {
            follow(&link);
        }
        raised.raise();
    });
    let kept = config.folder.clone();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        // One: with two, each wakes the other for every message, and neither is ever busy.
        .worker_threads(1)
        .thread_name("link")
        .enable_all()
        .build()
        .context("starting the threads of the link")?;
    let app = {
        let _inside = runtime.enter();
        App::load(config)?
    };
    runtime.spawn(end_when_asked(asked));
    let running = runtime.spawn(run_app(app, inbox, handle));
    let result = gui.run().context("running the windows");
    // The windows are closed: what is under way says goodbye, but not for ever.
    let ended = runtime.block_on(async { tokio::time::timeout(Duration::from_secs(5), running).await });
    if ended.is_err() {
        tracing::warn!("the program did not end in time");
    }
    runtime.shutdown_timeout(Duration::from_secs(1));
    match (ended, place) {
        (Ok(Ok(Ended::Replaced(version))), Some(place)) => {
            // The new one is the first now, and this run has ended in order.
            drop((instance, noted));
            update::install(&place, version, &again).context("going back to the program before")?;
        }
        (Ok(Ok(Ended::Removed)), _) => {
            drop(instance);
            removal::remove_held(&kept, Folder::of_log(arguments.data.as_deref()).as_deref());
        }
        _ => {}
    }
    result
}

/// The system's way to more rights.
#[cfg(not(feature = "_automation"))]
fn elevation() -> elevated::Way {
    elevated::Way::System
}

/// The system's way to more rights; for tests that say so, a child that has none.
#[cfg(feature = "_automation")]
fn elevation() -> elevated::Way {
    match std::env::var_os("AMPARO_ELEVATION") {
        Some(way) if way == "pretended" => elevated::Way::Pretended(Vec::new()),
        Some(way) if way == "insisted" => elevated::Way::Insisted,
        _ => elevated::Way::System,
    }
}

/// The link that stands for what this program's file is called.
fn invitation_in_name() -> Option<String> {
    let program = std::env::current_exe().ok()?;
    Invitation::in_name(program.file_name()?.to_str()?).map(|invitation| connect_link::to_ticket(&invitation))
}

async fn run_app(app: App, inbox: mpsc::UnboundedReceiver<Told>, handle: GuiHandle) -> Ended {
    let ended = app.run(inbox, |view| handle.show(view)).await;
    handle.quit();
    ended
}

/// A logout, a shutdown or somebody at a terminal ends the program as its window's cross does: in order.
#[cfg(unix)]
async fn end_when_asked(told: mpsc::UnboundedSender<Told>) {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()), signal(SignalKind::hangup()));
    let (Ok(mut terminate), Ok(mut interrupt), Ok(mut hangup)) = signals else {
        tracing::warn!("the system's signals cannot be heard");
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        _ = hangup.recv() => {}
    }
    // Nobody listens once the program ends.
    drop(told.send(Told::Command(Command::Quit)));
}

/// Windows ends a program with windows without a word.
#[cfg(not(unix))]
async fn end_when_asked(_told: mpsc::UnboundedSender<Told>) {}

fn hooks(told: mpsc::UnboundedSender<Told>) -> Hooks {
    let tell = move |what| {
        if told.send(what).is_err() {
            tracing::debug!("the program is ending");
        }
    };
    let (command, surface, input) = (tell.clone(), tell.clone(), tell);
    Hooks {
        command: Box::new(move |what| command(Told::Command(what))),
        viewer_surface: Box::new(move |place| surface(Told::Place(place))),
        viewer_input: Box::new(move |raw| input(Told::Raw(raw))),
    }
}

fn unix_s() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// There is no profile to be used: a window says so and offers nothing else.
fn unusable(error: &ProfileError, language: Language) -> anyhow::Result<()> {
    let why = chain(error);
    tracing::error!(why, "the profile is not used");
    let (told, mut inbox) = mpsc::unbounded_channel();
    let gui = Gui::new(hooks(told)).context("opening the window")?;
    let handle = gui.handle();
    handle.show(ViewModel {
        brand: BrandView {
            title: "Amparo".to_owned(),
            company: "Amparo".to_owned(),
            logo: None,
            accent: None,
            phone: None,
            hours: None,
        },
        language,
        theme: Theme::System,
        page: Page::ProfileAltered(ProfileAlteredView { trouble: error.trouble(), details: why.clone() }),
        main_window: MainWindow::Shown,
        session_bar: None,
        viewer: None,
        notice: None,
        update: None,
        crash_offered: false,
    });
    let waiting = std::thread::Builder::new().name("wait".to_owned()).spawn(move || {
        while let Some(what) = inbox.blocking_recv() {
            if matches!(what, Told::Command(Command::Quit)) {
                break;
            }
        }
        handle.quit();
    })?;
    gui.run().context("running the window")?;
    // The window is gone, and with it the last sender.
    if waiting.join().is_err() {
        tracing::debug!("the waiting thread panicked");
    }
    anyhow::bail!("{why}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_behind_the_dashes_is_never_an_option() {
        let parse = |link: &[&str]| Arguments::try_parse_from([&["amparo", "--"], link].concat());
        for link in ["amparo:connect?id=123456789", "--data=/tmp", "--profile", "decoder", elevated::WORD] {
            let arguments = parse(&[link]).unwrap_or_else(|error| panic!("{link}: {error}"));
            assert_eq!(arguments.link.as_deref(), Some(link));
            assert!(arguments.data.is_none() && arguments.profile.is_none() && arguments.instead.is_none());
        }
        // Whoever breaks out of the quotes of a command line gets no further.
        assert!(parse(&["amparo:connect?id=1", "--data=/tmp"]).is_err());
    }

    #[test]
    fn hands_with_more_rights_are_for_a_pipe_of_ours_only() {
        let parse = |pipe: &str| Arguments::try_parse_from(["amparo", elevated::WORD, "--pipe", pipe, "--parent", "7"]);
        let ours = parse(r"\\.\pipe\amparo-0123456789abcdef0123456789abcdef").map(|arguments| arguments.instead);
        assert!(matches!(ours, Ok(Some(Instead::Elevated(_)))), "{ours:?}");
        for other in ["", r"\\.\pipe\other", r"\\server\pipe\amparo-0123456789abcdef0123456789abcdef", r"C:\file"] {
            assert!(parse(other).is_err(), "{other}");
        }
    }
}
