//! A window's outline on Windows: a region made of flat rectangles, and the place above all others.
#![allow(unsafe_code)]

use std::collections::HashMap;

use windows::Win32::{
    Foundation::HWND,
    Graphics::Gdi::{CombineRgn, CreateRectRgn, DeleteObject, HRGN, RGN_ERROR, RGN_OR, SetWindowRgn},
    UI::WindowsAndMessaging::{HWND_TOPMOST, SWP_NOACTIVATE, SWP_NOMOVE, SWP_NOSIZE, SetWindowPos},
};

use super::Area;

/// What each window was cut to.
#[derive(Default)]
pub(super) struct Outlines(HashMap<u32, Vec<Area>>);

impl Outlines {
    /// Sets the outline if it is another, and puts the window above all others again.
    pub(super) fn set(&mut self, window: u32, rows: Vec<Area>) -> Result<(), Box<dyn std::error::Error>> {
        let handle = HWND(window as usize as *mut _);
        if self.0.get(&window) != Some(&rows) {
            self.0.remove(&window);
            cut(handle, &rows)?;
            self.0.insert(window, rows);
        }
        // SAFETY: a window that is gone is an error.
        unsafe { SetWindowPos(handle, Some(HWND_TOPMOST), 0, 0, 0, 0, SWP_NOMOVE | SWP_NOSIZE | SWP_NOACTIVATE)? };
        Ok(())
    }
}

fn cut(window: HWND, rows: &[Area]) -> Result<(), Box<dyn std::error::Error>> {
    // SAFETY: regions are ours until one of them is given to the window, which then owns it; a window that is gone is an error.
    unsafe {
        let whole = CreateRectRgn(0, 0, 0, 0);
        for row in rows {
            let right = row.x + i32::try_from(row.width)?;
            let bottom = row.y + i32::try_from(row.height)?;
            let part = CreateRectRgn(row.x, row.y, right, bottom);
            let joined = CombineRgn(Some(whole), Some(whole), Some(part), RGN_OR);
            free(part);
            if joined == RGN_ERROR {
                free(whole);
                return Err("an outline could not be made".into());
            }
        }
        if SetWindowRgn(window, Some(whole), true) == 0 {
            free(whole);
            return Err("the window took no outline".into());
        }
    }
    Ok(())
}

fn free(region: HRGN) {
    // SAFETY: called for regions that are ours, once.
    let _ = unsafe { DeleteObject(region.into()) };
}
