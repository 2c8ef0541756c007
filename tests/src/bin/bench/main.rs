//! Figures of the whole product on this machine, beside other remote desktops in the same minutes: flip to visible, bytes, processor,
//! films, clicks and pages, on a cable and over lines with distance; start, and memory of a waiting customer.
//!
//! Called by `tests/bench`, which builds the release programs and `glass` first. Contenders take turns scene by scene, in rounds; the medians
//! are printed as a table with ratios, and beside the targets. Prints; never judges.

mod contender;
mod line;
mod scene;
mod table;

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use contender::{Contender, SCREEN};
use harness::{
    figures, story,
    world::{Computer, World},
};
use line::{Distance, Office};
use scene::Stick;
use serde_json::Value;
use table::{Cell, Table};

/// Measures Amparo on two virtual displays of 1920x1080.
#[derive(Parser)]
struct Options {
    /// Scenes, separated by commas: idle, static, type, scroll, drag, video, noise, click, page.
    #[arg(long, default_value = "idle,static,type,scroll,drag,video,click,page", value_delimiter = ',')]
    scenes: Vec<String>,
    /// Seconds a scene.
    #[arg(long, default_value_t = 10)]
    secs: u32,
    /// How often each scene is played with each contender.
    #[arg(long, default_value_t = 1)]
    rounds: u32,
    /// Two scenes, fewer seconds and customers, for a trend.
    #[arg(long)]
    short: bool,
    /// Other systems to measure beside it: x0vnc, x0vnc500 (tuned), xpra, freerdp.
    #[arg(long, value_delimiter = ',')]
    peers: Vec<String>,
    /// Lines with distance to measure over as well: DELAY_MS:MBIT:LOSS_PERCENT, separated by commas. Needs root.
    #[arg(long, value_delimiter = ',')]
    wan: Vec<Distance>,
    /// Only these lines.
    #[arg(long, requires = "wan")]
    wan_only: bool,
    /// Add the rows to this file, one JSON object a line.
    #[arg(long)]
    out: Option<PathBuf>,
    /// The measuring stick.
    #[arg(long)]
    glass: PathBuf,
}

fn main() -> Result<()> {
    let mut options = Options::parse();
    if options.short {
        options.secs = options.secs.min(6);
        options.scenes = vec!["static".into(), "type".into()];
    }
    for scene in &options.scenes {
        ensure!(scene::SCENES.contains(&scene.as_str()), "{scene:?} is none of {:?}", scene::SCENES);
    }
    for peer in &options.peers {
        ensure!(contender::PEERS.contains(&peer.as_str()), "{peer:?} is none of {:?}", contender::PEERS);
    }
    let office = Office::enter()?;
    let (world, password) = World::with_attendant_everywhere()?;
    if !options.wan_only {
        idle_customers(&world, if options.short { 5 } else { 20 })?;
        starts(&world, if options.short { 2 } else { 5 })?;
    }
    let mut table = Table::default();
    let distances = (!options.wan_only).then_some(Distance::Lan).into_iter().chain(options.wan.iter().copied());
    for (n, distance) in distances.enumerate() {
        let folder = world.folder.path().join(format!("line-{n}"));
        over(&options, &office, distance, &world, &password, &folder, &mut table)
            .with_context(|| format!("over {distance}"))?;
    }
    world.check_tickets()?;
    table.print();
    Ok(())
}

/// Every scene with every contender, in turns.
fn over(
    options: &Options,
    office: &Office,
    distance: Distance,
    world: &World,
    password: &str,
    folder: &Path,
    table: &mut Table,
) -> Result<()> {
    let line = office.line(distance, &options.glass.with_file_name("wan"))?;
    let mut contenders: Vec<Contender> = vec![contender::amparo(&line, &world.relay, password, folder)?];
    for peer in &options.peers {
        match contender::peer(peer, &line, folder) {
            Ok(peer) => contenders.push(peer),
            Err(error) => println!("# {peer} is left out: {error:#}"),
        }
    }
    let mut sticks = Vec::new();
    for contender in &contenders {
        match Stick::hold(&options.glass, contender, &line) {
            Ok(stick) => sticks.push((contender, stick)),
            Err(error) if contender.label != "amparo" => println!("# {} is left out: {error:#}", contender.label),
            Err(error) => return Err(error),
        }
    }
    for _ in 0..options.rounds {
        for scene in &options.scenes {
            for (contender, stick) in &sticks {
                let mut row = stick.play(scene, options.secs)?;
                row["line"] = distance.to_string().into();
                tell(&row);
                if let Some(out) = &options.out {
                    let mut file = std::fs::File::options().create(true).append(true).open(out)?;
                    writeln!(file, "{row}")?;
                }
                let label = contender.label.clone();
                table.add(Cell { line: distance.to_string(), scene: scene.clone(), label }, row);
            }
        }
    }
    Ok(())
}

/// One line a row while it runs.
fn tell(row: &Value) {
    let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let mut said = format!("figure {} {} {}:", text("label"), text("line"), text("scene"));
    for (name, key) in [("flip", "flip_ms"), ("round trip", "round_ms"), ("age", "frame_age_ms"), ("exact", "exact_ms")]
    {
        let figure = &row[key];
        if figure.is_object() {
            said += &format!(
                " {name} p50 {} p95 {} ms lost {} n {};",
                figure["p50"], figure["p95"], figure["lost"], figure["n"]
            );
        }
    }
    for (name, key) in [("fps", "fps_seen"), ("down B/s", "tx_Bps"), ("exact after ms", "exact_ms")] {
        if row[key].is_number() {
            said += &format!(" {name} {};", row[key]);
        }
    }
    println!("{said} processor {}", row["cpu_pct"]);
}

/// From a start to an ID on the screen.
fn starts(world: &World, count: usize) -> Result<()> {
    let mut customer = Computer::new("starter", SCREEN, world.folder.path())?;
    world.relay.profile(world.relay.port, &customer.profile())?;
    let (mut shown, mut answered) = (Vec::new(), Vec::new());
    for _ in 0..count {
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
    let both = first + id;
    println!("figure start to ID shown p50: {both:.0} ms (first page {first:.0} ms, ID {id:.0} ms after the fields)");
    Ok(())
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
