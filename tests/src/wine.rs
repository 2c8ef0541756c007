//! A computer with Windows, as far as Wine is one: a prefix of its own, a desktop that fills the display, and programs started on it.
//!
//! Wine's desktop has a refresh rate and can be copied from by GDI, which single windows on an X display have not and cannot. What it lacks of
//! Windows 10 that our program needs is one library, which lies beside the program; see `tests/windows/`. New windows come above those that
//! are to be above all, whatever these do: where the session bar is, is looked at on Linux.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::display::Display;
use crate::program::Program;

/// One prefix, and the server that runs what is started in it.
pub struct Machine {
    prefix: PathBuf,
    /// Where the programs' automation answers.
    pub automation: SocketAddr,
}

impl Machine {
    /// A new one, below `folder`, with a picture of this size on its desktop; takes some seconds.
    pub fn new(folder: &Path, size: (u16, u16)) -> Result<Self> {
        let automation = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let machine = Self { prefix: folder.join("wine"), automation };
        let log = std::fs::File::create(folder.join("wineboot.log"))?;
        let ended = machine
            .command("wine")
            .args(["wineboot", "-i"])
            .env_remove("DISPLAY")
            .stdout(log.try_clone()?)
            .stderr(log)
            .status()
            .context("starting wine: is it installed?")?;
        ensure!(ended.success(), "wineboot ended with {ended}");
        let picture = folder.join("background.bmp");
        std::fs::write(&picture, background(size))?;
        let ended = machine
            .command("wine")
            .args([
                "reg",
                "add",
                "HKCU\\Control Panel\\Desktop",
                "/f",
                "/v",
                "Wallpaper",
                "/d",
                &windows_path(&picture),
            ])
            .env_remove("DISPLAY")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        ensure!(ended.success(), "reg ended with {ended}");
        // What it started has to be done before a program comes: it writes the registry at its end.
        machine.command("wineserver").arg("-w").status()?;
        Ok(machine)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env("WINEPREFIX", &self.prefix)
            .env("WINEDEBUG", std::env::var("AMPARO_WINEDEBUG").unwrap_or_else(|_| "-all".into()))
            // Neither .NET nor a browser is asked for.
            .env("WINEDLLOVERRIDES", "mscoree,mshtml=")
            .env_remove("WAYLAND_DISPLAY")
            .stdin(Stdio::null());
        command
    }

    /// Starts a program of this computer on its desktop, which fills the display, with these arguments and variables.
    pub fn start(
        &self,
        name: &str,
        file: &Path,
        (args, around): (&[String], &[(&str, &str)]),
        display: &Display,
        log: &Path,
    ) -> Result<Program> {
        let (width, height) = display.size()?;
        let mut command = self.command("wine");
        command
            .args(["explorer", &format!("/desktop=amparo,{width}x{height}"), &windows_path(file)])
            .args(args)
            .envs(around.iter().copied())
            .env("DISPLAY", display.name())
            .env("AMPARO_AUTOMATION", self.automation.to_string())
            .env("SLINT_SCALE_FACTOR", "1");
        Program::start(name, &mut command, log)
    }

    /// The text that this key of the registry has as its own.
    pub fn registered(&self, key: &str) -> Result<String> {
        let output = self.command("wine").args(["reg", "query", key, "/ve"]).output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let value = text.split("REG_SZ").nth(1).with_context(|| format!("{key} is not in the registry: {text}"))?;
        Ok(value.trim().to_owned())
    }

    /// Starts another program on the desktop that is there.
    pub fn start_beside(&self, program: &str, args: &[&str], display: &Display) -> Result<()> {
        let (width, height) = display.size()?;
        let mut command = self.command("wine");
        command.args(["explorer", &format!("/desktop=amparo,{width}x{height}"), program]).args(args);
        // Its own end is of no interest: the server ends it with all others.
        command.env("DISPLAY", display.name()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        Ok(())
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // What is started through Wine is no child of ours: its server ends it all.
        for argument in ["-k", "-w"] {
            let _ended_already = self.command("wineserver").arg(argument).stderr(Stdio::null()).status();
        }
    }
}

/// A picture as Windows keeps it, no two parts of which are alike: something to look at, and something a wrong picture shows on.
fn background((width, height): (u16, u16)) -> Vec<u8> {
    let (width, height) = (u32::from(width), u32::from(height));
    // Rows are padded to four bytes.
    let row = (width * 3).next_multiple_of(4);
    let mut bytes = b"BM".to_vec();
    for field in [54 + row * height, 0, 54, 40, width, height, 1 | 24 << 16, 0, row * height, 2835, 2835, 0, 0] {
        bytes.extend_from_slice(&field.to_le_bytes());
    }
    for y in 0..height {
        for x in 0..width {
            // Blue, green, red: two tones of blue-green.
            bytes.extend([0x3c + (x + y) / 20, 0x34 + y / 12, 0x1c + x / 24].map(|tone| tone.min(255) as u8));
        }
        bytes.resize(54 + (row * (y + 1)) as usize, 0);
    }
    bytes
}

/// How programs in Wine call a file of this computer.
pub fn windows_path(file: &Path) -> String {
    format!("Z:{}", file.display().to_string().replace('/', "\\"))
}

/// The folder with what the stage `windows` of `tests/run` has built: `AMPARO_WINDOWS`.
pub fn built(name: &str) -> Result<PathBuf> {
    let folder =
        std::env::var_os("AMPARO_WINDOWS").context("AMPARO_WINDOWS names no folder: call tests/run windows")?;
    let file = PathBuf::from(folder).join(name);
    ensure!(file.is_file(), "there is no {}: call tests/run windows", file.display());
    Ok(file)
}
