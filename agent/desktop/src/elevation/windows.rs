//! Windows: `runas` of the shell, which has UAC ask the person in front of the screen; and who is at the ends of a pipe.
#![allow(unsafe_code)]

use std::{
    ffi::{OsStr, OsString},
    io,
    os::windows::{
        ffi::{OsStrExt as _, OsStringExt as _},
        io::{AsHandle, AsRawHandle as _, FromRawHandle as _, OwnedHandle},
    },
    path::{Path, PathBuf},
};

use windows::{
    Win32::{
        Foundation::{E_ACCESSDENIED, ERROR_CANCELLED, HANDLE, LUID, WAIT_OBJECT_0},
        Security::{
            AdjustTokenPrivileges, GetTokenInformation, LUID_AND_ATTRIBUTES, LookupPrivilegeValueW, SE_DEBUG_NAME,
            SE_PRIVILEGE_ENABLED, TOKEN_ADJUST_PRIVILEGES, TOKEN_ELEVATION, TOKEN_PRIVILEGES,
            TOKEN_PRIVILEGES_ATTRIBUTES, TOKEN_QUERY, TokenElevation,
        },
        System::{
            Com::{COINIT_APARTMENTTHREADED, COINIT_DISABLE_OLE1DDE, CoInitializeEx, CoUninitialize},
            Pipes::{GetNamedPipeClientProcessId, GetNamedPipeServerProcessId},
            Threading::{
                GetCurrentProcess, GetProcessId, OpenProcess, OpenProcessToken, PROCESS_NAME_NATIVE,
                PROCESS_QUERY_LIMITED_INFORMATION, QueryFullProcessImageNameW, WaitForSingleObject,
            },
        },
        UI::{
            Shell::{
                SEE_MASK_FLAG_NO_UI, SEE_MASK_NOASYNC, SEE_MASK_NOCLOSEPROCESS, SHELLEXECUTEINFOW, ShellExecuteExW,
            },
            WindowsAndMessaging::SW_HIDE,
        },
    },
    core::{PCWSTR, PWSTR, w},
};

use super::{Can, LaunchError, command_line};

/// The longest path that Windows has, in UTF-16 units.
const PATH_UNITS: u32 = 32_768;

pub(super) fn can() -> Can {
    if elevated().unwrap_or(false) { Can::Already } else { Can::Yes }
}

fn elevated() -> windows::core::Result<bool> {
    let mut token = HANDLE::default();
    // SAFETY: the process is our own, and the place outlives the call.
    unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &raw mut token) }?;
    // SAFETY: it was opened above for nobody else.
    let token = unsafe { OwnedHandle::from_raw_handle(token.0) };
    let mut elevation = TOKEN_ELEVATION::default();
    let size = u32::try_from(size_of::<TOKEN_ELEVATION>()).unwrap_or_default();
    let mut written = 0;
    let place = Some((&raw mut elevation).cast());
    // SAFETY: the token is open, `elevation` has the bytes that are said, and both places outlive the call.
    unsafe { GetTokenInformation(HANDLE(token.as_raw_handle()), TokenElevation, place, size, &raw mut written) }?;
    Ok(elevation.TokenIsElevated != 0)
}

#[derive(Debug)]
pub(super) struct Launched {
    process: OwnedHandle,
    id: u32,
}

impl Launched {
    pub(super) fn id(&self) -> u32 {
        self.id
    }

    pub(super) fn has_ended(&self) -> bool {
        // SAFETY: the process is open, and there is no waiting.
        unsafe { WaitForSingleObject(HANDLE(self.process.as_raw_handle()), 0) == WAIT_OBJECT_0 }
    }
}

/// COM on this thread, for as long as it lives.
struct Apartment(bool);

impl Apartment {
    fn enter() -> Self {
        // SAFETY: nothing is given but flags.
        let entered = unsafe { CoInitializeEx(None, COINIT_APARTMENTTHREADED | COINIT_DISABLE_OLE1DDE) };
        // Where the thread is in another kind of apartment already, that one is used, and left to whoever entered it.
        Self(entered.is_ok())
    }
}

impl Drop for Apartment {
    fn drop(&mut self) {
        if self.0 {
            // SAFETY: it was entered on this thread, where this value stays, and is left once.
            unsafe { CoUninitialize() };
        }
    }
}

pub(super) fn launch(program: &Path, arguments: &[String]) -> Result<Launched, LaunchError> {
    let program = wide(program.as_os_str())?;
    let parameters = wide(OsStr::new(&command_line(arguments)))?;
    let _apartment = Apartment::enter();
    let mut asked = SHELLEXECUTEINFOW {
        cbSize: u32::try_from(size_of::<SHELLEXECUTEINFOW>()).unwrap_or_default(),
        fMask: SEE_MASK_NOCLOSEPROCESS | SEE_MASK_NOASYNC | SEE_MASK_FLAG_NO_UI,
        lpVerb: w!("runas"),
        lpFile: PCWSTR(program.as_ptr()),
        lpParameters: PCWSTR(parameters.as_ptr()),
        nShow: SW_HIDE.0,
        ..SHELLEXECUTEINFOW::default()
    };
    // SAFETY: it has the bytes that it says, and each text ends in a zero and outlives the call.
    unsafe { ShellExecuteExW(&raw mut asked) }.map_err(|error| {
        if error.code() == ERROR_CANCELLED.to_hresult() {
            LaunchError::Declined
        } else {
            LaunchError::Failed(error.to_string())
        }
    })?;
    if asked.hProcess.is_invalid() {
        return Err(LaunchError::Failed("Windows does not say which process it is".to_owned()));
    }
    // SAFETY: the mask asks for this handle, which is ours to close.
    let process = unsafe { OwnedHandle::from_raw_handle(asked.hProcess.0) };
    // SAFETY: the process is open.
    match unsafe { GetProcessId(HANDLE(process.as_raw_handle())) } {
        0 => Err(LaunchError::Failed(io::Error::last_os_error().to_string())),
        id => Ok(Launched { process, id }),
    }
}

/// With the zero that Windows wants at the end, and no other.
fn wide(text: &OsStr) -> Result<Vec<u16>, LaunchError> {
    let mut units: Vec<u16> = text.encode_wide().collect();
    if units.contains(&0) {
        return Err(LaunchError::Failed("a zero inside a text".to_owned()));
    }
    units.push(0);
    Ok(units)
}

/// The process at the other end of this pipe, asked at the server's end.
pub fn client_of(pipe: &impl AsHandle) -> io::Result<u32> {
    let mut process = 0;
    // SAFETY: the handle is open, and the place outlives the call.
    unsafe { GetNamedPipeClientProcessId(HANDLE(pipe.as_handle().as_raw_handle()), &raw mut process) }?;
    Ok(process)
}

/// The process that made this pipe, asked at the client's end.
pub fn server_of(pipe: &impl AsHandle) -> io::Result<u32> {
    let mut process = 0;
    // SAFETY: the handle is open, and the place outlives the call.
    unsafe { GetNamedPipeServerProcessId(HANDLE(pipe.as_handle().as_raw_handle()), &raw mut process) }?;
    Ok(process)
}

fn open(process: u32) -> windows::core::Result<OwnedHandle> {
    // SAFETY: nothing is given but numbers.
    let process = unsafe { OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, false, process) }?;
    // SAFETY: it was opened above for nobody else.
    Ok(unsafe { OwnedHandle::from_raw_handle(process.0) })
}

/// Lets this process ask about those of other users too, or no more. Does nothing where it has not that right.
pub(super) fn ask_about_all(on: bool) -> windows::core::Result<()> {
    let mut token = HANDLE::default();
    // SAFETY: the process is our own, and the place outlives the call.
    unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &raw mut token) }?;
    // SAFETY: it was opened above for nobody else.
    let token = unsafe { OwnedHandle::from_raw_handle(token.0) };
    let mut which = LUID::default();
    // SAFETY: the name is a constant that ends in a zero, and the place outlives the call.
    unsafe { LookupPrivilegeValueW(None, SE_DEBUG_NAME, &raw mut which) }?;
    let attributes = if on { SE_PRIVILEGE_ENABLED } else { TOKEN_PRIVILEGES_ATTRIBUTES(0) };
    let privileges = TOKEN_PRIVILEGES {
        PrivilegeCount: 1,
        Privileges: [LUID_AND_ATTRIBUTES { Luid: which, Attributes: attributes }],
    };
    // SAFETY: the token is open for this, `privileges` has the one that it says, and nothing is written back.
    unsafe { AdjustTokenPrivileges(HANDLE(token.as_raw_handle()), false, Some(&raw const privileges), 0, None, None) }
}

/// By its volume, not by a drive's letter: those are each login's own. Where a user without an administrator's rights has typed the password of
/// somebody with, this process is that other one's, who may ask about the user's only with the privilege that administrators have and do not use.
pub(super) fn program_of(process: u32) -> io::Result<PathBuf> {
    let process = match open(process) {
        Err(error) if error.code() == E_ACCESSDENIED => {
            ask_about_all(true)?;
            let opened = open(process);
            ask_about_all(false)?;
            opened?
        }
        opened => opened?,
    };
    let mut name = vec![0_u16; PATH_UNITS as usize];
    let mut length = PATH_UNITS;
    let place = PWSTR(name.as_mut_ptr());
    let process = HANDLE(process.as_raw_handle());
    // SAFETY: the process is open, and at most the units that are said are written to `name`.
    unsafe { QueryFullProcessImageNameW(process, PROCESS_NAME_NATIVE, place, &raw mut length) }?;
    Ok(OsString::from_wide(name.get(..length as usize).unwrap_or_default()).into())
}
