//! The viewer's picture, drawn beside the toolkit: a child window over the viewer's picture area, with a connection of its own.
//!
//! One named thread, the viewer's, opens the [`Surface`], owns it and drops it. The child window asks for no input events, so pointer and
//! keys go to the viewer window below it. [`Surface::draw`] returns when the display server has drawn, so that what is acknowledged as
//! shown is shown. Sizes that a peer chose reach this module only through a [`Picture`], whose maker has checked them.
//!
//! The customer's pointer is either drawn into the picture (looking on) or becomes the child window's own pointer (controlling): then the
//! local pointer looks like the customer's, without waiting for the round trip, and nothing is drawn twice. See [`PointerMode`].

use std::time::Duration;

use media::{Picture, Waker};
use protocol::media::{Point, Pointer, Rect, Size};

use crate::gui::surface::Area;

mod mapping;
mod paint;

#[cfg(target_os = "linux")]
#[path = "surface/x11.rs"]
mod os;
#[cfg(windows)]
#[path = "surface/windows.rs"]
mod os;
#[cfg(not(any(target_os = "linux", windows)))]
#[path = "surface/none.rs"]
mod os;

pub use mapping::{Mapping, View};

/// Why the picture cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// This system has no way yet.
    #[error("drawing the picture is not supported on this system")]
    Unsupported,
    /// The display cannot be opened, or not drawn to.
    #[error("opening the display for the picture: {0}")]
    Open(String),
    /// The viewer window or its display is gone.
    #[error("the viewer's window is gone: {0}")]
    Gone(String),
}

/// How the customer's pointer is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PointerMode {
    /// In the picture, where the customer's pointer is. For looking on.
    #[default]
    Drawn,
    /// As the look of the local pointer over the picture. For controlling.
    Local,
}

/// The child window.
pub struct Surface {
    os: os::Surface,
    mapping: Option<Mapping>,
    view: View,
    area: Area,
}

impl Surface {
    /// Makes it over `area` of the viewer's window, hidden until the first [`Surface::show`]. `margin` is the colour around the picture, as
    /// red, green, blue. `display` is the viewer's, `None` for `DISPLAY`.
    pub fn open(display: Option<&str>, parent: u32, area: Area, margin: [u8; 3]) -> Result<Self, Error> {
        let os = os::Surface::open(display, parent, area, margin)?;
        Ok(Self { os, mapping: None, view: View::Scaled, area })
    }

    /// Ends a [`Surface::wait`] from another thread: a batch came, the window was resized.
    pub fn waker(&self) -> Waker {
        self.os.waker()
    }

    /// Waits until the waker is called or the time is over. Parts that another window uncovered are drawn meanwhile.
    pub fn wait(&mut self, timeout: Duration) -> Result<(), Error> {
        self.os.wait(timeout)
    }

    /// Moves and resizes it, with `holes` cut out where panels are (same coordinates as `area`). The picture follows with the next
    /// [`Surface::draw`] of the whole canvas; until then the margin colour is there.
    pub fn place(&mut self, area: Area, holes: &[Area]) -> Result<(), Error> {
        self.area = area;
        self.mapping = self.mapping.map(|mapping| Mapping::new(mapping.screen(), area, self.view));
        self.os.place(area, holes)
    }

    /// The colour around the picture, from the next whole drawing on.
    pub fn margin(&mut self, margin: [u8; 3]) {
        self.os.margin(margin);
    }

    /// Shows it.
    pub fn show(&mut self) -> Result<(), Error> {
        self.os.visible(true)
    }

    /// Hides it, for example while a dialog is over the picture.
    pub fn hide(&mut self) -> Result<(), Error> {
        self.os.visible(false)
    }

    /// Draws these parts of the canvas, or everything when size or view changed since the last call, and returns when the server
    /// has drawn them.
    pub fn draw(&mut self, canvas: Picture<'_>, damaged: &[Rect], view: View) -> Result<(), Error> {
        let Some(screen) = canvas.size() else { return Ok(()) };
        let mapping = Mapping::new(screen, self.area, view);
        self.view = view;
        let whole = [screen.rect()];
        let anew = self.mapping.replace(mapping) != Some(mapping) || self.os.blank();
        self.os.draw(canvas, if anew { &whole } else { damaged }, anew, &mapping)
    }

    /// What the customer's pointer did; drawn at once where it is drawn.
    pub fn pointer(&mut self, canvas: Picture<'_>, pointer: Pointer) -> Result<(), Error> {
        self.os.pointer(canvas, self.mapping.as_ref(), pointer)
    }

    /// How the customer's pointer is shown from now on.
    pub fn pointer_mode(&mut self, canvas: Picture<'_>, mode: PointerMode) -> Result<(), Error> {
        self.os.pointer_mode(canvas, self.mapping.as_ref(), mode)
    }

    /// Where things are now, for the thread that maps input; `None` before the first drawing. A copy stays right until the next
    /// [`Surface::place`] or [`Surface::draw`].
    pub fn mapping(&self) -> Option<Mapping> {
        self.mapping
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests;
