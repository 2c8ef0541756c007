//! Reports of crashes: written where the program keeps its settings, shown to the person at the next start, and never sent anywhere.
//!
//! A panic writes one, whichever thread it is on; a run that was over without having ended is noted at the next start. What a report says is
//! cleaned by [`Redactor`]. Whatever goes wrong with one is logged and stops nothing.

mod lines;
mod redact;

pub use lines::Lines;
pub use redact::Redactor;

use std::{
    backtrace::Backtrace,
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    panic::PanicHookInfo,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Serialize};

use crate::config::{Folder, write_whole};

/// The longest report.
pub const REPORT_BYTES: usize = 24 * 1024;
/// So many are kept, the newest.
pub const REPORTS: usize = 5;
/// Of where it happened.
const BACKTRACE_LINES: usize = 120;
/// The longest note of a run.
const NOTE_BYTES: u64 = 4 * 1024;

/// Where reports are, and what goes into them.
#[derive(Debug, Clone)]
pub struct Reports {
    folder: Option<PathBuf>,
    lines: Lines,
    redactor: Arc<Redactor>,
    version: String,
}

/// The note of a run: it lies there as long as the run lasts.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Run {
    version: String,
    began_unix_ms: u64,
    /// The user's login in which it began. What a logout or a power cut ends is no crash.
    sitting: Option<String>,
}

/// A run that goes on. It ends with this value, in order, unless the process does before.
#[derive(Debug)]
pub struct Running(Option<PathBuf>);

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(note) = &self.0 {
            // Removed already, where the person had everything removed.
            let _ = fs::remove_file(note);
        }
    }
}

impl Reports {
    /// Reports of the program of this version that keeps its settings in `folder`.
    pub fn of(folder: &Folder, lines: Lines, redactor: Redactor, version: String) -> Self {
        let folder = folder.path().map(Path::to_owned);
        Self { folder, lines, redactor: Arc::new(redactor), version }
    }

    /// None are kept.
    pub fn none() -> Self {
        Self::of(&Folder::none(), Lines::default(), Redactor::default(), String::new())
    }

    /// A run begins, in this sitting of the user at the computer. Where the one before did not end, that is reported.
    pub fn begin(&self, sitting: Option<String>, now: SystemTime) -> Running {
        let Some(folder) = &self.folder else { return Running(None) };
        let note = folder.join("begun");
        if let Some(before) = read(&note, NOTE_BYTES).and_then(|text| serde_json::from_str::<Run>(&text).ok())
            && before.sitting.is_some()
            && before.sitting == sitting
            && self.newest().is_none_or(|(at, _)| at < before.began_unix_ms)
        {
            let lasted = Duration::from_millis(unix_ms(now).saturating_sub(before.began_unix_ms)).as_secs();
            let what = format!(
                "version {} was over without having ended; it had begun {lasted} s before this report\n",
                before.version
            );
            self.write(&self.redactor.said(&what), now);
        }
        let run = Run { version: self.version.clone(), began_unix_ms: unix_ms(now), sitting };
        let written = serde_json::to_vec(&run).map_err(io::Error::other).and_then(|json| write_whole(&note, &json));
        match written {
            Ok(()) => Running(Some(note)),
            Err(error) => {
                tracing::warn!(%error, "whether this run ends cannot be noted");
                Running(None)
            }
        }
    }

    /// From now on a panic writes a report, and then does what it did before.
    pub fn watch(&self) {
        let (reports, before) = (self.clone(), std::panic::take_hook());
        std::panic::set_hook(Box::new(move |panic| {
            reports.panicked(panic);
            before(panic);
        }));
    }

    fn panicked(&self, panic: &PanicHookInfo<'_>) {
        let thread = std::thread::current();
        let said = panic.payload_as_str().unwrap_or("(not a text)");
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let trace = Backtrace::force_capture().to_string();
        let trace: Vec<&str> = trace.lines().take(BACKTRACE_LINES).collect();
        let text = format!(
            "panic in thread {} at {}\n{}\n\n{}\n",
            self.redactor.symbols(thread.name().unwrap_or("(no name)")),
            self.redactor.symbols(&place),
            self.redactor.said(said),
            self.redactor.symbols(&trace.join("\n")),
        );
        self.write(&text, SystemTime::now());
    }

    /// Writes one down, and takes away those that are too many.
    fn write(&self, what: &str, now: SystemTime) {
        let Some(folder) = self.folder.as_ref().map(|folder| folder.join("crashes")) else { return };
        let second = jiff::Timestamp::try_from(now).map(|now| now.strftime("%Y-%m-%d %H:%M:%S UTC").to_string());
        let mut text = format!(
            "Amparo {}, {} {}{}\n{}\n\n{what}\n",
            self.version,
            std::env::consts::OS,
            std::env::consts::ARCH,
            system(),
            second.unwrap_or_default()
        );
        for line in self.lines.last() {
            text.push_str(&self.redactor.said(&line));
            text.push('\n');
        }
        let end = text.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= REPORT_BYTES).last();
        text.truncate(end.unwrap_or(0));
        // Not what is above it: where that is gone, the person has had everything removed.
        let there = match fs::create_dir(&folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        };
        let written = there.and_then(|()| new_file(&folder, unix_ms(now))?.write_all(text.as_bytes()));
        if let Err(error) = written {
            tracing::warn!(%error, "a report cannot be written");
        }
        for (_, path) in self.kept().into_iter().rev().skip(REPORTS) {
            let _ = fs::remove_file(path);
        }
    }

    /// The text of the newest report; `None` where there is none that can be read.
    pub fn offered(&self) -> Option<String> {
        self.newest().and_then(|(_, path)| read(&path, REPORT_BYTES as u64)).filter(|text| !text.trim().is_empty())
    }

    /// Takes all of them away.
    pub fn delete(&self) {
        for (_, path) in self.kept() {
            if let Err(error) = fs::remove_file(path) {
                tracing::warn!(%error, "a report cannot be deleted");
            }
        }
    }

    fn newest(&self) -> Option<(u64, PathBuf)> {
        self.kept().pop()
    }

    /// When each was written, and where it is; the oldest first.
    fn kept(&self) -> Vec<(u64, PathBuf)> {
        let Some(folder) = &self.folder else { return Vec::new() };
        let entries = fs::read_dir(folder.join("crashes")).into_iter().flatten().flatten();
        let mut kept: Vec<_> = entries
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                let at = name.strip_prefix("report-")?.strip_suffix(".txt")?.split('-').next()?.parse().ok()?;
                Some((at, entry.path()))
            })
            .collect();
        kept.sort();
        kept
    }
}

/// A new file for a report of this moment, which nobody else reads and no link leads away from.
fn new_file(folder: &Path, at_unix_ms: u64) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let first = options.open(folder.join(format!("report-{at_unix_ms}.txt")));
    match first {
        // Two threads at once.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            options.open(folder.join(format!("report-{at_unix_ms}-{}.txt", rand::random::<u16>())))
        }
        first => first,
    }
}

/// At most so much of a file that somebody else may have written.
fn read(path: &Path, bytes: u64) -> Option<String> {
    if !fs::metadata(path).ok()?.is_file() {
        return None;
    }
    let mut text = Vec::new();
    File::open(path).ok()?.take(bytes).read_to_end(&mut text).ok()?;
    Some(String::from_utf8_lossy(&text).into_owned())
}

/// Which Linux it is; elsewhere the system's name says enough.
fn system() -> String {
    let release = if cfg!(target_os = "linux") { read(Path::new("/etc/os-release"), NOTE_BYTES) } else { None };
    let name = release.and_then(|text| {
        let name = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
        Some(format!(", {}", name.trim_matches('"')))
    });
    name.unwrap_or_default()
}

fn unix_ms(now: SystemTime) -> u64 {
    let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn reports(folder: &Path) -> Reports {
        let redactor = Redactor::new(Some(Path::new("/home/cida")), []);
        Reports::of(&Folder::at(folder), Lines::default(), redactor, "0.1.0".into())
    }

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000 + seconds)
    }

    fn sitting(name: &str) -> Option<String> {
        Some(name.to_owned())
    }

    #[test]
    fn a_run_that_did_not_end_is_reported_once_and_only_in_the_same_sitting() {
        let folder = tempfile::tempdir().unwrap();
        let reports = reports(folder.path());
        drop(reports.begin(sitting("a"), at(0)));
        assert_eq!(reports.offered(), None, "the first one");
        let run = reports.begin(sitting("a"), at(10));
        assert_eq!(reports.offered(), None, "the one before has ended");
        std::mem::forget(run);
        let run = reports.begin(sitting("b"), at(20));
        assert_eq!(reports.offered(), None, "the user has logged out in between");
        std::mem::forget(run);
        let run = reports.begin(sitting("b"), at(3_620));
        let text = reports.offered().unwrap();
        for part in ["Amparo 0.1.0", "was over without having ended", "3600 s", std::env::consts::OS] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
        drop(run);
        let run = reports.begin(sitting("b"), at(3_700));
        assert_eq!(reports.kept().len(), 1);
        std::mem::forget(run);
        reports.write("a panic", at(3_710));
        drop(reports.begin(sitting("b"), at(3_720)));
        assert_eq!(reports.kept().len(), 2, "a panic has told of that end already");
        std::mem::forget(reports.begin(None, at(4_000)));
        drop(reports.begin(None, at(5_000)));
        assert_eq!(reports.kept().len(), 2, "what is not known is not reported");
        reports.delete();
        assert_eq!(reports.offered(), None);
    }

    #[test]
    fn reports_are_few_short_and_for_their_user_alone() {
        let folder = tempfile::tempdir().unwrap();
        let reports = reports(folder.path());
        for count in 0..20 {
            reports.write(&format!("number {count} {}", "ç".repeat(REPORT_BYTES)), at(count));
        }
        let kept = reports.kept();
        assert_eq!(kept.len(), REPORTS);
        assert!(reports.offered().unwrap().contains("number 19 "));
        for (_, path) in &kept {
            let meta = fs::metadata(path).unwrap();
            assert!(meta.len() <= REPORT_BYTES as u64, "{} bytes", meta.len());
            #[cfg(unix)]
            assert_eq!(std::os::unix::fs::PermissionsExt::mode(&meta.permissions()) & 0o777, 0o600);
        }
        reports.write("the same moment", at(19));
        assert_eq!(reports.kept().len(), REPORTS);
    }

    #[test]
    fn what_lies_there_in_its_place_stops_nothing() {
        let folder = tempfile::tempdir().unwrap();
        // A folder that cannot be made, because a file is there: also as root.
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let nowhere = reports(&file.join("deeper"));
        drop(nowhere.begin(sitting("a"), at(0)));
        nowhere.write("nowhere", at(1));
        nowhere.delete();
        assert_eq!(nowhere.offered(), None);
        let none = Reports::none();
        drop(none.begin(sitting("a"), at(0)));
        none.write("nowhere", at(1));

        let reports = reports(folder.path());
        let crashes = folder.path().join("crashes");
        fs::create_dir_all(crashes.join("report-9.txt")).unwrap();
        for note in ["", "{", "[]", "{\"sitting\":7}", "\u{0}"] {
            fs::write(folder.path().join("begun"), note).unwrap();
            drop(reports.begin(sitting("a"), at(0)));
        }
        assert_eq!(reports.offered(), None, "a folder is no report");
        fs::remove_dir_all(&crashes).unwrap();
        fs::create_dir(&crashes).unwrap();
        fs::write(crashes.join("report-1.txt"), vec![0xff; REPORT_BYTES * 10]).unwrap();
        assert!(reports.offered().unwrap().chars().count() <= REPORT_BYTES, "of a huge one the beginning is shown");
        fs::write(crashes.join("report-99999999999999999999999.txt"), "no number").unwrap();
        fs::write(crashes.join("notes.txt"), "mine").unwrap();
        reports.delete();
        assert!(crashes.join("notes.txt").exists(), "only reports go");
        fs::remove_dir_all(&crashes).unwrap();
        fs::write(&crashes, "a file").unwrap();
        reports.write("nowhere", at(1));
        assert_eq!(reports.offered(), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_its_place_is_not_written_through() {
        let folder = tempfile::tempdir().unwrap();
        let mine = folder.path().join("mine");
        fs::write(&mine, "mine").unwrap();
        let crashes = folder.path().join("crashes");
        fs::create_dir(&crashes).unwrap();
        let place = crashes.join(format!("report-{}.txt", unix_ms(at(1))));
        std::os::unix::fs::symlink(&mine, &place).unwrap();
        reports(folder.path()).write("a report", at(1));
        assert_eq!(fs::read_to_string(&mine).unwrap(), "mine");
    }
}
