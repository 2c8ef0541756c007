//! Finds and opens the signed profile: whose program this is, where it connects, whom it trusts.
//!
//! A profile that does not verify is not used, not even in part.

use std::path::{Path, PathBuf};

use bundle::profile::{FieldKey as Key, Language as Wanted, Presence};
use protocol::{
    id::{AppId, TenantId},
    message::directory::FieldKey,
};

use crate::{
    gui::{controller, strings::Language, view_model::BrandView},
    link::quic::RelayAddress,
};

/// The name of the profile beside the program.
const BESIDE: &str = "amparo.profile";

/// Why there is no profile.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// None was named and none is beside the program.
    #[error("there is no profile: none was named with --profile, and {0} does not exist")]
    Missing(PathBuf),
    /// It cannot be read.
    #[error("reading the profile {path}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It was changed, or is none.
    #[error("the profile {path} is damaged or was changed")]
    Damaged {
        /// Which.
        path: PathBuf,
        /// Why.
        source: bundle::BundleError,
    },
}

/// A verified profile, in the words of the program.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The company.
    pub tenant: TenantId,
    /// The authority for attendants' certificates, DER.
    pub root: Vec<u8>,
    /// Where to connect, the first first.
    pub relays: Vec<RelayAddress>,
    /// What the controller needs.
    pub controller: controller::Profile,
}

/// Opens the profile at this path, or the one beside the program.
pub fn open(named: Option<&Path>) -> Result<Opened, ProfileError> {
    let path = match named {
        Some(path) => path.to_owned(),
        None => {
            let beside = std::env::current_exe()
                .ok()
                .and_then(|exe| exe.parent().map(|folder| folder.join(BESIDE)))
                .unwrap_or_else(|| PathBuf::from(BESIDE));
            if !beside.exists() {
                return Err(ProfileError::Missing(beside));
            }
            beside
        }
    };
    let bytes = std::fs::read(&path).map_err(|source| ProfileError::Read { path: path.clone(), source })?;
    from_bytes(&bytes).map_err(|source| ProfileError::Damaged { path, source })
}

/// Opens a profile that was read.
pub fn from_bytes(bytes: &[u8]) -> Result<Opened, bundle::BundleError> {
    let (profile, _key) = bundle::open(bytes, None)?;
    let fields = profile
        .fields
        .iter()
        .filter(|field| field.presence != Presence::Hidden)
        .map(|field| (key(field.key), field.presence == Presence::Required))
        .collect();
    let relays: Vec<RelayAddress> = profile
        .relays
        .iter()
        .map(|relay| RelayAddress {
            host: relay.host.clone(),
            port: relay.port,
            certificate_sha256: relay.certificate_sha256,
        })
        .collect();
    Ok(Opened {
        tenant: TenantId::from_bytes(profile.tenant),
        root: profile.root.clone(),
        controller: controller::Profile {
            app: AppId::from_bytes(profile.app),
            brand: BrandView {
                title: profile.title.clone(),
                company: profile.company.clone(),
                logo: profile.logo.clone().map(Into::into),
                accent: Some(profile.accent),
                phone: profile.phone.clone(),
                hours: None,
            },
            fields,
            server: relays.first().map(|relay| relay.host.clone()).unwrap_or_default(),
            language: match profile.language {
                Wanted::Auto => None,
                Wanted::PtBr => Some(Language::PtBr),
                Wanted::En => Some(Language::En),
                Wanted::Es => Some(Language::Es),
            },
        },
        relays,
    })
}

fn key(key: Key) -> FieldKey {
    match key {
        Key::Name => FieldKey::Name,
        Key::Email => FieldKey::Email,
        Key::Company => FieldKey::Company,
        Key::Phone => FieldKey::Phone,
        Key::Document => FieldKey::Document,
        Key::Subject => FieldKey::Subject,
    }
}
