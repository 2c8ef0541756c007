//! What the first start makes: a company, its keys, its app, and the link where its first administrator is made.

use anyhow::Context;
use jiff::Timestamp;
use protocol::id::{AppId, TenantId};
use store::{App, Store, Tenant, TokenHash};

use crate::{
    apps,
    config::{FirstStart, PublicUrl},
    key::Keys,
};

/// The first company; made if there is none.
pub(super) async fn tenant(store: &dyn Store, keys: &Keys, first: &FirstStart) -> anyhow::Result<TenantId> {
    let id = match store.tenants().await.context("reading the companies")?.first() {
        Some(tenant) => tenant.id,
        None => {
            let id = TenantId::from_bytes(rand::random());
            add_tenant(store, keys, &Tenant::new(id, &first.company, Timestamp::now())).await?;
            id
        }
    };
    // Told at start rather than at the first attendant.
    keys.tenant(id)
        .context("reading the company's keys: if they were lost, restore them from a backup of the data folder")?;
    // Apart from the company, so that a first start that was killed in between is finished by the second.
    if store.apps(id).await.context("reading the apps")?.is_empty() {
        apps::add(store, app(id, first)).await.context("writing the first app down")?;
    }
    Ok(id)
}

/// Makes one more company, with keys and an app.
pub(crate) async fn add_company(store: &dyn Store, keys: &Keys, tenant: &Tenant) -> anyhow::Result<()> {
    add_tenant(store, keys, tenant).await?;
    let first = FirstStart { company: tenant.name.clone(), ..FirstStart::default() };
    let app = App { language: tenant.language, ..app(tenant.id, &first) };
    apps::add(store, app).await.context("writing its app down")?;
    Ok(())
}

/// Makes a company with its keys.
async fn add_tenant(store: &dyn Store, keys: &Keys, tenant: &Tenant) -> anyhow::Result<()> {
    // The keys first: a company in the records always has them.
    keys.make_tenant(tenant.id, &tenant.name)?;
    store.add_tenant(tenant).await.context("writing the company down")
}

fn app(tenant: TenantId, first: &FirstStart) -> App {
    let [red, green, blue] = first.accent;
    let title = first.title.clone().unwrap_or_else(|| format!("Suporte {}", first.company));
    App {
        accent: format!("{red:02X}{green:02X}{blue:02X}"),
        ..App::new(AppId::from_bytes(rand::random()), tenant, &title, &first.company, "", Timestamp::now())
    }
}

/// A fresh link to the set-up page, as long as the company has no user; the one before stops working.
pub(crate) async fn setup_link(
    store: &dyn Store,
    tenant: TenantId,
    address: &PublicUrl,
) -> anyhow::Result<Option<String>> {
    if !store.operators(tenant).await.context("reading the users")?.is_empty() {
        return Ok(None);
    }
    let token: String = rand::random::<[u8; 16]>().iter().map(|byte| format!("{byte:02x}")).collect();
    store
        .put_setup_token(tenant, &TokenHash::of(token.as_bytes()), Timestamp::now())
        .await
        .context("writing the set-up link down")?;
    Ok(Some(format!("{address}/setup/{token}")))
}
