//! The line between the customer's computer and the office: this machine's own, or two network namespaces joined by a cable or by `wan`.
//!
//! The bench itself, the relay and the attendant are in the office; what the customer runs is started in the other namespace. Only there are
//! bytes counted and delay, rate and loss imposed, and only root may make them; without, everything goes over the loopback.

use std::{
    fs::File,
    os::fd::AsFd as _,
    path::Path,
    process::{Child, Command, Stdio},
    str::FromStr,
};

use anyhow::{Context, Result, bail, ensure};

/// How far away the customer is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Distance {
    /// A cable, or the loopback.
    Lan,
    /// One way in milliseconds, the rate in Mbit/s, the loss in percent, both ways alike; 200 ms of queue.
    Wan { delay_ms: f64, mbit: f64, loss: f64 },
}

impl FromStr for Distance {
    type Err = anyhow::Error;
    fn from_str(text: &str) -> Result<Self> {
        let parts: Vec<&str> = text.split(':').collect();
        let [delay_ms, mbit, loss] = parts[..] else { bail!("{text:?} is not DELAY_MS:MBIT:LOSS") };
        Ok(Self::Wan { delay_ms: delay_ms.parse()?, mbit: mbit.parse()?, loss: loss.parse()? })
    }
}

impl std::fmt::Display for Distance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Lan => f.write_str("lan"),
            Self::Wan { delay_ms, mbit, loss } => write!(f, "{delay_ms}:{mbit}:{loss}"),
        }
    }
}

/// Addresses of both sides when there are two.
const CUSTOMER: &str = "10.77.0.1";
const OFFICE: &str = "10.77.0.2";

/// The namespace that everything but the customer's program runs in; gone when dropped.
pub(crate) struct Office(Option<String>);

impl Office {
    /// Goes there, if that is allowed. To be called before any thread is started: only this one moves.
    pub(crate) fn enter() -> Result<Self> {
        let tools = harness::display::installed("ip");
        if !rustix::process::geteuid().is_root() || !tools {
            println!("# not root, or no iproute2: the loopback is measured, without bytes and without distance");
            return Ok(Self(None));
        }
        let name = format!("amparo-office-{}", std::process::id());
        add(&name)?;
        let namespace = File::open(Path::new("/run/netns").join(&name))?;
        let kind = Some(rustix::thread::LinkNameSpaceType::Network);
        rustix::thread::move_into_link_name_space(namespace.as_fd(), kind).context("going into a namespace")?;
        Ok(Self(Some(name)))
    }

    /// The line to a customer at this distance. One at a time.
    pub(crate) fn line(&self, distance: Distance, wan: &Path) -> Result<Line> {
        let Some(office) = &self.0 else {
            ensure!(distance == Distance::Lan, "{distance}: only root can make a line with distance");
            return Ok(Line { away: None, wan: None, interface: "" });
        };
        let away = format!("amparo-away-{}", std::process::id());
        add(&away)?;
        let mut line = Line { away: Some(away.clone()), wan: None, interface: "wan0" };
        match distance {
            Distance::Lan => {
                line.interface = "away";
                ip(&[
                    "link", "add", "away", "netns", &away, "type", "veth", "peer", "name", "office", "netns", office,
                ])?;
                for (namespace, device, address) in [(&away, "away", CUSTOMER), (office, "office", OFFICE)] {
                    ip(&["-n", namespace, "addr", "add", &format!("{address}/24"), "dev", device])?;
                    ip(&["-n", namespace, "link", "set", device, "up"])?;
                }
            }
            Distance::Wan { delay_ms, mbit, loss } => {
                let mut command = Command::new(wan);
                command.args(["--a", &away, "--b", office, "--ip-a", CUSTOMER, "--ip-b", OFFICE, "--secs", "86400"]);
                for (name, value) in [("--delay-ms", delay_ms), ("--mbit", mbit), ("--loss", loss)] {
                    command.args([name, &value.to_string()]);
                }
                let mut child = command.stdout(Stdio::piped()).spawn().context("starting wan")?;
                let mut said = [0; 6];
                let read = std::io::Read::read_exact(child.stdout.as_mut().context("wan's output")?, &mut said);
                line.wan = Some(child);
                read.context("wan did not get ready")?;
            }
        }
        Ok(line)
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        if let Some(name) = &self.0 {
            // The namespace itself lives on until this process ends.
            told(ip(&["netns", "del", name]));
        }
    }
}

/// The line. Dropping it takes the customer's network away.
pub(crate) struct Line {
    away: Option<String>,
    wan: Option<Child>,
    interface: &'static str,
}

impl Line {
    /// Where the office is reached from the customer's side.
    pub(crate) fn office(&self) -> &'static str {
        if self.away.is_some() { OFFICE } else { "127.0.0.1" }
    }

    /// Where the customer's side is reached from the office.
    pub(crate) fn customer(&self) -> &'static str {
        if self.away.is_some() { CUSTOMER } else { "127.0.0.1" }
    }

    /// The customer's namespace, for programs to be started in.
    pub(crate) fn away(&self) -> Option<&str> {
        self.away.as_deref()
    }

    /// What begins a command that runs on the customer's side.
    pub(crate) fn command(&self, program: &str) -> Command {
        harness::program::inside(self.away(), program)
    }

    /// Where a program of the customer's side has its bytes counted, as `glass --net` wants it.
    pub(crate) fn counted(&self, pid: u32) -> Option<String> {
        self.away.as_ref().map(|_| format!("{pid}:{}", self.interface))
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Some(wan) = &mut self.wan {
            told(wan.kill().map_err(Into::into));
            told(wan.wait().map(drop).map_err(Into::into));
        }
        if let Some(away) = &self.away {
            // With it goes its end of a cable, and so the other end.
            told(ip(&["netns", "del", away]));
        }
    }
}

fn add(name: &str) -> Result<()> {
    ip(&["netns", "add", name])?;
    ip(&["-n", name, "link", "set", "lo", "up"])
}

fn ip(arguments: &[&str]) -> Result<()> {
    let output = Command::new("ip").args(arguments).output().context("starting ip")?;
    ensure!(output.status.success(), "ip {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// While tidying up nothing more can be done about it than to say it.
fn told(result: Result<()>) {
    if let Err(error) = result {
        eprintln!("tidying up: {error:#}");
    }
}
