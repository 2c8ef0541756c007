//! How far the making of a program is, who waits for it, how it is stopped, and why it was not made.
//!
//! Of each app and system there is one [`Job`] for as long as somebody waits. It is looked at between the stages: stopped, it ends before the
//! next one, and whoever waits for the file itself begins another. What is being written is not stopped any more: it is there at once.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU8, Ordering},
};

use anyhow::{Context as _, anyhow};
use branding::{
    attach::AttachError,
    codesign::{SignError, Unsigned},
};
use jiff::Timestamp;
use protocol::id::AppId;
use store::{App, AuditEntry};
use tokio_util::sync::CancellationToken;

use super::{Known, Program, Programs, System, lock};
use crate::relay::Shared;

/// What the making of a program is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Others are made before it.
    Seat,
    /// The template is read and its hash compared.
    Template,
    /// The brand goes in.
    Branding,
    /// What was made is read back.
    Checking,
    /// Its code is signed, where that is done, and that is read back.
    Signing,
    /// It is written, and then there.
    Writing,
}

impl Stage {
    const ALL: [Self; 6] = [Self::Seat, Self::Template, Self::Branding, Self::Checking, Self::Signing, Self::Writing];

    /// How many there are.
    pub fn count(signs: bool) -> usize {
        Self::ALL.len() - usize::from(!signs)
    }

    /// Its place among them: the first is 1.
    pub fn number(self, signs: bool) -> usize {
        let left_out = !signs && self as usize >= Self::Signing as usize;
        self as usize + 1 - usize::from(left_out)
    }
}

/// Why a program was not made, as far as whoever wants it can do something about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// No template for this system.
    NoTemplate,
    /// The template is not the one whose hash is listed.
    OtherTemplate,
    /// The template takes no brand.
    BadTemplate,
    /// It could not be written.
    Disk,
    /// What was made does not read back.
    ReadBack,
    /// Its code was not signed.
    Unsigned(Unsigned),
    /// Somebody has stopped it.
    Cancelled,
    /// Something else.
    Other,
}

/// A program was not made.
#[derive(Debug, thiserror::Error)]
#[error("the program was not made ({kind:?})")]
pub struct NotMade {
    /// For people.
    pub kind: Failure,
    /// For the log.
    #[source]
    pub why: anyhow::Error,
}

impl NotMade {
    pub(super) fn new(kind: Failure, why: impl Into<anyhow::Error>) -> Self {
        Self { kind, why: why.into() }
    }

    fn cancelled() -> Self {
        Self::new(Failure::Cancelled, anyhow!("somebody has stopped it"))
    }

    /// What making it in memory said.
    pub(super) fn of_build(error: anyhow::Error) -> Self {
        let error = match error.downcast::<Self>() {
            Ok(stopped) => return stopped,
            Err(other) => other,
        };
        let kind = match (error.downcast_ref::<SignError>(), error.downcast_ref::<AttachError>()) {
            (Some(SignError::Stopped), _) => return Self::cancelled(),
            (Some(SignError::Handing(_)), _) => Failure::Disk,
            (Some(unsigned), _) => Failure::Unsigned(unsigned.why()),
            (None, Some(AttachError::ReadBack(_) | AttachError::ReadsBackOtherwise)) => Failure::ReadBack,
            (None, Some(_)) => Failure::BadTemplate,
            (None, None) => Failure::Other,
        };
        Self::new(kind, error)
    }

    /// Says it in the log, once, where it is handled.
    pub(crate) fn log(&self, app: AppId, system: System) {
        let system = system.word();
        match self.kind {
            Failure::Cancelled => tracing::info!(%app, system, "the making of a program was stopped"),
            _ => tracing::error!(%app, system, error = format!("{:#}", self.why), "a program cannot be made"),
        }
    }
}

/// One making of an app's program for a system.
#[derive(Default)]
pub(super) struct Job {
    at: AtomicU8,
    stop: CancellationToken,
}

impl Job {
    pub(super) fn stage(&self) -> Stage {
        Stage::ALL.get(usize::from(self.at.load(Ordering::Relaxed))).copied().unwrap_or(Stage::Seat)
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stop.is_cancelled()
    }

    pub(super) fn stop(&self) {
        self.stop.cancel();
    }
}

/// Those who have asked for a program and not got it yet.
#[derive(Default)]
pub(super) struct Work {
    pub(super) job: Arc<Job>,
    all: usize,
    /// Of these, who begin anew when it is stopped.
    insist: usize,
}

/// A program counts as being made until this is dropped.
pub struct Asked {
    known: Arc<Mutex<Known>>,
    of: (AppId, System),
    job: Arc<Job>,
    insists: bool,
}

impl Asked {
    /// Goes on to this stage, if nobody has stopped it.
    pub(super) fn at(&self, stage: Stage) -> Result<(), NotMade> {
        if self.job.is_stopped() {
            return Err(NotMade::cancelled());
        }
        // The stages are few.
        self.job.at.store(stage as u8, Ordering::Relaxed);
        Ok(())
    }

    pub(super) fn system(&self) -> System {
        self.of.1
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.job.is_stopped()
    }

    /// Nobody begins anew when it is stopped.
    fn is_given_up(&self) -> bool {
        lock(&self.known).asked.get(&self.of).is_none_or(|work| work.insist == 0)
    }

    /// With a job that nobody has stopped.
    fn anew(&mut self) {
        let mut known = lock(&self.known);
        let work = known.asked.entry(self.of).or_default();
        if work.job.is_stopped() {
            work.job = Arc::default();
        }
        self.job = work.job.clone();
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        let mut known = lock(&self.known);
        if let Some(work) = known.asked.get_mut(&self.of) {
            work.all -= 1;
            work.insist -= usize::from(self.insists);
            if work.all == 0 {
                known.asked.remove(&self.of);
            }
        }
    }
}

impl Programs {
    /// Somebody has asked for this program, and waits for it. Who `insists` waits for the file itself.
    fn ask(&self, app: &App, system: System, insists: bool) -> Asked {
        let of = (app.id, system);
        let mut known = lock(&self.known);
        let work = known.asked.entry(of).or_default();
        if work.job.is_stopped() {
            work.job = Arc::default();
        }
        work.all += 1;
        work.insist += usize::from(insists);
        Asked { known: self.known.clone(), of, job: work.job.clone(), insists }
    }

    /// Somebody wants this program to be there, and does not wait for it: stopped, it is not made.
    pub fn asked(&self, app: &App, system: System) -> Asked {
        self.ask(app, system, false)
    }

    /// Stops the making of an app's program before its next stage; whether one was under way.
    pub fn stop(&self, app: AppId, system: System) -> bool {
        let known = lock(&self.known);
        let work = known.asked.get(&(app, system));
        if let Some(work) = work {
            work.job.stop();
        }
        work.is_some()
    }
}

impl Shared {
    /// The app's branded program for a system, made now if it was not yet. Blocks.
    ///
    /// # Errors
    /// When there is no template, the branding key is not on this server, the disk is full, or somebody stops it.
    fn program(&self, app: &App, asked: &Asked) -> Result<Program, NotMade> {
        self.programs.get(app, asked, &self.stopping, || {
            let signed = self.signed_profile(app)?;
            let tenant = self.keys.tenant(app.tenant)?;
            let key = tenant.brand().context("this server does not hold the company's branding key")?;
            Ok((signed, bundle::SigningKey::from_pkcs8(&key.to_pkcs8())?))
        })
    }

    /// The systems whose programs this server makes for an app: those with a template, where the branding key is here.
    pub fn offered(&self, app: &App) -> Vec<System> {
        if self.brands(app) { self.programs.offered() } else { Vec::new() }
    }

    /// The branding key of the app's company is on this server.
    pub fn brands(&self, app: &App) -> bool {
        self.keys.tenant(app.tenant).is_ok_and(|keys| keys.brand().is_some())
    }

    /// The program, for whoever waits for the file: made now if it was not yet, without blocking and few at a time. Stopped by somebody, it is
    /// begun anew. Where its code cannot be signed, it is the one from before.
    ///
    /// # Errors
    /// As [`NotMade`] says.
    pub async fn made(self: &Arc<Self>, app: App, system: System) -> Result<Program, NotMade> {
        let made = self.made_of_now(&app, system).await;
        let Err(NotMade { kind: Failure::Unsigned(_), .. }) = &made else { return made };
        match self.before(&app, system).await {
            Some(before) => {
                if let Err(error) = made {
                    error.log(app.id, system);
                }
                Ok(before)
            }
            None => made,
        }
    }

    /// The program of this revision.
    ///
    /// # Errors
    /// As [`NotMade`] says.
    pub(super) async fn made_of_now(self: &Arc<Self>, app: &App, system: System) -> Result<Program, NotMade> {
        let mut asked = self.programs.ask(app, system, true);
        loop {
            let made;
            (asked, made) = self.once(app, asked).await;
            match made {
                // … but not by a server that stops.
                Err(NotMade { kind: Failure::Cancelled, .. }) if !self.stopping.is_cancelled() => asked.anew(),
                made => return made,
            }
        }
    }

    /// Makes a program, for nobody who waits; stopped, it is not made. How it came out is kept for the pages and told to whoever wants it.
    pub async fn make(self: &Arc<Self>, app: App, asked: Asked) {
        let (asked, made) = self.once(&app, asked).await;
        if let Err(error) = made {
            error.log(app.id, asked.system());
        }
    }

    /// What was made is in the audit log with both hashes.
    async fn once(self: &Arc<Self>, app: &App, asked: Asked) -> (Asked, Result<Program, NotMade>) {
        let system = asked.system();
        if let Some(there) = self.at_hand(app, system).await {
            if self.programs.came_out(app, system, None) {
                self.changes.bump();
            }
            return (asked, Ok(there));
        }
        let seat = tokio::select! {
            biased;
            () = asked.job.stop.cancelled() => None,
            seat = self.programs.maker(system) => seat,
        };
        // What is not even begun is noted here, what is by whoever makes it.
        let not_begun = |why: NotMade| {
            self.programs.note(app, system, Some(why.kind));
            Err(why)
        };
        // Customers do not wait for a signer that has just failed, maybe while they waited for it.
        let not_signed = if asked.insists { self.programs.not_signed_lately(system) } else { None };
        let asked = Arc::new(asked);
        let made = if let Some(not_signed) = not_signed {
            not_begun(not_signed)
        } else if seat.is_some() {
            let (shared, of, asked) = (self.clone(), app.clone(), asked.clone());
            let made = tokio::task::spawn_blocking(move || shared.program(&of, &asked)).await;
            made.unwrap_or_else(|panicked| not_begun(NotMade::new(Failure::Other, panicked)))
        } else {
            not_begun(NotMade::cancelled())
        };
        drop(seat);
        let asked = Arc::into_inner(asked).expect("the other one went with the thread that made it");
        let made = match made {
            Ok(program) => self.write_down(app, system, &program).await.map(|()| program),
            Err(error) => Err(error),
        };
        let failed = made.as_ref().err().map(|error| error.kind);
        // Stopped, but somebody begins anew: it has not come out yet.
        if (failed != Some(Failure::Cancelled) || asked.is_given_up()) && self.programs.came_out(app, system, failed) {
            self.changes.bump();
        }
        (asked, made)
    }

    /// What is there does not wait for what is being made, however long its signature takes.
    async fn at_hand(self: &Arc<Self>, app: &App, system: System) -> Option<Program> {
        let _seat = self.programs.seat().await;
        let (shared, app) = (self.clone(), app.clone());
        tokio::task::spawn_blocking(move || shared.programs.at_hand(&app, system)).await.ok().flatten()
    }

    async fn write_down(&self, app: &App, system: System, program: &Program) -> Result<(), NotMade> {
        let Some(took) = program.made_in else { return Ok(()) };
        tracing::info!(app = %app.id, system = system.word(), ?took, "a program was made");
        let mut detail = format!("{} template={} program={}", system.word(), program.template_sha256, program.sha256);
        if let Some((by, before)) = &program.signed {
            tracing::info!(app = %app.id, by, before, after = program.sha256, "its code is signed");
            detail = format!("{detail} unsigned={before} signed_by={by}");
        }
        let entry = AuditEntry {
            tenant: app.tenant,
            operator: None,
            who: String::new(),
            what: "program.built".to_owned(),
            subject: app.title.clone(),
            detail,
            from: String::new(),
            at: Timestamp::now(),
        };
        self.store.audit(&entry).await.map_err(|error| NotMade::new(Failure::Other, error))?;
        self.changes.bump();
        Ok(())
    }
}
