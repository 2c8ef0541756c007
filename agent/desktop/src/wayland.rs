//! Whether this is a session of Wayland, in which a program that speaks X11 sees and drives other such programs at most.
//!
//! Told by what the login has put into the environment; nothing is connected to.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

/// Whether the user's session is one of Wayland.
pub fn is_session() -> bool {
    cfg!(target_os = "linux") && is_in(|name| std::env::var_os(name), is_socket)
}

fn is_in(variable: impl Fn(&str) -> Option<OsString>, is_socket: impl Fn(&Path) -> bool) -> bool {
    let kind = variable("XDG_SESSION_TYPE").unwrap_or_default();
    // A compositor in a window of an X server shows nothing of what is around it.
    if kind == "x11" || kind == "wayland" {
        return kind == "wayland";
    }
    // The name that clients take where none is said.
    let named = variable("WAYLAND_DISPLAY").filter(|name| !name.is_empty()).unwrap_or_else(|| "wayland-0".into());
    let socket = match variable("XDG_RUNTIME_DIR") {
        _ if Path::new(&named).is_absolute() => PathBuf::from(named),
        Some(folder) if Path::new(&folder).is_absolute() => Path::new(&folder).join(named),
        _ => return false,
    };
    is_socket(&socket)
}

#[cfg(unix)]
fn is_socket(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    std::fs::metadata(path).is_ok_and(|meta| meta.file_type().is_socket())
}

#[cfg(not(unix))]
fn is_socket(_path: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(environment: &[(&str, &str)], socket: &str) -> bool {
        let variable =
            |name: &str| environment.iter().find(|(there, _)| *there == name).map(|(_, value)| OsString::from(value));
        is_in(variable, |path| path == Path::new(socket))
    }

    #[test]
    fn the_login_says_which_kind_of_session_it_is() {
        assert!(told(&[("XDG_SESSION_TYPE", "wayland")], ""));
        let nested = [("XDG_SESSION_TYPE", "x11"), ("WAYLAND_DISPLAY", "/run/wl"), ("XDG_RUNTIME_DIR", "/run")];
        assert!(!told(&nested, "/run/wl"), "a compositor in a window");
    }

    #[test]
    fn where_the_login_says_nothing_a_socket_that_is_there_does() {
        let run = ("XDG_RUNTIME_DIR", "/run/user/1000");
        for kind in ["", "tty", "mir", "unspecified"] {
            let kind = ("XDG_SESSION_TYPE", kind);
            assert!(told(&[kind, run, ("WAYLAND_DISPLAY", "wayland-1")], "/run/user/1000/wayland-1"));
            assert!(told(&[kind, run], "/run/user/1000/wayland-0"));
            assert!(told(&[kind, run, ("WAYLAND_DISPLAY", "")], "/run/user/1000/wayland-0"));
            assert!(told(&[kind, ("WAYLAND_DISPLAY", "/tmp/wl")], "/tmp/wl"));
            assert!(!told(&[kind, run, ("WAYLAND_DISPLAY", "wayland-1")], "/run/user/1000/wayland-0"), "another's");
            assert!(!told(&[kind, ("XDG_RUNTIME_DIR", "relative")], "relative/wayland-0"));
            assert!(!told(&[kind], "wayland-0"));
        }
        assert!(!told(&[], ""));
    }
}
