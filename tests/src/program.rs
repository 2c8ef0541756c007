//! One process with its log, ended when dropped.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::wait;

/// What begins a command that runs in a network namespace (which needs root), or here.
pub fn inside(namespace: Option<&str>, program: &str) -> Command {
    let Some(namespace) = namespace else { return Command::new(program) };
    let mut command = Command::new("ip");
    command.args(["netns", "exec", namespace, program]);
    command
}

/// A started process. Dropping it kills it.
pub struct Program {
    name: String,
    child: Child,
    log: PathBuf,
    /// Where this program's part of the log begins.
    log_from: usize,
}

impl Program {
    /// Starts `command` with what it prints going to `log` (added to, so that a restart keeps what was before).
    pub fn start(name: &str, command: &mut Command, log: &Path) -> Result<Self> {
        let file = File::options().create(true).append(true).open(log).with_context(|| format!("opening {log:?}"))?;
        let log_from = usize::try_from(file.metadata()?.len())?;
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        let child = command.spawn().with_context(|| format!("starting {name} ({command:?})"))?;
        Ok(Self { name: name.into(), child, log: log.into(), log_from })
    }

    /// What it is called in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// All it has printed so far.
    pub fn log(&self) -> Result<String> {
        Ok(String::from_utf8_lossy(&std::fs::read(&self.log)?).into_owned())
    }

    /// The same without what an earlier program of this log printed.
    pub fn new_log(&self) -> Result<String> {
        Ok(self.log()?.get(self.log_from..).unwrap_or_default().to_owned())
    }

    /// Waits until it has printed a line that holds `text`, and gives the line.
    pub fn wait_log(&mut self, text: &str, patience: Duration) -> Result<String> {
        self.wait_log_from(0, text, patience)
    }

    /// [`Program::wait_log`], but what an earlier program of this log printed does not count.
    pub fn wait_new_log(&mut self, text: &str, patience: Duration) -> Result<String> {
        self.wait_log_from(self.log_from, text, patience)
    }

    fn wait_log_from(&mut self, from: usize, text: &str, patience: Duration) -> Result<String> {
        let what = format!("{:?} in the log of {}", text, self.name);
        wait::until(&what, patience, || {
            let log = self.log()?;
            let log = log.get(from..).unwrap_or_default();
            if let Some(line) = log.lines().find(|line| line.contains(text)) {
                return Ok(Some(line.to_owned()));
            }
            match self.child.try_wait()? {
                Some(status) => bail!("{} ended with {status} instead; it said:\n{}", self.name, tail(log, 15)),
                None => Ok(None),
            }
        })
    }

    /// Whether it runs.
    pub fn running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Ends it at once, as `kill -9` does.
    pub fn kill(&mut self) -> Result<()> {
        // A process that has ended already is what was asked for.
        let _ended_already = self.child.kill();
        self.child.wait().with_context(|| format!("waiting for {} to end", self.name))?;
        Ok(())
    }

    /// Sends a signal by name, such as `TERM`, `STOP` or `CONT`.
    pub fn signal(&self, signal: &str) -> Result<()> {
        let status = Command::new("kill").args(["-s", signal, &self.pid().to_string()]).status()?;
        if !status.success() {
            bail!("sending {signal} to {}", self.name);
        }
        Ok(())
    }

    /// Asks it to end and waits for that.
    pub fn stop(&mut self, patience: Duration) -> Result<ExitStatus> {
        if self.running() {
            self.signal("TERM")?;
        }
        self.wait_end(patience)
    }

    /// Waits until it has ended by itself.
    pub fn wait_end(&mut self, patience: Duration) -> Result<ExitStatus> {
        wait::until(&format!("{} to end", self.name), patience, || Ok(self.child.try_wait()?))
    }

    /// Memory of its own that is in RAM now (anonymous pages), in bytes.
    pub fn memory_bytes(&self) -> Result<u64> {
        let path = format!("/proc/{}/status", self.pid());
        let text = std::fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
        let line = text.lines().find(|l| l.starts_with("RssAnon:")).context("no RssAnon in /proc status")?;
        let kib: u64 = line.split_whitespace().nth(1).context("no number in RssAnon")?.parse()?;
        Ok(kib * 1024)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// The last `lines` lines of a log.
pub fn tail(log: &str, lines: usize) -> String {
    let all: Vec<&str> = log.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

/// The folder with the programs under test: `AMPARO_PROGRAMS`, or where this test itself was built.
pub fn built(program: &str) -> Result<PathBuf> {
    let folder = match std::env::var_os("AMPARO_PROGRAMS") {
        Some(folder) => PathBuf::from(folder),
        None => {
            let here = std::env::current_exe()?;
            let parent = here.parent().context("this program is in no folder")?;
            if parent.ends_with("deps") {
                parent.parent().context("deps is in no folder")?.into()
            } else {
                parent.into()
            }
        }
    };
    built_in(&folder, program)
}

/// The same of the programs in this folder.
pub fn built_in(folder: &Path, program: &str) -> Result<PathBuf> {
    let file = folder.join(program);
    if !file.is_file() {
        bail!(
            "there is no {program} in {folder:?}: build it first with \
             `cargo build -p amparo-relay -p amparo-agent --features amparo-agent/_automation`, or call tests/run"
        );
    }
    Ok(file)
}
