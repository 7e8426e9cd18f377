//! The verbs of [`tidings_store::Files`], a file for each subject: files that we have ([`media`]), those that are still with
//! their vendors ([`awaited`]), links to them ([`links`]), and what no record names any more ([`contents`]).

pub(crate) mod awaited;
mod contents;
mod links;
pub(crate) mod media;

use async_trait::async_trait;
use tidings_domain::{
    ChannelId, EventId, MediaId, Timestamp, WorkspaceId,
    event::Position,
    media::{AwaitedFile, FileState, StoredMedia},
};
use tidings_store::{Claim, Claimed, ContentHash, DueFiles, Files, Listing, Page, StoreError};

use crate::{
    open::SqliteStore,
    queue::Urgency::{Now, Soon},
    session::Session,
    state::OPERATOR,
};

#[async_trait]
impl Files for SqliteStore {
    async fn media_create(
        &self,
        media: StoredMedia,
        most_bytes: Option<u64>,
        claim: Option<Claim>,
    ) -> Result<Claimed, StoreError> {
        let tenant = media.workspace_id.uuid();
        self.writer.run(Now, tenant, move |session| media::create(session, &media, most_bytes, claim.as_ref())).await
    }

    async fn media_get(&self, workspace: WorkspaceId, id: MediaId) -> Result<Option<StoredMedia>, StoreError> {
        self.readers.run(move |reader| media::get(reader, workspace, id)).await
    }

    async fn media_list(&self, workspace: WorkspaceId, page: Page) -> Result<Listing<StoredMedia>, StoreError> {
        self.browsers.run(move |reader| media::list(reader, workspace, page)).await
    }

    async fn media_expire(&self, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        self.writer.run(Soon, OPERATOR, move |session| media::expire(session, before, limit)).await
    }

    async fn media_at_vendor(
        &self,
        media: MediaId,
        channel: ChannelId,
        at: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        self.readers.run(move |reader| media::at_vendor(reader, media, channel, at)).await
    }

    async fn media_at_vendor_forget(
        &self,
        media: MediaId,
        channel: ChannelId,
        vendor_id: String,
    ) -> Result<(), StoreError> {
        let work = move |session: &mut Session<'_>| media::forget_at_vendor(session, media, channel, &vendor_id);
        self.writer.run(Now, channel.uuid(), work).await
    }

    async fn media_at_vendor_remember(
        &self,
        media: MediaId,
        channel: ChannelId,
        vendor_id: String,
        good_until: Timestamp,
    ) -> Result<(), StoreError> {
        let work =
            move |session: &mut Session<'_>| media::remember_at_vendor(session, media, channel, &vendor_id, good_until);
        self.writer.run(Now, channel.uuid(), work).await
    }

    async fn file_find(&self, id: MediaId) -> Result<Option<FileState>, StoreError> {
        self.readers
            .run(move |reader| match media::find(reader, id)? {
                Some(stored) => Ok(Some(FileState::Stored(stored))),
                None => awaited::find(reader, id),
            })
            .await
    }

    async fn file_due(&self, at: Timestamp, of_each: usize) -> Result<DueFiles, StoreError> {
        self.readers.run(move |reader| awaited::due(reader, at, of_each)).await
    }

    async fn file_fetched(&self, media: StoredMedia) -> Result<bool, StoreError> {
        let tenant = media.workspace_id.uuid();
        self.writer.run(Now, tenant, move |session| awaited::fetched(session, &media)).await
    }

    async fn file_failed(
        &self,
        file: AwaitedFile,
        reason: String,
        next_at: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        self.writer.run(Soon, OPERATOR, move |session| awaited::failed(session, &file, &reason, next_at)).await
    }

    async fn link_valid_since(&self, event: EventId) -> Result<Option<Timestamp>, StoreError> {
        self.readers.run(move |reader| links::valid_since(reader, event)).await
    }

    async fn link_extend(&self, event: Position, at: Timestamp) -> Result<(), StoreError> {
        self.writer.run(Now, OPERATOR, move |session| links::extend(session, event, at)).await
    }

    async fn content_unnamed(&self, limit: usize) -> Result<Vec<ContentHash>, StoreError> {
        self.readers.run(move |reader| contents::unnamed(reader, limit)).await
    }

    async fn content_named(&self, contents: Vec<ContentHash>) -> Result<Vec<ContentHash>, StoreError> {
        self.readers.run(move |reader| contents::named(reader, &contents)).await
    }

    async fn content_collected(&self, contents: Vec<ContentHash>) -> Result<(), StoreError> {
        self.writer.run(Soon, OPERATOR, move |session| contents::collected(session, &contents)).await
    }
}
