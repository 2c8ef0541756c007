//! Session events become ticket actions: exactly one start and one end on exactly one ticket, whatever breaks in between.
//!
//! The relay writes a session's row together with an outbox row (crate `store`). The [`Worker`] claims outbox rows, turns each into
//! an [`event::Action`] and tells the [`TicketSystem`]; [`policy`] alone decides what a failure means. A session never waits for any
//! of this.

#![forbid(unsafe_code)]

pub mod adapter;
pub mod clock;
pub mod connections;
pub mod desk;
pub mod event;
pub mod gate;
pub mod hooks;
pub mod http;
pub mod kind;
pub mod mapping;
pub mod markup;
pub mod policy;
pub mod probe;
pub mod seal;
pub mod secret;
pub mod signing;
pub mod system;
pub mod systems;
pub mod worker;

pub use adapter::desk::DeskSystem;
pub use connections::{ConnectionError, Connections, FieldsError, PeopleError};
pub use desk::Desk;
pub use system::{
    Appended, Capabilities, Cause, CustomerRef, FoundTicket, NewTicket, Opened, Owner, Refusal, ReportError,
    TicketSystem,
};
pub use systems::{Always, Desks, Reached, Systems};
pub use worker::{Reported, Worker};
