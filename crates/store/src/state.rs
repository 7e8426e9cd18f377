//! What things are now.

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

use crate::{
    audit::ActFilter,
    contacts::{ContactChange, ContactCreation, ContactFilter, ContactMerge, ConversationChange},
    error::StoreError,
    idempotency::{Answer, Claim, Claimed, ShowingClaim, Shown},
    intake::{BodyNumber, Intake, IntakeReceipt, KeptBodies, StoredBody},
    records::{ChannelRecord, ConversationFilter, EndpointRecord, Listing, MessageFilter, Page},
    sending::{Backlog, Due, DueLimits, Marked, Probed, Settlement, Submission, Wished},
    templates::Templates,
};

/// What things are now. Each method is one transaction; see the crate's story.
///
/// Methods that create take an optional [`Claim`]: if its key is known with the same fingerprint, nothing is done and
/// the first answer comes back; with another fingerprint, [`StoreError::IdempotencyConflict`].
///
/// Methods that set things up take an optional [`Act`]: who does it, and what changes by it. It is written down if it is
/// done, and only then; without, it is nobody's doing but our own.
#[async_trait]
pub trait State: Send + Sync {
    /// Every workspace, oldest first.
    async fn workspace_all(&self) -> Result<Vec<Workspace>, StoreError>;
    /// Makes a workspace. Its name is unique.
    async fn workspace_create(
        &self,
        workspace: Workspace,
        claim: Option<Claim>,
        act: Option<Act>,
    ) -> Result<Claimed, StoreError>;
    /// Writes a workspace that is there.
    async fn workspace_update(&self, workspace: Workspace, act: Option<Act>) -> Result<(), StoreError>;

    /// Every API key, oldest first.
    async fn key_all(&self) -> Result<Vec<ApiKey>, StoreError>;
    /// Makes an API key.
    async fn key_create(&self, key: ApiKey, claim: Option<Claim>, act: Option<Act>) -> Result<Claimed, StoreError>;
    /// Deletes an API key.
    async fn key_delete(&self, workspace: WorkspaceId, key: KeyId, act: Option<Act>) -> Result<(), StoreError>;
    /// Remembers when an API key was used last; an earlier time than what is known changes nothing, and neither does a key
    /// that is not there.
    async fn key_used(&self, workspace: WorkspaceId, key: KeyId, at: Timestamp) -> Result<(), StoreError>;
    /// What a workspace has used on the days from one to another, in their order; those on which it did nothing are left out.
    async fn usage_days(&self, workspace: WorkspaceId, first: Day, last: Day) -> Result<Vec<(Day, Usage)>, StoreError>;
    /// What a workspace has.
    async fn usage_holdings(&self, workspace: WorkspaceId) -> Result<Holdings, StoreError>;
    /// What was done in a workspace, the newest first.
    async fn act_list(&self, workspace: WorkspaceId, filter: ActFilter, page: Page)
    -> Result<Listing<Act>, StoreError>;
    /// What a start has remembered by this name.
    async fn setting(&self, name: &'static str) -> Result<Option<Vec<u8>>, StoreError>;
    /// Remembers something by a name, unless something is remembered by it.
    async fn setting_remember(&self, name: &'static str, value: Vec<u8>) -> Result<(), StoreError>;

    /// Every channel, oldest first.
    async fn channel_all(&self) -> Result<Vec<ChannelRecord>, StoreError>;
    /// Makes a channel. A vendor's account has at most one in a workspace.
    async fn channel_create(
        &self,
        record: ChannelRecord,
        claim: Option<Claim>,
        act: Option<Act>,
    ) -> Result<Claimed, StoreError>;
    /// Writes a channel that is there, but for its status, which only changes write. What the vendor calls files is
    /// forgotten if the channel has another account now.
    async fn channel_update(&self, record: ChannelRecord, act: Option<Act>) -> Result<(), StoreError>;
    /// Deletes a channel and its secrets. What came by it stays.
    async fn channel_delete(
        &self,
        workspace: WorkspaceId,
        channel: ChannelId,
        at: Timestamp,
        act: Option<Act>,
    ) -> Result<(), StoreError>;

    /// Every endpoint, oldest first.
    async fn endpoint_all(&self) -> Result<Vec<EndpointRecord>, StoreError>;
    /// Makes an endpoint, whose place is the end of the log.
    async fn endpoint_create(
        &self,
        record: EndpointRecord,
        claim: Option<Claim>,
        act: Option<Act>,
    ) -> Result<Claimed, StoreError>;
    /// Writes an endpoint that is there.
    async fn endpoint_update(
        &self,
        record: EndpointRecord,
        claim: Option<Claim>,
        act: Option<Act>,
    ) -> Result<Claimed, StoreError>;
    /// Writes an endpoint that is there, and skips what it has missed: its place is the end of the log. Who has the lease on
    /// it must have given it up.
    async fn endpoint_resume_from_now(&self, record: EndpointRecord, act: Option<Act>) -> Result<(), StoreError>;
    /// Deletes an endpoint and what is remembered of its deliveries. That may take several commits; from the first one on it
    /// is disabled and has missed nothing.
    async fn endpoint_delete(
        &self,
        workspace: WorkspaceId,
        endpoint: EndpointId,
        act: Option<Act>,
    ) -> Result<(), StoreError>;

    /// The answer kept under an idempotency key of the 24 hours before `at`, with its fingerprint.
    async fn claim_find(
        &self,
        workspace: WorkspaceId,
        key: &str,
        at: Timestamp,
    ) -> Result<Option<([u8; 32], Answer)>, StoreError>;

    /// Takes in a vendor's webhook: raw body, changes, events and dedup keys in one commit.
    async fn intake(&self, intake: Intake) -> Result<IntakeReceipt, StoreError>;
    /// Raw bodies of which something was kept, oldest first, after this number.
    async fn body_kept(
        &self,
        workspace: WorkspaceId,
        which: KeptBodies<'_>,
        after: BodyNumber,
        limit: usize,
    ) -> Result<Vec<StoredBody>, StoreError>;
    /// The vendor's webhook that an event of a workspace came from, if it came from one.
    async fn body_of_event(&self, workspace: WorkspaceId, position: Position)
    -> Result<Option<StoredBody>, StoreError>;

    /// A message.
    async fn message_get(&self, workspace: WorkspaceId, id: MessageId) -> Result<Option<Message>, StoreError>;
    /// Messages, newest first.
    async fn message_list(
        &self,
        workspace: WorkspaceId,
        filter: MessageFilter,
        page: Page,
    ) -> Result<Listing<Message>, StoreError>;

    /// Accepts a message to send, or refuses it ([`StoreError::Refused`], [`StoreError::SpentToday`]).
    async fn message_submit(
        &self,
        submission: Submission,
        claim: Option<ShowingClaim<Message>>,
    ) -> Result<Shown<Message>, StoreError>;
    /// Does what somebody wants of a message that was accepted, or refuses it ([`StoreError::Refused`]).
    async fn message_wish(
        &self,
        wished: Wished,
        claim: Option<ShowingClaim<Message>>,
    ) -> Result<Shown<Message>, StoreError>;
    /// The newest message from the contact in a conversation.
    async fn message_newest_inbound(
        &self,
        workspace: WorkspaceId,
        conversation: ConversationId,
    ) -> Result<Option<Message>, StoreError>;

    /// What is to be done on a channel at a time.
    async fn send_due(&self, channel: ChannelId, at: Timestamp, limits: DueLimits) -> Result<Due, StoreError>;
    /// How many messages wait on a channel at a time.
    async fn send_backlog(&self, channel: ChannelId, at: Timestamp) -> Result<Backlog, StoreError>;
    /// Marks an attempt at a message that is due. `None` if it is not to be sent (any more, or yet), or not the first of
    /// its recipient's line. Refused with
    /// [`StoreError::StaleLease`] if the channel's [`crate::CHANNEL_LEASE`] has another epoch.
    async fn send_mark(
        &self,
        channel: Arc<Channel>,
        epoch: u64,
        message: MessageId,
        terms: Terms,
        at: Timestamp,
    ) -> Result<Option<Marked>, StoreError>;
    /// Remembers what came of an attempt. Refused as [`Self::send_mark`] is.
    async fn send_settle(&self, channel: Arc<Channel>, epoch: u64, settlement: Settlement) -> Result<(), StoreError>;
    /// Ends what is left to do about messages of a channel that is about to be deleted: some of them. Answers how many
    /// it ended.
    async fn send_abandon(&self, channel: Arc<Channel>, at: Timestamp) -> Result<usize, StoreError>;
    /// Remembers what a probe of a channel found.
    async fn channel_probed(&self, channel: Arc<Channel>, probed: Probed) -> Result<(), StoreError>;

    /// The templates of a channel.
    async fn template_list(&self, channel: ChannelId) -> Result<Templates, StoreError>;
    /// Takes these for all the templates that a channel has.
    async fn template_replace(
        &self,
        channel: ChannelId,
        templates: Vec<Template>,
        at: Timestamp,
    ) -> Result<(), StoreError>;
    /// Follows what the vendor says of a template. Answers how many it concerned.
    async fn template_follow(&self, channel: ChannelId, news: TemplateNews) -> Result<u64, StoreError>;

    /// A conversation.
    async fn conversation_get(
        &self,
        workspace: WorkspaceId,
        id: ConversationId,
    ) -> Result<Option<Conversation>, StoreError>;
    /// Conversations, newest first.
    async fn conversation_list(
        &self,
        workspace: WorkspaceId,
        filter: ConversationFilter,
        page: Page,
    ) -> Result<Listing<Conversation>, StoreError>;
    /// Changes a conversation. Refused ([`StoreError::Refused`]) if it is to be reopened while another one with the contact
    /// is open on its channel.
    async fn conversation_change(&self, change: ConversationChange) -> Result<Conversation, StoreError>;
    /// Somebody has read what there is in a conversation.
    async fn conversation_read(&self, workspace: WorkspaceId, id: ConversationId) -> Result<(), StoreError>;
    /// The newest message of each of these conversations that has one.
    async fn conversation_newest_messages(
        &self,
        workspace: WorkspaceId,
        ids: Vec<ConversationId>,
    ) -> Result<Vec<Message>, StoreError>;

    /// Makes a contact. Refused ([`StoreError::Refused`]) if another one has one of its identities.
    async fn contact_create(
        &self,
        creation: ContactCreation,
        claim: Option<ShowingClaim<Contact>>,
    ) -> Result<Shown<Contact>, StoreError>;
    /// Changes a contact, or refuses to as [`Self::contact_create`] does.
    async fn contact_change(&self, change: ContactChange) -> Result<Contact, StoreError>;
    /// Makes one contact of two: everything that the one that goes has is the other one's.
    async fn contact_merge(
        &self,
        merge: ContactMerge,
        claim: Option<ShowingClaim<Contact>>,
    ) -> Result<Shown<Contact>, StoreError>;
    /// A contact.
    async fn contact_get(&self, workspace: WorkspaceId, id: ContactId) -> Result<Option<Contact>, StoreError>;
    /// The contact that one which is no more was merged into.
    async fn contact_merged_into(&self, workspace: WorkspaceId, id: ContactId)
    -> Result<Option<ContactId>, StoreError>;
    /// Contacts, newest first.
    async fn contact_list(
        &self,
        workspace: WorkspaceId,
        filter: ContactFilter,
        page: Page,
    ) -> Result<Listing<Contact>, StoreError>;
}
