//! What an attendant's program says about offers: status, readiness, answers, pulling the next.

use protocol::{id::TenantId, message::ToRelay};

use super::Program;

impl Program {
    /// Of somebody who is logged in no more, nothing counts.
    pub(super) async fn queue_word(&mut self, tenant: TenantId, message: ToRelay) {
        let Some(operator) = self.attendant(tenant).await else { return };
        let (shared, peer) = (&self.shared, &self.peer);
        match message {
            ToRelay::SetStatus(status) => shared.queue.choose_here(shared, operator.id, status).await,
            ToRelay::Ready(ready) => shared.queue.ready(shared, operator.id, peer, ready).await,
            ToRelay::AnswerOffer(answer) => shared.queue.answer(shared, &operator, peer, answer).await,
            ToRelay::PullNext => {
                let reach = shared.apps.reach(&operator).await.unwrap_or_default();
                shared.queue.pull(shared, &operator, peer, &reach).await;
            }
            _ => {}
        }
    }

    /// Whoever is logged in here takes no customers here any more.
    pub(super) async fn part_from_queue(&self) {
        if let Some(login) = &self.login {
            self.shared.queue.part(&self.shared, login.operator.id, &self.peer).await;
        }
    }
}
