//! What the company does with its conversations.

use serde_json::json;
use tidings_domain::{
    ConversationId, WorkspaceId,
    conversation::{ActorType, Conversation, ConversationPatch, ConversationStatus},
    decide::Refusal,
    event::Actor,
};

use crate::{ConversationChange, ConversationFilter, Page, StoreError};

use super::{
    bench::{Bench, at, kinds, message_of},
    changes::{echoed, received, received_from},
};

const ALL: Page = Page { limit: 100, before: None };

impl Bench {
    async fn wish(
        &self,
        workspace_id: WorkspaceId,
        conversation_id: ConversationId,
        patch: ConversationPatch,
    ) -> Result<Conversation, StoreError> {
        let by = Actor { actor_type: ActorType::Api, id: Some("key_1".to_owned()) };
        self.store
            .conversation_change(ConversationChange { workspace_id, conversation_id, patch, by, at: at(100) })
            .await
    }

    async fn conversations(&self, workspace: WorkspaceId, filter: ConversationFilter) -> Vec<ConversationId> {
        let listing = self.store.conversation_list(workspace, filter, ALL).await.expect("conversations");
        listing.items.iter().map(|conversation| conversation.id).collect()
    }
}

fn to(status: ConversationStatus) -> ConversationPatch {
    ConversationPatch { status: Some(status), ..ConversationPatch::default() }
}

/// Assignee, tags, metadata, status: written, told and found by.
pub async fn are_changed_and_found(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    let told = bench.events_of(&channel, 1, vec![received("m1", 1)]).await;
    let id = message_of(told.last().expect("a message")).conversation_id;
    bench.take(&channel, 2, vec![received_from("1777", "m2", 2)]).await;
    let head = bench.store.log_head().await.expect("a log");
    let patch = ConversationPatch {
        assignee: Some(Some(("erp-17".to_owned(), ActorType::Attendant))),
        tags: Some(vec!["vip".to_owned()]),
        metadata: Some(json!({"order": 7}).as_object().cloned()),
        ..to(ConversationStatus::Closed)
    };
    let changed = bench.wish(workspace, id, patch.clone()).await.expect("a change");
    assert_eq!(bench.store.conversation_get(workspace, id).await, Ok(Some(changed.clone())));
    let expected = ["conversation.assigned", "conversation.updated", "conversation.closed"];
    let told = bench.after(head).await;
    assert_eq!(kinds(&told), expected);
    assert!(told.iter().all(|entry| entry.event.channel_id == Some(channel.id)));
    assert_eq!(bench.wish(workspace, id, patch).await, Ok(changed), "nothing is left to change");
    let any = ConversationFilter::default();
    for filter in [
        ConversationFilter { assigned_to: Some(Some("erp-17".to_owned())), ..any.clone() },
        ConversationFilter { tag: Some("vip".to_owned()), ..any.clone() },
        ConversationFilter { until: Some(at(2)), ..any.clone() },
    ] {
        assert_eq!(bench.conversations(workspace, filter).await, [id]);
    }
    let nobodys = ConversationFilter { assigned_to: Some(None), ..any.clone() };
    assert_eq!(bench.conversations(workspace, nobodys).await.len(), 1);
    let cleared = ConversationPatch { tags: Some(Vec::new()), assignee: Some(None), ..ConversationPatch::default() };
    bench.wish(workspace, id, cleared).await.expect("a change");
    let tagged = ConversationFilter { tag: Some("vip".to_owned()), ..any };
    assert_eq!(bench.conversations(workspace, tagged).await, []);
}

/// By hand, unless another one has taken its place; by a message, the one that is open goes on.
pub async fn are_reopened(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    let told = bench.events_of(&channel, 1, vec![received("m1", 1)]).await;
    let id = message_of(told.last().expect("a message")).conversation_id;
    bench.wish(workspace, id, to(ConversationStatus::Closed)).await.expect("a change");
    let reopened = bench.wish(workspace, id, to(ConversationStatus::Open)).await.expect("a change");
    assert_eq!((reopened.status, reopened.reopened_at), (ConversationStatus::Open, Some(at(100))));
    bench.wish(workspace, id, to(ConversationStatus::Closed)).await.expect("a change");
    let told = bench.events_of(&channel, 101, vec![received("m2", 101)]).await;
    assert_eq!(kinds(&told), ["conversation.reopened", "message.received"]);
    let stranger = bench.workspace("bee").await;
    let refused = bench.wish(stranger, id, to(ConversationStatus::Closed)).await;
    assert_eq!(refused, Err(StoreError::Refused(Refusal::NoSuchConversation)));
}

/// What nobody has read is counted, and the newest message of each is found.
pub async fn know_what_is_unread(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    let told = bench.events_of(&channel, 1, vec![received("m1", 1), received("m2", 2)]).await;
    let id = message_of(told.last().expect("a message")).conversation_id;
    let unread =
        async || bench.store.conversation_get(workspace, id).await.ok().flatten().map(|found| found.unread_count);
    assert_eq!(unread().await, Some(2));
    let filter = |unread| ConversationFilter { unread: Some(unread), ..ConversationFilter::default() };
    assert_eq!(bench.conversations(workspace, filter(true)).await, [id]);
    assert_eq!(bench.store.conversation_read(bench.workspace("bee").await, id).await, Ok(()));
    assert_eq!(unread().await, Some(2), "another workspace reads nothing");
    assert_eq!(bench.store.conversation_read(workspace, id).await, Ok(()));
    assert_eq!((unread().await, bench.conversations(workspace, filter(false)).await), (Some(0), vec![id]));
    bench.take(&channel, 3, vec![received("m3", 3)]).await;
    bench.take(&channel, 4, vec![echoed("m4", 4)]).await;
    assert_eq!(unread().await, Some(0), "who answers has read");
    let newest = bench.store.conversation_newest_messages(workspace, vec![id]).await.expect("messages");
    assert_eq!(newest.iter().filter_map(|message| message.vendor_id.as_deref()).collect::<Vec<_>>(), ["m4"]);
}
