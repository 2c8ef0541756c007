//! Branded programs of the company's apps, made from templates in seconds and without a compiler.
//!
//! The templates lie in `templates` of the data folder, with `SHA256SUMS` beside them, as `sha256sum` writes it: a template whose hash is
//! another, or is not there, is no template. What was made lies in `programs`, a folder an app; each file is read back with the reader the
//! program uses before it gets its name. Used by the console, when an app is saved and when a program is asked for. Must never hand out a file that
//! was not made of this revision of the app; but while this one's code cannot be signed, the one from before is on offer (`signing`).

mod file;
mod making;
mod signing;
mod update;
mod wanted;

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, anyhow};
use branding::{
    build::{self, Step},
    file as files,
};
use bytes::Bytes;
use protocol::id::AppId;
use store::App;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_util::sync::CancellationToken;

use file::Compared;
pub use file::{file_name, range};
use making::Work;
pub use making::{Asked, Failure, NotMade, Stage};
use signing::Signing;
use wanted::Wanted;

use crate::{config::Config, telling::Telling};

/// Programs of one system and app that are kept: the newest and those before it.
const KEPT: usize = 3;
const SUMS: &str = "SHA256SUMS";
/// Programs that are read whole at once.
const SEATS: usize = 2;
/// Programs of a system that are made at once.
const MAKERS: usize = 1;

/// What programs are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum System {
    /// Windows 10 and later, 64 bits.
    Windows,
    /// Linux with X11, 64 bits.
    Linux,
}

impl System {
    /// In the order of how many customers have them.
    pub const ALL: [Self; 2] = [Self::Windows, Self::Linux];

    /// Its name in addresses and records.
    pub fn word(self) -> &'static str {
        match self {
            Self::Windows => "windows",
            Self::Linux => "linux",
        }
    }

    /// By its name in addresses.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|system| system.word() == word)
    }

    /// As people write it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Windows => "Windows",
            Self::Linux => "Linux",
        }
    }

    /// As releases name it.
    pub(crate) fn of_release(self) -> bundle::System {
        match self {
            Self::Windows => bundle::System::Windows,
            Self::Linux => bundle::System::Linux,
        }
    }

    /// As programs name it.
    pub(crate) fn of_program(system: protocol::message::update::System) -> Self {
        match system {
            protocol::message::update::System::Windows => Self::Windows,
            protocol::message::update::System::Linux => Self::Linux,
        }
    }

    /// The template's name.
    fn template(self) -> &'static str {
        match self {
            Self::Windows => "amparo.exe",
            Self::Linux => "amparo",
        }
    }

    fn ending(self) -> &'static str {
        match self {
            Self::Windows => ".exe",
            Self::Linux => "",
        }
    }
}

/// A program that can be downloaded.
#[derive(Debug, Clone)]
pub struct Program {
    /// All of it.
    pub bytes: Bytes,
    /// Its hash, for whoever wants to compare.
    pub sha256: String,
    /// The hash of the template.
    pub template_sha256: String,
    /// How long it took; `None`: it was there.
    pub made_in: Option<Duration>,
    /// Who signed its code just now, and its hash before.
    pub signed: Option<(String, String)>,
}

/// How an app's program for a system stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It can be downloaded.
    Ready {
        /// Its hash.
        sha256: String,
        /// Its length.
        bytes: u64,
        /// Whose code signature it has.
        signed_by: Option<String>,
    },
    /// It is made when somebody asks for it.
    NotMade,
    /// Somebody has asked, and it is being made, or next.
    Making {
        /// How far it is.
        at: Stage,
        /// Somebody has stopped it: it ends before the next stage.
        stopping: bool,
    },
    /// It could not be made.
    Failed {
        /// Why.
        why: Failure,
    },
}

/// All programs of this server.
pub struct Programs {
    data: PathBuf,
    /// Held while one is made: one of a system at a time, so that two who ask at once get the same file.
    one: [Mutex<()>; System::ALL.len()],
    /// Never held for longer than a look.
    known: Arc<Mutex<Known>>,
    /// Who wants to be told how it comes out.
    wanted: Mutex<Wanted>,
    telling: Arc<Telling>,
    seats: Semaphore,
    makers: [Semaphore; System::ALL.len()],
    signing: Signing,
    fetching: Semaphore,
    compared: Compared,
    built: Mutex<Built>,
}

/// What making programs has come to since the start.
#[derive(Debug, Clone, Copy, Default)]
pub struct Built {
    /// Programs that were made.
    pub made: u64,
    /// How long all of them took together.
    pub took: Duration,
    /// Tries that failed by themselves.
    pub failed: u64,
}

/// What no file says.
#[derive(Default)]
struct Known {
    /// Why the last try failed.
    failed: HashMap<(AppId, System), (u32, Failure)>,
    /// What somebody has asked for and not got yet.
    asked: HashMap<(AppId, System), Work>,
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each change is complete in itself.
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Programs {
    /// Those of this server's data folder. How they come out is told there.
    pub fn of(config: &Config, telling: Arc<Telling>) -> Self {
        Self {
            data: config.data.clone(),
            one: Default::default(),
            known: Arc::default(),
            wanted: Mutex::default(),
            telling,
            seats: Semaphore::new(SEATS),
            makers: System::ALL.map(|_| Semaphore::new(MAKERS)),
            signing: Signing::of(config),
            fetching: Semaphore::new(update::PARTS_AT_ONCE),
            compared: Compared::default(),
            built: Mutex::default(),
        }
    }

    /// A place among those who read programs; waits for one.
    pub(crate) async fn seat(&self) -> Option<SemaphorePermit<'_>> {
        // Never closed.
        self.seats.acquire().await.ok()
    }

    /// A place among those who make them. Each system has its own, for one's may take as long as a code signature does.
    async fn maker(&self, system: System) -> Option<SemaphorePermit<'_>> {
        self.makers[system as usize].acquire().await.ok()
    }

    /// The systems for which there are templates.
    pub fn offered(&self) -> Vec<System> {
        System::ALL.into_iter().filter(|system| self.template_hash(*system).is_ok()).collect()
    }

    /// How this revision's program stands. Does not wait for one that is being made.
    pub fn state(&self, app: &App, system: System) -> State {
        let of = (app.id, system);
        if let Ok(template) = self.template_hash(system) {
            let path = self.path(app, system, &template);
            let sha256 = fs::read_to_string(beside(&path)).unwrap_or_default();
            if let Ok(meta) = fs::metadata(&path)
                && sha256.len() == 64
                && !self.failed(app, system)
            {
                return State::Ready { sha256, bytes: meta.len(), signed_by: signing::signed_by(&path) };
            }
        }
        let known = lock(&self.known);
        if let Some(work) = known.asked.get(&of) {
            return State::Making { at: work.job.stage(), stopping: work.job.is_stopped() };
        }
        match known.failed.get(&of) {
            Some((revision, why)) if *revision == app.revision => State::Failed { why: *why },
            _ => State::NotMade,
        }
    }

    /// The last try failed, by itself: what lies there is not to be trusted.
    fn failed(&self, app: &App, system: System) -> bool {
        let known = lock(&self.known);
        let failed = known.failed.get(&(app.id, system));
        failed.is_some_and(|(revision, why)| *revision == app.revision && *why != Failure::Cancelled)
    }

    /// Notes how the last try went.
    fn note(&self, app: &App, system: System, failed: Option<Failure>) {
        let mut known = lock(&self.known);
        match failed {
            Some(why) => _ = known.failed.insert((app.id, system), (app.revision, why)),
            None => _ = known.failed.remove(&(app.id, system)),
        }
    }

    /// The program of this revision: as it was made, or made now with the signed profile that `sign` gives. Blocks.
    ///
    /// # Errors
    /// Says what is missing or wrong. The programs of earlier revisions are still there.
    fn get(
        &self,
        app: &App,
        asked: &Asked,
        stopping: &CancellationToken,
        sign: impl FnOnce() -> anyhow::Result<(Vec<u8>, bundle::SigningKey)>,
    ) -> Result<Program, NotMade> {
        let _one = self.one[asked.system() as usize].lock().unwrap_or_else(PoisonError::into_inner);
        let made = self.made(app, asked, stopping, sign);
        // While nobody else makes it: what is noted is how it stands.
        let failed = made.as_ref().err().map(|error| error.kind);
        self.note(app, asked.system(), failed);
        let mut built = lock(&self.built);
        if let Some(took) = made.as_ref().ok().and_then(|program| program.made_in) {
            built.made += 1;
            built.took += took;
        }
        built.failed += u64::from(failed.is_some_and(|why| why != Failure::Cancelled));
        drop(built);
        made
    }

    /// The program of this revision, if it is there and nothing is known against it. Does not wait for what is being made.
    fn at_hand(&self, app: &App, system: System) -> Option<Program> {
        if self.failed(app, system) { None } else { self.there(app, system) }
    }

    /// What making programs has come to since the start.
    pub fn built(&self) -> Built {
        *lock(&self.built)
    }

    /// The program of this revision, if it was made and is still what was made.
    fn there(&self, app: &App, system: System) -> Option<Program> {
        let template_sha256 = self.template_hash(system).ok()?;
        let (bytes, sha256) = self.compared.read(&self.path(app, system, &template_sha256))?;
        Some(Program { bytes, sha256, template_sha256, made_in: None, signed: None })
    }

    fn made(
        &self,
        app: &App,
        asked: &Asked,
        stopping: &CancellationToken,
        sign: impl FnOnce() -> anyhow::Result<(Vec<u8>, bundle::SigningKey)>,
    ) -> Result<Program, NotMade> {
        let system = asked.system();
        let listed = self.template_hash(system);
        let template_sha256 = listed.map_err(|why| NotMade::new(Failure::NoTemplate, why))?;
        let path = self.path(app, system, &template_sha256);
        if let Some(there) = self.there(app, system) {
            return Ok(there);
        }
        let began = Instant::now();
        asked.at(Stage::Template)?;
        let template = self.template(system, &template_sha256)?;
        asked.at(Stage::Branding)?;
        let (signed, key) = sign().map_err(|why| NotMade::new(Failure::Other, why))?;
        let goes_on = |step| {
            Ok(asked.at(match step {
                Step::Signing => Stage::Signing,
                Step::Checking => Stage::Checking,
            })?)
        };
        // A server that stops does not wait for a signer.
        let go_on = || !asked.is_stopped() && !stopping.is_cancelled();
        let signer = self.signing.of_system(system);
        let patience = self.signing.patience(&go_on);
        let built = build::program(&template, &signed, &key, signer.map(|signer| (signer, &patience)), goes_on);
        let built = built.map_err(NotMade::of_build);
        if signer.is_some() {
            self.signing.went(built.as_ref().err().map(|error| error.kind));
        }
        let built = built?;
        asked.at(Stage::Writing)?;
        let sha256 = files::hex(&files::sha256(&built.program));
        let signed = built.signed.map(|(by, before)| (by.subject, files::hex(&before)));
        let by = signed.as_ref().map(|(by, _)| by.as_str());
        write(&path, &built.program, &sha256, by).map_err(|why| NotMade::new(Failure::Disk, why))?;
        forget_old(&path, system);
        Ok(Program { bytes: built.program.into(), sha256, template_sha256, made_in: Some(began.elapsed()), signed })
    }

    fn folder(&self) -> PathBuf {
        self.data.join("templates")
    }

    /// What the template's hash must be.
    fn template_hash(&self, system: System) -> anyhow::Result<String> {
        let path = self.folder().join(SUMS);
        let sums = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        let line = sums.lines().find_map(|line| {
            let (sha256, name) = line.split_once(char::is_whitespace)?;
            (name.trim_start_matches([' ', '*']) == system.template()).then_some(sha256)
        });
        let sha256 = line.with_context(|| format!("{} says nothing of {}", path.display(), system.template()))?;
        Ok(files::hex(&files::from_hex(sha256)?))
    }

    fn template(&self, system: System, sha256: &str) -> Result<Vec<u8>, NotMade> {
        let path = self.folder().join(system.template());
        let bytes = fs::read(&path).map_err(|error| {
            let is_there = error.kind() != io::ErrorKind::NotFound;
            let kind = if is_there { Failure::Other } else { Failure::NoTemplate };
            NotMade::new(kind, anyhow::Error::new(error).context(format!("reading {}", path.display())))
        })?;
        let found = files::hex(&files::sha256(&bytes));
        if found != sha256 {
            let why = anyhow!("{} is not the template that {SUMS} means: its SHA-256 is {found}", path.display());
            return Err(NotMade::new(Failure::OtherTemplate, why));
        }
        Ok(bytes)
    }

    fn path(&self, app: &App, system: System, template: &str) -> PathBuf {
        let mut name = format!("{}-{:08}-{}", system.word(), app.revision, &template[..16.min(template.len())]);
        // Signed by another certificate, it is another file.
        if let Some(signer) = self.signing.of_system(system) {
            name = format!("{name}-{}", signer.mark());
        }
        self.data.join("programs").join(app.id.to_string()).join(name)
    }
}

/// Where a program's hash is.
fn beside(path: &Path) -> PathBuf {
    path.with_extension("sha256")
}

/// Writes a program, whose code signature it has, and its hash: all, or none. The hash comes last, for without it there is no program.
fn write(path: &Path, bytes: &[u8], sha256: &str, signed_by: Option<&str>) -> anyhow::Result<()> {
    let folder = path.parent().context("a program is in a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    files::replace(path, bytes)?;
    signing::note(path, signed_by)?;
    files::replace(&beside(path), sha256.as_bytes()).inspect_err(|_| _ = fs::remove_file(path))
}

/// Takes away what is older than the last few, and what a server that was killed has left half written. Best effort: a file more is no harm.
/// Called by whoever makes programs, one at a time.
fn forget_old(newest: &Path, system: System) {
    let Some(Ok(entries)) = newest.parent().map(fs::read_dir) else { return };
    let of_system = |path: &PathBuf| {
        path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(system.word()))
    };
    let (half, whole): (Vec<PathBuf>, Vec<PathBuf>) = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(of_system)
        .filter(|path| path.extension().is_none_or(|ending| ending == "new"))
        .partition(|path| path.extension().is_some());
    for file in half {
        let _gone = fs::remove_file(file);
    }
    let mut made: Vec<PathBuf> = whole.into_iter().filter(|path| path != newest).collect();
    // The revision comes first in the name.
    made.sort();
    let old = made.len().saturating_sub(KEPT - 1);
    for path in made.into_iter().take(old) {
        let _none = fs::remove_file(signing::beside(&path));
        for file in [beside(&path), path] {
            if let Err(error) = fs::remove_file(&file) {
                tracing::debug!(%error, file = %file.display(), "an old program stays");
            }
        }
    }
}
