//! Windows: what the decoder's process gives up by itself, and the job its parent puts around it.
//!
//! In this order, each step required: no code is made at run time and no library loaded from elsewhere, no process started, handles that
//! are wrong end the process; every privilege is removed; the integrity level is the lowest there is, so that nothing of the user's can be
//! written or sent messages to. The job caps memory, allows one process, and keeps it from desktop, clipboard and other programs' handles. Not
//! taken away, other than on Linux: reading the user's files, and the network.
#![allow(unsafe_code)]

use std::{
    ffi::c_void,
    os::windows::{
        io::{AsRawHandle, FromRawHandle, OwnedHandle},
        process::CommandExt as _,
    },
    process::{Child, Command},
};

use windows::{
    Win32::{
        Foundation::{HANDLE, LUID},
        Security::{
            AdjustTokenPrivileges, GetLengthSid, GetTokenInformation, LUID_AND_ATTRIBUTES, PSID, SE_PRIVILEGE_REMOVED,
            SID, SID_AND_ATTRIBUTES, SID_IDENTIFIER_AUTHORITY, SetTokenInformation, TOKEN_ADJUST_DEFAULT,
            TOKEN_ADJUST_PRIVILEGES, TOKEN_MANDATORY_LABEL, TOKEN_PRIVILEGES, TOKEN_QUERY, TokenIntegrityLevel,
            TokenPrivileges,
        },
        System::{
            JobObjects::{
                AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT, JOB_OBJECT_LIMIT_ACTIVE_PROCESS,
                JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
                JOB_OBJECT_LIMIT_PROCESS_MEMORY, JOB_OBJECT_UILIMIT, JOBOBJECT_BASIC_UI_RESTRICTIONS,
                JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobObjectBasicUIRestrictions, JobObjectExtendedLimitInformation,
                SetInformationJobObject,
            },
            Threading::{
                CREATE_NO_WINDOW, GetCurrentProcess, OpenProcessToken, PROCESS_MITIGATION_POLICY,
                ProcessChildProcessPolicy, ProcessDynamicCodePolicy, ProcessExtensionPointDisablePolicy,
                ProcessImageLoadPolicy, ProcessStrictHandleCheckPolicy, SetProcessMitigationPolicy,
            },
        },
    },
    core::BOOL,
};

use super::{super::words::Step, Error};

/// Memory of the child: the largest allowed picture with its four video decoders.
const MEMORY_BYTES: usize = 1 << 30;
/// A token's information is shorter than this.
const TOKEN_BYTES: usize = 4096;
/// `SE_GROUP_INTEGRITY`.
const INTEGRITY: u32 = 0x20;

/// Ends its process when dropped, or when we end.
#[derive(Debug)]
pub(in super::super) struct Job(#[expect(dead_code, reason = "held")] OwnedHandle);

impl Job {
    pub(in super::super) fn around(child: &Child) -> std::io::Result<Self> {
        let failed = std::io::Error::other::<windows::core::Error>;
        // SAFETY: a job without name or attributes, whose handle is owned at once.
        let job = unsafe { OwnedHandle::from_raw_handle(CreateJobObjectW(None, None).map_err(failed)?.0) };
        let handle = HANDLE(job.as_raw_handle());
        let mut caps = JOBOBJECT_EXTENDED_LIMIT_INFORMATION { ProcessMemoryLimit: MEMORY_BYTES, ..Default::default() };
        caps.BasicLimitInformation.ActiveProcessLimit = 1;
        caps.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT(
            JOB_OBJECT_LIMIT_ACTIVE_PROCESS.0
                | JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE.0
                | JOB_OBJECT_LIMIT_PROCESS_MEMORY.0
                | JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION.0,
        );
        // All of them: handles, clipboard both ways, settings, display, atoms, desktop, leaving.
        let walls = JOBOBJECT_BASIC_UI_RESTRICTIONS { UIRestrictionsClass: JOB_OBJECT_UILIMIT(0xff) };
        // SAFETY: both values have the type and length that the class names; the process is our child's, which is not reaped yet.
        unsafe {
            let size = std::mem::size_of_val(&caps) as u32;
            SetInformationJobObject(handle, JobObjectExtendedLimitInformation, (&raw const caps).cast(), size)
                .map_err(failed)?;
            let size = std::mem::size_of_val(&walls) as u32;
            SetInformationJobObject(handle, JobObjectBasicUIRestrictions, (&raw const walls).cast(), size)
                .map_err(failed)?;
            AssignProcessToJobObject(handle, HANDLE(child.as_raw_handle())).map_err(failed)?;
        }
        Ok(Self(job))
    }
}

/// No console of its own.
pub(in super::super) fn without_window(command: &mut Command) {
    command.creation_flags(CREATE_NO_WINDOW.0);
}

/// Gives up what this process does not need. There is no way back.
pub fn enter() -> Result<(), Error> {
    // Each policy is one word of flags: no code at run time; no libraries from the network or of low integrity; no old ways in;
    // wrong handles end us, for good; no children.
    for (policy, flags) in [
        (ProcessDynamicCodePolicy, 0b1_u32),
        (ProcessImageLoadPolicy, 0b11),
        (ProcessExtensionPointDisablePolicy, 0b1),
        (ProcessStrictHandleCheckPolicy, 0b11),
        (ProcessChildProcessPolicy, 0b1),
    ] {
        mitigate(policy, flags).map_err(at(Step::Calls))?;
    }
    let mut token = HANDLE::default();
    let rights = TOKEN_ADJUST_DEFAULT | TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY;
    // SAFETY: `token` is written by the call and owned right after it.
    let token = unsafe {
        OpenProcessToken(GetCurrentProcess(), rights, &raw mut token).map_err(at(Step::Privileges))?;
        OwnedHandle::from_raw_handle(token.0)
    };
    let token = HANDLE(token.as_raw_handle());
    remove_privileges(token).map_err(at(Step::Privileges))?;
    lower(token).map_err(at(Step::Privileges))
}

fn at(step: Step) -> impl FnOnce(windows::core::Error) -> Error {
    move |error| Error { step, cause: Box::new(std::io::Error::from_raw_os_error(error.code().0 & 0xffff)) }
}

fn mitigate(policy: PROCESS_MITIGATION_POLICY, flags: u32) -> windows::core::Result<()> {
    // SAFETY: each of these policies is one word of flags.
    unsafe { SetProcessMitigationPolicy(policy, (&raw const flags).cast(), std::mem::size_of::<u32>()) }
}

fn remove_privileges(token: HANDLE) -> windows::core::Result<()> {
    // As words of 64 bits, so that what lies in it is aligned.
    let mut room = [0_u64; TOKEN_BYTES / 8];
    let mut length = 0;
    // SAFETY: the room has the length that is given; what is read out of it lies inside of what the system has written.
    unsafe {
        let place: *mut c_void = room.as_mut_ptr().cast();
        GetTokenInformation(token, TokenPrivileges, Some(place), TOKEN_BYTES as u32, &raw mut length)?;
        let all = &mut *place.cast::<TOKEN_PRIVILEGES>();
        let entries =
            std::mem::size_of::<u32>() + all.PrivilegeCount as usize * std::mem::size_of::<LUID_AND_ATTRIBUTES>();
        let first: *mut LUID_AND_ATTRIBUTES = (&raw mut all.Privileges).cast();
        if entries > TOKEN_BYTES {
            return Err(windows::core::Error::from_hresult(windows::Win32::Foundation::E_UNEXPECTED));
        }
        for index in 0..all.PrivilegeCount as usize {
            let LUID_AND_ATTRIBUTES { Luid: LUID { .. }, Attributes } = &mut *first.add(index);
            *Attributes = SE_PRIVILEGE_REMOVED;
        }
        AdjustTokenPrivileges(token, BOOL(0).as_bool(), Some(place.cast()), 0, None, None)
    }
}

/// The lowest integrity level, S-1-16-0.
fn lower(token: HANDLE) -> windows::core::Result<()> {
    let mut sid = SID {
        Revision: 1,
        SubAuthorityCount: 1,
        IdentifierAuthority: SID_IDENTIFIER_AUTHORITY { Value: [0, 0, 0, 0, 0, 16] },
        SubAuthority: [0],
    };
    let sid = PSID((&raw mut sid).cast());
    let label = TOKEN_MANDATORY_LABEL { Label: SID_AND_ATTRIBUTES { Sid: sid, Attributes: INTEGRITY } };
    // SAFETY: label and identifier live through the call.
    unsafe {
        let length = std::mem::size_of_val(&label) as u32 + GetLengthSid(sid);
        SetTokenInformation(token, TokenIntegrityLevel, (&raw const label).cast(), length)
    }
}
