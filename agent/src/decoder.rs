//! The program as a decoder: started by a viewer, with a socket or pipes. See [`media::decoder`].

/// Nothing that a person types.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Makes a call that the sandbox forbids; for tests.
    #[cfg(feature = "_automation")]
    #[arg(long)]
    probe: Option<String>,
}

/// Decodes until the viewer is gone.
#[cfg(target_os = "linux")]
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    use std::os::fd::AsFd as _;

    media::decoder::serve(std::io::stdin().as_fd(), arguments.probe())?;
    Ok(())
}

/// Decodes until the viewer is gone.
#[cfg(windows)]
pub(crate) fn run(_: &Arguments) -> anyhow::Result<()> {
    media::decoder::serve(std::io::stdin().lock(), std::io::stdout().lock())?;
    Ok(())
}

/// Says that there is none here yet.
#[cfg(not(any(target_os = "linux", windows)))]
pub(crate) fn run(_: &Arguments) -> anyhow::Result<()> {
    anyhow::bail!("this system has no protected decoder yet")
}

#[cfg(target_os = "linux")]
impl Arguments {
    #[cfg(feature = "_automation")]
    fn probe(&self) -> impl FnOnce() + use<> {
        let probe = self.probe.as_deref().map(media::decoder::probe::Probe::new);
        move || {
            if let Some(probe) = probe {
                assert!(probe.attempt(), "there is no probe of this name");
            }
        }
    }

    #[cfg(not(feature = "_automation"))]
    fn probe(&self) -> impl FnOnce() + use<> {
        || {}
    }
}
