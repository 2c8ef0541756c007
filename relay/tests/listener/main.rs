//! The relay as programs meet it: a real relay in this process, and bare QUIC clients that speak the protocol by hand.

#![allow(clippy::unwrap_used)]

#[path = "../console_support/mod.rs"]
mod console_support;
mod enrolment;
mod grants;
mod guessing;
mod hostile;
mod life;
mod pairing;
mod presence;
mod records;
mod seals;
mod splice;
mod world;
mod wrap_up;
