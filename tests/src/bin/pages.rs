//! A picture of every page of the console for somebody to look at: each language, light and dark, at a desk and on a phone.
//!
//! Called by `tests/pages`, which builds everything first. Which pages there are is in [`harness::pages`]. Checks nothing but that each
//! page is there, and tells of pages that are too wide: what must hold is in the tests.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Parser;
use harness::browser::Browser;
use harness::pages::{Company, Form, Screen, Shown};

/// Takes a picture of every page of the console.
#[derive(Parser)]
struct Options {
    /// Where the pictures go: `FOLDER/pt-BR-light-desk/app-hours.png`.
    #[arg(default_value = "amparo-pages")]
    folder: PathBuf,
    /// Only pages whose name holds this.
    #[arg(long, default_value = "")]
    only: String,
    /// Only pages of these names.
    #[arg(long, value_delimiter = ',')]
    exactly: Vec<String>,
    /// Only these languages.
    #[arg(long, value_delimiter = ',', default_value = "pt-BR,en,es")]
    languages: Vec<String>,
    /// Only at a desk and in the light.
    #[arg(long)]
    short: bool,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let mut forms = Vec::new();
    for language in &options.languages {
        for dark in [false, true] {
            forms.extend(Screen::ALL.map(|screen| Form::new(language, dark, screen)));
        }
    }
    if options.short {
        forms.retain(|form| !form.dark && form.screen == Screen::Desk);
    }
    let mut look = |page: &Shown| -> Result<()> {
        let named = options.exactly.is_empty() || options.exactly.iter().any(|name| *name == page.name);
        if !named || !page.name.contains(&options.only) {
            return Ok(());
        }
        let folder = options.folder.join(page.form.name());
        std::fs::create_dir_all(&folder)?;
        picture(page.browser, &folder.join(format!("{}.png", page.name)))
    };
    let company = Company::open(&forms, &mut look)?;
    company.walk(&forms, &mut look)?;
    company.finish(&mut look)?;
    println!("pictures: {}", options.folder.canonicalize()?.display());
    Ok(())
}

/// The whole page, as high as it is.
fn picture(browser: &Browser, file: &Path) -> Result<()> {
    let size = browser.execute("return [window.innerWidth, Math.max(document.documentElement.scrollHeight, 700)]")?;
    let side = |n: usize| size[n].as_u64().and_then(|v| u32::try_from(v).ok()).context("the page's size");
    browser.resize(side(0)?, side(1)?.min(2_600))?;
    let wider = browser.execute("return document.documentElement.scrollWidth - window.innerWidth")?;
    if wider.as_i64() > Some(0) {
        println!("{}: {wider} px too wide", file.display());
    }
    browser.screenshot(file)
}
