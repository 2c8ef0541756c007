//! Releases: the key that signs them, and the signed statement which programs of a version are the real ones. Made where no server can reach.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use bundle::{
    KeyId, SigningKey, Version,
    release::{self, CHANNEL, MAX_RELEASE_BYTES, PRODUCT, Program, Release, Revoked, Ring},
};
use rcgen::KeyPair;

use crate::file::{self, Readers};

/// The release key, PKCS#8 in PEM.
pub const RELEASE_KEY: &str = "release.key";
/// Its public half, 64 hexadecimal digits: what programs are compiled with.
pub const RELEASE_PUBLIC: &str = "release.pub";

const HOUR_S: u64 = 3600;
const DAY_S: u64 = 24 * HOUR_S;

/// Makes a release key in `folder`, which must hold none yet.
pub fn create_key(folder: &Path) -> anyhow::Result<([PathBuf; 2], KeyId)> {
    let [private, public] = [RELEASE_KEY, RELEASE_PUBLIC].map(|name| folder.join(name));
    for path in [&private, &public] {
        ensure!(!path.exists(), "{} is there already; a key is never overwritten: name another folder", path.display());
    }
    file::make_private_folder(folder).with_context(|| format!("making the folder {}", folder.display()))?;
    let key = SigningKey::generate().context("making the release key")?;
    let pem = KeyPair::try_from(key.to_pkcs8().as_slice()).context("writing the release key as PEM")?.serialize_pem();
    file::create(&private, pem.as_bytes(), Readers::Owner)?;
    file::create(&public, (file::hex(key.id().public_key()) + "\n").as_bytes(), Readers::Everybody)?;
    Ok(([private, public], key.id()))
}

/// How many take a release how long after it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Of a hundred programs.
    pub percent: u8,
    /// Hours later.
    pub hours: u64,
}

/// Reads `10@0,50@24,100@72`: ten of a hundred at once, half of them a day later, all after three.
///
/// # Errors
/// For anything else, and for steps that do not grow.
pub fn rings(text: &str) -> Result<Vec<Step>, String> {
    let wrong = || format!("{text:?} is not of the kind 10@0,50@24,100@72: percent at hours, both growing");
    let steps = text.split(',').map(|step| {
        let (percent, hours) = step.trim().split_once('@')?;
        let step = Step { percent: percent.parse().ok()?, hours: hours.parse().ok()? };
        ((1..=100).contains(&step.percent) && step.hours <= 24 * 365).then_some(step)
    });
    let steps = steps.collect::<Option<Vec<_>>>().ok_or_else(wrong)?;
    let grow = steps.windows(2).all(|pair| pair[0].percent < pair[1].percent && pair[0].hours < pair[1].hours);
    if grow && steps.len() <= 16 { Ok(steps) } else { Err(wrong()) }
}

/// What a release is made of.
#[derive(Debug)]
pub struct Order<'a> {
    /// Programs without a brand, one a system.
    pub programs: &'a [PathBuf],
    /// The release key, PEM or DER.
    pub key: &'a Path,
    /// No program goes below this version again; `None`: below its own.
    pub minimum: Option<Version>,
    /// How long it may be installed.
    pub days: u16,
    /// Who takes it when.
    pub rings: &'a [Step],
    /// Public halves of keys that are trusted no longer.
    pub revoked: &'a [PathBuf],
}

/// The signed release, and what it says in words.
pub fn make(order: &Order<'_>, now_unix_s: u64) -> anyhow::Result<(Vec<u8>, String)> {
    let key = file::signing_key(order.key)?;
    let mut programs: Vec<Program> = Vec::new();
    let mut version = None;
    for path in order.programs {
        let (program, of) = Program::of(&file::read(path)?).with_context(|| format!("releasing {}", path.display()))?;
        ensure!(
            programs.iter().all(|other| other.system != program.system),
            "{} is a second program of one system",
            path.display()
        );
        let first = *version.get_or_insert(of);
        ensure!(first == of, "{} is version {of}, and another program of this release {first}", path.display());
        programs.push(program);
    }
    let version = version.context("a release is of at least one program")?;
    let minimum = order.minimum.unwrap_or_default();
    ensure!(minimum <= version, "the oldest version allowed is {minimum}, which is newer than {version} itself");
    let revoked = order.revoked.iter().map(|path| crate::profile::public_key(path).map(Revoked));
    let release = Release {
        product: PRODUCT.to_owned(),
        channel: CHANNEL.to_owned(),
        version,
        minimum,
        made_at_unix_s: now_unix_s,
        valid_until_unix_s: now_unix_s + u64::from(order.days) * DAY_S,
        rings: order
            .rings
            .iter()
            .map(|step| Ring { percent: step.percent, from_unix_s: now_unix_s + step.hours * HOUR_S })
            .collect(),
        revoked: revoked.collect::<anyhow::Result<_>>()?,
        programs,
    };
    ensure!(
        release.revoked.iter().all(|revoked| revoked.0 != *key.id().public_key()),
        "a release cannot revoke the key that signs it"
    );
    let signed = release::sign(&release, &key);
    ensure!(signed.len() <= MAX_RELEASE_BYTES, "the release has {} bytes, {MAX_RELEASE_BYTES} at most", signed.len());
    Ok((signed, summary(&release, key.id())))
}

fn summary(release: &Release, key: KeyId) -> String {
    use std::fmt::Write as _;
    let mut text = format!("version    {}, none below {} is installed\n", release.version, release.minimum);
    for program in &release.programs {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{:10} {} bytes, SHA-256 {}", word(program), program.bytes, file::hex(&program.sha256));
    }
    for ring in &release.rings {
        let hours = ring.from_unix_s.saturating_sub(release.made_at_unix_s) / HOUR_S;
        let _ = writeln!(text, "rings      {} of 100 after {hours} h", ring.percent);
    }
    let days = release.valid_until_unix_s.saturating_sub(release.made_at_unix_s) / DAY_S;
    let _ = writeln!(text, "good for   {days} days");
    let _ = writeln!(text, "signed by  {key}");
    text
}

fn word(program: &Program) -> &'static str {
    match program.system {
        bundle::System::Linux => "Linux",
        bundle::System::Windows => "Windows",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rings_grow_in_both_ways_or_are_refused() {
        let step = |percent, hours| Step { percent, hours };
        assert_eq!(rings("10@0,50@24,100@72"), Ok(vec![step(10, 0), step(50, 24), step(100, 72)]));
        assert_eq!(rings("100@1"), Ok(vec![step(100, 1)]));
        for wrong in ["", "10", "10@", "@1", "0@0", "101@0", "50@0,50@1", "50@2,60@1", "10@0,,100@1", "10@99999"] {
            assert!(rings(wrong).is_err(), "{wrong}");
        }
    }
}
