//! Any bytes as stream head: an error or a value, never a panic.

#![no_main]

#[allow(dead_code)]
#[path = "../../tests/common/targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::stream_head(bytes));
