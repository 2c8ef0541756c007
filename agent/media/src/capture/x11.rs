//! X11: damage from XDamage, pixels through memory shared by descriptor, pointer from XFixes and XInput, size from RandR.
//!
//! Nothing polls for pixels: the server says once that something was drawn ("not empty"), and the exact region is fetched when there is room
//! for a picture, so that a busy screen and a slow line together cost nothing.

use std::{
    collections::VecDeque,
    os::fd::AsFd,
    time::{Duration, Instant},
};

use protocol::{
    limits,
    media::{Point, Pointer, PointerShape, Rect, Size},
};
use x11rb::{
    connection::{Connection, RequestConnection},
    errors::{ConnectionError, ReplyError, ReplyOrIdError},
    protocol::{
        Event as XEvent,
        damage::{self, ConnectionExt as _, ReportLevel},
        randr::{self, ConnectionExt as _},
        shm::{self, ConnectionExt as _},
        xfixes::{self, ConnectionExt as _},
        xinput::{self, ConnectionExt as _},
        xproto::{ConnectionExt as _, ImageFormat, ImageOrder, Window},
    },
    rust_connection::RustConnection,
};

use super::{Backend, Error, Event, Piece};
use crate::{shm::Segment, waker::Wakeup};

/// Rectangles read at once; more are joined, as each costs a round of request and reply.
const RECTS_MAX: usize = 64;
/// Pointer moves are told no oftener than this.
const POINTER_EVERY: Duration = Duration::from_millis(4);
/// Some programs move the pointer without an input event: it is looked for this often.
const POINTER_SOUGHT_EVERY: Duration = Duration::from_millis(250);

pub(super) struct X11 {
    connection: RustConnection,
    root: Window,
    size: Size,
    damage: damage::Damage,
    region: xfixes::Region,
    memory: Option<Memory>,
    /// Something was drawn since the region was last fetched.
    drawn: bool,
    pointer_stirred: bool,
    pointer_looked: Instant,
    pointer_at: Option<Point>,
    shape_changed: bool,
    geometry_changed: bool,
}

/// Memory shared with the server, as large as the screen.
struct Memory {
    segment: Segment,
    id: shm::Seg,
}

impl From<ConnectionError> for Error {
    fn from(error: ConnectionError) -> Self {
        Self::Gone(error.to_string())
    }
}

impl From<ReplyError> for Error {
    fn from(error: ReplyError) -> Self {
        Self::Gone(error.to_string())
    }
}

impl From<ReplyOrIdError> for Error {
    fn from(error: ReplyOrIdError) -> Self {
        Self::Gone(error.to_string())
    }
}

impl X11 {
    pub(super) fn open(display: Option<&str>) -> Result<Self, Error> {
        let failed = |why: String| Error::Open {
            display: display.map_or_else(|| std::env::var("DISPLAY").unwrap_or_default(), str::to_owned),
            why,
        };
        let (connection, screen) = RustConnection::connect(display).map_err(|error| failed(error.to_string()))?;
        let setup = connection.setup();
        let screen = &setup.roots[screen];
        let (root, depth) = (screen.root, screen.root_depth);
        let plain = setup.image_byte_order == ImageOrder::LSB_FIRST
            && setup.pixmap_formats.iter().any(|format| format.depth == depth && format.bits_per_pixel == 32)
            && screen.allowed_depths.iter().flat_map(|depth| &depth.visuals).any(|visual| {
                visual.visual_id == screen.root_visual && visual.red_mask == 0x00ff_0000 && visual.blue_mask == 0xff
            });
        if !plain {
            return Err(Error::Missing("true colour of 32 bits a pixel"));
        }
        let missing = |name| move |_| Error::Missing(name);
        // The server refuses requests of an extension whose version was not asked for.
        connection.xfixes_query_version(5, 0)?.reply().map_err(missing("XFIXES"))?;
        connection.damage_query_version(1, 1)?.reply().map_err(missing("DAMAGE"))?;
        connection.randr_query_version(1, 3)?.reply().map_err(missing("RANDR"))?;
        let input = connection.xinput_xi_query_version(2, 2)?.reply().is_ok();

        let damage = connection.generate_id()?;
        let region = connection.generate_id()?;
        connection.xfixes_create_region(region, &[])?;
        connection.damage_create(damage, root, ReportLevel::NON_EMPTY)?;
        connection.xfixes_select_cursor_input(root, xfixes::CursorNotifyMask::DISPLAY_CURSOR)?;
        connection.randr_select_input(root, randr::NotifyMask::SCREEN_CHANGE)?;
        if input {
            let mask = xinput::EventMask {
                deviceid: xinput::Device::ALL_MASTER.into(),
                mask: vec![xinput::XIEventMask::RAW_MOTION],
            };
            connection.xinput_xi_select_events(root, &[mask])?;
        }
        let geometry = connection.get_geometry(root)?.reply().map_err(|error| failed(error.to_string()))?;
        let size = allowed(geometry.width, geometry.height)?;
        let mut this = Self {
            connection,
            root,
            size,
            damage,
            region,
            memory: None,
            drawn: false,
            pointer_stirred: true,
            pointer_looked: Instant::now() - POINTER_EVERY,
            pointer_at: None,
            shape_changed: true,
            geometry_changed: false,
        };
        this.share()?;
        Ok(this)
    }

    /// Shares memory with the server where it can; a server elsewhere on the network cannot.
    fn share(&mut self) -> Result<(), Error> {
        if let Some(memory) = self.memory.take() {
            self.connection.shm_detach(memory.id)?;
        }
        if self.connection.extension_information(shm::X11_EXTENSION_NAME)?.is_none() {
            return Ok(());
        }
        let Ok(version) = self.connection.shm_query_version()?.reply() else { return Ok(()) };
        if (version.major_version, version.minor_version) < (1, 2) {
            return Ok(());
        }
        let Ok((segment, fd)) = Segment::new(self.size.area() as usize * 4) else { return Ok(()) };
        let id = self.connection.generate_id()?;
        match self.connection.shm_attach_fd(id, fd, false)?.check() {
            Ok(()) => self.memory = Some(Memory { segment, id }),
            Err(ReplyError::X11Error(_)) => {}
            Err(ReplyError::ConnectionError(error)) => return Err(error.into()),
        }
        Ok(())
    }

    /// Sorts one event of the server.
    fn notice(&mut self, event: &XEvent) {
        match event {
            XEvent::DamageNotify(_) => self.drawn = true,
            XEvent::XfixesCursorNotify(_) => self.shape_changed = true,
            XEvent::XinputRawMotion(_) => self.pointer_stirred = true,
            XEvent::RandrScreenChangeNotify(_) | XEvent::RandrNotify(_) => self.geometry_changed = true,
            _ => {}
        }
    }

    /// Asks what stands behind the events noticed.
    fn ask(&mut self, events: &mut VecDeque<Event>) -> Result<(), Error> {
        if std::mem::take(&mut self.geometry_changed) {
            let geometry = self.connection.get_geometry(self.root)?.reply()?;
            let size = allowed(geometry.width, geometry.height)?;
            if size != self.size {
                self.size = size;
                self.share()?;
                events.push_back(Event::Resized(size));
            }
        }
        if std::mem::take(&mut self.shape_changed) {
            let image = self.connection.xfixes_get_cursor_image()?.reply()?;
            events.push_back(Event::Pointer(shape(&image)));
        }
        let since = self.pointer_looked.elapsed();
        if self.pointer_stirred && since >= POINTER_EVERY || since >= POINTER_SOUGHT_EVERY {
            self.pointer_stirred = false;
            self.pointer_looked = Instant::now();
            let at = self.connection.query_pointer(self.root)?.reply()?;
            let inside = |value: i16, side: u16| u16::try_from(value).unwrap_or(0).min(side - 1);
            let at = Point { x: inside(at.root_x, self.size.width), y: inside(at.root_y, self.size.height) };
            if self.pointer_at.replace(at) != Some(at) {
                events.push_back(Event::Pointer(Pointer::At(at)));
            }
        }
        Ok(())
    }

    /// Where something was drawn; from now on a new drawing is told again.
    fn drawn_where(&mut self) -> Result<Vec<Rect>, Error> {
        self.drawn = false;
        self.connection.damage_subtract(self.damage, x11rb::NONE, self.region)?;
        let region = self.connection.xfixes_fetch_region(self.region)?.reply()?;
        let rects = region.rectangles.iter().filter_map(|rect| {
            let near = |value: i16| u16::try_from(value).unwrap_or(0);
            let length = |value: i16, length: u16| length.saturating_sub(value.min(0).unsigned_abs());
            Rect {
                x: near(rect.x),
                y: near(rect.y),
                width: length(rect.x, rect.width),
                height: length(rect.y, rect.height),
            }
            .intersect(self.size.rect())
        });
        let rects: Vec<Rect> = rects.collect();
        // The server gives them from top to bottom, so neighbours in the list are neighbours on the screen.
        let joined = rects.len().div_ceil(RECTS_MAX).max(1);
        Ok(rects.chunks(joined).filter_map(|some| some.iter().copied().reduce(Rect::union)).collect())
    }

    /// Reads some rectangles that fit the shared memory together.
    fn read_shared(&mut self, rects: &[Rect], sink: &mut dyn FnMut(Piece<'_>)) -> Result<(), Error> {
        let Some(memory) = &self.memory else { return Ok(()) };
        let mut cookies = Vec::with_capacity(rects.len());
        let mut offset = 0;
        for rect in rects {
            let cookie = self.connection.shm_get_image(
                self.root,
                rect.x as i16,
                rect.y as i16,
                rect.width,
                rect.height,
                u32::MAX,
                ImageFormat::Z_PIXMAP.into(),
                memory.id,
                offset,
            )?;
            cookies.push((cookie, *rect, offset as usize));
            offset += rect.area() * 4;
        }
        let mut whole = Vec::with_capacity(rects.len());
        for (cookie, rect, offset) in cookies {
            match cookie.reply() {
                Ok(_) => whole.push((rect, offset)),
                // The screen has shrunk meanwhile; the new size follows as an event.
                Err(ReplyError::X11Error(_)) => self.geometry_changed = true,
                Err(ReplyError::ConnectionError(error)) => return Err(error.into()),
            }
        }
        // All replies are there: the server writes no more.
        let bytes = memory.segment.bytes();
        for (rect, offset) in whole {
            sink(Piece { rect, bgrx: &bytes[offset..offset + rect.area() as usize * 4] });
        }
        Ok(())
    }

    /// Reads one rectangle through the connection.
    fn read_copied(&mut self, rect: Rect, sink: &mut dyn FnMut(Piece<'_>)) -> Result<(), Error> {
        let (x, y) = (rect.x as i16, rect.y as i16);
        let cookie =
            self.connection.get_image(ImageFormat::Z_PIXMAP, self.root, x, y, rect.width, rect.height, u32::MAX)?;
        match cookie.reply() {
            Ok(image) if image.data.len() >= rect.area() as usize * 4 => {
                sink(Piece { rect, bgrx: &image.data[..rect.area() as usize * 4] });
            }
            Ok(_) | Err(ReplyError::X11Error(_)) => self.geometry_changed = true,
            Err(ReplyError::ConnectionError(error)) => return Err(error.into()),
        }
        Ok(())
    }
}

impl Backend for X11 {
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
        let mut last = false;
        loop {
            while let Some(event) = self.connection.poll_for_event()? {
                self.notice(&event);
            }
            self.ask(events)?;
            if picture && self.drawn {
                let rects = self.drawn_where()?;
                if !rects.is_empty() {
                    events.push_back(Event::Damaged(rects));
                }
            }
            // Replies may have brought further events along; they count for this call.
            if !events.is_empty() || last {
                return Ok(());
            }
            self.connection.flush()?;
            let left = until.map_or(timeout, |until| until.saturating_duration_since(Instant::now()));
            let look = if self.pointer_stirred { POINTER_EVERY } else { POINTER_SOUGHT_EVERY };
            let pause = left.min(look.saturating_sub(self.pointer_looked.elapsed()));
            let woken = wakeup
                .wait_also(Some(self.connection.stream().as_fd()), pause)
                .map_err(|error| Error::Gone(error.to_string()))?;
            last = woken || until.is_some_and(|until| Instant::now() >= until);
        }
    }

    fn read(&mut self, rects: &[Rect], sink: &mut dyn FnMut(Piece<'_>)) -> Result<(), Error> {
        let inside: Vec<Rect> = rects.iter().filter_map(|rect| rect.intersect(self.size.rect())).collect();
        if self.memory.is_none() {
            for rect in inside {
                self.read_copied(rect, sink)?;
            }
            return Ok(());
        }
        let room = self.size.area();
        let (mut from, mut taken) = (0, 0);
        for (index, rect) in inside.iter().enumerate() {
            if taken + rect.area() > room {
                self.read_shared(&inside[from..index], sink)?;
                (from, taken) = (index, 0);
            }
            taken += rect.area();
        }
        self.read_shared(&inside[from..], sink)
    }
}

/// A size the protocol can carry.
fn allowed(width: u16, height: u16) -> Result<Size, Error> {
    let size = Size { width, height };
    // Coordinates of the core protocol end at `i16::MAX`, which is above the limit.
    if size.allowed() { Ok(size) } else { Err(Error::Size { width: width.into(), height: height.into() }) }
}

/// The pointer's picture, cut to the limit.
fn shape(image: &xfixes::GetCursorImageReply) -> Pointer {
    let (width, height) = (image.width.min(limits::POINTER_SIDE_PX), image.height.min(limits::POINTER_SIDE_PX));
    let visible = image.cursor_image.iter().any(|pixel| pixel >> 24 != 0);
    let whole = image.cursor_image.len() == usize::from(image.width) * usize::from(image.height);
    if width == 0 || height == 0 || !visible || !whole {
        return Pointer::Hidden;
    }
    let rows = image.cursor_image.chunks_exact(image.width.into()).take(height.into());
    let rgba = rows
        .flat_map(|row| &row[..width.into()])
        .flat_map(|pixel| [(pixel >> 16) as u8, (pixel >> 8) as u8, *pixel as u8, (pixel >> 24) as u8]);
    Pointer::Shape(PointerShape {
        width,
        height,
        hot_x: image.xhot.min(width - 1),
        hot_y: image.yhot.min(height - 1),
        rgba: protocol::media::Bytes(rgba.collect()),
    })
}
