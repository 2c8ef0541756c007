//! The files around a program: the new one that waits beside it, the one before it, and the note of a new one on trial.
//!
//! All of them lie in the program's own folder, so that putting one in the place of another is a rename. Nothing but these names is ever
//! written, whatever a release or a relay says.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use bundle::Version;
use serde::{Deserialize, Serialize};

use super::Trouble;

/// Where a program lies, and what may lie beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    program: PathBuf,
}

/// A new program that has not yet shown that it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Trial {
    /// Its version.
    pub(super) version: Version,
    /// How often it was started.
    pub(super) starts: u8,
    /// It gave way to the one before.
    pub(super) failed: bool,
}

impl Place {
    /// That of the running program.
    pub fn own() -> io::Result<Self> {
        std::env::current_exe().map(Self::of)
    }

    /// That of the program at this path.
    pub fn of(program: PathBuf) -> Self {
        Self { program }
    }

    /// The program itself.
    pub fn program(&self) -> &Path {
        &self.program
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.program.file_name().unwrap_or_default().to_owned();
        name.push(ending);
        self.program.with_file_name(name)
    }

    /// The new one, while it is fetched and until it is put in place.
    pub fn staged(&self) -> PathBuf {
        self.beside(".new")
    }

    /// The one before.
    pub fn previous(&self) -> PathBuf {
        self.beside(".previous")
    }

    /// One that was put in place and did not start, while it may still run.
    fn broken(&self) -> PathBuf {
        self.beside(".broken")
    }

    /// All that updates may have left beside the program.
    pub fn leavings(&self) -> [PathBuf; 5] {
        [self.staged(), self.previous(), self.broken(), self.note(), self.beside(".update.new")]
    }

    fn note(&self) -> PathBuf {
        self.beside(".update")
    }

    /// Begins an empty file for the new program, in place of what lay there.
    pub(super) fn stage(&self) -> io::Result<File> {
        let path = self.staged();
        remove(&path)?;
        let mut options = OpenOptions::new();
        // Made anew: a link that lies there leads nowhere, and nobody holds it open from before.
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o755);
        options.open(path)
    }

    /// Takes away what was fetched and not put in place.
    pub(super) fn unstage(&self) {
        let _ = fs::remove_file(self.staged());
    }

    /// Puts the new program in place and keeps this one as the one before. What fails leaves this one in place.
    pub(super) fn swap(&self, version: Version) -> io::Result<()> {
        self.write(Trial { version, starts: 0, failed: false })?;
        let swapped = exchange(&self.program, &self.staged(), &self.previous());
        if swapped.is_err() {
            self.forget_trial();
        }
        swapped
    }

    /// Puts the one before back in place.
    pub(super) fn restore(&self, version: Version) -> io::Result<()> {
        // Of two programs one at least is always there.
        exchange(&self.program, &self.previous(), &self.broken())?;
        let _ = fs::remove_file(self.broken());
        self.write(Trial { version, starts: 0, failed: true })
    }

    pub(super) fn has_previous(&self) -> bool {
        self.previous().is_file()
    }

    /// What is on trial, if anything is.
    pub(super) fn trial(&self) -> Option<Trial> {
        let bytes = fs::read(self.note()).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// Notes how a trial stands: whole or not at all, also when the computer is switched off in between.
    pub(super) fn write(&self, trial: Trial) -> io::Result<()> {
        let unfinished = self.beside(".update.new");
        let mut file = File::create(&unfinished)?;
        file.write_all(&serde_json::to_vec(&trial)?)?;
        file.sync_all()?;
        fs::rename(unfinished, self.note())
    }

    pub(super) fn forget_trial(&self) {
        if let Err(error) = remove(&self.note()) {
            tracing::warn!(%error, "the note of a trial cannot be taken away");
        }
        // From an update that is over.
        let _ = fs::remove_file(self.broken());
    }
}

/// Takes a file away, if there is one.
fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Puts `new` in the place of `program`, which is kept as `old`.
///
/// Where a program that runs may be written over by a rename, the place is never empty. Windows allows only to rename it away: there
/// it is empty for the moment between two renames, and what went wrong in it is taken back.
fn exchange(program: &Path, new: &Path, old: &Path) -> io::Result<()> {
    // What was kept until now goes only once there is something to take its place.
    if !fs::metadata(new)?.is_file() {
        return Err(io::Error::from(io::ErrorKind::NotFound));
    }
    // Taken away by somebody else: there is nothing to keep.
    if !program.exists() {
        return fs::rename(new, program);
    }
    remove(old)?;
    if cfg!(unix) && fs::hard_link(program, old).is_ok() {
        return fs::rename(new, program);
    }
    fs::rename(program, old)?;
    fs::rename(new, program).inspect_err(|_| {
        if let Err(error) = fs::rename(old, program) {
            tracing::error!(%error, "the program cannot be put back in its place");
        }
    })
}

impl From<&io::Error> for Trouble {
    fn from(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => Self::DiskFull,
            io::ErrorKind::NotFound => Self::TakenAway,
            _ => Self::Folder,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn place(folder: &Path) -> Place {
        let program = folder.join("Suporte");
        fs::write(&program, "old").unwrap();
        Place::of(program)
    }

    fn says(path: &Path) -> Option<String> {
        fs::read_to_string(path).ok()
    }

    #[test]
    fn the_new_one_takes_the_place_and_the_one_before_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let place = place(folder.path());
        place.stage().unwrap().write_all(b"new").unwrap();
        place.swap(Version([0, 2, 0])).unwrap();
        assert_eq!(says(place.program()).as_deref(), Some("new"));
        assert_eq!(says(&place.previous()).as_deref(), Some("old"));
        assert_eq!(place.trial(), Some(Trial { version: Version([0, 2, 0]), starts: 0, failed: false }));
        place.restore(Version([0, 2, 0])).unwrap();
        assert_eq!(says(place.program()).as_deref(), Some("old"));
        assert_eq!(place.trial(), Some(Trial { version: Version([0, 2, 0]), starts: 0, failed: true }));
        assert!(!place.has_previous());
        place.forget_trial();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
    }

    #[test]
    fn a_new_one_that_was_taken_away_leaves_the_old_one_and_the_one_before_in_place() {
        let folder = tempfile::tempdir().unwrap();
        let place = place(folder.path());
        fs::write(place.previous(), "older").unwrap();
        drop(place.stage().unwrap());
        place.unstage();
        let error = place.swap(Version([0, 2, 0])).unwrap_err();
        assert_eq!(Trouble::from(&error), Trouble::TakenAway);
        assert_eq!(says(place.program()).as_deref(), Some("old"));
        assert_eq!(says(&place.previous()).as_deref(), Some("older"));
        assert_eq!(place.trial(), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_where_the_new_one_goes_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let place = place(folder.path());
        let elsewhere = folder.path().join("elsewhere");
        fs::write(&elsewhere, "mine").unwrap();
        std::os::unix::fs::symlink(&elsewhere, place.staged()).unwrap();
        place.stage().unwrap().write_all(b"new").unwrap();
        assert_eq!(says(&elsewhere).as_deref(), Some("mine"));
    }

    #[test]
    fn a_damaged_note_is_no_trial() {
        let folder = tempfile::tempdir().unwrap();
        let place = place(folder.path());
        for note in ["", "{", "{\"version\":\"0.2\",\"starts\":0,\"failed\":false}", "[]"] {
            fs::write(folder.path().join("Suporte.update"), note).unwrap();
            assert_eq!(place.trial(), None, "{note}");
        }
    }
}
