//! Numbered pictures of what people see, one folder a story.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::browser::Browser;
use crate::world::Computer;

/// Where the pictures go.
pub struct Shots {
    folder: PathBuf,
    next: Cell<u32>,
}

impl Shots {
    /// Into this folder, made when it is not there. Pictures of an earlier story in it are taken away.
    pub fn into(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder).with_context(|| format!("making {folder:?}"))?;
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
            let ours = name.len() > 7 && name.as_bytes()[..2].iter().all(u8::is_ascii_digit) && name.ends_with(".png");
            if ours {
                std::fs::remove_file(&path)?;
            }
        }
        Ok(Self { folder: folder.into(), next: Cell::new(1) })
    }

    /// Where they are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn file(&self, name: &str) -> PathBuf {
        let number = self.next.get();
        self.next.set(number + 1);
        self.folder.join(format!("{number:02}-{name}.png"))
    }

    /// A computer's whole screen, once it has stood still for a while: a page is told of before it is drawn, and a window manager takes its
    /// time with a window that comes back. What counts on (a clock, a breathing dot) is
    /// not waited for.
    pub fn screen(&self, computer: &Computer, what: &str) -> Result<()> {
        let mut before = computer.display.picture()?;
        for _ in 0..6 {
            std::thread::sleep(std::time::Duration::from_millis(400));
            let now = computer.display.picture()?;
            let still = now.differing(&before) < 200;
            before = now;
            if still {
                break;
            }
        }
        before.save(&self.file(&format!("{}-{what}", computer.name)))
    }

    /// A page of the console.
    pub fn console(&self, browser: &Browser, what: &str) -> Result<()> {
        browser.screenshot(&self.file(&format!("console-{what}")))
    }
}
