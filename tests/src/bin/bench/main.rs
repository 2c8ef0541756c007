//! Figures of the whole product on this machine: flip to visible, start, memory of a waiting customer, sizes of the programs.
//!
//! Called by `tests/bench`, which builds the release programs and `glass` first. Prints one line a figure and one JSON row a
//! scene; never judges. With `--peers x0vnc` TigerVNC is measured beside it, in the same minute, for a ratio.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use harness::display::installed;
use harness::program::Program;
use harness::story::{self, Ticket};
use harness::world::{Computer, VIEWER, World};
use harness::{figures, wait};
use serde_json::Value;

/// Measures Amparo on two virtual displays of 1920x1080.
#[derive(Parser)]
struct Options {
    /// Scenes, separated by commas: static, type, scroll, drag, video, noise.
    #[arg(long, default_value = "static,type", value_delimiter = ',')]
    scenes: Vec<String>,
    /// Seconds a scene.
    #[arg(long, default_value_t = 20)]
    secs: u32,
    /// Fewer seconds and customers, for a trend.
    #[arg(long)]
    short: bool,
    /// Other systems to measure beside it: x0vnc, x0vnc500.
    #[arg(long, value_delimiter = ',')]
    peers: Vec<String>,
    /// Add the rows to this file, one JSON object a line.
    #[arg(long)]
    out: Option<PathBuf>,
    /// The measuring stick.
    #[arg(long)]
    glass: PathBuf,
}

const SCREEN: (u16, u16) = (1920, 1080);

fn main() -> Result<()> {
    let mut options = Options::parse();
    if options.short {
        options.secs = options.secs.min(6);
    }
    let (world, password) = World::with_attendant()?;
    idle_customers(&world, if options.short { 5 } else { 20 })?;

    let mut customer = computer(&world, "customer")?;
    let mut shown = Vec::new();
    let mut answered = Vec::new();
    for _ in 0..if options.short { 2 } else { 5 } {
        let from = Instant::now();
        customer.start_program(&[])?;
        customer.screen().wait_page("fields")?;
        shown.push(from.elapsed().as_secs_f64() * 1e3);
        story::fill_fields(&customer)?;
        // Typing is a person's time: the clock goes on when the last field is sent.
        let sent = Instant::now();
        customer.hands.press("Return")?;
        story::waiting(&customer)?;
        answered.push(sent.elapsed().as_secs_f64() * 1e3);
        customer.program()?.kill()?;
    }
    let (first, id) = (figures::percentile(&mut shown, 50.0), figures::percentile(&mut answered, 50.0));
    println!(
        "figure start to ID shown p50: {:.0} ms (first page {first:.0} ms, ID {id:.0} ms after the fields)",
        first + id
    );

    customer.start_program(&[])?;
    let credentials = story::register(&customer)?;
    let mut attendant = computer(&world, "attendant")?;
    attendant.start_program(&[])?;
    story::log_in(&attendant, harness::world::ANA_LOGIN, &password)?;
    story::open(&customer, &attendant, &credentials, Ticket::New)?;
    attendant.click(VIEWER, "Ajustada")?;
    attendant.hands.press("ctrl+alt+shift+f")?;
    wait::until_true("the viewer to be full screen at 1:1", wait::PATIENCE, || {
        let viewer = &attendant.screen().page()?.all["viewer"];
        Ok(viewer["full_screen"] == true && viewer["scale"] == "OneToOne")
    })?;
    let pids = [("customer", customer.program()?.pid()), ("viewer", attendant.program()?.pid())];
    let mine = scenes(&options, "amparo", customer.display.name(), attendant.display.name(), &pids)?;
    story::end_by_customer(&customer, &attendant)?;
    world.check_tickets()?;
    drop((customer, attendant));

    for peer in &options.peers {
        let theirs = beside(&options, &world, peer)?;
        for ((scene, ours), (_, other)) in mine.iter().zip(&theirs) {
            println!("peer {peer} {scene}: amparo / {peer} = {:.2}", ours / other);
        }
    }
    Ok(())
}

fn computer(world: &World, name: &str) -> Result<Computer> {
    let mut computer = world.computer(name, SCREEN)?;
    // Straight to the relay: the forwarder that tests cut would be measured as well.
    world.relay.profile(world.relay.port, &computer.profile())?;
    computer.network = None;
    Ok(computer)
}

/// What one more waiting customer costs the relay, from the difference of its own memory.
fn idle_customers(world: &World, customers: usize) -> Result<()> {
    let mut displays = Vec::new();
    let before = relay_memory(world)?;
    for n in 0..customers {
        let mut one = Computer::new(&format!("idle-{n}"), (800, 700), world.folder.path())?;
        world.relay.profile(world.relay.port, &one.profile())?;
        one.start_program(&[])?;
        story::register(&one)?;
        displays.push(one);
    }
    let after = relay_memory(world)?;
    let each = after.saturating_sub(before) / customers as u64;
    println!("figure relay memory of an idle customer: {} ({customers} programs)", figures::bytes(each));
    Ok(())
}

fn relay_memory(world: &World) -> Result<u64> {
    let pid = world.relay.pid();
    let text = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = text.lines().find(|l| l.starts_with("RssAnon:")).context("no RssAnon")?;
    let kib: u64 = line.split_whitespace().nth(1).context("no number in RssAnon")?.parse()?;
    Ok(kib * 1024)
}

/// Runs the scenes between two displays; gives each scene's p50.
fn scenes(options: &Options, label: &str, src: &str, dst: &str, pids: &[(&str, u32)]) -> Result<Vec<(String, f64)>> {
    let glass = |args: &[String]| -> Result<String> {
        let output = Command::new(&options.glass).args(args).output().context("starting glass")?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.success(), "glass {args:?}: {said}");
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let ends = ["--src", src, "--dst", dst].map(str::to_owned);
    glass(&[vec!["desk".to_owned()], ends[..2].to_vec()].concat())?;
    let map = glass(&[vec!["calib".to_owned()], ends.to_vec()].concat())?;
    let mut medians = Vec::new();
    for scene in &options.scenes {
        let mut args =
            vec!["run".to_owned(), "--scene".into(), scene.clone(), "--secs".into(), options.secs.to_string()];
        args.extend(ends.clone());
        args.extend(["--map".to_owned(), map.clone(), "--label".into(), label.to_owned()]);
        for (name, pid) in pids {
            args.extend(["--cpu".to_owned(), format!("{name}={pid}")]);
        }
        let row = glass(&args)?;
        let read: Value = serde_json::from_str(&row).with_context(|| format!("glass printed {row:?}"))?;
        let flip = &read["flip_ms"];
        println!(
            "figure {label} flip to visible, {scene}: p50 {} ms, p95 {} ms, lost {}, n {}",
            flip["p50"], flip["p95"], flip["lost"], flip["n"]
        );
        println!("{row}");
        if let Some(out) = &options.out {
            add_row(out, &row)?;
        }
        medians.push((scene.clone(), flip["p50"].as_f64().unwrap_or(f64::NAN)));
    }
    Ok(medians)
}

fn add_row(file: &Path, row: &str) -> Result<()> {
    use std::io::Write as _;
    writeln!(std::fs::File::options().create(true).append(true).open(file)?, "{row}")?;
    Ok(())
}

/// TigerVNC on two displays of its own.
fn beside(options: &Options, world: &World, peer: &str) -> Result<Vec<(String, f64)>> {
    ensure!(installed("X0tigervnc") && installed("xtigervncviewer"), "{peer}: TigerVNC is not installed");
    let source = Computer::new(&format!("{peer}-source"), SCREEN, world.folder.path())?;
    let viewer = Computer::new(&format!("{peer}-viewer"), SCREEN, world.folder.path())?;
    let port = harness::world::free_port()?;
    let mut server = Command::new("X0tigervnc");
    server.args([
        "-display",
        source.display.name(),
        "-rfbport",
        &port.to_string(),
        "-SecurityTypes",
        "None",
        "-localhost=1",
    ]);
    if peer == "x0vnc500" {
        server.args(["-FrameRate", "500", "-MaxProcessorUsage", "100"]);
    }
    let server = Program::start("X0tigervnc", &mut server, &source.folder().join("server.log"))?;
    wait::until("the peer's port", wait::PATIENCE, || {
        Ok(std::net::TcpStream::connect_timeout(&([127, 0, 0, 1], port).into(), Duration::from_millis(300)).ok())
    })?;
    let mut client = Command::new("xtigervncviewer");
    client.args(["-FullScreen=1", "-RemoteResize=0", "-SecurityTypes", "None", &format!("127.0.0.1::{port}")]);
    client.env("DISPLAY", viewer.display.name()).env("HOME", viewer.folder());
    let client = Program::start("xtigervncviewer", &mut client, &viewer.folder().join("viewer.log"))?;
    viewer.display.window_titled("TigerVNC")?;
    let pids = [("server", server.pid()), ("viewer", client.pid())];
    scenes(options, peer, source.display.name(), viewer.display.name(), &pids)
}
