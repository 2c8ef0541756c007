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

pub(super) fn forget(scheme: &str, program: &str) -> io::Result<bool> {
    let Some(data) = data_folder() else { return Ok(false) };
    let applications = data.join("applications");
    let settings = folder("XDG_CONFIG_HOME", ".config").map(|folder| folder.join("mimeapps.list"));
    // Where `xdg-mime` writes it, today and formerly.
    let lists = settings.into_iter().chain(["mimeapps.list", "defaults.list"].map(|name| applications.join(name)));
    let forgotten = forget_in(&applications, &lists.collect::<Vec<_>>(), scheme, program)?;
    if forgotten {
        // A cache: desktops without this tool do without it.
        let _ = quiet(Command::new("update-desktop-database").arg(&applications));
    }
    Ok(forgotten)
}

fn forget_in(applications: &Path, lists: &[PathBuf], scheme: &str, program: &str) -> io::Result<bool> {
    let file = format!("{scheme}-link.desktop");
    let path = applications.join(&file);
    let line = exec(program);
    if !fs::read_to_string(&path).is_ok_and(|there| there.lines().any(|there| there == line)) {
        return Ok(false);
    }
    // The entry last: while it is there, this can be tried again.
    for list in lists {
        without(list, &format!("x-scheme-handler/{scheme}"), &file)?;
    }
    fs::remove_file(&path)?;
    Ok(true)
}

/// Takes an entry out of the user's list of what opens what; everything else in it stays as it is.
fn without(list: &Path, kind: &str, file: &str) -> io::Result<()> {
    let Ok(text) = fs::read_to_string(list) else { return Ok(()) };
    let mut kept = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        match line.split_once('=').filter(|(name, _)| name.trim() == kind) {
            None => kept.push_str(line),
            Some((name, entries)) => {
                let others: Vec<&str> =
                    entries.trim().split(';').filter(|entry| !entry.is_empty() && *entry != file).collect();
                if !others.is_empty() {
                    kept.push_str(&format!("{name}={};\n", others.join(";")));
                }
            }
        }
    }
    if kept == text {
        return Ok(());
    }
    // A list that is kept elsewhere stays there: the file that is meant is replaced, not the link to it.
    let list = fs::canonicalize(list)?;
    let rights = fs::metadata(&list)?.permissions();
    let new = list.with_extension(format!("list.{}", std::process::id()));
    fs::write(&new, kept)
        .and_then(|()| fs::set_permissions(&new, rights))
        .and_then(|()| fs::rename(&new, &list))
        .inspect_err(|_| drop(fs::remove_file(&new)))
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
    folder("XDG_DATA_HOME", ".local/share")
}

/// The folder that this variable names, or this one in the user's home.
fn folder(variable: &str, at_home: &str) -> Option<PathBuf> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute(variable).or_else(|| absolute("HOME").map(|home| home.join(at_home)))
}

fn string(text: &str) -> String {
    text.replace('\\', "\\\\")
}

/// The line of an entry that says which program it starts, and how.
fn exec(program: &str) -> String {
    // Quoted as an argument, then as a string of the file; a percent sign would be a field code.
    let quoted: String = program
        .chars()
        .flat_map(|c| match c {
            '"' | '`' | '$' | '\\' => vec!['\\', c],
            '%' => vec!['%', '%'],
            c => vec![c],
        })
        .collect();
    // Where nothing asks for quotes there are none: `xdg-open` without a desktop does not take them off.
    let plain = program.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-+".contains(&byte));
    let program = if plain { program.to_owned() } else { format!("\"{quoted}\"") };
    format!("Exec={} -- %u", string(&program))
}

fn entry(scheme: &str, name: &str, program: &str) -> String {
    format!(
        "[Desktop Entry]\nType=Application\nName={}\n{}\nNoDisplay=true\nTerminal=false\nMimeType=x-scheme-handler/{scheme};\n",
        string(name),
        exec(program)
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A folder of this test's own.
    fn applications(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("amparo-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn what_was_registered_goes_and_nothing_else_does() {
        let folder = applications("forget");
        let list = folder.join("mimeapps.list");
        let others = "[Default Applications]\ntext/html=browser.desktop\n# x-scheme-handler/amparo\n";
        let ours = "x-scheme-handler/amparo=amparo-link.desktop\n\n[Added Associations]\n";
        let shared = "x-scheme-handler/amparo=other.desktop;amparo-link.desktop;\n";
        fs::write(&list, format!("{others}{ours}{shared}")).unwrap();
        let desktop = folder.join("amparo-link.desktop");
        fs::write(&desktop, entry("amparo", "Suporte", "/home/ana/suporte")).unwrap();
        let missing = folder.join("defaults.list");
        let forget = |program| forget_in(&folder, &[missing.clone(), list.clone()], "amparo", program).unwrap();
        assert!(!forget("/home/ana/another"), "another program's entry is its own");
        assert!(desktop.exists());
        assert!(forget("/home/ana/suporte"));
        assert!(!desktop.exists() && !missing.exists());
        let left = format!("{others}\n[Added Associations]\nx-scheme-handler/amparo=other.desktop;\n");
        assert_eq!(fs::read_to_string(&list).unwrap(), left);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing else is left");
        assert!(!forget("/home/ana/suporte"), "there is nothing more to take back");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_path_is_one_argument_whatever_is_in_it() {
        let entry = entry("amparo", "Suporte Varanda", r#"/home/ana/Meus "$5" 100%\suporte"#);
        assert!(entry.contains("\nName=Suporte Varanda\n"), "{entry}");
        assert!(entry.contains("\nExec=\"/home/ana/Meus \\\\\"\\\\$5\\\\\" 100%%\\\\\\\\suporte\" -- %u\n"), "{entry}");
        assert!(entry.contains("\nMimeType=x-scheme-handler/amparo;\n"), "{entry}");
        assert!(super::entry("amparo", "", "/opt/amparo").contains("\nExec=/opt/amparo -- %u\n"));
    }
}
