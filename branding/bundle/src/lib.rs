//! The brand of a program: a signed profile, and the colours computed from its one colour.
//!
//! The relay and `amparo-brand` make profiles, the agent opens them. A profile is data in a closed schema: it names the company, its
//! logo, its colour, the questions to ask and the servers to trust. It has no word for the consent question, a warning, a limit or an
//! address to update from, so it can change none of them.

#![forbid(unsafe_code)]

pub mod carried;
pub mod logo;
pub mod palette;
pub mod profile;
mod signed;
mod spelling;

pub use carried::{Carried, CarriedError, Load};
pub use logo::{DEFAULT_LOGO, LOGO_SIDE_PX, Logo, LogoError};
pub use palette::{Palette, Shades};
pub use profile::{Contents, Field, FieldKey, Language, Presence, Profile, ProfileError, Relay, Texts, Untimely};
pub use signed::{BundleError, KeyError, KeyId, MAX_BUNDLE_BYTES, SigningKey, open, sign};

/// Amparo's own colour, for the console and for programs without a brand.
pub const AMPARO_ACCENT: [u8; 3] = [0x0B, 0x6B, 0x6F];
