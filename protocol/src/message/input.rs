//! What the attendant's mouse and keyboard do.

use serde::{Deserialize, Serialize};

use crate::limits;

/// One thing done with mouse or keyboard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Input {
    /// The pointer is at this pixel of the customer's screen.
    Move {
        /// From the left.
        x: u16,
        /// From the top.
        y: u16,
    },
    /// A mouse button.
    Button {
        /// Which.
        button: Button,
        /// Pressed, not released.
        down: bool,
    },
    /// The wheel, in 120ths of a notch; positive is right and down.
    Wheel {
        /// Sideways.
        dx: i16,
        /// Up and down.
        dy: i16,
    },
    /// A key by its place on the keyboard: Linux evdev code (`linux/input-event-codes.h`).
    Key {
        /// The code.
        code: u16,
        /// Pressed, not released.
        down: bool,
    },
    /// Text that no key of the customer's layout gives by itself.
    Text(InputText),
    /// Nothing is held down any more.
    ReleaseAll,
}

/// Mouse buttons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Button {
    /// The first.
    Left,
    /// The wheel's.
    Middle,
    /// The one for menus.
    Right,
    /// Thumb, back.
    Back,
    /// Thumb, forward.
    Forward,
}

/// Text to type, at most [`limits::INPUT_TEXT_BYTES`], no control characters.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct InputText(String);

impl InputText {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for InputText {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, &'static str> {
        if text.len() <= limits::INPUT_TEXT_BYTES && !text.chars().any(char::is_control) {
            Ok(Self(text))
        } else {
            Err("text that cannot be typed")
        }
    }
}

impl From<InputText> for String {
    fn from(text: InputText) -> String {
        text.0
    }
}

impl std::fmt::Debug for InputText {
    /// What somebody types is nobody else's.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "InputText({} bytes)", self.0.len())
    }
}
