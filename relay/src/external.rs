//! Tickets of other systems: looked up for a page, or because their system says that something has changed; and what ends with them.
//!
//! What a system's message says is never believed: it is a reason to look. Must never ask a system about a ticket that nothing here is
//! bound to because of a message that anybody could repeat.

use jiff::Timestamp;
use protocol::{
    id::{ConnectionId, TenantId, TicketNumber},
    message::ticket::{TicketBrief, TicketStatus},
};
use ring::hmac;
use store::StoreError;
use tickets::{Cause, FoundTicket, ReportError};

use crate::relay::Shared;

/// Words of a message that may be a ticket's number, at most.
const WORDS: usize = 200;
/// Tickets that are looked up because of one message, at most.
const LOOKED_UP: usize = 5;
/// Hexadecimal digits of a proof: 128 bits.
const PROOF_DIGITS: usize = 32;

/// Looks a ticket up and notes whether it is open. `None`: there is none.
///
/// # Errors
/// As the system's, and when it takes longer than `times.tickets`, or is one that cannot be asked.
pub(crate) async fn look_up(
    shared: &Shared,
    tenant: TenantId,
    system: ConnectionId,
    number: &TicketNumber,
) -> Result<Option<FoundTicket>, ReportError> {
    let within = shared.config.times.tickets;
    let asked = async {
        let reached = shared.tickets.reach(tenant, Some(system)).await?;
        if !reached.system.capabilities().reads {
            return Err(ReportError::refused("this system cannot be asked"));
        }
        reached.system.look_up(number).await
    };
    let late = |_| Err(ReportError::Unreachable(Cause::TimedOut(within)));
    let found = tokio::time::timeout(within, asked).await.unwrap_or_else(late)?;
    if let Some(found) = &found {
        note(shared, tenant, system, &found.brief).await;
    }
    Ok(found)
}

/// Whether something more is to be done on a ticket.
pub(crate) fn is_open(status: TicketStatus) -> bool {
    !matches!(status, TicketStatus::Resolved | TicketStatus::Closed)
}

/// Notes what a look-up has found: with a closed ticket, what is bound to it ends.
pub(crate) async fn note(shared: &Shared, tenant: TenantId, system: ConnectionId, brief: &TicketBrief) {
    let open = is_open(brief.status);
    match shared.store.note_ticket(tenant, system, &brief.number, open, Timestamp::now()).await {
        Ok(0) => {}
        Ok(ended) => {
            tracing::info!(ticket = brief.number.as_str(), ended, "a ticket is closed: nobody waits on it any more")
        }
        // Noted with the next look.
        Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "that a ticket is closed is not noted"),
    }
}

/// What proves that a message comes from whoever was given this connection's address.
pub(crate) fn proof(shared: &Shared, tenant: TenantId, system: ConnectionId) -> String {
    proof_by(&shared.keys.invitation_key(), tenant, system)
}

fn proof_by(key: &[u8; 32], tenant: TenantId, system: ConnectionId) -> String {
    let message = [b"amparo incoming v1".as_slice(), tenant.as_bytes(), system.as_bytes()].concat();
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), &message);
    tag.as_ref()[..PROOF_DIGITS / 2].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether this is the proof, compared without telling by its time where it differs.
pub(crate) fn proves(shared: &Shared, tenant: TenantId, system: ConnectionId, said: &str) -> bool {
    let ours = proof(shared, tenant, system);
    ours.len() == said.len() && ours.bytes().zip(said.bytes()).fold(0, |d, (a, b)| d | (a ^ b)) == 0
}

/// A system says that something has changed: of the tickets that its message names, those that something here is bound to are looked up.
/// How many were.
///
/// # Errors
/// When the records cannot be read. A system that does not answer is no error: the next look finds out.
pub(crate) async fn told(
    shared: &Shared,
    tenant: TenantId,
    system: ConnectionId,
    message: &str,
) -> Result<usize, StoreError> {
    let named = numbers(message);
    let known = shared.store.known_tickets(tenant, system, &named).await?;
    let mut looked = 0;
    for number in known.iter().take(LOOKED_UP) {
        match look_up(shared, tenant, system, number).await {
            Ok(_) => looked += 1,
            Err(error) => {
                tracing::info!(
                    error = &error as &dyn std::error::Error,
                    "a ticket that has changed cannot be looked up now"
                );
                break;
            }
        }
    }
    Ok(looked)
}

/// What in a message may be the number of a ticket: whatever the system, and whatever form it sends.
fn numbers(message: &str) -> Vec<TicketNumber> {
    let mut found: Vec<TicketNumber> = Vec::new();
    let apart = |c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
    for word in message.split(apart).map(|word| word.trim_matches('.')) {
        if found.len() >= WORDS {
            break;
        }
        if !word.bytes().any(|b| b.is_ascii_digit()) {
            continue;
        }
        if let Ok(number) = TicketNumber::new(word)
            && !found.contains(&number)
        {
            found.push(number);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn named(message: &str) -> Vec<String> {
        numbers(message).iter().map(|number| number.as_str().to_owned()).collect()
    }

    #[test]
    fn numbers_are_found_in_what_systems_send() {
        assert_eq!(named(r#"{"Id": 5003, "Subject": "Nota"}"#), ["5003"]);
        assert_eq!(named("ticket%5Bid%5D=77&status=closed"), ["5Bid", "5D", "77"]);
        assert_eq!(named("<sObject><sf:CaseNumber>00001026</sf:CaseNumber></sObject>"), ["00001026"]);
        assert_eq!(named(r#"{"ticket":{"number":"2026-11-000042"}}"#), ["2026-11-000042"]);
        assert_eq!(named("12 12 12."), ["12"]);
    }

    #[test]
    fn of_a_message_of_any_size_only_so_much_is_read() {
        let many: String = (0..100_000).map(|n| format!("{n} ")).collect();
        assert_eq!(numbers(&many).len(), WORDS);
        assert!(named("").is_empty() && named(&"a".repeat(100_000)).is_empty());
        assert!(named(&"9".repeat(100_000)).is_empty());
    }

    #[test]
    fn a_proof_is_of_one_connection_of_one_company() {
        let (tenant, system) = (TenantId::from_bytes([1; 16]), ConnectionId::from_bytes([2; 16]));
        let ours = proof_by(&[7; 32], tenant, system);
        assert_eq!(ours.len(), PROOF_DIGITS);
        assert_ne!(ours, proof_by(&[7; 32], TenantId::from_bytes([3; 16]), system));
        assert_ne!(ours, proof_by(&[7; 32], tenant, ConnectionId::from_bytes([3; 16])));
        assert_ne!(ours, proof_by(&[8; 32], tenant, system));
    }
}
