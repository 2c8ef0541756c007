//! The program's windows. The controller gives [`view_model::ViewModel`]s and takes [`command::Command`]s; no rule lives here.

pub mod command;
pub mod strings;
pub mod surface;
pub mod view_model;
