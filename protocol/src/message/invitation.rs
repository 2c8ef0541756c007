//! A link that invites a customer to a ticket, as the program hands it on: what it was about, and what is filled in because of it.
//!
//! The relay alone can read a token, and looks at the ticket each time: a token opens nothing and lets nobody in.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{ShownText, directory::Field};
use crate::{
    capped,
    id::{AppId, TicketNumber},
    limits,
};

/// What stands in a file's name before a token.
const IN_A_NAME: &str = "-ticket-";
/// Letters and digits that cannot be mistaken for each other (Crockford's), in lower case: nothing that a file's name, a link or a browser
/// changes.
pub const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// The shortest there is: a proof, a day, and one digit.
const SHORTEST: usize = 32;

/// An invitation as it travels: [`ALPHABET`] only, in lower case, at most [`limits::INVITATION_BYTES`].
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Invitation(String);

/// Not an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an invitation")]
pub struct NoInvitation;

impl Invitation {
    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The one in the name of a downloaded file, whatever a browser or a person has put behind it: ` (1)`, `_2`, `.exe`, ` - copy`.
    pub fn in_name(file_name: &str) -> Option<Self> {
        let lower = file_name.to_ascii_lowercase();
        let (_, behind) = lower.rsplit_once(IN_A_NAME)?;
        let end = behind.bytes().position(|byte| !ALPHABET.contains(&byte)).unwrap_or(behind.len());
        behind[..end].parse().ok()
    }

    /// A file's name, without its ending, with this in it.
    pub fn name(&self, file: &str) -> String {
        format!("{file}{IN_A_NAME}{}", self.0)
    }
}

impl FromStr for Invitation {
    type Err = NoInvitation;

    fn from_str(text: &str) -> Result<Self, NoInvitation> {
        let text = text.to_ascii_lowercase();
        let fits = (SHORTEST..=limits::INVITATION_BYTES).contains(&text.len());
        if fits && text.bytes().all(|byte| ALPHABET.contains(&byte)) { Ok(Self(text)) } else { Err(NoInvitation) }
    }
}

impl TryFrom<String> for Invitation {
    type Error = NoInvitation;
    fn try_from(text: String) -> Result<Self, NoInvitation> {
        // On the wire there is one way to write it.
        text.parse().ok().filter(|parsed: &Self| parsed.0 == text).ok_or(NoInvitation)
    }
}

impl From<Invitation> for String {
    fn from(invitation: Invitation) -> String {
        invitation.0
    }
}

/// Whoever has it is told what its ticket is about: it is not for logs.
impl fmt::Debug for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Invitation({} characters)", self.0.len())
    }
}

/// Asks what an invitation is to, and has every registration of this connection stand on that ticket. Another one takes its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenInvitation {
    /// The app of its profile.
    pub app: AppId,
    /// As it came.
    pub invitation: Invitation,
}

/// Answer to [`OpenInvitation`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum InvitationIs {
    /// It is good.
    Good(Invited),
    /// It is not.
    Refused(InvitationError),
}

/// What somebody is invited to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invited {
    /// The ticket.
    pub number: TicketNumber,
    /// What it is about; empty where that is not known here.
    pub subject: ShownText,
    /// What the app asks for and the ticket knows; at most [`limits::FIELDS`].
    #[serde(deserialize_with = "capped::list::<_, _, { limits::FIELDS }>")]
    pub fields: Vec<Field>,
}

/// Why an invitation is not good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum InvitationError {
    /// This server did not make it for this app.
    Unknown,
    /// Its time is over.
    Expired,
    /// This ticket is closed.
    Over(TicketNumber),
    /// The server cannot look now.
    Unavailable,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const TOKEN: &str = "0123456789abcdefghjkmnpqrstvwxyz01234";

    #[test]
    fn a_token_is_found_in_whatever_browsers_and_people_make_of_a_files_name() {
        let token: Invitation = TOKEN.parse().unwrap();
        let name = token.name("Suporte-Varanda");
        for renamed in [
            name.clone(),
            format!("{name}.exe"),
            format!("{name} (1).exe"),
            format!("{name}(2).exe"),
            format!("{name} - Cópia.exe"),
            format!("{name}_1.exe"),
            format!("{name}.1"),
            format!("Copy of {name}.exe"),
            format!("Suporte-ticket-1001-ticket-{TOKEN}.exe"),
            name.to_uppercase(),
        ] {
            assert_eq!(Invitation::in_name(&renamed), Some(token.clone()), "{renamed}");
        }
    }

    #[test]
    fn a_name_that_holds_none_is_a_name() {
        let long = "0".repeat(limits::INVITATION_BYTES + 1);
        for name in [
            "",
            "suporte.exe",
            "suporte-ticket-.exe",
            "suporte-ticket-1001.exe",
            &format!("suporte-ticket-{long}.exe"),
            &format!("suporte-ticket-{}u{}.exe", &TOKEN[..10], &TOKEN[10..]),
            &format!("suporte-ticket-é{TOKEN}"),
            &format!("suporte{TOKEN}"),
            &TOKEN[..SHORTEST - 1],
        ] {
            assert_eq!(Invitation::in_name(name), None, "{name}");
        }
        for text in ["", "1001", &TOKEN[..SHORTEST - 1], &long, &format!("{TOKEN} "), &format!("{TOKEN}é")] {
            assert!(text.parse::<Invitation>().is_err(), "{text}");
        }
        assert!(!format!("{:?}", TOKEN.parse::<Invitation>().unwrap()).contains("0123"));
    }
}
