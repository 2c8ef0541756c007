//! Windows: a named pipe between the two processes, at both ends of which it is made sure who the other is.
//!
//! The pipe ends when either process ends, however it does; that is how the one with more rights notices that its starter is gone.

use std::{io, time::Duration};

use anyhow::Context as _;
use desktop::elevation::{self, LaunchError, Launched};
use tokio::{
    net::windows::named_pipe::{ClientOptions, NamedPipeClient, NamedPipeServer, ServerOptions},
    time::{sleep, timeout},
};

use super::{
    Hands, PipeName, StartError, WORD,
    hands::{self, Within},
};

/// From its start to its end of the pipe: a slow disk, and a virus scanner that looks at the program once more.
const CONNECTED_WITHIN: Duration = Duration::from_secs(20);
/// How soon is noticed that it ended before.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// `SECURITY_IDENTIFICATION` of `CreateFile`: the pipe's maker may see who we are, and may not act as us.
const SECURITY_IDENTIFICATION: u32 = 1 << 16;

pub(super) async fn start(lost: impl FnOnce() + Send + 'static) -> Result<Hands, StartError> {
    let name = PipeName::draw();
    let pipe = ServerOptions::new()
        .first_pipe_instance(true)
        .reject_remote_clients(true)
        .max_instances(1)
        .create(name.to_string())
        .map_err(failed("making a pipe"))?;
    let launched = launch(&name).await?;
    connected(&pipe, &launched).await?;
    // Its number is nobody else's as long as `launched` lives.
    match elevation::client_of(&pipe).map_err(failed("asking who is at the pipe"))? {
        process if process == launched.id() => {}
        _ => return Err(StartError::Failed("another process is at the pipe".to_owned())),
    }
    hands::over(pipe, Within::USUAL, launched, lost).await
}

async fn launch(name: &PipeName) -> Result<Launched, StartError> {
    let program = std::env::current_exe().map_err(failed("finding this program"))?;
    let arguments = [WORD, "--pipe", &name.to_string(), "--parent", &std::process::id().to_string()].map(str::to_owned);
    // A person answers a question meanwhile. Whoever stops waiting leaves a process without a pipe, which ends at once.
    let launched = tokio::task::spawn_blocking(move || elevation::launch(&program, &arguments)).await;
    match launched {
        Ok(Ok(launched)) => Ok(launched),
        Ok(Err(LaunchError::Declined)) => Err(StartError::Declined),
        Ok(Err(error @ LaunchError::Failed(_))) => Err(StartError::Failed(error.to_string())),
        Err(error) => Err(StartError::Failed(error.to_string())),
    }
}

async fn connected(pipe: &NamedPipeServer, launched: &Launched) -> Result<(), StartError> {
    let connected = async {
        tokio::select! {
            connected = pipe.connect() => connected.map_err(failed("waiting at the pipe")),
            () = ended(launched) => Err(StartError::Failed("it ended at once".to_owned())),
        }
    };
    match timeout(CONNECTED_WITHIN, connected).await {
        Ok(connected) => connected,
        Err(_) => Err(StartError::Failed(format!("it did not come to the pipe within {CONNECTED_WITHIN:?}"))),
    }
}

async fn ended(launched: &Launched) {
    while !launched.has_ended() {
        sleep(LOOK_EVERY).await;
    }
}

fn failed(doing: &'static str) -> impl FnOnce(io::Error) -> StartError {
    move |error| StartError::Failed(format!("{doing}: {error}"))
}

/// The other end, if it was made by `parent`, and that one runs the same file as we.
pub(super) fn connect(name: &PipeName, parent: u32) -> anyhow::Result<NamedPipeClient> {
    let pipe = ClientOptions::new()
        .security_qos_flags(SECURITY_IDENTIFICATION)
        .open(name.to_string())
        .context("opening the pipe")?;
    let server = elevation::server_of(&pipe).context("asking who made the pipe")?;
    anyhow::ensure!(server == parent, "the pipe was made by process {server}, not by {parent}");
    // While its end of the pipe is open, the number is its own.
    let theirs = elevation::program_of(parent).context("asking what the pipe's maker runs")?;
    let ours = elevation::program_of(std::process::id()).context("asking what this process runs")?;
    // Named as each was started, which may be in other capitals. Nothing is followed: a link that is made afterwards would lead anywhere.
    let same = theirs.as_os_str().eq_ignore_ascii_case(ours.as_os_str());
    anyhow::ensure!(same, "the pipe's maker runs {}, not {}", theirs.display(), ours.display());
    Ok(pipe)
}
