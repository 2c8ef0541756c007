//! X11: a passive grab on every root window, once for each state of the lock keys, which count as modifiers there (XGrabKey(3)).

use std::sync::Arc;

use x11rb::{
    connection::Connection,
    errors::ReplyError,
    protocol::{
        ErrorKind, Event,
        xproto::{ConnectionExt, CreateWindowAux, EventMask, GrabMode, Keycode, ModMask, Window, WindowClass},
    },
    rust_connection::RustConnection,
};

use crate::Error;

/// F12 in X's table of key symbols.
const F12: u32 = 0xffc9;

#[derive(Debug)]
pub(super) struct Grab {
    connection: Arc<RustConnection>,
    /// Never shown: its end wakes the thread.
    token: Window,
}

impl Grab {
    pub(super) fn new(display: Option<&str>, pressed: impl Fn() + Send + 'static) -> Result<Self, Error> {
        let name = || display.map_or_else(|| std::env::var("DISPLAY").unwrap_or_default(), str::to_owned);
        let (connection, _) = RustConnection::connect(display)
            .map_err(|error| Error::Open { display: name(), why: error.to_string() })?;
        let connection = Arc::new(connection);
        let token = grab(&connection).map_err(|error| match error {
            ReplyError::X11Error(error) if error.error_kind == ErrorKind::Access => {
                Error::Refused("another program has the key".to_owned())
            }
            error => Error::Refused(error.to_string()),
        })?;
        let events = connection.clone();
        std::thread::Builder::new()
            .name("end key".to_owned())
            .spawn(move || {
                loop {
                    match events.wait_for_event() {
                        Ok(Event::KeyPress(_)) => pressed(),
                        Ok(Event::DestroyNotify(event)) if event.window == token => return,
                        Ok(_) => {}
                        Err(error) => return tracing::info!(%error, "the end key is gone with its display"),
                    }
                }
            })
            .map_err(|error| Error::Refused(error.to_string()))?;
        Ok(Self { connection, token })
    }
}

impl Drop for Grab {
    fn drop(&mut self) {
        // The thread ends with the window, the connection with the thread, and the grabs with the connection. When the display is
        // gone, all of them are.
        let asked = self.connection.destroy_window(self.token).map(drop).and_then(|()| self.connection.flush());
        if let Err(error) = asked {
            tracing::debug!(%error, "the display went before the end key was given back");
        }
    }
}

fn grab(connection: &RustConnection) -> Result<Window, ReplyError> {
    let setup = connection.setup();
    let keys =
        connection.get_keyboard_mapping(setup.min_keycode, setup.max_keycode - setup.min_keycode + 1)?.reply()?;
    let codes = setup.min_keycode..=setup.max_keycode;
    let symbols = keys.keysyms.chunks(usize::from(keys.keysyms_per_keycode).max(1));
    // A keyboard without the key: nothing can press it, and nothing is taken.
    let f12: Vec<Keycode> =
        codes.zip(symbols).filter(|(_, symbols)| symbols.contains(&F12)).map(|(code, _)| code).collect();
    let chord = ModMask::CONTROL | ModMask::SHIFT;
    let (num, caps) = (ModMask::M2, ModMask::LOCK);
    for root in setup.roots.iter().map(|screen| screen.root) {
        for code in &f12 {
            for locks in [ModMask::from(0_u16), num, caps, num | caps] {
                connection.grab_key(false, root, chord | locks, *code, GrabMode::ASYNC, GrabMode::ASYNC)?.check()?;
            }
        }
    }
    let token = connection.generate_id().map_err(|error| match error {
        x11rb::errors::ReplyOrIdError::ConnectionError(error) => ReplyError::ConnectionError(error),
        x11rb::errors::ReplyOrIdError::X11Error(error) => ReplyError::X11Error(error),
        x11rb::errors::ReplyOrIdError::IdsExhausted => {
            ReplyError::ConnectionError(x11rb::errors::ConnectionError::UnknownError)
        }
    })?;
    let events = CreateWindowAux::new().event_mask(EventMask::STRUCTURE_NOTIFY);
    let root = setup.roots[0].root;
    connection.create_window(0, token, root, 0, 0, 1, 1, 0, WindowClass::INPUT_ONLY, 0, &events)?.check()?;
    Ok(token)
}
