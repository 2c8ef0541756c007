//! Makes a branded program out of a template: in seconds, without a compiler, and read back before anybody gets it.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};
use bundle::{Load, Logo, Profile, SigningKey, System, Version, carried};

use crate::{
    artwork::Picture,
    attach::{self, Brand},
    codesign::{
        Patience, Signer, USUAL_LIMIT,
        signature::{self, SignedBy},
    },
    file, profile,
};

/// The name of the profile beside a program that carries only its key.
pub const BESIDE: &str = "amparo.profile";

/// What is made, of what.
#[derive(Debug)]
pub struct Order<'a> {
    /// The program without a brand.
    pub template: &'a Path,
    /// What the template's SHA-256 must be, where it is known.
    pub template_sha256: Option<[u8; 32]>,
    /// The signed profile.
    pub profile: &'a Path,
    /// The key that signed it.
    pub key: &'a Path,
    /// The icon's picture; the profile's logo if `None`.
    pub picture: Option<&'a Path>,
    /// The program carries the key alone, and the profile lies beside it.
    pub sidecar: bool,
    /// Who signs the code.
    pub signer: Option<Signer>,
    /// Where the program goes.
    pub out: &'a Path,
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The program, and the profile beside it.
    pub files: Vec<PathBuf>,
    /// For which system.
    pub system: System,
    /// The template's hash.
    pub template_sha256: [u8; 32],
    /// The program's.
    pub program_sha256: [u8; 32],
    /// The program's length.
    pub program_bytes: usize,
    /// Whose code signature it has.
    pub signed_by: Option<SignedBy>,
}

/// Makes it. Nothing is at `out` before all of it is right.
pub fn build(order: Order<'_>) -> anyhow::Result<Made> {
    let template = file::read(order.template)?;
    let template_sha256 = file::sha256(&template);
    if let Some(wanted) = order.template_sha256 {
        ensure!(
            template_sha256 == wanted,
            "{} is not the template that is meant: its SHA-256 is {}, not {}",
            order.template.display(),
            file::hex(&template_sha256),
            file::hex(&wanted)
        );
    }
    let key = file::signing_key(order.key)?;
    let signed = file::read(order.profile)?;
    let (profile, _) = profile::verify(order.profile, Some(key.id().public_key()))
        .with_context(|| format!("{} is not signed by {}", order.profile.display(), order.key.display()))?;
    let picture = match order.picture {
        Some(path) => {
            Picture::read(&file::read(path)?).with_context(|| format!("using the picture {}", path.display()))?
        }
        None => picture_of(&profile)?,
    };
    let load = if order.sidecar { Load::Pin(key.id()) } else { Load::Profile(&signed) };
    let brand = Brand { profile: &profile, load, key: &key, picture: &picture, version: version(&template)? };
    let mut program =
        attach::attach(&template, &brand).with_context(|| format!("giving {} its brand", order.template.display()))?;
    let system = attach::system(&program)?;
    let mut signed_by = None;
    if let Some(signer) = &order.signer {
        ensure!(system == System::Windows, "only programs for Windows are code-signed; publish the hash of this one");
        let (bytes, by) = signer.sign(&program, &brand, &Patience::of(USUAL_LIMIT))?;
        (program, signed_by) = (bytes, Some(by));
    }
    let mut files = vec![order.out.to_owned()];
    if order.sidecar {
        let beside = order.out.with_file_name(BESIDE);
        file::replace(&beside, &signed)?;
        files.push(beside);
    }
    file::replace_program(order.out, &program)?;
    Ok(Made {
        files,
        system,
        template_sha256,
        program_sha256: file::sha256(&program),
        program_bytes: program.len(),
        signed_by,
    })
}

/// What the making of a program in memory goes on to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It is read back.
    Checking,
    /// Its code is signed, and that is read back.
    Signing,
}

/// A program that was made in memory.
#[derive(Debug)]
pub struct InMemory {
    /// All of it.
    pub program: Vec<u8>,
    /// Whose code signature it has, and the hash that it had before.
    pub signed: Option<(SignedBy, [u8; 32])>,
}

/// The program with this profile in it, made in memory: what a server does for each app. The icon is the profile's logo. `goes_on` is called
/// before each step; what it refuses is not made. With a signer, the code is signed by it.
pub fn program(
    template: &[u8],
    signed: &[u8],
    key: &SigningKey,
    signer: Option<(&Signer, &Patience<'_>)>,
    goes_on: impl Fn(Step) -> anyhow::Result<()>,
) -> anyhow::Result<InMemory> {
    let (profile, _) = bundle::open(signed, Some(key.id().public_key())).context("reading the signed profile")?;
    let picture = picture_of(&profile)?;
    let brand =
        Brand { profile: &profile, load: Load::Profile(signed), key, picture: &picture, version: version(template)? };
    let program = attach::unchecked(template, &brand).context("giving the template its brand")?;
    // Also before it is signed: what is wrong already is not the signer's, whose work is read back by itself.
    goes_on(Step::Checking)?;
    attach::expect(&program, &brand).context("reading the program back")?;
    let Some((signer, patience)) = signer else { return Ok(InMemory { program, signed: None }) };
    goes_on(Step::Signing)?;
    let before = file::sha256(&program);
    let (program, by) = signer.sign(&program, &brand, patience)?;
    Ok(InMemory { program, signed: Some((by, before)) })
}

fn picture_of(profile: &Profile) -> anyhow::Result<Picture> {
    Ok(match &profile.logo {
        Some(png) => Picture::from(&Logo::from_png(png).context("using the profile's logo")?),
        None => Picture::from(&Logo::mark(profile.accent)),
    })
}

/// What a program carries, once everything about it holds. With `trusted`, only that key will do.
pub fn verify(path: &Path, trusted: Option<&[u8; 32]>) -> anyhow::Result<String> {
    let program = file::read(path)?;
    let carried = carried::carried(&program).with_context(|| format!("verifying {}", path.display()))?;
    let Some(carried) = carried else { bail!("{} carries no brand", path.display()) };
    let key = match &carried {
        bundle::Carried::Profile(_, key) | bundle::Carried::Pin(key) => *key,
    };
    if trusted.is_some_and(|trusted| trusted != key.public_key()) {
        bail!("{} is sealed by {key}, which is not the key to trust", path.display());
    }
    let mut text = match &carried {
        bundle::Carried::Profile(profile, key) => profile::summary(profile, *key),
        bundle::Carried::Pin(_) => {
            let beside = path.with_file_name(BESIDE);
            let (profile, key) = profile::verify(&beside, Some(key.public_key()))?;
            profile::summary(&profile, key)
        }
    };
    // Writing to a String cannot fail.
    if let Some(by) = signature::of(&program).with_context(|| format!("verifying {}", path.display()))? {
        let _ = writeln!(text, "signed     by {}", by.subject);
    }
    let _ = writeln!(text, "program    {} bytes, SHA-256 {}", program.len(), file::hex(&file::sha256(&program)));
    Ok(text)
}

impl Made {
    /// A line each, as the log of builds has them.
    pub fn summary(&self) -> String {
        let mut text = String::new();
        for path in &self.files {
            let _ = writeln!(text, "{}", path.display());
        }
        let _ = writeln!(text, "template   SHA-256 {}", file::hex(&self.template_sha256));
        let _ = writeln!(text, "program    SHA-256 {}, {} bytes", file::hex(&self.program_sha256), self.program_bytes);
        if self.system == System::Windows {
            let _ = match &self.signed_by {
                Some(by) => writeln!(text, "signed     by {}", by.subject),
                None => writeln!(text, "signed     no: Windows will warn about an unknown publisher"),
            };
        }
        text
    }
}

/// The version that the template says it is of; ours for one that says none.
fn version(template: &[u8]) -> anyhow::Result<Version> {
    match bundle::version::of_program(template) {
        Some(version) => Ok(version),
        None => env!("CARGO_PKG_VERSION").parse().context("reading our version"),
    }
}
