//! Signing profiles and looking at signed ones.

use std::{fmt::Write, path::Path};

use anyhow::{Context, anyhow, bail};
use bundle::{KeyId, Profile};
use serde_json::Value;

use crate::{
    artwork::{self, Picture},
    file,
};

/// What a signed profile is made of. What a file here gives need not be in the JSON.
#[derive(Debug)]
pub struct Parts<'a> {
    /// The profile's JSON.
    pub json: &'a Path,
    /// The branding key.
    pub key: &'a Path,
    /// The logo as PNG, JPEG or SVG.
    pub logo: Option<&'a Path>,
    /// The certificate of the tenant's root.
    pub root: Option<&'a Path>,
}

/// The signed profile, and how it reads. `now_unix_s` is when it is made, if the JSON does not say.
pub fn sign(parts: &Parts<'_>, now_unix_s: u64) -> anyhow::Result<(Vec<u8>, Profile, KeyId)> {
    let key = file::signing_key(parts.key)?;
    let mut json: Value = serde_json::from_slice(&file::read(parts.json)?)
        .with_context(|| format!("reading {} as JSON", parts.json.display()))?;
    let words = json.as_object_mut().ok_or_else(|| anyhow!("{} holds no JSON object", parts.json.display()))?;
    words.entry("made_at_unix_s").or_insert_with(|| now_unix_s.into());
    if let Some(root) = parts.root {
        words.insert("root".into(), base64(&file::certificate(root)?).into());
    }
    if let Some(path) = parts.logo {
        let picture =
            Picture::read(&file::read(path)?).with_context(|| format!("using the logo {}", path.display()))?;
        let logo = artwork::made(&picture).with_context(|| format!("fitting the logo {}", path.display()))?;
        words.insert("logo".into(), base64(logo.png()).into());
    }
    let profile =
        Profile::parse(&serde_json::to_vec(&json)?).with_context(|| format!("checking {}", parts.json.display()))?;
    let bytes = bundle::sign(&profile, &key);
    let (read_back, id) =
        bundle::open(&bytes, Some(key.id().public_key())).context("reading the signed profile back")?;
    if read_back != profile {
        bail!("the signed profile does not read back as it was written");
    }
    Ok((bytes, profile, id))
}

/// The signed profile in a file, and whose key signed it. With `trusted`, only that key will do.
pub fn verify(path: &Path, trusted: Option<&[u8; 32]>) -> anyhow::Result<(Profile, KeyId)> {
    bundle::open(&file::read(path)?, trusted).with_context(|| format!("verifying {}", path.display()))
}

/// A public key as `root new` writes it: 64 hexadecimal digits.
pub fn public_key(path: &Path) -> anyhow::Result<[u8; 32]> {
    let text = String::from_utf8(file::read(path)?).unwrap_or_default();
    file::from_hex(&text).with_context(|| format!("{} does not hold 64 hexadecimal digits", path.display()))
}

/// What a person checks before handing a profile out, a line each.
pub fn summary(profile: &Profile, key: KeyId) -> String {
    let mut text = String::new();
    let mut row = |name: &str, value: &str| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name:<10} {value}");
    };
    row("title", &profile.title);
    row("company", &profile.company);
    let [r, g, b] = profile.accent;
    row("accent", &format!("#{r:02X}{g:02X}{b:02X}"));
    row("logo", &profile.logo.as_ref().map_or("none".into(), |png| format!("{} bytes", png.len())));
    row("phone", profile.phone.as_deref().unwrap_or("none"));
    for field in &profile.fields {
        row("field", &format!("{}: {:?}", field.key.word(), field.presence).to_lowercase());
    }
    for relay in &profile.relays {
        let pin: String = relay.certificate_sha256.iter().map(|byte| format!("{byte:02x}")).collect();
        row("relay", &format!("{} port {}, certificate {pin}", relay.host, relay.port));
    }
    let made = i64::try_from(profile.made_at_unix_s).ok().and_then(|s| jiff::Timestamp::from_second(s).ok());
    row("serial", &format!("{}, made {}", profile.serial, made.map_or("at an unknown time".into(), |t| t.to_string())));
    if let Some(until) = profile.valid_until_unix_s {
        let until = i64::try_from(until).ok().and_then(|s| jiff::Timestamp::from_second(s).ok());
        row("good until", &until.map_or("an unknown time".into(), |t| t.to_string()));
    }
    row("signed by", &key.to_string());
    text
}

fn base64(bytes: &[u8]) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    STANDARD.encode(bytes)
}
