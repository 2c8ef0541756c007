//! Tells webhooks who begins to wait and who has gone: nothing of that is on record, so that it is found by looking who is here.
//!
//! Looked at once a second at most, and only while some webhook asked for it. Whoever comes and goes between two looks is not told of. A
//! customer whose session begins has not left; one who comes back from a session is the one who was told of already.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use protocol::{id::DeviceId, id::TenantId, message::directory::FieldKey};
use serde_json::json;
use store::{Event, Happening, StoreError};

use super::Shared;
use crate::directory::Present;

/// No look sooner than this after the one before.
const LOOK: Duration = Duration::from_secs(1);

/// Who was waiting at the last look.
type Known = HashMap<(TenantId, DeviceId), Arc<Present>>;

/// Looks until the relay ends.
pub(super) async fn tell(shared: Arc<Shared>) {
    let mut changes = shared.changes();
    let mut known = Known::new();
    loop {
        if let Err(error) = look(&shared, &mut known).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "webhooks are not yet told who waits");
        }
        tokio::time::sleep(LOOK).await;
        if changes.changed().await.is_err() {
            return;
        }
    }
}

async fn look(shared: &Shared, known: &mut Known) -> Result<(), StoreError> {
    for tenant in shared.store.tenants().await?.into_iter().map(|tenant| tenant.id) {
        let webhooks = shared.store.webhooks(tenant).await?;
        let asked = [Event::CustomerWaiting, Event::CustomerLeft];
        if !webhooks.iter().any(|w| w.disabled_at.is_none() && w.events.iter().any(|event| asked.contains(event))) {
            known.retain(|(of, _), _| *of != tenant);
            continue;
        }
        let waiting = shared.directory.waiting(tenant);
        let since: HashMap<_, _> = waiting.iter().map(|p| (p.id, p.since)).collect();
        let gone: Vec<_> = known
            .iter()
            .filter(|((of, id), before)| *of == tenant && since.get(id) != Some(&before.since))
            .map(|(key, before)| (*key, before.clone()))
            .collect();
        for (key, before) in gone {
            let is_here = shared.directory.present(tenant, before.id).is_some_and(|p| p.since == before.since);
            if !is_here {
                shared.store.happened(&news(&before, Event::CustomerLeft)).await?;
            }
            known.remove(&key);
        }
        for present in waiting {
            let key = (tenant, present.id);
            if let Entry::Vacant(place) = known.entry(key) {
                shared.store.happened(&news(&present, Event::CustomerWaiting)).await?;
                place.insert(present);
            }
        }
    }
    Ok(())
}

fn news(p: &Present, event: Event) -> Happening {
    let data = json!({
        "id": p.id.number(),
        "app": p.app.to_string(),
        "since": p.since.to_string(),
        "name": p.field(FieldKey::Name),
        "email": p.field(FieldKey::Email),
        "company": p.field(FieldKey::Company),
        "phone": p.field(FieldKey::Phone),
        "subject": p.field(FieldKey::Subject),
    });
    let which = format!("{}:{}", p.id.number(), p.since.as_millisecond());
    Happening { tenant: p.tenant, event, which, data, at: Timestamp::now() }
}
