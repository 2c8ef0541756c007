//! Ctrl+Alt+Del. Elsewhere these are keys as any others; Windows takes them from its own keyboard only (its secure attention sequence), or where a
//! program asks it to behave as if, for which it wants rights and a policy.
//!
//! Only asks. Must never change a right or a policy: those are the computer's owner's.

#[cfg(not(windows))]
#[path = "attention/none.rs"]
mod os;
#[cfg(windows)]
#[path = "attention/windows.rs"]
mod os;

use std::time::Duration;

use protocol::message::{control::Attention, input::Input};

use crate::desk::Desk;

/// Ctrl, Alt and Del, by their Linux evdev codes.
const KEYS: [u16; 3] = [29, 56, 111];
/// How often is looked whether the system does something, and how long from one time to the next.
const LOOKS: u32 = 20;
const BETWEEN: Duration = Duration::from_millis(100);

/// A system that has to be asked.
pub trait System: Send {
    /// Has this program the rights of an administrator?
    fn administrator(&self) -> bool;
    /// Whom the policy lets ask, as the system keeps it: 0 or nothing is nobody who is like us.
    fn policy(&self) -> Option<u32>;
    /// Asks. `false`: there is no way to.
    fn ask(&mut self) -> bool;
    /// Whose the desktop is.
    fn look(&mut self) -> Desk;
    /// Lets this time pass.
    fn wait(&mut self, time: Duration);
}

/// The one that this program runs on; `None`: they are keys as any others, see [`keys`].
pub fn system() -> Option<Box<dyn System>> {
    os::system()
}

/// The three of them down, and up again the other way round.
pub fn keys() -> impl Iterator<Item = Input> {
    let key = |down| move |code| Input::Key { code, down };
    KEYS.into_iter().map(key(true)).chain(KEYS.into_iter().rev().map(key(false)))
}

/// Asks the system and looks what comes of it: it says nothing by itself. Takes two seconds at most.
pub fn press(system: &mut dyn System) -> Attention {
    ask(system).unwrap_or_else(|| watch(system))
}

/// Asks the system, and tells why nothing will come of it. `None`: it was asked, and [`watch`] sees what does.
pub fn ask(system: &mut dyn System) -> Option<Attention> {
    if !system.administrator() {
        return Some(Attention::NeedsAdministrator);
    }
    if matches!(system.policy(), None | Some(0)) {
        return Some(Attention::PolicyForbids);
    }
    (!system.ask()).then_some(Attention::Unavailable)
}

/// Looks what comes of a system that was asked, by whomever. Takes two seconds at most.
pub fn watch(system: &mut dyn System) -> Attention {
    for _ in 0..LOOKS {
        system.wait(BETWEEN);
        if system.look() == Desk::System {
            return Attention::Shown;
        }
    }
    Attention::NothingSeen
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A system that shows its own desktop after this many looks, if ever.
    struct Fake {
        administrator: bool,
        policy: Option<u32>,
        can: bool,
        shows_after: Option<u32>,
        asked: u32,
        looks: u32,
        waited: Duration,
    }

    const ALL: Fake = Fake {
        administrator: true,
        policy: Some(3),
        can: true,
        shows_after: Some(4),
        asked: 0,
        looks: 0,
        waited: Duration::ZERO,
    };

    impl System for Fake {
        fn administrator(&self) -> bool {
            self.administrator
        }
        fn policy(&self) -> Option<u32> {
            self.policy
        }
        fn ask(&mut self) -> bool {
            self.asked += 1;
            self.can
        }
        fn look(&mut self) -> Desk {
            self.looks += 1;
            match self.shows_after {
                Some(after) if self.looks > after => Desk::System,
                Some(_) => Desk::Unknown,
                None => Desk::User,
            }
        }
        fn wait(&mut self, time: Duration) {
            self.waited += time;
        }
    }

    #[test]
    fn each_reason_why_windows_would_not_is_told_apart_before_it_is_asked() {
        for (mut system, told, asked) in [
            (Fake { administrator: false, ..ALL }, Attention::NeedsAdministrator, 0),
            (Fake { administrator: false, policy: None, ..ALL }, Attention::NeedsAdministrator, 0),
            (Fake { policy: None, ..ALL }, Attention::PolicyForbids, 0),
            (Fake { policy: Some(0), ..ALL }, Attention::PolicyForbids, 0),
            (Fake { can: false, ..ALL }, Attention::Unavailable, 1),
            (ALL, Attention::Shown, 1),
            (Fake { shows_after: None, ..ALL }, Attention::NothingSeen, 1),
            (Fake { shows_after: Some(1_000), ..ALL }, Attention::NothingSeen, 1),
        ] {
            assert_eq!(press(&mut system), told);
            assert_eq!(system.asked, asked, "{told:?}");
            assert!(system.waited <= Duration::from_secs(2), "{told:?}");
        }
    }

    #[test]
    fn the_keys_go_down_and_come_up_again_the_other_way_round() {
        let keys: Vec<(u16, bool)> = keys()
            .map(|input| match input {
                Input::Key { code, down } => (code, down),
                other => panic!("{other:?} is no key"),
            })
            .collect();
        assert_eq!(keys, [(29, true), (56, true), (111, true), (111, false), (56, false), (29, false)]);
    }
}
