//! A display for benches, and pictures to put on it. Shared by the benches of this crate and of the program.

#![allow(dead_code, clippy::unwrap_used)]

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::OnceLock,
};

use protocol::media::Size;

pub const SCREEN: Size = Size { width: 1920, height: 1080 };
pub const WINDOW: Size = Size { width: 640, height: 480 };

/// An Xvfb that ends with the bench.
pub struct Display {
    server: Child,
    name: String,
}

impl Display {
    /// `None`, and said once, where there is no Xvfb.
    pub fn start() -> Option<Self> {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1920x1080x24", "-nolisten", "tcp", "-ac", "-noreset"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .inspect_err(|_| {
                static SAID: OnceLock<()> = OnceLock::new();
                SAID.get_or_init(|| eprintln!("left out: no Xvfb here"));
            })
            .ok()?;
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).unwrap();
        Some(Self { server, name: format!(":{}", number.trim()) })
    }

    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Lines of letters, black on white: bit patterns of 8x14 pixels, harder to press than real ones.
pub fn text(size: Size) -> Vec<u8> {
    let mut bgrx = vec![255; size.area() as usize * 4];
    for (y, row) in bgrx.chunks_exact_mut(usize::from(size.width) * 4).enumerate() {
        for (x, pixel) in row.chunks_exact_mut(4).enumerate() {
            let (letter, line) = ((x / 8) as u64, (y / 16) as u64);
            let seed = (letter * 0x9E37_79B9 + line * 0x85EB_CA6B) ^ (letter * line % 60);
            let bits = (seed % 60).wrapping_mul(0x2545_F491_4F6C_DD1D) >> ((y % 16) % 8);
            let ink = y % 16 < 14 && x % 8 < 7 && letter % 7 != 6 && bits >> (x % 8) & 1 == 1;
            if ink {
                pixel[..3].fill(20);
            }
        }
    }
    bgrx
}

/// Something like a photograph that moves.
pub fn film(size: Size, time: f64) -> Vec<u8> {
    let mut bgrx = vec![255; size.area() as usize * 4];
    for (y, row) in bgrx.chunks_exact_mut(usize::from(size.width) * 4).enumerate() {
        for (x, pixel) in row.chunks_exact_mut(4).enumerate() {
            let (x, y) = (x as f64, y as f64);
            let wave = |a: f64, b: f64| (127.0 + 100.0 * ((x * a + time).sin() * (y * b - time).cos())) as u8;
            pixel[..3].copy_from_slice(&[wave(0.05, 0.03), wave(0.02, 0.07), wave(0.031, 0.011)]);
        }
    }
    bgrx
}
