//! From when to when a session had administrator's rights. Pure.

use jiff::Timestamp;
use protocol::message::grant::RightsChange;

/// Every time that it had them, oldest first; what it had at last it had until it was over.
pub(super) fn used(changes: &[RightsChange], ended: Timestamp) -> Vec<(Timestamp, Timestamp)> {
    let mut used = Vec::new();
    let mut since = None;
    for change in changes {
        let at = i64::try_from(change.at_unix_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
        let at = at.unwrap_or(ended);
        match (change.administrator, since) {
            (true, None) => since = Some(at),
            (false, Some(from)) => {
                used.push((from, at.max(from)));
                since = None;
            }
            // Of more changes than can be told some are left out: two that say the same may follow each other.
            (true, Some(_)) | (false, None) => {}
        }
    }
    used.extend(since.map(|from| (from, ended.max(from))));
    used
}
