//! What programs out there are told of a newer one, and the parts of it they fetch.
//!
//! `release` beside the templates says, signed off this server, which templates are the real ones of their version. Nothing is offered that
//! the release does not name; whether to trust it is for the programs alone, which know the release keys.

use std::{
    fs::{self, File},
    io::{Read as _, Seek as _, SeekFrom},
    sync::Arc,
};

use anyhow::Context as _;
use branding::file;
use bundle::{
    Version,
    release::{self, MAX_RELEASE_BYTES},
};
use jiff::Timestamp;
use protocol::{
    limits::UPDATE_PART_BYTES,
    message::update::{Newer, Part, UpdatePart},
};
use store::App;

use super::{Programs, State, System};
use crate::relay::Shared;

/// The signed release, beside the templates.
const RELEASE: &str = "release";
/// Parts that are read from the disk at once; who comes in between is asked to come again.
pub(super) const PARTS_AT_ONCE: usize = 64;
/// Seconds after which they come again.
const LATER_S: u32 = 5;

/// A release that names the template of a system.
struct Released {
    bytes: Vec<u8>,
    version: Version,
}

impl Programs {
    /// What is released for this system; `None` where nothing is.
    ///
    /// # Errors
    /// When there is a release that cannot be read, or one of other templates than are here.
    fn released(&self, system: System) -> anyhow::Result<Option<Released>> {
        let path = self.folder().join(RELEASE);
        let bytes = match fs::metadata(&path) {
            Ok(meta) if meta.len() <= MAX_RELEASE_BYTES as u64 => file::read(&path)?,
            Ok(meta) => anyhow::bail!("{} has {} bytes, which is no release", path.display(), meta.len()),
            Err(_) => return Ok(None),
        };
        let release = release::read(&bytes).with_context(|| format!("reading {}", path.display()))?.release;
        let Some(named) = release.programs.iter().find(|program| program.system == system.of_release()) else {
            return Ok(None);
        };
        if u64::try_from(Timestamp::now().as_second()).is_ok_and(|now| release.valid_until_unix_s < now) {
            anyhow::bail!("the time of {} is over: programs would not take it", path.display());
        }
        let (named, template) = (file::hex(&named.sha256), self.template_hash(system)?);
        anyhow::ensure!(
            named == template,
            "{} is of another template for {} than is here: it names {named}, here is {template}",
            path.display(),
            system.title()
        );
        Ok(Some(Released { bytes, version: release.version }))
    }

    /// Up to [`UPDATE_PART_BYTES`] of the program with this hash; `None` where it is not this app's program any more. Blocks.
    fn part(&self, app: &App, system: System, sha256: &str, from: u64) -> anyhow::Result<Option<Vec<u8>>> {
        let State::Ready { sha256: ready, bytes, .. } = self.state(app, system) else { return Ok(None) };
        if ready != sha256 || from > bytes {
            return Ok(None);
        }
        let path = self.path(app, system, &self.template_hash(system)?);
        let mut file = File::open(&path).with_context(|| format!("opening {}", path.display()))?;
        file.seek(SeekFrom::Start(from))?;
        let mut part = Vec::new();
        file.take(UPDATE_PART_BYTES as u64).read_to_end(&mut part)?;
        Ok(Some(part))
    }
}

impl Shared {
    /// The release of this system's template if it is newer, and how this app's program of it stands. Blocks.
    fn look_for_newer(&self, app: &App, system: System, than: Version) -> anyhow::Result<Option<(Released, State)>> {
        if !self.offered(app).contains(&system) {
            return Ok(None);
        }
        let released = self.programs.released(system)?.filter(|released| released.version > than);
        Ok(released.map(|released| (released, self.programs.state(app, system))))
    }

    /// What is newer than `than` for this app's programs; `None` where nothing is, or nothing can be made.
    pub(crate) async fn newer(self: &Arc<Self>, app: App, system: System, than: Version) -> Option<Newer> {
        let seat = self.programs.seat().await;
        let (shared, of) = (self.clone(), app.clone());
        // Keys, hashes and the release lie in files: looked at together, away from the threads that serve.
        let looked = tokio::task::spawn_blocking(move || shared.look_for_newer(&of, system, than)).await;
        drop(seat);
        let (released, state) = match looked.ok()? {
            Ok(found) => found?,
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "no updates are offered");
                return None;
            }
        };
        let (sha256, bytes) = match state {
            State::Ready { sha256, bytes, .. } => (sha256, bytes),
            // The one from before is no newer one.
            _ => match self.made_of_now(&app, system).await {
                Ok(made) => (made.sha256, made.bytes.len() as u64),
                Err(error) => {
                    error.log(app.id, system);
                    return None;
                }
            },
        };
        Some(Newer {
            release: released.bytes.try_into().ok()?,
            sha256: file::from_hex(&sha256).ok()?,
            bytes,
            quietly: app.quiet_updates,
        })
    }

    /// The part of an offered file that begins here.
    pub(crate) async fn update_part(
        self: &Arc<Self>,
        app: App,
        system: System,
        sha256: [u8; 32],
        from: u64,
    ) -> UpdatePart {
        let Ok(_seat) = self.programs.fetching.try_acquire() else {
            return UpdatePart::Later { retry_after_s: LATER_S };
        };
        let shared = self.clone();
        let read = tokio::task::spawn_blocking(move || shared.programs.part(&app, system, &file::hex(&sha256), from));
        match read.await {
            Ok(Ok(Some(bytes))) => match Part::try_from(bytes) {
                Ok(bytes) => UpdatePart::Bytes { from, bytes },
                Err(_) => UpdatePart::Gone,
            },
            Ok(Ok(None)) => UpdatePart::Gone,
            Ok(Err(error)) => {
                tracing::error!(error = format!("{error:#}"), system = system.word(), "a program cannot be read");
                UpdatePart::Later { retry_after_s: LATER_S }
            }
            Err(error) => {
                tracing::error!(%error, "reading a program failed");
                UpdatePart::Gone
            }
        }
    }
}
