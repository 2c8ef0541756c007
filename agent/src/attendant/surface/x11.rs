//! X11: a child window, its picture in memory shared with the server.

use std::{os::fd::AsFd, time::Duration};

use media::{Picture, Waker, shm::Segment, waker::Wakeup};
use protocol::media::{Point, Pointer, PointerShape, Rect};
use x11rb::{
    connection::{Connection, RequestConnection},
    errors::{ConnectionError, ReplyError, ReplyOrIdError},
    protocol::{
        Event,
        render::{ConnectionExt as _, PictType},
        shape::{self, ConnectionExt as _},
        shm::{self, ConnectionExt as _},
        xproto::{
            ChangeWindowAttributesAux, ClipOrdering, ConfigureWindowAux, ConnectionExt as _, CreateGCAux,
            CreateWindowAux, EventMask, Gcontext, ImageFormat, Rectangle, StackMode, Window, WindowClass,
        },
    },
    rust_connection::RustConnection,
};

use super::{
    Area, Error, Mapping, PointerMode,
    paint::{self, Target},
};

/// More parts than this are drawn as one.
const PARTS_MAX: usize = 64;

pub(super) struct Surface {
    connection: RustConnection,
    root: Window,
    window: Window,
    gc: Gcontext,
    depth: u8,
    area: Area,
    margin: [u8; 3],
    picture: Memory,
    /// The picture has to be drawn as a whole.
    blank: bool,
    wakeup: Wakeup,
    shape: Option<PointerShape>,
    at: Option<Point>,
    mode: PointerMode,
    /// Where the pointer is in the picture.
    drawn: Option<Area>,
}

/// The area's pixels.
enum Memory {
    Shared { segment: Segment, id: shm::Seg },
    Own(Vec<u8>),
}

impl Memory {
    fn bytes_mut(&mut self) -> &mut [u8] {
        match self {
            Self::Shared { segment, .. } => segment.bytes_mut(),
            Self::Own(bytes) => bytes,
        }
    }
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

impl Surface {
    pub(super) fn open(display: Option<&str>, parent: u32, area: Area, margin: [u8; 3]) -> Result<Self, Error> {
        let failed = |error: &dyn std::fmt::Display| Error::Open(error.to_string());
        let (connection, screen) = RustConnection::connect(display).map_err(|error| failed(&error))?;
        let root = connection.setup().roots[screen].root;
        let depth = connection.get_geometry(parent)?.reply().map_err(|error| failed(&error))?.depth;
        let formats = &connection.setup().pixmap_formats;
        if !formats.iter().any(|format| format.depth == depth && format.bits_per_pixel == 32) {
            return Err(Error::Open("the window has no true colour of 32 bits a pixel".to_owned()));
        }
        let wakeup = Wakeup::new().map_err(|error| failed(&error))?;
        let (window, gc) = (connection.generate_id()?, connection.generate_id()?);
        let attributes = CreateWindowAux::new()
            .background_pixel(colour(margin))
            .border_pixel(0)
            // No input: it goes to the parent.
            .event_mask(EventMask::EXPOSURE | EventMask::STRUCTURE_NOTIFY);
        let (width, height) = sides(area);
        connection
            .create_window(
                x11rb::COPY_DEPTH_FROM_PARENT,
                window,
                parent,
                clamp(area.x),
                clamp(area.y),
                width,
                height,
                0,
                WindowClass::INPUT_OUTPUT,
                x11rb::COPY_FROM_PARENT,
                &attributes,
            )?
            .check()
            .map_err(|error| failed(&error))?;
        connection.create_gc(gc, window, &CreateGCAux::new().graphics_exposures(0))?;
        let picture = Memory::Own(Vec::new());
        let mut this = Self {
            connection,
            root,
            window,
            gc,
            depth,
            area,
            margin,
            picture,
            blank: true,
            wakeup,
            shape: None,
            at: None,
            mode: PointerMode::default(),
            drawn: None,
        };
        this.remember()?;
        Ok(this)
    }

    pub(super) fn waker(&self) -> Waker {
        self.wakeup.waker()
    }

    pub(super) fn wait(&mut self, timeout: Duration) -> Result<(), Error> {
        if self.answer()? {
            return Ok(());
        }
        self.connection.flush()?;
        let stream = Some(self.connection.stream().as_fd());
        self.wakeup.wait_also(stream, timeout).map_err(|error| Error::Gone(error.to_string()))?;
        self.answer().map(|_| ())
    }

    pub(super) fn place(&mut self, area: Area, holes: &[Area]) -> Result<(), Error> {
        let resized = (area.width, area.height) != (self.area.width, self.area.height);
        let (width, height) = sides(area);
        self.area = area;
        let to = ConfigureWindowAux::new()
            .x(area.x)
            .y(area.y)
            .width(u32::from(width))
            .height(u32::from(height))
            .stack_mode(StackMode::ABOVE);
        self.connection.configure_window(self.window, &to)?;
        let rectangle = |part: Area| {
            let (width, height) = sides(part);
            Rectangle { x: clamp(part.x), y: clamp(part.y), width, height }
        };
        let whole = [rectangle(Area { x: 0, y: 0, ..area })];
        let holes: Vec<Rectangle> =
            holes.iter().map(|hole| rectangle(Area { x: hole.x - area.x, y: hole.y - area.y, ..*hole })).collect();
        let bounding = |operation, rectangles: &[Rectangle]| {
            let order = ClipOrdering::UNSORTED;
            self.connection.shape_rectangles(operation, shape::SK::BOUNDING, order, self.window, 0, 0, rectangles)
        };
        bounding(shape::SO::SET, &whole)?;
        if !holes.is_empty() {
            bounding(shape::SO::SUBTRACT, &holes)?;
        }
        if resized {
            self.remember()?;
        }
        self.connection.flush()?;
        Ok(())
    }

    pub(super) fn margin(&mut self, margin: [u8; 3]) {
        self.blank |= self.margin != margin;
        self.margin = margin;
    }

    pub(super) fn visible(&mut self, visible: bool) -> Result<(), Error> {
        if visible {
            self.connection.map_window(self.window)?;
        } else {
            self.connection.unmap_window(self.window)?;
        }
        self.settle()
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
            let background = ChangeWindowAttributesAux::new().background_pixel(colour(self.margin));
            self.connection.change_window_attributes(self.window, &background)?;
            let margin = self.margin;
            self.target().fill(margin);
            parts = vec![Area { x: 0, y: 0, ..self.area }];
            self.blank = false;
            self.drawn = self.pointer_now(mapping);
        }
        let joined = parts.len().div_ceil(PARTS_MAX).max(1);
        let parts: Vec<Area> = parts.chunks(joined).filter_map(|some| some.iter().copied().reduce(union)).collect();
        for part in &parts {
            self.paint(canvas, mapping, *part)?;
        }
        // Parts that overlap would be changed while the server still reads them: all are painted, then all are put.
        for part in parts {
            self.put(part)?;
        }
        self.settle()
    }

    pub(super) fn pointer(
        &mut self,
        canvas: Picture<'_>,
        mapping: Option<&Mapping>,
        pointer: Pointer,
    ) -> Result<(), Error> {
        let looks = !matches!(pointer, Pointer::At(_));
        match pointer {
            Pointer::At(at) => self.at = Some(at),
            Pointer::Shape(shape) if shape.allowed() => self.shape = Some(shape),
            Pointer::Shape(_) => return Ok(()),
            Pointer::Hidden => self.shape = None,
        }
        if self.mode == PointerMode::Local && looks {
            self.look()?;
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
        self.look()?;
        self.move_pointer(canvas, mapping)
    }

    /// Draws the pointer where it is now and the picture where it was.
    fn move_pointer(&mut self, canvas: Picture<'_>, mapping: Option<&Mapping>) -> Result<(), Error> {
        let Some(mapping) = mapping.filter(|_| !self.blank) else { return Ok(()) };
        let before = self.drawn.take();
        self.drawn = self.pointer_now(mapping);
        let parts: Vec<Area> = [before, self.drawn].into_iter().flatten().collect();
        for part in &parts {
            self.paint(canvas, mapping, *part)?;
        }
        for part in parts {
            self.put(part)?;
        }
        self.settle()
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
        Target { bytes: self.picture.bytes_mut(), width, height }
    }

    /// Colours a part of the memory.
    fn paint(&mut self, canvas: Picture<'_>, mapping: &Mapping, part: Area) -> Result<(), Error> {
        let (shape, place) = (self.shape.take(), self.drawn);
        let mut target = self.target();
        target.picture(canvas, mapping, part);
        if let (Some(shape), Some(place)) = (&shape, place) {
            target.pointer(shape, place, part);
        }
        self.shape = shape;
        Ok(())
    }

    /// Lets the server draw a part of the memory.
    fn put(&self, part: Area) -> Result<(), Error> {
        let Some(part) = paint::intersect(part, Area { x: 0, y: 0, ..self.area }) else { return Ok(()) };
        let ((total_width, total_height), (width, height)) = (sides(self.area), sides(part));
        let (x, y) = (clamp(part.x), clamp(part.y));
        match &self.picture {
            Memory::Shared { id, .. } => {
                let request = shm::PutImageRequest {
                    drawable: self.window,
                    gc: self.gc,
                    total_width,
                    total_height,
                    src_x: part.x as u16,
                    src_y: part.y as u16,
                    src_width: width,
                    src_height: height,
                    dst_x: x,
                    dst_y: y,
                    depth: self.depth,
                    format: ImageFormat::Z_PIXMAP.into(),
                    send_event: false,
                    shmseg: *id,
                    offset: 0,
                };
                self.connection.send_trait_request_without_reply(request)?;
            }
            Memory::Own(bytes) => {
                let stride = self.area.width as usize * 4;
                let length = usize::from(width) * 4;
                let rows = ((self.connection.maximum_request_bytes() - 64) / length).clamp(1, usize::from(height));
                let all: Vec<usize> = (0..usize::from(height)).collect();
                for some in all.chunks(rows) {
                    let start = |row: &usize| (part.y as usize + row) * stride + part.x as usize * 4;
                    let data: Vec<u8> =
                        some.iter().flat_map(|row| &bytes[start(row)..start(row) + length]).copied().collect();
                    let (format, y) = (ImageFormat::Z_PIXMAP, y + some[0] as i16);
                    let rows = some.len() as u16;
                    self.connection.put_image(format, self.window, self.gc, width, rows, x, y, 0, self.depth, &data)?;
                }
            }
        }
        Ok(())
    }

    /// Waits until the server has done everything asked for, and answers what it tells meanwhile.
    fn settle(&mut self) -> Result<(), Error> {
        self.connection.get_input_focus()?.reply()?;
        self.answer().map(|_| ())
    }

    /// Answers what the server told. True if there was anything.
    fn answer(&mut self) -> Result<bool, Error> {
        let mut put = false;
        let mut any = false;
        while let Some(event) = self.connection.poll_for_event()? {
            any = true;
            match event {
                Event::Expose(part) if !self.blank => {
                    let (x, y) = (i32::from(part.x), i32::from(part.y));
                    self.put(Area { x, y, width: part.width.into(), height: part.height.into() })?;
                    put = true;
                }
                Event::DestroyNotify(gone) if gone.window == self.window => {
                    return Err(Error::Gone("it was closed".to_owned()));
                }
                Event::Error(error) => return Err(Error::Gone(format!("{:?}", error.error_kind))),
                _ => {}
            }
        }
        if put {
            // The memory may be painted again as soon as this returns.
            self.connection.get_input_focus()?.reply()?;
        }
        Ok(any)
    }

    /// Makes the memory for the area's size.
    fn remember(&mut self) -> Result<(), Error> {
        self.blank = true;
        self.drawn = None;
        if let Memory::Shared { id, .. } = &self.picture {
            self.connection.shm_detach(*id)?;
        }
        let length = self.area.width.max(1) as usize * self.area.height.max(1) as usize * 4;
        self.picture = match self.share(length)? {
            Some(shared) => shared,
            None => Memory::Own(vec![0; length]),
        };
        Ok(())
    }

    /// Shared memory, where the server is on this machine.
    fn share(&self, length: usize) -> Result<Option<Memory>, Error> {
        if self.connection.extension_information(shm::X11_EXTENSION_NAME)?.is_none() {
            return Ok(None);
        }
        let version = self.connection.shm_query_version()?.reply()?;
        if (version.major_version, version.minor_version) < (1, 2) {
            return Ok(None);
        }
        let Ok((segment, fd)) = Segment::new(length) else { return Ok(None) };
        let id = self.connection.generate_id()?;
        match self.connection.shm_attach_fd(id, fd, true)?.check() {
            Ok(()) => Ok(Some(Memory::Shared { segment, id })),
            Err(ReplyError::X11Error(_)) => Ok(None),
            Err(ReplyError::ConnectionError(error)) => Err(error.into()),
        }
    }

    /// Gives the local pointer over the picture its look.
    fn look(&mut self) -> Result<(), Error> {
        let cursor = match (self.mode, &self.shape) {
            (PointerMode::Drawn, _) => x11rb::NONE,
            (PointerMode::Local, Some(shape)) => self.cursor(shape)?,
            (PointerMode::Local, None) => {
                let rgba = protocol::media::Bytes(vec![0; 4]);
                self.cursor(&PointerShape { width: 1, height: 1, hot_x: 0, hot_y: 0, rgba })?
            }
        };
        self.connection.change_window_attributes(self.window, &ChangeWindowAttributesAux::new().cursor(cursor))?;
        if cursor != x11rb::NONE {
            // The window keeps it for as long as it needs it.
            self.connection.free_cursor(cursor)?;
        }
        self.connection.flush()?;
        Ok(())
    }

    fn cursor(&self, shape: &PointerShape) -> Result<u32, Error> {
        let connection = &self.connection;
        connection.render_query_version(0, 11)?.reply()?;
        let formats = connection.render_query_pict_formats()?.reply()?.formats;
        let format = formats.iter().find(|format| {
            let direct = format.direct;
            format.type_ == PictType::DIRECT
                && format.depth == 32
                && (direct.alpha_shift, direct.red_shift, direct.green_shift, direct.blue_shift) == (24, 16, 8, 0)
        });
        let Some(format) = format.map(|format| format.id) else { return Ok(x11rb::NONE) };
        let [pixmap, gc, picture, cursor] = [
            connection.generate_id()?,
            connection.generate_id()?,
            connection.generate_id()?,
            connection.generate_id()?,
        ];
        let bgra: Vec<u8> = shape.rgba.0.chunks_exact(4).flat_map(|p| [p[2], p[1], p[0], p[3]]).collect();
        connection.create_pixmap(32, pixmap, self.root, shape.width, shape.height)?;
        connection.create_gc(gc, pixmap, &CreateGCAux::new())?;
        connection.put_image(ImageFormat::Z_PIXMAP, pixmap, gc, shape.width, shape.height, 0, 0, 0, 32, &bgra)?;
        connection.render_create_picture(picture, pixmap, format, &Default::default())?;
        connection.render_create_cursor(cursor, picture, shape.hot_x, shape.hot_y)?;
        connection.render_free_picture(picture)?;
        connection.free_gc(gc)?;
        connection.free_pixmap(pixmap)?;
        Ok(cursor)
    }
}

/// A pixel value of this colour, opaque where the window has transparency.
fn colour([red, green, blue]: [u8; 3]) -> u32 {
    u32::from_be_bytes([255, red, green, blue])
}

/// Sides as the protocol has them, never 0.
fn sides(area: Area) -> (u16, u16) {
    let side = |length: u32| u16::try_from(length).unwrap_or(u16::MAX).max(1);
    (side(area.width), side(area.height))
}

fn clamp(at: i32) -> i16 {
    at.clamp(i16::MIN.into(), i16::MAX.into()) as i16
}

/// The smallest part that holds both.
fn union(a: Area, b: Area) -> Area {
    let axis = |a: i32, a_length: u32, b: i32, b_length: u32| {
        let far = (a + a_length as i32).max(b + b_length as i32);
        (a.min(b), (far - a.min(b)) as u32)
    };
    let (x, width) = axis(a.x, a.width, b.x, b.width);
    let (y, height) = axis(a.y, a.height, b.y, b.height);
    Area { x, y, width, height }
}
