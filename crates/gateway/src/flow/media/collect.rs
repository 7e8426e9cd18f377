//! Removes files: first the records of those that are too old, then the contents that no record names any more. Once a day,
//! and after a start, everything in the folder is looked at, since a crash may have left a content without a record.

use std::{sync::Arc, time::Duration};

use tidings_domain::{Timestamp, usage::Day};
use tidings_store::{ContentHash, StoreError};
use tokio::{
    task::{AbortHandle, spawn_blocking},
    time::sleep,
};

use super::Shared;
use crate::{
    flow::retention::{self, LastLook},
    media_store::MediaError,
};

/// How many files are forgotten, and contents looked at, at once.
const SLICE: usize = 100;
/// How long nobody looks.
const PAUSE: Duration = Duration::from_mins(1);
/// How often the whole folder is looked at.
const SWEPT_EVERY: Duration = Duration::from_hours(24);

/// Why something was not removed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CollectError {
    /// The store does not say who names what.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The folder cannot be used.
    #[error(transparent)]
    Media(#[from] MediaError),
}

/// Removes files that nobody names.
pub(crate) struct Collector {
    task: AbortHandle,
}

impl Collector {
    /// Starts it.
    pub(crate) fn start(shared: Arc<Shared>) -> Self {
        Self { task: tokio::spawn(work(shared)).abort_handle() }
    }

    /// Ends it.
    pub(crate) fn stop(&self) {
        self.task.abort();
    }
}

async fn work(shared: Arc<Shared>) {
    let mut swept_at: Option<Timestamp> = None;
    let mut last_look = LastLook::default();
    loop {
        let now = shared.clock.now();
        if last_look.is_credible(now)
            && let Err(error) = forget_old(&shared, now).await
        {
            tracing::error!(%error, "old files cannot be forgotten");
        }
        if let Err(error) = remove_unnamed(&shared).await {
            tracing::error!(%error, "files that nobody names cannot be removed");
        }
        if swept_at.is_none_or(|swept_at| now.since(swept_at) >= SWEPT_EVERY) {
            match sweep(&shared).await {
                Ok(()) => swept_at = Some(now),
                Err(error) => tracing::error!(%error, "the folder of files cannot be swept"),
            }
        }
        sleep(PAUSE).await;
    }
}

async fn forget_old(shared: &Shared, now: Timestamp) -> Result<(), CollectError> {
    let Some(before) = retention::begin(shared.kept, Day::of(now)) else { return Ok(()) };
    while shared.store.media_expire(before, SLICE).await? == SLICE {}
    Ok(())
}

/// Removes contents that no record names any more.
pub(crate) async fn remove_unnamed(shared: &Shared) -> Result<(), CollectError> {
    // An upload that was refused has no record, and nothing tells of it but that it was let go.
    let released = shared.media.take_released();
    for slice in released.chunks(SLICE) {
        remove(shared, slice.to_vec()).await?;
    }
    loop {
        let unnamed = shared.store.content_unnamed(SLICE).await?;
        let removed = remove(shared, unnamed.clone()).await?;
        let is_last = unnamed.len() < SLICE || removed.is_empty();
        if !removed.is_empty() {
            shared.store.content_collected(removed).await?;
        }
        if is_last {
            return Ok(());
        }
    }
}

async fn sweep(shared: &Shared) -> Result<(), CollectError> {
    for shard in 0..=u8::MAX {
        let media = shared.media.clone();
        let listed = spawn_blocking(move || media.contents_of_shard(shard)).await;
        let contents = listed.unwrap_or_else(|broken| Err(broken.into())).map_err(MediaError::from)?;
        for slice in contents.chunks(SLICE) {
            remove(shared, slice.to_vec()).await?;
        }
    }
    Ok(())
}

/// Removes those of these contents that no record names. Answers which have been dealt with: all but those of which
/// somebody is about to make a record.
async fn remove(shared: &Shared, mut contents: Vec<ContentHash>) -> Result<Vec<ContentHash>, CollectError> {
    if contents.is_empty() {
        return Ok(contents);
    }
    let broom = shared.media.broom().await;
    let named = shared.store.content_named(contents.clone()).await?;
    let mut held = Vec::new();
    for content in contents.iter().filter(|content| !named.contains(content)) {
        if !broom.remove(content).await? {
            held.push(*content);
        }
    }
    contents.retain(|content| !held.contains(content));
    Ok(contents)
}
