//! Where the pictures of films are made: on a thread of its own, so that a letter typed beside a film does not wait for it; or, for tests and
//! where no thread is to be had, at once.

use std::{
    collections::VecDeque,
    sync::mpsc::{Receiver, Sender, TryRecvError, channel},
};

use crate::{h264, waker::Waker};

/// A picture that an encoder has taken in and not yet made.
pub(super) struct Job {
    pub(super) film: u64,
    pub(super) encoder: Box<h264::Encoder>,
    pub(super) millis: u64,
}

/// The encoder back, with what it made.
pub(super) struct Done {
    pub(super) film: u64,
    pub(super) encoder: Box<h264::Encoder>,
    pub(super) made: Result<Option<h264::Unit>, String>,
}

impl Job {
    fn work(mut self) -> Done {
        let made = self.encoder.encode(self.millis);
        Done { film: self.film, encoder: self.encoder, made }
    }
}

/// Takes jobs and gives back what was made.
pub(super) struct Studio {
    /// Woken when a picture is made. `None`: everything is made at once.
    waker: Option<Waker>,
    thread: Option<(Sender<Job>, Receiver<Done>)>,
    done: VecDeque<Done>,
    /// The thread has ended by itself, and what it had in hand with it.
    lost: bool,
}

impl Studio {
    pub(super) fn new(waker: Option<Waker>) -> Self {
        Self { waker, thread: None, done: VecDeque::new(), lost: false }
    }

    /// Has a picture made.
    pub(super) fn take(&mut self, job: Job) {
        let Some(waker) = &self.waker else {
            self.done.push_back(job.work());
            return;
        };
        if self.thread.is_none() {
            match thread(waker.clone()) {
                Ok(thread) => self.thread = Some(thread),
                Err(error) => {
                    tracing::warn!(%error, "no thread for films, they are made beside the rest");
                    self.waker = None;
                }
            }
        }
        match &self.thread {
            Some((jobs, _)) => {
                if let Err(back) = jobs.send(job) {
                    self.done.push_back(back.0.work());
                }
            }
            None => self.done.push_back(job.work()),
        }
    }

    /// Collects what is made.
    pub(super) fn collect(&mut self) {
        while let Some((_, done)) = &self.thread {
            match done.try_recv() {
                Ok(done) => self.done.push_back(done),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => {
                    (self.thread, self.waker, self.lost) = (None, None, true);
                }
            }
        }
    }

    /// Something is there to be taken, or never will be.
    pub(super) fn has_news(&self) -> bool {
        self.lost || !self.done.is_empty()
    }

    /// Whether what was in hand was lost since this was asked last.
    pub(super) fn take_lost(&mut self) -> bool {
        std::mem::take(&mut self.lost)
    }

    /// The next that was made.
    pub(super) fn next(&mut self) -> Option<Done> {
        self.done.pop_front()
    }
}

fn thread(waker: Waker) -> std::io::Result<(Sender<Job>, Receiver<Done>)> {
    let (jobs, waiting) = channel::<Job>();
    let (made, done) = channel();
    std::thread::Builder::new().name("film".to_owned()).spawn(move || {
        // Also when it ends: what waits for a picture must learn that none comes.
        let _last = WakeAtEnd(waker.clone());
        for job in waiting {
            if made.send(job.work()).is_err() {
                return;
            }
            waker.wake();
        }
    })?;
    Ok((jobs, done))
}

struct WakeAtEnd(Waker);

impl Drop for WakeAtEnd {
    fn drop(&mut self) {
        self.0.wake();
    }
}
