//! Finds and opens the signed profile, in the program itself or beside it: whose program this is, where it connects, whom it trusts.
//!
//! A profile that does not verify is not used, not even in part.

use std::{
    io::{Read as _, Seek as _},
    path::{Path, PathBuf},
};

use bundle::{
    Carried, KeyId, Profile,
    profile::{FieldKey as Key, Language as Wanted, Presence},
};
use protocol::{
    id::{AppId, TenantId},
    message::directory::FieldKey,
};

use crate::{
    gui::{
        controller,
        strings::Language,
        view_model::{BrandView, ProfileTrouble},
    },
    link::quic::RelayAddress,
};

/// The name of the profile beside the program.
const BESIDE: &str = "amparo.profile";

/// Why there is no profile.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// None was named and none is in the program or beside it.
    #[error("there is no profile: none was named with --profile, and {0} does not exist")]
    Missing(PathBuf),
    /// It cannot be read.
    #[error("reading {path}")]
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
    /// The program that carries it was changed.
    #[error("the program {path} is damaged or was changed")]
    Program {
        /// Which.
        path: PathBuf,
        /// Why.
        source: bundle::CarriedError,
    },
    /// It holds, and is not good now.
    #[error("the profile is not good now")]
    Untimely(#[source] bundle::Untimely),
    /// A branded program takes no other profile than its own.
    #[error("this program carries the profile of {0} and takes no other")]
    Another(String),
}

impl ProfileError {
    /// What the window says about it.
    pub fn trouble(&self) -> ProfileTrouble {
        match self {
            Self::Missing(_) | Self::Read { .. } => ProfileTrouble::Missing,
            Self::Damaged { source: bundle::BundleError::NotTrusted(_), .. } | Self::Another(_) => {
                ProfileTrouble::Foreign
            }
            Self::Untimely(bundle::Untimely::Expired { .. }) => ProfileTrouble::Expired,
            Self::Untimely(bundle::Untimely::FromTheFuture { .. }) => ProfileTrouble::Clock,
            Self::Damaged { .. } | Self::Program { .. } => ProfileTrouble::Altered,
        }
    }
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
    /// What the program's own file carries; `None` where the profile lies beside it without the program having a say in it.
    pub carried: Option<Carried>,
}

/// Opens the profile in this program; where it carries none, the one at this path or the one beside it, which must be signed by the
/// key in the program if there is one.
pub fn open(named: Option<&Path>, now_unix_s: u64) -> Result<Opened, ProfileError> {
    let carried = carried()?;
    let profile = found(named, carried.as_ref())?;
    profile.check_time(now_unix_s).map_err(ProfileError::Untimely)?;
    Ok(Opened { carried, ..from_profile(&profile) })
}

fn found(named: Option<&Path>, carried: Option<&Carried>) -> Result<Profile, ProfileError> {
    let trusted = match carried {
        Some(Carried::Profile(profile, _)) if named.is_none() => return Ok((**profile).clone()),
        Some(Carried::Profile(profile, _)) => return Err(ProfileError::Another(profile.company.clone())),
        Some(Carried::Pin(key)) => Some(key),
        None => None,
    };
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
    match bundle::open(&bytes, trusted.map(KeyId::public_key)) {
        Ok((profile, _)) => Ok(profile),
        Err(source) => Err(ProfileError::Damaged { path, source }),
    }
}

/// What the file of this program carries.
fn carried() -> Result<Option<Carried>, ProfileError> {
    let Ok(path) = std::env::current_exe() else { return Ok(None) };
    let unread = |source| ProfileError::Read { path: path.clone(), source };
    let changed = |source| ProfileError::Program { path: path.clone(), source };
    let mut file = std::fs::File::open(&path).map_err(unread)?;
    if !bundle::carried::carries(&file).map_err(changed)? {
        return Ok(None);
    }
    let mut program = Vec::new();
    file.rewind().and_then(|()| file.read_to_end(&mut program)).map_err(unread)?;
    bundle::carried::carried(&program).map_err(changed)
}

/// Opens a profile that was read.
pub fn from_bytes(bytes: &[u8]) -> Result<Opened, bundle::BundleError> {
    bundle::open(bytes, None).map(|(profile, _)| from_profile(&profile))
}

fn from_profile(profile: &Profile) -> Opened {
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
    Opened {
        carried: None,
        tenant: TenantId::from_bytes(profile.tenant),
        root: profile.root.clone(),
        controller: controller::Profile {
            tenant: TenantId::from_bytes(profile.tenant),
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
            page: relays.first().map(|relay| page(relay, AppId::from_bytes(profile.app))).unwrap_or_default(),
            language: match profile.language {
                Wanted::Auto => None,
                Wanted::PtBr => Some(Language::PtBr),
                Wanted::En => Some(Language::En),
                Wanted::Es => Some(Language::Es),
            },
        },
        relays,
    }
}

/// Where the server gives out an app's programs, as long as there is the app: it has console and relay at one place.
fn page(relay: &RelayAddress, app: AppId) -> String {
    let host = if relay.host.contains(':') { format!("[{}]", relay.host) } else { relay.host.clone() };
    let port = if relay.port == 443 { String::new() } else { format!(":{}", relay.port) };
    format!("https://{host}{port}/d/app/{app}")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_an_app_is_where_its_relay_is() {
        let at = |host: &str, port| {
            let relay = RelayAddress { host: host.to_owned(), port, certificate_sha256: [0; 32] };
            page(&relay, AppId::from_bytes([0x0b; 16]))
        };
        let id = "0b".repeat(16);
        assert_eq!(at("suporte.example", 443), format!("https://suporte.example/d/app/{id}"));
        assert_eq!(at("suporte.example", 7443), format!("https://suporte.example:7443/d/app/{id}"));
        assert_eq!(at("2001:db8::1", 7443), format!("https://[2001:db8::1]:7443/d/app/{id}"));
    }
}
