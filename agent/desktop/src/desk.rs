//! Whose the desktop is that gets mouse and keyboard now: the user's, or one that the system keeps for itself, on which no other program sees or does
//! anything. Windows asks for permissions there, and for passwords.
//!
//! Only looked at, never switched: what the system asks there is the customer's to answer.

#[cfg(not(windows))]
#[path = "desk/none.rs"]
mod os;
#[cfg(windows)]
#[path = "desk/windows.rs"]
mod os;

use std::path::PathBuf;

/// Whose the desktop is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Desk {
    /// The one that the user's programs are on.
    User,
    /// One of the system's own.
    System,
    /// It cannot be told now.
    Unknown,
}

/// A way to look. Takes no time worth speaking of.
pub trait Look: Send + Sync {
    /// Whose it is now.
    fn look(&mut self) -> Desk;
}

struct System;

impl Look for System {
    fn look(&mut self) -> Desk {
        os::look()
    }
}

/// For tests, who have no system that keeps a desktop: it is the system's while there is a file here.
struct File(PathBuf);

impl Look for File {
    fn look(&mut self) -> Desk {
        if self.0.exists() { Desk::System } else { Desk::User }
    }
}

/// Says whether only the customer can see and answer what is on the screen.
pub struct Watch {
    desk: Box<dyn Look>,
    system: bool,
}

impl Watch {
    /// Of this system.
    pub fn system() -> Self {
        Self::new(Box::new(System))
    }

    /// Of a pretended one: it is the system's while there is a file at this path.
    pub fn file(path: PathBuf) -> Self {
        Self::new(Box::new(File(path)))
    }

    /// By this way to look.
    pub fn new(desk: Box<dyn Look>) -> Self {
        Self { desk, system: false }
    }

    /// Looks again. What cannot be told is as it was.
    pub fn look(&mut self) -> bool {
        match self.desk.look() {
            Desk::User => self.system = false,
            Desk::System => self.system = true,
            Desk::Unknown => {}
        }
        self.system
    }
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch").field("system", &self.system).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Looks(std::array::IntoIter<Desk, 8>);

    impl Look for Looks {
        fn look(&mut self) -> Desk {
            self.0.next().unwrap_or(Desk::Unknown)
        }
    }

    #[test]
    fn what_cannot_be_told_is_as_it_was() {
        use Desk::{System, Unknown, User};
        let looks = [Unknown, User, System, Unknown, System, User, Unknown, System];
        let mut watch = Watch::new(Box::new(Looks(looks.into_iter())));
        let seen: Vec<bool> = looks.iter().map(|_| watch.look()).collect();
        assert_eq!(seen, [false, false, true, true, true, false, false, true]);
        assert!(watch.look(), "and it stays so");
    }

    #[test]
    fn the_desktop_that_runs_this_is_its_users() {
        assert!(!Watch::system().look());
    }
}
