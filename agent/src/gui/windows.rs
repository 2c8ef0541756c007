//! The windows themselves: made, shown, placed and closed. `show` decides what is in them.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use raw_window_handle::{HasWindowHandle, RawWindowHandle};
use slint::winit_030::{EventResult, WinitWindowAccessor, winit};
use slint::{CloseRequestResponse, ComponentHandle, LogicalSize, PhysicalPosition};
use winit::event::WindowEvent;

use super::command::Command;
use super::show::Models;
use super::surface::{Area, Surface};
use super::view_model::{ControlState, MainWindow, Page, ViewModel};
use super::viewer_input::ViewerInput;
use super::{Error, Hooks, shape, ui};

/// Read by the backend's hook: the window being made now is a session bar.
pub(super) type MakingBar = Rc<Cell<bool>>;

/// Chooses winit and the software renderer, and says how a session bar's window differs.
pub(super) fn select_backend() -> Result<MakingBar, Error> {
    let making_bar = MakingBar::default();
    let flag = Rc::clone(&making_bar);
    slint::BackendSelector::new()
        .backend_name("winit".into())
        .renderer_name("software".into())
        .with_winit_window_attributes_hook(
            move |attributes| if flag.get() { bar_attributes(attributes) } else { attributes },
        )
        .select()?;
    Ok(making_bar)
}

/// The window manager has no say over the bar: it is placed exactly, gets no frame, and no window can be put above it
/// without us raising it again.
#[cfg(target_os = "linux")]
fn bar_attributes(attributes: winit::window::WindowAttributes) -> winit::window::WindowAttributes {
    use winit::platform::x11::{WindowAttributesExtX11, WindowType};
    attributes.with_override_redirect(true).with_x11_window_type(vec![WindowType::Dock]).with_active(false)
}

#[cfg(not(target_os = "linux"))]
fn bar_attributes(attributes: winit::window::WindowAttributes) -> winit::window::WindowAttributes {
    attributes.with_active(false)
}

/// Left, top and width in physical pixels.
type Monitor = (i32, i32, u32);

/// All windows and what is in them.
pub(super) struct Windows {
    pub main: ui::MainWindow,
    pub viewer: ui::ViewerWindow,
    /// One for each monitor, while a session runs.
    pub bars: RefCell<Vec<ui::SessionBar>>,
    pub hooks: Hooks,
    pub models: Models,
    pub shown: RefCell<Option<ViewModel>>,
    /// What was typed into the customer's fields.
    pub typed: RefCell<Vec<String>>,
    making_bar: MakingBar,
    main_open: Cell<bool>,
    viewer_open: Cell<bool>,
    attendant_size: Cell<Option<bool>>,
    surface: RefCell<Option<Surface>>,
    monitors: RefCell<Vec<Monitor>>,
    input: RefCell<ViewerInput>,
    this: Weak<Windows>,
}

impl Windows {
    pub fn new(hooks: Hooks, making_bar: MakingBar) -> Result<Rc<Self>, Error> {
        let main = ui::MainWindow::new()?;
        let viewer = ui::ViewerWindow::new()?;
        let windows = Rc::new_cyclic(|this| Self {
            main,
            viewer,
            bars: RefCell::default(),
            hooks,
            models: Models::default(),
            shown: RefCell::default(),
            typed: RefCell::default(),
            making_bar,
            main_open: Cell::new(false),
            viewer_open: Cell::new(false),
            attendant_size: Cell::new(None),
            surface: RefCell::default(),
            monitors: RefCell::default(),
            input: RefCell::default(),
            this: Weak::clone(this),
        });
        windows.models.give(&windows.main.global::<ui::Data>());
        windows.models.give(&windows.viewer.global::<ui::Data>());
        windows.listen(&windows.main.global::<ui::Act>());
        windows.listen(&windows.viewer.global::<ui::Act>());

        let this = Rc::downgrade(&windows);
        windows.main.window().on_close_requested(move || {
            this.upgrade().inspect(|w| (w.hooks.command)(Command::Quit));
            CloseRequestResponse::KeepWindowShown
        });
        let this = Rc::downgrade(&windows);
        windows.viewer.window().on_close_requested(move || {
            this.upgrade().inspect(|w| (w.hooks.command)(Command::End));
            CloseRequestResponse::KeepWindowShown
        });
        let this = Rc::downgrade(&windows);
        windows.viewer.window().on_winit_window_event(move |_, event| match this.upgrade() {
            Some(w) => w.viewer_event(event),
            None => EventResult::Propagate,
        });
        Ok(windows)
    }

    /// Shows a view: fills the pages, then opens, places and closes windows.
    pub fn show(&self, view: ViewModel) {
        let before = self.shown.borrow_mut().replace(view.clone());
        self.bars_for(&view);
        self.fill(before.as_ref(), &view);
        self.open_main(&view);
        self.open_viewer(&view);
        self.place_bars(&view);
        let panel = |v: &ViewModel| v.session_bar.as_ref().map(|b| b.open);
        if panel(&view).is_some() && before.as_ref().and_then(panel) != panel(&view) {
            self.place_bars_soon();
        }
    }

    /// Takes every window off the screen.
    pub fn close(&self) {
        self.lose_surface();
        let _ = self.main.hide();
        let _ = self.viewer.hide();
        for bar in self.bars.take() {
            let _ = bar.hide();
        }
    }

    fn open_main(&self, view: &ViewModel) {
        let attendant = attendant_page(&view.page);
        if attendant.is_some() && self.attendant_size.get() != attendant {
            self.attendant_size.set(attendant);
            let size =
                if attendant == Some(true) { LogicalSize::new(440., 680.) } else { LogicalSize::new(480., 640.) };
            self.main.window().set_size(size);
        }
        let open = view.main_window == MainWindow::Shown;
        if self.main_open.replace(open) != open {
            report("main window", if open { self.main.show() } else { self.main.hide() });
        }
    }

    fn open_viewer(&self, view: &ViewModel) {
        let open = view.viewer.is_some();
        if self.viewer_open.replace(open) != open {
            if open {
                *self.input.borrow_mut() = ViewerInput::default();
                report("viewer window", self.viewer.show());
            } else {
                self.lose_surface();
                report("viewer window", self.viewer.hide());
            }
        }
        if let Some(viewer) = &view.viewer {
            if self.viewer.window().is_fullscreen() != viewer.full_screen {
                self.viewer.window().set_fullscreen(viewer.full_screen);
            }
            self.refresh_surface();
        }
    }

    fn bars_for(&self, view: &ViewModel) {
        let wanted = if view.session_bar.is_some() { self.monitors().len().max(1) } else { 0 };
        let mut bars = self.bars.borrow_mut();
        while bars.len() > wanted {
            if let Some(bar) = bars.pop() {
                report("session bar", bar.hide());
            }
        }
        while bars.len() < wanted {
            self.making_bar.set(true);
            let bar = ui::SessionBar::new().inspect(|bar| {
                // The window's attributes are asked for here, while the flag is up.
                bar.window().on_close_requested(|| CloseRequestResponse::KeepWindowShown);
            });
            self.making_bar.set(false);
            match bar {
                Ok(bar) => {
                    self.models.give(&bar.global::<ui::Data>());
                    self.listen(&bar.global::<ui::Act>());
                    bars.push(bar);
                }
                Err(error) => {
                    tracing::error!(%error, "the session bar cannot be shown");
                    return;
                }
            }
        }
    }

    /// Each bar at the top in the middle of its monitor, above everything.
    fn place_bars(&self, view: &ViewModel) {
        if view.session_bar.is_none() {
            return;
        }
        let monitors = self.monitors();
        for (i, bar) in self.bars.borrow().iter().enumerate() {
            if !bar.window().is_visible() {
                report("session bar", bar.show());
            }
            let size = bar.window().size();
            if let Some((x, y, width)) = monitors.get(i).copied() {
                let place = PhysicalPosition::new(x + (width as i32 - size.width as i32) / 2, y);
                if bar.window().position() != place {
                    bar.window().set_position(place);
                }
            }
            if let Some(id) = x11_id(bar.window()) {
                let scale = bar.window().scale_factor();
                shape::cut_bar(id, size, (bar.get_bar_height() * scale) as u32, 10. * scale, 6. * scale);
            }
        }
    }

    /// Left, top and width of each monitor in physical pixels. Only a window that is on the screen can tell; without one,
    /// what was so the last time.
    fn monitors(&self) -> Vec<Monitor> {
        let ask = |window: &slint::Window| {
            window.with_winit_window(|w| {
                w.available_monitors().map(|m| (m.position().x, m.position().y, m.size().width)).collect::<Vec<_>>()
            })
        };
        let found = ask(self.main.window())
            .or_else(|| self.bars.try_borrow().ok()?.iter().find_map(|b| ask(b.window())))
            .or_else(|| ask(self.viewer.window()));
        if let Some(found) = found {
            self.monitors.replace(found);
        }
        self.monitors.borrow().clone()
    }

    /// Places the bars again once the window system has sized them.
    fn place_bars_soon(&self) {
        let this = self.weak();
        slint::Timer::single_shot(std::time::Duration::from_millis(30), move || {
            if let Some(w) = this.upgrade() {
                let view = w.shown.borrow().clone();
                if let Some(view) = view {
                    w.place_bars(&view);
                }
            }
        });
    }

    fn viewer_event(&self, event: &WindowEvent) -> EventResult {
        if matches!(event, WindowEvent::RedrawRequested | WindowEvent::Focused(true)) {
            self.refresh_surface();
        }
        let (control, panel) = match self.shown.borrow().as_ref().and_then(|v| v.viewer.as_ref()) {
            Some(v) => (v.control, v.connection_panel),
            None => return EventResult::Propagate,
        };
        let live = control == ControlState::Control
            && self.shown.borrow().as_ref().and_then(|v| v.viewer.as_ref()).is_some_and(|v| v.reconnecting.is_none());
        let area = self.surface.borrow().clone();
        let mut commands = Vec::new();
        let mut inputs = Vec::new();
        let result = self.input.borrow_mut().take(event, area.as_ref(), live, control, &mut inputs, &mut commands);
        let _ = panel;
        for input in inputs {
            (self.hooks.viewer_input)(input);
        }
        for command in commands {
            (self.hooks.command)(command);
        }
        result
    }

    /// Tells the drawer where the picture goes, when that changed.
    pub fn refresh_surface(&self) {
        if !self.viewer_open.get() {
            return;
        }
        let Some(window) = x11_id(self.viewer.window()) else { return };
        let scale = self.viewer.window().scale_factor();
        let area = |x: f32, y: f32, width: f32, height: f32| Area {
            x: (x * scale).round() as i32,
            y: (y * scale).round() as i32,
            width: (width * scale).round() as u32,
            height: (height * scale).round() as u32,
        };
        let v = &self.viewer;
        let picture = area(v.get_picture_x(), v.get_picture_y(), v.get_picture_width(), v.get_picture_height());
        if picture.width == 0 || picture.height == 0 {
            return;
        }
        let mut holes = Vec::new();
        let mut hole = |a: Area, radius: f32, round_top: bool| {
            if a.width > 0 && a.height > 0 {
                holes.extend(shape::rounded(a, (radius * scale) as u32, round_top));
            }
        };
        hole(area(v.get_tools_x(), 0., v.get_tools_width(), v.get_tools_height()), 0., false);
        hole(area(v.get_panel_x(), v.get_panel_y(), v.get_panel_width(), v.get_panel_height()), 10., true);
        hole(area(v.get_dialog_x(), v.get_dialog_y(), v.get_dialog_width(), v.get_dialog_height()), 14., true);
        let surface = Some(Surface { window, area: picture, holes, scale_factor: scale });
        if *self.surface.borrow() != surface {
            self.surface.replace(surface.clone());
            (self.hooks.viewer_surface)(surface);
        }
    }

    fn lose_surface(&self) {
        if self.surface.take().is_some() {
            (self.hooks.viewer_surface)(None);
        }
    }

    pub fn weak(&self) -> Weak<Windows> {
        Weak::clone(&self.this)
    }
}

/// The X11 id of a window that is on the screen.
pub(super) fn x11_id(window: &slint::Window) -> Option<u32> {
    window.with_winit_window(|w| match w.window_handle().ok()?.as_raw() {
        RawWindowHandle::Xlib(h) => u32::try_from(h.window).ok(),
        RawWindowHandle::Xcb(h) => Some(h.window.get()),
        _ => None,
    })?
}

/// Whose size the main window has on a page. None: as it is.
fn attendant_page(page: &Page) -> Option<bool> {
    match page {
        Page::Fields(_)
        | Page::Waiting(_)
        | Page::Consent(_)
        | Page::Receipt(_)
        | Page::Unreachable(_)
        | Page::ProfileAltered(_)
        | Page::Login(_) => Some(false),
        Page::Home(_) | Page::TicketStep(_) | Page::PartnerPassword(_) | Page::Connecting(_) | Page::Ended(_) => {
            Some(true)
        }
        Page::About(_) => None,
    }
}

fn report(window: &'static str, result: Result<(), slint::PlatformError>) {
    if let Err(error) = result {
        tracing::error!(%error, window, "a window cannot be shown or hidden");
    }
}
