//! A display of its own for one person: Xvfb, and on it a window manager, a terminal, a file manager and a plain background.

use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use x11rb::connection::Connection as _;
use x11rb::protocol::randr::{ConnectionExt as _, ModeInfo};
use x11rb::protocol::xproto::{
    AtomEnum, ChangeGCAux, ChangeWindowAttributesAux, ConnectionExt as _, CreateGCAux, ImageFormat, Rectangle, Window,
};
use x11rb::rust_connection::RustConnection;

use crate::picture::{Picture, Rect};
use crate::program::Program;
use crate::wait;

/// A running X display. Dropping it ends it and what was started on it.
pub struct Display {
    name: String,
    folder: PathBuf,
    connection: RustConnection,
    root: Window,
    // Ended in this order: what runs on the display before the display.
    programs: Vec<Program>,
    server: Option<Program>,
}

impl Display {
    /// Starts Xvfb on a free number (from `AMPARO_DISPLAY_FROM`, else 70, upwards) with a screen of this size.
    pub fn start(width: u16, height: u16, folder: &Path) -> Result<Self> {
        let from: u32 = std::env::var("AMPARO_DISPLAY_FROM").ok().and_then(|n| n.parse().ok()).unwrap_or(70);
        for number in from..from + 200 {
            // A socket that nobody listens at is left from a display that was killed; Xvfb takes its place.
            if UnixStream::connect(format!("/tmp/.X11-unix/X{number}")).is_ok() {
                continue;
            }
            let log = folder.join(format!("xvfb-{number}.log"));
            let mut command = Command::new("Xvfb");
            command
                .arg(format!(":{number}"))
                .args(["-screen", "0", &format!("{width}x{height}x24"), "-nolisten", "tcp", "-ac", "-noreset"])
                // Says its number once it has it.
                .args(["-displayfd", "1"])
                // An own name in the process list: nobody else's display is meant when this one is looked for.
                .arg0("Xvfb");
            let mut server = Program::start("Xvfb", &mut command, &log)?;
            // Another test may have taken the number in between: then this one ends by itself, and the next is tried. Whoever answers under
            // the number before this one has said it is the other.
            let ours = wait::until("the display to open", Duration::from_secs(20), || {
                if server.log()?.lines().any(|line| line.trim() == number.to_string()) {
                    return Ok(Some(true));
                }
                Ok((!server.running()).then_some(false))
            })?;
            if !ours {
                continue;
            }
            let (connection, screen) = x11rb::connect(Some(&format!(":{number}"))).context("opening the display")?;
            let root = connection.setup().roots[screen].root;
            return Ok(Self {
                name: format!(":{number}"),
                folder: folder.into(),
                connection,
                root,
                programs: Vec::new(),
                server: Some(server),
            });
        }
        bail!("no free display number from :{from} upwards")
    }

    /// The desktop this program itself runs on.
    pub fn of_the_person(folder: &Path) -> Result<Self> {
        let name = std::env::var("DISPLAY").context("there is no DISPLAY")?;
        let (connection, screen) = x11rb::connect(Some(&name)).with_context(|| format!("opening display {name}"))?;
        let root = connection.setup().roots[screen].root;
        Ok(Self { name, folder: folder.into(), connection, root, programs: Vec::new(), server: None })
    }

    /// Such as `:70`, for `DISPLAY`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Starts a program on this display. It ends with the display.
    pub fn run(&mut self, program: &str, args: &[&str]) -> Result<&mut Program> {
        let log = self.folder.join(format!("{program}{}.log", self.name.replace(':', "-")));
        let mut command = Command::new(program);
        command.args(args).env("DISPLAY", &self.name).env("HOME", &self.folder).env_remove("WAYLAND_DISPLAY");
        self.programs.push(Program::start(program, &mut command, &log)?);
        self.programs.last_mut().context("just pushed")
    }

    /// A window manager on a calm background.
    pub fn furnish(&mut self) -> Result<()> {
        self.paint_background()?;
        self.run("openbox", &[])?;
        // Openbox is there once it has put its name on the root window.
        let check = self.atom("_NET_SUPPORTING_WM_CHECK")?;
        wait::until_true("the window manager", wait::PATIENCE, || {
            let reply =
                self.connection.get_property(false, self.root, check, u32::from(AtomEnum::WINDOW), 0, 1)?.reply()?;
            Ok(reply.value_len > 0)
        })
    }

    /// Two tones of blue-green with a lighter band: something to look at, and something a wrong picture shows on.
    fn paint_background(&self) -> Result<()> {
        let (width, height) = self.size()?;
        let depth = self.connection.setup().roots[0].root_depth;
        let pixmap = self.connection.generate_id()?;
        self.connection.create_pixmap(depth, pixmap, self.root, width, height)?;
        let gc = self.connection.generate_id()?;
        self.connection.create_gc(gc, pixmap, &CreateGCAux::new().foreground(0x1f3a40))?;
        let bands = 48u16;
        let step = height.div_ceil(bands);
        for band in 0..bands {
            // From a dark petrol above to a softer one below.
            let t = u32::from(band);
            let colour = ((0x1c + t / 3) << 16) | ((0x34 + t) << 8) | (0x3c + t);
            self.connection.change_gc(gc, &ChangeGCAux::new().foreground(colour))?;
            let rect = Rectangle { x: 0, y: (band * step) as i16, width, height: step };
            self.connection.poly_fill_rectangle(pixmap, gc, &[rect])?;
        }
        let attributes = ChangeWindowAttributesAux::new().background_pixmap(pixmap);
        self.connection.change_window_attributes(self.root, &attributes)?;
        self.connection.clear_area(false, self.root, 0, 0, 0, 0)?;
        self.connection.free_gc(gc)?;
        self.connection.free_pixmap(pixmap)?;
        self.connection.flush()?;
        Ok(())
    }

    /// A terminal at this place, whose shell is waiting: its prompt is on the screen, and it runs in `folder`.
    pub fn terminal(&mut self, title: &str, geometry: &str, folder: &Path) -> Result<Window> {
        let script = format!("cd '{}' && touch .ready && exec bash --norc --noprofile -i", folder.display());
        self.run(
            "xterm",
            &[
                "-title",
                title,
                "-geometry",
                geometry,
                "-fa",
                "DejaVu Sans Mono",
                "-fs",
                "11",
                "-bg",
                "#10181a",
                "-fg",
                "#d7e3e4",
                "-e",
                "bash",
                "-c",
                &script,
            ],
        )?;
        let window = self.window_titled(title)?;
        wait::until_true("the shell in the terminal", wait::PATIENCE, || Ok(folder.join(".ready").exists()))?;
        Ok(window)
    }

    /// Waits for a window whose title holds `title`.
    pub fn window_titled(&self, title: &str) -> Result<Window> {
        wait::until(&format!("a window titled {title:?} on {}", self.name), wait::PATIENCE, || {
            Ok(self.windows()?.into_iter().find(|(_, name)| name.contains(title)).map(|(window, _)| window))
        })
    }

    /// The windows that the window manager looks after, with their titles.
    pub fn windows(&self) -> Result<Vec<(Window, String)>> {
        let list = self.atom("_NET_CLIENT_LIST")?;
        let name = self.atom("_NET_WM_NAME")?;
        let utf8 = self.atom("UTF8_STRING")?;
        let reply = self.connection.get_property(false, self.root, list, 0u32, 0, 1024)?.reply()?;
        let mut found = Vec::new();
        for window in reply.value32().into_iter().flatten() {
            // Older programs have only the older name; and a window may be gone between the list and the question.
            let old: u32 = AtomEnum::WM_NAME.into();
            for (property, kind) in [(name, utf8), (old, 0)] {
                let title = self.connection.get_property(false, window, property, kind, 0, 256)?.reply();
                if let Ok(title) = title
                    && !title.value.is_empty()
                {
                    found.push((window, String::from_utf8_lossy(&title.value).into_owned()));
                    break;
                }
            }
        }
        Ok(found)
    }

    /// The picture that stands for a window in task bars, in the words of `_NET_WM_ICON`; nothing where there is none.
    pub fn icon_of(&self, window: Window) -> Result<Vec<u32>> {
        let icon = self.atom("_NET_WM_ICON")?;
        let reply = self.connection.get_property(false, window, icon, AtomEnum::CARDINAL, 0, 1 << 20)?.reply()?;
        Ok(reply.value32().into_iter().flatten().collect())
    }

    /// Where a window's inside is on the screen.
    pub fn place_of(&self, window: Window) -> Result<Rect> {
        let size = self.connection.get_geometry(window)?.reply()?;
        let at = self.connection.translate_coordinates(window, self.root, 0, 0)?.reply()?;
        Ok(Rect {
            x: i32::from(at.dst_x),
            y: i32::from(at.dst_y),
            width: i32::from(size.width),
            height: i32::from(size.height),
        })
    }

    /// Brings a window to the front and gives it the keyboard, as a click on a task bar does.
    pub fn activate(&self, window: Window) -> Result<()> {
        use x11rb::protocol::xproto::{ClientMessageEvent, EventMask};
        let active = self.atom("_NET_ACTIVE_WINDOW")?;
        let event = ClientMessageEvent::new(32, window, active, [2u32, 0, 0, 0, 0]);
        let mask = EventMask::SUBSTRUCTURE_REDIRECT | EventMask::SUBSTRUCTURE_NOTIFY;
        self.connection.send_event(false, self.root, mask, event)?;
        self.connection.flush()?;
        wait::until_true("the window to be active", wait::PATIENCE, || {
            let reply = self.connection.get_property(false, self.root, active, 0u32, 0, 1)?.reply()?;
            Ok(reply.value32().and_then(|mut v| v.next()) == Some(window))
        })
    }

    /// The screen's size now, in pixels.
    pub fn size(&self) -> Result<(u16, u16)> {
        let geometry = self.connection.get_geometry(self.root)?.reply()?;
        Ok((geometry.width, geometry.height))
    }

    /// Gives the screen another size, as unplugging a monitor does.
    pub fn resize(&self, width: u16, height: u16) -> Result<()> {
        let resources = self.connection.randr_get_screen_resources(self.root)?.reply()?;
        let crtc = *resources.crtcs.first().context("the display has no output")?;
        let output = *resources.outputs.first().context("the display has no output")?;
        let mode = match resources.modes.iter().find(|m| (m.width, m.height) == (width, height)) {
            Some(mode) => mode.id,
            None => self.add_mode(output, width, height)?,
        };
        let millimetres = |px: u16| u32::from(px) * 254 / 960;
        let now = x11rb::CURRENT_TIME;
        let rotation = x11rb::protocol::randr::Rotation::ROTATE0;
        let config = resources.config_timestamp;
        self.connection.randr_set_crtc_config(crtc, now, config, 0, 0, 0, rotation, &[])?.reply()?;
        self.connection
            .randr_set_screen_size(self.root, width, height, millimetres(width), millimetres(height))?
            .check()?;
        self.connection.randr_set_crtc_config(crtc, now, config, 0, 0, mode, rotation, &[output])?.reply()?;
        Ok(())
    }

    fn add_mode(&self, output: u32, width: u16, height: u16) -> Result<u32> {
        let name = format!("{width}x{height}");
        // A display without a panel takes any timings that add up.
        let info = ModeInfo {
            width,
            height,
            dot_clock: u32::from(width) * u32::from(height) * 60,
            hsync_start: width,
            hsync_end: width,
            htotal: width,
            vsync_start: height,
            vsync_end: height,
            vtotal: height,
            name_len: u16::try_from(name.len())?,
            ..ModeInfo::default()
        };
        let mode = self.connection.randr_create_mode(self.root, info, name.as_bytes())?.reply()?.mode;
        self.connection.randr_add_output_mode(output, mode)?.check()?;
        Ok(mode)
    }

    /// All pixels of the screen.
    pub fn picture(&self) -> Result<Picture> {
        let (width, height) = self.size()?;
        let image =
            self.connection.get_image(ImageFormat::Z_PIXMAP, self.root, 0, 0, width, height, u32::MAX)?.reply()?;
        Ok(Picture::from_bgrx(usize::from(width), usize::from(height), &image.data))
    }

    /// Ends the display as pulling its plug does. What runs on it loses it.
    pub fn unplug(&mut self) -> Result<()> {
        match &mut self.server {
            Some(server) => server.kill(),
            None => bail!("this is a person's own display"),
        }
    }

    fn atom(&self, name: &str) -> Result<u32> {
        Ok(self.connection.intern_atom(false, name.as_bytes())?.reply()?.atom)
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        self.programs.clear();
        // Asked to end it takes its socket and lock file with it; killed it would leave them.
        if let Some(mut server) = self.server.take() {
            let _killed_when_dropped = server.stop(Duration::from_secs(5));
        }
    }
}

/// Whether a program can be found, without starting it.
pub fn installed(program: &str) -> bool {
    Command::new("sh")
        .args(["-c", "command -v \"$1\"", "sh", program])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
