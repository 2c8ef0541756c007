//! Elevated hands: a second process of this program that Windows has started with an administrator's rights, because windows of programs with such
//! rights take no input from others. It presses keys and moves the mouse for the process that asked for it, and does nothing else: it has no
//! link, no files and no windows, and knows two words, one input and Ctrl+Alt+Del.
//!
//! `customer::session` starts it with [`start`] once the customer has said yes, here and to Windows; the input thread and Ctrl+Alt+Del go through
//! [`Hands`]; `main` is it with [`run`]. It ends with the last of the [`Hands`], and with the process that holds them: either closes the pipe, and
//! the end of the pipe is its end. With it everything that is held down is released.
//!
//! What this is worth: each side makes sure of the other. The pipe has a name that nobody knows before, takes one client of this computer, and
//! the process at its other end must be the one that Windows has started; that one wants the pipe to be made by its starter, and the starter
//! to run the same file as itself. So no other program gets hands by asking for them, or is taken for them. But Windows does not treat UAC as a
//! boundary between programs of the same user: one that can write into our process can type through these hands, and one that can change the
//! files beside ours can be taken for us, as either could have waited for any other program that the user gives such rights. Therefore the hands
//! live only as long as the session uses them, and know only input.

// A system on which no such process is ever had has nobody who says anything to one.
#[cfg_attr(
    not(any(windows, test, feature = "_automation")),
    expect(dead_code, reason = "only where such a process can be had")
)]
mod hands;
mod name;
#[cfg(any(test, feature = "_automation"))]
mod pretended;
mod serve;
mod words;

#[cfg(not(windows))]
#[path = "elevated/none.rs"]
mod os;
#[cfg(windows)]
#[path = "elevated/windows.rs"]
mod os;

#[cfg(test)]
mod tests;

#[cfg(any(test, feature = "_automation"))]
use std::ffi::OsString;

use anyhow::Context as _;
use desktop::elevation::{self, Can};

pub use hands::Hands;
pub use name::{NotOurs, PipeName};
pub use serve::serve;
pub use words::ServeError;

/// What the program is called with to be such a process.
pub const WORD: &str = "elevated";

/// How such a process is had.
#[derive(Debug, Clone)]
pub enum Way {
    /// The system starts it, and asks the person in front of the screen.
    System,
    /// The same also where this program has the rights itself, as every one under Wine has; for tests.
    #[cfg(any(test, feature = "_automation"))]
    Insisted,
    /// A child that has no more rights than we, for tests: this command, or this program if there is none. It speaks over its standard input
    /// and output.
    #[cfg(any(test, feature = "_automation"))]
    Pretended(Vec<OsString>),
    /// Not at all.
    None,
}

impl Way {
    /// Whether it can be asked for.
    pub fn can(&self) -> Can {
        match self {
            Self::System => elevation::can(),
            #[cfg(any(test, feature = "_automation"))]
            Self::Insisted | Self::Pretended(_) => Can::Yes,
            Self::None => Can::No,
        }
    }
}

/// Why there are no hands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// The person said no to the system's question, or nothing.
    #[error("the system's question was declined")]
    Declined,
    /// Something else.
    #[error("no process with more rights: {0}")]
    Failed(String),
}

/// Has the process started, and waits until it is ready, which includes the system's question. `lost` is called once when it goes by itself or
/// breaks the rules after that; never if it did not get ready, and not when the hands are dropped.
pub async fn start(way: &Way, lost: impl FnOnce() + Send + 'static) -> Result<Hands, StartError> {
    match way {
        Way::System => os::start(lost).await,
        #[cfg(any(test, feature = "_automation"))]
        Way::Insisted => os::start(lost).await,
        #[cfg(any(test, feature = "_automation"))]
        Way::Pretended(command) => pretended::start(command, lost).await,
        Way::None => Err(StartError::Failed("it is not provided for".to_owned())),
    }
}

/// Nothing that a person types.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The pipe to the process that asked for it.
    #[arg(long, value_name = "NAME")]
    pipe: Option<PipeName>,
    /// The process that asked for it, which must have made the pipe and run the same file.
    #[arg(long, value_name = "PROCESS")]
    parent: Option<u32>,
    #[cfg(feature = "_automation")]
    #[command(flatten)]
    pretended: pretended::Stdio,
}

/// Is such a process, until the other side closes the pipe.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    // One thread: the desktop is used on the one that opened it.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the runtime")?;
    let ended = runtime.block_on(answer(arguments));
    // Whatever may still wait for a word on another thread is not waited for.
    runtime.shutdown_background();
    ended
}

async fn answer(arguments: &Arguments) -> anyhow::Result<()> {
    #[cfg(feature = "_automation")]
    if let Some(choice) = arguments.pretended.choice() {
        return answer_over(tokio::io::join(tokio::io::stdin(), tokio::io::stdout()), &choice).await;
    }
    let (Some(pipe), Some(parent)) = (&arguments.pipe, arguments.parent) else {
        anyhow::bail!("only another process of this program starts this, with --pipe and --parent");
    };
    answer_over(os::connect(pipe, parent)?, &desktop::Choice::default()).await
}

async fn answer_over<S>(stream: S, choice: &desktop::Choice) -> anyhow::Result<()>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let mut hands = desktop::open(choice).context("opening mouse and keyboard")?;
    serve(stream, &mut *hands, desktop::attention::system()).await.context("answering the other process")
}
