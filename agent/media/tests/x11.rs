//! The screen of a real X server, from a drawn window to the viewer's canvas. Each test has an Xvfb of its own.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use amparo_media::{Canvas, Choice, Screen, capture::Error};
use protocol::media::{Point, Pointer, Size};
use x11rb::{
    connection::Connection as _,
    protocol::{
        randr::{ConnectionExt as _, ModeInfo},
        xproto::{
            ChangeGCAux, ConnectionExt as _, CreateGCAux, CreateWindowAux, ImageFormat, Rectangle, Window, WindowClass,
        },
        xtest::ConnectionExt as _,
    },
    rust_connection::RustConnection,
};

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A display, a connection that draws on it, and the screen with its viewer.
struct Desk {
    server: Server,
    connection: RustConnection,
    root: Window,
    screen: Screen,
    canvas: Canvas,
}

impl Desk {
    fn new() -> Self {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "800x600x24", "-nolisten", "tcp", "-ac", "-noreset"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb is needed");
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).unwrap();
        let display = format!(":{}", number.trim());
        let (connection, screen) = RustConnection::connect(Some(&display)).unwrap();
        let root = connection.setup().roots[screen].root;
        let screen = Screen::open(&Choice::default().on(&display)).unwrap();
        assert_eq!(screen.backend(), "x11");
        Self { server: Server(server), connection, root, screen, canvas: Canvas::new() }
    }

    /// Takes batches until the canvas shows what the server says is there.
    fn until_exact(&mut self) {
        let start = Instant::now();
        loop {
            self.screen.wait(true, Duration::from_millis(100)).unwrap();
            while let Some(batch) = self.screen.take_batch(Instant::now()).unwrap() {
                self.canvas.apply(&batch).unwrap();
            }
            if self.canvas.size().is_some_and(|size| self.canvas.rgb() == self.really(size)) {
                return;
            }
            assert!(start.elapsed() < Duration::from_secs(30), "the canvas is never like the screen");
        }
    }

    /// The pixels as the server gives them to anybody, `R G B`.
    fn really(&self, size: Size) -> Vec<u8> {
        let request =
            self.connection.get_image(ImageFormat::Z_PIXMAP, self.root, 0, 0, size.width, size.height, u32::MAX);
        let Ok(image) = request.unwrap().reply() else { return Vec::new() };
        image.data.chunks_exact(4).flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]).collect()
    }

    fn window(&self, x: i16, y: i16, width: u16, height: u16, colour: u32) -> Window {
        let window = self.connection.generate_id().unwrap();
        let attributes = CreateWindowAux::new().background_pixel(colour).override_redirect(1);
        self.connection
            .create_window(0, window, self.root, x, y, width, height, 3, WindowClass::INPUT_OUTPUT, 0, &attributes)
            .unwrap();
        self.connection.map_window(window).unwrap();
        self.connection.get_input_focus().unwrap().reply().unwrap();
        window
    }

    fn pointer(&mut self, wanted: impl Fn(&Pointer) -> bool) -> Pointer {
        let start = Instant::now();
        loop {
            self.screen.wait(false, Duration::from_millis(100)).unwrap();
            while let Some(pointer) = self.screen.take_pointer() {
                if wanted(&pointer) {
                    return pointer;
                }
            }
            assert!(start.elapsed() < Duration::from_secs(30), "the pointer never did that");
        }
    }
}

#[test]
fn what_is_drawn_appears_on_the_canvas_exactly() {
    let mut desk = Desk::new();
    desk.until_exact();
    let window = desk.window(-20, 30, 300, 200, 0x00ff_8040);
    let gc = desk.connection.generate_id().unwrap();
    desk.connection.create_gc(gc, window, &CreateGCAux::new()).unwrap();
    for step in 0..60u32 {
        desk.connection.change_gc(gc, &ChangeGCAux::new().foreground(step * 0x0004_0a03)).unwrap();
        let at = (step % 10 * 25) as i16;
        let part = Rectangle { x: at, y: (step * 3) as i16, width: 40, height: 7 };
        desk.connection.poly_fill_rectangle(window, gc, &[part]).unwrap();
    }
    desk.connection.flush().unwrap();
    desk.until_exact();
    let at = (100 * 800 + 250) * 3;
    assert_eq!(desk.canvas.rgb()[at..at + 3], [0xff, 0x80, 0x40]);
}

#[test]
fn a_screen_that_changes_its_size_goes_on_in_the_new_one() {
    let mut desk = Desk::new();
    desk.until_exact();
    let resources = desk.connection.randr_get_screen_resources(desk.root).unwrap().reply().unwrap();
    let (crtc, output) = (resources.crtcs[0], resources.outputs[0]);
    let (width, height, dot_clock) = (640, 480, 21_000_000);
    let info = ModeInfo { width, height, name_len: 5, htotal: 700, vtotal: 500, dot_clock, ..Default::default() };
    let mode = desk.connection.randr_create_mode(desk.root, info, b"small").unwrap().reply().unwrap().mode;
    desk.connection.randr_add_output_mode(output, mode).unwrap().check().unwrap();
    let set = |mode, outputs: &[u32]| {
        let rotation = x11rb::protocol::randr::Rotation::ROTATE0;
        desk.connection.randr_set_crtc_config(crtc, 0, resources.config_timestamp, 0, 0, mode, rotation, outputs)
    };
    set(0, &[]).unwrap().reply().unwrap();
    desk.connection.randr_set_screen_size(desk.root, 640, 480, 170, 127).unwrap().check().unwrap();
    set(mode, &[output]).unwrap().reply().unwrap();
    let start = Instant::now();
    while desk.screen.size() != (Size { width: 640, height: 480 }) {
        desk.screen.wait(true, Duration::from_millis(100)).unwrap();
        let _ = desk.screen.take_batch(Instant::now()).unwrap();
        assert!(start.elapsed() < Duration::from_secs(30));
    }
    desk.screen.refresh();
    desk.window(500, 300, 200, 200, 0x0000_ff00);
    desk.until_exact();
    assert_eq!(desk.canvas.size(), Some(Size { width: 640, height: 480 }));
}

#[test]
fn the_pointer_tells_its_look_and_its_place() {
    let mut desk = Desk::new();
    let shape = desk.pointer(|pointer| matches!(pointer, Pointer::Shape(_) | Pointer::Hidden));
    if let Pointer::Shape(shape) = shape {
        assert!(shape.allowed());
    }
    desk.connection.xtest_fake_input(6, 0, 0, desk.root, 123, 45, 0).unwrap();
    desk.connection.flush().unwrap();
    desk.pointer(|pointer| *pointer == Pointer::At(Point { x: 123, y: 45 }));
}

#[test]
fn a_waker_ends_the_wait_from_another_thread() {
    let mut desk = Desk::new();
    desk.until_exact();
    while desk.screen.take_pointer().is_some() {}
    let waker = desk.screen.waker();
    let start = Instant::now();
    std::thread::spawn(move || waker.wake()).join().unwrap();
    desk.screen.wait(false, Duration::from_secs(60)).unwrap();
    assert!(start.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_display_that_dies_is_a_typed_error() {
    let mut desk = Desk::new();
    desk.until_exact();
    desk.server.0.kill().unwrap();
    desk.server.0.wait().unwrap();
    let start = Instant::now();
    let error = loop {
        if let Err(error) = desk.screen.wait(true, Duration::from_millis(100)) {
            break error;
        }
        assert!(start.elapsed() < Duration::from_secs(30));
    };
    assert!(matches!(error, Error::Gone(_)), "{error}");
    assert!(matches!(Screen::open(&Choice::default().on(":4711")), Err(Error::None { .. })));
}

#[test]
fn no_other_user_can_read_the_shared_pixels() {
    let mut desk = Desk::new();
    desk.until_exact();
    let segments = std::fs::read_to_string("/proc/sysvipc/shm").unwrap();
    let own = std::process::id().to_string();
    let ours = segments.lines().skip(1).filter(|line| line.split_whitespace().any(|field| field == own));
    assert_eq!(ours.count(), 0, "shared memory with a name");
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    assert!(maps.contains("memfd:amparo"), "no shared memory is in use");
}
