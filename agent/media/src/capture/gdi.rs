//! Windows without desktop duplication (remote desktops, old drivers, Wine): GDI copies of the whole virtual desktop.
//!
//! GDI tells of no damage, so the desktop is looked at as a whole, at a pace; what did not change is found by comparison and sent to nobody. While
//! the secure desktop shows (a question of the system about rights), nothing can be read, and nothing is: the last picture stays.
#![allow(unsafe_code)]

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use protocol::{
    limits,
    media::{Bytes, Point, Pointer, PointerShape, Rect, Size},
};
use windows::Win32::{
    Foundation::POINT,
    Graphics::Gdi::{
        BI_RGB, BITMAP, BITMAPINFO, BITMAPINFOHEADER, BitBlt, CreateCompatibleDC, CreateDIBSection, DIB_RGB_COLORS,
        DeleteDC, DeleteObject, GdiFlush, GetDC, GetDIBits, GetObjectW, HBITMAP, HDC, HGDIOBJ, ReleaseDC, SRCCOPY,
        SelectObject,
    },
    UI::WindowsAndMessaging::{
        CURSOR_SHOWING, CURSORINFO, GetCursorInfo, GetIconInfo, GetSystemMetrics, HCURSOR, HICON, ICONINFO,
        SM_CXVIRTUALSCREEN, SM_CYVIRTUALSCREEN, SM_XVIRTUALSCREEN, SM_YVIRTUALSCREEN,
    },
};

use super::{Backend, Error, Event, Piece};
use crate::waker::Wakeup;

/// Time between two looks at the desktop.
const EVERY: Duration = Duration::from_millis(33);
/// Time between two looks at the pointer.
const POINTER_EVERY: Duration = Duration::from_millis(15);

/// Where the virtual desktop begins and how large it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Desktop {
    left: i32,
    top: i32,
    size: Size,
}

impl Desktop {
    fn now() -> Result<Self, Error> {
        // SAFETY: reads numbers of the system.
        let [left, top, width, height] = [SM_XVIRTUALSCREEN, SM_YVIRTUALSCREEN, SM_CXVIRTUALSCREEN, SM_CYVIRTUALSCREEN]
            .map(|which| unsafe { GetSystemMetrics(which) });
        let size = u16::try_from(width).ok().zip(u16::try_from(height).ok());
        let size = size.map(|(width, height)| Size { width, height }).filter(|size| size.allowed());
        let size = size.ok_or(Error::Size { width: width.unsigned_abs(), height: height.unsigned_abs() })?;
        Ok(Self { left, top, size })
    }
}

pub(super) struct Gdi {
    desktop: Desktop,
    screen: ScreenDc,
    memory: Memory,
    due: Instant,
    pointer: PointerLook,
}

impl Gdi {
    pub(super) fn open(display: Option<&str>) -> Result<Self, Error> {
        if display.is_some() {
            return Err(Error::Missing("choice of a display with gdi"));
        }
        let desktop = Desktop::now()?;
        let screen = ScreenDc::new()?;
        let memory = Memory::new(&screen, desktop.size)?;
        Ok(Self { desktop, screen, memory, due: Instant::now(), pointer: PointerLook::new()? })
    }

    fn look_at_size(&mut self, events: &mut VecDeque<Event>) -> Result<(), Error> {
        let desktop = Desktop::now()?;
        if desktop == self.desktop {
            return Ok(());
        }
        if desktop.size != self.desktop.size {
            self.memory = Memory::new(&self.screen, desktop.size)?;
            events.push_back(Event::Resized(desktop.size));
        }
        self.desktop = desktop;
        self.due = Instant::now();
        Ok(())
    }
}

impl Backend for Gdi {
    fn size(&self) -> Size {
        self.desktop.size
    }

    fn wait(
        &mut self,
        wakeup: &mut Wakeup,
        picture: bool,
        timeout: Duration,
        events: &mut VecDeque<Event>,
    ) -> Result<(), Error> {
        let until = Instant::now().checked_add(timeout);
        loop {
            self.look_at_size(events)?;
            self.pointer.look(self.desktop.left, self.desktop.top, self.desktop.size, events);
            let now = Instant::now();
            if picture && now >= self.due {
                self.due = now + EVERY;
                events.push_back(Event::Damaged(vec![self.desktop.size.rect()]));
            }
            let left = until.map_or(timeout, |until| until.saturating_duration_since(now));
            if !events.is_empty() || left.is_zero() {
                return Ok(());
            }
            let mut pause = left.min(POINTER_EVERY);
            if picture {
                pause = pause.min(self.due.saturating_duration_since(now));
            }
            if wakeup.wait(pause).map_err(|error| Error::Gone(error.to_string()))? {
                return Ok(());
            }
        }
    }

    fn read(&mut self, rects: &[Rect], sink: &mut dyn FnMut(Piece<'_>)) -> Result<(), Error> {
        let mut pixels = Vec::new();
        let whole = self.memory.size.rect();
        for rect in rects.iter().filter_map(|rect| rect.intersect(whole)) {
            if !self.memory.copy(&self.screen, &self.desktop, rect) {
                // The secure desktop: what was there stays.
                continue;
            }
            pixels.clear();
            let stride = usize::from(self.memory.size.width) * 4;
            for y in usize::from(rect.y)..rect.bottom() as usize {
                let start = y * stride + usize::from(rect.x) * 4;
                pixels.extend_from_slice(&self.memory.bytes()[start..start + usize::from(rect.width) * 4]);
            }
            sink(Piece { rect, bgrx: &pixels });
        }
        Ok(())
    }
}

/// What the pointer does, for every backend of this system.
pub(super) struct PointerLook {
    screen: ScreenDc,
    at: Option<Point>,
    /// Which cursor was last told, by its handle; 0 for none.
    cursor: Option<isize>,
}

impl PointerLook {
    pub(super) fn new() -> Result<Self, Error> {
        Ok(Self { screen: ScreenDc::new()?, at: None, cursor: None })
    }

    /// What it did since the last look, on a screen that begins at this place of the virtual desktop.
    pub(super) fn look(&mut self, left: i32, top: i32, size: Size, events: &mut VecDeque<Event>) {
        let mut info = CURSORINFO { cbSize: std::mem::size_of::<CURSORINFO>() as u32, ..CURSORINFO::default() };
        // SAFETY: `info` is valid and says its size.
        if unsafe { GetCursorInfo(&raw mut info) }.is_err() {
            // The secure desktop shows, or another session.
            return;
        }
        let shown = info.flags.0 & CURSOR_SHOWING.0 != 0 && !info.hCursor.is_invalid();
        let cursor = if shown { info.hCursor.0 as isize } else { 0 };
        if self.cursor.replace(cursor) != Some(cursor) {
            let shape = if shown { shape(&self.screen, info.hCursor) } else { None };
            events.push_back(Event::Pointer(shape.map_or(Pointer::Hidden, Pointer::Shape)));
        }
        let POINT { x, y } = info.ptScreenPos;
        let inside = |at: i32, from: i32, side: u16| {
            u16::try_from(at.saturating_sub(from).max(0)).unwrap_or(u16::MAX).min(side - 1)
        };
        let Size { width, height } = size;
        let at = Point { x: inside(x, left, width), y: inside(y, top, height) };
        if self.at.replace(at) != Some(at) {
            events.push_back(Event::Pointer(Pointer::At(at)));
        }
    }
}

/// What the desktop is read through.
struct ScreenDc(HDC);

impl ScreenDc {
    fn new() -> Result<Self, Error> {
        // SAFETY: `None` is the whole desktop.
        let dc = unsafe { GetDC(None) };
        if dc.is_invalid() { Err(Error::Missing("desktop that can be read")) } else { Ok(Self(dc)) }
    }
}

impl Drop for ScreenDc {
    fn drop(&mut self) {
        // SAFETY: got from `GetDC(None)` on this thread.
        unsafe { ReleaseDC(None, self.0) };
    }
}

/// A bitmap in memory of ours, rows from the top, `B G R x`.
struct Memory {
    dc: HDC,
    bitmap: HBITMAP,
    before: HGDIOBJ,
    bits: *const u8,
    size: Size,
}

impl Memory {
    fn new(screen: &ScreenDc, size: Size) -> Result<Self, Error> {
        let failed = || Error::Missing("memory for its picture");
        let info = bitmap_info(i32::from(size.width), i32::from(size.height));
        let mut bits = std::ptr::null_mut();
        // SAFETY: the header describes 32 bits a pixel; `bits` is set to memory that lives as long as the bitmap.
        unsafe {
            let dc = CreateCompatibleDC(Some(screen.0));
            if dc.is_invalid() {
                return Err(failed());
            }
            let bitmap = CreateDIBSection(Some(dc), &raw const info, DIB_RGB_COLORS, &raw mut bits, None, 0);
            let Some(bitmap) = bitmap.ok().filter(|_| !bits.is_null()) else {
                let _ = DeleteDC(dc);
                return Err(failed());
            };
            let before = SelectObject(dc, bitmap.into());
            Ok(Self { dc, bitmap, before, bits: bits.cast(), size })
        }
    }

    /// Copies a part of the desktop. False: it cannot be read now.
    fn copy(&mut self, screen: &ScreenDc, desktop: &Desktop, rect: Rect) -> bool {
        let (x, y) = (i32::from(rect.x), i32::from(rect.y));
        let (width, height) = (rect.width.into(), rect.height.into());
        let (from_x, from_y) = (x + desktop.left, y + desktop.top);
        // SAFETY: both contexts live; the places are inside the bitmap.
        unsafe {
            let copied = BitBlt(self.dc, x, y, width, height, Some(screen.0), from_x, from_y, SRCCOPY).is_ok();
            // Drawing is collected; the memory is right after this.
            copied && GdiFlush().as_bool()
        }
    }

    fn bytes(&self) -> &[u8] {
        // SAFETY: the bitmap has 4 bytes for each pixel, without gaps, and is drawn to only by `copy`, which needs `&mut self`.
        unsafe { std::slice::from_raw_parts(self.bits, self.size.area() as usize * 4) }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: all three are ours; the bitmap is selected nowhere any more when it is deleted.
        unsafe {
            SelectObject(self.dc, self.before);
            let _ = DeleteObject(self.bitmap.into());
            let _ = DeleteDC(self.dc);
        }
    }
}

/// 32 bits a pixel, rows from the top.
fn bitmap_info(width: i32, height: i32) -> BITMAPINFO {
    BITMAPINFO {
        bmiHeader: BITMAPINFOHEADER {
            biSize: std::mem::size_of::<BITMAPINFOHEADER>() as u32,
            biWidth: width,
            biHeight: -height,
            biPlanes: 1,
            biBitCount: 32,
            biCompression: BI_RGB.0,
            ..BITMAPINFOHEADER::default()
        },
        ..BITMAPINFO::default()
    }
}

/// The picture of a cursor, cut to the limit; `None` where it shows nothing or cannot be read.
fn shape(screen: &ScreenDc, cursor: HCURSOR) -> Option<PointerShape> {
    let mut info = ICONINFO::default();
    // SAFETY: the cursor may go at any time; then this fails. The bitmaps it gives are ours, and freed below.
    unsafe { GetIconInfo(HICON(cursor.0), &raw mut info) }.ok()?;
    let (mask, colour) = (Bitmap(info.hbmMask), Bitmap(info.hbmColor));
    let (width, mask_height) = mask.sides()?;
    // A cursor of two colours has its two masks above each other.
    let plain = colour.0.is_invalid();
    let height = if plain { mask_height / 2 } else { mask_height };
    let mask_pixels = mask.pixels(screen, width, mask_height)?;
    let colour_pixels = if plain { Vec::new() } else { colour.pixels(screen, width, height)? };
    let alpha = colour_pixels.chunks_exact(4).any(|pixel| pixel[3] != 0);
    let (full, full_height) = (usize::try_from(width).ok()?, usize::try_from(height).ok()?);
    let side = i32::from(limits::POINTER_SIDE_PX);
    let (width, height) = (width.min(side), height.min(side));
    let mut rgba = Vec::new();
    for y in 0..usize::try_from(height).ok()? {
        for x in 0..usize::try_from(width).ok()? {
            let at = (y * full + x) * 4;
            let clear = mask_pixels[at] != 0;
            let pixel = if plain {
                let inverse = mask_pixels[((full_height + y) * full + x) * 4] != 0;
                match (clear, inverse) {
                    (true, false) => [0; 4],
                    // What would turn the picture's colours around is shown in grey.
                    (true, true) => [128, 128, 128, 255],
                    (false, white) => [u8::from(white) * 255, u8::from(white) * 255, u8::from(white) * 255, 255],
                }
            } else {
                let [b, g, r, a] = [0, 1, 2, 3].map(|i| colour_pixels[at + i]);
                let a = if alpha { a } else { u8::from(!clear) * 255 };
                // A pointer on its way has its colours weighted by their alpha.
                let weighted = |v: u8| u8::try_from(u16::from(v) * u16::from(a) / 255).unwrap_or(255);
                [weighted(r), weighted(g), weighted(b), a]
            };
            rgba.extend_from_slice(&pixel);
        }
    }
    rgba.chunks_exact(4).any(|pixel| pixel[3] != 0).then_some(())?;
    let (width, height) = (u16::try_from(width).ok()?, u16::try_from(height).ok()?);
    let hot = |at: u32, side: u16| u16::try_from(at).unwrap_or(0).min(side - 1);
    Some(PointerShape {
        width,
        height,
        hot_x: hot(info.xHotspot, width),
        hot_y: hot(info.yHotspot, height),
        rgba: Bytes(rgba),
    })
}

/// One of the bitmaps that `GetIconInfo` makes for its caller.
struct Bitmap(HBITMAP);

impl Bitmap {
    /// Its sides, if they can be those of a pointer.
    fn sides(&self) -> Option<(i32, i32)> {
        let mut about = BITMAP::default();
        let length = std::mem::size_of::<BITMAP>() as i32;
        // SAFETY: `about` has the length that is given.
        let got = unsafe { GetObjectW(self.0.into(), length, Some((&raw mut about).cast())) };
        let sane = |side: i32| (1..=1024).contains(&side);
        (got == length && sane(about.bmWidth) && sane(about.bmHeight)).then_some((about.bmWidth, about.bmHeight))
    }

    fn pixels(&self, screen: &ScreenDc, width: i32, height: i32) -> Option<Vec<u8>> {
        let mut info = bitmap_info(width, height);
        let mut pixels = vec![0; usize::try_from(width * height * 4).ok()?];
        let lines = height.unsigned_abs();
        // SAFETY: the header asks for 32 bits a pixel, for which `pixels` has room.
        let got = unsafe {
            let target = pixels.as_mut_ptr().cast();
            GetDIBits(screen.0, self.0, 0, lines, Some(target), &raw mut info, DIB_RGB_COLORS)
        };
        (got == height).then_some(pixels)
    }
}

impl Drop for Bitmap {
    fn drop(&mut self) {
        if !self.0.is_invalid() {
            // SAFETY: ours, and selected nowhere.
            let _ = unsafe { DeleteObject(self.0.into()) };
        }
    }
}
