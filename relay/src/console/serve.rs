//! The console's socket: TLS, one task a connection, and an end for each of them.
//!
//! Called by the relay. A handshake that dawdles holds up nobody but itself; connections have a cap, in all and for each address.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{Router, body::Body, extract::State, http::StatusCode, response::IntoResponse};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::{ServiceBuilder, ServiceExt};

use super::{App, Arrived, Source, router};
use crate::relay::Shared;

/// How long a TLS handshake, and the head of a request, may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Connections at once.
const CONNECTIONS: usize = 2_000;
/// Connections at once from one address: browsers of an office behind one address open a few each.
const PER_SOURCE: usize = 200;
/// How long answers that are under way may take when the relay stops.
const GOODBYE: Duration = Duration::from_secs(3);

/// Serves the console until `shutdown`, then waits shortly for answers that are under way.
pub async fn serve(
    shared: Arc<Shared>,
    listener: TcpListener,
    tls: Arc<rustls::ServerConfig>,
    shutdown: CancellationToken,
) {
    let router = router(shared, shutdown.clone());
    let acceptor = TlsAcceptor::from(tls);
    let room = Room { all: Arc::new(Semaphore::new(CONNECTIONS)), by_source: Arc::default() };
    let tasks = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, from)) => {
                let source = from.ip().to_canonical();
                let Some(seat) = room.take(source) else {
                    tracing::warn!(%source, "console connection refused: too many");
                    continue;
                };
                tasks.spawn(connection(router.clone(), acceptor.clone(), stream, source, seat, shutdown.clone()));
            }
            Err(error) => {
                // Out of descriptors or a connection that broke while it was accepted: neither ends the console.
                tracing::warn!(%error, "console connection not accepted");
                sleep(Duration::from_millis(50)).await;
            }
        }
    }
    tasks.close();
    if timeout(GOODBYE, tasks.wait()).await.is_err() {
        tracing::warn!(left = tasks.len(), "console connections cut at shutdown");
    }
}

async fn connection(
    router: Router,
    acceptor: TlsAcceptor,
    stream: TcpStream,
    source: IpAddr,
    seat: Seat,
    shutdown: CancellationToken,
) {
    let handshake = tokio::select! {
        () = shutdown.cancelled() => return,
        handshake = timeout(HANDSHAKE, acceptor.accept(stream)) => handshake,
    };
    let stream = match handshake {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return tracing::debug!(%source, %error, "console handshake failed"),
        Err(_) => return tracing::debug!(%source, "console handshake took too long"),
    };
    let service = ServiceBuilder::new().map_request(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(Source(source));
        request.extensions_mut().insert(Arrived(Instant::now()));
        request.map(Body::new)
    });
    let service = TowerToHyperService::new(service.service(router).boxed_clone());
    let mut server = Builder::new(TokioExecutor::new());
    server.http1().timer(TokioTimer::new()).header_read_timeout(HANDSHAKE).max_buf_size(64 * 1024);
    server
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Duration::from_secs(20))
        .max_concurrent_streams(64)
        .max_header_list_size(32 * 1024);
    let serving = server.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(serving);
    let served = tokio::select! {
        served = serving.as_mut() => served,
        () = shutdown.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%source, %error, "console connection ended");
    }
    drop(seat);
}

/// Who may connect at once.
#[derive(Clone)]
struct Room {
    all: Arc<Semaphore>,
    by_source: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// A place that is given back when dropped.
struct Seat {
    _one_of_all: OwnedSemaphorePermit,
    source: IpAddr,
    by_source: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Room {
    fn take(&self, source: IpAddr) -> Option<Seat> {
        let one_of_all = self.all.clone().try_acquire_owned().ok()?;
        let mut by_source = self.by_source.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = by_source.entry(source).or_default();
        if *taken >= PER_SOURCE {
            return None;
        }
        *taken += 1;
        Some(Seat { _one_of_all: one_of_all, source, by_source: self.by_source.clone() })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut by_source = self.by_source.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = by_source.get_mut(&self.source) {
            *taken -= 1;
            if *taken == 0 {
                by_source.remove(&self.source);
            }
        }
    }
}

/// How long the records may take before they count as not there.
const HEALTH: Duration = Duration::from_secs(5);

/// `GET /healthz`: 200 when the records can be read, soon. For load balancers; tells nothing else.
pub(super) async fn healthz(State(app): State<App>) -> impl IntoResponse {
    match timeout(HEALTH, app.shared.store.tenant(app.shared.first_tenant)).await {
        Ok(Ok(_)) => (StatusCode::OK, "ok\n"),
        Ok(Err(_)) | Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the records cannot be read\n"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn one_address_cannot_take_every_place() {
        let room = Room { all: Arc::new(Semaphore::new(CONNECTIONS)), by_source: Arc::default() };
        let (greedy, other) = (IpAddr::from([203, 0, 113, 1]), IpAddr::from([203, 0, 113, 2]));
        let mut seats: Vec<Seat> = (0..PER_SOURCE).map(|_| room.take(greedy).unwrap()).collect();
        assert!(room.take(greedy).is_none());
        assert!(room.take(other).is_some());
        seats.pop();
        assert!(room.take(greedy).is_some());
        drop(seats);
        assert!(room.by_source.lock().unwrap().is_empty());
        assert_eq!(room.all.available_permits(), CONNECTIONS);
    }
}
