//! A person's hands on one display: mouse and keyboard through XTEST, so that programs see real events.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{
    BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ConnectionExt as _, KEY_PRESS_EVENT, KEY_RELEASE_EVENT,
    MOTION_NOTIFY_EVENT, Window,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

use crate::display::Display;

/// Mouse and keyboard of one display.
pub struct Hands {
    connection: RustConnection,
    root: Window,
    first_keycode: u8,
    syms_per_code: usize,
    keymap: Vec<u32>,
}

impl Hands {
    /// On this display.
    pub fn on(display: &Display) -> Result<Self> {
        let (connection, screen) = x11rb::connect(Some(display.name())).context("opening the display for the hands")?;
        let setup = connection.setup();
        let root = setup.roots[screen].root;
        let (first, last) = (setup.min_keycode, setup.max_keycode);
        let map = connection.get_keyboard_mapping(first, last - first + 1)?.reply()?;
        Ok(Self {
            root,
            first_keycode: first,
            syms_per_code: usize::from(map.keysyms_per_keycode),
            keymap: map.keysyms,
            connection,
        })
    }

    /// Moves the pointer there.
    pub fn move_to(&self, (x, y): (i32, i32)) -> Result<()> {
        self.connection.xtest_fake_input(MOTION_NOTIFY_EVENT, 0, 0, self.root, x as i16, y as i16, 0)?;
        self.settle()
    }

    /// Moves there in small steps, as a hand does.
    pub fn glide_to(&self, to: (i32, i32)) -> Result<()> {
        let at = self.connection.query_pointer(self.root)?.reply()?;
        let from = (i32::from(at.root_x), i32::from(at.root_y));
        for step in 1..=12 {
            self.move_to((from.0 + (to.0 - from.0) * step / 12, from.1 + (to.1 - from.1) * step / 12))?;
        }
        Ok(())
    }

    /// Presses and lets go of the left button there.
    pub fn click(&self, at: (i32, i32)) -> Result<()> {
        self.glide_to(at)?;
        self.button(1, true)?;
        self.button(1, false)
    }

    /// A button down or up; 1 left, 2 middle, 3 right, 4 and 5 the wheel.
    pub fn button(&self, button: u8, down: bool) -> Result<()> {
        let event = if down { BUTTON_PRESS_EVENT } else { BUTTON_RELEASE_EVENT };
        self.connection.xtest_fake_input(event, button, 0, self.root, 0, 0, 0)?;
        self.settle()
    }

    /// A key down or up, by its X key symbol.
    pub fn key_sym(&self, sym: u32, down: bool) -> Result<()> {
        let (code, _) = self.find(sym).with_context(|| format!("no key gives symbol {sym:#x}"))?;
        self.key_code(code, down)
    }

    /// Presses and lets go of a key by name, with what is held before it: `Tab`, `ctrl+alt+shift+q`.
    pub fn press(&self, chord: &str) -> Result<()> {
        let syms: Vec<u32> = chord.split('+').map(named).collect::<Result<_>>()?;
        for sym in &syms {
            self.key_sym(*sym, true)?;
        }
        for sym in syms.iter().rev() {
            self.key_sym(*sym, false)?;
        }
        Ok(())
    }

    /// Types a text, one key after the other.
    pub fn type_text(&self, text: &str) -> Result<()> {
        const SHIFT_L: u32 = 0xffe1;
        for c in text.chars() {
            let sym = symbol_of(c);
            let (code, shifted) = self.find(sym).with_context(|| format!("no key gives {c:?}"))?;
            if shifted {
                self.key_sym(SHIFT_L, true)?;
            }
            self.key_code(code, true)?;
            self.key_code(code, false)?;
            if shifted {
                self.key_sym(SHIFT_L, false)?;
            }
        }
        Ok(())
    }

    fn key_code(&self, code: u8, down: bool) -> Result<()> {
        let event = if down { KEY_PRESS_EVENT } else { KEY_RELEASE_EVENT };
        self.connection.xtest_fake_input(event, code, 0, self.root, 0, 0, 0)?;
        self.settle()
    }

    /// A hand is not a machine gun: the server has the event, and the program a moment for it.
    fn settle(&self) -> Result<()> {
        self.connection.get_input_focus()?.reply()?;
        std::thread::sleep(Duration::from_millis(3));
        Ok(())
    }

    /// Key code of a symbol, and whether Shift is needed.
    fn find(&self, sym: u32) -> Option<(u8, bool)> {
        for level in 0..self.syms_per_code.min(2) {
            for (i, syms) in self.keymap.chunks_exact(self.syms_per_code).enumerate() {
                if syms[level] == sym {
                    return Some((self.first_keycode + u8::try_from(i).ok()?, level == 1));
                }
            }
        }
        None
    }
}

/// The X key symbol of a character.
fn symbol_of(c: char) -> u32 {
    match c {
        '\n' => 0xff0d,
        '\t' => 0xff09,
        '\u{20}'..='\u{ff}' => u32::from(c),
        _ => 0x0100_0000 | u32::from(c),
    }
}

fn named(name: &str) -> Result<u32> {
    Ok(match name {
        "ctrl" => 0xffe3,
        "shift" => 0xffe1,
        "alt" => 0xffe9,
        "Tab" => 0xff09,
        "Return" => 0xff0d,
        "Escape" => 0xff1b,
        "BackSpace" => 0xff08,
        "Delete" => 0xffff,
        "Space" => 0x20,
        "Left" => 0xff51,
        "Up" => 0xff52,
        "Right" => 0xff53,
        "Down" => 0xff54,
        "F2" => 0xffbf,
        "F6" => 0xffc3,
        "F12" => 0xffc9,
        one if one.chars().count() == 1 => symbol_of(one.chars().next().context("one character")?),
        other => bail!("no key is called {other:?}"),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::lens;
    use crate::picture::Rect;
    use crate::wait;

    #[test]
    fn what_hands_type_into_a_terminal_its_shell_executes() {
        let folder = tempfile::tempdir().unwrap();
        let mut display = Display::start(1024, 768, folder.path()).unwrap();
        display.furnish().unwrap();
        let window = display.terminal("Terminal", "80x24+100+120", folder.path()).unwrap();
        let hands = Hands::on(&display).unwrap();
        hands.click(display.place_of(window).unwrap().centre()).unwrap();
        hands.type_text("echo \"A-b_c $((6*7)) {~}\" > out\n").unwrap();
        let text = wait::until("the shell's file", wait::PATIENCE, || {
            Ok(std::fs::read_to_string(folder.path().join("out")).ok().filter(|t| t.ends_with('\n')))
        });
        assert_eq!(text.unwrap(), "A-b_c 42 {~}\n");

        // What lens::Lens relies on: a terminal with text has places that are found where they are, and nowhere else.
        let picture = display.picture().unwrap();
        let places = lens::candidates(&picture);
        assert!(!places.is_empty());
        let (x, y) = places[0];
        let part = picture.cut(Rect { x, y, width: 96, height: 40 });
        assert_eq!(picture.find(&part), Some((x as usize, y as usize)));
    }

    #[test]
    fn a_display_can_be_resized_and_unplugged() {
        let folder = tempfile::tempdir().unwrap();
        let mut display = Display::start(1280, 800, folder.path()).unwrap();
        display.resize(1024, 768).unwrap();
        assert_eq!(display.size().unwrap(), (1024, 768));
        display.resize(1280, 800).unwrap();
        assert_eq!(display.size().unwrap(), (1280, 800));
        display.unplug().unwrap();
        assert!(display.size().is_err());
    }
}
