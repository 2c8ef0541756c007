//! Windows: SendSAS of `sas.dll`, which is not on every edition and is therefore looked for when it is wanted. It has no answer. Microsoft wants
//! a service or a program with UI access there; what else is let through is Windows' to say, so it is asked and looked at.
#![allow(unsafe_code)]

use std::time::Duration;

use windows::{
    Win32::{
        Foundation::FreeLibrary,
        System::{
            LibraryLoader::{GetProcAddress, LOAD_LIBRARY_SEARCH_SYSTEM32, LoadLibraryExW},
            Registry::{HKEY_LOCAL_MACHINE, RRF_RT_REG_DWORD, RegGetValueW},
        },
    },
    core::{s, w},
};

use super::System;
use crate::{
    desk::{Desk, Watch},
    elevation::{self, Can},
};

pub(super) fn system() -> Option<Box<dyn System>> {
    Some(Box::new(Windows(Watch::system())))
}

struct Windows(Watch);

impl System for Windows {
    fn administrator(&self) -> bool {
        elevation::can() == Can::Already
    }

    fn policy(&self) -> Option<u32> {
        let key = w!("SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System");
        let mut policy = 0_u32;
        let mut bytes = u32::try_from(size_of::<u32>()).ok()?;
        let place = Some((&raw mut policy).cast());
        // SAFETY: both names end in a zero, and at most the bytes that are said are written to `policy`.
        let answer = unsafe {
            let size = Some(&raw mut bytes);
            RegGetValueW(HKEY_LOCAL_MACHINE, key, w!("SoftwareSASGeneration"), RRF_RT_REG_DWORD, None, place, size)
        };
        answer.ok().ok().map(|()| policy)
    }

    fn ask(&mut self) -> bool {
        // SAFETY: only the system's own folder is looked in, and what it gives has this name.
        let library = match unsafe { LoadLibraryExW(w!("sas.dll"), None, LOAD_LIBRARY_SEARCH_SYSTEM32) } {
            Ok(library) => library,
            Err(error) => {
                tracing::warn!(%error, "this Windows has no sas.dll");
                return false;
            }
        };
        // SAFETY: the library is loaded; the function is `void WINAPI SendSAS(BOOL)` by its documentation, and the library is given back once it
        // has returned.
        unsafe {
            let found = GetProcAddress(library, s!("SendSAS"));
            if let Some(found) = found {
                let send =
                    std::mem::transmute::<unsafe extern "system" fn() -> isize, unsafe extern "system" fn(i32)>(found);
                // As the user who is logged in, which is what we run as.
                send(1);
            }
            let _ = FreeLibrary(library);
            found.is_some()
        }
    }

    fn look(&mut self) -> Desk {
        if self.0.look() { Desk::System } else { Desk::User }
    }

    fn wait(&mut self, time: Duration) {
        std::thread::sleep(time);
    }
}
