//! Windows: desktop duplication. The system tells what was moved and what was drawn, and hands the picture over on the graphics card; only what
//! changed is copied to where we can read it.
//!
//! For one output: a desktop over several is read by GDI, whose places are the whole desktop's. Whatever ends the duplication for a moment (the
//! secure desktop, a full-screen program, a new mode) is waited out, and everything counts as damaged afterwards. What is not for a moment, such as a
//! graphics card that went, is told as the end of this backend: [`super::lasting`] opens another.
#![allow(unsafe_code)]

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use protocol::media::{Rect, Size};
use windows::{
    Win32::{
        Foundation::{E_ACCESSDENIED, HMODULE, RECT},
        Graphics::{
            Direct3D::D3D_DRIVER_TYPE_HARDWARE,
            Direct3D11::{
                D3D11_BOX, D3D11_CPU_ACCESS_READ, D3D11_CREATE_DEVICE_FLAG, D3D11_MAP_READ, D3D11_MAPPED_SUBRESOURCE,
                D3D11_SDK_VERSION, D3D11_TEXTURE2D_DESC, D3D11_USAGE_STAGING, D3D11CreateDevice, ID3D11Device,
                ID3D11DeviceContext, ID3D11Texture2D,
            },
            Dxgi::{
                Common::{DXGI_FORMAT_B8G8R8A8_UNORM, DXGI_SAMPLE_DESC},
                DXGI_ERROR_ACCESS_DENIED, DXGI_ERROR_ACCESS_LOST, DXGI_ERROR_MODE_CHANGE_IN_PROGRESS,
                DXGI_ERROR_NOT_CURRENTLY_AVAILABLE, DXGI_ERROR_SESSION_DISCONNECTED, DXGI_ERROR_UNSUPPORTED,
                DXGI_ERROR_WAIT_TIMEOUT, DXGI_OUTDUPL_FRAME_INFO, DXGI_OUTDUPL_MOVE_RECT, IDXGIDevice, IDXGIOutput1,
                IDXGIOutputDuplication, IDXGIResource,
            },
        },
    },
    core::Interface,
};

use super::{Backend, Error, Event, Piece, gdi::PointerLook};
use crate::waker::Wakeup;

/// The longest wait for a frame at a time: the waker is looked at in between.
const SLICE: Duration = Duration::from_millis(8);
/// Time between two tries to begin again after the duplication was taken away.
const AGAIN_EVERY: Duration = Duration::from_millis(250);
/// A duplication that is refused for longer, and not for the secure desktop's sake, is not there for a moment only.
const MOMENT: Duration = Duration::from_secs(3);

pub(super) struct Dxgi {
    device: ID3D11Device,
    context: ID3D11DeviceContext,
    output: IDXGIOutput1,
    duplication: Option<IDXGIOutputDuplication>,
    again: Instant,
    /// Since when it is refused.
    refused: Option<Instant>,
    /// The desktop, readable by us.
    staging: ID3D11Texture2D,
    size: Size,
    corner: Point32,
    /// Copied to `staging`, not yet told: damage without a wish for pictures.
    damaged: Vec<Rect>,
    pointer: PointerLook,
}

/// Time for the first frame.
const FIRST_WITHIN: Duration = Duration::from_millis(200);

/// Where the output begins on the virtual desktop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Point32 {
    x: i32,
    y: i32,
}

fn failed(error: &windows::core::Error) -> Error {
    Error::Open { display: "desktop duplication".to_owned(), why: error.message() }
}

impl Dxgi {
    pub(super) fn open(display: Option<&str>) -> Result<Self, Error> {
        if display.is_some() {
            return Err(Error::Missing("choice of a display with dxgi"));
        }
        let (device, context) = device().map_err(|error| failed(&error))?;
        // SAFETY: plain calls on interfaces that live.
        let (output, description) = unsafe {
            let adapter = device.cast::<IDXGIDevice>().and_then(|device| device.GetAdapter());
            let adapter = adapter.map_err(|error| failed(&error))?;
            let output = adapter.EnumOutputs(0).map_err(|error| failed(&error))?;
            if adapter.EnumOutputs(1).is_ok() {
                return Err(Error::Missing("single output for desktop duplication"));
            }
            let description = output.GetDesc().map_err(|error| failed(&error))?;
            (output.cast::<IDXGIOutput1>().map_err(|error| failed(&error))?, description)
        };
        let (corner, size) = place(description.DesktopCoordinates)?;
        // SAFETY: as above.
        let duplication = unsafe { output.DuplicateOutput(&device) }.map_err(|error| failed(&error))?;
        let staging = staging(&device, size).map_err(|error| failed(&error))?;
        let mut this = Self {
            device,
            context,
            output,
            duplication: Some(duplication),
            again: Instant::now(),
            refused: None,
            staging,
            size,
            corner,
            damaged: Vec::new(),
            pointer: PointerLook::new()?,
        };
        // The first frame is the whole desktop, and comes at once.
        this.frame(FIRST_WITHIN)?;
        Ok(this)
    }

    /// Takes one frame, if there is one within the time.
    fn frame(&mut self, timeout: Duration) -> Result<(), Error> {
        let Some(duplication) = self.duplication.clone() else { return Ok(()) };
        let millis = u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX);
        let mut info = DXGI_OUTDUPL_FRAME_INFO::default();
        let mut resource: Option<IDXGIResource> = None;
        // SAFETY: both are valid for the call; the frame is released below, before the next is asked for.
        match unsafe { duplication.AcquireNextFrame(millis, &raw mut info, &raw mut resource) } {
            Ok(()) => {}
            Err(error) if error.code() == DXGI_ERROR_WAIT_TIMEOUT => return Ok(()),
            Err(error) => return self.stop(&error),
        }
        let taken = resource.map(|resource| self.take(&duplication, &resource, &info));
        // SAFETY: a frame was acquired.
        let released = unsafe { duplication.ReleaseFrame() };
        taken.unwrap_or(Ok(())).and(released).or_else(|error| self.stop(&error))
    }

    /// It was taken away: for a moment, or for good.
    fn stop(&mut self, error: &windows::core::Error) -> Result<(), Error> {
        if !momentary(error) {
            return Err(Error::Gone(error.message()));
        }
        tracing::debug!(%error, "desktop duplication stops for now");
        self.duplication = None;
        Ok(())
    }

    /// Copies what changed to where it can be read.
    fn take(
        &mut self,
        duplication: &IDXGIOutputDuplication,
        resource: &IDXGIResource,
        info: &DXGI_OUTDUPL_FRAME_INFO,
    ) -> windows::core::Result<()> {
        if info.LastPresentTime == 0 || info.TotalMetadataBufferSize == 0 {
            // The pointer alone.
            return Ok(());
        }
        let texture: ID3D11Texture2D = resource.cast()?;
        for rect in changes(duplication, info.TotalMetadataBufferSize)? {
            let Some(rect) = inside(rect, self.size) else { continue };
            let part = D3D11_BOX {
                left: rect.x.into(),
                top: rect.y.into(),
                front: 0,
                right: rect.right(),
                bottom: rect.bottom(),
                back: 1,
            };
            // SAFETY: both textures have the output's size, in which `part` lies.
            unsafe {
                let (x, y) = (rect.x.into(), rect.y.into());
                self.context.CopySubresourceRegion(&self.staging, 0, x, y, 0, &texture, 0, Some(&raw const part));
            }
            self.damaged.push(rect);
        }
        Ok(())
    }

    /// Begins again after the duplication was taken away, perhaps with another size.
    fn again(&mut self, events: &mut VecDeque<Event>) -> Result<(), Error> {
        let now = Instant::now();
        if self.duplication.is_some() || now < self.again {
            return Ok(());
        }
        self.again = now + AGAIN_EVERY;
        // SAFETY: plain calls on interfaces that live.
        let duplication = match unsafe { self.output.DuplicateOutput(&self.device) } {
            Ok(duplication) => duplication,
            // The secure desktop, or a computer that is locked: that lasts as long as its user wants.
            Err(error) if error.code() == E_ACCESSDENIED => {
                self.refused = None;
                return Ok(());
            }
            Err(error) => {
                let since = *self.refused.get_or_insert(now);
                let lasts = now.duration_since(since) >= MOMENT || !momentary(&error);
                return if lasts { Err(Error::Gone(error.message())) } else { Ok(()) };
            }
        };
        self.refused = None;
        // SAFETY: as above.
        let another = unsafe {
            let adapter = self.device.cast::<IDXGIDevice>().and_then(|device| device.GetAdapter());
            adapter.and_then(|adapter| adapter.EnumOutputs(1)).is_ok()
        };
        if another {
            return Err(Error::Gone("another monitor is there".to_owned()));
        }
        // SAFETY: as above.
        let description = unsafe { self.output.GetDesc() }.map_err(|error| failed(&error))?;
        let (corner, size) = place(description.DesktopCoordinates)?;
        if size != self.size {
            self.staging = staging(&self.device, size).map_err(|error| failed(&error))?;
            events.push_back(Event::Resized(size));
        }
        (self.corner, self.size) = (corner, size);
        self.duplication = Some(duplication);
        self.frame(FIRST_WITHIN)?;
        self.damaged = vec![size.rect()];
        Ok(())
    }
}

impl Backend for Dxgi {
    fn size(&self) -> Size {
        self.size
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
            self.again(events)?;
            let left = until.map_or(timeout, |until| until.saturating_duration_since(Instant::now()));
            let slice = left.min(SLICE);
            // A frame ends the wait for one by itself; without a wish for pictures they are left to gather on the card.
            if picture && self.duplication.is_some() {
                self.frame(slice)?;
                if !self.damaged.is_empty() {
                    events.push_back(Event::Damaged(std::mem::take(&mut self.damaged)));
                }
            }
            self.pointer.look(self.corner.x, self.corner.y, self.size, events);
            if !events.is_empty() || left.is_zero() {
                return Ok(());
            }
            let pause = if picture && self.duplication.is_some() { Duration::ZERO } else { slice };
            if wakeup.wait(pause).map_err(|error| Error::Gone(error.to_string()))? {
                return Ok(());
            }
        }
    }

    fn read(&mut self, rects: &[Rect], sink: &mut dyn FnMut(Piece<'_>)) -> Result<(), Error> {
        let mut mapped = D3D11_MAPPED_SUBRESOURCE::default();
        // SAFETY: a staging texture that the processor may read; unmapped below, after the last use of its memory.
        unsafe { self.context.Map(&self.staging, 0, D3D11_MAP_READ, 0, Some(&raw mut mapped)) }
            .map_err(|error| Error::Gone(error.message()))?;
        let (pitch, height) = (mapped.RowPitch as usize, usize::from(self.size.height));
        let mut pixels = Vec::new();
        for rect in rects.iter().filter_map(|rect| rect.intersect(self.size.rect())) {
            pixels.clear();
            for y in usize::from(rect.y)..(rect.bottom() as usize).min(height) {
                // SAFETY: the mapping has `height` rows of `pitch` bytes, and a row has the output's width of 4 bytes each.
                let row = unsafe {
                    let start = mapped.pData.cast::<u8>().add(y * pitch + usize::from(rect.x) * 4);
                    std::slice::from_raw_parts(start, usize::from(rect.width) * 4)
                };
                pixels.extend_from_slice(row);
            }
            sink(Piece { rect, bgrx: &pixels });
        }
        // SAFETY: mapped above.
        unsafe { self.context.Unmap(&self.staging, 0) };
        Ok(())
    }
}

/// What may pass by itself. The rest is for good: the card was taken out, hung, or has another driver.
fn momentary(error: &windows::core::Error) -> bool {
    [
        E_ACCESSDENIED,
        DXGI_ERROR_ACCESS_DENIED,
        DXGI_ERROR_ACCESS_LOST,
        DXGI_ERROR_MODE_CHANGE_IN_PROGRESS,
        DXGI_ERROR_NOT_CURRENTLY_AVAILABLE,
        DXGI_ERROR_SESSION_DISCONNECTED,
        DXGI_ERROR_UNSUPPORTED,
    ]
    .contains(&error.code())
}

/// What was moved (where it is now) and what was drawn.
fn changes(duplication: &IDXGIOutputDuplication, bytes: u32) -> windows::core::Result<Vec<RECT>> {
    let mut moved =
        vec![DXGI_OUTDUPL_MOVE_RECT::default(); bytes as usize / std::mem::size_of::<DXGI_OUTDUPL_MOVE_RECT>() + 1];
    let mut drawn = vec![RECT::default(); bytes as usize / std::mem::size_of::<RECT>() + 1];
    let (mut moved_bytes, mut drawn_bytes) = (0, 0);
    // SAFETY: both buffers have at least the lengths that are given with them; the system tells how much it has written.
    unsafe {
        let room = std::mem::size_of_val(moved.as_slice()) as u32;
        duplication.GetFrameMoveRects(room, moved.as_mut_ptr(), &raw mut moved_bytes)?;
        let room = std::mem::size_of_val(drawn.as_slice()) as u32;
        duplication.GetFrameDirtyRects(room, drawn.as_mut_ptr(), &raw mut drawn_bytes)?;
    }
    moved.truncate(moved_bytes as usize / std::mem::size_of::<DXGI_OUTDUPL_MOVE_RECT>());
    drawn.truncate(drawn_bytes as usize / std::mem::size_of::<RECT>());
    Ok(moved.into_iter().map(|moved| moved.DestinationRect).chain(drawn).collect())
}

fn inside(rect: RECT, size: Size) -> Option<Rect> {
    let side = |from: i32, to: i32, length: u16| {
        let (from, to) = (from.clamp(0, length.into()), to.clamp(0, length.into()));
        Some((u16::try_from(from).ok()?, u16::try_from(to - from).ok().filter(|length| *length > 0)?))
    };
    let ((x, width), (y, height)) =
        (side(rect.left, rect.right, size.width)?, side(rect.top, rect.bottom, size.height)?);
    Some(Rect { x, y, width, height })
}

fn place(rect: RECT) -> Result<(Point32, Size), Error> {
    let (width, height) = (rect.right.saturating_sub(rect.left), rect.bottom.saturating_sub(rect.top));
    let size = u16::try_from(width).ok().zip(u16::try_from(height).ok());
    let size = size.map(|(width, height)| Size { width, height }).filter(|size| size.allowed());
    let size = size.ok_or(Error::Size { width: width.unsigned_abs(), height: height.unsigned_abs() })?;
    Ok((Point32 { x: rect.left, y: rect.top }, size))
}

fn device() -> windows::core::Result<(ID3D11Device, ID3D11DeviceContext)> {
    let (mut device, mut context) = (None, None);
    // SAFETY: both are written by the call, and owned.
    unsafe {
        D3D11CreateDevice(
            None,
            D3D_DRIVER_TYPE_HARDWARE,
            HMODULE::default(),
            D3D11_CREATE_DEVICE_FLAG(0),
            None,
            D3D11_SDK_VERSION,
            Some(&raw mut device),
            None,
            Some(&raw mut context),
        )?;
    }
    let none = || windows::core::Error::from_hresult(windows::Win32::Foundation::E_UNEXPECTED);
    Ok((device.ok_or_else(none)?, context.ok_or_else(none)?))
}

fn staging(device: &ID3D11Device, size: Size) -> windows::core::Result<ID3D11Texture2D> {
    let description = D3D11_TEXTURE2D_DESC {
        Width: size.width.into(),
        Height: size.height.into(),
        MipLevels: 1,
        ArraySize: 1,
        Format: DXGI_FORMAT_B8G8R8A8_UNORM,
        SampleDesc: DXGI_SAMPLE_DESC { Count: 1, Quality: 0 },
        Usage: D3D11_USAGE_STAGING,
        BindFlags: 0,
        CPUAccessFlags: D3D11_CPU_ACCESS_READ.0.cast_unsigned(),
        MiscFlags: 0,
    };
    let mut texture = None;
    // SAFETY: the texture is written by the call, and owned.
    unsafe { device.CreateTexture2D(&raw const description, None, Some(&raw mut texture))? };
    texture.ok_or_else(|| windows::core::Error::from_hresult(windows::Win32::Foundation::E_UNEXPECTED))
}
