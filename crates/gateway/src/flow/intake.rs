//! A vendor's webhook on its way in: verify the signature over the raw bytes, read the updates, find the channel of
//! each, and hand all of it to the store as one. Only when that is on the disk does the vendor get its 200.
//!
//! A body with a bad signature leaves nothing behind. One that is signed and cannot be read is kept and counted; it
//! can be read again by a later version ([`super::reprocess`]).

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use tidings_channels::SignatureError;
use tidings_domain::{
    change::{Change, News, Notice, Route, Update},
    channel::Channel,
};
use tidings_store::{Intake, IntakeReceipt, RoutedUpdate, StoreError, Target};

use crate::{
    Gateway,
    flow::send::templates,
    registry::{Channels, LiveChannel},
    telemetry::{InboundLabels, OutcomeLabels},
};

/// Why a webhook was not taken in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    /// It is not signed as its channel's vendor signs.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The channel has nothing to check signatures by.
    #[error("the channel has no secret to check signatures by")]
    Unverifiable,
    /// It could not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes a webhook in, and counts what became of it.
pub(crate) async fn take(
    gateway: &Gateway,
    channel: &Arc<LiveChannel>,
    headers: &HeaderMap,
    body: Bytes,
) -> Result<IntakeReceipt, Refused> {
    let taken = verify_and_store(gateway, channel, headers, body).await;
    let result = match &taken {
        Ok(_) => "accepted",
        Err(Refused::Signature(SignatureError::Wrong) | Refused::Unverifiable) => "wrong_signature",
        Err(Refused::Signature(_)) => "unsigned",
        Err(Refused::Store(_)) => "refused",
    };
    gateway.metrics.inbound.get_or_create(&InboundLabels { result }).inc();
    taken
}

async fn verify_and_store(
    gateway: &Gateway,
    channel: &Arc<LiveChannel>,
    headers: &HeaderMap,
    body: Bytes,
) -> Result<IntakeReceipt, Refused> {
    let verifier = channel.verifier.as_ref().ok_or(Refused::Unverifiable)?;
    verifier.verify(&|name: &str| headers.get(name).map(http::HeaderValue::as_bytes), &body)?;
    let updates = read(&gateway.registry.channels, channel, &body);
    if let Err(reason) = &updates {
        gateway.metrics.unparsed.inc();
        tracing::warn!(channel.id = %channel.channel.id, %reason, "a signed webhook cannot be read; its body is kept");
    }
    let (notices, brings_files) = (notices(&updates), brings_files(&updates));
    let receipt = gateway
        .store
        .intake(Intake {
            workspace_id: channel.channel.workspace_id,
            channel_id: channel.channel.id,
            received_at: gateway.clock.now(),
            body: Ok(body),
            updates,
        })
        .await?;
    count(gateway, receipt);
    follow(gateway, notices);
    if brings_files {
        gateway.fetcher.wake();
    }
    Ok(receipt)
}

/// Whether there are messages with files.
fn brings_files(updates: &Result<Vec<RoutedUpdate>, String>) -> bool {
    updates.iter().flatten().any(|update| match &update.news {
        News::Change(change) => match &**change {
            Change::Received(said) | Change::Echoed(said) => said.content.first_media().is_some(),
            _ => false,
        },
        News::Unknown { .. } => false,
    })
}

/// What vendors say of accounts, templates and policies, with the channel that it concerns.
fn notices(updates: &Result<Vec<RoutedUpdate>, String>) -> Vec<(Arc<Channel>, Notice)> {
    let notice = |update: &RoutedUpdate| match (&update.target, &update.news) {
        (Target::Channel(channel), News::Change(change)) => match &**change {
            Change::Notice(notice) => Some((channel.clone(), notice.clone())),
            _ => None,
        },
        _ => None,
    };
    updates.iter().flatten().filter_map(notice).collect()
}

/// Follows notices that are stored, after the vendor has its answer.
fn follow(gateway: &Gateway, notices: Vec<(Arc<Channel>, Notice)>) {
    for (channel, notice) in notices {
        let live = gateway.registry.channels.get(channel.workspace_id, channel.id);
        let Some((live, outbound)) = live.and_then(|live| live.adapter.outbound().map(|outbound| (live, outbound)))
        else {
            continue;
        };
        let shared = gateway.senders.shared().clone();
        tokio::spawn(async move { templates::follow(&shared, &live, outbound, &notice).await });
    }
}

/// Counts what became of updates.
pub(crate) fn count(gateway: &Gateway, receipt: IntakeReceipt) {
    let outcomes = [("applied", receipt.applied), ("repeated", receipt.repeated), ("kept", receipt.kept)];
    for (outcome, number) in outcomes.into_iter().filter(|(_, number)| *number > 0) {
        gateway.metrics.updates.get_or_create(&OutcomeLabels { outcome }).inc_by(u64::from(number));
    }
}

/// Reads a body and finds the channel of each update.
pub(crate) fn read(channels: &Channels, path: &Arc<LiveChannel>, body: &[u8]) -> Result<Vec<RoutedUpdate>, String> {
    let updates = path.adapter.parse(body).map_err(|error| error.to_string())?;
    Ok(updates.into_iter().map(|update| route(channels, path, update)).collect())
}

fn route(channels: &Channels, path: &Arc<LiveChannel>, update: Update) -> RoutedUpdate {
    let target = match update.route {
        Route::Path => Target::Channel(path.channel.clone()),
        Route::Account(account) => match channels.route(path, &account) {
            Some(live) => Target::Channel(live.channel.clone()),
            None => Target::Unrouted(account),
        },
        Route::Group(group) => match channels.route_group(path, &group) {
            Some(live) => Target::Channel(live.channel.clone()),
            None => Target::Unrouted(group),
        },
    };
    RoutedUpdate { target, dedup: update.dedup, news: update.news }
}
