//! The program as a decoder: started by a viewer, with a socket as its input. See [`media::decoder`].

/// Nothing that a person types.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Does what the sandbox forbids, to see it forbidden.
    #[cfg(feature = "_automation")]
    #[arg(long)]
    probe: Option<String>,
}

/// Decodes until the viewer is gone.
#[cfg(target_os = "linux")]
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    use std::os::fd::AsFd as _;
    let _ = arguments;
    media::decoder::serve(std::io::stdin().as_fd(), || {})?;
    Ok(())
}

/// Says that there is none here yet.
#[cfg(not(target_os = "linux"))]
pub(crate) fn run(_: &Arguments) -> anyhow::Result<()> {
    anyhow::bail!("this system has no protected decoder yet")
}
