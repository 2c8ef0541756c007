//! A real Chromium, driven through chromedriver, for the console's pages.
//!
//! Every call waits for its end; the runtime that fantoccini needs is inside.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::program::Program;
use crate::wait;

/// Fetching some sixty megabytes from the same computer while it is busy.
const DOWNLOAD: Duration = Duration::from_secs(120);

/// A browser window. Dropping it closes it.
pub struct Browser {
    runtime: Runtime,
    client: Option<Client>,
    /// Where chromedriver listens.
    port: u16,
    /// Where it puts what is downloaded.
    downloads: PathBuf,
    // Ended after the client said good-bye, so that no Chromium stays behind.
    _driver: Program,
}

impl Browser {
    /// Opens a window of this size. `folder` gets its profile and log.
    pub fn open(folder: &Path, width: u32, height: u32) -> Result<Self> {
        Self::open_with(folder, width, height, false)
    }

    /// The same for somebody who likes it dark.
    pub fn open_with(folder: &Path, width: u32, height: u32, dark: bool) -> Result<Self> {
        Self::launch(folder, (width, height), dark, "pt-BR")
    }

    /// The same for somebody whose browser asks for pages in this language.
    pub fn open_in(folder: &Path, width: u32, height: u32, language: &str) -> Result<Self> {
        Self::launch(folder, (width, height), false, language)
    }

    fn launch(folder: &Path, (width, height): (u32, u32), dark: bool, language: &str) -> Result<Self> {
        let log = folder.join("chromedriver.log");
        let before = std::fs::read_to_string(&log).unwrap_or_default().len();
        let mut driver = Program::start("chromedriver", Command::new("chromedriver").arg("--port=0"), &log)?;
        let port: u16 = wait::until("chromedriver's port", wait::PATIENCE, || {
            let log = driver.log()?;
            if !driver.running() {
                bail!("chromedriver ended: {log}");
            }
            let line = log.get(before..).unwrap_or_default();
            let Some((_, rest)) = line.split_once("started successfully on port ") else { return Ok(None) };
            Ok(rest.split(|c: char| !c.is_ascii_digit()).next().and_then(|n| n.parse().ok()))
        })?;

        let downloads = folder.join("downloads");
        let profile = tempfile::Builder::new().prefix("chromium-").tempdir_in(folder)?.keep();
        let capabilities = json!({
            // The relay's certificate is its own; programs pin it, a browser on the same machine is told to go on. So is a provider's.
            "acceptInsecureCerts": true,
            "goog:chromeOptions": { "args": [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic",
                "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
                format!("--lang={language}"), format!("--accept-lang={language}"), "--hide-scrollbars",
                format!("--blink-settings=preferredColorScheme={}", if dark { 0 } else { 1 }),
                format!("--window-size={width},{height}"), format!("--user-data-dir={}", profile.display()),
            ], "prefs": {
                // Who looks what a page has copied is not asked whether they may.
                "profile.default_content_setting_values.clipboard": 1,
                // Nor is whoever downloads a second time.
                "profile.default_content_setting_values.automatic_downloads": 1,
                "download.default_directory": downloads,
                "download.prompt_for_download": false,
            } },
        });
        let Value::Object(capabilities) = capabilities else { bail!("capabilities are an object") };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let client = runtime.block_on(async {
            ClientBuilder::new(HttpConnector::new())
                .capabilities(capabilities)
                .connect(&format!("http://127.0.0.1:{port}"))
                .await
        })?;
        let browser = Self { runtime, client: Some(client), port, downloads, _driver: driver };
        browser.resize(width, height)?;
        Ok(browser)
    }

    fn client(&self) -> Result<&Client> {
        self.client.as_ref().context("the browser is closed")
    }

    /// What comes of asking chromedriver.
    pub(crate) fn ask<'a, T, F: Future<Output = T>>(&'a self, question: impl FnOnce(&'a Client) -> F) -> Result<T> {
        Ok(self.runtime.block_on(question(self.client()?)))
    }

    /// Goes to an address.
    pub fn goto(&self, url: &str) -> Result<()> {
        self.runtime.block_on(self.client()?.goto(url)).with_context(|| format!("opening {url}"))
    }

    /// Goes back one page.
    pub fn back(&self) -> Result<()> {
        Ok(self.runtime.block_on(self.client()?.back())?)
    }

    /// Where it is now.
    pub fn url(&self) -> Result<String> {
        Ok(self.runtime.block_on(self.client()?.current_url())?.into())
    }

    /// The text a person sees on the page.
    pub fn text(&self) -> Result<String> {
        let body = self.find("body")?;
        Ok(self.runtime.block_on(body.text())?)
    }

    /// Waits until the page shows this text.
    pub fn wait_text(&self, text: &str) -> Result<()> {
        let mut seen = String::new();
        wait::until_true(&format!("{text:?} on the console's page"), wait::PATIENCE, || {
            seen = self.text()?;
            Ok(seen.contains(text))
        })
        .with_context(|| format!("the page shows:\n{seen}"))
    }

    /// Waits for the first thing that a CSS selector finds.
    pub fn find(&self, css: &str) -> Result<Element> {
        let client = self.client()?;
        self.runtime
            .block_on(
                client.wait().at_most(wait::PATIENCE).every(Duration::from_millis(30)).for_element(Locator::Css(css)),
            )
            .with_context(|| format!("finding {css} on the page"))
    }

    /// Whether a CSS selector finds something now.
    pub fn has(&self, css: &str) -> Result<bool> {
        Ok(!self.runtime.block_on(self.client()?.find_all(Locator::Css(css)))?.is_empty())
    }

    /// The texts of everything that a CSS selector finds now.
    pub fn texts(&self, css: &str) -> Result<Vec<String>> {
        let client = self.client()?;
        self.runtime.block_on(async {
            let mut texts = Vec::new();
            for element in client.find_all(Locator::Css(css)).await? {
                texts.push(element.text().await?);
            }
            Ok(texts)
        })
    }

    /// Types into a field, after emptying it.
    pub fn fill(&self, css: &str, text: &str) -> Result<()> {
        let field = self.find(css)?;
        self.runtime.block_on(async {
            field.clear().await?;
            field.send_keys(text).await
        })?;
        Ok(())
    }

    /// Clicks the first thing that a CSS selector finds.
    pub fn click(&self, css: &str) -> Result<()> {
        wait::until(&format!("{css} to be clicked"), wait::PATIENCE, || {
            let element = self.find(css)?;
            match self.runtime.block_on(element.click()) {
                Ok(()) => Ok(Some(())),
                // The page it was found on went meanwhile, and nothing was clicked.
                Err(error) if error.is_stale_element_reference() => Ok(None),
                Err(error) => Err(error).with_context(|| format!("clicking {css}")),
            }
        })
    }

    /// Clicks the button or link with this visible text.
    pub fn press(&self, text: &str) -> Result<()> {
        let xpath = format!("//*[self::button or self::a or self::summary][normalize-space()={text:?}]");
        let client = self.client()?;
        let found = self.runtime.block_on(client.wait().at_most(wait::PATIENCE).for_element(Locator::XPath(&xpath)));
        let element = found.with_context(|| format!("finding {text:?} on the page"))?;
        self.runtime.block_on(element.click()).with_context(|| format!("pressing {text:?}"))
    }

    /// Waits until a file whose name this is said of has been downloaded whole.
    pub fn downloaded(&self, what: &str, is_it: impl Fn(&str) -> bool) -> Result<PathBuf> {
        let mut seen = Vec::new();
        wait::until(&format!("{what} to be downloaded"), DOWNLOAD, || {
            let Ok(files) = std::fs::read_dir(&self.downloads) else { return Ok(None) };
            seen = files.flatten().map(|file| file.file_name().to_string_lossy().into_owned()).collect();
            // What has not come whole has another name beside it, or none of its own yet.
            let whole = seen.iter().find(|name| is_it(name) && !name.ends_with(".crdownload"));
            let comes = seen.iter().any(|name| name.ends_with(".crdownload") || name.starts_with(".com.google.Chrome"));
            Ok(whole.filter(|_| !comes).map(|name| self.downloads.join(name)))
        })
        .with_context(|| format!("there are: {seen:?}"))
    }

    /// Runs a script in the page.
    pub fn execute(&self, script: &str) -> Result<Value> {
        Ok(self.runtime.block_on(self.client()?.execute(script, Vec::new()))?)
    }

    /// Loses every cookie of the page's server, as after a login that ran out.
    pub fn forget_cookies(&self) -> Result<()> {
        Ok(self.runtime.block_on(self.client()?.delete_all_cookies())?)
    }

    /// Gives the browser a device that holds passkeys, whose user is there and is verified without being asked.
    pub fn add_authenticator(&self) -> Result<()> {
        let session = self.runtime.block_on(self.client()?.session_id())?.context("no session of chromedriver")?;
        let device = json!({
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": true, "hasUserVerification": true,
            "isUserConsenting": true, "isUserVerified": true,
        })
        .to_string();
        // By hand: the client has no such command.
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(wait::PATIENCE))?;
        write!(
            stream,
            "POST /session/{session}/webauthn/authenticator HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{device}",
            self.port,
            device.len()
        )?;
        let mut status = String::new();
        BufReader::new(stream).read_line(&mut status)?;
        ensure!(status.starts_with("HTTP/1.1 200"), "no authenticator: {status}");
        Ok(())
    }

    /// Gives the page this much room: the window is larger by the browser's own bars.
    pub fn resize(&self, width: u32, height: u32) -> Result<()> {
        let bars = self.execute("return window.outerHeight - window.innerHeight")?.as_u64().unwrap_or(0);
        let height = height + u32::try_from(bars)?;
        Ok(self.runtime.block_on(self.client()?.set_window_size(width, height))?)
    }

    /// Writes what the window shows as PNG.
    pub fn screenshot(&self, file: &Path) -> Result<()> {
        let png = self.runtime.block_on(self.client()?.screenshot())?;
        std::fs::write(file, png).with_context(|| format!("writing {file:?}"))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            // Chromium is chromedriver's child: it ends with the session, or with the profile folder's user.
            let _gone_already = self.runtime.block_on(client.close());
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_page_is_filled_in_and_answers() {
        let folder = tempfile::tempdir().unwrap();
        let browser = Browser::open(folder.path(), 800, 600).unwrap();
        let page = "data:text/html,<body><input name=who><button onclick=\"document.title='x';\
                    document.body.append('Ola '+document.querySelector('input').value)\">Entrar</button>";
        browser.goto(page).unwrap();
        browser.fill("[name=who]", "Cida").unwrap();
        browser.press("Entrar").unwrap();
        browser.wait_text("Ola Cida").unwrap();
        let shot = folder.path().join("shot.png");
        browser.screenshot(&shot).unwrap();
        assert!(std::fs::metadata(&shot).unwrap().len() > 1000);
    }
}
