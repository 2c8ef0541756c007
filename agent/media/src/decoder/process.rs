//! The parent's side: keeps one child running and the picture it last completed.

use std::{
    os::{fd::OwnedFd, unix::net::UnixStream},
    process::{Command, Stdio},
    sync::Arc,
    time::Instant,
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    process::{Pid, PidfdFlags, pidfd_open},
};

use super::{
    Error, Failures, Lost, Outcome, Program,
    link::{Child, Held, Link},
};
use crate::canvas::Picture;

/// A decoder in a process of its own. Belongs to the thread that started it, and ends with it.
pub struct Decoder {
    program: Program,
    gone: Arc<dyn Fn() + Send + Sync>,
    link: Option<Link>,
    failures: Failures,
    shown: Option<Held>,
}

impl Decoder {
    /// Starts the child and waits until it has given up its rights. `gone` is called from a thread of its own when a child has ended:
    /// then [`Decoder::look_after`] is due.
    pub fn start(program: Program, gone: Arc<dyn Fn() + Send + Sync>) -> Result<Self, Error> {
        let link = spawn(&program, &gone).map_err(Error::Start)?;
        Ok(Self { program, gone, link: Some(link), failures: Failures::default(), shown: None })
    }

    /// Has the body of a batch applied. With `waits` only one that starts the picture anew is.
    pub fn apply(&mut self, body: &[u8], waits: bool) -> Result<Outcome, Error> {
        let Some(link) = &mut self.link else { return Err(Error::Start(Lost::Ended(None))) };
        match link.apply(body, waits) {
            Ok(outcome) => {
                if matches!(outcome, Outcome::Applied(_)) {
                    self.shown = link.held();
                }
                Ok(outcome)
            }
            Err(lost) => Err(self.replace(lost)),
        }
    }

    /// Starts another child if this one has ended.
    pub fn look_after(&mut self) -> Result<(), Error> {
        match self.link.as_mut().and_then(Link::ended) {
            Some(lost) => Err(self.replace(lost)),
            None => Ok(()),
        }
    }

    /// The picture as the last applied batch left it.
    pub fn picture(&self) -> Picture<'_> {
        self.shown.as_ref().map_or(Picture::default(), Held::picture)
    }

    /// The child's process.
    pub fn process(&self) -> Option<u32> {
        self.link.as_ref().and_then(Link::process)
    }

    fn replace(&mut self, lost: Lost) -> Error {
        self.link = None;
        if self.failures.note(Instant::now()) {
            return Error::TooOften(lost);
        }
        match spawn(&self.program, &self.gone) {
            Ok(link) => {
                self.link = Some(link);
                Error::Restarted(lost)
            }
            Err(lost) => Error::Start(lost),
        }
    }
}

fn spawn(program: &Program, gone: &Arc<dyn Fn() + Send + Sync>) -> Result<Link, Lost> {
    let (ours, theirs) = UnixStream::pair()?;
    let child = Command::new(&program.file)
        .args(&program.arguments)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        // What it would print is as hostile as what it answers.
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let child = Child::new(child);
    watch(child.id(), gone.clone())?;
    Link::new(ours, Some(child))
}

/// Tells when the process has ended. The descriptor is the process's own, not the socket's: a child cannot keep it from being noticed.
fn watch(process: u32, gone: Arc<dyn Fn() + Send + Sync>) -> Result<(), Lost> {
    let pid = i32::try_from(process).ok().and_then(Pid::from_raw).ok_or(Lost::Ended(None))?;
    let process = pidfd_open(pid, PidfdFlags::empty()).map_err(std::io::Error::from)?;
    std::thread::Builder::new().name("decoder-watch".to_owned()).spawn(move || {
        while let Err(rustix::io::Errno::INTR) = poll(&mut [PollFd::new(&process, PollFlags::IN)], None) {}
        gone();
    })?;
    Ok(())
}
