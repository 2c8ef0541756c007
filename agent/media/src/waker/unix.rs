//! An event descriptor that is polled together with the display's connection.

use std::{
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    sync::Arc,
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    pipe::{PipeFlags, pipe_with},
};

/// Wakes the thread that waits. Cheap to clone, usable from everywhere.
#[derive(Debug, Clone)]
pub struct Waker(Arc<OwnedFd>);

/// The side that waits.
#[derive(Debug)]
pub struct Wakeup {
    fd: OwnedFd,
    waker: Waker,
}

impl Waker {
    /// Ends the wait that is going on, or the next one. Many calls before a wait count as one.
    pub fn wake(&self) {
        // A full pipe has woken already; a closed one has nobody left to wake.
        let _ = rustix::io::write(&*self.0, &[1]);
    }
}

impl Wakeup {
    /// A new pair.
    pub fn new() -> std::io::Result<Self> {
        let (fd, write) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        Ok(Self { fd, waker: Waker(Arc::new(write)) })
    }

    /// For the other threads.
    pub fn waker(&self) -> Waker {
        self.waker.clone()
    }

    /// Waits until woken or the time is over. True when woken.
    pub fn wait(&mut self, timeout: Duration) -> std::io::Result<bool> {
        self.wait_also(None, timeout)
    }

    /// The same, or until `also` can be read.
    pub fn wait_also(&mut self, also: Option<BorrowedFd<'_>>, timeout: Duration) -> std::io::Result<bool> {
        let mut fds = vec![PollFd::from_borrowed_fd(self.fd.as_fd(), PollFlags::IN)];
        fds.extend(also.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)));
        let timeout = timeout.try_into().unwrap_or(rustix::event::Timespec { tv_sec: i64::from(i32::MAX), tv_nsec: 0 });
        match poll(&mut fds, Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        if fds[0].revents().is_empty() {
            return Ok(false);
        }
        let mut bytes = [0; 64];
        while rustix::io::read(&self.fd, &mut bytes).is_ok_and(|read| read == bytes.len()) {}
        Ok(true)
    }
}
