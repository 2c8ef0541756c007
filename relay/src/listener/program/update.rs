//! A program asks for a newer one of itself.

use bundle::Version;
use protocol::{
    id::{AppId, TenantId},
    message::{
        FromRelay,
        update::{AskUpdate, FetchUpdate, UpdateIs, UpdatePart},
    },
};

use super::Program;
use crate::{programs::System, relay::Shared};

impl Program {
    pub(super) async fn ask_update(&self, tenant: TenantId, ask: AskUpdate) {
        let (shared, peer) = (self.shared.clone(), self.peer.clone());
        self.in_background(async move {
            let newer = match app(&shared, tenant, ask.app).await {
                Some(app) => shared.newer(app, System::of_program(ask.system), Version(ask.version)).await,
                None => None,
            };
            peer.send(FromRelay::UpdateIs(newer.map_or(UpdateIs::None, UpdateIs::Newer)));
        })
        .await;
    }

    pub(super) async fn fetch_update(&self, tenant: TenantId, fetch: FetchUpdate) {
        let (shared, peer) = (self.shared.clone(), self.peer.clone());
        self.in_background(async move {
            let part = match app(&shared, tenant, fetch.app).await {
                Some(app) => shared.update_part(app, System::of_program(fetch.system), fetch.sha256, fetch.from).await,
                None => UpdatePart::Gone,
            };
            peer.send(FromRelay::UpdatePart(part));
        })
        .await;
    }
}

/// The app of this company. Another's is as good as none.
async fn app(shared: &Shared, tenant: TenantId, id: AppId) -> Option<store::App> {
    shared.store.app(id).await.ok().filter(|app| app.tenant == tenant)
}
