//! By the kernel's name of this boot, and logind's of the login where there is one.

pub(super) fn now() -> Option<String> {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let login = std::env::var("XDG_SESSION_ID").unwrap_or_default();
    Some(format!("{} {login}", boot.trim()))
}
