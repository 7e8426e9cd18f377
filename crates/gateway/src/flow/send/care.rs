//! Looking after a channel: finding out whether it works, and reading its templates.

use std::sync::Arc;

use tidings_channels::{Account, Outbound};
use tidings_domain::{Timestamp, change::Notice, sending::Trouble, template::Template};
use tidings_store::{Probed, StoreError};

use super::Shared;
use crate::{
    flow::vendor::{CALL_TIMEOUT, Vendor},
    registry::LiveChannel,
};

/// How many pages of templates are read at most.
const MOST_PAGES: usize = 100;

/// Calls the vendor to find out whether the channel works, and remembers what it found.
pub(crate) async fn probe(
    shared: &Shared,
    live: &LiveChannel,
    outbound: &dyn Outbound,
    last_active_at: Option<Timestamp>,
) -> Result<Result<Account, Trouble>, StoreError> {
    let reply = Vendor::of(&shared.client, live).call(outbound.probe(live.access()), CALL_TIMEOUT).await;
    let found = reply.read(|answer| outbound.read_probe(answer));
    let finding = found.as_ref().map(|_| ()).map_err(Clone::clone);
    if let Err(trouble) = &finding {
        tracing::warn!(channel.id = %live.channel.id, code = %trouble.code, "a channel does not work");
    }
    let probed = Probed { finding, last_active_at, at: shared.clock.now() };
    shared.store.channel_probed(live.channel.clone(), probed).await?;
    if let Ok(account) = &found {
        learn_number(shared, live, account).await?;
    }
    Ok(found)
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
    shared.store.channel_update(changed.record.clone()).await?;
    shared.registry.channels.put(changed);
    Ok(())
}

/// Why templates were not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unread {
    /// The channel has none, or is not told whose they are.
    #[error("the channel has no templates, or lacks the setting that says whose they are (business_account_id)")]
    None,
    /// The vendor did not tell them.
    #[error("the vendor did not tell the templates: {}", .0.message)]
    Vendor(Trouble),
    /// They could not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads a channel's templates from the vendor, page by page, and takes them for all that there are. Answers how many.
pub(crate) async fn read_templates(
    shared: &Shared,
    live: &LiveChannel,
    outbound: &dyn Outbound,
) -> Result<usize, Unread> {
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
            break;
        }
    }
    let number = templates.len();
    shared.store.template_replace(live.channel.id, templates, shared.clock.now()).await?;
    Ok(number)
}

/// Follows what the vendor says of templates. Where it only says that one has changed, they are read anew.
pub(crate) async fn follow_notice(shared: &Shared, live: &LiveChannel, outbound: &dyn Outbound, notice: &Notice) {
    let Some(news) = outbound.template_news(notice) else { return };
    let read_anew = news.components_changed;
    match shared.store.template_follow(live.channel.id, news).await {
        // One that we do not know may be new.
        Ok(known) if known > 0 && !read_anew => return,
        Ok(_) => {}
        Err(error) => tracing::warn!(channel.id = %live.channel.id, %error, "a notice of a template is not followed"),
    }
    match read_templates(shared, live, outbound).await {
        Ok(_) | Err(Unread::None) => {}
        Err(error) => tracing::warn!(channel.id = %live.channel.id, %error, "templates are not read"),
    }
}
