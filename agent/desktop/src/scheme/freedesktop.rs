//! By a desktop entry in the user's folder of applications (Desktop Entry Specification 1.5), made the default by `xdg-mime`, which knows
//! how each desktop wants it.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
};

pub(super) fn answer(scheme: &str, name: &str, program: &str) -> io::Result<()> {
    let applications = data_folder().ok_or_else(|| io::Error::other("this user has no home"))?.join("applications");
    let file = format!("{scheme}-link.desktop");
    let entry = entry(scheme, name, program);
    let path = applications.join(&file);
    if fs::read_to_string(&path).is_ok_and(|there| there == entry) {
        return Ok(());
    }
    fs::create_dir_all(&applications)?;
    let new = applications.join(format!(".{file}.{}", std::process::id()));
    fs::write(&new, &entry)?;
    let answered = fs::rename(&new, &path).and_then(|()| make_default(&file, scheme, &applications));
    if answered.is_err() {
        // Without it the next login tries again.
        let _ = fs::remove_file(&new);
        let _ = fs::remove_file(&path);
    }
    answered
}

fn make_default(file: &str, scheme: &str, applications: &Path) -> io::Result<()> {
    let kind = format!("x-scheme-handler/{scheme}");
    let asked = quiet(Command::new("xdg-mime").args(["default", file, &kind]))
        .map_err(|error| io::Error::other(format!("xdg-mime (xdg-utils): {error}")))?;
    if !asked.success() {
        return Err(io::Error::other(format!("xdg-mime ended with {asked}")));
    }
    // A cache: desktops without this tool do without it.
    let _ = quiet(Command::new("update-desktop-database").arg(applications));
    Ok(())
}

fn quiet(command: &mut Command) -> io::Result<ExitStatus> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()
}

/// XDG Base Directory Specification: `$XDG_DATA_HOME`, where it is absolute, or `~/.local/share`.
fn data_folder() -> Option<PathBuf> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_DATA_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/share")))
}

fn entry(scheme: &str, name: &str, program: &str) -> String {
    // Quoted as an argument, then as a string of the file; a percent sign would be a field code.
    let quoted: String = program
        .chars()
        .flat_map(|c| match c {
            '"' | '`' | '$' | '\\' => vec!['\\', c],
            '%' => vec!['%', '%'],
            c => vec![c],
        })
        .collect();
    let string = |text: &str| text.replace('\\', "\\\\");
    // Where nothing asks for quotes there are none: `xdg-open` without a desktop does not take them off.
    let plain = program.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-+".contains(&byte));
    let program = if plain { program.to_owned() } else { format!("\"{quoted}\"") };
    format!(
        "[Desktop Entry]\nType=Application\nName={}\nExec={} -- %u\nNoDisplay=true\nTerminal=false\nMimeType=x-scheme-handler/{scheme};\n",
        string(name),
        string(&program)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_argument_whatever_is_in_it() {
        let entry = entry("amparo", "Suporte Varanda", r#"/home/ana/Meus "$5" 100%\suporte"#);
        assert!(entry.contains("\nName=Suporte Varanda\n"), "{entry}");
        assert!(entry.contains("\nExec=\"/home/ana/Meus \\\\\"\\\\$5\\\\\" 100%%\\\\\\\\suporte\" -- %u\n"), "{entry}");
        assert!(entry.contains("\nMimeType=x-scheme-handler/amparo;\n"), "{entry}");
        assert!(super::entry("amparo", "", "/opt/amparo").contains("\nExec=/opt/amparo -- %u\n"));
    }
}
