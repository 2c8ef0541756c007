//! The code signature, made after a program has its brand, by whatever program signs here: `osslsigncode` with a PKCS#12 file, or any command,
//! for PKCS#11 tokens and signing services.
//!
//! No shell is involved: a command is split at blanks, and `{in}` and `{out}` are put in afterwards. A password is handed over as a file's
//! name, never on the command line.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, bail, ensure};

/// How a program is signed.
#[derive(Debug, Clone)]
pub enum Signer {
    /// `osslsigncode` with a certificate and its key in one file.
    Pkcs12 {
        /// The file.
        file: PathBuf,
        /// Where its password is kept; `None`: it has none.
        password: Option<PathBuf>,
        /// An RFC 3161 service that states the time.
        timestamp: Option<String>,
    },
    /// A command with `{in}` and `{out}`.
    Command(Vec<String>),
}

impl Signer {
    /// The command in a line: words between blanks.
    pub fn command(line: &str) -> anyhow::Result<Self> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        ensure!(!words.is_empty(), "the signing command is empty");
        for place in ["{in}", "{out}"] {
            ensure!(words.iter().any(|word| word.contains(place)), "the signing command {line:?} has no {place}");
        }
        Ok(Self::Command(words))
    }

    /// The signed program. `title` is what Windows shows when it asks whether to run it.
    pub fn sign(&self, program: &[u8], title: &str) -> anyhow::Result<Vec<u8>> {
        let folder = tempfile::tempdir().context("making a folder for signing")?;
        let (input, output) = (folder.path().join("in.exe"), folder.path().join("out.exe"));
        fs::write(&input, program).context("writing the program to be signed")?;
        let mut command = self.prepared(&input, &output, title);
        let name = command.get_program().to_string_lossy().into_owned();
        let ended =
            command.stdin(Stdio::null()).output().with_context(|| format!("starting {name}: is it installed?"))?;
        if !ended.status.success() {
            let said = [ended.stdout, ended.stderr].concat();
            bail!("{name} did not sign ({}): {}", ended.status, String::from_utf8_lossy(&said).trim());
        }
        fs::read(&output).with_context(|| format!("reading what {name} has signed"))
    }

    fn prepared(&self, input: &Path, output: &Path, title: &str) -> Command {
        match self {
            Self::Pkcs12 { file, password, timestamp } => {
                let mut command = Command::new("osslsigncode");
                command.arg("sign").arg("-pkcs12").arg(file).args(["-h", "sha256", "-n", title]);
                if let Some(password) = password {
                    command.arg("-readpass").arg(password);
                }
                if let Some(address) = timestamp {
                    command.args(["-ts", address]);
                }
                command.arg("-in").arg(input).arg("-out").arg(output);
                command
            }
            Self::Command(words) => {
                let put = |word: &String| {
                    word.replace("{in}", &input.to_string_lossy()).replace("{out}", &output.to_string_lossy())
                };
                let mut words = words.iter().map(put);
                let mut command = Command::new(words.next().unwrap_or_default());
                command.args(words);
                command
            }
        }
    }
}
