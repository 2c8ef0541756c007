//! By the user's part of the registry: `HKEY_CURRENT_USER\Software\Classes\SCHEME`, as Microsoft's "Registering an Application to a URI
//! Scheme" describes it.
#![allow(unsafe_code)]

use std::io;

use windows::{
    Win32::{
        Foundation::{ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND},
        System::Registry::{HKEY_CURRENT_USER, REG_SZ, RRF_RT_REG_SZ, RegDeleteTreeW, RegGetValueW, RegSetKeyValueW},
    },
    core::{HSTRING, PCWSTR},
};

pub(super) fn answer(scheme: &str, name: &str, program: &str) -> io::Result<()> {
    let class = class(scheme);
    set(&class, "", name)?;
    set(&class, "URL Protocol", "")?;
    set(&format!("{class}\\DefaultIcon"), "", &format!("\"{program}\",0"))?;
    set(&format!("{class}\\shell\\open\\command"), "", &command(program))
}

pub(super) fn forget(scheme: &str, program: &str) -> io::Result<bool> {
    let class = class(scheme);
    // Names of files are the same in capitals here.
    let ours = text(&format!("{class}\\shell\\open\\command"))
        .is_some_and(|there| there.to_lowercase() == command(program).to_lowercase());
    if !ours {
        return Ok(false);
    }
    let key = HSTRING::from(class);
    // SAFETY: the name ends in a zero and outlives the call.
    match unsafe { RegDeleteTreeW(HKEY_CURRENT_USER, &key) } {
        ERROR_FILE_NOT_FOUND | ERROR_PATH_NOT_FOUND => Ok(false),
        answer => answer.ok().map(|()| true).map_err(io::Error::from),
    }
}

fn class(scheme: &str) -> String {
    format!("Software\\Classes\\{scheme}")
}

fn command(program: &str) -> String {
    format!("\"{program}\" -- \"%1\"")
}

/// The text that a key has as its own; longer than any path, it is none of ours.
fn text(key: &str) -> Option<String> {
    let key = HSTRING::from(key);
    let mut text = vec![0_u16; 1 << 15];
    let mut bytes = u32::try_from(text.len() * 2).ok()?;
    let place = Some(text.as_mut_ptr().cast());
    // SAFETY: the name ends in a zero and outlives the call, and at most the bytes that are said are written to `text`.
    let answer = unsafe {
        RegGetValueW(HKEY_CURRENT_USER, &key, PCWSTR::null(), RRF_RT_REG_SZ, None, place, Some(&raw mut bytes))
    };
    answer.ok().ok()?;
    let end = text.iter().position(|unit| *unit == 0)?;
    Some(String::from_utf16_lossy(&text[..end]))
}

/// Makes the key where it is missing.
fn set(key: &str, value: &str, text: &str) -> io::Result<()> {
    let (key, value) = (HSTRING::from(key), HSTRING::from(value));
    let text: Vec<u16> = text.encode_utf16().chain([0]).collect();
    let bytes = u32::try_from(text.len() * 2).map_err(io::Error::other)?;
    // SAFETY: both names end in a zero and outlive the call, and `text` has the bytes that are said.
    let answer =
        unsafe { RegSetKeyValueW(HKEY_CURRENT_USER, &key, &value, REG_SZ.0, Some(text.as_ptr().cast()), bytes) };
    answer.ok().map_err(io::Error::from)
}
