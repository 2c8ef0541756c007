//! Who waits and what the company keeps of them: how it classifies a contact stands beside them while they wait.
//!
//! Looked up when a program comes, and again for those whom a change of a contact is about; never when a list is shown. What a customer
//! types proves nothing, so nothing but this one word is shown of a contact that is found so.

use protocol::{
    id::TenantId,
    message::directory::{Field, FieldKey},
};
use store::{CustomerDetails, Store, StoreError};

use crate::{notice::identities, relay::Shared};

/// How the company classifies whoever typed this; empty: not, or nobody knows them.
pub(crate) async fn class(store: &dyn Store, tenant: TenantId, fields: &[Field]) -> Result<String, StoreError> {
    let typed = |key| fields.iter().find(|field| field.key == key).map_or("", |field| field.value.as_str()).to_owned();
    let details = CustomerDetails {
        name: typed(FieldKey::Name),
        email: typed(FieldKey::Email),
        company: typed(FieldKey::Company),
        phone: typed(FieldKey::Phone),
        document: typed(FieldKey::Document),
    };
    if details == CustomerDetails::default() {
        return Ok(String::new());
    }
    Ok(store.known_contact(tenant, &details).await?.map(|contact| contact.class).unwrap_or_default())
}

/// What is known of a contact was changed from or to any of this: those who wait and may be meant are looked up again.
pub(crate) async fn changed(shared: &Shared, tenant: TenantId, details: &[&CustomerDetails]) -> Result<(), StoreError> {
    let meant: Vec<_> = details.iter().flat_map(|details| identities(details)).collect();
    for present in shared.directory.waiting_as(tenant, &meant) {
        let class = class(&*shared.store, tenant, &present.fields).await?;
        shared.directory.classify(present.id, class);
    }
    Ok(())
}
