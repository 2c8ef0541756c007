//! The windows themselves: made, shown, placed and closed. `show` decides what is in them.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use i_slint_backend_winit::{Backend, EventResult, WinitWindowAccessor, winit};
use raw_window_handle::{HasWindowHandle, RawWindowHandle};
use slint::{CloseRequestResponse, ComponentHandle, LogicalSize, PhysicalPosition};
use winit::event::WindowEvent;
use winit::window::UserAttentionType;

use super::command::Command;
use super::shape::Outlines;
use super::show::Models;
use super::surface::{Area, Surface};
use super::view_model::{ControlState, MainWindow, Page, ViewModel};
use super::viewer_input::ViewerInput;
use super::{Error, Hooks, shape, ui};

/// Read by the backend's hook: the window being made now is a session bar.
pub(super) type MakingBar = Rc<Cell<bool>>;

/// Chooses winit and the software renderer, and says how a session bar's window differs.
pub(super) fn select_backend() -> Result<MakingBar, Error> {
    if cfg!(target_os = "linux") && std::env::var_os("DISPLAY").is_none_or(|display| display.is_empty()) {
        return Err(Error::NoDesktop);
    }
    let making_bar = MakingBar::default();
    let flag = Rc::clone(&making_bar);
    let backend = Backend::builder()
        .with_renderer_name("software")
        .with_window_attributes_hook(move |attributes| if flag.get() { bar_attributes(attributes) } else { attributes })
        .build()?;
    slint::platform::set_platform(Box::new(backend)).map_err(slint::PlatformError::SetPlatformError)?;
    Ok(making_bar)
}

/// The window manager has no say over the bar: it is placed exactly, gets no frame, and no window can be put above it
/// without us raising it again.
#[cfg(target_os = "linux")]
fn bar_attributes(attributes: winit::window::WindowAttributes) -> winit::window::WindowAttributes {
    use winit::platform::x11::{WindowAttributesExtX11, WindowType};
    attributes.with_override_redirect(true).with_x11_window_type(vec![WindowType::Dock]).with_active(false)
}

#[cfg(windows)]
fn bar_attributes(attributes: winit::window::WindowAttributes) -> winit::window::WindowAttributes {
    use winit::{platform::windows::WindowAttributesExtWindows, window::WindowLevel};
    attributes
        .with_decorations(false)
        .with_undecorated_shadow(false)
        .with_skip_taskbar(true)
        .with_window_level(WindowLevel::AlwaysOnTop)
        .with_active(false)
}

#[cfg(not(any(target_os = "linux", windows)))]
fn bar_attributes(attributes: winit::window::WindowAttributes) -> winit::window::WindowAttributes {
    attributes.with_active(false)
}

/// Left, top and width in physical pixels.
type Monitor = (i32, i32, u32);

/// All windows and what is in them.
pub(super) struct Windows {
    /// Made when it is shown and dropped when it is not, as the others are: the toolkit goes on asking a hidden window to be
    /// drawn at every refresh of the screen, once something in it changed or something elsewhere moves.
    pub main: RefCell<Option<ui::MainWindow>>,
    pub viewer: RefCell<Option<ui::ViewerWindow>>,
    /// One for each monitor, while a session runs.
    pub bars: RefCell<Vec<ui::SessionBar>>,
    pub hooks: Hooks,
    pub models: Models,
    pub shown: RefCell<Option<ViewModel>>,
    /// What was typed into the customer's fields.
    pub typed: RefCell<Vec<String>>,
    making_bar: MakingBar,
    attendant_size: Cell<Option<bool>>,
    surface: RefCell<Option<Surface>>,
    monitors: RefCell<Vec<Monitor>>,
    outlines: Outlines,
    input: RefCell<ViewerInput>,
    this: Weak<Windows>,
}

impl Windows {
    pub fn new(hooks: Hooks, making_bar: MakingBar) -> Result<Rc<Self>, Error> {
        let windows = Rc::new_cyclic(|this| Self {
            main: RefCell::default(),
            viewer: RefCell::default(),
            bars: RefCell::default(),
            hooks,
            models: Models::default(),
            shown: RefCell::default(),
            typed: RefCell::default(),
            making_bar,
            attendant_size: Cell::new(None),
            surface: RefCell::default(),
            monitors: RefCell::default(),
            outlines: Outlines::default(),
            input: RefCell::default(),
            this: Weak::clone(this),
        });
        // Where there is no desktop this fails, and the program says so before it does anything else.
        windows.make_main()?;
        Ok(windows)
    }

    /// Shows a view: makes the windows it needs, fills the pages, then opens, places and closes windows.
    pub fn show(&self, view: ViewModel) {
        let before = self.shown.borrow_mut().replace(view.clone());
        let made = self.make(&view);
        self.fill(before.as_ref(), &view, made);
        self.open_main(&view);
        self.call_for_attention(before.as_ref(), &view);
        self.open_viewer(&view);
        self.place_bars(&view);
        if made || before.as_ref().is_none_or(|b| b.brand != view.brand) {
            self.fill_logo(&view);
        }
        let panel = |v: &ViewModel| v.session_bar.as_ref().map(|b| (b.open, b.watched_by.is_some(), b.administrator));
        if panel(&view).is_some() && before.as_ref().and_then(panel) != panel(&view) {
            self.place_bars_soon();
        }
    }

    /// Brings the window that is open to the front.
    pub fn raise(&self) {
        let raise = |window: &slint::Window| {
            window.with_winit_window(|w| {
                w.set_minimized(false);
                w.focus_window();
            });
        };
        if let Some(main) = self.main.borrow().as_ref() {
            raise(main.window());
        } else if let Some(viewer) = self.viewer.borrow().as_ref() {
            raise(viewer.window());
        }
    }

    /// Takes every window off the screen.
    pub fn close(&self) {
        self.lose_surface();
        self.close_main();
        self.close_viewer();
        for bar in self.bars.take() {
            let _ = bar.hide();
        }
    }

    /// Makes the windows that a view needs and that are not there. True when there is a new one, with nothing in it yet.
    fn make(&self, view: &ViewModel) -> bool {
        let mut made = self.make_bars(view);
        if view.main_window == MainWindow::Shown && self.main.borrow().is_none() {
            report("main window", self.make_main());
            made = true;
        }
        if view.viewer.is_some() && self.viewer.borrow().is_none() {
            report("viewer window", self.make_viewer());
            made = true;
        }
        made
    }

    fn make_main(&self) -> Result<(), slint::PlatformError> {
        let main = ui::MainWindow::new()?;
        self.models.give(&main.global::<ui::Data>());
        self.listen(&main.global::<ui::Act>());
        let this = self.weak();
        main.window().on_close_requested(move || {
            this.upgrade().inspect(|w| (w.hooks.command)(w.crossed()));
            CloseRequestResponse::KeepWindowShown
        });
        self.attendant_size.set(None);
        self.main.replace(Some(main));
        Ok(())
    }

    /// What the main window's cross means: in the middle of a session it is there for a question only, and to close that is No.
    fn crossed(&self) -> Command {
        match self.shown.borrow().as_ref().map(|view| &view.page) {
            Some(Page::Administrator(_)) => Command::AnswerAdministrator(false),
            _ => Command::Quit,
        }
    }

    fn make_viewer(&self) -> Result<(), slint::PlatformError> {
        let viewer = ui::ViewerWindow::new()?;
        self.models.give(&viewer.global::<ui::Data>());
        self.listen(&viewer.global::<ui::Act>());
        let this = self.weak();
        viewer.window().on_close_requested(move || {
            this.upgrade().inspect(|w| (w.hooks.command)(Command::End));
            CloseRequestResponse::KeepWindowShown
        });
        let this = self.weak();
        viewer.window().on_winit_window_event(move |_, event| match this.upgrade() {
            Some(w) => w.viewer_event(event),
            None => EventResult::Propagate,
        });
        *self.input.borrow_mut() = ViewerInput::default();
        self.viewer.replace(Some(viewer));
        Ok(())
    }

    fn open_main(&self, view: &ViewModel) {
        if view.main_window != MainWindow::Shown {
            self.close_main();
            return;
        }
        let main = self.main.borrow();
        let Some(main) = main.as_ref() else { return };
        let attendant = attendant_page(&view.page);
        if attendant.is_some() && self.attendant_size.get() != attendant {
            self.attendant_size.set(attendant);
            let size =
                if attendant == Some(true) { LogicalSize::new(440., 680.) } else { LogicalSize::new(480., 640.) };
            main.window().set_size(size);
        }
        if !main.window().is_visible() {
            report("main window", main.show());
        }
    }

    fn close_main(&self) {
        if let Some(main) = self.main.take() {
            report("main window", main.hide());
        }
    }

    /// A customer is offered, and the window may be behind others: the window manager is asked to say so.
    fn call_for_attention(&self, before: Option<&ViewModel>, view: &ViewModel) {
        let offered = |view: &ViewModel| match &view.page {
            Page::Home(home) => home.offer.as_ref().map(|offer| offer.offer),
            _ => None,
        };
        let now = offered(view);
        if now.is_some()
            && now != before.and_then(offered)
            && let Some(main) = self.main.borrow().as_ref()
        {
            main.window().with_winit_window(|window| {
                window.set_minimized(false);
                window.request_user_attention(Some(UserAttentionType::Critical));
            });
        }
    }

    fn open_viewer(&self, view: &ViewModel) {
        let Some(wanted) = &view.viewer else {
            self.close_viewer();
            return;
        };
        if let Some(viewer) = self.viewer.borrow().as_ref() {
            if !viewer.window().is_visible() {
                report("viewer window", viewer.show());
            }
            if viewer.window().is_fullscreen() != wanted.full_screen {
                viewer.window().set_fullscreen(wanted.full_screen);
            }
        }
        self.refresh_surface();
    }

    fn close_viewer(&self) {
        self.lose_surface();
        if let Some(viewer) = self.viewer.take() {
            report("viewer window", viewer.hide());
        }
    }

    /// As many bars as there are monitors while a session runs. True when there is a new one.
    fn make_bars(&self, view: &ViewModel) -> bool {
        let wanted = if view.session_bar.is_some() { self.monitors().len().max(1) } else { 0 };
        let mut bars = self.bars.borrow_mut();
        let before = bars.len();
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
                    self.cut_when_resized(&bar);
                    self.models.give(&bar.global::<ui::Data>());
                    self.listen(&bar.global::<ui::Act>());
                    bars.push(bar);
                }
                Err(error) => {
                    tracing::error!(%error, "the session bar cannot be shown");
                    break;
                }
            }
        }
        bars.len() > before
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
            self.cut(bar, size);
        }
    }

    fn cut(&self, bar: &ui::SessionBar, size: slint::PhysicalSize) {
        if let Some(id) = native_id(bar.window()) {
            let scale = bar.window().scale_factor();
            self.outlines.cut_bar(id, size, (bar.get_bar_height() * scale) as u32, 10. * scale, 6. * scale);
        }
    }

    /// A bar that grows is cut to its new outline before it is drawn. What is drawn outside of an outline is lost, and behind a larger one nothing
    /// is drawn again but what has changed.
    fn cut_when_resized(&self, bar: &ui::SessionBar) {
        let (this, weak) = (self.weak(), bar.as_weak());
        bar.window().on_winit_window_event(move |_, event| {
            if let WindowEvent::Resized(size) = event
                && let (Some(windows), Some(bar)) = (this.upgrade(), weak.upgrade())
            {
                windows.cut(&bar, slint::PhysicalSize::new(size.width, size.height));
            }
            EventResult::Propagate
        });
    }

    /// Left, top and width of each monitor in physical pixels. Only a window that is on the screen can tell; without one,
    /// what was so the last time.
    fn monitors(&self) -> Vec<Monitor> {
        let ask = |window: &slint::Window| {
            window.with_winit_window(|w| {
                w.available_monitors().map(|m| (m.position().x, m.position().y, m.size().width)).collect::<Vec<_>>()
            })
        };
        let found = (self.main.borrow().as_ref().and_then(|m| ask(m.window())))
            .or_else(|| self.bars.try_borrow().ok()?.iter().find_map(|b| ask(b.window())))
            .or_else(|| self.viewer.borrow().as_ref().and_then(|v| ask(v.window())));
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
        let (control, live) = match self.shown.borrow().as_ref().and_then(|v| v.viewer.as_ref()) {
            Some(v) => (v.control, v.control == ControlState::Control && v.reconnecting.is_none()),
            None => return EventResult::Propagate,
        };
        let area = self.surface.borrow().clone();
        let mut commands = Vec::new();
        let mut inputs = Vec::new();
        let result = self.input.borrow_mut().take(event, area.as_ref(), live, control, &mut inputs, &mut commands);
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
        let viewer = self.viewer.borrow();
        let Some(v) = viewer.as_ref() else { return };
        let Some(window) = native_id(v.window()) else { return };
        let scale = v.window().scale_factor();
        let area = |x: f32, y: f32, width: f32, height: f32| Area {
            x: (x * scale).round() as i32,
            y: (y * scale).round() as i32,
            width: (width * scale).round() as u32,
            height: (height * scale).round() as u32,
        };
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

    /// The main window, if it is there.
    pub fn main(&self) -> Option<ui::MainWindow> {
        self.main.borrow().as_ref().map(ComponentHandle::clone_strong)
    }

    pub fn weak(&self) -> Weak<Windows> {
        Weak::clone(&self.this)
    }
}

/// The X11 id of a window that is on the screen.
pub(super) fn native_id(window: &slint::Window) -> Option<u32> {
    window.with_winit_window(|w| match w.window_handle().ok()?.as_raw() {
        RawWindowHandle::Xlib(h) => u32::try_from(h.window).ok(),
        RawWindowHandle::Xcb(h) => Some(h.window.get()),
        // Handles of windows have 32 bits that count, on every Windows.
        RawWindowHandle::Win32(h) => u32::try_from(h.hwnd.get() & 0xffff_ffff).ok(),
        _ => None,
    })?
}

/// Whose size the main window has on a page. None: as it is.
fn attendant_page(page: &Page) -> Option<bool> {
    match page {
        Page::Fields(_)
        | Page::Waiting(_)
        | Page::Consent(_)
        | Page::Administrator(_)
        | Page::Receipt(_)
        | Page::Unreachable(_)
        | Page::ProfileAltered(_)
        | Page::Login(_) => Some(false),
        Page::Home(_)
        | Page::TicketStep(_)
        | Page::PartnerPassword(_)
        | Page::Watch(_)
        | Page::Connecting(_)
        | Page::Ended(_) => Some(true),
        Page::About(_) | Page::Removal(_) | Page::Crash(_) => None,
    }
}

fn report(window: &'static str, result: Result<(), slint::PlatformError>) {
    if let Err(error) = result {
        tracing::error!(%error, window, "a window cannot be shown or hidden");
    }
}
