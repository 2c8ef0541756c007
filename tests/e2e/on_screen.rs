//! How soon a customer who comes is on an attendant's screen: a real Chromium that looks, a relay, and a program that registers.
//!
//! Says the figures; what it judges is far above them, and would be a mistake in the live stream.

use std::{
    io::{BufRead, BufReader, Lines, Write},
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant, SystemTime},
};

use anyhow::{Context, Result, ensure};
use harness::{browser::Browser, program, wait};

/// Comings that are measured.
const COMINGS: usize = 30;
/// More than this is a mistake.
const TOO_LATE: Duration = Duration::from_secs(2);
/// Who comes, as the example says it.
const NAME: &str = "Joel Antunes";

/// A relay with a day's work in it, in which a customer comes and goes at a word.
struct Office {
    relay: Child,
    console: String,
    password: String,
    /// What the relay goes on saying: without a reader it could not.
    _said: Lines<BufReader<ChildStdout>>,
}

impl Office {
    fn open() -> Result<Self> {
        let mut relay =
            Command::new(program::built("examples/console")?).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (mut console, mut password) = (None, None);
        let mut lines = BufReader::new(relay.stdout.take().context("no output")?).lines();
        while password.is_none() {
            let line = lines.next().context("the relay ends")??;
            console = console.or(line.strip_prefix("console ").map(str::to_owned));
            password = line.split("password \"").nth(1).map(|rest| rest.trim_end_matches('"').to_owned());
        }
        let (console, password) = (console.context("an address")?, password.unwrap_or_default());
        Ok(Self { relay, console, password, _said: lines })
    }

    /// Has the customer come, or go.
    fn say(&mut self) -> Result<()> {
        let input = self.relay.stdin.as_mut().context("no input")?;
        writeln!(input)?;
        Ok(input.flush()?)
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        let _ = self.relay.kill();
        let _ = self.relay.wait();
    }
}

#[test]
fn a_customer_who_comes_is_on_the_screen_at_once() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut office = Office::open()?;
    let browser = Browser::open(folder.path(), 1280, 800)?;
    browser.goto(&format!("{}/login", office.console))?;
    browser.fill("#user", "ana")?;
    browser.fill("#password", &office.password)?;
    browser.click("form[action='/login'] button")?;
    browser.find("#waiting-rows")?;
    // When the row is on the screen: the frame behind the one that it was put in for.
    browser.execute(&format!(
        "window.shown = null;
         new MutationObserver(() => {{
             const there = document.getElementById('waiting-rows').textContent.includes('{NAME}');
             if (!there) window.shown = null;
             else window.shown ??= requestAnimationFrame(() => requestAnimationFrame(() => {{ window.at = Date.now(); }}));
         }}).observe(document.getElementById('waiting-rows'), {{ childList: true, subtree: true }});"
    ))?;
    let mut times = Vec::new();
    for _ in 0..COMINGS {
        browser.execute("window.at = null")?;
        let began = SystemTime::now();
        office.say()?;
        let at = wait::until("the customer on the screen", Duration::from_secs(20), || {
            Ok(browser.execute("return window.at")?.as_u64())
        })?;
        times.push((SystemTime::UNIX_EPOCH + Duration::from_millis(at)).duration_since(began).unwrap_or_default());
        office.say()?;
        let gone = Instant::now();
        wait::until_true("the customer gone", Duration::from_secs(20), || {
            let there = format!("return !document.getElementById('waiting-rows').textContent.includes('{NAME}')");
            Ok(browser.execute(&there)?.as_bool() == Some(true))
        })?;
        ensure!(gone.elapsed() < TOO_LATE, "who has gone stays on the screen for {:?}", gone.elapsed());
    }
    times.sort_unstable();
    let (p50, p95) = (times[COMINGS / 2], times[COMINGS * 95 / 100]);
    println!("figure customer on the screen p50 / p95: {} / {} ms", p50.as_millis(), p95.as_millis());
    ensure!(p95 < TOO_LATE, "{times:?}");
    Ok(())
}
