//! A relay that lies, an attendant that lies, a customer that lies, against the programs' real link and sessions.
//!
//! Everything runs in this process, without a window or a display: capture and input are the backends for tests. `world` holds the
//! programs and the scripted relay, `wire` the units it can attack; each other file is one kind of attack with its table. A case is
//! good when nothing begins that should not, nothing that was changed is taken, and both sides end by themselves.
//!
//! Not judged here: a relay that ends or starves a session can always do that, and a relay that shows an attendant a customer of its
//! own, with the right password, is what the check phrase is for.
#![allow(clippy::unwrap_used)]

mod attendant;
mod certificates;
mod customer;
mod halves;
mod handshake;
mod pake;
mod sealed;
mod wire;
mod world;
