//! An attendant asks whether a session can be watched, and dials to watch it.
//!
//! The right to is looked at each time. The password is given as everywhere: by a one-time grant, and only to an enrolled program.

use std::{sync::PoisonError, time::Instant};

use protocol::{
    id::{DeviceId, TenantId},
    message::{
        FromRelay, ShownText,
        directory::Opaque,
        one_time::GrantOpened,
        pairing::{DialError, DialRefused},
        watch::{AskWatch, DialWatch, WatchError, WatchIs},
    },
};

use super::{Program, grant};
use crate::{
    account::Operator,
    session::{guess::Try, live::Caller},
};

impl Program {
    /// Who asks, if they attend and the apps can be read.
    async fn watcher(&mut self, tenant: TenantId) -> Result<(Operator, Caller), DialError> {
        let operator = self.attendant(tenant).await.ok_or(DialError::NotAllowed)?;
        let reach = self.shared.apps.reach(&operator).await.map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "the apps cannot be read");
            DialError::CannotRecord
        })?;
        let caller = Caller {
            tenant,
            operator: operator.id,
            name: ShownText::lossy(&operator.name),
            peer: self.peer.clone(),
            own: self.device.map(|(id, _)| id),
            reach,
        };
        Ok((operator, caller))
    }

    pub(super) async fn ask_watch(&mut self, tenant: TenantId, ask: AskWatch) {
        let answer = move |watch| FromRelay::WatchIs(WatchIs { request: ask.request, watch });
        let (operator, caller) = match self.watcher(tenant).await {
            Ok(watcher) => watcher,
            Err(DialError::NotAllowed) => return self.peer.send(answer(Err(WatchError::NotAllowed))),
            Err(_) => return self.peer.send(answer(Err(WatchError::Unavailable))),
        };
        let begun = match self.shared.sessions.begin_watch(tried(&caller, ask.partner)) {
            Ok(begun) => begun,
            Err(why) => return self.peer.send(answer(Err(why))),
        };
        let shared = self.shared.clone();
        let entry = self.entry(tenant, &operator, "grant.made", ask.partner.to_string());
        self.in_background(async move {
            let looked = async {
                if begun.locked {
                    return Err(WatchError::Unreachable);
                }
                let mut found = shared.sessions.look_at(&caller, ask.partner).await?;
                if ask.enter {
                    shared.store.audit(&entry).await.map_err(|_| WatchError::Unavailable)?;
                    let password = shared.directory.password(tenant, ask.partner).ok_or(WatchError::Unreachable)?;
                    let whose = (tenant, caller.operator);
                    let grant = shared.one_time.make(whose, ask.partner, password, Instant::now());
                    found.grant = Opaque::try_from(grant.into_bytes()).ok();
                }
                Ok(found)
            };
            let looked = looked.await;
            shared.sessions.settle_dial(begun, matches!(looked, Err(WatchError::Unreachable)));
            caller.peer.send(answer(looked));
        })
        .await;
    }

    pub(super) async fn dial_watch(&mut self, tenant: TenantId, dial: DialWatch) {
        let DialWatch { request, partner } = dial;
        let refused = move |why| FromRelay::DialRefused(DialRefused { request, why });
        let (operator, caller) = match self.watcher(tenant).await {
            Ok(watcher) => watcher,
            Err(why) => return self.peer.send(refused(why)),
        };
        let begun = match self.shared.sessions.begin_dial(tried(&caller, partner)) {
            Ok(begun) => begun,
            Err(why) => return self.peer.send(refused(why)),
        };
        let (shared, taken) = (self.shared.clone(), self.taken.clone());
        let used = self.entry(tenant, &operator, "grant.used", partner.to_string());
        self.in_background(async move {
            let password = match grant::open(&shared, &taken, partner, used).await {
                Ok(password) => password,
                Err(why) => {
                    shared.sessions.settle_dial(begun, false);
                    return caller.peer.send(refused(why));
                }
            };
            let answer = shared.sessions.watch(&caller, request, partner, begun.locked).await;
            shared.sessions.settle_dial(begun, matches!(answer, Err(DialError::Unreachable)));
            match answer {
                Ok(dialled) => {
                    if let Some(password) = password {
                        *taken.lock().unwrap_or_else(PoisonError::into_inner) = None;
                        caller.peer.send(FromRelay::GrantOpened(GrantOpened { request, password }));
                    }
                    caller.peer.send(FromRelay::Dialled(dialled));
                }
                Err(why) => caller.peer.send(refused(why)),
            }
        })
        .await;
    }
}

fn tried(caller: &Caller, device: DeviceId) -> Try {
    Try { tenant: caller.tenant, operator: caller.operator, device }
}
