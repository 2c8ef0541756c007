//! Starting a program that was just put in place, and giving way to the one before where it does not start.
//!
//! Two watch it: the program that was there, until the new one says that it runs ([`OnTrial::passed`]); and the new one itself, which
//! counts its starts, for when the computer was switched off in between.

use std::{
    ffi::OsString,
    io,
    process::{Child, Command},
    time::{Duration, Instant},
};

use bundle::Version;

use super::place::{Place, Trial};

/// Starts that may fail before the program before comes back.
const STARTS: u8 = 3;
/// A program that still runs after this is left to itself.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// How a start goes on.
#[derive(Debug)]
pub enum Start {
    /// As always. A version that was tried and did not start is told.
    Usual {
        /// Which.
        failed: Option<Version>,
    },
    /// This program is new and has not yet shown that it runs.
    OnTrial(OnTrial),
    /// It did not start too often: the one before is in its place again, and was started. This one is to end.
    GaveWay,
}

/// This program is new and has not yet shown that it runs.
#[derive(Debug, Clone)]
pub struct OnTrial(Place);

impl OnTrial {
    /// It runs.
    pub fn passed(&self) {
        self.0.forget_trial();
        tracing::info!(version = %super::version(), "the new version runs");
    }
}

/// The first thing a program does: is it on trial?
pub fn begin(place: &Place, arguments: &[OsString]) -> Start {
    begin_as(place, arguments, super::version())
}

fn begin_as(place: &Place, arguments: &[OsString], own: Version) -> Start {
    let usual = |failed| {
        place.forget_trial();
        Start::Usual { failed }
    };
    match place.trial() {
        None => Start::Usual { failed: None },
        Some(Trial { version, failed: true, .. }) => usual(Some(version)),
        // It was never put in place.
        Some(Trial { version, .. }) if version != own => usual(None),
        Some(trial) if trial.starts >= STARTS && place.has_previous() => {
            match give_way(place, trial.version, arguments) {
                Ok(_) => Start::GaveWay,
                Err(error) => {
                    tracing::error!(%error, "the program before cannot be put back");
                    usual(None)
                }
            }
        }
        Some(trial) => {
            if let Err(error) = place.write(Trial { starts: trial.starts.saturating_add(1), ..trial }) {
                tracing::warn!(%error, "a start on trial cannot be counted");
            }
            Start::OnTrial(OnTrial(place.clone()))
        }
    }
}

/// Starts the program that was put in place, and stays until it runs. One that ends early three times gives way to the one before.
///
/// # Errors
/// When the program before cannot be put back or started either.
pub fn install(place: &Place, version: Version, arguments: &[OsString]) -> io::Result<()> {
    for _ in 0..STARTS {
        let began = Instant::now();
        match start(place, arguments) {
            Ok(mut child) => {
                if runs(place, &mut child, began)? {
                    return Ok(());
                }
                tracing::warn!(%version, "the new version ended before it ran");
            }
            Err(error) => tracing::warn!(%version, %error, "the new version cannot be started"),
        }
        if place.trial().is_none_or(|trial| trial.failed) {
            // It ran and ended, or gave way by itself.
            return Ok(());
        }
    }
    give_way(place, version, arguments).map(drop)
}

/// Waits until the new program has said that it runs, or has ended without.
fn runs(place: &Place, child: &mut Child, began: Instant) -> io::Result<bool> {
    loop {
        if place.trial().is_none() {
            return Ok(true);
        }
        if let Some(ended) = child.try_wait()? {
            if ended.success() {
                // Somebody closed it.
                place.forget_trial();
            }
            return Ok(ended.success());
        }
        if began.elapsed() > PATIENCE {
            return Ok(true);
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

fn give_way(place: &Place, version: Version, arguments: &[OsString]) -> io::Result<Child> {
    tracing::error!(%version, "the new version does not start: the one before comes back");
    place.restore(version)?;
    start(place, arguments)
}

fn start(place: &Place, arguments: &[OsString]) -> io::Result<Child> {
    Command::new(place.program()).args(arguments).spawn()
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

    use super::*;

    const NEW: Version = Version([0, 2, 0]);
    const OLD: Version = Version([0, 1, 0]);

    /// Programs that write what they are into a file, and end as told.
    fn script(path: &Path, name: &str, then: &str) {
        let log = path.with_file_name("log");
        // Written under another name first: what another test's child holds open for writing cannot be started.
        fs::write(path, format!("#!/bin/sh\necho {name} >> '{}'\n{then}\n", log.display())).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    struct Desk {
        folder: tempfile::TempDir,
        place: Place,
    }

    impl Desk {
        fn with_new(then: &str) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let place = Place::of(folder.path().join("Suporte"));
            script(place.program(), "old", "exit 0");
            script(&place.staged(), "new", then);
            place.swap(NEW).unwrap();
            Self { folder, place }
        }

        fn log(&self, lines: usize) -> Vec<String> {
            let until = Instant::now() + Duration::from_secs(20);
            loop {
                let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
                let found: Vec<String> = log.lines().map(str::to_owned).collect();
                if found.len() >= lines || Instant::now() > until {
                    return found;
                }
                std::thread::sleep(LOOK_EVERY);
            }
        }
    }

    #[test]
    fn one_that_says_that_it_runs_stays() {
        let note = "sleep 0.2; rm \"$0.update\"; sleep 5";
        let desk = Desk::with_new(note);
        install(&desk.place, NEW, &[]).unwrap();
        assert_eq!(desk.log(1), ["new"]);
        assert!(desk.place.has_previous(), "the one before is kept");
        assert_eq!(desk.place.trial(), None);
    }

    #[test]
    fn one_that_does_not_start_three_times_gives_way_to_the_one_before() {
        let desk = Desk::with_new("exit 3");
        install(&desk.place, NEW, &[]).unwrap();
        assert_eq!(desk.log(4), ["new", "new", "new", "old"]);
        // What the one before finds when it starts.
        assert!(matches!(begin_as(&desk.place, &[], OLD), Start::Usual { failed: Some(NEW) }));
        assert!(matches!(begin_as(&desk.place, &[], OLD), Start::Usual { failed: None }), "told once");
    }

    #[test]
    fn one_that_was_taken_away_after_it_was_put_in_place_gives_way_too() {
        let desk = Desk::with_new("exit 0");
        fs::remove_file(desk.place.program()).unwrap();
        install(&desk.place, NEW, &[]).unwrap();
        assert_eq!(desk.log(1), ["old"]);
    }

    #[test]
    fn a_new_one_counts_its_own_starts_where_nobody_watches() {
        let desk = Desk::with_new("exit 3");
        for _ in 0..STARTS {
            assert!(matches!(begin_as(&desk.place, &[], NEW), Start::OnTrial(_)));
        }
        assert!(matches!(begin_as(&desk.place, &[], NEW), Start::GaveWay));
        assert_eq!(desk.log(1), ["old"]);
    }

    #[test]
    fn one_that_passed_is_no_longer_on_trial() {
        let desk = Desk::with_new("exit 0");
        let Start::OnTrial(trial) = begin_as(&desk.place, &[], NEW) else { panic!("it is on trial") };
        trial.passed();
        assert!(matches!(begin_as(&desk.place, &[], NEW), Start::Usual { failed: None }));
        assert!(desk.place.has_previous());
    }

    #[test]
    fn one_that_somebody_closed_at_once_has_run() {
        let desk = Desk::with_new("exit 0");
        install(&desk.place, NEW, &[]).unwrap();
        assert_eq!(desk.log(1), ["new"]);
        assert_eq!(desk.place.trial(), None);
    }

    #[test]
    fn an_update_that_was_never_put_in_place_is_forgotten() {
        let desk = Desk::with_new("exit 0");
        assert!(matches!(begin_as(&desk.place, &[], OLD), Start::Usual { failed: None }));
        assert_eq!(desk.place.trial(), None);
    }
}
