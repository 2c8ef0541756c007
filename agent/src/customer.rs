//! The controlled side: one session from the first ring to the receipt.
//!
//! `session` drives `protocol::session::customer` with streams and time; `screen_task` and `input_task` are the threads that exist only
//! after consent; `receipt` is what the customer keeps.

pub mod input_task;
pub mod receipt;
pub mod screen_task;
pub mod session;
