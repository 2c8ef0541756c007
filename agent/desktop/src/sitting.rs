//! What tells one sitting of a user at a computer from the next: from a login to its logout. What a logout, a restart or a power cut has ended
//! was not ended by itself.

#[cfg(target_os = "linux")]
#[path = "sitting/linux.rs"]
mod os;
#[cfg(not(any(target_os = "linux", windows)))]
#[path = "sitting/none.rs"]
mod os;
#[cfg(windows)]
#[path = "sitting/windows.rs"]
mod os;

/// A word for the sitting of now; `None` where the system does not tell.
pub fn now() -> Option<String> {
    os::now()
}
