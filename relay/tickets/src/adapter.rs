//! One file per ticketing system. [`desk`] is built in and the default; [`faulty`] is for tests, reachable by name only. What is offered
//! is listed in [`crate::kind::KINDS`].

pub mod desk;
#[doc(hidden)]
pub mod faulty;
pub mod glpi;
pub mod movidesk;
mod people;
pub mod redmine;
pub mod rt;
pub mod salesforce;
pub mod webhook;
mod wire;
pub mod zammad;
pub mod zendesk;
