//! What the decoder's process gives up before it reads the first byte of a batch, and what is left to it.
//!
//! On Windows it is less, see `sandbox/windows.rs`. On Linux, in this order, each step required; where one fails the process says which and ends without decoding:
//!
//! 1. **Descriptors.** Everything the parent had open by mistake is closed; what is left is one socket and three ends of nothing. The
//!    environment was emptied and the folder set to `/` by the parent when it started us.
//! 2. **Parent.** The kernel kills us when the thread that started us is gone. No core file and no look into our memory by others.
//! 3. **Limits.** No new processes or threads, no files written, a handful of descriptors, and memory for the largest allowed picture
//!    with its four video decoders, no more: see `DATA_BYTES`.
//! 4. **Privileges.** None are gained by any program from here on.
//! 5. **Landlock.** No file or folder may be opened, no port bound or connected, no abstract socket reached and no process outside
//!    signalled, as far as this kernel knows how. A second wall behind the next one, so a kernel without it is let pass.
//! 6. **Calls.** seccomp, killing the whole process at the first call that is not on the list. Without it nothing is decoded.
//!
//! The list, and why each is on it:
//!
//! | calls | for |
//! |---|---|
//! | `read`, `write`, `recvfrom`, `sendto`, `recvmsg`, only on the socket | questions, answers, the descriptor of the picture's memory. Not `sendmsg`: no descriptor goes out |
//! | `close`, `fstat`, `fcntl` for `F_GET_SEALS` and `F_GETFD` only | checking and closing that descriptor |
//! | `brk`, `munmap`, `mremap`, `madvise`, and `mmap` and `mprotect` without `PROT_EXEC` | memory, never code |
//! | `futex`, `sched_yield` | locks of the allocator and of the codec; there is one thread |
//! | `sched_getaffinity`, only of itself | the codec counts processors when a decoder is made |
//! | `clock_gettime`, `getrandom` | timing inside the codec where the clock is not mapped; seeds of hash tables |
//! | `rt_sigreturn`, `restart_syscall` | continuing after a stop |
//! | `exit`, `exit_group` | ending |
//!
//! Not there, and so the end of the process: opening or making files, sockets, programs, processes, threads, signals to anyone, `ptrace`,
//! `process_vm_*`, `ioctl`, `prctl`, `io_uring`, `bpf`, user namespaces, mounts, modules, keys.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
pub use linux::{DATA_BYTES, enter, socket};
#[cfg(windows)]
pub use windows::enter;
#[cfg(windows)]
pub(super) use windows::{Job, without_window};

use super::words::Step;

/// A step that failed.
#[derive(Debug, thiserror::Error)]
#[error("the step {step:?} failed")]
pub struct Error {
    /// Which.
    pub step: Step,
    #[source]
    cause: Box<dyn std::error::Error + Send + Sync>,
}

impl Error {
    /// The system's number, where there is one.
    pub(super) fn errno(&self) -> i32 {
        self.cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::raw_os_error).unwrap_or(0)
    }
}
