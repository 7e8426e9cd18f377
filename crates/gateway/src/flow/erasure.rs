//! Erasing contacts, after the commit that hid them: the store deletes a little at a time; then the files that nobody names
//! any more are removed, and what the store's own files still hold is overwritten. A start goes on with what an earlier one
//! had begun.

use std::{sync::Arc, time::Duration};

use tidings_store::{ErasureProgress, StoreError};
use tokio::{
    sync::Notify,
    task::{AbortHandle, yield_now},
    time::sleep,
};

use super::media::{self, CollectError};

/// How long endpoints may take to hear of an erasure before what tells of it is erased, too.
const TOLD_WITHIN: Duration = Duration::from_hours(72);
/// How long nobody looks whether they have heard of it, if nothing wakes it.
const PAUSE: Duration = Duration::from_secs(1);
/// How long what failed is let alone.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why an erasure does not go on.
#[derive(Debug, thiserror::Error)]
enum CannotErase {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Files(#[from] CollectError),
}

/// Erases contacts.
pub(crate) struct Eraser {
    wake: Arc<Notify>,
    task: AbortHandle,
}

impl Eraser {
    /// Starts it.
    pub(crate) fn start(files: Arc<media::Shared>) -> Self {
        let wake = Arc::new(Notify::new());
        let task = tokio::spawn(work(files, wake.clone())).abort_handle();
        Self { wake, task }
    }

    /// A contact is to be erased.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Ends it. The next start goes on.
    pub(crate) fn stop(&self) {
        self.task.abort();
    }
}

async fn work(files: Arc<media::Shared>, wake: Arc<Notify>) {
    loop {
        let waits = match go_on(&files).await {
            Ok(waits) => waits,
            Err(error) => {
                tracing::error!(%error, "a contact that is being erased is not erased yet");
                sleep(PATIENCE).await;
                true
            }
        };
        if waits {
            tokio::select! {
                () = wake.notified() => {}
                () = sleep(PAUSE) => {}
            }
        } else {
            wake.notified().await;
        }
    }
}

/// Does all that can be done now. Answers whether something waits to be heard of.
async fn go_on(files: &media::Shared) -> Result<bool, CannotErase> {
    let store = &files.store;
    loop {
        match store.erasure_continue(files.clock.now().minus(TOLD_WITHIN)).await? {
            ErasureProgress::Goes => yield_now().await,
            ErasureProgress::Deleted => {
                media::remove_unnamed(files).await?;
                store.erasure_overwrite().await?;
            }
            ErasureProgress::Rests => break,
        }
    }
    let waiting = store.erasure_count().await?;
    files.metrics.erasures.set(i64::try_from(waiting).unwrap_or(i64::MAX));
    Ok(waiting > 0)
}
