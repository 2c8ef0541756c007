//! The machines of a session: what may be said when, and what follows. No I/O, no clock.
