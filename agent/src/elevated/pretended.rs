//! For tests: a child that has no more rights than we, over its standard input and output. Everything but the system's own question and the pipe
//! is as it is shipped.

use std::{ffi::OsString, process::Stdio as Pipes};

use tokio::process::Command;

use super::{
    Hands, StartError, WORD,
    hands::{self, Within},
};

/// The option that has a process speak over its standard input and output.
const STDIO: &str = "--stdio";

/// What a pretended one can be called with.
#[cfg(feature = "_automation")]
#[derive(Debug, clap::Args)]
pub(super) struct Stdio {
    /// Speaks over standard input and output instead of a pipe.
    #[arg(long)]
    stdio: bool,
    /// A backend by name.
    #[arg(long, value_name = "BACKEND", requires = "stdio")]
    backend: Option<String>,
    /// The display.
    #[arg(long, value_name = "DISPLAY", requires = "stdio")]
    display: Option<String>,
}

#[cfg(feature = "_automation")]
impl Stdio {
    /// Whose mouse and keyboard, if it is one.
    pub(super) fn choice(&self) -> Option<desktop::Choice> {
        self.stdio.then(|| desktop::Choice { backend: self.backend.clone(), display: self.display.clone() })
    }
}

pub(super) async fn start(command: &[OsString], lost: impl FnOnce() + Send + 'static) -> Result<Hands, StartError> {
    let failed = |error: std::io::Error| StartError::Failed(error.to_string());
    let mut start = match command.split_first() {
        Some((program, arguments)) => {
            let mut start = Command::new(program);
            start.args(arguments);
            start
        }
        None => {
            let mut start = Command::new(std::env::current_exe().map_err(failed)?);
            start.args([WORD, STDIO]);
            start
        }
    };
    let mut child = start.stdin(Pipes::piped()).stdout(Pipes::piped()).spawn().map_err(failed)?;
    let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(StartError::Failed("a child without pipes".to_owned()));
    };
    // Not killed: as the shipped one it lets go of everything and ends when its input ends.
    hands::over(tokio::io::join(stdout, stdin), Within::USUAL, child, lost).await
}
