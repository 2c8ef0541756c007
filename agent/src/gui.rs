//! The program's windows. The controller gives [`view_model::ViewModel`]s to a [`GuiHandle`] and takes
//! [`command::Command`]s; no rule lives here, and no state beyond what is being typed.
//!
//! `show` turns a view into what the pages draw, `listen` turns what they report into commands, `viewer_input` and `surface`
//! are the viewer window's picture area, `ui/` holds the drawing. Everything but [`GuiHandle`] stays on the main thread.

#[cfg(feature = "_automation")]
pub mod automation;
pub mod command;
pub mod controller;
mod listen;
pub mod picture;
mod shape;
mod show;
pub mod strings;
pub mod surface;
pub mod view_model;
mod viewer_input;
mod windows;

/// What the `.slint` files compile to.
#[allow(missing_docs, clippy::all, clippy::unwrap_used, clippy::todo, unreachable_pub)]
mod ui {
    slint::include_modules!();
}

use std::{rc::Rc, sync::Arc};

use command::Command;
use surface::{RawInput, Surface};
use view_model::ViewModel;
use windows::Windows;

/// What the windows call. Each runs on the event loop and must not block.
pub struct Hooks {
    /// A person did something.
    pub command: Box<dyn Fn(Command)>,
    /// The viewer's picture area appeared or changed (position, size, scale factor, what covers it); `None` when it is going
    /// away, called before the window is gone.
    pub viewer_surface: Box<dyn Fn(Option<Surface>)>,
    /// Keyboard and mouse over the picture, in control mode.
    pub viewer_input: Box<dyn Fn(RawInput)>,
}

impl Default for Hooks {
    fn default() -> Self {
        Self { command: Box::new(|_| ()), viewer_surface: Box::new(|_| ()), viewer_input: Box::new(|_| ()) }
    }
}

/// Why there are no windows.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody has told of a desktop of X11, in `DISPLAY`.
    #[error("there is no desktop of X11, nor Xwayland in a session of Wayland: DISPLAY is not set")]
    NoDesktop,
    /// The toolkit refused it.
    #[error("opening a window on the desktop")]
    Toolkit(#[from] slint::PlatformError),
}

/// The program's windows, on the main thread.
pub struct Gui {
    windows: Rc<Windows>,
    handle: GuiHandle,
}

impl Gui {
    /// Makes the windows; nothing is on the screen before the first [`GuiHandle::show`] and [`Gui::run`].
    pub fn new(hooks: Hooks) -> Result<Self, Error> {
        let making_bar = windows::select_backend()?;
        let windows = Windows::new(hooks, making_bar)?;
        let (newest, _) = tokio::sync::watch::channel(None);
        Ok(Self { windows, handle: GuiHandle { newest, raised: Arc::default() } })
    }

    /// What other threads show views through.
    pub fn handle(&self) -> GuiHandle {
        self.handle.clone()
    }

    /// Runs the event loop on this thread until [`GuiHandle::quit`].
    pub fn run(self) -> Result<(), Error> {
        let mut views = self.handle.newest.subscribe();
        views.mark_changed();
        let (windows, raised) = (Rc::clone(&self.windows), Arc::clone(&self.handle.raised));
        drop(self.handle);
        let raised_windows = Rc::clone(&windows);
        let raises = slint::spawn_local(async move {
            loop {
                raised.notified().await;
                raised_windows.raise();
            }
        })
        .map_err(|e| slint::PlatformError::Other(e.to_string()))?;
        let shows = slint::spawn_local(async move {
            loop {
                let view = views.borrow_and_update().clone();
                if let Some(view) = view {
                    windows.show(view);
                }
                if views.changed().await.is_err() {
                    break;
                }
            }
        })
        .map_err(|e| slint::PlatformError::Other(e.to_string()))?;
        #[cfg(feature = "_automation")]
        automation::serve(Rc::clone(&self.windows));
        slint::run_event_loop_until_quit()?;
        shows.abort();
        raises.abort();
        self.windows.close();
        Ok(())
    }
}

/// Shows views from any thread. Only the newest view that is not shown yet is kept: an older one is never drawn after it.
#[derive(Clone)]
pub struct GuiHandle {
    newest: tokio::sync::watch::Sender<Option<ViewModel>>,
    raised: Arc<tokio::sync::Notify>,
}

impl GuiHandle {
    /// Shows this, as soon as the event loop comes to it. What did not change is left alone.
    pub fn show(&self, view: ViewModel) {
        self.newest.send_replace(Some(view));
    }

    /// Brings the window that is open to the front.
    pub fn raise(&self) {
        self.raised.notify_one();
    }

    /// Ends [`Gui::run`].
    pub fn quit(&self) {
        if let Err(error) = slint::quit_event_loop() {
            tracing::debug!(%error, "the event loop has ended already");
        }
    }
}
