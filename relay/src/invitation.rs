//! Links that invite a customer to a ticket: a token that only this server makes, for one ticket of one company.
//!
//! Nothing is kept of them: the token names the ticket and proves itself. Whoever reads one must still look at the ticket; a link to
//! one that is closed is over. It opens nothing: it says on the download page which ticket it is about.

use protocol::id::{TenantId, TicketNumber};
use ring::hmac;
use store::TicketOf;

/// Hexadecimal digits of the proof: 128 bits.
const PROOF_DIGITS: usize = 32;
/// The longest token that is read.
const TOKEN_BYTES: usize = 300;
/// What stands for the built-in desk.
const DESK: &str = "desk";

/// Makes tokens and reads them.
pub struct Invitations(hmac::Key);

impl Invitations {
    /// With this key.
    pub fn new(key: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// The token of a company's ticket: the same each time.
    pub fn token(&self, tenant: TenantId, ticket: &TicketOf) -> String {
        let of = ticket.system.map_or_else(|| DESK.to_owned(), |system| system.to_string());
        let said = format!("{of}-{}", ticket.number.as_str());
        format!("{}-{said}", self.proof(tenant, &said))
    }

    /// The ticket that a token of this company is about.
    pub fn read(&self, tenant: TenantId, token: &str) -> Option<TicketOf> {
        if token.len() > TOKEN_BYTES {
            return None;
        }
        let (proof, said) = token.split_once('-')?;
        let ours = self.proof(tenant, said);
        let same = ours.len() == proof.len() && ours.bytes().zip(proof.bytes()).fold(0, |d, (a, b)| d | (a ^ b)) == 0;
        let (of, number) = said.split_once('-').filter(|_| same)?;
        let system = if of == DESK { None } else { Some(of.parse().ok()?) };
        Some(TicketOf { system, number: TicketNumber::new(number).ok()? })
    }

    fn proof(&self, tenant: TenantId, said: &str) -> String {
        let message = [b"amparo invitation v1".as_slice(), tenant.as_bytes(), said.as_bytes()].concat();
        let tag = hmac::sign(&self.0, &message);
        tag.as_ref()[..PROOF_DIGITS / 2].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use protocol::id::ConnectionId;

    use super::*;

    #[test]
    fn a_token_names_one_ticket_of_one_company_and_cannot_be_made_up() {
        let (ours, theirs) = (TenantId::from_bytes([1; 16]), TenantId::from_bytes([2; 16]));
        let invitations = Invitations::new(&[7; 32]);
        let system = ConnectionId::from_bytes([9; 16]);
        for ticket in [
            TicketOf { system: None, number: TicketNumber::new("1001").unwrap() },
            TicketOf { system: Some(system), number: TicketNumber::new("5003000-A/1").unwrap() },
        ] {
            let token = invitations.token(ours, &ticket);
            assert_eq!(invitations.read(ours, &token), Some(ticket.clone()));
            assert_eq!(invitations.read(theirs, &token), None, "another company's");
            assert_eq!(Invitations::new(&[8; 32]).read(ours, &token), None, "another server's");
            for n in 0..token.len() {
                let mut changed = token.clone().into_bytes();
                changed[n] = if changed[n] == b'2' { b'3' } else { b'2' };
                assert_eq!(invitations.read(ours, &String::from_utf8(changed).unwrap()), None, "{n}");
                assert_eq!(invitations.read(ours, &token[..n]), None, "cut to {n}");
            }
        }
        for nonsense in ["", "-", "--", "desk-1001", &"a".repeat(10_000)] {
            assert_eq!(invitations.read(ours, nonsense), None);
        }
    }
}
