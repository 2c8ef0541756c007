//! A flag and a condition, where there is no descriptor to poll.

use std::{
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::Duration,
};

/// Wakes the thread that waits. Cheap to clone, usable from everywhere.
#[derive(Debug, Clone, Default)]
pub struct Waker(Arc<(Mutex<bool>, Condvar)>);

/// The side that waits.
#[derive(Debug, Default)]
pub struct Wakeup(Waker);

impl Waker {
    /// Ends the wait that is going on, or the next one. Many calls before a wait count as one.
    pub fn wake(&self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.1.notify_all();
    }
}

impl Wakeup {
    /// A new pair.
    pub fn new() -> std::io::Result<Self> {
        Ok(Self::default())
    }

    /// For the other threads.
    pub fn waker(&self) -> Waker {
        self.0.clone()
    }

    /// Waits until woken or the time is over. True when woken.
    pub fn wait(&mut self, timeout: Duration) -> std::io::Result<bool> {
        let (flag, condition) = &*self.0.0;
        let flag = flag.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut flag, _) =
            condition.wait_timeout_while(flag, timeout, |woken| !*woken).unwrap_or_else(PoisonError::into_inner);
        Ok(std::mem::take(&mut *flag))
    }
}
