//! A relay from its first step to its last: what is loaded, started and stopped, in which order, and why in that order.
//!
//! Used by `amparo-relay serve`, by tests and by the demo. Nothing here is global: everything is handed on in [`Shared`].

pub(crate) mod first;
mod port;
mod running;
mod waiting_news;

use std::{
    fs::{File, TryLockError},
    net::SocketAddr,
    path::Path,
    sync::Arc,
    time::Duration,
};

use anyhow::Context;
use jiff::Timestamp;
use protocol::id::TenantId;
use quinn::{Endpoint, TokioRuntime};
use store::{App, SqliteStore, Store};
use tickets::{Connections, Desk, Systems, Worker, clock::Clock, hooks::Hooks, kind::Means, seal::SealKey};
use tokio::{
    net::TcpListener,
    sync::{Notify, watch},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use crate::{
    account::Accounts,
    apps::Apps,
    config::{Config, PublicUrl},
    console,
    directory::{Changes, Directory},
    key::Keys,
    listener::{self, transport},
    mail::Post,
    notice,
    oidc::Oidc,
    profile,
    programs::Programs,
    queue::Queue,
    session::{grant::OneTimeGrants, live::Sessions},
    telling::Telling,
};

pub use port::PortError;
pub use running::Running;

/// What the parts of a running relay share.
pub struct Shared {
    /// As told; [`Config::listen`] with the real port.
    pub config: Config,
    /// Where the world reaches this server.
    pub public_url: PublicUrl,
    /// The company made at the first start: the one of the set-up page.
    pub first_tenant: TenantId,
    /// Certificates and keys of the data folder.
    pub keys: Keys,
    /// Records.
    pub store: Arc<dyn Store>,
    /// The ticketing systems that sessions are reported to.
    pub tickets: Arc<dyn Systems>,
    /// Connections to them, for the console's pages.
    pub connections: Arc<Connections>,
    /// Webhooks, for the console's pages.
    pub hooks: Arc<Hooks>,
    /// Mail to customers.
    pub post: Post,
    /// The built-in desk, for the console's ticket pages.
    pub desk: Desk,
    /// Logins of operators.
    pub accounts: Accounts,
    /// Logins by companies' own providers.
    pub oidc: Oidc,
    /// Each company's apps.
    pub apps: Apps,
    /// Branded programs of them.
    pub programs: Programs,
    /// What operators are told of long work that they began.
    pub telling: Arc<Telling>,
    /// Who is here.
    pub directory: Arc<Directory>,
    /// Sessions that are under way.
    pub sessions: Sessions,
    /// Customers' requests before anybody dials them.
    pub queue: Queue,
    /// Wakes the worker that reports to the ticketing system.
    pub outbox: Arc<Notify>,
    /// Counts every change of what is shown live: waiting customers, passwords, sessions.
    pub(crate) changes: Changes,
    /// A return was agreed on.
    pub(crate) appointments: Notify,
    /// Counts the notices that came true.
    pub(crate) notices: Changes,
    /// Counts every change of who may log in and of attendants' certificates.
    pub(crate) accounts_changed: Changes,
    /// Grants that were copied in the console and not yet taken.
    pub(crate) one_time: OneTimeGrants,
    /// The relay is stopping: what is lost now comes back to the next one.
    pub(crate) stopping: CancellationToken,
}

impl Shared {
    /// Wait on this for changes of anything that is shown live; the number only grows.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Address and port of the relay and the console.
    pub fn listen(&self) -> SocketAddr {
        self.config.listen
    }

    /// The signed profile of an app, as customers' programs carry it.
    ///
    /// # Errors
    /// When the company's branding key is not on this server, or the app does not fit a profile.
    pub fn signed_profile(&self, app: &App) -> anyhow::Result<Vec<u8>> {
        let tenant = self.keys.tenant(app.tenant)?;
        profile::signed(app, &self.keys, &tenant, &self.public_url, Timestamp::now())
    }
}

/// File of the database in the data folder.
pub const DATABASE: &str = "amparo.db";
/// Held locked as long as a relay works with the folder.
pub const LOCK: &str = "relay.lock";
/// How long a letter on its way holds a stop up.
const MAIL_ENDS: Duration = Duration::from_secs(5);

/// A relay with everything loaded, not yet serving.
pub struct Relay {
    shared: Arc<Shared>,
    endpoint: Endpoint,
    console: TcpListener,
    worker: Worker,
    setup_link: Option<String>,
    /// Held until the last step, so that no second relay works with the same records.
    lock: File,
}

impl Relay {
    /// Loads everything, in this order:
    ///
    /// # Errors
    /// Says what cannot be loaded and what to do about it. Nothing has been served then.
    pub async fn load(mut config: Config) -> anyhow::Result<Self> {
        // 1. The port, before anything is written: a second relay started by mistake must leave no trace. [`PortError`] says what to do.
        let (udp, tcp) = port::bind(config.listen)?;
        config.listen = tcp.local_addr().context("asking for the console's address")?;
        let public_url = config.public_url.clone().unwrap_or_else(|| own_url(config.listen));

        // 2. The folder, and that no other relay works in it: two workers on one outbox would each take the other's rows as lost.
        make_folder(&config.data)?;
        let lock = lock(&config.data)?;

        // 3. The keys, before the records: a damaged key is a reason not to start at all.
        let keys = Keys::load(&config.data, &public_url.host)?;

        // 4. The records. Whoever had an ID when the last relay stopped has given it back and may renew it.
        let store: Arc<dyn Store> = match config.store.clone() {
            Some(store) => store,
            None => {
                let path = config.data.join(DATABASE);
                Arc::new(
                    SqliteStore::open(&path)
                        .await
                        .with_context(|| format!("opening the records in {}", path.display()))?,
                )
            }
        };
        store.release_all_device_ids(Timestamp::now()).await.context("giving back the IDs of the last run")?;
        store.nobody_is_present(Timestamp::now()).await.context("ending the statuses of the last run")?;

        // 5. A company and its app, once; a set-up link until somebody has used it.
        let first_tenant = first::tenant(&*store, &keys, &config.first).await?;
        let setup_link = first::setup_link(&*store, first_tenant, &public_url).await?;

        // 6. Who is here and what is under way: nobody, and what the records hold as unfinished. Before the first connection, which may
        //    be a program that wants back into its session.
        let changes = Changes::new();
        let outbox = Arc::new(Notify::new());
        let directory = Arc::new(Directory::new(changes.clone()));
        let sessions = Sessions::new(
            store.clone(),
            directory.clone(),
            &keys.token_key(),
            outbox.clone(),
            changes.clone(),
            &config.times,
            &config.limits,
        );
        let unfinished = sessions.recover().await.context("reading the sessions of the last run")?;
        if unfinished > 0 {
            tracing::info!(unfinished, "sessions of the last run wait for their programs");
        }

        // 7. The ticketing system and its worker; the end point last, because from then on packets are answered.
        let desk = Desk::new(store.clone());
        let means = Means::new(Clock::system());
        let connections = Arc::new(Connections::new(store.clone(), SealKey::new(&keys.connection_key()), means));
        let hooks =
            Hooks::new(store.clone(), SealKey::new(&keys.connection_key()), Clock::system(), config.webhooks_private);
        let post = Post::new(store.clone(), SealKey::new(&keys.connection_key()));
        let tickets = config.tickets.clone().unwrap_or_else(|| connections.clone());
        let worker = Worker::new(store.clone(), tickets.clone(), outbox.clone()).with_pages(public_url.to_string());
        let server = transport::server_config(&keys, &config.times)?;
        let endpoint = Endpoint::new(transport::endpoint_config(&keys), Some(server), udp, Arc::new(TokioRuntime))
            .context("opening the end point")?;
        let console = TcpListener::from_std(tcp).context("opening the console's port")?;
        let key = SealKey::new(&keys.connection_key());
        let oidc = Oidc::new(store.clone(), key, config.clock.clone(), &public_url);
        let telling = Arc::<Telling>::default();
        let shared = Arc::new(Shared {
            public_url,
            oidc,
            first_tenant,
            accounts: Accounts::new(store.clone(), SealKey::new(&keys.connection_key()), config.clock.clone()),
            keys,
            apps: Apps::new(store.clone()),
            programs: Programs::of(&config, telling.clone()),
            telling,
            store,
            tickets,
            connections,
            hooks: Arc::new(hooks),
            post,
            desk,
            directory,
            sessions,
            queue: Queue::new(&config.limits),
            outbox,
            changes,
            appointments: Notify::new(),
            notices: Changes::new(),
            accounts_changed: Changes::new(),
            one_time: OneTimeGrants::default(),
            stopping: CancellationToken::new(),
            config,
        });
        Ok(Self { shared, endpoint, console, worker, setup_link, lock })
    }

    /// What its parts share.
    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Where the first administrator is made; `None` once that is done.
    pub fn setup_link(&self) -> Option<&str> {
        self.setup_link.as_deref()
    }

    /// Serves until told to stop, then stops in order.
    ///
    /// # Errors
    /// When the console's certificate and key do not fit each other.
    pub async fn run(self, shutdown: CancellationToken) -> anyhow::Result<()> {
        let Self { shared, endpoint, console, worker, setup_link: _, lock } = self;
        let tls = transport::console_tls(&shared.keys)?;
        let listening = shared.listen();

        // Timers and the worker first: what the first connection causes must find them running.
        let timers = [
            spawn("sweeper", {
                let shared = shared.clone();
                async move { shared.sessions.sweep().await }
            }),
            spawn("records", {
                let shared = shared.clone();
                async move { shared.sessions.keep_records().await }
            }),
            spawn("queue", {
                let shared = shared.clone();
                async move { shared.queue.keep(&shared).await }
            }),
            spawn("ticket news", tell_tickets(shared.clone(), worker.reports())),
            spawn("notices", notice::watch(shared.clone())),
            spawn("returns", crate::appointment::watch(shared.clone())),
            spawn("housekeeping", keep_house(shared.clone())),
            spawn("waiting news", waiting_news::tell(shared.clone())),
        ];
        let reporting_ends = CancellationToken::new();
        let reporting = spawn("worker", worker.run(reporting_ends.clone()));
        let telling = spawn("webhooks", shared.hooks.clone().run(reporting_ends.clone()));
        let mail = spawn("mail", shared.post.clone().run(reporting_ends.clone()));
        let pages = spawn("console", console::serve(shared.clone(), console, tls, shutdown.clone()));
        tracing::info!(%listening, public_url = %shared.public_url, "serving");
        let programs = spawn("listener", listener::serve(shared.clone(), endpoint.clone(), shutdown.clone()));

        shutdown.cancelled().await;
        tracing::info!("stopping");
        // Before the connections are closed: sessions are not over, they wait for the next relay.
        shared.stopping.cancel();
        ended(programs).await;
        ended(pages).await;
        for timer in timers {
            timer.abort();
        }
        // Nobody causes records any more: what is left is written, then reported as far as it can be at once.
        shared.sessions.write_all().await;
        reporting_ends.cancel();
        ended(reporting).await;
        ended(telling).await;
        // A letter on its way gets a moment; one that is cut off is sent again, under the same message id.
        mail_ended(mail).await;
        shared.store.close().await;
        drop(lock);
        tracing::info!("stopped");
        Ok(())
    }

    /// Serves in the background, with threads of its own. For tests and tools in this process.
    ///
    /// # Errors
    /// As [`Relay::load`].
    pub async fn start(config: Config) -> anyhow::Result<Running> {
        Running::start(config).await
    }
}

fn spawn(name: &'static str, task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(async move {
        task.await;
        tracing::debug!(name, "ended");
    })
}

async fn ended(task: JoinHandle<()>) {
    if let Err(error) = task.await {
        tracing::error!(error = &error as &dyn std::error::Error, "a part of the relay has failed");
    }
}

async fn mail_ended(mut mail: JoinHandle<()>) {
    if tokio::time::timeout(MAIL_ENDS, &mut mail).await.is_err() {
        mail.abort();
    }
}

async fn tell_tickets(shared: Arc<Shared>, mut reports: tokio::sync::broadcast::Receiver<tickets::Reported>) {
    use tokio::sync::broadcast::error::RecvError;
    loop {
        match reports.recv().await {
            Ok(reported) if reported.ticket.is_none() => {}
            // One that was missed is found in the records.
            Ok(_) | Err(RecvError::Lagged(_)) => shared.sessions.look_for_tickets(),
            Err(RecvError::Closed) => return,
        }
    }
}

async fn keep_house(shared: Arc<Shared>) {
    let mut hourly = tokio::time::interval(Duration::from_secs(3600));
    loop {
        hourly.tick().await;
        if let Err(error) = shared.store.forget_old_logins(shared.config.clock.now()).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "old logins are not yet forgotten");
        }
        if let Err(error) = shared.store.forget_old_deliveries(Timestamp::now()).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "old messages are not yet forgotten");
        }
    }
}

pub(crate) fn own_url(listen: SocketAddr) -> PublicUrl {
    let host = match listen.ip() {
        ip if ip.is_unspecified() => "127.0.0.1".to_owned(),
        std::net::IpAddr::V4(ip) => ip.to_string(),
        std::net::IpAddr::V6(ip) => format!("[{ip}]"),
    };
    PublicUrl { host, port: listen.port() }
}

fn make_folder(path: &Path) -> anyhow::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).with_context(|| {
        format!("making the data folder {}: choose another with --data, or let this user write there", path.display())
    })
}

pub(crate) fn lock(folder: &Path) -> anyhow::Result<File> {
    let path = folder.join(LOCK);
    let file = File::options()
        .create(true)
        .write(true)
        .truncate(false)
        .open(&path)
        .with_context(|| format!("opening {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => anyhow::bail!(
            "another amparo-relay works in {}: stop it, or choose another folder with --data",
            folder.display()
        ),
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("locking {}", path.display())),
    }
}
