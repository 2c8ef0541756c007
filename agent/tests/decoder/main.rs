//! The decoder's process as it is shipped: how it lives and dies, what it may do, and what hostile streams make of it.
#![cfg(all(target_os = "linux", feature = "_automation"))]
#![allow(clippy::unwrap_used)]

use std::{process::Command, sync::Arc, time::Duration};

use media::{
    Choice, Decoder, Screen,
    decoder::{Error, Program},
};
use protocol::{
    frame, limits,
    media::{Batch, Size, Update},
};

mod life;
mod mutate;
mod streams;
mod walls;

/// The built program as a decoder.
fn program() -> Program {
    Program::at(env!("CARGO_BIN_EXE_amparo"))
}

fn start() -> Result<Decoder, Error> {
    Decoder::start(program(), Arc::new(|| {}))
}

/// The first `count` batches of the pattern: a text that scrolls, and a film.
fn pattern(count: usize) -> Vec<Batch> {
    let mut screen = Screen::open(&Choice::named("synthetic")).unwrap();
    let mut batches = Vec::new();
    while batches.len() < count {
        screen.wait(true, Duration::from_secs(1)).unwrap();
        batches.extend(screen.take_batch(std::time::Instant::now()).unwrap());
    }
    batches
}

fn body(batch: &Batch) -> Vec<u8> {
    frame::encode_body(batch, limits::PICTURE_MESSAGE_BYTES).unwrap()
}

fn batch(number: u64, updates: Vec<Update>) -> Batch {
    Batch { number, captured_us: number, updates }
}

fn resize(width: u16, height: u16) -> Update {
    Update::Resize(Size { width, height })
}

fn kill(process: u32) {
    assert!(Command::new("kill").args(["-9", &process.to_string()]).status().unwrap().success());
}
