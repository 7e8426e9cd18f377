//! What a workspace may have. The operator says so; what comes in from contacts is never refused by it.

use tidings_domain::WorkspaceId;
use tidings_store::StoreError;

use super::problem::{Answer, Code, Problem};
use crate::Gateway;

/// Refuses one more of something of which there are as many as there may be. To be asked while nobody else can make one.
pub(crate) fn room_for_one(most: Option<u32>, has: impl FnOnce() -> usize, what: &str) -> Answer<()> {
    let Some(most) = most else { return Ok(()) };
    let has = has();
    if u32::try_from(has).is_ok_and(|has| has < most) {
        return Ok(());
    }
    Err(Problem::new(
        Code::Forbidden,
        format!("the workspace has {has} of at most {most} {what}; its operator can change that"),
    ))
}

/// Refuses a file before it is read if there is room for none. Whether there is room for this one is asked when it is
/// recorded.
pub(crate) async fn room_for_any_file(gateway: &Gateway, workspace: WorkspaceId) -> Answer<()> {
    let Some(most) = gateway.registry.workspaces.quotas(workspace).media_bytes else { return Ok(()) };
    let has = gateway.store.usage_holdings(workspace).await?.media_bytes;
    if has < most { Ok(()) } else { Err(StoreError::NoRoom { has, most }.into()) }
}
