//! Any bytes as a program or its release: an error or a value, never a panic.

#![no_main]

#[allow(dead_code)]
#[path = "../../../branding/bundle/tests/target/mod.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::program(bytes));
