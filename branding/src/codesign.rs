//! The code signature, made after a program has its brand, by whatever program signs here: `osslsigncode` with a PKCS#12 file or a PKCS#11 token,
//! or any command, for signing services.
//!
//! Nothing that signs is believed: what it gives back must be the very program with its brand, and a signature over it that holds, by a
//! certificate that is good now. No shell is involved: a command is split at blanks, and `{in}` and `{out}` are put in afterwards. A password is
//! handed over as a file's name, never on the command line, and is taken out of what goes into a log.

mod running;
pub mod signature;

use std::{
    fmt, fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
    time::{Duration, SystemTime},
};

use bundle::carried::{self, MAX_PROGRAM_BYTES};

use crate::{
    attach::{self, AttachError, Brand},
    file,
};
pub use running::Patience;
use signature::{NotGood, SignatureError, SignedBy};

/// How long a signature may take, unless somebody says otherwise: services with a time stamp answer in seconds.
pub const USUAL_LIMIT: Duration = Duration::from_secs(120);
/// What signs with a certificate's file or a token.
const OSSLSIGNCODE: &str = "osslsigncode";

/// How a program is signed.
#[derive(Clone)]
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
    /// `osslsigncode` with a key that never leaves its token.
    Pkcs11 {
        /// The library of the token.
        module: PathBuf,
        /// The key on it, as a `pkcs11:` URI (RFC 7512).
        key: String,
        /// The certificate, with those between it and its root, PEM.
        certificate: PathBuf,
        /// Where the token's PIN is kept; `None`: it asks for none.
        password: Option<PathBuf>,
        /// An RFC 3161 service that states the time.
        timestamp: Option<String>,
    },
    /// A command with `{in}` and `{out}`.
    Command(Vec<String>),
}

// Commands may have more in them than a log is to know.
impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What signs, as its options name it. At most one of `pkcs12`, `pkcs11_module` and `command` is given.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// A PKCS#12 file.
    pub pkcs12: Option<PathBuf>,
    /// A PKCS#11 library.
    pub pkcs11_module: Option<PathBuf>,
    /// The key's URI on the token.
    pub pkcs11_key: Option<String>,
    /// The certificate of the token's key.
    pub certificate: Option<PathBuf>,
    /// The file with the password or PIN.
    pub password: Option<PathBuf>,
    /// A time-stamp service.
    pub timestamp: Option<String>,
    /// A command.
    pub command: Option<String>,
}

impl Options {
    /// Who signs; `None`: nobody.
    ///
    /// # Errors
    /// Says which options do not go together, or what is missing.
    pub fn signer(self) -> anyhow::Result<Option<Signer>> {
        let Self { pkcs12, pkcs11_module, pkcs11_key, certificate, password, timestamp, command } = self;
        Ok(Some(match (pkcs12, pkcs11_module, command) {
            (None, None, Some(line)) => Signer::command(&line)?,
            (Some(file), None, None) => Signer::Pkcs12 { file, password, timestamp },
            (None, Some(module), None) => {
                let (Some(key), Some(certificate)) = (pkcs11_key, certificate) else {
                    anyhow::bail!("a PKCS#11 module needs the URI of the key and the file of its certificate");
                };
                anyhow::ensure!(key.starts_with("pkcs11:"), "the key is not a pkcs11: URI");
                // Command lines are there for every user of a computer to see.
                anyhow::ensure!(
                    !key.to_ascii_lowercase().contains("pin-value"),
                    "the URI of the key has the PIN in it, where others can see it: put it into a file"
                );
                Signer::Pkcs11 { module, key, certificate, password, timestamp }
            }
            (None, None, None) => {
                let more = pkcs11_key.is_some() || certificate.is_some() || password.is_some() || timestamp.is_some();
                anyhow::ensure!(!more, "it is said how to sign, and not with what");
                return Ok(None);
            }
            _ => anyhow::bail!("more than one way to sign is given: choose one"),
        }))
    }
}

/// Why a program is not signed, as far as whoever wants it can do something about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsigned {
    /// What signs is not installed, or may not be started.
    NotStarted,
    /// The certificate, its key or the password cannot be read.
    Unreadable,
    /// What signs said no.
    Refused,
    /// What signs did not come to an end.
    Hung,
    /// What it gave back is not the program with a signature.
    NotTrue,
    /// The certificate is not good for this, or not any more.
    Certificate,
    /// Somebody has stopped it.
    Stopped,
}

/// A program was not signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The signer's program could not be started.
    #[error("starting {name}: is it installed?")]
    NotStarted {
        /// Its name.
        name: String,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// Something it needs cannot be read.
    #[error("reading {path:?} to sign with it")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// It ended badly.
    #[error("{name} did not sign ({status}): {said}")]
    Refused {
        /// Its name.
        name: String,
        /// How it ended.
        status: ExitStatus,
        /// The end of its words.
        said: String,
    },
    /// It did not end.
    #[error("{name} has not signed within {} s, and was ended", limit.as_secs())]
    Hung {
        /// Its name.
        name: String,
        /// How long it had.
        limit: Duration,
    },
    /// It left no file that could be a program.
    #[error("{name} says that it has signed, and left no program: {what}")]
    NoProgram {
        /// Its name.
        name: String,
        /// What is there instead.
        what: String,
    },
    /// It gave back something else.
    #[error("what {name} has signed is not the program that it was given")]
    OtherProgram {
        /// Its name.
        name: String,
        /// How that is known.
        #[source]
        source: AttachError,
    },
    /// There is no signature, or a wrong one.
    #[error("{name} says that it has signed, and has not")]
    NotSigned {
        /// Its name.
        name: String,
        /// What is wrong with it.
        #[source]
        source: SignatureError,
    },
    /// Windows would not take the certificate.
    #[error("the certificate {subject:?} signs no programs now")]
    Certificate {
        /// Whose it is.
        subject: String,
        /// Why.
        #[source]
        source: NotGood,
    },
    /// Somebody has stopped it.
    #[error("somebody has stopped it")]
    Stopped,
    /// This computer has no room for it.
    #[error("handing the program to what signs it")]
    Handing(#[source] io::Error),
}

impl SignError {
    /// The same in short.
    pub fn why(&self) -> Unsigned {
        match self {
            Self::NotStarted { .. } => Unsigned::NotStarted,
            Self::Unreadable { .. } => Unsigned::Unreadable,
            Self::Refused { .. } | Self::Handing(_) => Unsigned::Refused,
            Self::Hung { .. } => Unsigned::Hung,
            Self::NoProgram { .. } | Self::OtherProgram { .. } | Self::NotSigned { .. } => Unsigned::NotTrue,
            Self::Certificate { .. } => Unsigned::Certificate,
            Self::Stopped => Unsigned::Stopped,
        }
    }
}

impl Signer {
    /// The command in a line: words between blanks.
    pub fn command(line: &str) -> anyhow::Result<Self> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        anyhow::ensure!(!words.is_empty(), "the signing command is empty");
        for place in ["{in}", "{out}"] {
            anyhow::ensure!(words.iter().any(|word| word.contains(place)), "the signing command has no {place}");
        }
        Ok(Self::Command(words))
    }

    /// The name of the program that signs.
    pub fn name(&self) -> &str {
        match self {
            Self::Pkcs12 { .. } | Self::Pkcs11 { .. } => OSSLSIGNCODE,
            Self::Command(words) => words.first().map_or("", String::as_str),
        }
    }

    /// Says which signer this is: another one, or the same one with another certificate, has another. What a command signs with is not known.
    pub fn mark(&self) -> String {
        let mut all = Vec::new();
        let mut add = |what: &[u8]| {
            all.extend_from_slice(&(what.len() as u64).to_le_bytes());
            all.extend_from_slice(what);
        };
        let (files, words): (Vec<&Path>, Vec<&str>) = match self {
            Self::Pkcs12 { file, timestamp, .. } => (vec![file], vec!["12", timestamp.as_deref().unwrap_or_default()]),
            Self::Pkcs11 { module, key, certificate, timestamp, .. } => {
                add(module.as_os_str().as_encoded_bytes());
                (vec![certificate], vec!["11", key, timestamp.as_deref().unwrap_or_default()])
            }
            Self::Command(words) => (vec![], words.iter().map(String::as_str).collect()),
        };
        for word in words {
            add(word.as_bytes());
        }
        for path in files {
            add(path.as_os_str().as_encoded_bytes());
            add(&read(path).unwrap_or_default());
        }
        file::hex(&file::sha256(&all)[..6])
    }

    /// The signed program, and by whom; it is `brand`'s, and carries it as before.
    ///
    /// # Errors
    /// When it cannot be signed, or what comes back is not this program with a signature that holds now.
    pub fn sign(
        &self,
        program: &[u8],
        brand: &Brand<'_>,
        patience: &Patience<'_>,
    ) -> Result<(Vec<u8>, SignedBy), SignError> {
        let name = || self.name().to_owned();
        let mut signed = self.run(program, &brand.profile.title, patience)?;
        // Not part of what is signed, and left at zero by some signers.
        let other = |source| SignError::OtherProgram { name: name(), source };
        carried::set_checksum(&mut signed).map_err(|error| other(AttachError::ReadBack(error)))?;
        attach::expect(&signed, brand).map_err(other)?;
        let by = signature::of(&signed).map_err(|source| SignError::NotSigned { name: name(), source })?;
        let by = by.ok_or_else(|| SignError::NotSigned { name: name(), source: SignatureError::None })?;
        by.good_at(SystemTime::now())
            .map_err(|source| SignError::Certificate { subject: by.subject.clone(), source })?;
        Ok((signed, by))
    }

    /// What it makes of the program, whatever that is.
    fn run(&self, program: &[u8], title: &str, patience: &Patience<'_>) -> Result<Vec<u8>, SignError> {
        for path in self.files() {
            read(path).map_err(|source| SignError::Unreadable { path: path.to_owned(), source })?;
        }
        let folder = tempfile::tempdir().map_err(SignError::Handing)?;
        let (input, output) = (folder.path().join("in.exe"), folder.path().join("out.exe"));
        fs::write(&input, program).map_err(SignError::Handing)?;
        let (status, said) = running::run(self.prepared(&input, &output, title), self.name(), patience)?;
        let name = self.name().to_owned();
        if !status.success() {
            return Err(SignError::Refused { name, status, said: self.without_password(&said) });
        }
        whole(&output).map_err(|what| SignError::NoProgram { name, what })
    }

    /// Looks at what can be known before anything is signed: that its files can be read, and `osslsigncode` be started.
    ///
    /// # Errors
    /// Says what cannot.
    pub fn look(&self) -> Result<(), SignError> {
        for path in self.files() {
            read(path).map_err(|source| SignError::Unreadable { path: path.to_owned(), source })?;
        }
        // What another command does without a program is not known.
        if let Self::Pkcs12 { .. } | Self::Pkcs11 { .. } = self {
            let mut asked = Command::new(self.name());
            asked.arg("--version");
            running::run(asked, self.name(), &Patience::of(Duration::from_secs(10)))?;
        }
        Ok(())
    }

    /// Files that nobody but who signs may read.
    pub fn secrets(&self) -> Vec<&Path> {
        let mut files = self.files();
        if let Self::Pkcs11 { certificate, .. } = self {
            files.retain(|path| path != certificate);
        }
        files
    }

    /// What must be readable before anything is begun.
    fn files(&self) -> Vec<&Path> {
        match self {
            Self::Pkcs12 { file, password, .. } => [Some(file), password.as_ref()],
            Self::Pkcs11 { certificate, password, .. } => [Some(certificate), password.as_ref()],
            Self::Command(_) => [None, None],
        }
        .into_iter()
        .flatten()
        .map(PathBuf::as_path)
        .collect()
    }

    fn without_password(&self, said: &str) -> String {
        let (Self::Pkcs12 { password: Some(path), .. } | Self::Pkcs11 { password: Some(path), .. }) = self else {
            return said.to_owned();
        };
        let password = read(path).unwrap_or_default();
        match str::from_utf8(&password).map(str::trim_ascii) {
            Ok(password) if !password.is_empty() => said.replace(password, "…"),
            _ => said.to_owned(),
        }
    }

    fn prepared(&self, input: &Path, output: &Path, title: &str) -> Command {
        let mut command = Command::new(self.name());
        let (password, timestamp) = match self {
            Self::Pkcs12 { file, password, timestamp } => {
                command.arg("sign").arg("-pkcs12").arg(file);
                (password, timestamp)
            }
            Self::Pkcs11 { module, key, certificate, password, timestamp } => {
                command.arg("sign").arg("-pkcs11module").arg(module).arg("-certs").arg(certificate).args(["-key", key]);
                (password, timestamp)
            }
            Self::Command(words) => {
                let put = |word: &String| {
                    word.replace("{in}", &input.to_string_lossy()).replace("{out}", &output.to_string_lossy())
                };
                command.args(words.iter().skip(1).map(put));
                return command;
            }
        };
        command.args(["-h", "sha256", "-n", title]);
        if let Some(password) = password {
            command.arg("-readpass").arg(password);
        }
        if let Some(address) = timestamp {
            command.args(["-ts", address]);
        }
        command.arg("-in").arg(input).arg("-out").arg(output);
        command
    }
}

/// A certificate's or a password's file: none of them is large, and none is a pipe.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    const MOST: u64 = 1024 * 1024;
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file"));
    }
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(MOST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What lies there, if it may be a program: nothing that waits for somebody, leads elsewhere or has no end.
fn whole(path: &Path) -> Result<Vec<u8>, String> {
    let meta = fs::symlink_metadata(path).map_err(|error| error.to_string())?;
    if !meta.is_file() {
        return Err("no plain file".to_owned());
    }
    if meta.len() > MAX_PROGRAM_BYTES as u64 {
        return Err(format!("{} bytes", meta.len()));
    }
    fs::read(path).map_err(|error| error.to_string())
}
