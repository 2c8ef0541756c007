//! The program that customers and attendants run.
//!
//! `main` starts the windows and [`app::App`] beside them. A picture goes `customer::screen_task` → `link::sealed` → relay →
//! `attendant::session` → `attendant::viewer`; an input event goes back through `attendant::key_map` → relay → `customer::session`, where
//! the machine decides, → `customer::input_task`; from there through the process of [`elevated`], if the customer has given it more rights.

// Not forbidden: what the `.slint` files compile to allows itself what it needs.
#![deny(unsafe_code)]

pub mod app;
pub mod attendant;
pub mod config;
pub mod connect_link;
pub mod crash;
pub mod customer;
pub mod elevated;
pub mod gui;
pub mod instance;
pub mod link;
pub mod profile;
pub mod removal;
pub mod update;
