//! What is measured: Amparo and, beside it, other remote desktops, each with a customer's display and an attendant's.

use std::{
    net::{TcpStream, ToSocketAddrs},
    path::Path,
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use harness::{
    display::installed,
    program::Program,
    story::{self, Ticket},
    wait,
    world::{Computer, Relay, VIEWER},
};

use crate::line::Line;

/// The size of both displays: the picture is shown at 1:1.
pub(crate) const SCREEN: (u16, u16) = (1920, 1080);

/// A system that is running and shows a picture.
pub(crate) struct Contender {
    pub(crate) label: String,
    /// Display names.
    pub(crate) source: String,
    pub(crate) viewer: String,
    /// The processes whose time counts, by what they are.
    pub(crate) pids: Vec<(&'static str, u32)>,
    // In the order in which they have to end.
    _programs: Vec<Program>,
    _computers: Vec<Computer>,
}

/// The names that `--peers` takes.
pub(crate) const PEERS: [&str; 4] = ["x0vnc", "x0vnc500", "xpra", "freerdp"];

/// A session through the relay, with the viewer full screen.
pub(crate) fn amparo(line: &Line, relay: &Relay, attendant_password: &str, folder: &Path) -> Result<Contender> {
    let computer = |name: &str| -> Result<Computer> {
        let mut computer = Computer::new(name, SCREEN, folder)?;
        relay.profile_at(line.office(), relay.port, &computer.profile())?;
        computer.network = None;
        Ok(computer)
    };
    let mut customer = computer("customer")?;
    customer.namespace = line.away().map(str::to_owned);
    customer.start_program(&[])?;
    let credentials = story::register(&customer)?;
    let mut attendant = computer("attendant")?;
    attendant.start_program(&[])?;
    story::log_in(&attendant, harness::world::ANA_LOGIN, attendant_password)?;
    story::open(&customer, &attendant, &credentials, Ticket::New)?;
    attendant.click(VIEWER, "Ajustada")?;
    attendant.hands.press("ctrl+alt+shift+f")?;
    wait::until_true("the viewer to be full screen at 1:1", wait::PATIENCE, || {
        let viewer = &attendant.screen().page()?.all["viewer"];
        Ok(viewer["full_screen"] == true && viewer["scale"] == "OneToOne")
    })?;
    Ok(Contender {
        label: "amparo".into(),
        source: customer.display.name().into(),
        viewer: attendant.display.name().into(),
        pids: vec![
            ("customer", customer.program()?.pid()),
            ("viewer", attendant.program()?.pid()),
            ("relay", relay.pid()),
        ],
        _programs: Vec::new(),
        _computers: vec![customer, attendant],
    })
}

/// Another system, as its makers ship it or, where the name says so, tuned.
pub(crate) fn peer(name: &str, line: &Line, folder: &Path) -> Result<Contender> {
    let source = Computer::new(&format!("{name}-source"), SCREEN, folder)?;
    let viewer = Computer::new(&format!("{name}-viewer"), SCREEN, folder)?;
    let (address, port) = (line.customer(), harness::world::free_port()?);
    let at = format!("{address}:{port}");
    let (from, to) = (source.display.name().to_owned(), viewer.display.name().to_owned());
    let mut server;
    let mut client;
    match name {
        "x0vnc" | "x0vnc500" => {
            needs(name, &["X0tigervnc", "xtigervncviewer"])?;
            server = line.command("X0tigervnc");
            server.args(["-display", &from, "-rfbport", &port.to_string(), "-SecurityTypes", "None", "-localhost=0"]);
            if name == "x0vnc500" {
                server.args(["-FrameRate", "500", "-MaxProcessorUsage", "100"]);
            }
            client = Command::new("xtigervncviewer");
            client.args(["-FullScreen=1", "-RemoteResize=0", "-SecurityTypes", "None", &format!("{address}::{port}")]);
        }
        "xpra" => {
            needs(name, &["xpra"])?;
            server = line.command("xpra");
            server.args(["shadow", &from, &format!("--bind-tcp={at}"), "--daemon=no", "--mmap=no"]);
            server.args(XPRA_OFF);
            server.args(["--html=off", "--systemd-run=no", "--dbus-launch=no", "--dbus-proxy=no", "--dbus-control=no"]);
            client = Command::new("xpra");
            client.args(["attach", &format!("tcp://{at}/"), "--mmap=no", "--opengl=no"]).args(XPRA_OFF);
        }
        "freerdp" => {
            needs(name, &["freerdp-shadow-cli", "xfreerdp"])?;
            server = line.command("freerdp-shadow-cli");
            server.args([&format!("/port:{port}"), "-auth", "/sec:rdp"]);
            client = Command::new("xfreerdp");
            client.args([&format!("/v:{at}"), "/cert:ignore", "/sec:rdp", "/u:x", "/p:x", "/f", "/network:lan"]);
            client.args(["-wallpaper", "/bpp:32", "/rfx"]);
        }
        _ => bail!("{name} is none of {PEERS:?}"),
    }
    server.env("DISPLAY", &from).env("HOME", source.folder());
    client.env("DISPLAY", &to).env("HOME", viewer.folder());
    let server = Program::start(name, &mut server, &source.folder().join("server.log"))?;
    wait::until("the peer's port", wait::PATIENCE, || {
        let address = at.to_socket_addrs()?.next().context("an address")?;
        Ok(TcpStream::connect_timeout(&address, Duration::from_millis(300)).ok())
    })?;
    let client = Program::start(&format!("{name}'s viewer"), &mut client, &viewer.folder().join("viewer.log"))?;
    Ok(Contender {
        label: name.into(),
        source: from,
        viewer: to,
        pids: vec![("customer", server.pid()), ("viewer", client.pid())],
        _programs: vec![client, server],
        _computers: vec![source, viewer],
    })
}

const XPRA_OFF: [&str; 8] = [
    "--mdns=no",
    "--notifications=no",
    "--pulseaudio=no",
    "--speaker=off",
    "--microphone=off",
    "--webcam=no",
    "--clipboard=no",
    "--tray=no",
];

fn needs(name: &str, programs: &[&str]) -> Result<()> {
    for program in programs {
        ensure!(installed(program), "{name}: {program} is not installed");
    }
    Ok(())
}
