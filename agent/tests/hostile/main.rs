//! A relay that lies, an attendant that lies, a customer that lies, against the programs' real link and sessions.
//!
//! Everything runs in this process, without a window or a display: capture and input are the backends for tests; only `elevated` has the
//! built program started, as the second process that it is there. `world` holds the
//! programs and the scripted relay's end of QUIC, `wire` the units it can attack, `middle` a relay that passes all but one of them on,
//! and `halves` the two halves by script, with every word of the handshake. Each other file is one kind of attack with its table. A case
//! is good when nothing begins that should not, nothing that was changed is taken, the relay has seen nothing, and both sides end by
//! themselves with a reason.
//!
//! Not judged here: a relay that ends or starves a session can always do that.
#![allow(clippy::unwrap_used)]

mod attendant;
mod certificates;
mod customer;
#[cfg(all(unix, feature = "_automation"))]
mod elevated;
mod halves;
mod handshake;
mod middle;
mod neighbours;
mod outer;
mod pake;
mod running;
mod sealed;
mod wire;
mod world;
