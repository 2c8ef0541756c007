//! One program of a company at a time: a second start shows the first one's window and ends.
//!
//! Held by a lock on a file in the program's folder, which the system lets go of however a program ends. A second start leaves a second file
//! there, with the link it was started with, which the first looks for. Used by `main` only; where there is no folder, every start is the first.

use std::{
    fs::{File, TryLockError},
    io::Read as _,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::connect_link::MAX_BYTES;

/// How soon the first hears of a second start.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// What a start is.
#[derive(Debug)]
pub enum Start {
    /// There is no other, as long as this value lives.
    First(Instance),
    /// Another one runs, and was told to show itself.
    Second,
}

/// The one that runs.
#[derive(Debug)]
pub struct Instance {
    _lock: Option<File>,
    asked: Option<PathBuf>,
}

impl Instance {
    /// Calls `show` on a thread of its own whenever somebody starts the program again, with the link it was started with, if any, until the
    /// program ends.
    pub fn listen(&self, show: impl Fn(Option<String>) + Send + 'static) {
        let Some(asked) = self.asked.clone() else { return };
        let listening = std::thread::Builder::new().name("instance".to_owned()).spawn(move || {
            loop {
                std::thread::sleep(LOOK_EVERY);
                // Out of the way of the next one first.
                let taken = asked.with_extension("taken");
                if std::fs::rename(&asked, &taken).is_ok() {
                    show(link_in(&taken));
                    let _ = std::fs::remove_file(&taken);
                }
            }
        });
        if let Err(error) = listening {
            tracing::warn!(%error, "a second start will show nothing");
        }
    }
}

/// The link that a second start has left in this file.
fn link_in(file: &Path) -> Option<String> {
    let mut text = String::new();
    File::open(file).ok()?.take(MAX_BYTES as u64 + 1).read_to_string(&mut text).ok()?;
    Some(text).filter(|text| !text.is_empty())
}

/// Whole or not at all: the first looks for the file at any moment.
fn leave(asked: &Path, link: &str) -> std::io::Result<()> {
    let new = asked.with_extension(std::process::id().to_string());
    std::fs::write(&new, link)?;
    std::fs::rename(&new, asked).inspect_err(|_| drop(std::fs::remove_file(&new)))
}

/// Takes the place of the one program in this folder. Where it is taken, its program is told to show itself, and of this `link`.
pub fn start(folder: Option<&Path>, link: Option<&str>) -> Start {
    let alone = || Start::First(Instance { _lock: None, asked: None });
    let Some(folder) = folder else { return alone() };
    let asked = folder.join("show");
    let opened = std::fs::create_dir_all(folder)
        .and_then(|()| File::options().create(true).truncate(false).write(true).open(folder.join("running")));
    let lock = match opened {
        Ok(lock) => lock,
        Err(error) => {
            tracing::warn!(%error, "a folder that cannot be written to: every start is the first");
            return alone();
        }
    };
    match lock.try_lock() {
        Ok(()) => {
            // From a second start that the first did not live to hear.
            let _ = std::fs::remove_file(&asked);
            Start::First(Instance { _lock: Some(lock), asked: Some(asked) })
        }
        Err(TryLockError::WouldBlock) => {
            if let Err(error) = leave(&asked, link.unwrap_or_default()) {
                tracing::warn!(%error, "the program that runs could not be told to show itself");
            }
            Start::Second
        }
        Err(TryLockError::Error(error)) => {
            tracing::warn!(%error, "files cannot be locked here: every start is the first");
            alone()
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_second_start_shows_the_first_and_the_next_after_its_end_is_first_again() {
        let folder = tempfile::tempdir().unwrap();
        let start = |link| start(Some(folder.path()), link);
        let Start::First(first) = start(None) else { panic!("nobody else is there") };
        let (tell, told) = std::sync::mpsc::channel();
        first.listen(move |link| tell.send(link).unwrap_or(()));
        let heard = || told.recv_timeout(Duration::from_secs(10)).unwrap();
        assert!(matches!(start(None), Start::Second));
        assert_eq!(heard(), None);
        assert!(matches!(start(Some("amparo:connect?id=123456789")), Start::Second));
        assert_eq!(heard().as_deref(), Some("amparo:connect?id=123456789"));
        drop(first);
        assert!(matches!(start(None), Start::First(_)));
        assert!(matches!(super::start(None, None), Start::First(_)));
    }
}
