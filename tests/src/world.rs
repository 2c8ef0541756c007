//! A relay, a customer's and an attendant's computer: everything one session needs, each with a folder of its own.
//!
//! The customer sits at one display, the attendant at another; between each program and the relay lies a [`Netcut`] that the
//! test can cut. All of it is under one temporary folder and ends with [`World`].

use std::ffi::OsStr;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use crate::automation::Automation;
use crate::desk::Records;
use crate::display::Display;
use crate::hands::Hands;
use crate::netcut::Netcut;
use crate::picture::Rect;
use crate::program::{Program, built, built_in, inside, tail};
use crate::wait;
use crate::wine::{Machine, windows_path};

/// The company of the design pictures.
pub const COMPANY: &str = "Varanda Sistemas";
/// Its colour.
pub const ACCENT: &str = "2F4FA0";
/// The attendant's login.
pub const ANA_LOGIN: &str = "ana@varanda.example";
/// The attendant's name.
pub const ANA: &str = "Ana Ribeiro";

/// Everything one session needs.
pub struct World {
    /// The server.
    pub relay: Relay,
    /// Where everything is kept; gone with the world unless kept.
    pub folder: Folder,
}

/// A folder that goes when dropped, unless it is to stay for a person to look at.
pub enum Folder {
    /// Goes.
    Passing(TempDir),
    /// Stays.
    Kept(PathBuf),
}

impl Folder {
    /// A new one. `AMPARO_KEEP` names a folder in which it stays.
    pub fn new() -> Result<Self> {
        match std::env::var_os("AMPARO_KEEP") {
            Some(inside) => {
                std::fs::create_dir_all(&inside)?;
                Ok(Folder::Kept(tempfile::Builder::new().prefix("amparo-").tempdir_in(inside)?.keep()))
            }
            None => Ok(Folder::Passing(tempfile::Builder::new().prefix("amparo-").tempdir()?)),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        match self {
            Folder::Passing(folder) => folder.path(),
            Folder::Kept(path) => path,
        }
    }
}

impl World {
    /// A relay on a free port, with the company and one attendant; the attendant's password comes with it.
    pub fn with_attendant() -> Result<(Self, String)> {
        let world = Self::new()?;
        let password = world.relay.add_user(ANA_LOGIN, ANA, "attendant")?;
        Ok((world, password))
    }

    /// A relay on a free port, as at its first start.
    pub fn new() -> Result<Self> {
        Self::told(&[])
    }

    /// The same with a relay that is told this on its command line as well.
    pub fn told(args: &[&str]) -> Result<Self> {
        let folder = Folder::new()?;
        let relay = Relay::start_told(folder.path(), Ipv4Addr::LOCALHOST, ADDRESS, args)?;
        Ok(Self { relay, folder })
    }

    /// The same with the relay that is in this folder instead of the one under test.
    pub fn with_attendant_of(programs: &Path) -> Result<(Self, String)> {
        let folder = Folder::new()?;
        let relay = Relay::start_of(Some(programs), folder.path(), Ipv4Addr::LOCALHOST, ADDRESS, &[])?;
        let world = Self { relay, folder };
        let password = world.relay.add_user(ANA_LOGIN, ANA, "attendant")?;
        Ok((world, password))
    }

    /// The same with a console that has a name, as passkeys need it.
    pub fn named() -> Result<Self> {
        Self::named_told(&[])
    }

    /// The same with a relay that is told this on its command line as well.
    pub fn named_told(args: &[&str]) -> Result<Self> {
        let folder = Folder::new()?;
        let relay = Relay::start_told(folder.path(), Ipv4Addr::LOCALHOST, "localhost", args)?;
        Ok(Self { relay, folder })
    }

    /// The same with a relay that is reached from other network namespaces as well.
    pub fn with_attendant_everywhere() -> Result<(Self, String)> {
        let folder = Folder::new()?;
        let relay = Relay::start_at(folder.path(), Ipv4Addr::UNSPECIFIED)?;
        let world = Self { relay, folder };
        let password = world.relay.add_user(ANA_LOGIN, ANA, "attendant")?;
        Ok((world, password))
    }

    /// A computer with a desktop, a terminal not yet open, and no program yet.
    pub fn computer(&self, name: &str, size: (u16, u16)) -> Result<Computer> {
        Computer::new(name, size, self.folder.path())
    }

    /// The customer's computer: a program is running that has the relay's profile through its own stretch of network.
    pub fn customer(&self) -> Result<Computer> {
        let mut computer = self.computer("customer", (1280, 800))?;
        computer.plug_in(&self.relay)?;
        computer.start_program(&[])?;
        Ok(computer)
    }

    /// The attendant's computer, likewise.
    pub fn attendant(&self) -> Result<Computer> {
        let mut computer = self.computer("attendant", (1440, 1000))?;
        computer.plug_in(&self.relay)?;
        computer.start_program(&[])?;
        Ok(computer)
    }

    /// The key that signs the company's profiles, which a relay after a quick start has.
    pub fn branding_key(&self) -> Result<PathBuf> {
        let tenants = self.relay.data.join("tenants");
        let mut keys = std::fs::read_dir(&tenants)?.filter_map(|entry| Some(entry.ok()?.path().join("brand.key")));
        keys.find(|key| key.is_file()).with_context(|| format!("no branding key below {tenants:?}"))
    }

    /// What is on record.
    pub fn records(&self) -> Result<Records> {
        Records::open(&self.relay.data)
    }

    /// The end of every test: each session that was ever started is on exactly one ticket with one start and one end.
    pub fn check_tickets(&self) -> Result<usize> {
        let records = self.records()?;
        records.wait_settled()?;
        records.check_every_session()
    }
}

/// Where a relay is that was given no name.
const ADDRESS: &str = "127.0.0.1";

/// A relay in its own process, and how to start it again on the same folder and port.
pub struct Relay {
    /// Its data folder.
    pub data: PathBuf,
    /// UDP for programs, TCP for the console.
    pub port: u16,
    listens: Ipv4Addr,
    /// How browsers reach it.
    host: &'static str,
    args: Vec<String>,
    /// Where its programs are, if not where those under test are.
    programs: Option<PathBuf>,
    program: Program,
    log: PathBuf,
}

impl Relay {
    /// The first start, below `folder`.
    pub fn start(folder: &Path) -> Result<Self> {
        Self::start_at(folder, Ipv4Addr::LOCALHOST)
    }

    /// The same, reached at this address.
    pub fn start_at(folder: &Path, listens: Ipv4Addr) -> Result<Self> {
        Self::start_told(folder, listens, ADDRESS, &[])
    }

    /// The same, reached by browsers under this name, and told this on its command line as well.
    fn start_told(folder: &Path, listens: Ipv4Addr, host: &'static str, args: &[&str]) -> Result<Self> {
        Self::start_of(None, folder, listens, host, args)
    }

    fn start_of(
        programs: Option<&Path>,
        folder: &Path,
        listens: Ipv4Addr,
        host: &'static str,
        args: &[&str],
    ) -> Result<Self> {
        let data = folder.join("relay");
        let log = folder.join("relay.log");
        let port = free_port()?;
        let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        let programs = programs.map(Path::to_path_buf);
        let file = relay_of(programs.as_deref())?;
        let mut program = Self::spawn(&file, &data, (listens, host), port, &args, &log)?;
        program.wait_log("/setup/", wait::PATIENCE)?;
        Ok(Self { data, port, listens, host, args, programs, program, log })
    }

    fn spawn(
        file: &Path,
        data: &Path,
        (listens, host): (Ipv4Addr, &str),
        port: u16,
        args: &[String],
        log: &Path,
    ) -> Result<Program> {
        let mut command = Command::new(file);
        command
            .arg("serve")
            .arg("--data")
            .arg(data)
            .args(["--listen", &format!("{listens}:{port}"), "--company", COMPANY, "--accent", ACCENT])
            .args(args)
            .env("RUST_LOG", std::env::var("AMPARO_LOG").unwrap_or_else(|_| "info".into()));
        if host != ADDRESS {
            command.args(["--public-url", &format!("https://{host}:{port}")]);
        }
        Program::start("the relay", &mut command, log)
    }

    /// Where programs reach it.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// The console's address with this path.
    pub fn url(&self, path: &str) -> String {
        format!("https://{}:{}{path}", self.host, self.port)
    }

    /// The one-time set-up link that the first start printed.
    pub fn setup_link(&mut self) -> Result<String> {
        let line = self.program.wait_log("/setup/", wait::PATIENCE)?;
        let from = line.find("https://").context("no address in the set-up line")?;
        let link = line[from..].split_whitespace().next().context("no address in the set-up line")?;
        Ok(link.trim_matches(['"', '\'', '.']).to_owned())
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.program.pid()
    }

    /// The running process.
    pub fn program(&mut self) -> &mut Program {
        &mut self.program
    }

    /// Ends it as `kill -9` does.
    pub fn kill(&mut self) -> Result<()> {
        self.program.kill()
    }

    /// Started again, it is the one of this folder, or the one under test.
    pub fn is_now_of(&mut self, programs: Option<&Path>) {
        self.programs = programs.map(Path::to_path_buf);
    }

    /// Starts it again on the same folder and port; back when the console answers.
    pub fn start_again(&mut self) -> Result<()> {
        ensure!(!self.program.running(), "the relay still runs");
        let file = relay_of(self.programs.as_deref())?;
        self.program = Self::spawn(&file, &self.data, (self.listens, self.host), self.port, &self.args, &self.log)?;
        let address = self.address();
        wait::until("the relay's port to be open again", wait::PATIENCE, || {
            if !self.program.running() {
                bail!("the relay ended; it said:\n{}", tail(&self.program.log()?, 15));
            }
            Ok(std::net::TcpStream::connect_timeout(&address, Duration::from_millis(500)).ok().map(drop))
        })
    }

    /// Runs `amparo-relay admin` beside it and gives what it printed.
    pub fn admin(&self, public_port: u16, args: &[&str]) -> Result<String> {
        self.admin_at(self.host, public_port, args)
    }

    fn admin_at(&self, host: &str, public_port: u16, args: &[&str]) -> Result<String> {
        let url = format!("https://{host}:{public_port}");
        let mut command = Command::new(relay_of(self.programs.as_deref())?);
        command.arg("admin").arg("--data").arg(&self.data).args(["--public-url", &url]).args(args);
        let output = command.output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "amparo-relay admin {args:?} ended with {}: {text}{said}", output.status);
        Ok(text)
    }

    /// Adds a console user and gives the password made for it.
    pub fn add_user(&self, login: &str, name: &str, role: &str) -> Result<String> {
        let args = ["user", "add", "--login", login, "--name", name, "--role", role, "--make-password"];
        let said = self.admin(self.port, &args)?;
        let password =
            said.lines().find_map(|line| line.strip_prefix("Password: ")).context("no password was printed")?;
        Ok(password.trim().to_owned())
    }

    /// Writes the default app's signed profile, in which the relay is reached at this port on this machine.
    pub fn profile(&self, port: u16, file: &Path) -> Result<()> {
        self.profile_at(ADDRESS, port, file)
    }

    /// The same with the relay at another address.
    pub fn profile_at(&self, host: &str, port: u16, file: &Path) -> Result<()> {
        let name = file.to_str().context("the profile's path is text")?;
        self.admin_at(host, port, &["profile", "--out", name]).map(drop)
    }
}

/// The relay of this folder, or the one under test.
fn relay_of(programs: Option<&Path>) -> Result<PathBuf> {
    programs.map_or_else(|| built("amparo-relay"), |folder| built_in(folder, "amparo-relay"))
}

/// Somebody's computer: a display, hands, a stretch of network, and the program.
pub struct Computer {
    /// Whose, for messages and file names.
    pub name: String,
    /// Mouse and keyboard.
    pub hands: Hands,
    // The program ends before its display.
    program: Option<Program>,
    // And Windows, if that is here, after the program.
    windows: Option<Machine>,
    /// What is on the screen.
    pub display: Display,
    /// The network to the relay.
    pub network: Option<Netcut>,
    /// The network namespace in which programs are started, where that is not ours.
    pub namespace: Option<String>,
    folder: PathBuf,
}

/// The main window, in automation.
pub const MAIN: &str = "main";
/// The customer's bar, in automation.
pub const BAR: &str = "bar";
/// The attendant's viewer, in automation.
pub const VIEWER: &str = "viewer";

impl Computer {
    /// With a window manager and a background.
    pub fn new(name: &str, size: (u16, u16), folder: &Path) -> Result<Self> {
        let folder = folder.join(name);
        std::fs::create_dir_all(&folder)?;
        let mut display = Display::start(size.0, size.1, &folder)?;
        display.furnish()?;
        Self::at(name, display, folder)
    }

    /// At a display that is there already.
    pub fn at(name: &str, display: Display, folder: PathBuf) -> Result<Self> {
        let hands = Hands::on(&display)?;
        let name = name.into();
        Ok(Self { name, hands, program: None, windows: None, display, network: None, namespace: None, folder })
    }

    /// With Windows. Its desktop comes with the first program.
    pub fn with_windows(name: &str, size: (u16, u16), folder: &Path) -> Result<Self> {
        let folder = folder.join(name);
        std::fs::create_dir_all(&folder)?;
        let display = Display::start(size.0, size.1, &folder)?;
        let machine = Machine::new(&folder, size)?;
        let mut computer = Self::at(name, display, folder)?;
        computer.windows = Some(machine);
        Ok(computer)
    }

    /// This computer's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A stretch of network to the relay, and a profile that leads through it.
    pub fn plug_in(&mut self, relay: &Relay) -> Result<()> {
        let network = Netcut::to(relay.address())?;
        relay.profile(network.port(), &self.profile())?;
        self.network = Some(network);
        Ok(())
    }

    /// Where the profile is.
    pub fn profile(&self) -> PathBuf {
        self.folder.join("suporte.amparo")
    }

    /// The network to the relay.
    pub fn network(&self) -> Result<&Netcut> {
        self.network.as_ref().with_context(|| format!("{} is not plugged in", self.name))
    }

    /// Starts this program of a computer with Windows. Its folder for settings is this computer's, its language Portuguese.
    pub fn start_windows_program(&mut self, file: &Path, args: &[&str]) -> Result<()> {
        let data = windows_path(&self.folder.join("data"));
        self.start_on_windows(file, &[&["--data", &data], args].concat(), &[])
    }

    /// The same as its user starts it: with its settings in the user's folder.
    pub fn start_windows_program_at_home(&mut self, file: &Path) -> Result<()> {
        self.start_on_windows(file, &[], &[])
    }

    /// The same with these variables around it.
    pub fn start_windows_program_with(&mut self, file: &Path, around: &[(&str, &str)]) -> Result<()> {
        let data = windows_path(&self.folder.join("data"));
        self.start_on_windows(file, &["--data", &data], around)
    }

    fn start_on_windows(&mut self, file: &Path, args: &[&str], around: &[(&str, &str)]) -> Result<()> {
        let machine = self.windows.as_ref().with_context(|| format!("{} has no Windows", self.name))?;
        let mut all = vec!["--language".to_owned(), "pt-BR".to_owned()];
        all.extend(args.iter().map(|arg| (*arg).to_owned()));
        let name = format!("the {}'s program", self.name);
        let log = self.folder.join("wine.log");
        self.program = Some(machine.start(&name, file, (&all, around), &self.display, &log)?);
        Ok(())
    }

    /// What a key of Windows' registry says.
    pub fn registered(&self, key: &str) -> Result<String> {
        self.windows.as_ref().with_context(|| format!("{} has no Windows", self.name))?.registered(key)
    }

    /// Starts another program of Windows on the same desktop. It ends with the computer.
    pub fn start_beside(&self, program: &str, args: &[&str]) -> Result<()> {
        let machine = self.windows.as_ref().with_context(|| format!("{} has no Windows", self.name))?;
        machine.start_beside(program, args, &self.display)
    }

    /// Starts the program. Its home is this computer's folder, its language Portuguese.
    pub fn start_program(&mut self, args: &[&str]) -> Result<()> {
        self.start_program_of(&built("amparo")?, args, &[])
    }

    /// The same with this program, and these variables around it.
    pub fn start_program_of(&mut self, file: &Path, args: &[&str], around: &[(&str, &str)]) -> Result<()> {
        let profile = self.profile();
        let all: Vec<&OsStr> =
            [OsStr::new("--profile"), profile.as_os_str()].into_iter().chain(args.iter().map(OsStr::new)).collect();
        self.start_file(file, &all, around)
    }

    /// Starts a program that carries its own profile, with these variables around it. One that takes its place ends with this computer.
    pub fn start_branded(&mut self, file: &Path, around: &[(&str, &str)]) -> Result<()> {
        self.start_file(file, &[], around)
    }

    fn start_file(&mut self, file: &Path, args: &[&OsStr], around: &[(&str, &str)]) -> Result<()> {
        let socket = self.socket();
        if socket.exists() {
            std::fs::remove_file(&socket)?;
        }
        let mut command = self.command(file.to_str().context("the program's path is text")?);
        command.args(args).envs(around.iter().copied()).env("AMPARO_AUTOMATION", &socket);
        let log = self.folder.join("amparo.log");
        let name = format!("the {}'s program", self.name);
        self.program = Some(Program::start(&name, &mut command, &log)?);
        Ok(())
    }

    /// A program of this computer's user, whose home is this computer's folder.
    pub fn command(&self, program: &str) -> Command {
        let mut command = inside(self.namespace.as_deref(), program);
        command
            .env("DISPLAY", self.display.name())
            .env("HOME", &self.folder)
            .env("XDG_CONFIG_HOME", self.folder.join("config"))
            .env("XDG_DATA_HOME", self.folder.join("data"))
            .env("XDG_STATE_HOME", self.folder.join("state"))
            .env("XDG_CACHE_HOME", self.folder.join("cache"))
            .env("LANG", "pt_BR.UTF-8")
            .env("LC_ALL", "pt_BR.UTF-8")
            .env_remove("LANGUAGE")
            .env_remove("WAYLAND_DISPLAY")
            .env("XDG_SESSION_TYPE", "x11")
            .env("SLINT_SCALE_FACTOR", "1")
            .env("RUST_LOG", std::env::var("AMPARO_LOG").unwrap_or_else(|_| "info".into()));
        command
    }

    fn socket(&self) -> PathBuf {
        self.folder.join("automation")
    }

    /// The running program.
    pub fn program(&mut self) -> Result<&mut Program> {
        self.program.as_mut().with_context(|| format!("no program runs at {}", self.name))
    }

    /// What the program shows.
    pub fn screen(&self) -> Automation {
        match &self.windows {
            Some(machine) => Automation::on(machine.automation),
            None => Automation::at(&self.socket()),
        }
    }

    /// Where something with this name is, once it is there and still.
    pub fn place(&self, window: &str, label: &str) -> Result<Rect> {
        let found = self.screen().wait_for(window, label);
        found.with_context(|| {
            let log = self.program.as_ref().and_then(|p| p.log().ok()).unwrap_or_default();
            format!("at {}; its log ends:\n{}", self.name, tail(&log, 8))
        })
    }

    /// Clicks something by its name; a person would bring the window to the front first.
    pub fn click(&self, window: &str, label: &str) -> Result<()> {
        if window == MAIN
            && let Some((main, _)) = self.display.windows()?.into_iter().find(|(_, title)| title.contains(COMPANY))
        {
            self.display.activate(main)?;
        }
        self.hands.click(self.place(window, label)?.centre())
    }

    /// Clicks into a field by its name, empties it and types, looking before and after as a person does: on a busy computer the
    /// window is still moved and gets the keyboard a moment later than the click.
    pub fn fill(&self, label: &str, text: &str) -> Result<()> {
        let screen = self.screen();
        loop {
            let before = self.place(MAIN, label)?;
            self.click(MAIN, label)?;
            let what = format!("{:?} at {} to have the keyboard", label, self.name);
            wait::until_true(&what, wait::PATIENCE, || Ok(screen.field(MAIN, label)?.0))?;
            // Moved away under the pointer: the click went elsewhere.
            if self.place(MAIN, label)? == before {
                break;
            }
        }
        self.hands.press("ctrl+a")?;
        self.hands.press("Delete")?;
        let what = format!("{:?} at {} to be empty", label, self.name);
        wait::until_true(&what, wait::PATIENCE, || Ok(screen.field(MAIN, label)?.1.as_deref() == Some("")))?;
        self.hands.type_text(text)?;
        // Fields write IDs and passwords in groups.
        let plain =
            |text: &str| text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
        let what = format!("{:?} at {} to hold what was typed", label, self.name);
        wait::until_true(&what, wait::PATIENCE, || {
            Ok(screen.field(MAIN, label)?.1.is_some_and(|held| plain(&held) == plain(text)))
        })
    }

    /// Writes what is on the screen as PNG.
    pub fn screenshot(&self, file: &Path) -> Result<()> {
        self.display.picture()?.save(file)
    }
}

impl Drop for Computer {
    fn drop(&mut self) {
        // A program that took the place of the one that was started here is nobody's child.
        let Ok(processes) = std::fs::read_dir("/proc") else { return };
        for process in processes.flatten() {
            let runs = std::fs::read_link(process.path().join("exe"));
            if runs.is_ok_and(|file| file.starts_with(&self.folder)) {
                let _ended_already = Command::new("kill").arg("-9").arg(process.file_name()).status();
            }
        }
    }
}

/// A port that is free for UDP and TCP on 127.0.0.1.
pub fn free_port() -> Result<u16> {
    for _ in 0..50 {
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = udp.local_addr()?.port();
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no port is free for both UDP and TCP")
}
