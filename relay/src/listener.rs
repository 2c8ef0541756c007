//! The QUIC end point: who may connect, how much each connection may cost, one task per connection.

pub mod peer;
