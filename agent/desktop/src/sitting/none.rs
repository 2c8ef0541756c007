//! No way yet.

pub(super) fn now() -> Option<String> {
    None
}
