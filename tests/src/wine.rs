//! A computer with Windows, as far as Wine is one: a prefix of its own, a desktop that fills the display, and programs started on it.
//!
//! Wine's desktop has a refresh rate and can be copied from by GDI, which single windows on an X display have not and cannot. What it lacks of
//! Windows 10 that our program needs is one library, which lies beside the program; see `tests/windows/`.

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
    /// A new one, below `folder`; takes some seconds.
    pub fn new(folder: &Path) -> Result<Self> {
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

    /// Starts a program of this computer on its desktop, which fills the display.
    pub fn start(&self, name: &str, file: &Path, args: &[String], display: &Display, log: &Path) -> Result<Program> {
        let (width, height) = display.size()?;
        let mut command = self.command("wine");
        command
            .args(["explorer", &format!("/desktop=amparo,{width}x{height}"), &windows_path(file)])
            .args(args)
            .env("DISPLAY", display.name())
            .env("AMPARO_AUTOMATION", self.automation.to_string())
            .env("SLINT_SCALE_FACTOR", "1");
        Program::start(name, &mut command, log)
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
