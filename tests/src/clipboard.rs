//! A text that was copied on a display, for whatever is pasted into there.
//!
//! Belongs to a window of its own that nobody sees, as the copied text of every program does.

use std::thread::JoinHandle;

use anyhow::{Context, Result};
use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ClientMessageEvent, ConnectionExt as _, CreateWindowAux, EventMask, PropMode,
    SELECTION_NOTIFY_EVENT, SelectionNotifyEvent, SelectionRequestEvent, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use crate::display::Display;

/// A copied text. It is there until something else is copied or this is dropped, which is before its display ends.
pub struct Clipboard {
    connection: RustConnection,
    window: Window,
    end: Atom,
    keeper: Option<JoinHandle<()>>,
}

impl Clipboard {
    /// Copies this text on a display.
    pub fn holding(text: &str, display: &Display) -> Result<Self> {
        let (connection, screen) = x11rb::connect(Some(display.name())).context("opening the display to copy on it")?;
        let root = connection.setup().roots[screen].root;
        let window = connection.generate_id()?;
        let aux = CreateWindowAux::new();
        connection.create_window(0, window, root, -9, -9, 1, 1, 0, WindowClass::INPUT_ONLY, 0, &aux)?;
        let atom = |name: &str| -> Result<Atom> { Ok(connection.intern_atom(false, name.as_bytes())?.reply()?.atom) };
        let (clipboard, end) = (atom("CLIPBOARD")?, atom("AMPARO_END")?);
        let (targets, utf8) = (atom("TARGETS")?, atom("UTF8_STRING")?);
        connection.set_selection_owner(window, clipboard, x11rb::CURRENT_TIME)?;
        connection.sync()?;
        let keeper = Keeper { connection, targets, utf8, end, text: text.to_owned() };
        let keeper = std::thread::Builder::new().name("clipboard".to_owned()).spawn(move || keeper.keep())?;
        let (connection, _) = x11rb::connect(Some(display.name()))?;
        Ok(Self { connection, window, end, keeper: Some(keeper) })
    }

    fn tell_end(&self) -> Result<()> {
        let end = ClientMessageEvent::new(32, self.window, self.end, [0; 5]);
        self.connection.send_event(false, self.window, EventMask::NO_EVENT, end)?;
        Ok(self.connection.sync()?)
    }
}

impl Drop for Clipboard {
    fn drop(&mut self) {
        // Where the display has gone, so has the keeper.
        let _gone_already = self.tell_end();
        if let Some(keeper) = self.keeper.take() {
            let _ended = keeper.join();
        }
    }
}

/// Gives the text to whoever asks.
struct Keeper {
    connection: RustConnection,
    targets: Atom,
    utf8: Atom,
    end: Atom,
    text: String,
}

impl Keeper {
    fn keep(self) {
        // An error is the display's end.
        while let Ok(event) = self.connection.wait_for_event() {
            match event {
                Event::SelectionRequest(asked) if self.give(&asked).is_ok() => {}
                Event::SelectionRequest(_) | Event::SelectionClear(_) => return,
                Event::ClientMessage(told) if told.type_ == self.end => return,
                _ => {}
            }
        }
    }

    fn give(&self, asked: &SelectionRequestEvent) -> Result<()> {
        let property = if asked.property == x11rb::NONE { asked.target } else { asked.property };
        let (to, string) = (asked.requestor, Atom::from(AtomEnum::STRING));
        let mut given = property;
        if asked.target == self.targets {
            let all = [self.targets, self.utf8, string];
            self.connection.change_property32(PropMode::REPLACE, to, property, AtomEnum::ATOM, &all)?;
        } else if asked.target == self.utf8 || asked.target == string {
            self.connection.change_property8(PropMode::REPLACE, to, property, asked.target, self.text.as_bytes())?;
        } else {
            given = x11rb::NONE;
        }
        let told = SelectionNotifyEvent {
            response_type: SELECTION_NOTIFY_EVENT,
            sequence: 0,
            time: asked.time,
            requestor: to,
            selection: asked.selection,
            target: asked.target,
            property: given,
        };
        self.connection.send_event(false, to, EventMask::NO_EVENT, told)?;
        Ok(self.connection.flush()?)
    }
}
