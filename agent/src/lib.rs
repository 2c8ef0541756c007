//! The program that customers and attendants run.

pub mod gui;
