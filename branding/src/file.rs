//! Reading keys and certificates, and writing files that are whole or not there at all.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::Path,
};

use anyhow::{Context, anyhow};
use bundle::SigningKey;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer, pem::PemObject};

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Whoever the folder lets in.
    Everybody,
    /// Its owner only (mode 0600; on Windows the folder's rights hold).
    Owner,
}

/// The bytes of a file, with its name in the error.
pub fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("reading {}", path.display()))
}

/// Writes a file that must not be there yet.
pub fn create(path: &Path, bytes: &[u8], readers: Readers) -> anyhow::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if readers == Readers::Owner {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    #[cfg(not(unix))]
    let _ = readers;
    let mut file = options.open(path).with_context(|| format!("creating {}", path.display()))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).with_context(|| format!("writing {}", path.display()))
}

/// Makes a folder that only its owner can enter; one that is there stays as it is.
pub fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Writes a program that can be started, or puts a new one in its place at once.
pub fn replace_program(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    replace_as(path, bytes, 0o755)
}

/// Writes a file, or puts a new one in its place at once.
pub fn replace(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    replace_as(path, bytes, 0o644)
}

fn replace_as(path: &Path, bytes: &[u8], mode: u32) -> anyhow::Result<()> {
    let name = path.file_name().ok_or_else(|| anyhow!("{} is not a file's name", path.display()))?;
    let mut beside = name.to_owned();
    beside.push(format!(".{}.new", std::process::id()));
    let beside = path.with_file_name(beside);
    write(&beside, bytes, mode)
        .and_then(|()| fs::rename(&beside, path))
        .inspect_err(|_| {
            let _ = fs::remove_file(&beside);
        })
        .with_context(|| format!("writing {}", path.display()))
}

fn write(path: &Path, bytes: &[u8], mode: u32) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    options.open(path)?.write_all(bytes)
}

/// The SHA-256 of these bytes.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    let mut sha256 = [0; 32];
    sha256.copy_from_slice(digest.as_ref());
    sha256
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A SHA-256 as 64 hexadecimal digits.
pub fn from_hex(digits: &str) -> anyhow::Result<[u8; 32]> {
    let digits = digits.trim();
    anyhow::ensure!(
        digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit()),
        "{digits:?} is not 64 hexadecimal digits"
    );
    let mut bytes = [0; 32];
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * i..2 * i + 2], 16)?;
    }
    Ok(bytes)
}

/// A branding key in PKCS#8, PEM or DER.
pub fn signing_key(path: &Path) -> anyhow::Result<SigningKey> {
    let bytes = read(path)?;
    let der = match PrivatePkcs8KeyDer::from_pem_slice(&bytes) {
        Ok(key) => key.secret_pkcs8_der().to_vec(),
        Err(_) => bytes,
    };
    SigningKey::from_pkcs8(&der).with_context(|| format!("reading the branding key {}", path.display()))
}

/// A certificate as DER, from PEM or DER.
pub fn certificate(path: &Path) -> anyhow::Result<Vec<u8>> {
    let bytes = read(path)?;
    Ok(CertificateDer::from_pem_slice(&bytes).map(|certificate| certificate.to_vec()).unwrap_or(bytes))
}
