//! By the number that Windows has given to the user's login.
#![allow(unsafe_code)]

use windows::Win32::{
    Foundation::{CloseHandle, HANDLE},
    Security::{GetTokenInformation, TOKEN_QUERY, TOKEN_STATISTICS, TokenStatistics},
    System::Threading::{GetCurrentProcess, OpenProcessToken},
};

pub(super) fn now() -> Option<String> {
    let mut token = HANDLE::default();
    let mut statistics = TOKEN_STATISTICS::default();
    let size = u32::try_from(size_of::<TOKEN_STATISTICS>()).ok()?;
    let mut written = 0;
    // SAFETY: `statistics` has the bytes that are said, both places outlive the calls, and the token is closed once.
    let told = unsafe {
        OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &raw mut token).ok()?;
        let place = Some((&raw mut statistics).cast());
        let told = GetTokenInformation(token, TokenStatistics, place, size, &raw mut written);
        let _ = CloseHandle(token);
        told
    };
    told.ok()?;
    let login = statistics.AuthenticationId;
    Some(format!("{:x}:{:x}", login.HighPart, login.LowPart))
}
