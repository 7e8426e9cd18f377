//! The verbs of [`tidings_store::State`], a file for each subject.

mod bodies;
mod channels;
mod claims;
mod contacts;
mod conversations;
mod decision;
mod endpoints;
mod intake;
mod keys;
pub(crate) mod listing;
mod messages;
mod settings;
mod situation;
mod workspaces;

use async_trait::async_trait;
use tidings_domain::{
    ChannelId, ConversationId, EndpointId, KeyId, MessageId, Timestamp, WorkspaceId, conversation::Conversation,
    endpoint::EndpointStatus, key::ApiKey, message::Message, workspace::Workspace,
};
use tidings_store::{
    Answer, BodyNumber, ChannelRecord, Claim, Claimed, ConversationFilter, EndpointRecord, Intake, IntakeReceipt,
    KeptBodies, Listing, MessageFilter, Page, State, StoreError, StoredBody,
};

use crate::{open::SqliteStore, queue::Urgency::Now, session::Session};

use bodies::OwnedKept;

/// Whose turn the operator's verbs take.
const OPERATOR: uuid::Uuid = uuid::Uuid::nil();

#[async_trait]
impl State for SqliteStore {
    async fn workspace_all(&self) -> Result<Vec<Workspace>, StoreError> {
        self.readers.run(workspaces::all).await
    }

    async fn workspace_create(&self, workspace: Workspace, claim: Option<Claim>) -> Result<Claimed, StoreError> {
        self.writer.run(Now, OPERATOR, move |session| workspaces::create(session, &workspace, claim.as_ref())).await
    }

    async fn workspace_update(&self, workspace: Workspace) -> Result<(), StoreError> {
        self.writer.run(Now, OPERATOR, move |session| workspaces::update(session, &workspace)).await
    }

    async fn key_all(&self) -> Result<Vec<ApiKey>, StoreError> {
        self.readers.run(keys::all).await
    }

    async fn key_create(&self, key: ApiKey, claim: Option<Claim>) -> Result<Claimed, StoreError> {
        self.writer.run(Now, key.workspace_id.uuid(), move |session| keys::create(session, &key, claim.as_ref())).await
    }

    async fn key_delete(&self, workspace: WorkspaceId, key: KeyId) -> Result<(), StoreError> {
        self.writer.run(Now, workspace.uuid(), move |session| keys::delete(session, workspace, key)).await
    }

    async fn setting(&self, name: &'static str) -> Result<Option<Vec<u8>>, StoreError> {
        self.readers.run(move |reader| settings::find(reader, name)).await
    }

    async fn setting_remember(&self, name: &'static str, value: Vec<u8>) -> Result<(), StoreError> {
        self.writer.run(Now, OPERATOR, move |session| settings::remember(session, name, &value)).await
    }

    async fn channel_all(&self) -> Result<Vec<ChannelRecord>, StoreError> {
        self.readers.run(channels::all).await
    }

    async fn channel_create(&self, record: ChannelRecord, claim: Option<Claim>) -> Result<Claimed, StoreError> {
        self.writer
            .run(Now, record.channel.workspace_id.uuid(), move |session| {
                channels::create(session, &record, claim.as_ref())
            })
            .await
    }

    async fn channel_update(&self, record: ChannelRecord) -> Result<(), StoreError> {
        self.writer
            .run(Now, record.channel.workspace_id.uuid(), move |session| channels::update(session, &record))
            .await
    }

    async fn channel_delete(
        &self,
        workspace: WorkspaceId,
        channel: ChannelId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.writer.run(Now, workspace.uuid(), move |session| channels::delete(session, workspace, channel, at)).await
    }

    async fn endpoint_all(&self) -> Result<Vec<EndpointRecord>, StoreError> {
        self.readers.run(endpoints::all).await
    }

    async fn endpoint_create(&self, record: EndpointRecord, claim: Option<Claim>) -> Result<Claimed, StoreError> {
        self.writer
            .run(Now, record.endpoint.workspace_id.uuid(), move |session| {
                endpoints::create(session, &record, claim.as_ref())
            })
            .await
    }

    async fn endpoint_update(&self, record: EndpointRecord, claim: Option<Claim>) -> Result<Claimed, StoreError> {
        self.writer
            .run(Now, record.endpoint.workspace_id.uuid(), move |session| {
                endpoints::update(session, &record, claim.as_ref())
            })
            .await
    }

    async fn endpoint_status(&self, endpoint: EndpointId, status: EndpointStatus) -> Result<(), StoreError> {
        self.writer.run(Now, endpoint.uuid(), move |session| endpoints::write_status(session, endpoint, status)).await
    }

    async fn endpoint_delete(&self, workspace: WorkspaceId, endpoint: EndpointId) -> Result<(), StoreError> {
        let tenant = workspace.uuid();
        let forget = move |session: &mut Session<'_>| endpoints::forget_attempts(session, workspace, endpoint);
        while self.writer.run(Now, tenant, forget).await? {}
        self.writer.run(Now, tenant, move |session| endpoints::delete(session, workspace, endpoint)).await
    }

    async fn claim_find(
        &self,
        workspace: WorkspaceId,
        key: &str,
        at: Timestamp,
    ) -> Result<Option<([u8; 32], Answer)>, StoreError> {
        let key = key.to_owned();
        self.readers.run(move |reader| claims::find(reader, workspace, &key, at)).await
    }

    async fn intake(&self, intake: Intake) -> Result<IntakeReceipt, StoreError> {
        self.writer.run(Now, intake.workspace_id.uuid(), move |session| intake::take(session, &intake)).await
    }

    async fn body_kept(
        &self,
        workspace: WorkspaceId,
        which: KeptBodies<'_>,
        after: BodyNumber,
        limit: usize,
    ) -> Result<Vec<StoredBody>, StoreError> {
        let which = match which {
            KeptBodies::NotUnderstood(channel) => OwnedKept::NotUnderstood(channel),
            KeptBodies::Unrouted(account) => OwnedKept::Unrouted(account.to_owned()),
        };
        self.readers.run(move |reader| bodies::kept(reader, workspace, &which, after, limit)).await
    }

    async fn message_get(&self, workspace: WorkspaceId, id: MessageId) -> Result<Option<Message>, StoreError> {
        self.readers.run(move |reader| messages::get(reader, workspace, id)).await
    }

    async fn message_list(
        &self,
        workspace: WorkspaceId,
        filter: MessageFilter,
        page: Page,
    ) -> Result<Listing<Message>, StoreError> {
        self.readers.run(move |reader| messages::list(reader, workspace, &filter, page)).await
    }

    async fn conversation_get(
        &self,
        workspace: WorkspaceId,
        id: ConversationId,
    ) -> Result<Option<Conversation>, StoreError> {
        self.readers.run(move |reader| conversations::get(reader, workspace, id)).await
    }

    async fn conversation_list(
        &self,
        workspace: WorkspaceId,
        filter: ConversationFilter,
        page: Page,
    ) -> Result<Listing<Conversation>, StoreError> {
        self.readers.run(move |reader| conversations::list(reader, workspace, &filter, page)).await
    }
}
