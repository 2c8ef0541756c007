//! A customer's request: what they are told of their app's hours, and the request they leave when nobody attends.

use jiff::Timestamp;
use protocol::{
    id::TenantId,
    message::{
        FromRelay,
        request::{LeaveRequest, LeftRequest, RequestError, RequestLeft},
    },
};
use store::App;

use super::Program;
use crate::queue;

impl Program {
    /// Behind `Registered`: nothing when the app is attended.
    pub(super) async fn tell_hours(&self, app: &App) {
        self.shared.queue.greet(&self.shared, app, &self.peer).await;
    }

    pub(super) async fn leave_request(&self, tenant: TenantId, request: LeaveRequest) {
        let outcome = self.left(tenant, request).await;
        self.peer.send(FromRelay::RequestLeft(RequestLeft { outcome }));
    }

    async fn left(&self, tenant: TenantId, request: LeaveRequest) -> Result<LeftRequest, RequestError> {
        let shared = &self.shared;
        let present =
            self.device.and_then(|(id, _)| shared.directory.present(tenant, id)).filter(|p| p.listed && !p.ended);
        let present = present.ok_or(RequestError::CannotRecord)?;
        shared.queue.may_leave(self.source).map_err(|wait| RequestError::TooMany {
            retry_after_s: u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1),
        })?;
        let failed = |error: store::StoreError| {
            tracing::error!(error = &error as &dyn std::error::Error, "a request cannot be recorded");
            RequestError::CannotRecord
        };
        let app = shared.store.app(present.app).await.map_err(failed)?;
        let attended = shared.queue.attended(shared, &app, Timestamp::now()).await;
        let (why, text) = (queue::why(&attended), request.text.as_str().to_owned());
        let left = queue::miss(shared, &present, why, text, Some(self.peer.clone())).await;
        let (session, opened) = left.map_err(failed)?;
        Ok(LeftRequest { session, protocol: opened.protocol })
    }
}
