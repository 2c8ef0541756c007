//! No such process: this system has no such rights, or needs none for this.

use super::{Hands, PipeName, StartError};

pub(super) async fn start(_lost: impl FnOnce() + Send + 'static) -> Result<Hands, StartError> {
    Err(StartError::Failed("this system has no such rights".to_owned()))
}

pub(super) fn connect(_name: &PipeName, _parent: u32) -> anyhow::Result<tokio::io::DuplexStream> {
    anyhow::bail!("this system has no such rights")
}
