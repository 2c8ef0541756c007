//! The relay as programs meet it: a real relay in this process, and bare QUIC clients that speak the protocol by hand.

#![allow(clippy::unwrap_used)]

#[path = "../console_support/mod.rs"]
mod console_support;
mod enrolment;
mod grants;
mod guessing;
mod hostile;
mod invitations;
mod life;
mod neighbours;
mod offers;
mod pairing;
mod presence;
mod records;
mod requests;
mod seals;
mod second_factor;
mod splice;
mod updates;
mod watching;
mod world;
mod wrap_up;
