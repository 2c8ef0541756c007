//! Windows: a child window over the picture area, drawn to by its own thread with GDI.
//!
//! The child is disabled, so that mouse and keys go to the viewer window below it. Its messages are looked at in [`Surface::wait`] and after each
//! drawing: a window whose thread looks at none would hold up its parent. The customer's pointer as the look of the local one is not there
//! yet: while controlling, the local pointer keeps the system's.
#![allow(unsafe_code)]

use std::{sync::Once, time::Duration};

use media::{Picture, Waker, waker::Wakeup};
use protocol::media::{Point, Pointer, PointerShape, Rect};
use windows::{
    Win32::{
        Foundation::{HWND, LPARAM, LRESULT, WPARAM},
        Graphics::Gdi::{
            BI_RGB, BITMAPINFO, BITMAPINFOHEADER, CombineRgn, CreateRectRgn, DIB_RGB_COLORS, DeleteObject, GdiFlush,
            GetDC, HRGN, RGN_DIFF, ReleaseDC, SRCCOPY, SetWindowRgn, StretchDIBits, ValidateRect,
        },
        System::LibraryLoader::GetModuleHandleW,
        UI::WindowsAndMessaging::{
            CreateWindowExW, DefWindowProcW, DestroyWindow, DispatchMessageW, HTTRANSPARENT, HWND_TOP, IsWindow, MSG,
            PM_REMOVE, PeekMessageW, RegisterClassW, SW_HIDE, SW_SHOWNA, SWP_NOACTIVATE, SetWindowPos, ShowWindow,
            WM_ERASEBKGND, WM_NCHITTEST, WM_PAINT, WNDCLASSW, WS_CHILD, WS_CLIPSIBLINGS, WS_DISABLED, WS_EX_NOACTIVATE,
            WS_EX_NOPARENTNOTIFY,
        },
    },
    core::{PCWSTR, w},
};

use super::{
    Area, Error, Mapping, PointerMode,
    paint::{self, Target},
};

const CLASS: PCWSTR = w!("AmparoPicture");

pub(super) struct Surface {
    /// The handle, as a number: only the thread that made the window uses it.
    window: usize,
    area: Area,
    margin: [u8; 3],
    /// The area's pixels: rows of `B G R x` from the top.
    picture: Vec<u8>,
    /// The picture has to be drawn as a whole.
    blank: bool,
    wakeup: Wakeup,
    shape: Option<PointerShape>,
    at: Option<Point>,
    mode: PointerMode,
    /// Where the pointer is in the picture.
    drawn: Option<Area>,
}

impl Surface {
    pub(super) fn open(_: Option<&str>, parent: u32, area: Area, margin: [u8; 3]) -> Result<Self, Error> {
        let failed = |error: &dyn std::fmt::Display| Error::Open(error.to_string());
        register();
        let (width, height) = sides(area);
        // SAFETY: the class is registered; a parent that is gone is an error. The window belongs to this thread, which drops us.
        let window = unsafe {
            CreateWindowExW(
                WS_EX_NOACTIVATE | WS_EX_NOPARENTNOTIFY,
                CLASS,
                PCWSTR::null(),
                WS_CHILD | WS_DISABLED | WS_CLIPSIBLINGS,
                area.x,
                area.y,
                width,
                height,
                Some(HWND(parent as usize as *mut _)),
                None,
                None,
                None,
            )
        }
        .map_err(|error| failed(&error))?;
        let mut this = Self {
            window: window.0 as usize,
            area,
            margin,
            picture: Vec::new(),
            blank: true,
            wakeup: Wakeup::new().map_err(|error| failed(&error))?,
            shape: None,
            at: None,
            mode: PointerMode::default(),
            drawn: None,
        };
        this.remember();
        Ok(this)
    }

    fn window(&self) -> HWND {
        HWND(self.window as *mut _)
    }

    pub(super) fn waker(&self) -> Waker {
        self.wakeup.waker()
    }

    pub(super) fn wait(&mut self, timeout: Duration) -> Result<(), Error> {
        self.answer()?;
        self.wakeup.wait_messages(timeout).map_err(|error| Error::Gone(error.to_string()))?;
        self.answer()
    }

    pub(super) fn place(&mut self, area: Area, holes: &[Area]) -> Result<(), Error> {
        let resized = (area.width, area.height) != (self.area.width, self.area.height);
        self.area = area;
        let (width, height) = sides(area);
        // SAFETY: our window, or one that is gone, which is an error.
        unsafe { SetWindowPos(self.window(), Some(HWND_TOP), area.x, area.y, width, height, SWP_NOACTIVATE) }
            .map_err(|error| Error::Gone(error.message()))?;
        let outline = region(Area { x: 0, y: 0, ..area });
        for hole in holes {
            let part = region(Area { x: hole.x - area.x, y: hole.y - area.y, ..*hole });
            // SAFETY: both regions are ours.
            unsafe { CombineRgn(Some(outline), Some(outline), Some(part), RGN_DIFF) };
            free(part);
        }
        // SAFETY: the window owns the region if it takes it.
        if unsafe { SetWindowRgn(self.window(), Some(outline), true) } == 0 {
            free(outline);
        }
        if resized {
            self.remember();
        }
        self.answer()
    }

    pub(super) fn margin(&mut self, margin: [u8; 3]) {
        self.blank |= self.margin != margin;
        self.margin = margin;
    }

    pub(super) fn visible(&mut self, visible: bool) -> Result<(), Error> {
        // SAFETY: our window. What is told is whether it was visible before.
        let _ = unsafe { ShowWindow(self.window(), if visible { SW_SHOWNA } else { SW_HIDE }) };
        self.answer()
    }

    pub(super) fn blank(&self) -> bool {
        self.blank
    }

    pub(super) fn draw(
        &mut self,
        canvas: Picture<'_>,
        damaged: &[Rect],
        anew: bool,
        mapping: &Mapping,
    ) -> Result<(), Error> {
        let mut parts: Vec<Area> = damaged.iter().filter_map(|rect| mapping.to_area(*rect)).collect();
        if anew {
            let margin = self.margin;
            self.target().fill(margin);
            parts = vec![Area { x: 0, y: 0, ..self.area }];
            self.blank = false;
            self.drawn = self.pointer_now(mapping);
        }
        self.show_parts(canvas, mapping, &parts)
    }

    pub(super) fn pointer(
        &mut self,
        canvas: Picture<'_>,
        mapping: Option<&Mapping>,
        pointer: Pointer,
    ) -> Result<(), Error> {
        match pointer {
            Pointer::At(at) => self.at = Some(at),
            Pointer::Shape(shape) if shape.allowed() => self.shape = Some(shape),
            Pointer::Shape(_) => return Ok(()),
            Pointer::Hidden => self.shape = None,
        }
        self.move_pointer(canvas, mapping)
    }

    pub(super) fn pointer_mode(
        &mut self,
        canvas: Picture<'_>,
        mapping: Option<&Mapping>,
        mode: PointerMode,
    ) -> Result<(), Error> {
        if self.mode == mode {
            return Ok(());
        }
        self.mode = mode;
        self.move_pointer(canvas, mapping)
    }

    /// Draws the pointer where it is now and the picture where it was.
    fn move_pointer(&mut self, canvas: Picture<'_>, mapping: Option<&Mapping>) -> Result<(), Error> {
        let Some(mapping) = mapping.filter(|_| !self.blank) else { return Ok(()) };
        let before = self.drawn.take();
        self.drawn = self.pointer_now(mapping);
        let parts: Vec<Area> = [before, self.drawn].into_iter().flatten().collect();
        self.show_parts(canvas, mapping, &parts)
    }

    /// Where the pointer is to be drawn, if it is.
    fn pointer_now(&self, mapping: &Mapping) -> Option<Area> {
        if self.mode == PointerMode::Local {
            return None;
        }
        paint::pointer_place(mapping, self.shape.as_ref()?, self.at?)
    }

    fn target(&mut self) -> Target<'_> {
        let (width, height) = (self.area.width.max(1), self.area.height.max(1));
        Target { bytes: &mut self.picture, width, height }
    }

    /// Colours parts of the memory, then lets the system draw them.
    fn show_parts(&mut self, canvas: Picture<'_>, mapping: &Mapping, parts: &[Area]) -> Result<(), Error> {
        let (shape, place) = (self.shape.take(), self.drawn);
        let mut target = self.target();
        for part in parts {
            target.picture(canvas, mapping, *part);
            if let (Some(shape), Some(place)) = (&shape, place) {
                target.pointer(shape, place, *part);
            }
        }
        self.shape = shape;
        for part in parts {
            self.put(*part)?;
        }
        // What is acknowledged as shown is shown.
        // SAFETY: draws what this thread has collected.
        let _ = unsafe { GdiFlush() };
        self.answer()
    }

    /// Lets the system draw a part of the memory.
    fn put(&self, part: Area) -> Result<(), Error> {
        let Some(part) = paint::intersect(part, Area { x: 0, y: 0, ..self.area }) else { return Ok(()) };
        let (width, height) = sides(part);
        let stride = self.area.width.max(1) as usize * 4;
        // The rows of the part as a bitmap of their own, from the top: then no system counts them from the other end.
        let rows = &self.picture[part.y as usize * stride..][..part.height as usize * stride];
        let info = BITMAPINFO {
            bmiHeader: BITMAPINFOHEADER {
                biSize: std::mem::size_of::<BITMAPINFOHEADER>() as u32,
                biWidth: (stride / 4) as i32,
                biHeight: -height,
                biPlanes: 1,
                biBitCount: 32,
                biCompression: BI_RGB.0,
                ..BITMAPINFOHEADER::default()
            },
            ..BITMAPINFO::default()
        };
        // SAFETY: the header describes `rows`, which lives through the call; the context is given back.
        let drawn = unsafe {
            let dc = GetDC(Some(self.window()));
            if dc.is_invalid() {
                return Err(Error::Gone("it gives no way to draw".to_owned()));
            }
            let (x, y, from) = (part.x, part.y, rows.as_ptr().cast());
            let drawn = StretchDIBits(
                dc,
                x,
                y,
                width,
                height,
                x,
                0,
                width,
                height,
                Some(from),
                &raw const info,
                DIB_RGB_COLORS,
                SRCCOPY,
            );
            ReleaseDC(Some(self.window()), dc);
            drawn
        };
        if drawn == 0 { Err(Error::Gone("it was not drawn to".to_owned())) } else { Ok(()) }
    }

    /// Looks at the messages of the window.
    fn answer(&mut self) -> Result<(), Error> {
        let mut message = MSG::default();
        // SAFETY: `message` is valid for each call; a message is handed to the window's own procedure.
        unsafe {
            while PeekMessageW(&raw mut message, None, 0, 0, PM_REMOVE).as_bool() {
                if message.message == WM_PAINT && message.hwnd == self.window() {
                    let _ = ValidateRect(Some(self.window()), None);
                    if !self.blank {
                        self.put(Area { x: 0, y: 0, ..self.area })?;
                    }
                } else {
                    DispatchMessageW(&raw const message);
                }
            }
            if !IsWindow(Some(self.window())).as_bool() {
                return Err(Error::Gone("it was closed".to_owned()));
            }
        }
        Ok(())
    }

    /// Makes the memory for the area's size.
    fn remember(&mut self) {
        self.blank = true;
        self.drawn = None;
        self.picture = vec![0; self.area.width.max(1) as usize * self.area.height.max(1) as usize * 4];
    }
}

impl Drop for Surface {
    fn drop(&mut self) {
        // SAFETY: our window, made by this thread; it may be gone with its parent.
        if let Err(error) = unsafe { DestroyWindow(self.window()) } {
            tracing::debug!(%error, "the picture's window was gone");
        }
    }
}

fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: the procedure has the signature that is asked for and lives as long as the program.
        unsafe {
            let class = WNDCLASSW {
                lpfnWndProc: Some(procedure),
                hInstance: GetModuleHandleW(None).unwrap_or_default().into(),
                lpszClassName: CLASS,
                ..WNDCLASSW::default()
            };
            RegisterClassW(&raw const class);
        }
    });
}

unsafe extern "system" fn procedure(window: HWND, message: u32, word: WPARAM, long: LPARAM) -> LRESULT {
    match message {
        // Everything is drawn from memory: nothing is erased before.
        WM_ERASEBKGND => LRESULT(1),
        WM_NCHITTEST => LRESULT(HTTRANSPARENT as isize),
        // SAFETY: handed on as it came.
        _ => unsafe { DefWindowProcW(window, message, word, long) },
    }
}

fn region(area: Area) -> HRGN {
    let (width, height) = sides(area);
    // SAFETY: makes a region that is ours.
    unsafe { CreateRectRgn(area.x, area.y, area.x + width, area.y + height) }
}

fn free(region: HRGN) {
    // SAFETY: called for regions that are ours, once.
    let _ = unsafe { DeleteObject(region.into()) };
}

fn sides(area: Area) -> (i32, i32) {
    let side = |length: u32| i32::try_from(length).unwrap_or(i32::MAX).max(1);
    (side(area.width), side(area.height))
}
