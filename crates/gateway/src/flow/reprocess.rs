//! Reading kept bodies again: those that could not be understood, after an upgrade; those for an account that no
//! channel had, once it has one. Dedup keys make it safe to do so any number of times: what was applied is not
//! applied again.

use std::sync::Arc;

use tidings_domain::change::News;
use tidings_store::{BodyNumber, Intake, KeptBodies, RoutedUpdate, StoreError, Target};

use super::intake::{count, read};
use crate::{Gateway, registry::LiveChannel};

/// How many bodies are read at once. Each may have 16 MiB.
const CHUNK: usize = 4;

/// What became of kept bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Reprocessed {
    /// How many bodies were read again.
    pub(crate) bodies: u64,
    /// How many updates in them could be applied now.
    pub(crate) applied: u64,
}

/// Reads again what was posted to this channel and not understood.
pub(crate) async fn not_understood(gateway: &Gateway, channel: &LiveChannel) -> Result<Reprocessed, StoreError> {
    again(gateway, channel, KeptBodies::NotUnderstood(channel.channel.id)).await
}

/// Reads again what came for this channel's account, or its group, before it was there.
pub(crate) async fn unrouted(gateway: &Gateway, channel: &LiveChannel) -> Result<Reprocessed, StoreError> {
    let mut all = Reprocessed::default();
    for account in std::iter::once(&channel.record.account).chain(&channel.record.account_group) {
        let done = again(gateway, channel, KeptBodies::Unrouted(account)).await?;
        all.bodies += done.bodies;
        all.applied += done.applied;
    }
    Ok(all)
}

async fn again(gateway: &Gateway, channel: &LiveChannel, which: KeptBodies<'_>) -> Result<Reprocessed, StoreError> {
    let workspace_id = channel.channel.workspace_id;
    let mut done = Reprocessed::default();
    let mut after = BodyNumber(0);
    loop {
        let bodies = gateway.store.body_kept(workspace_id, which, after, CHUNK).await?;
        let Some(last) = bodies.last() else { return Ok(done) };
        after = last.number;
        for stored in bodies {
            // Each is read as what it was posted to; if that channel is gone, nobody vouches for the body any more.
            let Some(path) = gateway.registry.channels.get(workspace_id, stored.channel_id) else { continue };
            done.bodies += 1;
            let updates = read(&gateway.registry.channels, &path, &stored.body);
            if !updates.as_ref().is_ok_and(|updates| any_applicable(updates)) {
                continue;
            }
            let intake = Intake {
                workspace_id,
                channel_id: stored.channel_id,
                received_at: stored.received_at,
                body: Err(stored.number),
                updates,
            };
            let receipt = gateway.store.intake(intake).await?;
            count(gateway, receipt);
            done.applied += u64::from(receipt.applied);
            gateway.fetcher.wake();
        }
    }
}

/// Whether it is worth a commit to hand them in. Bodies of which still nothing is understood or routed would cost
/// every start one each.
fn any_applicable(updates: &[RoutedUpdate]) -> bool {
    let applicable =
        |update: &RoutedUpdate| matches!(update.news, News::Change(_)) && matches!(update.target, Target::Channel(_));
    updates.is_empty() || updates.iter().any(applicable)
}

/// Reads in the background what came for a channel's account before the channel was there.
pub(crate) fn unrouted_soon(gateway: &Arc<Gateway>, channel: LiveChannel) {
    let gateway = gateway.clone();
    tokio::spawn(async move {
        match unrouted(&gateway, &channel).await {
            Ok(Reprocessed { bodies: 0, .. }) => {}
            Ok(done) => tracing::info!(
                channel.id = %channel.channel.id, done.bodies, done.applied,
                "what came before the channel was there has been applied"
            ),
            Err(error) => tracing::error!(channel.id = %channel.channel.id, %error, "kept webhooks stay kept"),
        }
    });
}

/// Reads once, after a start, what an earlier version could not understand.
pub(crate) fn all_soon(gateway: &Arc<Gateway>) {
    let gateway = gateway.clone();
    tokio::spawn(async move {
        for channel in gateway.registry.channels.all() {
            if let Err(error) = not_understood(&gateway, &channel).await {
                tracing::error!(channel.id = %channel.channel.id, %error, "kept webhooks stay kept");
            }
            if let Err(error) = unrouted(&gateway, &channel).await {
                tracing::error!(channel.id = %channel.channel.id, %error, "kept webhooks stay kept");
            }
        }
    });
}
