//! X11, through enigo: XTEST events; characters without a key are put on an unused key for as long as the backend is open.

use enigo::{Axis, Coordinate, Direction, Enigo, Keyboard as _, Mouse as _, Settings};
use protocol::message::input::Button;

use super::Backend;
use crate::Error;

pub(super) const NAME: &str = "x11";

/// X11 numbers keys from 8 on.
const KEYS_FROM: u16 = 8;

pub(super) struct Os(Enigo);

impl Os {
    pub(super) fn open(display: Option<&str>) -> Result<Self, Error> {
        let settings = Settings {
            // Every button would wait this long in the server.
            linux_delay: 0,
            x11_display: display.map(str::to_owned),
            // What is held is known and released above.
            release_keys_when_dropped: false,
            ..Settings::default()
        };
        Enigo::new(&settings).map(Self).map_err(|error| Error::Open {
            display: display.map_or_else(|| std::env::var("DISPLAY").unwrap_or_default(), str::to_owned),
            why: error.to_string(),
        })
    }
}

fn refused(error: enigo::InputError) -> Error {
    Error::Refused(error.to_string())
}

fn direction(down: bool) -> Direction {
    if down { Direction::Press } else { Direction::Release }
}

impl Backend for Os {
    fn place(&mut self, x: u16, y: u16) -> Result<(), Error> {
        let inside = |at: u16| i32::from(at).min(i16::MAX.into());
        self.0.move_mouse(inside(x), inside(y), Coordinate::Abs).map_err(refused)
    }

    fn button(&mut self, button: Button, down: bool) -> Result<(), Error> {
        let button = match button {
            Button::Left => enigo::Button::Left,
            Button::Middle => enigo::Button::Middle,
            Button::Right => enigo::Button::Right,
            Button::Back => enigo::Button::Back,
            Button::Forward => enigo::Button::Forward,
        };
        self.0.button(button, direction(down)).map_err(refused)
    }

    fn wheel(&mut self, right: i32, down: i32) -> Result<(), Error> {
        self.0.scroll(right, Axis::Horizontal).map_err(refused)?;
        self.0.scroll(down, Axis::Vertical).map_err(refused)
    }

    fn key(&mut self, code: u16, down: bool) -> Result<(), Error> {
        let keycode = code.checked_add(KEYS_FROM).filter(|keycode| *keycode <= u16::from(u8::MAX));
        self.0.raw(keycode.ok_or(Error::Key(code))?, direction(down)).map_err(refused)
    }

    fn text(&mut self, text: &str) -> Result<(), Error> {
        self.0.text(text).map_err(refused)
    }
}
