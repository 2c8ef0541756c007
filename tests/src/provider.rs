//! The company's own provider (OpenID Connect) in a process of its own, and what a person does at its page in a real browser.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::browser::Browser;
use crate::program::{Program, built};
use crate::wait;

/// A provider, on an address of this machine, with a certificate of its own.
pub struct Provider {
    program: Program,
    /// What the console's page about it asks for.
    pub issuer: String,
    /// Likewise.
    pub client: String,
    /// Likewise.
    pub secret: String,
    /// Its certificate, in PEM.
    pub authority: String,
}

/// What somebody answers at its page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// They go on.
    Yes,
    /// They do not.
    No,
    /// They go on, and the provider has nothing more to say of it.
    YesAndFail,
}

impl Provider {
    /// Starts one. `folder` gets its log.
    pub fn start(folder: &Path) -> Result<Self> {
        let log = folder.join("provider.log");
        let mut program = Program::start("the provider", &mut Command::new(built("examples/provider")?), &log)?;
        program.wait_new_log("END CERTIFICATE", wait::PATIENCE)?;
        let said = program.new_log()?;
        let line = |what: &str| {
            let line = said.lines().find_map(|line| line.strip_prefix(what)).context("a line of the provider's")?;
            Ok::<_, anyhow::Error>(line.trim().to_owned())
        };
        let (issuer, client, secret) = (line("issuer ")?, line("client ")?, line("secret ")?);
        let authority = said.find("-----BEGIN").and_then(|from| said.get(from..)).context("a certificate")?.to_owned();
        Ok(Self { program, issuer, client, secret, authority })
    }

    /// Is gone, and with it everything it knew.
    pub fn goes(mut self) -> Result<()> {
        self.program.kill()
    }
}

/// Says at the provider's page who one is, in a browser that was sent there.
pub fn answer(browser: &Browser, who: &str, answer: Answer) -> Result<()> {
    browser.fill("#who", who)?;
    browser.click(match answer {
        Answer::Yes => "#yes",
        Answer::No => "#no",
        Answer::YesAndFail => "#yes-and-fail",
    })
}
