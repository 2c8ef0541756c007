//! The surface over a plain window on an Xvfb of the test's own; what is seen is asked from the server.
#![allow(clippy::unwrap_used)]

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use media::Canvas;
use protocol::media::{Batch, Bytes, PointerShape, Update};
use x11rb::{
    connection::Connection as _,
    protocol::xproto::{ConnectionExt as _, CreateWindowAux, ImageFormat, Window, WindowClass},
    rust_connection::RustConnection,
};

use super::*;

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Desk {
    _server: Server,
    display: String,
    connection: RustConnection,
    root: Window,
    parent: Window,
}

const MARGIN: [u8; 3] = [10, 20, 30];
const PARENT: [u8; 3] = [200, 0, 200];

fn area(x: i32, y: i32, width: u32, height: u32) -> Area {
    Area { x, y, width, height }
}

fn rect(x: u16, y: u16, width: u16, height: u16) -> Rect {
    Rect { x, y, width, height }
}

impl Desk {
    /// A display with a window of 400x300 at 0, 0.
    fn new() -> Self {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "640x480x24", "-nolisten", "tcp", "-ac", "-noreset"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb is needed");
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).unwrap();
        let display = format!(":{}", number.trim());
        let (connection, screen) = RustConnection::connect(Some(&display)).unwrap();
        let root = connection.setup().roots[screen].root;
        let parent = connection.generate_id().unwrap();
        let attributes =
            CreateWindowAux::new().background_pixel(u32::from_be_bytes([0, PARENT[0], PARENT[1], PARENT[2]]));
        connection
            .create_window(0, parent, root, 0, 0, 400, 300, 0, WindowClass::INPUT_OUTPUT, 0, &attributes)
            .unwrap();
        connection.map_window(parent).unwrap();
        connection.get_input_focus().unwrap().reply().unwrap();
        Self { _server: Server(server), display, connection, root, parent }
    }

    fn surface(&self, place: Area) -> Surface {
        let mut surface = Surface::open(Some(&self.display), self.parent, place, MARGIN).unwrap();
        surface.show().unwrap();
        surface
    }

    fn seen(&self, x: i16, y: i16) -> [u8; 3] {
        let image = self.connection.get_image(ImageFormat::Z_PIXMAP, self.root, x, y, 1, 1, u32::MAX);
        let data = image.unwrap().reply().unwrap().data;
        [data[2], data[1], data[0]]
    }
}

/// A patch of one colour, as an uncompressed stream.
fn fill(rect: Rect, colour: [u8; 3]) -> Update {
    let first: Vec<u8> =
        [1].into_iter().chain(colour).chain(std::iter::repeat_n(0, (usize::from(rect.width) - 1) * 3)).collect();
    let rows = first.repeat(rect.height.into());
    let mut data = Vec::new();
    let blocks: Vec<&[u8]> = rows.chunks(60_000).collect();
    for (index, block) in blocks.iter().enumerate() {
        data.push(u8::from(index + 1 == blocks.len()));
        let length = block.len() as u16;
        data.extend(length.to_le_bytes());
        data.extend((!length).to_le_bytes());
        data.extend_from_slice(block);
    }
    Update::Patch { rect, data: Bytes(data) }
}

fn canvas(updates: Vec<Update>) -> Canvas {
    let mut canvas = Canvas::new();
    let size = Update::Resize(Size { width: 200, height: 100 });
    canvas.apply(&Batch { number: 1, captured_us: 0, updates: [vec![size], updates].concat() }).unwrap();
    canvas
}

#[test]
fn what_is_drawn_is_on_the_screen_when_the_call_returns() {
    let desk = Desk::new();
    let mut surface = desk.surface(area(50, 40, 200, 150));
    let mut canvas = canvas(vec![fill(rect(0, 0, 200, 100), [1, 2, 3]), fill(rect(20, 30, 10, 10), [250, 128, 0])]);
    surface.draw(canvas.picture(), &[], View::Scaled).unwrap();
    assert_eq!(desk.seen(49, 100), PARENT);
    assert_eq!(desk.seen(50, 41), MARGIN);
    assert_eq!(desk.seen(50, 65), [1, 2, 3]);
    assert_eq!(desk.seen(70, 95), [250, 128, 0]);

    let update = vec![fill(rect(199, 99, 1, 1), [9, 9, 9])];
    let applied = canvas.apply(&Batch { number: 2, captured_us: 0, updates: update }).unwrap();
    surface.draw(canvas.picture(), &applied.damaged, View::Scaled).unwrap();
    assert_eq!(desk.seen(249, 164), [9, 9, 9]);
    assert_eq!(surface.mapping().unwrap().to_remote(20.0, 55.0), Some(Point { x: 20, y: 30 }));
}

#[test]
fn a_hole_shows_what_is_below_and_hiding_shows_everything_below() {
    let desk = Desk::new();
    let mut surface = desk.surface(area(0, 0, 400, 300));
    let canvas = canvas(vec![fill(rect(0, 0, 200, 100), [5, 6, 7])]);
    surface.place(area(0, 0, 400, 200), &[area(100, 50, 40, 40)]).unwrap();
    surface.draw(canvas.picture(), &[], View::Scaled).unwrap();
    assert_eq!(desk.seen(10, 10), [5, 6, 7]);
    assert_eq!(desk.seen(120, 70), PARENT);
    surface.hide().unwrap();
    assert_eq!(desk.seen(10, 10), PARENT);
    surface.show().unwrap();
    assert_eq!(desk.seen(10, 10), [5, 6, 7]);
}

#[test]
fn the_pointer_is_over_the_picture_and_leaves_no_trace() {
    let desk = Desk::new();
    let mut surface = desk.surface(area(0, 0, 200, 100));
    let canvas = canvas(vec![fill(rect(0, 0, 200, 100), [50, 60, 70])]);
    surface.draw(canvas.picture(), &[], View::Actual { x: 0, y: 0 }).unwrap();
    let rgba = Bytes([255, 255, 255, 255].repeat(9));
    let shape = PointerShape { width: 3, height: 3, hot_x: 1, hot_y: 1, rgba };
    surface.pointer(canvas.picture(), Pointer::Shape(shape)).unwrap();
    surface.pointer(canvas.picture(), Pointer::At(Point { x: 30, y: 40 })).unwrap();
    assert_eq!((desk.seen(29, 39), desk.seen(31, 41), desk.seen(32, 40)), ([255; 3], [255; 3], [50, 60, 70]));
    surface.pointer(canvas.picture(), Pointer::At(Point { x: 80, y: 40 })).unwrap();
    assert_eq!((desk.seen(30, 40), desk.seen(80, 40)), ([50, 60, 70], [255; 3]));
    surface.pointer_mode(canvas.picture(), PointerMode::Local).unwrap();
    assert_eq!(desk.seen(80, 40), [50, 60, 70]);
}

#[test]
fn a_window_that_is_gone_is_a_typed_error() {
    let desk = Desk::new();
    let mut surface = desk.surface(area(0, 0, 200, 100));
    desk.connection.destroy_window(desk.parent).unwrap();
    desk.connection.get_input_focus().unwrap().reply().unwrap();
    let canvas = canvas(Vec::new());
    assert!(matches!(surface.draw(canvas.picture(), &[], View::Scaled), Err(Error::Gone(_))));
    assert!(Surface::open(Some(":4711"), 1, area(0, 0, 1, 1), MARGIN).is_err());
}
