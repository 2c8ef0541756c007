//! Runs what signs: for so long and no longer, and until somebody stops it. It may say what it likes, of which the end is kept.

use std::{
    io::{self, Read, SeekFrom},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use super::SignError;

/// How often it is looked whether it has ended.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Bytes of its words that are kept: the last ones say why.
const WORDS_BYTES: u64 = 2000;
/// A program that says more than this says nothing that helps, and fills the disk.
const MAX_SAID_BYTES: u64 = 16 * 1024 * 1024;

/// How long whoever wants a signature waits for it.
pub struct Patience<'a> {
    /// Then what signs is ended.
    pub limit: Duration,
    /// Somebody still wants it.
    pub go_on: &'a dyn Fn() -> bool,
}

impl Patience<'_> {
    /// As long as this, and nobody stops it.
    pub fn of(limit: Duration) -> Self {
        Self { limit, go_on: &|| true }
    }
}

/// How it ended, and the end of what it said.
pub(super) fn run(
    mut command: Command,
    name: &str,
    patience: &Patience<'_>,
) -> Result<(ExitStatus, String), SignError> {
    let name = name.to_owned();
    // A file, not pipes: nobody needs to read while it runs, and what it leaves running holds nobody up.
    let mut words = tempfile::tempfile().map_err(SignError::Handing)?;
    let (out, err) = (words.try_clone(), words.try_clone());
    command.stdin(Stdio::null()).stdout(out.map_err(SignError::Handing)?).stderr(err.map_err(SignError::Handing)?);
    // So that what it has started ends with it.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let child = command.spawn();
    let mut child = child.map_err(|source| SignError::NotStarted { name: name.clone(), source })?;
    let began = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) => {}
            Err(source) => {
                end(&mut child);
                return Err(SignError::Handing(source));
            }
        }
        let is_wanted = (patience.go_on)();
        let said_bytes = words.metadata().map_or(0, |meta| meta.len());
        if !is_wanted || began.elapsed() >= patience.limit || said_bytes > MAX_SAID_BYTES {
            end(&mut child);
            return Err(if is_wanted { SignError::Hung { name, limit: patience.limit } } else { SignError::Stopped });
        }
        std::thread::sleep(LOOK_EVERY);
    };
    let said = last(&mut words).map_err(SignError::Handing)?;
    Ok((status, said))
}

/// Ends it and what it has started.
fn end(child: &mut Child) {
    // The standard library ends one process, not its group.
    #[cfg(unix)]
    {
        let group = format!("-{}", child.id());
        let asked = ["-c", "kill -s KILL -- \"$1\"", "sh", &group];
        let _ended = Command::new("sh").args(asked).stdin(Stdio::null()).stderr(Stdio::null()).status();
    }
    let _ended = child.kill();
    let _gone = child.wait();
}

fn last(words: &mut (impl Read + io::Seek)) -> io::Result<String> {
    let length = words.seek(SeekFrom::End(0))?;
    words.seek(SeekFrom::Start(length.saturating_sub(WORDS_BYTES)))?;
    let mut said = Vec::new();
    words.take(WORDS_BYTES).read_to_end(&mut said)?;
    // One line of the log, without what a terminal would take for orders.
    let text = String::from_utf8_lossy(&said);
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    Ok(plain.split_whitespace().collect::<Vec<_>>().join(" "))
}
