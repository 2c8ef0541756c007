//! By the user's part of the registry: `HKEY_CURRENT_USER\Software\Classes\SCHEME`, as Microsoft's "Registering an Application to a URI
//! Scheme" describes it.
#![allow(unsafe_code)]

use std::io;

use windows::{
    Win32::System::Registry::{HKEY_CURRENT_USER, REG_SZ, RegSetKeyValueW},
    core::HSTRING,
};

pub(super) fn answer(scheme: &str, name: &str, program: &str) -> io::Result<()> {
    let class = format!("Software\\Classes\\{scheme}");
    set(&class, "", name)?;
    set(&class, "URL Protocol", "")?;
    set(&format!("{class}\\DefaultIcon"), "", &format!("\"{program}\",0"))?;
    set(&format!("{class}\\shell\\open\\command"), "", &format!("\"{program}\" -- \"%1\""))
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
