//! The nine-digit ids that programs are reached by, and that none is given to another for a day.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::id::{DeviceId, TenantId};

use crate::error::StoreError;

/// An id that was given back goes to nobody else for this long: it may still stand on somebody's note.
pub const NOT_REUSED_FOR: Duration = Duration::from_secs(24 * 3600);

/// Which giving of an id: part of the relay's proof, so that an old holder cannot take back an id that was given to another.
pub type Generation = i64;

/// Records of device ids. Written when an id is given, renewed or given back; being there costs no write.
#[async_trait]
pub trait DeviceRecords: Send + Sync {
    /// Gives the id out if it is free: never given, or given back [`NOT_REUSED_FOR`] ago. `None` when it is not: try another.
    async fn take_device_id(
        &self,
        tenant: TenantId,
        id: DeviceId,
        now: Timestamp,
    ) -> Result<Option<Generation>, StoreError>;
    /// Its holder is here again. `false` when it was given to another since: then it needs a new id.
    async fn renew_device_id(&self, tenant: TenantId, id: DeviceId, generation: Generation)
    -> Result<bool, StoreError>;
    /// Its holder is gone. Of an older generation or unknown: no effect.
    async fn release_device_id(
        &self,
        tenant: TenantId,
        id: DeviceId,
        generation: Generation,
        now: Timestamp,
    ) -> Result<(), StoreError>;
    /// After a restart nobody is here: every id that is out counts as given back now. Its holder may still renew it.
    async fn release_all_device_ids(&self, now: Timestamp) -> Result<u64, StoreError>;
}
