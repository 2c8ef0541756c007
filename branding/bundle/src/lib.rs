//! The brand of a program: a signed profile, and the colours computed from its one colour; and the releases it is updated by.
//!
//! The relay and `amparo-brand` make profiles, the agent opens them. A profile is data in a closed schema: it names the company, its
//! logo, its colour, the questions to ask and the servers to trust. It has no word for the consent question, a warning, a limit or an
//! address to update from, so it can change none of them.

#![forbid(unsafe_code)]

pub mod carried;
pub mod code;
mod envelope;
pub mod logo;
pub mod palette;
pub mod profile;
pub mod release;
mod signed;
mod spelling;
pub mod version;

pub use carried::{Carried, CarriedError, Load};
pub use code::System;
pub use envelope::EnvelopeError;
pub use logo::{DEFAULT_LOGO, LOGO_SIDE_PX, Logo, LogoError};
pub use palette::{Palette, Shades};
pub use profile::{Contents, Field, FieldKey, Language, Presence, Profile, ProfileError, Relay, Texts, Untimely};
pub use signed::{BundleError, KeyError, KeyId, MAX_BUNDLE_BYTES, SigningKey, open, sign};
pub use version::Version;

/// Amparo's own colour, for the console and for programs without a brand.
pub const AMPARO_ACCENT: [u8; 3] = [0x0B, 0x6B, 0x6F];
