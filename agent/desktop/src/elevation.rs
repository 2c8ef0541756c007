//! More rights than this program was started with: whether the system has such, and starting a program with them. Windows asks the person in
//! front of the screen; nobody else can answer, and nothing here tries to.
//!
//! Called by the agent's `elevated` module alone, beside [`crate::attention`], which asks for what there is. Must never change what a program may do
//! that runs already. All of it blocks.

#[cfg(not(windows))]
#[path = "elevation/none.rs"]
mod os;
#[cfg(windows)]
#[path = "elevation/windows.rs"]
mod os;

use std::{
    io,
    path::{Path, PathBuf},
};

#[cfg(windows)]
pub use os::{client_of, server_of};

/// Whether a program can be started with more rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Can {
    /// It can be asked for.
    Yes,
    /// This program has them.
    Already,
    /// There is no such thing here.
    No,
}

/// Why no program was started.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LaunchError {
    /// Whoever was asked said no, or nothing.
    #[error("the person in front of the screen declined")]
    Declined,
    /// The system did not.
    #[error("the system did not start it: {0}")]
    Failed(String),
}

/// A program that was started with more rights. It goes on when this is dropped.
#[derive(Debug)]
pub struct Launched(os::Launched);

impl Launched {
    /// Its process, whose number no other one gets while this lives.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Has it ended?
    pub fn has_ended(&self) -> bool {
        self.0.has_ended()
    }
}

/// What this program can ask for.
pub fn can() -> Can {
    os::can()
}

/// Starts a program with more rights, without a window. Takes as long as the person needs to answer the system's question.
pub fn launch(program: &Path, arguments: &[String]) -> Result<Launched, LaunchError> {
    os::launch(program, arguments).map(Launched)
}

/// The file that a process runs, as the system itself names it: to be compared with another's, not to be opened.
pub fn program_of(process: u32) -> io::Result<PathBuf> {
    os::program_of(process)
}

/// Arguments as one text that programs on Windows take apart again (`CommandLineToArgvW`, and Rust's own reader).
#[cfg(any(windows, test))]
fn command_line(arguments: &[String]) -> String {
    let quoted: Vec<String> = arguments.iter().map(|argument| quoted(argument)).collect();
    quoted.join(" ")
}

/// A backslash is itself, except in a row before a quotation mark, where each counts double.
#[cfg(any(windows, test))]
fn quoted(argument: &str) -> String {
    if !argument.is_empty() && !argument.contains([' ', '\t', '\n', '\u{b}', '"']) {
        return argument.to_owned();
    }
    let mut text = String::from("\"");
    let mut backslashes = 0;
    for character in argument.chars() {
        match character {
            '\\' => backslashes += 1,
            '"' => {
                text.extend(std::iter::repeat_n('\\', backslashes + 1));
                backslashes = 0;
            }
            _ => backslashes = 0,
        }
        text.push(character);
    }
    text.extend(std::iter::repeat_n('\\', backslashes));
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_quoted_as_windows_takes_them_apart() {
        for (argument, text) in [
            ("elevated", "elevated"),
            (r"\\.\pipe\amparo-00", r"\\.\pipe\amparo-00"),
            ("", r#""""#),
            ("two words", r#""two words""#),
            ("a\ttab", "\"a\ttab\""),
            (r#"says "yes""#, r#""says \"yes\"""#),
            (r"C:\Program Files\", r#""C:\Program Files\\""#),
            (r#"a\\"b"#, r#""a\\\\\"b""#),
            (r"a\\b", r"a\\b"),
            (r"a\\b c", r#""a\\b c""#),
        ] {
            assert_eq!(quoted(argument), text, "{argument}");
        }
        let arguments = ["--pipe", "a b", "", "--parent", "7"].map(str::to_owned);
        assert_eq!(command_line(&arguments), r#"--pipe "a b" "" --parent 7"#);
    }

    #[cfg(not(windows))]
    #[test]
    fn where_there_are_no_such_rights_nothing_is_started() {
        assert_eq!(can(), Can::No);
        assert!(matches!(launch(Path::new("/bin/true"), &[]), Err(LaunchError::Failed(_))));
        assert!(program_of(std::process::id()).is_err());
    }

    #[cfg(windows)]
    #[test]
    fn a_process_is_known_by_the_file_that_it_runs() -> io::Result<()> {
        let ours = program_of(std::process::id())?;
        let name = std::env::current_exe()?;
        assert_eq!(ours.file_name(), name.file_name());
        assert!(program_of(u32::MAX).is_err());
        // Allowed or not, asking leaves it as it was and is no error.
        os::ask_about_all(true)?;
        os::ask_about_all(false)?;
        Ok(())
    }
}
