//! The harness: real programs on virtual displays, driven by mouse and keyboard as a person drives them.
//!
//! Called by the whole-product tests in `e2e/`, by the demo and by the bench. It knows the programs only from outside: their
//! commands, their windows, the console's pages, and the automation socket that test builds have. It must never reach into a
//! program's memory or replace one of its parts, and everything it starts ends with the value that started it.

#![forbid(unsafe_code)]

pub mod automation;
pub mod browser;
pub mod clipboard;
pub mod console;
pub mod desk;
pub mod display;
pub mod figures;
pub mod hands;
pub mod labels;
pub mod lens;
pub mod netcut;
pub mod pages;
pub mod picture;
pub mod program;
pub mod provider;
pub mod release;
pub mod servers;
pub mod shots;
pub mod story;
pub mod tidy;
pub mod wait;
pub mod wine;
pub mod world;
