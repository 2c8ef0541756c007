//! What a tenant keeps off the server: the root of its attendants' certificates and the key of its profiles.

use std::path::{Path, PathBuf};

use anyhow::Context;
use bundle::{KeyId, SigningKey};
use jiff::{ToSpan, civil::Date};
use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, KeyPair, KeyUsagePurpose};

use crate::file::{self, Readers};

/// The root's certificate, PEM.
pub const ROOT_CERTIFICATE: &str = "root.crt";
/// The root's private key, PKCS#8 in PEM.
pub const ROOT_KEY: &str = "root.key";
/// The branding key, PKCS#8 in PEM.
pub const BRANDING_KEY: &str = "branding.key";
/// The branding key's public half, 64 hexadecimal digits.
pub const BRANDING_PUBLIC: &str = "branding.pub";

/// Years a root is valid: programs in the field know only this one, and it is replaced by a new profile.
const ROOT_YEARS: i32 = 20;

/// What [`create`] has made.
#[derive(Debug)]
pub struct Made {
    /// The files, keys first.
    pub files: Vec<PathBuf>,
    /// The branding key's public half.
    pub branding: KeyId,
}

/// Makes a root and a branding key in `folder`, which may exist but must hold neither.
pub fn create(folder: &Path, company: &str, today: Date) -> anyhow::Result<Made> {
    for name in [ROOT_CERTIFICATE, ROOT_KEY, BRANDING_KEY, BRANDING_PUBLIC] {
        anyhow::ensure!(
            !folder.join(name).exists(),
            "{} is there already; a root is never overwritten: name another folder",
            folder.join(name).display()
        );
    }
    file::make_private_folder(folder).with_context(|| format!("making the folder {}", folder.display()))?;

    let root_key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).context("making the root's key")?;
    let certificate = root_params(company, today)?.self_signed(&root_key).context("signing the root's certificate")?;
    let branding = SigningKey::generate().context("making the branding key")?;
    let branding_pem =
        KeyPair::try_from(branding.to_pkcs8().as_slice()).context("writing the branding key as PEM")?.serialize_pem();
    let public: String = branding.id().public_key().iter().map(|byte| format!("{byte:02x}")).collect();

    let contents = [
        (ROOT_KEY, root_key.serialize_pem(), Readers::Owner),
        (BRANDING_KEY, branding_pem, Readers::Owner),
        (ROOT_CERTIFICATE, certificate.pem(), Readers::Everybody),
        (BRANDING_PUBLIC, public + "\n", Readers::Everybody),
    ];
    let mut files = Vec::new();
    for (name, text, readers) in contents {
        let path = folder.join(name);
        file::create(&path, text.as_bytes(), readers)?;
        files.push(path);
    }
    Ok(Made { files, branding: branding.id() })
}

fn root_params(company: &str, today: Date) -> anyhow::Result<CertificateParams> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, format!("{company}: root of attendants"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let (year, month, day) = parts(today.checked_sub(1.day())?)?;
    params.not_before = rcgen::date_time_ymd(year, month, day);
    let (year, month, day) = parts(today.checked_add(ROOT_YEARS.years())?)?;
    params.not_after = rcgen::date_time_ymd(year, month, day);
    Ok(params)
}

fn parts(day: Date) -> anyhow::Result<(i32, u8, u8)> {
    Ok((day.year().into(), u8::try_from(day.month())?, u8::try_from(day.day())?))
}
