//! Looking after a channel: finding out whether it works.

use std::sync::Arc;

use tidings_channels::{Account, Outbound};
use tidings_domain::{Timestamp, sending::Trouble};
use tidings_store::{Probed, StoreError};

use super::Shared;
use crate::{
    flow::vendor::{CALL_TIMEOUT, Vendor},
    registry::LiveChannel,
};

/// Calls the vendor to find out whether the channel works, and remembers what it found. `on_request`: somebody asked for
/// it.
pub(crate) async fn probe(
    shared: &Shared,
    live: &LiveChannel,
    outbound: &dyn Outbound,
    on_request: bool,
    last_active_at: Option<Timestamp>,
) -> Result<Result<Account, Trouble>, StoreError> {
    let reply = Vendor::of(&shared.client, live).call(outbound.probe(live.access()), CALL_TIMEOUT).await;
    let found = reply.read(|answer| outbound.read_probe(answer));
    let finding = found.as_ref().map(|_| ()).map_err(Clone::clone);
    if let Err(trouble) = &finding {
        tracing::warn!(channel.id = %live.channel.id, code = %trouble.code, "a channel does not work");
    }
    let probed = Probed { finding, on_request, last_active_at, at: shared.clock.now() };
    shared.store.channel_probed(live.channel.clone(), probed).await?;
    if let Ok(account) = &found {
        learn_number(shared, live, account).await?;
    }
    Ok(found)
}

/// Where the vendor posts the channel's webhooks, if it tells.
pub(crate) async fn callback(shared: &Shared, live: &LiveChannel, outbound: &dyn Outbound) -> Option<String> {
    let call = outbound.callback(live.access())?;
    let reply = Vendor::of(&shared.client, live).call(call, CALL_TIMEOUT).await;
    reply.read(|answer| Ok(outbound.read_callback(answer))).ok().flatten()
}

/// The number that customers see is what the vendor says it is.
async fn learn_number(shared: &Shared, live: &LiveChannel, account: &Account) -> Result<(), StoreError> {
    let Some(number) = &account.phone_number else { return Ok(()) };
    let _changing = shared.changing.lock().await;
    let (workspace, id) = (live.channel.workspace_id, live.channel.id);
    let Some(now) = shared.registry.channels.get(workspace, id) else { return Ok(()) };
    if now.channel.phone_number.as_ref() == Some(number) {
        return Ok(());
    }
    let mut changed = LiveChannel::clone(&now);
    changed.record.channel.phone_number = Some(number.clone());
    changed.channel = Arc::new(changed.record.channel.clone());
    shared.store.channel_update(changed.record.clone(), None).await?;
    shared.registry.channels.put(changed);
    Ok(())
}
