//! The relay as programs meet it: a real relay in this process, and bare QUIC clients that speak the protocol by hand.

#![allow(clippy::unwrap_used)]

// As the helpers of the crate `branding` know it.
extern crate branding as amparo_branding;

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
#[allow(dead_code)]
#[path = "../../../branding/tests/programs/mod.rs"]
mod programs;
mod records;
mod requests;
mod seals;
mod second_factor;
mod signed_updates;
mod splice;
#[allow(dead_code)]
#[path = "../../../branding/tests/throwaway/mod.rs"]
mod throwaway;
mod updates;
mod watching;
mod world;
mod wrap_up;
