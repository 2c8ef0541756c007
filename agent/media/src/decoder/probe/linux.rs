//! Calls that the sandbox forbids, each made as the kernel sees it. For tests: what returns from here was not forbidden.
#![allow(unsafe_code)]

use std::os::fd::RawFd;

use libc::{c_long, syscall};

/// Every call that is tried, by name.
pub const ALL: &[&str] = &[
    "open",
    "create",
    "unlink",
    "socket",
    "socketpair",
    "connect",
    "exec",
    "fork",
    "thread",
    "ptrace",
    "read another process",
    "signal",
    "signal itself",
    "map code",
    "make code",
    "write elsewhere",
    "read elsewhere",
    "send a descriptor",
    "duplicate",
    "memfd",
    "io_uring",
    "bpf",
    "unshare",
    "mount",
    "prctl",
    "ioctl",
    "limits",
    "user",
    "keys",
    "landlock",
    "pidfd",
    "userfaultfd",
];

/// The control: a call that is not forbidden, so that what ends the others is their own call.
pub const ALLOWED: &str = "nothing";

/// A call to be made. What it needs to know is asked for before that is forbidden.
pub struct Probe {
    name: String,
    parent: c_long,
    own: c_long,
}

impl Probe {
    /// By name; made before the rights are given up.
    pub fn new(name: &str) -> Self {
        let (parent, own) = (std::os::unix::process::parent_id(), std::process::id());
        Self { name: name.to_owned(), parent: c_long::from(parent), own: c_long::from(own) }
    }

    /// Makes the call. `false`: there is none of this name.
    pub fn attempt(self) -> bool {
        attempt(&self.name, self.parent, self.own)
    }
}

fn attempt(name: &str, parent: c_long, own: c_long) -> bool {
    let (null, path) = (std::ptr::null::<u8>(), c"/etc/passwd".as_ptr());
    let socket: RawFd = 3;
    let page = vec![0_u8; 8192];
    let aligned = (page.as_ptr() as usize).next_multiple_of(4096);
    // SAFETY: each call is given valid numbers and pointers to constants or to nothing; it either ends the process, which is the point, or
    // is refused by the kernel, or does something harmless to a process that exists for this test.
    let result = unsafe {
        match name {
            ALLOWED => syscall(libc::SYS_sched_yield),
            "open" => syscall(libc::SYS_openat, libc::AT_FDCWD, path, libc::O_RDONLY),
            "create" => {
                syscall(libc::SYS_openat, libc::AT_FDCWD, c"/tmp/x".as_ptr(), libc::O_CREAT | libc::O_WRONLY, 0o600)
            }
            "unlink" => syscall(libc::SYS_unlinkat, libc::AT_FDCWD, c"/tmp/none".as_ptr(), 0),
            "socket" => syscall(libc::SYS_socket, libc::AF_INET, libc::SOCK_STREAM, 0),
            "socketpair" => syscall(libc::SYS_socketpair, libc::AF_UNIX, libc::SOCK_STREAM, 0, page.as_ptr()),
            "connect" => syscall(libc::SYS_connect, socket, page.as_ptr(), 16),
            "exec" => syscall(libc::SYS_execve, c"/bin/true".as_ptr(), null, null),
            "fork" => syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0),
            "thread" => syscall(libc::SYS_clone3, page.as_ptr(), 0),
            "ptrace" => syscall(libc::SYS_ptrace, libc::PTRACE_ATTACH, parent, 0, 0),
            "read another process" => syscall(libc::SYS_process_vm_readv, parent, null, 0, null, 0, 0),
            "signal" => syscall(libc::SYS_kill, parent, 0),
            "signal itself" => syscall(libc::SYS_tgkill, own, 0, 0),
            "map code" => {
                let (protection, flags) = (libc::PROT_READ | libc::PROT_EXEC, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
                syscall(libc::SYS_mmap, 0, 4096, protection, flags, -1, 0)
            }
            "make code" => syscall(libc::SYS_mprotect, aligned, 4096, libc::PROT_READ | libc::PROT_EXEC),
            "write elsewhere" => syscall(libc::SYS_write, 1, page.as_ptr(), 1),
            "read elsewhere" => syscall(libc::SYS_read, 0, page.as_ptr(), 0),
            "send a descriptor" => syscall(libc::SYS_sendmsg, socket, null, 0),
            "duplicate" => syscall(libc::SYS_fcntl, socket, libc::F_DUPFD, 0),
            "memfd" => syscall(libc::SYS_memfd_create, c"x".as_ptr(), 0),
            "io_uring" => syscall(libc::SYS_io_uring_setup, 1, null),
            "bpf" => syscall(libc::SYS_bpf, 0, null, 0),
            "unshare" => syscall(libc::SYS_unshare, libc::CLONE_NEWUSER),
            "mount" => syscall(libc::SYS_mount, null, null, null, 0, null),
            "prctl" => syscall(libc::SYS_prctl, libc::PR_SET_DUMPABLE, 1, 0, 0, 0),
            "ioctl" => syscall(libc::SYS_ioctl, socket, 0, 0),
            "limits" => syscall(libc::SYS_prlimit64, 0, libc::RLIMIT_NOFILE, null, null),
            "user" => syscall(libc::SYS_setuid, 0),
            "keys" => syscall(libc::SYS_keyctl, 0, 0, 0, 0, 0),
            "landlock" => syscall(libc::SYS_landlock_create_ruleset, null, 0, 1),
            "pidfd" => syscall(libc::SYS_pidfd_open, parent, 0),
            "userfaultfd" => syscall(libc::SYS_userfaultfd, 0),
            _ => return false,
        }
    };
    std::hint::black_box((result, page));
    true
}
