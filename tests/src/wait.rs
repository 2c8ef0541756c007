//! Waiting for a state, never for a duration.
//!
//! Everything in the harness that has to wait goes through [`until`], so that a state that never comes ends in one clear
//! error that says what was waited for.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// How long a window, a page or a program may take to get somewhere when nothing is wrong. Long, because a machine that runs
/// everything at once is slow; a state that has come is noticed at once.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// Asks `look` again and again until it gives a value, at most for `patience`. An error of `look` counts as "not yet" and is
/// told when the time is up.
pub fn until<T>(what: &str, patience: Duration, mut look: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let started = Instant::now();
    let mut pause = Duration::from_millis(5);
    loop {
        let last = match look() {
            Ok(Some(value)) => return Ok(value),
            Ok(None) => None,
            Err(error) => Some(error),
        };
        if started.elapsed() > patience {
            match last {
                Some(error) => return Err(error.context(format!("waited {} s for {what}", patience.as_secs()))),
                None => bail!("waited {} s for {what}, in vain", patience.as_secs()),
            }
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(100));
    }
}

/// [`until`] for a yes or no.
pub fn until_true(what: &str, patience: Duration, mut look: impl FnMut() -> Result<bool>) -> Result<()> {
    until(what, patience, || Ok(look()?.then_some(())))
}
