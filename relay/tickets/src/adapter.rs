//! One file per ticketing system. [`desk`] is built in and the default; [`faulty`] is for tests, reachable by name only.

pub mod desk;
#[doc(hidden)]
pub mod faulty;
