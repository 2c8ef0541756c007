//! The waiting list as an attendant's program gets it: the customers of the apps they attend, whole, newest state wins, not more often
//! than a person can read.

use std::{
    collections::HashSet,
    sync::{Arc, atomic::AtomicU32},
    time::Duration,
};

use protocol::{
    id::DeviceId,
    limits::{OUTER_MESSAGE_BYTES, WAITING_LISTED},
    message::directory::{WaitingCustomer, WaitingOn},
    version::INVITATIONS_SINCE,
};

use super::own_device;
use crate::{account::Operator, directory::Present, listener::peer::Peer, relay::Shared};

/// Changes within this time are told together.
const TOGETHER: Duration = Duration::from_millis(100);

/// Tells the list whenever it changes, as long as it runs.
pub(super) async fn feed(shared: Arc<Shared>, operator: Operator, own: Arc<AtomicU32>, to: Arc<Peer>) {
    let mut changes = shared.changes();
    let mut told = None;
    loop {
        changes.borrow_and_update();
        // Apps that cannot be read now: what was told stands.
        if let Ok(reach) = shared.apps.reach(&operator).await {
            let own = own_device(&own);
            // One more, for the own one.
            let most = WAITING_LISTED + 1;
            let waiting = shared.directory.first_waiting_of(operator.tenant, most, |app| reach.attends(app));
            let list = fitting(waiting.iter().map(|p| &**p).filter(|p| Some(p.id) != own));
            let on = on_tickets(&list, &waiting);
            let now = Some((list, on));
            if told != now
                && let Some((list, on)) = &now
            {
                let was_on = told.as_ref().is_some_and(|(_, on)| !on.is_empty());
                if to.knows(INVITATIONS_SINCE) && (was_on || !on.is_empty()) {
                    to.show_on(on.clone());
                }
                to.show(Some(list.clone()));
                told = now;
            }
        }
        if changes.changed().await.is_err() {
            return;
        }
        tokio::time::sleep(TOGETHER).await;
    }
}

/// Those of the list who came by the link of a ticket.
fn on_tickets(list: &[WaitingCustomer], waiting: &[Arc<Present>]) -> Vec<WaitingOn> {
    let listed: HashSet<DeviceId> = list.iter().map(|row| row.id).collect();
    let invited = waiting.iter().filter(|p| listed.contains(&p.id));
    invited.filter_map(|p| Some(WaitingOn { id: p.id, ticket: p.invited.as_ref()?.number.clone() })).collect()
}

/// As many as fit one message: names can be long.
fn fitting<'a>(waiting: impl Iterator<Item = &'a Present>) -> Vec<WaitingCustomer> {
    const ROW_BYTES: usize = 64;
    let mut room = OUTER_MESSAGE_BYTES - 1024;
    waiting
        .take(WAITING_LISTED)
        .map(WaitingCustomer::from)
        .take_while(|row| {
            let texts: usize = row.fields.iter().map(|f| f.value.as_str().len() + 8).sum();
            let bytes = ROW_BYTES + row.app_title.as_str().len() + texts;
            let fits = bytes <= room;
            room = room.saturating_sub(bytes);
            fits
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use protocol::{
        frame,
        id::{AppId, TenantId},
        message::{
            FromRelay, ShownText,
            directory::{Field, FieldKey},
        },
    };

    use super::*;

    #[test]
    fn a_list_of_long_names_is_cut_to_fit_a_message() {
        let row = |i: u32| Present {
            id: DeviceId::new(100_000_000_u32 + i).unwrap(),
            tenant: TenantId::from_bytes([1; 16]),
            app: AppId::from_bytes([1; 16]),
            app_title: ShownText::lossy(&"x".repeat(400)),
            fields: FieldKey::ALL.map(|key| Field { key, value: ShownText::lossy(&"é".repeat(200)) }).to_vec(),
            class: String::new(),
            invited: None,
            listed: true,
            busy: false,
            since: jiff::Timestamp::UNIX_EPOCH,
            settled: false,
            ended: false,
        };
        let rows: Vec<Present> = (0..1000_u32).map(row).collect();
        let list = fitting(rows.iter());
        assert!(list.len() > 50 && list.len() <= WAITING_LISTED);
        assert!(frame::encode(&FromRelay::Waiting(list), OUTER_MESSAGE_BYTES).is_ok());
    }
}
