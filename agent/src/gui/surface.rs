//! The place in the viewer window where the picture goes, and the raw input over it.
//!
//! The picture does not pass through the toolkit: whoever draws it puts a child window of its own over `Surface::area` and
//! cuts `Surface::holes` out of that child's shape, because the toolkit draws below it. Nothing here knows the toolkit.

/// A rectangle in physical pixels, relative to the inside of the viewer window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Area {
    /// From the left, in physical pixels.
    pub x: i32,
    /// From the top, in physical pixels.
    pub y: i32,
    /// In physical pixels, never 0.
    pub width: u32,
    /// In physical pixels, never 0.
    pub height: u32,
}

/// Where the picture goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Surface {
    /// The viewer window's X11 id or Windows handle: the parent for a child window.
    pub window: u32,
    /// The picture area.
    pub area: Area,
    /// Parts of `area` that a panel or dialog covers (same coordinates as `area`): to be cut out of the child's bounding
    /// shape. Rounded corners come as several flat rectangles.
    pub holes: Vec<Area>,
    /// Physical pixels for one logical pixel.
    pub scale_factor: f32,
}

/// Input over the picture, before any key map. Only sent while the viewer is in control mode.
#[derive(Debug, Clone, PartialEq)]
pub enum RawInput {
    /// The pointer is here, in physical pixels from the top left of the picture area. Clamped to the area while a button
    /// is held outside it.
    Pointer {
        /// From the left.
        x: f64,
        /// From the top.
        y: f64,
    },
    /// A mouse button.
    Button {
        /// Which.
        button: MouseButton,
        /// Pressed, or let go.
        down: bool,
    },
    /// The wheel, in notches of 1.0; positive `dy` scrolls up, positive `dx` to the left, as in winit.
    Wheel {
        /// Sideways.
        dx: f32,
        /// Up and down.
        dy: f32,
    },
    /// A key.
    Key {
        /// The Linux evdev code (X11 keycode minus 8).
        scan: u32,
        /// What the local layout makes of it, when pressed.
        text: Option<String>,
        /// Pressed, or let go.
        down: bool,
        /// Made by holding the key.
        repeat: bool,
    },
    /// The viewer lost the keyboard: everything held must be let go.
    FocusLost,
}

/// A mouse button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MouseButton {
    /// Left.
    Left,
    /// Middle.
    Middle,
    /// Right.
    Right,
    /// Back on the side.
    Back,
    /// Forward on the side.
    Forward,
}
