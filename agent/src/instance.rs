//! One program of a company at a time: a second start shows the first one's window and ends.
//!
//! Held by a lock on a file in the program's folder, which the system lets go of however a program ends. A second start leaves a second file
//! there, which the first looks for. Used by `main` only; where there is no folder, every start is the first.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    time::Duration,
};

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
    /// Calls `show` on a thread of its own whenever somebody starts the program again, until the program ends.
    pub fn listen(&self, show: impl Fn() + Send + 'static) {
        let Some(asked) = self.asked.clone() else { return };
        let listening = std::thread::Builder::new().name("instance".to_owned()).spawn(move || {
            loop {
                std::thread::sleep(LOOK_EVERY);
                if std::fs::remove_file(&asked).is_ok() {
                    show();
                }
            }
        });
        if let Err(error) = listening {
            tracing::warn!(%error, "a second start will show nothing");
        }
    }
}

/// Takes the place of the one program in this folder.
pub fn start(folder: Option<&Path>) -> Start {
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
            if let Err(error) = std::fs::write(&asked, b"") {
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
        let Start::First(first) = start(Some(folder.path())) else { panic!("nobody else is there") };
        let (tell, told) = std::sync::mpsc::channel();
        first.listen(move || tell.send(()).unwrap_or(()));
        assert!(matches!(start(Some(folder.path())), Start::Second));
        told.recv_timeout(Duration::from_secs(10)).unwrap();
        drop(first);
        assert!(matches!(start(Some(folder.path())), Start::First(_)));
        assert!(matches!(start(None), Start::First(_)));
    }
}
