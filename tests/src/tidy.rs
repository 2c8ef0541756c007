//! Whether the tree keeps the house's rules, found by reading it.
//!
//! Called by `tidy.rs`, one test a rule. Each function gives what is wrong, one line a finding, with the file it is in; it must
//! never change a file. Words that a rule forbids are put together from pieces here, so that this file obeys them too.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// A source file longer than this holds two things.
const LINES: usize = 600;

/// Who may use whom of our own. The harness may use everything.
const DIRECTIONS: &[(&str, &[&str])] = &[
    ("amparo-protocol", &[]),
    ("amparo-transport", &[]),
    ("amparo-bundle", &[]),
    ("amparo-media", &["amparo-protocol"]),
    ("amparo-desktop", &["amparo-protocol"]),
    ("amparo-store", &["amparo-protocol"]),
    ("amparo-tickets", &["amparo-protocol", "amparo-store"]),
    (
        "amparo-agent",
        &["amparo-protocol", "amparo-transport", "amparo-media", "amparo-desktop", "amparo-bundle", "amparo-enrolment"],
    ),
    (
        "amparo-relay",
        &[
            "amparo-protocol",
            "amparo-transport",
            "amparo-store",
            "amparo-tickets",
            "amparo-bundle",
            "amparo-enrolment",
            "amparo-branding",
        ],
    ),
    ("amparo-enrolment", &["amparo-protocol"]),
    ("amparo-branding", &["amparo-protocol", "amparo-bundle", "amparo-enrolment"]),
];

/// Crates whose backend files talk to the system below Rust; all others forbid it at their root.
const BACKEND_CRATES: &[&str] = &["agent", "agent/media", "agent/desktop"];

/// Names of files that may do so: one file per backend or system.
const BACKEND_FILES: &[&str] = &["x11.rs", "shm.rs", "windows.rs", "linux.rs", "scrap.rs", "dxgi.rs", "gdi.rs"];

/// The checkout this was built from.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Files git knows or would take, by the end of their names, relative to the checkout.
pub fn files(ends: &[&str]) -> Result<Vec<PathBuf>> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .context("asking git for the files")?;
    ensure!(output.status.success(), "git ls-files failed");
    let text = String::from_utf8(output.stdout)?;
    let wanted = |name: &&str| ends.is_empty() || ends.iter().any(|end| name.ends_with(end));
    Ok(text.lines().filter(wanted).map(PathBuf::from).filter(|p| root().join(p).is_file()).collect())
}

fn read(file: &Path) -> Result<String> {
    let text = std::fs::read(root().join(file)).with_context(|| format!("reading {file:?}"))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn members() -> Result<Vec<Value>> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .context("asking cargo for the crates")?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    Ok(metadata["packages"].as_array().context("no packages in cargo metadata")?.clone())
}

/// Dependencies that point where they may not.
pub fn directions() -> Result<Vec<String>> {
    let allowed: BTreeMap<&str, &[&str]> = DIRECTIONS.iter().copied().collect();
    let mut wrong = Vec::new();
    for package in members()? {
        let name = package["name"].as_str().unwrap_or_default();
        if name == "amparo-tests" {
            continue;
        }
        let Some(may) = allowed.get(name) else {
            wrong.push(format!("{name}: no rule says what this crate may use"));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let used = dependency["name"].as_str().unwrap_or_default();
            if used.starts_with("amparo-") && used != name && !may.contains(&used) {
                wrong.push(format!("{name} uses {used}"));
            }
        }
    }
    Ok(wrong)
}

/// Modules that do not say at the top what they are for.
pub fn headings() -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    for file in files(&[".rs"])? {
        let text = read(&file)?;
        if !text.lines().find(|line| !line.trim().is_empty()).is_some_and(|line| line.starts_with("//! ")) {
            wrong.push(format!("{}: does not open with //!", file.display()));
        }
        if text.lines().next().is_some_and(|line| line.trim() == "//! Stub.") {
            wrong.push(format!("{}: is a stub", file.display()));
        }
    }
    Ok(wrong)
}

/// Files that are too long.
pub fn lengths() -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    for file in files(&[".rs", ".slint", ".html", ".css", ".sh", ".py"])? {
        let lines = read(&file)?.lines().count();
        if lines > LINES {
            wrong.push(format!("{}: {lines} lines", file.display()));
        }
    }
    Ok(wrong)
}

/// Code outside Rust's promises in places that may not have it, or without its reason.
pub fn unsafety() -> Result<Vec<String>> {
    let word = concat!("uns", "afe");
    let forbid = format!("#![forbid({word}_code)]");
    let deny = format!("#![deny({word}_code)]");
    let mut wrong = Vec::new();
    for file in files(&[".rs"])? {
        let text = read(&file)?;
        let name = file.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        let crate_folder = file.to_str().unwrap_or_default().split("/src/").next().unwrap_or_default().to_owned();
        let may = BACKEND_CRATES.contains(&crate_folder.as_str());

        if (name == "lib.rs" || name == "main.rs") && file.parent().is_some_and(|p| p.ends_with("src")) {
            let kept = text.contains(&forbid) || (may && text.contains(&deny));
            if !kept {
                wrong.push(format!("{}: no {forbid}", file.display()));
            }
        }
        let lines: Vec<&str> = text.lines().collect();
        for (n, line) in lines.iter().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            let opens = ["{", " fn ", " impl "].iter().any(|after| code.contains(&format!("{word} {}", after.trim())));
            if !opens {
                continue;
            }
            if !may || !BACKEND_FILES.contains(&name) {
                wrong.push(format!("{}:{}: {word} outside a backend file", file.display(), n + 1));
            }
            let above = &lines[n.saturating_sub(6)..=n];
            if !above.iter().any(|l| l.contains("SAFETY:")) {
                wrong.push(format!("{}:{}: {word} without a SAFETY note", file.display(), n + 1));
            }
        }
    }
    Ok(wrong)
}

/// Marks of unfinished work.
pub fn leftovers() -> Result<Vec<String>> {
    let marks = [
        concat!("to", "do!("),
        concat!("unimpl", "emented!("),
        concat!("FIX", "ME"),
        concat!("db", "g!("),
        concat!("XX", "X"),
    ];
    grep(&[".rs", ".slint", ".html", ".sh", ".py", ".js", ".toml"], &marks)
}

/// Paths and hosts of one machine.
pub fn machine_paths() -> Result<Vec<String>> {
    let marks = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/fa", "rm/")];
    Ok(grep(&[], &marks)?.into_iter().filter(|line| !line.starts_with("Cargo.lock")).collect())
}

/// Versions of dependencies outside the root manifest.
pub fn versions() -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    for file in files(&["/Cargo.toml"])? {
        if file.components().any(|c| c.as_os_str() == "fuzz") {
            continue;
        }
        let mut inside = false;
        for line in read(&file)?.lines() {
            if line.starts_with('[') {
                inside = line.contains("dependencies");
            } else if inside && line.contains('=') && !line.contains("workspace") && !line.trim_start().starts_with('#')
            {
                wrong.push(format!("{}: {line}", file.display()));
            }
        }
    }
    Ok(wrong)
}

/// Texts written into a window's page instead of the table of texts.
pub fn texts_in_pages() -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    for file in files(&[".slint"])? {
        for (n, line) in read(&file)?.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            for key in ["text: \"", "label: \"", "placeholder: \"", "title: \""] {
                let Some((_, rest)) = code.split_once(key) else { continue };
                let literal = rest.split('"').next().unwrap_or_default();
                // Words have two letters in a row; `\{…}` is a value that is put in.
                let plain = without_values(literal);
                let letters = plain.as_bytes().windows(2).any(|w| w.iter().all(u8::is_ascii_alphabetic));
                // The product's own name is the same in every language.
                if letters && plain.trim() != "Amparo" {
                    wrong.push(format!("{}:{}: {literal:?} is no row of the texts", file.display(), n + 1));
                }
            }
        }
    }
    Ok(wrong)
}

fn without_values(literal: &str) -> String {
    let mut plain = String::new();
    let mut rest = literal;
    while let Some((before, after)) = rest.split_once("\\{") {
        plain.push_str(before);
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    plain + rest
}

/// Where the README's map and the tree differ.
pub fn map() -> Result<Vec<String>> {
    let readme = read(Path::new("README.md"))?;
    let block =
        readme.split("## Map").nth(1).and_then(|rest| rest.split("```").nth(1)).context("no map in README.md")?;
    let mut listed = Vec::new();
    let mut parents: Vec<(usize, String)> = Vec::new();
    for line in block.lines().filter(|line| !line.trim().is_empty()) {
        let indent = line.len() - line.trim_start().len();
        let name = line.trim_start().split("  ").next().unwrap_or_default().trim();
        if name.is_empty() || !line.trim_start().contains("  ") {
            continue;
        }
        parents.retain(|(depth, _)| *depth < indent);
        let above: String = parents.iter().map(|(_, name)| name.as_str()).collect();
        for one in expand(name) {
            listed.push(format!("{above}{one}"));
        }
        if name.ends_with('/') {
            parents.push((indent, name.to_owned()));
        }
    }
    let mut wrong = Vec::new();
    for path in &listed {
        if !root().join(path).exists() {
            wrong.push(format!("README.md lists {path}, which is not there"));
        }
    }
    // Every crate, and every module of a crate's first level, is on the map, by itself or through its folder.
    let on_map = |path: &str| {
        let folder = path.strip_suffix(".rs").map(|p| format!("{p}/"));
        listed
            .iter()
            .any(|l| l == path || Some(l) == folder.as_ref() || l.strip_suffix('/') == path.strip_suffix(".rs"))
    };
    for manifest in files(&["/Cargo.toml"])? {
        let folder = manifest.parent().and_then(Path::to_str).unwrap_or_default();
        if folder.ends_with("fuzz") {
            continue;
        }
        if !on_map(&format!("{folder}/")) {
            wrong.push(format!("the crate {folder}/ is not on README.md's map"));
        }
        for entry in std::fs::read_dir(root().join(folder).join("src"))? {
            let name = entry?.file_name().into_string().unwrap_or_default();
            let path = format!("{folder}/src/{name}");
            if name.ends_with(".rs") && name != "lib.rs" && name != "main.rs" && !on_map(&path) {
                wrong.push(format!("{path} is not on README.md's map"));
            }
        }
    }
    Ok(wrong)
}

/// `src/{a,b}.rs` to `src/a.rs` and `src/b.rs`.
fn expand(name: &str) -> Vec<String> {
    match (name.find('{'), name.find('}')) {
        (Some(open), Some(close)) if open < close => name[open + 1..close]
            .split(',')
            .map(|one| format!("{}{one}{}", &name[..open], &name[close + 1..]))
            .collect(),
        _ => vec![name.to_owned()],
    }
}

/// Scripts that cannot be started.
pub fn scripts() -> Result<Vec<String>> {
    use std::os::unix::fs::PermissionsExt as _;
    let mut wrong = Vec::new();
    for file in files(&[])? {
        let text = read(&file)?;
        if !text.starts_with("#!") || text.starts_with("#![") {
            continue;
        }
        let mode = std::fs::metadata(root().join(&file))?.permissions().mode();
        if mode & 0o100 == 0 {
            wrong.push(format!("{}: a script without its run bit", file.display()));
        }
    }
    Ok(wrong)
}

/// Tests that SECURITY.md names and the tree does not have: a promise nobody checks.
pub fn promised_tests() -> Result<Vec<String>> {
    let text = read(Path::new("SECURITY.md"))?;
    // Between back ticks, in words joined as only names of tests are here.
    let named = text.split('`').skip(1).step_by(2).filter(|word| {
        word.matches('_').count() >= 4 && word.chars().all(|c| c == '_' || c.is_ascii_lowercase() || c.is_ascii_digit())
    });
    let code: Vec<String> = files(&[".rs"])?.iter().map(|file| read(file)).collect::<Result<_>>()?;
    let missing = |name: &&str| !code.iter().any(|text| text.contains(&format!("fn {name}(")));
    Ok(named.filter(missing).map(|name| format!("SECURITY.md names {name}, which is no test")).collect())
}

fn grep(ends: &[&str], marks: &[&str]) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for file in files(ends)? {
        // Pictures, fonts and corpora are no text to read.
        let bytes = std::fs::read(root().join(&file))?;
        if bytes.contains(&0) || file.components().any(|c| c.as_os_str() == "corpus") {
            continue;
        }
        for (n, line) in String::from_utf8_lossy(&bytes).lines().enumerate() {
            if let Some(mark) = marks.iter().find(|mark| line.contains(**mark)) {
                found.push(format!("{}:{}: {mark}", file.display(), n + 1));
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_on_the_map_stand_for_several_files() {
        assert_eq!(expand("src/{id,frame}.rs"), ["src/id.rs", "src/frame.rs"]);
        assert_eq!(expand("src/media/"), ["src/media/"]);
    }

    #[test]
    fn values_put_into_a_text_are_no_words() {
        assert_eq!(without_values(r"\{root.count} · \{name}"), " · ");
        assert_eq!(without_values("Ticket"), "Ticket");
    }
}
