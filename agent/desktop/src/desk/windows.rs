//! Windows: by the name of the desktop that gets input, beside that of our own. Of the secure one not even the name is told: it may not be opened.
#![allow(unsafe_code)]

use windows::Win32::{
    Foundation::{E_ACCESSDENIED, HANDLE},
    System::{
        StationsAndDesktops::{
            CloseDesktop, DESKTOP_CONTROL_FLAGS, DESKTOP_READOBJECTS, GetThreadDesktop, GetUserObjectInformationW,
            HDESK, OpenInputDesktop, UOI_NAME,
        },
        Threading::GetCurrentThreadId,
    },
};

use super::Desk;

pub(super) fn look() -> Desk {
    // SAFETY: nothing is given but flags.
    let input = match unsafe { OpenInputDesktop(DESKTOP_CONTROL_FLAGS(0), false, DESKTOP_READOBJECTS) } {
        Ok(input) => input,
        Err(error) if error.code() == E_ACCESSDENIED => return Desk::System,
        Err(error) => {
            tracing::debug!(%error, "which desktop gets input is not told");
            return Desk::Unknown;
        }
    };
    // SAFETY: the thread is our own, and its desktop is not ours to close.
    let own = unsafe { GetThreadDesktop(GetCurrentThreadId()) }.ok().and_then(name);
    let name = name(input);
    // SAFETY: it was opened above and is closed once.
    if let Err(error) = unsafe { CloseDesktop(input) } {
        tracing::debug!(%error, "a desktop is not closed");
    }
    match (own, name) {
        (Some(own), Some(name)) if own == name => Desk::User,
        (Some(_), Some(_)) => Desk::System,
        _ => Desk::Unknown,
    }
}

fn name(desktop: HDESK) -> Option<String> {
    let mut name = [0_u16; 128];
    let bytes = u32::try_from(size_of_val(&name)).ok()?;
    let place = Some(name.as_mut_ptr().cast());
    // SAFETY: the desktop is open, and at most the bytes that are said are written to `name`.
    unsafe { GetUserObjectInformationW(HANDLE(desktop.0), UOI_NAME, place, bytes, None) }.ok()?;
    let end = name.iter().position(|unit| *unit == 0)?;
    Some(String::from_utf16_lossy(&name[..end]).to_lowercase())
}
