//! The steps on Linux. `unsafe` because closing descriptors by range has no safe wrapper.
#![allow(unsafe_code)]

use std::{
    collections::BTreeMap,
    os::{
        fd::{AsRawFd as _, BorrowedFd, OwnedFd, RawFd},
        unix::net::UnixStream,
    },
};

use landlock::{ABI, Access as _, AccessFs, AccessNet, Compatible as _, Ruleset, RulesetAttr as _, Scope};
use rustix::{
    fs::{FileType, fstat},
    process::{
        DumpableBehavior, Resource, Rlimit, Signal, set_dumpable_behavior, set_parent_process_death_signal, setrlimit,
    },
    thread::set_no_new_privs,
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

use super::{Error, Step};

/// Memory of our own, without the picture: four decoders of a 4K area with their reference pictures take 640 MB, a batch three times its 16.
pub const DATA_BYTES: u64 = 1 << 30;
/// Address space on top of that and of what is mapped at the start: the picture of one size, and of the next.
const PICTURE_BYTES: u64 = protocol::limits::SCREEN_AREA_PX as u64 * 4;
/// The socket, three ends of nothing, the picture's memory while it is mapped, and room for none else.
const DESCRIPTORS: u64 = 8;

/// The socket we were given, apart from the descriptor it came as.
pub fn socket(input: BorrowedFd<'_>) -> std::io::Result<OwnedFd> {
    if FileType::from_raw_mode(fstat(input)?.st_mode) != FileType::Socket {
        return Err(std::io::ErrorKind::InvalidInput.into());
    }
    close_all_from(3)?;
    input.try_clone_to_owned()
}

/// Gives up everything but decoding. On an error the process must end.
pub fn enter(socket: &UnixStream) -> Result<(), Error> {
    let failed = |step| move |error: rustix::io::Errno| at(step, std::io::Error::from(error));
    let kept = socket.as_raw_fd();
    close_all_from(kept + 1).map_err(|error| at(Step::Descriptors, error))?;
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(failed(Step::Parent))?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(failed(Step::Parent))?;
    let mapped = mapped_bytes().map_err(|error| at(Step::Limits, error))?;
    for (resource, most) in [
        (Resource::Core, 0),
        (Resource::Fsize, 0),
        (Resource::Nproc, 0),
        (Resource::Nofile, DESCRIPTORS),
        (Resource::Data, DATA_BYTES),
        (Resource::As, mapped + DATA_BYTES + 2 * PICTURE_BYTES),
    ] {
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) }).map_err(failed(Step::Limits))?;
    }
    set_no_new_privs(true).map_err(failed(Step::Privileges))?;
    // How much of it this kernel knows is no condition: the list of calls holds without it.
    landlock().map_err(|error| at(Step::Landlock, error))?;
    let program = calls(kept).map_err(|error| at(Step::Calls, error))?;
    seccompiler::apply_filter_all_threads(&program).map_err(|error| match error {
        seccompiler::Error::Seccomp(error) | seccompiler::Error::Prctl(error) => at(Step::Calls, error),
        error => at(Step::Calls, error),
    })
}

fn at(step: Step, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error { step, cause: cause.into() }
}

fn close_all_from(first: RawFd) -> std::io::Result<()> {
    // SAFETY: called before this process owns any descriptor of this number or above: the start of `serve` is the start of the process, and
    // what is open there was left by the parent.
    let closed = unsafe { libc::syscall(libc::SYS_close_range, first, libc::c_uint::MAX, 0) };
    if closed == 0 { Ok(()) } else { Err(std::io::Error::last_os_error()) }
}

/// The address space in use now: the program itself, most of it.
fn mapped_bytes() -> std::io::Result<u64> {
    let pages = std::fs::read_to_string("/proc/self/statm")?;
    let pages: u64 = pages.split(' ').next().and_then(|pages| pages.parse().ok()).unwrap_or(0);
    Ok(pages * rustix::param::page_size() as u64)
}

/// A ruleset without rules: everything this kernel can forbid is forbidden.
fn landlock() -> Result<landlock::RulesetStatus, landlock::RulesetError> {
    let abi = ABI::V7;
    let mut rules = Ruleset::default().set_compatibility(landlock::CompatLevel::BestEffort);
    rules = rules.handle_access(AccessFs::from_all(abi))?.handle_access(AccessNet::from_all(abi))?;
    Ok(rules.scope(Scope::from_all(abi))?.create()?.restrict_self()?.ruleset)
}

fn calls(socket: RawFd) -> Result<BpfProgram, seccompiler::BackendError> {
    let argument = |index, operator, value| SeccompCondition::new(index, SeccompCmpArgLen::Dword, operator, value);
    let on_socket = || SeccompRule::new(vec![argument(0, SeccompCmpOp::Eq, socket as u64)?]);
    let never_code = || {
        let executable = SeccompCmpOp::MaskedEq(libc::PROT_EXEC as u64);
        SeccompRule::new(vec![argument(2, executable, 0)?])
    };
    let about = |what: libc::c_int| SeccompRule::new(vec![argument(1, SeccompCmpOp::Eq, what as u64)?]);
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    for call in [libc::SYS_read, libc::SYS_write, libc::SYS_recvfrom, libc::SYS_sendto, libc::SYS_recvmsg] {
        rules.insert(call, vec![on_socket()?]);
    }
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        rules.insert(call, vec![never_code()?]);
    }
    rules.insert(libc::SYS_fcntl, vec![about(libc::F_GET_SEALS)?, about(libc::F_GETFD)?]);
    rules.insert(libc::SYS_sched_getaffinity, vec![SeccompRule::new(vec![argument(0, SeccompCmpOp::Eq, 0)?])?]);
    for call in [
        libc::SYS_close,
        libc::SYS_fstat,
        libc::SYS_brk,
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_madvise,
        libc::SYS_futex,
        libc::SYS_sched_yield,
        libc::SYS_clock_gettime,
        libc::SYS_getrandom,
        libc::SYS_rt_sigreturn,
        libc::SYS_restart_syscall,
        libc::SYS_exit,
        libc::SYS_exit_group,
    ] {
        rules.insert(call, Vec::new());
    }
    let (otherwise, listed) = (SeccompAction::KillProcess, SeccompAction::Allow);
    SeccompFilter::new(rules, otherwise, listed, std::env::consts::ARCH.try_into()?)?.try_into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::{fs::File, io::ErrorKind, net::TcpStream};

    use super::*;

    #[test]
    fn where_the_kernel_has_landlock_no_file_is_opened_and_nothing_connected() {
        // It holds for the thread that asks for it, and for what that thread starts.
        let outcome = std::thread::spawn(|| {
            File::open("/etc/passwd").unwrap();
            let status = landlock().unwrap();
            (status, File::open("/etc/passwd"), File::create("/tmp/decoder"), TcpStream::connect("127.0.0.1:9"))
        });
        let (status, open, create, connect) = outcome.join().unwrap();
        if status == landlock::RulesetStatus::NotEnforced {
            return;
        }
        assert_eq!(open.unwrap_err().kind(), ErrorKind::PermissionDenied);
        assert_eq!(create.unwrap_err().kind(), ErrorKind::PermissionDenied);
        if status == landlock::RulesetStatus::FullyEnforced {
            assert_eq!(connect.unwrap_err().kind(), ErrorKind::PermissionDenied);
        }
        File::open("/etc/passwd").unwrap();
    }

    #[test]
    fn only_a_socket_makes_a_decoder() {
        assert!(socket(std::os::fd::AsFd::as_fd(&File::open("/dev/null").unwrap())).is_err());
    }
}
