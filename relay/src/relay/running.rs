//! A relay in the background of this process, with threads of its own, so that it can be stopped or killed like a process.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use tokio::{
    runtime::{Builder, Runtime},
    sync::oneshot,
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use super::{Relay, Shared};
use crate::config::Config;

/// A relay that serves. Dropped without a word, it is killed.
pub struct Running {
    /// Where programs connect (UDP).
    pub quic_addr: SocketAddr,
    /// Where browsers connect (TCP).
    pub console_addr: SocketAddr,
    /// What its parts share.
    pub shared: Arc<Shared>,
    /// Where the first administrator is made, if there is none yet.
    pub setup_link: Option<String>,
    shutdown: CancellationToken,
    served: JoinHandle<anyhow::Result<()>>,
    runtime: Option<Runtime>,
}

impl Running {
    pub(super) async fn start(config: Config) -> anyhow::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("relay")
            .enable_all()
            .build()
            .context("starting the relay's threads")?;
        let shutdown = CancellationToken::new();
        let (tell, told) = oneshot::channel();
        let stop = shutdown.clone();
        let served = runtime.spawn(async move {
            match Relay::load(config).await {
                Ok(relay) => {
                    let _ = tell.send(Ok((relay.shared.clone(), relay.setup_link.clone())));
                    relay.run(stop).await
                }
                Err(error) => {
                    let _ = tell.send(Err(error));
                    Ok(())
                }
            }
        });
        let loaded = told.await.context("starting the relay").and_then(|loaded| loaded);
        let (shared, setup_link) = match loaded {
            Ok(loaded) => loaded,
            Err(error) => {
                runtime.shutdown_background();
                return Err(error);
            }
        };
        let address = shared.listen();
        Ok(Self {
            quic_addr: address,
            console_addr: address,
            shared,
            setup_link,
            shutdown,
            served,
            runtime: Some(runtime),
        })
    }

    /// Stops it as `serve` stops on a signal.
    ///
    /// # Errors
    /// When it had failed.
    pub async fn shutdown(mut self) -> anyhow::Result<()> {
        self.shutdown.cancel();
        let served = (&mut self.served).await.context("the relay failed")?;
        self.end().await;
        served
    }

    /// Stops it as `kill -9` does: no thread takes another step, nobody is told, nothing is written.
    pub async fn kill(mut self) {
        self.end().await;
    }

    async fn end(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        // Waits for its threads, which must not be done on one of ours.
        let _ = tokio::task::spawn_blocking(move || runtime.shutdown_timeout(Duration::from_secs(5))).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
