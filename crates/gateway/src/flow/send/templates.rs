//! A channel's templates: read from the vendor, and kept fresh by what it says of them.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use tidings_channels::Outbound;
use tidings_domain::{ChannelId, change::Notice, sending::Trouble, template::Template};
use tidings_store::StoreError;
use tokio::sync::MutexGuard;

use super::Shared;
use crate::{
    flow::vendor::{CALL_TIMEOUT, Vendor},
    registry::LiveChannel,
};

/// How many pages of templates are read at most: more than any account may have.
const MOST_PAGES: usize = 100;

/// Why templates were not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unread {
    /// The channel has none, or is not told whose they are.
    #[error("the channel has no templates, or lacks the setting that says whose they are (business_account_id)")]
    None,
    /// The vendor did not tell them.
    #[error("the vendor did not tell the templates: {}", .0.message)]
    Vendor(Trouble),
    /// There are more than anybody has.
    #[error("the vendor has not come to the end of the templates after {MOST_PAGES} pages")]
    Endless,
    /// They could not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whose turn it is to read the templates of a channel. Of two reads at once the one that began first could be written
/// last, with what is no longer so.
#[derive(Debug, Default)]
pub(crate) struct Turns(Mutex<HashMap<ChannelId, Arc<Turn>>>);

#[derive(Debug, Default)]
struct Turn {
    reading: tokio::sync::Mutex<()>,
    /// Whether somebody waits to read, and will see what has changed until then.
    is_awaited: AtomicBool,
}

impl Turn {
    /// Waits until nobody else reads.
    async fn take(&self) -> MutexGuard<'_, ()> {
        let reading = self.reading.lock().await;
        self.is_awaited.store(false, Ordering::Relaxed);
        reading
    }

    /// The same, unless somebody waits already.
    async fn join(&self) -> Option<MutexGuard<'_, ()>> {
        if self.is_awaited.swap(true, Ordering::Relaxed) { None } else { Some(self.take().await) }
    }
}

impl Turns {
    fn turns(&self) -> std::sync::MutexGuard<'_, HashMap<ChannelId, Arc<Turn>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of(&self, channel: ChannelId) -> Arc<Turn> {
        self.turns().entry(channel).or_default().clone()
    }

    /// A channel is gone.
    pub(super) fn forget(&self, channel: ChannelId) {
        self.turns().remove(&channel);
    }
}

/// Reads a channel's templates from the vendor, page by page, and takes them for all that there are. Answers how many.
pub(crate) async fn read(shared: &Shared, live: &LiveChannel, outbound: &dyn Outbound) -> Result<usize, Unread> {
    let turn = shared.template_turns.of(live.channel.id);
    let _reading = turn.take().await;
    replace(shared, live, outbound).await
}

async fn replace(shared: &Shared, live: &LiveChannel, outbound: &dyn Outbound) -> Result<usize, Unread> {
    let templates = fetch(shared, live, outbound).await?;
    let number = templates.len();
    shared.store.template_replace(live.channel.id, templates, shared.clock.now()).await?;
    Ok(number)
}

async fn fetch(shared: &Shared, live: &LiveChannel, outbound: &dyn Outbound) -> Result<Vec<Template>, Unread> {
    let vendor = Vendor::of(&shared.client, live);
    let mut templates: Vec<Template> = Vec::new();
    let mut after: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let call = outbound.templates(live.access(), after.as_deref()).ok_or(Unread::None)?;
        let reply = vendor.call(call, CALL_TIMEOUT).await;
        let page = reply.read(|answer| outbound.read_templates(answer)).map_err(Unread::Vendor)?;
        templates.extend(page.templates);
        after = page.after;
        if after.is_none() {
            return Ok(templates);
        }
    }
    Err(Unread::Endless)
}

/// Follows what the vendor says of templates. Where it only says that one has changed, they are read anew; however many
/// such notices come at once, that is one read after another and no more than are needed.
pub(crate) async fn follow(shared: &Shared, live: &LiveChannel, outbound: &dyn Outbound, notice: &Notice) {
    let Some(news) = outbound.template_news(notice) else { return };
    let turn = shared.template_turns.of(live.channel.id);
    let read_anew = news.components_changed;
    match shared.store.template_follow(live.channel.id, news).await {
        // One that we do not know may be new. What is being read just now may be older than the notice.
        Ok(known) if known > 0 && !read_anew && turn.reading.try_lock().is_ok() => return,
        Ok(_) => {}
        Err(error) => tracing::warn!(channel.id = %live.channel.id, %error, "a notice of a template is not followed"),
    }
    let Some(_reading) = turn.join().await else { return };
    match replace(shared, live, outbound).await {
        Ok(_) | Err(Unread::None) => {}
        Err(error) => tracing::warn!(channel.id = %live.channel.id, %error, "templates are not read"),
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn of_many_who_wait_one_reads() {
        let turn = Turn::default();
        let reading = turn.take().await;
        let mut first = Box::pin(turn.join());
        assert!((&mut first).now_or_never().is_none(), "it waits");
        assert!(turn.join().now_or_never().expect("it does not wait").is_none());
        drop(reading);
        let reading = first.await.expect("its turn");
        // It may have read already what changes now.
        let mut second = Box::pin(turn.join());
        assert!((&mut second).now_or_never().is_none(), "it waits");
        drop(reading);
        assert!(second.await.is_some());
    }
}
