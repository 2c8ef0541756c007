//! Draws a window into memory without a desktop: for the preview example and for the tests that look at every page.
//! Never part of a running program.

use std::cell::RefCell;
use std::rc::Rc;

use slint::platform::software_renderer::{MinimalSoftwareWindow, RepaintBufferType};
use slint::platform::{Platform, WindowAdapter, WindowEvent};
use slint::{ComponentHandle, PhysicalSize, PlatformError, Rgb8Pixel};

use super::view_model::ViewModel;
use super::windows::{MakingBar, Windows};
use super::{Error, Hooks, ui};

/// Which window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The main window.
    Main,
    /// The customer's bar.
    Bar,
    /// The attendant's viewer.
    Viewer,
}

/// How a picture is taken.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Width of the window in logical pixels; 0 as the bar likes.
    pub width: u32,
    /// Height of the window in logical pixels; 0 as the bar likes.
    pub height: u32,
    /// Physical pixels for one logical pixel.
    pub scale: f32,
    /// How much larger than the design's its text is.
    pub text_scale: f32,
}

/// A picture: 8-bit RGB, row by row.
pub struct Picture {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Three bytes a pixel.
    pub rgb: Vec<u8>,
}

/// Draws windows. One for each thread at most.
pub struct Studio {
    windows: Rc<Windows>,
    made: Rc<RefCell<Vec<Rc<MinimalSoftwareWindow>>>>,
}

struct Offscreen(Rc<RefCell<Vec<Rc<MinimalSoftwareWindow>>>>);

impl Platform for Offscreen {
    fn create_window_adapter(&self) -> Result<Rc<dyn WindowAdapter>, PlatformError> {
        let window = MinimalSoftwareWindow::new(RepaintBufferType::NewBuffer);
        self.0.borrow_mut().push(Rc::clone(&window));
        Ok(window)
    }
}

impl Studio {
    /// Makes the windows without a desktop.
    pub fn new() -> Result<Self, Error> {
        let made = Rc::default();
        slint::platform::set_platform(Box::new(Offscreen(Rc::clone(&made))))
            .map_err(|e| Error::Toolkit(PlatformError::Other(e.to_string())))?;
        let windows = Windows::new(Hooks::default(), MakingBar::default())?;
        Ok(Self { windows, made })
    }

    /// Draws one window of a view, with nothing moving.
    pub fn take(&self, view: &ViewModel, which: Which, setting: Setting) -> Result<Picture, Error> {
        self.windows.show(view.clone());
        let set = |tokens: ui::Tokens<'_>| {
            tokens.set_still(true);
            tokens.set_text_scale(setting.text_scale);
        };
        let (main, viewer) = (self.windows.main.borrow(), self.windows.viewer.borrow());
        let bars = self.windows.bars.borrow();
        main.iter().for_each(|w| set(w.global::<ui::Tokens>()));
        viewer.iter().for_each(|w| set(w.global::<ui::Tokens>()));
        bars.iter().for_each(|w| set(w.global::<ui::Tokens>()));
        let window = match which {
            Which::Main => main.as_ref().map(ComponentHandle::window),
            Which::Viewer => viewer.as_ref().map(ComponentHandle::window),
            Which::Bar => bars.first().map(ComponentHandle::window),
        }
        .ok_or_else(|| Error::Toolkit("the view has no such window".into()))?;
        let adapter = self
            .made
            .borrow()
            .iter()
            .find(|a| std::ptr::eq(a.window(), window))
            .cloned()
            .ok_or_else(|| Error::Toolkit("a window of another platform".into()))?;
        window.dispatch_event(WindowEvent::ScaleFactorChanged { scale_factor: setting.scale });
        let side = |given: u32, own: f32| {
            ((if given == 0 { own } else { given as f32 }) * setting.scale).ceil().max(1.0) as u32
        };
        window.dispatch_event(WindowEvent::WindowActiveChanged(true));
        // Rows, focus and what the bar asks for settle in the first rounds.
        let mut size = window.size();
        let mut pixels = Vec::new();
        for _ in 0..4 {
            let own = bars.first().map(|b| (b.get_wanted_width(), b.get_wanted_height())).unwrap_or_default();
            size = PhysicalSize::new(side(setting.width, own.0), side(setting.height, own.1));
            adapter.set_size(size);
            pixels = vec![Rgb8Pixel::default(); (size.width * size.height) as usize];
            slint::platform::update_timers_and_animations();
            adapter.request_redraw();
            adapter.draw_if_needed(|renderer| {
                renderer.render(&mut pixels, size.width as usize);
            });
        }
        Ok(Picture {
            width: size.width,
            height: size.height,
            rgb: pixels.iter().flat_map(|p| [p.r, p.g, p.b]).collect(),
        })
    }
}
