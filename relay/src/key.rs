//! The data folder's certificates and keys: made at the first start, kept for ever, readable by the server's user only.
//!
//! ```text
//! relay.crt relay.key      the certificate that profiles pin, and its key
//! connections.key          seals the secrets of connections to ticketing systems: a copy of the database alone does not tell them
//! relay.secret             signs tokens and proofs that only the relay reads
//! tenants/<id>/root.crt    a company's root, which attendants' certificates lead to; in every profile
//! tenants/<id>/root.key    its key; may be kept elsewhere, then attendants are enrolled there
//! tenants/<id>/brand.key   signs the company's profiles; may be kept elsewhere
//! ```

mod file;

use std::{
    collections::HashMap,
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Context;
use enrolment::Root;
use protocol::{
    id::{DeviceId, TenantId},
    message::directory::Opaque,
};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PublicKeyData,
};
use ring::hmac;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use store::Generation;
use zeroize::Zeroizing;

use crate::enrolment::Custody;

pub use file::KeyFileError;

/// Everything the relay signs and proves with.
pub struct Keys {
    folder: PathBuf,
    /// The relay's own certificate, DER: what profiles pin.
    pub certificate: CertificateDer<'static>,
    /// Its private key.
    pub private_key: PrivatePkcs8KeyDer<'static>,
    secret: [u8; 32],
    connection_key: Zeroizing<[u8; 32]>,
    tenants: Mutex<HashMap<TenantId, Arc<TenantKeys>>>,
}

/// What one company signs with, as far as it has not moved its keys off the server.
pub struct TenantKeys {
    /// The company.
    pub tenant: TenantId,
    /// The root of its attendants' certificates, DER.
    pub root_certificate: Vec<u8>,
    issuer: Option<Issuer<'static, KeyPair>>,
    root_key: Option<KeyPair>,
    brand: Option<bundle::SigningKey>,
}

/// File of the relay's certificate in the data folder.
pub const RELAY_CERTIFICATE: &str = "relay.crt";
/// File of its key.
pub const RELAY_KEY: &str = "relay.key";
/// File of the relay's own secret.
pub const RELAY_SECRET: &str = "relay.secret";
/// File of the key that secrets of connections are sealed with.
pub const CONNECTION_KEY: &str = "connections.key";
/// File of a company's root, in its folder.
pub const ROOT_CERTIFICATE: &str = "root.crt";
/// File of its key.
pub const ROOT_KEY: &str = "root.key";
/// Folder of the companies' keys.
pub const TENANTS: &str = "tenants";

/// The 32 random bytes of a file, which are made when it is not there.
fn random_file(path: &Path) -> anyhow::Result<Zeroizing<[u8; 32]>> {
    if !path.exists() {
        file::write_secret(path, &rand::random::<[u8; 32]>())?;
    }
    let bytes = file::read_secret(path)?;
    let bytes = bytes.as_slice().try_into();
    Ok(Zeroizing::new(bytes.map_err(|_| anyhow::anyhow!("{} is damaged: it must have 32 bytes", path.display()))?))
}

impl Keys {
    /// Reads the relay's keys, or makes them where there are none. `host` goes into a new certificate.
    ///
    /// # Errors
    /// When a file cannot be read or written, is readable by others, or is not what it should be. A damaged key is never replaced:
    /// every profile out there pins the old one.
    pub fn load(folder: &Path, host: &str) -> anyhow::Result<Self> {
        let (certificate, key) = (folder.join(RELAY_CERTIFICATE), folder.join(RELAY_KEY));
        if !certificate.exists() && !key.exists() {
            let pair = KeyPair::generate().context("making the relay's key")?;
            let made = self_signed(host, &pair).context("making the relay's certificate")?;
            // The key first: a certificate without its key would be taken as damage at the next start.
            file::write_secret(&key, pair.serialized_der())?;
            file::write_public(&certificate, &made)?;
        } else if !certificate.exists() {
            let pair = KeyPair::try_from(file::read_secret(&key)?.as_slice()).context("reading the relay's key")?;
            file::write_public(&certificate, &self_signed(host, &pair).context("making the relay's certificate")?)?;
        }
        let secret = random_file(&folder.join(RELAY_SECRET))?;
        let connection_key = random_file(&folder.join(CONNECTION_KEY))?;
        Ok(Self {
            folder: folder.to_owned(),
            certificate: CertificateDer::from(file::read_public(&certificate)?),
            private_key: PrivatePkcs8KeyDer::from(file::read_secret(&key)?.to_vec()),
            secret: *secret,
            connection_key,
            tenants: Mutex::default(),
        })
    }

    /// SHA-256 of the relay's certificate, as profiles pin it.
    pub fn pin(&self) -> [u8; 32] {
        let digest = ring::digest::digest(&ring::digest::SHA256, &self.certificate);
        digest.as_ref().try_into().expect("SHA-256 has 32 bytes")
    }

    /// What secrets of connections are sealed with.
    pub(crate) fn connection_key(&self) -> Zeroizing<[u8; 32]> {
        self.connection_key.clone()
    }

    /// What invitations to tickets are proved with.
    pub(crate) fn invitation_key(&self) -> [u8; 32] {
        self.derived(b"amparo invitations v1")
    }

    /// What tokens of forms are proved with.
    pub(crate) fn form_key(&self) -> [u8; 32] {
        self.derived(b"amparo console forms v1")
    }

    /// What forms are sealed with while somebody logs in again.
    pub(crate) fn kept_key(&self) -> [u8; 32] {
        self.derived(b"amparo kept forms v1")
    }

    /// What tokens of sessions are signed with.
    pub(crate) fn token_key(&self) -> [u8; 32] {
        self.derived(b"amparo session tokens v1")
    }

    /// What stateless resets are signed with: kept, so that a relay that was killed and started again tells its programs at their next
    /// packet that their connections are gone, instead of leaving them to their idle time-outs.
    pub(crate) fn reset_key(&self) -> [u8; 32] {
        self.derived(b"amparo stateless resets v1")
    }

    /// What connection ids are marked with, kept for the same reason: a relay answers only ids that it may have given.
    pub(crate) fn connection_id_key(&self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.derived(b"amparo connection ids v1");
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }

    fn derived(&self, purpose: &[u8]) -> [u8; 32] {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.secret), purpose);
        tag.as_ref().try_into().expect("HMAC-SHA-256 has 32 bytes")
    }

    /// Proves to ourselves later that this program had this ID.
    pub fn prove_device(&self, tenant: TenantId, id: DeviceId, generation: Generation) -> Opaque {
        let mut proof = generation.to_le_bytes().to_vec();
        proof.extend_from_slice(hmac::sign(&self.device_key(), &device_message(tenant, id, generation)).as_ref());
        Opaque::try_from(proof).expect("a proof is shorter than its cap")
    }

    /// Which giving of the ID this proves; `None` when it proves nothing.
    pub fn check_device(&self, tenant: TenantId, id: DeviceId, proof: &Opaque) -> Option<Generation> {
        let (generation, tag) = proof.as_bytes().split_first_chunk::<8>()?;
        let generation = Generation::from_le_bytes(*generation);
        hmac::verify(&self.device_key(), &device_message(tenant, id, generation), tag).ok()?;
        Some(generation)
    }

    fn device_key(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &self.derived(b"amparo device ids v1"))
    }

    /// Makes a company's root and branding key.
    ///
    /// # Errors
    /// When they cannot be written, or are there already.
    pub fn make_tenant(&self, tenant: TenantId, company: &str) -> anyhow::Result<Arc<TenantKeys>> {
        let folder = self.tenant_folder(tenant);
        std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        let keys = TenantKeys::generate(tenant, company)?;
        let root_key = keys.root_key.as_ref().expect("just made");
        file::write_secret(&folder.join("root.key"), root_key.serialized_der())?;
        let brand = keys.brand.as_ref().expect("just made");
        file::write_secret(&folder.join("brand.key"), &brand.to_pkcs8())?;
        // The certificate last: where it is, the folder is complete.
        file::write_public(&folder.join("root.crt"), &keys.root_certificate)?;
        let keys = Arc::new(keys);
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner).insert(tenant, keys.clone());
        Ok(keys)
    }

    /// A company's keys, as far as they are on this server.
    ///
    /// # Errors
    /// When its root certificate cannot be read, or a key is readable by others or damaged.
    pub fn tenant(&self, tenant: TenantId) -> anyhow::Result<Arc<TenantKeys>> {
        let mut known = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(keys) = known.get(&tenant) {
            return Ok(keys.clone());
        }
        let keys = Arc::new(TenantKeys::load(tenant, &self.tenant_folder(tenant))?);
        known.insert(tenant, keys.clone());
        Ok(keys)
    }

    /// Puts a root in place of a company's, whose key is kept elsewhere. The server's own key is gone afterwards.
    ///
    /// # Errors
    /// When the key of this root is on this server, or a file cannot be written or removed.
    pub fn use_root(&self, tenant: TenantId, root: &Root) -> anyhow::Result<()> {
        self.refuse_own_key(root)?;
        let folder = self.tenant_folder(tenant);
        // The key first: a certificate without its key is a company that keeps it elsewhere, the reverse is damage.
        remove(&folder.join(ROOT_KEY))?;
        file::write_public(&folder.join(ROOT_CERTIFICATE), root.der())?;
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner).remove(&tenant);
        Ok(())
    }

    /// Keeps only the public half of a company's branding key: profiles are signed elsewhere from now on.
    ///
    /// # Errors
    /// When a file cannot be written or removed.
    pub fn use_branding(&self, tenant: TenantId, public: &[u8]) -> anyhow::Result<()> {
        let folder = self.tenant_folder(tenant);
        file::write_public(&folder.join("brand.pub"), public)?;
        remove(&folder.join("brand.key"))?;
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner).remove(&tenant);
        Ok(())
    }

    /// A root whose key lies here would promise what it does not keep.
    ///
    /// # Errors
    /// When it does, or a key cannot be read.
    pub fn refuse_own_key(&self, root: &Root) -> anyhow::Result<()> {
        let tenants = self.folder.join(TENANTS);
        let listed = std::fs::read_dir(&tenants).with_context(|| format!("reading {}", tenants.display()))?;
        let mut keys = vec![self.folder.join(RELAY_KEY)];
        for entry in listed {
            keys.push(entry.with_context(|| format!("reading {}", tenants.display()))?.path().join(ROOT_KEY));
        }
        for path in keys.iter().filter(|path| path.exists()) {
            let pair = KeyPair::try_from(file::read_secret(path)?.as_slice())
                .with_context(|| format!("reading {}", path.display()))?;
            anyhow::ensure!(
                pair.subject_public_key_info() != root.key(),
                "the key of this root is on this server, in {}: make a root on another machine with `amparo-brand root new`",
                path.display()
            );
        }
        Ok(())
    }

    fn tenant_folder(&self, tenant: TenantId) -> PathBuf {
        self.folder.join(TENANTS).join(tenant.to_string())
    }
}

impl TenantKeys {
    /// New keys for a company, in memory only.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn generate(tenant: TenantId, company: &str) -> anyhow::Result<Self> {
        let pair = KeyPair::generate().context("making a company's root key")?;
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, format!("{company}: attendants"));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.not_before = rcgen::date_time_ymd(2024, 1, 1);
        params.not_after = rcgen::date_time_ymd(2099, 1, 1);
        let root_certificate = params.self_signed(&pair).context("making a company's root")?.der().to_vec();
        let brand = bundle::SigningKey::generate().context("making a company's branding key")?;
        Self::assemble(tenant, root_certificate, Some(pair), Some(brand))
    }

    fn load(tenant: TenantId, folder: &Path) -> anyhow::Result<Self> {
        let root_certificate = file::read_public(&folder.join("root.crt"))?;
        let there = |name: &str| match file::read_secret(&folder.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(KeyFileError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        };
        let root_key = there("root.key")?
            .map(|der| KeyPair::try_from(der.as_slice()))
            .transpose()
            .with_context(|| format!("reading the root key in {}", folder.display()))?;
        let brand = there("brand.key")?
            .map(|der| bundle::SigningKey::from_pkcs8(&der))
            .transpose()
            .with_context(|| format!("reading the branding key in {}", folder.display()))?;
        Self::assemble(tenant, root_certificate, root_key, brand)
    }

    fn assemble(
        tenant: TenantId,
        root_certificate: Vec<u8>,
        root_key: Option<KeyPair>,
        brand: Option<bundle::SigningKey>,
    ) -> anyhow::Result<Self> {
        let issuer = match &root_key {
            Some(pair) => {
                let public = enrolment::key_of(&root_certificate).map(|(key, _)| key);
                anyhow::ensure!(
                    public.is_some_and(|key| key == pair.subject_public_key_info()),
                    "root.key is not the key of root.crt: restore both from the same backup, or take root.key away"
                );
                let pair = KeyPair::try_from(pair.serialized_der()).context("reading a company's root key")?;
                let certificate = CertificateDer::from(root_certificate.clone());
                Some(Issuer::from_ca_cert_der(&certificate, pair).context("reading a company's root certificate")?)
            }
            None => None,
        };
        Ok(Self { tenant, root_certificate, issuer, root_key, brand })
    }

    /// Signs attendants' certificates, if the root's key is on this server.
    pub(crate) fn issuer(&self) -> Option<&Issuer<'static, KeyPair>> {
        self.issuer.as_ref()
    }

    /// Where the root's key is.
    pub fn custody(&self) -> Custody {
        if self.issuer.is_some() { Custody::Server } else { Custody::Elsewhere }
    }

    /// Signs profiles, if the branding key is on this server.
    pub fn brand(&self) -> Option<&bundle::SigningKey> {
        self.brand.as_ref()
    }
}

fn remove(path: &Path) -> anyhow::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing {}", path.display()))
        }
        _ => Ok(()),
    }
}

fn device_message(tenant: TenantId, id: DeviceId, generation: Generation) -> Vec<u8> {
    [tenant.as_bytes().as_slice(), &id.number().to_le_bytes(), &generation.to_le_bytes()].concat()
}

/// Programs know it by its pin and look at no name or date; browsers see both, once, before they are told to trust it.
fn self_signed(host: &str, pair: &KeyPair) -> anyhow::Result<Vec<u8>> {
    let mut names = vec![host.trim_matches(['[', ']']).to_owned()];
    names.extend(["localhost", "127.0.0.1"].into_iter().filter(|name| *name != host).map(str::to_owned));
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "Amparo relay");
    params.not_before = rcgen::date_time_ymd(2024, 1, 1);
    params.not_after = rcgen::date_time_ymd(2099, 1, 1);
    Ok(params.self_signed(pair)?.der().to_vec())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn keys_are_made_once_and_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let first = Keys::load(folder.path(), "help.example.com").unwrap();
        let tenant = TenantId::from_bytes([5; 16]);
        let root = first.make_tenant(tenant, "Varanda").unwrap().root_certificate.clone();
        let again = Keys::load(folder.path(), "other.example.com").unwrap();
        assert_eq!(first.pin(), again.pin());
        let keys = again.tenant(tenant).unwrap();
        assert_eq!(keys.root_certificate, root);
        assert!(keys.issuer().is_some() && keys.brand().is_some());
        assert!(again.tenant(TenantId::from_bytes([6; 16])).is_err());
    }

    #[test]
    fn a_company_may_keep_its_root_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let tenant = TenantId::from_bytes([5; 16]);
        Keys::load(folder.path(), "h").unwrap().make_tenant(tenant, "Varanda").unwrap();
        std::fs::remove_file(folder.path().join(TENANTS).join(tenant.to_string()).join("root.key")).unwrap();
        let keys = Keys::load(folder.path(), "h").unwrap().tenant(tenant).unwrap();
        assert!(keys.issuer().is_none());
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        Keys::load(folder.path(), "h").unwrap();
        std::fs::set_permissions(folder.path().join(RELAY_SECRET), std::fs::Permissions::from_mode(0o640)).unwrap();
        let error = Keys::load(folder.path(), "h").err().unwrap().to_string();
        assert!(error.contains("chmod 600"), "{error}");
    }

    #[test]
    fn a_proof_of_an_id_is_for_that_id_company_and_giving() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::load(folder.path(), "h").unwrap();
        let (ours, other) = (TenantId::from_bytes([1; 16]), TenantId::from_bytes([2; 16]));
        let (id, another) = (DeviceId::new(123_456_789).unwrap(), DeviceId::new(123_456_780).unwrap());
        let proof = keys.prove_device(ours, id, 7);
        assert_eq!(keys.check_device(ours, id, &proof), Some(7));
        assert_eq!(keys.check_device(other, id, &proof), None);
        assert_eq!(keys.check_device(ours, another, &proof), None);
        let mut changed = Vec::from(proof);
        changed[0] ^= 1;
        assert_eq!(keys.check_device(ours, id, &changed.try_into().unwrap()), None);
        assert_eq!(keys.check_device(ours, id, &Opaque::try_from(vec![0; 3]).unwrap()), None);
    }
}
