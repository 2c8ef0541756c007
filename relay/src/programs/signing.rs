//! The code signature of programs for Windows: who makes it, how it has gone lately, and what is on offer while it cannot be made.
//!
//! Who signs belongs to the server: one certificate for the programs of all companies. Where it fails, customers get the program that was there
//! before, if it was made for this app with the keys and addresses of now. They do not wait for a signer that has just failed:
//! another try for them comes later, or when somebody asks for one in the console.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use branding::{
    codesign::{Patience, Signer, Unsigned},
    file,
};
use bundle::{Carried, Profile};
use store::App;

use super::{Failure, NotMade, Program, Programs, System, lock};
use crate::{config::Config, relay::Shared};

/// A certificate's subject, in bytes: longer than any that is written here.
const MAX_SUBJECT_BYTES: u64 = 4096;

/// Who signs, and how it has gone.
pub(super) struct Signing {
    signer: Option<Signer>,
    limit: Duration,
    again_after: Duration,
    failed: Mutex<Option<(Instant, Unsigned)>>,
}

impl Signing {
    pub(super) fn of(config: &Config) -> Self {
        Self {
            signer: config.signer.clone(),
            limit: config.times.signing,
            again_after: config.times.signs_again,
            failed: Mutex::default(),
        }
    }

    /// Who signs programs for this system.
    pub(super) fn of_system(&self, system: System) -> Option<&Signer> {
        self.signer.as_ref().filter(|_| system == System::Windows)
    }

    pub(super) fn patience<'a>(&self, go_on: &'a dyn Fn() -> bool) -> Patience<'a> {
        Patience { limit: self.limit, go_on }
    }

    /// Notes how it went.
    pub(super) fn went(&self, failed: Option<Failure>) {
        match failed {
            Some(Failure::Unsigned(why)) => *lock(&self.failed) = Some((Instant::now(), why)),
            None => *lock(&self.failed) = None,
            // It says nothing of the signer.
            Some(_) => {}
        }
    }

    /// Why it failed a moment ago.
    fn failed_lately(&self) -> Option<Unsigned> {
        let failed = *lock(&self.failed);
        failed.filter(|(at, _)| at.elapsed() < self.again_after).map(|(_, why)| why)
    }
}

/// Where it is noted who has signed a program.
pub(super) fn beside(path: &Path) -> PathBuf {
    path.with_extension("signed")
}

/// Notes who has signed the program at this place.
pub(super) fn note(path: &Path, signed_by: Option<&str>) -> anyhow::Result<()> {
    match signed_by {
        Some(subject) => file::replace(&beside(path), subject.as_bytes()),
        None => {
            let _none = fs::remove_file(beside(path));
            Ok(())
        }
    }
}

/// Who has signed it.
pub(super) fn signed_by(path: &Path) -> Option<String> {
    let place = beside(path);
    fs::metadata(&place).ok().filter(|meta| meta.len() <= MAX_SUBJECT_BYTES)?;
    fs::read_to_string(place).ok()
}

impl Programs {
    /// The code of programs for this system is signed here.
    pub fn signs(&self, system: System) -> bool {
        self.signing.of_system(system).is_some()
    }

    /// A program whose signature failed a moment ago, for whoever does not insist on another try.
    pub(super) fn not_signed_lately(&self, system: System) -> Option<NotMade> {
        self.signing.of_system(system)?;
        let why = self.signing.failed_lately()?;
        Some(NotMade::new(Failure::Unsigned(why), anyhow::anyhow!("its signature has failed a moment ago")))
    }

    /// The newest whole program of this app and system that carries a brand for which `holds` says yes. Reads files.
    fn earlier(&self, app: &App, system: System, holds: impl Fn(&Carried) -> bool) -> Option<Program> {
        let template_sha256 = self.template_hash(system).ok()?;
        let folder = self.path(app, system, &template_sha256).parent()?.to_owned();
        let mut made: Vec<(u32, std::time::SystemTime, PathBuf)> = fs::read_dir(folder)
            .ok()?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_none())
            .filter_map(|path| {
                let name = path.file_name()?.to_str()?;
                let revision = name.strip_prefix(system.word())?.strip_prefix('-')?.split('-').next()?.parse().ok()?;
                Some((revision, fs::metadata(&path).ok()?.modified().ok()?, path))
            })
            .filter(|(revision, ..)| *revision <= app.revision)
            .collect();
        made.sort();
        made.into_iter().rev().find_map(|(.., path)| {
            let (bytes, sha256) = self.compared.read(&path)?;
            let carried = bundle::carried::carried(&bytes).ok()??;
            let template_sha256 = template_sha256.clone();
            holds(&carried).then_some(Program { bytes, sha256, template_sha256, made_in: None, signed: None })
        })
    }
}

impl Shared {
    /// The program that is on offer while the one of this revision cannot be signed: made for this app, with the keys and addresses of now.
    /// Blocks.
    fn before_blocking(&self, app: &App, system: System) -> Option<Program> {
        let (now, key) = bundle::open(&self.signed_profile(app).ok()?, None).ok()?;
        let same = |profile: &Profile| {
            (profile.tenant, profile.app) == (now.tenant, now.app)
                && profile.root == now.root
                && profile.relays == now.relays
        };
        let holds = |carried: &Carried| matches!(carried, Carried::Profile(old, by) if *by == key && same(old));
        self.programs.earlier(app, system, holds)
    }

    /// The same without blocking.
    pub(crate) async fn before(self: &Arc<Self>, app: &App, system: System) -> Option<Program> {
        let _seat = self.programs.seat().await;
        let (shared, app) = (self.clone(), app.clone());
        tokio::task::spawn_blocking(move || shared.before_blocking(&app, system)).await.ok().flatten()
    }
}
