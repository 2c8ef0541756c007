//! What the pages about the program itself show: taking away what it keeps on this computer, and reports of crashes.

use serde::Serialize;

use super::Saving;

/// Taking away what the program keeps on this computer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RemovalView {
    /// How far it has come.
    pub state: RemovalState,
}

/// How far a removal has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum RemovalState {
    /// It says what goes, and asks.
    Asking,
    /// It is under way.
    Removing,
    /// All of it is gone.
    Removed {
        /// Where the program lies, which may be deleted by hand now. Empty where that is not known.
        program: String,
    },
    /// This is still there, and why.
    Partly(Vec<StayedView>),
}

/// Something that could not be removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StayedView {
    /// Where it is.
    pub what: String,
    /// Why, as the system gives it.
    pub why: String,
}

/// A report of a crash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CrashView {
    /// All of it.
    pub text: String,
    /// Whether and where it was saved.
    pub saving: Saving,
}
