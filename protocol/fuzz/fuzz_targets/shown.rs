//! Any bytes as shown: an error or a value, never a panic.

#![no_main]

#[allow(dead_code)]
#[path = "../../tests/common/targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::shown(bytes));
