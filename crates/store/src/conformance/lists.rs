//! Lists of messages and conversations.

use tidings_domain::{
    MessageId, Timestamp, WorkspaceId,
    change::ReportedStatus,
    conversation::{Conversation, ConversationStatus},
    event::Position,
    message::{Direction, Message},
    status::MessageStatus,
};

use crate::{ContactFilter, ConversationFilter, Mark, MessageFilter, Page};

use super::{
    bench::{Bench, at, message_of},
    changes::{echoed, received, received_from, report},
};

async fn messages(bench: &Bench, workspace: WorkspaceId, filter: MessageFilter) -> Vec<Message> {
    let page = Page { limit: 100, before: None };
    let listing = bench.store.message_list(workspace, filter, page).await.expect("messages");
    assert_eq!(listing.next, None);
    listing.items
}

fn vendor_ids(messages: &[Message]) -> Vec<&str> {
    messages.iter().filter_map(|message| message.vendor_id.as_deref()).collect()
}

/// Page by page to the end, also if the last page is full.
pub async fn of_messages_are_newest_first(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    for number in 0..6 {
        bench.take(&channel, number, vec![received(&format!("m{number}"), 100 - number)]).await;
    }
    for limit in [1, 2, 4, 6, 7] {
        let mut found: Vec<MessageId> = Vec::new();
        let mut before = None;
        for _ in 0..7 {
            let page = Page { limit, before };
            let listing = bench.store.message_list(workspace, MessageFilter::default(), page).await.expect("messages");
            assert!(!listing.items.is_empty() && listing.items.len() <= limit);
            found.extend(listing.items.iter().map(|message| message.id));
            let Some(next) = listing.next else { break };
            before = Some(next);
        }
        let log = bench.after(Position(0)).await;
        let recorded: Vec<MessageId> = log[2..].iter().rev().map(|entry| message_of(entry).id).collect();
        assert_eq!(found, recorded, "in pages of {limit}");
    }
}

/// Each filter, alone and with another.
pub async fn of_messages_are_filtered(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let (first, second) = (bench.channel(workspace, "100").await, bench.channel(workspace, "200").await);
    bench.take(&first, 10, vec![received("in", 1), echoed("out", 2)]).await;
    bench.take(&second, 20, vec![received("elsewhere", 3)]).await;
    bench.take(&first, 30, vec![received_from("99", "stranger", 4), report("out", ReportedStatus::Read, 5)]).await;
    let any = MessageFilter::default();
    let all = messages(bench, workspace, any).await;
    assert_eq!(vendor_ids(&all), ["stranger", "elsewhere", "out", "in"]);
    let last = &all[3];

    let cases: [(MessageFilter, &[&str]); 9] = [
        (MessageFilter { conversation_id: Some(last.conversation_id), ..any }, &["out", "in"]),
        (MessageFilter { channel_id: Some(second.id), ..any }, &["elsewhere"]),
        (MessageFilter { contact_id: Some(last.contact_id), ..any }, &["elsewhere", "out", "in"]),
        (MessageFilter { status: Some(MessageStatus::Read), ..any }, &["out"]),
        (MessageFilter { status: Some(MessageStatus::Failed), ..any }, &[]),
        (MessageFilter { direction: Some(Direction::Inbound), ..any }, &["stranger", "elsewhere", "in"]),
        (MessageFilter { since: Some(at(20)), ..any }, &["stranger", "elsewhere"]),
        (MessageFilter { until: Some(at(20)), ..any }, &["out", "in"]),
        (
            MessageFilter {
                contact_id: Some(last.contact_id),
                direction: Some(Direction::Inbound),
                since: Some(at(20)),
                ..any
            },
            &["elsewhere"],
        ),
    ];
    for (filter, expected) in cases {
        assert_eq!(vendor_ids(&messages(bench, workspace, filter).await), expected, "{filter:?}");
    }
    let page = Page { limit: 1, before: None };
    let inbound = MessageFilter { direction: Some(Direction::Inbound), ..any };
    let listing = bench.store.message_list(workspace, inbound, page).await.expect("messages");
    let page = Page { limit: 10, before: listing.next };
    let rest = bench.store.message_list(workspace, inbound, page).await.expect("messages");
    assert_eq!(vendor_ids(&rest.items), ["elsewhere", "in"]);
}

/// A span of time is read in the order of time, page by page, also if the clock was set back in it.
pub async fn of_a_span_are_in_the_order_of_time(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    for (number, seconds) in [10, 50, 20, 40, 20, 30].into_iter().enumerate() {
        let person = number.to_string();
        bench.take(&channel, seconds, vec![received_from(&person, &format!("m{number}"), 1)]).await;
    }
    let (since, until) = (Some(at(20)), Some(at(50)));
    let expected = [40, 30, 20, 20].map(at);
    for limit in [1, 2, 3, 4, 5] {
        let mut before = [None; 3];
        let mut found: [Vec<(Timestamp, String)>; 3] = Default::default();
        for _ in 0..5 {
            let page = |before| Page { limit, before };
            let filter = MessageFilter { since, until, ..MessageFilter::default() };
            let messages = bench.store.message_list(workspace, filter, page(before[0])).await.expect("messages");
            let filter = ConversationFilter { since, until, ..ConversationFilter::default() };
            let talks = bench.store.conversation_list(workspace, filter, page(before[1])).await.expect("conversations");
            let filter = ContactFilter { since, until, ..ContactFilter::default() };
            let contacts = bench.store.contact_list(workspace, filter, page(before[2])).await.expect("contacts");
            found[0].extend(messages.items.iter().map(|item| (item.created_at, item.id.to_string())));
            found[1].extend(talks.items.iter().map(|item| (item.created_at, item.id.to_string())));
            found[2].extend(contacts.items.iter().map(|item| (item.created_at, item.id.to_string())));
            before = [messages.next, talks.next, contacts.next];
            if before == [None; 3] {
                break;
            }
        }
        for found in found {
            assert!(found.iter().map(|(time, _)| *time).eq(expected), "in pages of {limit}: {found:?}");
            assert_ne!(found[2].1, found[3].1, "in pages of {limit}: {found:?}");
        }
    }
}

/// Conversations of three people, one of them on two channels.
pub async fn of_conversations_are_newest_first_and_filtered(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let (first, second) = (bench.channel(workspace, "100").await, bench.channel(workspace, "200").await);
    for (number, channel, person) in [(0, &first, "1"), (1, &first, "2"), (2, &second, "1"), (3, &first, "3")] {
        bench.take(channel, number, vec![received_from(person, &format!("m{number}"), number)]).await;
    }
    let list = async |filter: ConversationFilter, limit: usize, before: Option<Mark>| {
        bench.store.conversation_list(workspace, filter, Page { limit, before }).await.expect("conversations")
    };
    let any = ConversationFilter::default();
    let all = list(any.clone(), 100, None).await;
    assert_eq!((all.items.len(), all.next), (4, None));
    let of = |picks: &[usize]| picks.iter().map(|pick| all.items[*pick].clone()).collect::<Vec<Conversation>>();
    assert!(all.items.iter().map(|item| item.created_at).eq([at(3), at(2), at(1), at(0)]));
    for conversation in &all.items {
        let found = bench.store.conversation_get(workspace, conversation.id).await;
        assert_eq!(found.as_ref(), Ok(&Some(conversation.clone())));
    }

    let page = list(any.clone(), 3, None).await;
    assert_eq!(page.items, of(&[0, 1, 2]));
    assert_eq!(list(any.clone(), 3, page.next).await.items, of(&[3]));
    let ones = all.items[3].contact_id;
    assert_eq!(list(ConversationFilter { contact_id: Some(ones), ..any.clone() }, 9, None).await.items, of(&[1, 3]));
    assert_eq!(list(ConversationFilter { channel_id: Some(second.id), ..any.clone() }, 9, None).await.items, of(&[1]));
    let open = ConversationFilter { status: Some(ConversationStatus::Open), ..any.clone() };
    assert_eq!(list(open, 9, None).await.items, all.items);
    let closed = ConversationFilter { status: Some(ConversationStatus::Closed), ..any.clone() };
    assert_eq!(list(closed, 9, None).await.items, []);
}
