//! Stories of the controller without windows.
