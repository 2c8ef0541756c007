//! Which version of the words two ends speak: each offers a range, the highest common one is taken, none means a clear refusal.

use serde::{Deserialize, Serialize};

/// The versions one end speaks, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionRange {
    /// The oldest version still spoken.
    pub oldest: u16,
    /// The newest version spoken.
    pub newest: u16,
}

/// What this build speaks.
pub const SPOKEN: VersionRange = VersionRange { oldest: 1, newest: 6 };
/// The first version in which a program can ask for updates.
pub const UPDATES_SINCE: u16 = 4;
/// The first version in which a session can be watched.
pub const WATCHING_SINCE: u16 = 5;
/// The first version in which a program can say which ticket it was invited to.
pub const INVITATIONS_SINCE: u16 = 5;

/// The first version in which what a customer allows or takes back during a session is told.
pub const CHANGES_SINCE: u16 = 5;

/// The first version in which the times are told at which a session had administrator's rights.
pub const RIGHTS_SINCE: u16 = 6;

/// The first version in which a customer is told that their app has ended.
pub const ENDED_SINCE: u16 = 5;

/// The first version whose programs read links that name their server.
pub const LINKS_NAMED_SINCE: u16 = 5;

/// QUIC application protocol of programs: tells them from browsers on the same port.
pub const ALPN_OUTER: &[u8] = b"amparo/1";
/// Application protocol of the inner TLS between customer and attendant, as every program speaks it.
pub const ALPN_INNER: &[u8] = b"amparo-e2e/2";
/// The same with [`Control::OnlyCustomer`](crate::message::control::Control::OnlyCustomer), offered before it: TLS takes what both speak.
pub const ALPN_INNER_NOTICES: &[u8] = b"amparo-e2e/3";
/// The same with [`Control::CtrlAltDel`](crate::message::control::Control::CtrlAltDel) and its answer.
pub const ALPN_INNER_ATTENTION: &[u8] = b"amparo-e2e/4";
/// The same with [`Control::AskAdministrator`](crate::message::control::Control::AskAdministrator) and what comes of it.
pub const ALPN_INNER_ADMINISTRATOR: &[u8] = b"amparo-e2e/5";

impl VersionRange {
    /// The highest version that both speak. `None` also for a range whose ends are swapped.
    pub fn common(self, other: Self) -> Option<u16> {
        let newest = self.newest.min(other.newest);
        (self.oldest <= self.newest && other.oldest <= other.newest && newest >= self.oldest.max(other.oldest))
            .then_some(newest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_common_version_is_taken_and_none_is_said() {
        let range = |oldest, newest| VersionRange { oldest, newest };
        assert_eq!(range(1, 3).common(range(2, 5)), Some(3));
        assert_eq!(range(2, 5).common(range(1, 3)), Some(3));
        assert_eq!(range(1, 1).common(range(2, 2)), None);
        assert_eq!(range(3, 1).common(range(1, 3)), None);
        assert_eq!(range(0, u16::MAX).common(SPOKEN), Some(SPOKEN.newest));
    }
}
