//! The verbs of [`tidings_store::State`], a file for each subject.

pub(crate) mod acts;
mod apply;
mod bodies;
mod channels;
pub(crate) mod claims;
pub(crate) mod contacts;
mod conversations;
mod decision;
pub(crate) mod endpoints;
mod intake;
mod keys;
pub(crate) mod listing;
mod messages;
mod outbox;
mod settings;
pub(crate) mod situation;
mod templates;
pub(crate) mod usage;
mod workspaces;

use std::sync::Arc;

use async_trait::async_trait;
use tidings_domain::{
    ChannelId, ContactId, ConversationId, EndpointId, KeyId, MessageId, Timestamp, WorkspaceId,
    audit::Act,
    channel::Channel,
    contact::Contact,
    conversation::Conversation,
    event::Position,
    key::ApiKey,
    message::Message,
    sending::Terms,
    template::{Template, TemplateNews},
    usage::{Day, Holdings, Usage},
    workspace::Workspace,
};
use tidings_store::{
    ActFilter, Answer, Backlog, BodyNumber, ChannelRecord, Claim, Claimed, ContactChange, ContactCreation,
    ContactFilter, ContactMerge, ConversationChange, ConversationFilter, Due, DueLimits, EndpointRecord, Intake,
    IntakeReceipt, KeptBodies, Listing, Marked, MessageFilter, Page, Probed, Settlement, ShowingClaim, Shown, State,
    StoreError, StoredBody, Submission, Templates, Wished,
};

use crate::{
    open::SqliteStore,
    queue::{
        Tenant,
        Urgency::{Now, Soon},
    },
    session::Session,
};

use bodies::OwnedKept;

/// Whose turn the operator's verbs take.
pub(crate) const OPERATOR: uuid::Uuid = uuid::Uuid::nil();

impl SqliteStore {
    /// Does what somebody does, and writes down in the same commit who did it.
    pub(crate) async fn act<T, F>(&self, tenant: Tenant, act: Option<Act>, mut work: F) -> Result<T, StoreError>
    where
        T: acts::Done + Send + 'static,
        F: FnMut(&mut Session<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.writer.run(Now, tenant, move |session| acts::done(session, act.as_ref(), &mut work)).await
    }
}

#[async_trait]
impl State for SqliteStore {
    async fn workspace_all(&self) -> Result<Vec<Workspace>, StoreError> {
        self.readers.run(workspaces::all).await
    }

    async fn workspace_create(
        &self,
        workspace: Workspace,
        claim: Option<Claim>,
        act: Option<Act>,
    ) -> Result<Claimed, StoreError> {
        self.act(OPERATOR, act, move |session| workspaces::create(session, &workspace, claim.as_ref())).await
    }

    async fn workspace_update(&self, workspace: Workspace, act: Option<Act>) -> Result<(), StoreError> {
        self.act(OPERATOR, act, move |session| workspaces::update(session, &workspace)).await
    }

    async fn key_all(&self) -> Result<Vec<ApiKey>, StoreError> {
        self.readers.run(keys::all).await
    }

    async fn key_create(&self, key: ApiKey, claim: Option<Claim>, act: Option<Act>) -> Result<Claimed, StoreError> {
        self.act(key.workspace_id.uuid(), act, move |session| keys::create(session, &key, claim.as_ref())).await
    }

    async fn key_delete(&self, workspace: WorkspaceId, key: KeyId, act: Option<Act>) -> Result<(), StoreError> {
        self.act(workspace.uuid(), act, move |session| keys::delete(session, workspace, key)).await
    }

    async fn key_used(&self, workspace: WorkspaceId, key: KeyId, at: Timestamp) -> Result<(), StoreError> {
        self.writer.run(Soon, workspace.uuid(), move |session| keys::used(session, workspace, key, at)).await
    }

    async fn usage_days(&self, workspace: WorkspaceId, first: Day, last: Day) -> Result<Vec<(Day, Usage)>, StoreError> {
        self.browsers.run(move |reader| usage::days(reader, workspace, first, last)).await
    }

    async fn usage_holdings(&self, workspace: WorkspaceId) -> Result<Holdings, StoreError> {
        self.readers.run(move |reader| usage::holdings(reader, workspace)).await
    }

    async fn act_list(
        &self,
        workspace: WorkspaceId,
        filter: ActFilter,
        page: Page,
    ) -> Result<Listing<Act>, StoreError> {
        self.browsers.run(move |reader| acts::list(reader, workspace, &filter, page)).await
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

    async fn channel_create(
        &self,
        record: ChannelRecord,
        claim: Option<Claim>,
        act: Option<Act>,
    ) -> Result<Claimed, StoreError> {
        let tenant = record.channel.workspace_id.uuid();
        self.act(tenant, act, move |session| channels::create(session, &record, claim.as_ref())).await
    }

    async fn channel_update(&self, record: ChannelRecord, act: Option<Act>) -> Result<(), StoreError> {
        let tenant = record.channel.workspace_id.uuid();
        self.act(tenant, act, move |session| channels::update(session, &record)).await
    }

    async fn channel_delete(
        &self,
        workspace: WorkspaceId,
        channel: ChannelId,
        at: Timestamp,
        act: Option<Act>,
    ) -> Result<(), StoreError> {
        self.act(workspace.uuid(), act, move |session| channels::delete(session, workspace, channel, at)).await
    }

    async fn endpoint_all(&self) -> Result<Vec<EndpointRecord>, StoreError> {
        self.readers.run(endpoints::all).await
    }

    async fn endpoint_create(
        &self,
        record: EndpointRecord,
        claim: Option<Claim>,
        act: Option<Act>,
    ) -> Result<Claimed, StoreError> {
        let tenant = record.endpoint.workspace_id.uuid();
        self.act(tenant, act, move |session| endpoints::create(session, &record, claim.as_ref())).await
    }

    async fn endpoint_update(
        &self,
        record: EndpointRecord,
        claim: Option<Claim>,
        act: Option<Act>,
    ) -> Result<Claimed, StoreError> {
        let tenant = record.endpoint.workspace_id.uuid();
        self.act(tenant, act, move |session| endpoints::update(session, &record, claim.as_ref())).await
    }

    async fn endpoint_resume_from_now(&self, record: EndpointRecord, act: Option<Act>) -> Result<(), StoreError> {
        let tenant = record.endpoint.workspace_id.uuid();
        self.act(tenant, act, move |session| endpoints::resume_from_now(session, &record)).await
    }

    async fn endpoint_delete(
        &self,
        workspace: WorkspaceId,
        endpoint: EndpointId,
        act: Option<Act>,
    ) -> Result<(), StoreError> {
        let tenant = workspace.uuid();
        self.writer.run(Now, tenant, move |session| endpoints::abandon(session, workspace, endpoint)).await?;
        let forget = move |session: &mut Session<'_>| endpoints::forget_attempts(session, workspace, endpoint);
        while self.writer.run(Now, tenant, forget).await? {}
        self.act(tenant, act, move |session| endpoints::delete(session, workspace, endpoint)).await
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
        self.browsers.run(move |reader| bodies::kept(reader, workspace, &which, after, limit)).await
    }

    async fn body_of_event(
        &self,
        workspace: WorkspaceId,
        position: Position,
    ) -> Result<Option<StoredBody>, StoreError> {
        self.browsers.run(move |reader| bodies::of_event(reader, workspace, position)).await
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
        self.browsers.run(move |reader| messages::list(reader, workspace, &filter, page)).await
    }

    async fn message_submit(
        &self,
        submission: Submission,
        claim: Option<ShowingClaim<Message>>,
    ) -> Result<Shown<Message>, StoreError> {
        let tenant = submission.channel.workspace_id.uuid();
        self.writer.run(Now, tenant, move |session| outbox::submit(session, &submission, claim.as_ref())).await
    }

    async fn message_wish(
        &self,
        wished: Wished,
        claim: Option<ShowingClaim<Message>>,
    ) -> Result<Shown<Message>, StoreError> {
        let tenant = wished.channel.workspace_id.uuid();
        self.writer.run(Now, tenant, move |session| outbox::wish(session, &wished, claim.as_ref())).await
    }

    async fn message_newest_inbound(
        &self,
        workspace: WorkspaceId,
        conversation: ConversationId,
    ) -> Result<Option<Message>, StoreError> {
        self.readers.run(move |reader| messages::newest_inbound(reader, workspace, conversation)).await
    }

    async fn send_due(&self, channel: ChannelId, at: Timestamp, limits: DueLimits) -> Result<Due, StoreError> {
        self.readers.run(move |reader| outbox::due(reader, channel, at, limits)).await
    }

    async fn send_backlog(&self, channel: ChannelId, at: Timestamp) -> Result<Backlog, StoreError> {
        self.readers.run(move |reader| outbox::backlog(reader, channel, at)).await
    }

    async fn send_mark(
        &self,
        channel: Arc<Channel>,
        epoch: u64,
        message: MessageId,
        terms: Terms,
        at: Timestamp,
    ) -> Result<Option<Marked>, StoreError> {
        // A channel takes its own turn at the writer, so that what a tenant takes in does not hold up what it sends.
        let tenant = channel.id.uuid();
        self.writer.run(Now, tenant, move |session| outbox::mark(session, &channel, epoch, message, terms, at)).await
    }

    async fn send_settle(&self, channel: Arc<Channel>, epoch: u64, settlement: Settlement) -> Result<(), StoreError> {
        let tenant = channel.id.uuid();
        self.writer.run(Now, tenant, move |session| outbox::settle(session, &channel, epoch, &settlement)).await
    }

    async fn send_abandon(&self, channel: Arc<Channel>, at: Timestamp) -> Result<usize, StoreError> {
        let tenant = channel.id.uuid();
        self.writer.run(Now, tenant, move |session| outbox::abandon(session, &channel, at)).await
    }

    async fn channel_probed(&self, channel: Arc<Channel>, probed: Probed) -> Result<(), StoreError> {
        let tenant = channel.id.uuid();
        self.writer.run(Now, tenant, move |session| outbox::probed(session, &channel, &probed)).await
    }

    async fn template_list(&self, channel: ChannelId) -> Result<Templates, StoreError> {
        self.browsers.run(move |reader| templates::list(reader, channel)).await
    }

    async fn template_replace(
        &self,
        channel: ChannelId,
        templates: Vec<Template>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let tenant = channel.uuid();
        self.writer.run(Now, tenant, move |session| templates::replace(session, channel, &templates, at)).await
    }

    async fn template_follow(&self, channel: ChannelId, news: TemplateNews) -> Result<u64, StoreError> {
        let tenant = channel.uuid();
        self.writer.run(Now, tenant, move |session| templates::follow(session, channel, &news)).await
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
        self.browsers.run(move |reader| conversations::list(reader, workspace, &filter, page)).await
    }

    async fn conversation_change(&self, change: ConversationChange) -> Result<Conversation, StoreError> {
        let tenant = change.workspace_id.uuid();
        self.writer.run(Now, tenant, move |session| conversations::change(session, &change)).await
    }

    async fn conversation_read(&self, workspace: WorkspaceId, id: ConversationId) -> Result<(), StoreError> {
        self.writer.run(Now, workspace.uuid(), move |session| conversations::mark_read(session, workspace, id)).await
    }

    async fn conversation_newest_messages(
        &self,
        workspace: WorkspaceId,
        ids: Vec<ConversationId>,
    ) -> Result<Vec<Message>, StoreError> {
        self.browsers.run(move |reader| messages::newest_of(reader, workspace, &ids)).await
    }

    async fn contact_create(
        &self,
        creation: ContactCreation,
        claim: Option<ShowingClaim<Contact>>,
    ) -> Result<Shown<Contact>, StoreError> {
        let tenant = creation.workspace_id.uuid();
        let work = move |session: &mut Session<'_>| contacts::verbs::create(session, &creation, claim.as_ref());
        self.writer.run(Now, tenant, work).await
    }

    async fn contact_change(&self, change: ContactChange) -> Result<Contact, StoreError> {
        let tenant = change.workspace_id.uuid();
        self.writer.run(Now, tenant, move |session| contacts::verbs::change(session, &change)).await
    }

    async fn contact_merge(
        &self,
        merge: ContactMerge,
        claim: Option<ShowingClaim<Contact>>,
    ) -> Result<Shown<Contact>, StoreError> {
        let tenant = merge.workspace_id.uuid();
        let work = move |session: &mut Session<'_>| contacts::merging::merge(session, &merge, claim.as_ref());
        self.writer.run(Now, tenant, work).await
    }

    async fn contact_get(&self, workspace: WorkspaceId, id: ContactId) -> Result<Option<Contact>, StoreError> {
        self.readers.run(move |reader| contacts::lists::get(reader, workspace, id)).await
    }

    async fn contact_merged_into(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
    ) -> Result<Option<ContactId>, StoreError> {
        self.readers.run(move |reader| contacts::merging::merged_into(reader, workspace, id)).await
    }

    async fn contact_list(
        &self,
        workspace: WorkspaceId,
        filter: ContactFilter,
        page: Page,
    ) -> Result<Listing<Contact>, StoreError> {
        self.browsers.run(move |reader| contacts::lists::list(reader, workspace, &filter, page)).await
    }
}
