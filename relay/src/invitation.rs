//! Links that invite a customer to a ticket: a token that only this server makes, for one ticket, from one app's page.
//!
//! Nothing is kept of them: the token names the ticket and proves itself, until its time is over. Whoever reads one looks at the ticket each
//! time; an invitation to one that is closed is over. It lets nobody in: whoever has it is told what the ticket is about, on the download page
//! and in the app's own program, and waits on that ticket. It travels in the name of the downloaded file, which is signed and the same for
//! everybody.

use std::sync::LazyLock;

use data_encoding::{Encoding, Specification};
use jiff::Timestamp;
use protocol::{
    id::{AppId, ConnectionId, TenantId, TicketNumber},
    message::invitation::{ALPHABET, Invitation},
};
use ring::hmac;
use store::{App, CustomerDetails, StoreError, TicketFilter, TicketOf};

use crate::relay::Shared;

/// Bytes of the proof.
const PROOF: usize = 16;
const DAY_S: i64 = 24 * 3600;
/// How long an invitation is good, in days. An attendant makes a new one with a click.
pub const GOOD_FOR_DAYS: u16 = 30;
/// What stands before the number of a ticket of the built-in desk, …
const DESK: u8 = 0;
/// … and before the connection whose ticket it is.
const SYSTEM: u8 = 1;

/// Makes tokens and reads them.
pub struct Invitations(hmac::Key);

/// Why a token says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// It was not made here, or for another app.
    Unknown,
    /// Its time is over.
    Expired,
}

impl Invitations {
    /// With this key.
    pub fn new(key: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// The token of a ticket, from the page of this app: the same all day. `None` when the ticket's number is too long to be written.
    pub fn token(&self, tenant: TenantId, app: AppId, ticket: &TicketOf, now: Timestamp) -> Option<Invitation> {
        let mut said = day(now).to_be_bytes().to_vec();
        match ticket.system {
            None => said.push(DESK),
            Some(system) => {
                said.push(SYSTEM);
                said.extend_from_slice(system.as_bytes());
            }
        }
        said.extend_from_slice(ticket.number.as_str().as_bytes());
        let token = [self.proof(tenant, app, &said).as_slice(), &said].concat();
        LETTERS.encode(&token).parse().ok()
    }

    /// The ticket that a token is about, read by this app of this company.
    ///
    /// # Errors
    /// It is not good.
    pub fn read(&self, tenant: TenantId, app: AppId, token: &Invitation, now: Timestamp) -> Result<TicketOf, Unread> {
        let bytes = LETTERS.decode(token.as_str().as_bytes()).map_err(|_| Unread::Unknown)?;
        let (proof, said) = bytes.split_at_checked(PROOF).ok_or(Unread::Unknown)?;
        let ours = self.proof(tenant, app, said);
        // Without telling by its time where it differs.
        if ours.iter().zip(proof).fold(0, |d, (a, b)| d | (a ^ b)) != 0 {
            return Err(Unread::Unknown);
        }
        let (made, of) = said.split_first_chunk::<2>().ok_or(Unread::Unknown)?;
        let (made, today) = (u16::from_be_bytes(*made), day(now));
        // A clock that was set back is no reason to refuse.
        if today.saturating_sub(made) > GOOD_FOR_DAYS {
            return Err(Unread::Expired);
        }
        ticket(of).ok_or(Unread::Unknown)
    }

    fn proof(&self, tenant: TenantId, app: AppId, said: &[u8]) -> [u8; PROOF] {
        let message = [b"amparo invitation v2".as_slice(), tenant.as_bytes(), app.as_bytes(), said].concat();
        let tag = hmac::sign(&self.0, &message);
        let mut proof = [0; PROOF];
        proof.copy_from_slice(&tag.as_ref()[..PROOF]);
        proof
    }
}

fn day(now: Timestamp) -> u16 {
    u16::try_from(now.as_second() / DAY_S).unwrap_or(0)
}

fn ticket(of: &[u8]) -> Option<TicketOf> {
    let (system, number) = match of.split_first()? {
        (&DESK, number) => (None, number),
        (&SYSTEM, rest) => {
            let (system, number) = rest.split_first_chunk()?;
            (Some(ConnectionId::from_bytes(*system)), number)
        }
        _ => return None,
    };
    Some(TicketOf { system, number: TicketNumber::new(std::str::from_utf8(number).ok()?).ok()? })
}

/// Five bits a letter; the last one is filled with zeros, so that there is one way to write each token.
static LETTERS: LazyLock<Encoding> = LazyLock::new(|| {
    let mut of = Specification::new();
    of.symbols.extend(ALPHABET.iter().map(|letter| char::from(*letter)));
    of.encoding().expect("thirty-two letters that differ")
});

impl Shared {
    /// What makes and reads this server's invitations.
    pub fn invitations(&self) -> Invitations {
        Invitations::new(&self.keys.invitation_key())
    }
}

/// A ticket that somebody is invited to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// Which.
    pub ticket: TicketOf,
    /// What it is about; empty where another system knows that.
    pub subject: String,
    /// Who asks; empty likewise.
    pub requester: CustomerDetails,
}

/// Why an invitation leads to no ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotOpen {
    /// It says nothing.
    Unread(Unread),
    /// Nothing more is to be done on this ticket.
    Over(TicketNumber),
}

/// What an invitation to a customer of this app is about.
///
/// # Errors
/// When the records cannot be read.
pub(crate) async fn look(
    shared: &Shared,
    app: &App,
    token: &Invitation,
    now: Timestamp,
) -> Result<Result<Open, NotOpen>, StoreError> {
    let unknown = Ok(Err(NotOpen::Unread(Unread::Unknown)));
    let ticket = match shared.invitations().read(app.tenant, app.id, token, now) {
        Ok(ticket) => ticket,
        Err(unread) => return Ok(Err(NotOpen::Unread(unread))),
    };
    let over = |ticket: TicketOf| Ok(Err(NotOpen::Over(ticket.number)));
    if let Some(system) = ticket.system {
        // Another system is not asked because of what anybody may send; a connection that is gone invites nobody.
        let closed = match shared.store.connection(app.tenant, system).await {
            Ok(connection) => connection.removed_at.is_some() || shared.store.is_closed(system, &ticket.number).await?,
            Err(StoreError::NotFound { .. }) => return unknown,
            Err(error) => return Err(error),
        };
        let open = Open { ticket: ticket.clone(), subject: String::new(), requester: CustomerDetails::default() };
        return if closed { over(ticket) } else { Ok(Ok(open)) };
    }
    match shared.store.desk_ticket(app.tenant, &ticket.number).await {
        Ok(found) if TicketFilter::OPEN.contains(&found.status) => {
            Ok(Ok(Open { ticket, subject: found.subject, requester: found.requester.details }))
        }
        Ok(_) => over(ticket),
        Err(StoreError::NotFound { .. }) => unknown,
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use protocol::limits;

    use super::*;

    const TENANT: TenantId = TenantId::from_bytes([1; 16]);
    const APP: AppId = AppId::from_bytes([3; 16]);

    fn at(day: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + day * DAY_S).unwrap()
    }

    #[test]
    fn a_token_names_one_ticket_for_one_app_and_cannot_be_made_up() {
        let invitations = Invitations::new(&[7; 32]);
        let system = ConnectionId::from_bytes([9; 16]);
        let unknown = Err(Unread::Unknown);
        for ticket in [
            TicketOf { system: None, number: TicketNumber::new("1").unwrap() },
            TicketOf { system: None, number: TicketNumber::new("1001").unwrap() },
            TicketOf { system: Some(system), number: TicketNumber::new("5003000-A/1").unwrap() },
            TicketOf { system: Some(system), number: TicketNumber::new(&"é".repeat(32)).unwrap() },
        ] {
            let token = invitations.token(TENANT, APP, &ticket, at(0)).unwrap();
            let read = |token: &str| match token.parse() {
                Ok(token) => invitations.read(TENANT, APP, &token, at(0)),
                Err(_) => Err(Unread::Unknown),
            };
            assert_eq!(read(token.as_str()), Ok(ticket.clone()));
            assert_eq!(read(&token.as_str().to_uppercase()), Ok(ticket.clone()), "a file's name in capitals");
            let elsewhere = [(TenantId::from_bytes([2; 16]), APP), (TENANT, AppId::from_bytes([4; 16]))];
            for (tenant, app) in elsewhere {
                assert_eq!(invitations.read(tenant, app, &token, at(0)), unknown);
            }
            assert_eq!(Invitations::new(&[8; 32]).read(TENANT, APP, &token, at(0)), unknown, "another server's");
            for n in 0..token.as_str().len() {
                let mut changed = token.as_str().as_bytes().to_vec();
                changed[n] = if changed[n] == b'2' { b'3' } else { b'2' };
                assert_eq!(read(&String::from_utf8(changed).unwrap()), unknown, "{n}");
                assert_eq!(read(&token.as_str()[..n]), unknown, "cut to {n}");
            }
            assert_eq!(read(&format!("{}0", token.as_str())), unknown);
        }
        let longest = TicketNumber::new(&"9".repeat(limits::TICKET_NUMBER_BYTES)).unwrap();
        let longest = TicketOf { system: Some(system), number: longest };
        assert_eq!(invitations.token(TENANT, APP, &longest, at(0)).unwrap().as_str().len(), 159);
    }

    #[test]
    fn a_token_is_good_for_thirty_days() {
        let invitations = Invitations::new(&[7; 32]);
        let ticket = TicketOf::desk(TicketNumber::new("1001").unwrap());
        let token = invitations.token(TENANT, APP, &ticket, at(0)).unwrap();
        for good in [-400, -1, 0, 1, 30] {
            assert_eq!(invitations.read(TENANT, APP, &token, at(good)), Ok(ticket.clone()), "{good}");
        }
        for over in [31, 32, 4000] {
            assert_eq!(invitations.read(TENANT, APP, &token, at(over)), Err(Unread::Expired), "{over}");
        }
    }

    #[test]
    fn bytes_are_written_in_one_way() {
        for length in 0..40_u8 {
            let bytes: Vec<u8> = (0..length).map(|n| n.wrapping_mul(37)).collect();
            assert_eq!(LETTERS.decode(LETTERS.encode(&bytes).as_bytes()), Ok(bytes));
        }
        // The last letter's spare bits are zeros.
        assert_eq!(LETTERS.decode(b"00"), Ok(vec![0]));
        assert!(LETTERS.decode(b"01").is_err() && LETTERS.decode(b"0u").is_err());
    }
}
