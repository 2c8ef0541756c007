//! Whoever releases programs: a key of their own, templates of a version, and what a server gets of both.
//!
//! A next version is the program under test with another number at the mark where its file says which version it is; what runs then says so
//! itself.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::program::built;
use crate::world::Relay;

/// In front of the version in a program's file.
const MARK: &[u8] = b"AMPAROVERSION1\n";

/// A release key, and where templates are made.
pub struct Maker {
    folder: PathBuf,
    /// The key's public half, as programs are told it.
    pub public: String,
}

impl Maker {
    /// A new one, below `folder`.
    pub fn new(folder: &Path) -> Result<Self> {
        let folder = folder.join("maker");
        brand(&["release", "key", "--out", text(&folder)?])?;
        let public = std::fs::read_to_string(folder.join("release.pub"))?.trim().to_owned();
        Ok(Self { folder, public })
    }

    /// The key itself.
    pub fn key(&self) -> PathBuf {
        self.folder.join("release.key")
    }

    /// The program in this file, without what only debuggers look at, as this version.
    pub fn template(&self, program: &Path, version: &str) -> Result<PathBuf> {
        let name = program.file_name().context("a program has a name")?;
        let folder = self.folder.join(version);
        std::fs::create_dir_all(&folder)?;
        let made = folder.join(name);
        let strip = if name.to_string_lossy().ends_with(".exe") { "x86_64-w64-mingw32-strip" } else { "strip" };
        let ended = Command::new(strip).arg("-o").arg(&made).arg(program).status().context("starting strip")?;
        ensure!(ended.success(), "strip ended with {ended}");
        let mut bytes = std::fs::read(&made)?;
        ensure!(renumber(&mut bytes, version) == 1, "the program says its version at one mark");
        std::fs::write(&made, bytes)?;
        Ok(made)
    }

    /// Puts templates of one version where a server looks for them, released by this maker. `more`: what else `amparo-brand release new`
    /// is told.
    pub fn publish(&self, relay: &Relay, templates: &[PathBuf], more: &[&str]) -> Result<()> {
        let folder = relay.data.join("templates");
        std::fs::create_dir_all(&folder)?;
        let (key, release) = (self.key(), folder.join("release"));
        let mut args = vec!["release", "new", "--key", text(&key)?, "--out", text(&release)?];
        for template in templates {
            args.extend(["--program", text(template)?]);
        }
        args.extend(more);
        let told = brand(&args)?;
        let mut sums = String::new();
        for template in templates {
            let name = template.file_name().context("a template has a name")?.to_string_lossy().into_owned();
            std::fs::copy(template, folder.join(&name))?;
            let ended = Command::new("sha256sum").arg(template).output()?;
            let sum = String::from_utf8(ended.stdout)?;
            let sum = sum.split_whitespace().next().context("sha256sum says a sum")?;
            ensure!(told.contains(sum), "the release names another file: {told}");
            sums.push_str(&format!("{sum}  {name}\n"));
        }
        std::fs::write(folder.join("SHA256SUMS"), sums)?;
        Ok(())
    }
}

/// Writes another version at the marks of a program, and tells how many there are.
fn renumber(program: &mut [u8], version: &str) -> usize {
    let places: Vec<usize> = (0..program.len().saturating_sub(48))
        .filter(|at| program[*at..].starts_with(MARK) && program[*at + MARK.len()].is_ascii_digit())
        .collect();
    for place in &places {
        let text = &mut program[place + MARK.len()..place + 48];
        text.fill(0);
        text[..version.len()].copy_from_slice(version.as_bytes());
    }
    places.len()
}

/// Runs `amparo-brand` and gives what it printed.
pub fn brand(args: &[&str]) -> Result<String> {
    let ended = Command::new(built("amparo-brand")?).args(args).output()?;
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    ensure!(ended.status.success(), "amparo-brand {args:?} ended with {}: {said}", ended.status);
    Ok(String::from_utf8(ended.stdout)?)
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().context("a path is text")
}
