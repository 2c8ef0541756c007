//! What becomes of an offered release: asked for, judged, fetched part by part into the file beside the program, looked at, put in place.
//!
//! Owns no socket and no clock: the relay's words and the time come in, [`Do`]s come out, and `app` carries them out. The file is written
//! here, part by part, as a part is small.

use std::{
    collections::VecDeque,
    fs::File,
    io::{Read as _, Write as _},
    path::PathBuf,
    time::{Duration, Instant},
};

use bundle::{
    Carried, KeyId, System, Version,
    carried::MAX_PROGRAM_BYTES,
    release::{Program, Refused, Standing},
};
use protocol::{
    id::AppId,
    message::{
        ToRelay,
        update::{self as words, AskUpdate, FetchUpdate, Newer, UpdateIs, UpdatePart},
    },
    version::UPDATES_SINCE,
};
use ring::digest::{SHA256, digest};

use super::{Place, Trouble, kept::Kept};
use crate::{
    config::Folder,
    gui::view_model::{UpdateState, UpdateView},
    link::client::chain,
};

/// How often a program that runs for long asks.
const ASK_EVERY: Duration = Duration::from_secs(6 * 3600);
/// A part that has not come after this is asked for again.
const PART_WAIT: Duration = Duration::from_secs(20);
/// Nobody has used the program for this long: it may update itself where the company wants that.
const IDLE: Duration = Duration::from_secs(60);

/// What is to be done.
#[derive(Debug)]
pub enum Do {
    /// Tell the relay.
    Say(ToRelay),
    /// Look at the fetched file, on another thread, and give [`Updater::checked`] what comes out.
    Check(Check),
    /// The new program is in place: end, and start it.
    Start(Version),
}

/// The fetched file, and what it must be.
#[derive(Debug, Clone)]
pub struct Check {
    path: PathBuf,
    sha256: [u8; 32],
    program: Program,
    version: Version,
    own: Carried,
}

/// What came of looking at it.
pub type Checked = Result<(), Trouble>;

/// What the person does, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hurry {
    /// A session runs, or is about to: nothing is fetched and nothing changes.
    Session,
    /// The program is in use.
    InUse,
    /// Nobody has touched it for this long, and nobody waits for anything.
    Idle(Duration),
}

/// A release that is to be installed.
#[derive(Debug, Clone)]
struct Candidate {
    version: Version,
    program: Program,
    sha256: [u8; 32],
    bytes: u64,
    quietly: bool,
    /// Somebody has asked for it.
    wanted: bool,
}

#[derive(Debug)]
enum Stage {
    Nothing,
    Offered(Candidate),
    Fetching {
        candidate: Candidate,
        file: File,
        got: u64,
        due: Instant,
    },
    Checking(Candidate),
    /// Looked at, and waits until it may be put in place.
    Ready(Candidate),
    Failed(Option<Version>, Trouble),
}

/// What this program is.
struct Own {
    carried: Carried,
    app: AppId,
    system: System,
    place: Place,
    keys: Vec<KeyId>,
    version: Version,
}

/// What an updater is made of.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The brand that the program's file carries.
    pub carried: Option<Carried>,
    /// Where the program lies.
    pub place: Option<Place>,
    /// The app of its profile.
    pub app: AppId,
    /// Where it remembers.
    pub folder: Folder,
    /// A version that was tried and gave way.
    pub failed: Option<Version>,
    /// Any number, for the first time; see [`bundle::release::Ring`].
    pub draw: u8,
    /// The keys whose releases are taken; usually [`super::keys`].
    pub keys: Vec<KeyId>,
    /// The version that runs; usually [`super::version`].
    pub version: Version,
}

/// See the module.
pub struct Updater {
    own: Option<Own>,
    folder: Folder,
    kept: Kept,
    stage: Stage,
    /// The relay is there and has these words.
    up: bool,
    asked: Option<Instant>,
    /// Somebody wants another try of what failed.
    again: bool,
    todo: VecDeque<Do>,
}

impl Updater {
    /// A program without a brand, or compiled without keys, takes no updates; nor does one that carries a key alone, as the server gives
    /// out programs with whole brands only: who hands it out keeps it up to date.
    pub fn new(setup: Setup) -> Self {
        let Setup { carried, place, app, folder, failed, draw, keys, version } = setup;
        let own = match (carried, place, System::this(), keys.is_empty()) {
            (Some(carried @ Carried::Profile(..)), Some(place), Some(system), false) => {
                Some(Own { carried, app, system, place, keys, version })
            }
            _ => None,
        };
        let mut kept = Kept::load(&folder);
        if own.is_some() {
            let before = kept.clone();
            kept.draw.get_or_insert(draw % 100);
            kept.failed = failed.or(kept.failed);
            if kept != before {
                kept.save(&folder);
            }
        }
        let stage = match failed {
            Some(version) => Stage::Failed(Some(version), Trouble::DidNotStart),
            None => Stage::Nothing,
        };
        Self { own, folder, kept, stage, up: false, asked: None, again: false, todo: VecDeque::new() }
    }

    /// The next thing to be done.
    pub fn poll(&mut self) -> Option<Do> {
        self.todo.pop_front()
    }

    /// The relay is there, and speaks this version.
    pub fn up(&mut self, version: u16, now: Instant) {
        self.up = version >= UPDATES_SINCE;
        match &mut self.stage {
            Stage::Fetching { due, .. } => *due = now,
            Stage::Nothing | Stage::Offered(_) | Stage::Failed(..) => self.ask(now),
            Stage::Checking(_) | Stage::Ready(_) => {}
        }
    }

    /// It is not.
    pub fn down(&mut self) {
        self.up = false;
    }

    fn ask(&mut self, now: Instant) {
        let Some(own) = self.own.as_ref().filter(|_| self.up) else { return };
        self.asked = Some(now);
        let (app, system, version) = (own.app, own.word(), own.version.0);
        self.todo.push_back(Do::Say(ToRelay::AskUpdate(AskUpdate { app, system, version })));
    }

    /// Somebody wants the new version now.
    pub fn wanted(&mut self, now: Instant) {
        match &mut self.stage {
            Stage::Offered(candidate)
            | Stage::Fetching { candidate, .. }
            | Stage::Checking(candidate)
            | Stage::Ready(candidate) => candidate.wanted = true,
            // Another try, from the beginning.
            Stage::Failed(..) => {
                self.stage = Stage::Nothing;
                self.again = true;
                self.kept.failed = None;
                self.ask(now);
            }
            Stage::Nothing => {}
        }
    }

    /// The relay's answer.
    pub fn hear(&mut self, answer: UpdateIs, now_unix_s: u64) {
        if !matches!(self.stage, Stage::Nothing | Stage::Offered(_) | Stage::Failed(..)) {
            return;
        }
        // What did not start is told until the person has seen it.
        let told = matches!(self.stage, Stage::Failed(_, Trouble::DidNotStart));
        match answer {
            UpdateIs::None if told => {}
            UpdateIs::None => self.stage = Stage::Nothing,
            UpdateIs::Newer(newer) => match self.judge(&newer, now_unix_s) {
                Ok(candidate) => {
                    let wanted = std::mem::take(&mut self.again);
                    self.stage = Stage::Offered(Candidate { wanted, ..candidate });
                }
                Err(refused) => {
                    let trouble = trouble(&refused);
                    match trouble {
                        Some(_) => tracing::warn!(why = chain(&refused), "an update is refused"),
                        None => tracing::debug!(why = chain(&refused), "no update"),
                    }
                    if !told {
                        self.stage = trouble.map_or(Stage::Nothing, |trouble| Stage::Failed(None, trouble));
                    }
                }
            },
        }
    }

    fn judge(&mut self, newer: &Newer, now_unix_s: u64) -> Result<Candidate, Refused> {
        let Some(own) = &self.own else { return Err(Refused::NoKeys) };
        let revoked = self.kept.revoked();
        let standing = Standing {
            keys: &own.keys,
            revoked: &revoked,
            version: own.version,
            floor: self.kept.floor(),
            failed: self.kept.failed,
            draw: self.kept.draw.unwrap_or(99),
            system: own.system,
            now_unix_s,
        };
        let trusted = standing.open(newer.release.as_bytes())?;
        let mut judged = standing.judge(&trusted);
        // A release of something else, or of a time that is not now, teaches nothing.
        let teaches = !matches!(
            judged,
            Err(Refused::OtherProduct(_) | Refused::OtherChannel(_) | Refused::FromTheFuture | Refused::Expired)
        );
        if teaches && self.kept.learn(&trusted) {
            self.kept.save(&self.folder);
            // With the key that it revokes goes what that key had set.
            judged = Standing { floor: self.kept.floor(), ..standing }.judge(&trusted);
        }
        let program = judged?;
        program.check_length(newer.bytes)?;
        Ok(Candidate {
            version: trusted.release.version,
            program,
            sha256: newer.sha256,
            bytes: newer.bytes,
            quietly: newer.quietly,
            wanted: false,
        })
    }

    fn fetch(&mut self, candidate: Candidate, now: Instant) {
        let Some(own) = &self.own else { return };
        match own.place.stage() {
            Ok(file) => {
                self.stage = Stage::Fetching { candidate, file, got: 0, due: now };
            }
            Err(error) => self.fail(candidate.version, &error, "the new program cannot be written"),
        }
    }

    fn fail(&mut self, version: Version, error: &std::io::Error, what: &str) {
        tracing::warn!(%error, "{what}");
        self.failed(version, Trouble::from(error));
    }

    fn failed(&mut self, version: Version, trouble: Trouble) {
        if let Some(own) = &self.own {
            own.place.unstage();
        }
        self.stage = Stage::Failed(Some(version), trouble);
    }

    /// A part of the new program.
    pub fn part(&mut self, part: UpdatePart, hurry: Hurry, now: Instant) {
        let Stage::Fetching { candidate, file, got, due } = &mut self.stage else { return };
        let version = candidate.version;
        match part {
            UpdatePart::Later { retry_after_s } => {
                *due = now + Duration::from_secs(u64::from(retry_after_s).clamp(1, 600));
            }
            UpdatePart::Gone => {
                if let Some(own) = &self.own {
                    own.place.unstage();
                }
                self.stage = Stage::Nothing;
                self.ask(now);
            }
            // A part that was asked for twice.
            UpdatePart::Bytes { from, .. } if from != *got => {}
            UpdatePart::Bytes { bytes, .. } => {
                let bytes = bytes.as_bytes();
                let after = *got + bytes.len() as u64;
                if bytes.is_empty() || after > candidate.bytes {
                    tracing::warn!(after, offered = candidate.bytes, "the relay sends another file than it offered");
                    return self.failed(version, Trouble::NotTrusted);
                }
                if let Err(error) = file.write_all(bytes) {
                    return self.fail(version, &error, "the new program cannot be written");
                }
                *got = after;
                *due = now;
                if after == candidate.bytes {
                    if let Err(error) = file.sync_all() {
                        return self.fail(version, &error, "the new program cannot be written");
                    }
                    self.look();
                } else {
                    self.tick(hurry, now);
                }
            }
        }
    }

    fn look(&mut self) {
        let Some(own) = &self.own else { return };
        let Stage::Fetching { candidate, .. } = std::mem::replace(&mut self.stage, Stage::Nothing) else { return };
        self.todo.push_back(Do::Check(Check {
            path: own.place.staged(),
            sha256: candidate.sha256,
            program: candidate.program,
            version: candidate.version,
            own: own.carried.clone(),
        }));
        self.stage = Stage::Checking(candidate);
    }

    /// What came of looking at the fetched file.
    pub fn checked(&mut self, outcome: Checked) {
        let Stage::Checking(candidate) = &self.stage else { return };
        match outcome {
            Ok(()) => self.stage = Stage::Ready(candidate.clone()),
            Err(trouble) => self.failed(candidate.version, trouble),
        }
    }

    /// The time has gone on. Call at least once a second.
    pub fn tick(&mut self, hurry: Hurry, now: Instant) {
        let idle = matches!(hurry, Hurry::Idle(since) if since >= IDLE);
        if self.asked.is_some_and(|asked| now.saturating_duration_since(asked) >= ASK_EVERY)
            && matches!(self.stage, Stage::Nothing | Stage::Offered(_) | Stage::Failed(..))
        {
            self.ask(now);
        }
        if let Stage::Offered(candidate) = &self.stage
            && (candidate.wanted || candidate.quietly && idle)
            && hurry != Hurry::Session
        {
            self.fetch(candidate.clone(), now);
        }
        match &mut self.stage {
            Stage::Fetching { candidate, got, due, .. } if self.up && hurry != Hurry::Session && now >= *due => {
                *due = now + PART_WAIT;
                if let Some(own) = &self.own {
                    let (app, system, sha256, from) = (own.app, own.word(), candidate.sha256, *got);
                    self.todo.push_back(Do::Say(ToRelay::FetchUpdate(FetchUpdate { app, system, sha256, from })));
                }
            }
            Stage::Ready(candidate) if hurry != Hurry::Session && (candidate.wanted || idle) => {
                let version = candidate.version;
                let Some(own) = &self.own else { return };
                match own.place.swap(version) {
                    Ok(()) => self.todo.push_back(Do::Start(version)),
                    Err(error) => self.fail(version, &error, "the new program cannot be put in place"),
                }
            }
            _ => {}
        }
    }

    /// What the corner shows.
    pub fn view(&self) -> Option<UpdateView> {
        let (version, state) = match &self.stage {
            Stage::Nothing => return None,
            Stage::Offered(candidate) => (Some(candidate.version), UpdateState::Offered),
            Stage::Fetching { candidate, got, .. } => {
                let percent = got.saturating_mul(100) / candidate.bytes.max(1);
                (Some(candidate.version), UpdateState::Fetching { percent: u8::try_from(percent).unwrap_or(100) })
            }
            Stage::Checking(candidate) | Stage::Ready(candidate) => (Some(candidate.version), UpdateState::Installing),
            Stage::Failed(version, trouble) => (*version, UpdateState::Failed(*trouble)),
        };
        Some(UpdateView { version: version.map(|version| version.to_string()).unwrap_or_default(), state })
    }
}

impl Own {
    fn word(&self) -> words::System {
        match self.system {
            System::Linux => words::System::Linux,
            System::Windows => words::System::Windows,
        }
    }
}

impl Check {
    /// Looks at what lies on the disk, all of it. Blocks for some hundred milliseconds.
    pub fn run(&self) -> Checked {
        let file = File::open(&self.path).map_err(|error| {
            tracing::warn!(%error, "the new program cannot be read");
            Trouble::from(&error)
        })?;
        let mut bytes = Vec::new();
        let read = file.take(MAX_PROGRAM_BYTES as u64 + 1).read_to_end(&mut bytes);
        read.map_err(|error| Trouble::from(&error))?;
        if digest(&SHA256, &bytes).as_ref() != self.sha256 {
            tracing::warn!("the new program is not the file that was offered");
            return Err(Trouble::NotTrusted);
        }
        self.program.check(&bytes, self.version, &self.own).map_err(|refused| {
            tracing::warn!(why = chain(&refused), "the new program is refused");
            Trouble::NotTrusted
        })
    }
}

/// What the person hears of a refused release; `None` where there is nothing to hear.
fn trouble(refused: &Refused) -> Option<Trouble> {
    match refused {
        Refused::NoKeys
        | Refused::OtherChannel(_)
        | Refused::NotNewer(_)
        | Refused::BelowFloor { .. }
        | Refused::NotYet
        | Refused::FailedBefore(_)
        | Refused::OtherSystem => None,
        Refused::Expired | Refused::FromTheFuture => Some(Trouble::Clock),
        _ => Some(Trouble::NotTrusted),
    }
}
