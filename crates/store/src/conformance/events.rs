//! Reading the log.

use tidings_domain::{
    ConversationId, EventId, WorkspaceId,
    change::Change,
    delivery::DeliveryChange,
    event::{EndpointDetail, EndpointEvent, Event, EventKind, EventPayload, LogEntry, OrderingKey, Position, SCHEMA},
};

use crate::{EventFilter, Listing, Mark, MessageFilter, Page, StoreError};

use super::{
    bench::{Bench, at, kinds, message_of},
    changes::{received, received_from, said},
};

/// A page at a time, from any position, one by one, by id.
pub async fn are_read_in_order(bench: &Bench) {
    assert_eq!(bench.store.log_head().await, Ok(Position(0)));
    let workspace = bench.workspace("ant").await;
    assert_eq!(bench.store.event_oldest(workspace).await, Ok(None));
    let channel = bench.channel(workspace, "100").await;
    for number in 0..4 {
        bench.take(&channel, number, vec![received(&format!("m{number}"), number)]).await;
    }
    let log = bench.after(Position(0)).await;
    assert_eq!(log.len(), 6);
    assert_eq!(bench.store.log_head().await, Ok(log[5].position));
    assert_eq!(bench.store.log_read(Position(0), 2).await.as_deref(), Ok(&log[..2]));
    assert_eq!(bench.store.log_read(log[1].position, 3).await.as_deref(), Ok(&log[2..5]));
    assert_eq!(bench.store.log_read(log[5].position, 3).await, Ok(vec![]));
    assert_eq!(bench.store.event_oldest(workspace).await, Ok(Some(log[0].event.id)));
    for entry in &log {
        assert_eq!(bench.store.log_at(entry.position).await.as_ref(), Ok(&Some(entry.clone())));
        assert_eq!(bench.store.event_get(workspace, entry.event.id).await.as_ref(), Ok(&Some(entry.clone())));
    }
    assert_eq!(bench.store.log_at(Position(log[5].position.0 + 1)).await, Ok(None));
    assert_eq!(bench.store.event_get(workspace, EventId::from_bytes(bench.id())).await, Ok(None));
}

/// One key's events between two positions: after the one, up to and with the other.
pub async fn are_read_by_key(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    for number in 0..3 {
        for person in ["1", "2"] {
            bench.take(&channel, number, vec![received_from(person, &format!("{person}/{number}"), number)]).await;
        }
    }
    let log = bench.after(Position(0)).await;
    let key = log[0].event.key;
    let of_key: Vec<LogEntry> = log.iter().filter(|entry| entry.event.key == key).cloned().collect();
    assert_eq!((log.len(), of_key.len()), (10, 5));
    let read = async |after: Position, up_to: Position, limit: usize| {
        bench.store.log_read_key(workspace, key, after, up_to, limit).await.expect("events")
    };
    let end = log[9].position;
    assert_eq!(read(Position(0), end, 10).await, of_key);
    assert_eq!(read(Position(0), end, 2).await, of_key[..2]);
    assert_eq!(read(of_key[1].position, of_key[3].position, 10).await, of_key[2..4]);
    assert_eq!(read(of_key[4].position, end, 10).await, []);
    let stranger = OrderingKey::from(ConversationId::from_bytes(bench.id()));
    assert_eq!(bench.store.log_read_key(workspace, stranger, Position(0), end, 10).await, Ok(vec![]));
}

/// Kinds and channel narrow a list down; its pages follow each other.
pub async fn are_listed_by_kind_and_channel(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let (first, second) = (bench.channel(workspace, "100").await, bench.channel(workspace, "200").await);
    for number in 0..3 {
        for channel in [&first, &second] {
            bench.take(channel, number, vec![received(&format!("m{number}"), number)]).await;
        }
    }
    let list = async |filter: &EventFilter, after: Position, limit: usize| {
        bench.store.event_list(workspace, filter.clone(), after, limit).await.expect("events").items
    };
    let all = list(&EventFilter::default(), Position(0), 100).await;
    assert_eq!(all, bench.after(Position(0)).await);
    let messages = EventFilter { kinds: Some(vec![EventKind::MessageReceived]), channel_id: None };
    assert_eq!(kinds(&list(&messages, Position(0), 100).await), ["message.received"; 6]);
    let here = EventFilter { channel_id: Some(second.id), ..messages.clone() };
    let found = list(&here, Position(0), 100).await;
    assert_eq!(found.len(), 3);
    assert!(found.iter().all(|entry| message_of(entry).channel_id == second.id));
    let either = EventFilter {
        kinds: Some(vec![EventKind::ContactCreated, EventKind::ConversationCreated]),
        channel_id: Some(first.id),
    };
    assert_eq!(kinds(&list(&either, Position(0), 100).await), ["contact.created", "conversation.created"]);
    let none = EventFilter { kinds: Some(vec![]), channel_id: None };
    assert_eq!(list(&none, Position(0), 100).await, []);
    let page = bench.store.event_list(workspace, messages.clone(), Position(0), 4).await.expect("events");
    assert_eq!(page.next, page.items.last().map(|entry| Mark::at_number(entry.position.0)));
    let rest = bench.store.event_list(workspace, messages, page.items[3].position, 4).await.expect("events");
    assert_eq!((page.items.len(), rest.items.len(), rest.next), (4, 2, None));
    assert!(page.items[3].position < rest.items[0].position);
}

/// A reading holds so many bytes, not only so many events, and says that there is more.
pub async fn are_read_in_pieces_where_they_are_large(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    let large = "x".repeat(3 << 20);
    for number in 0..4 {
        let said = said(&format!("m{number}"), "1", number, &large);
        bench.take(&channel, number, vec![Change::Received(said)]).await;
    }
    let (mut after, mut seen) = (Position(0), 0);
    loop {
        let entries = bench.store.log_read(after, 100).await.expect("the log");
        let Some(last) = entries.last() else { break };
        assert!(entries.len() < 6, "{} at once", entries.len());
        (after, seen) = (last.position, seen + entries.len());
    }
    let (mut after, mut listed) = (Position(0), 0);
    loop {
        let page = bench.store.event_list(workspace, EventFilter::default(), after, 100).await.expect("events");
        listed += page.items.len();
        let Some(next) = page.next else { break };
        after = Position(next.number);
    }
    assert_eq!((seen, listed), (6, 6), "four messages, a contact and a conversation");
    let page = Page { limit: 100, before: None };
    let messages = bench.store.message_list(workspace, MessageFilter::default(), page).await.expect("messages");
    assert!(messages.items.len() < 4 && messages.next.is_some());
}

/// An endpoint's own trouble stands in the log like everything else, numbered, unless what led to it was refused.
pub async fn are_appended(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let endpoint = bench.endpoint(workspace).await;
    let epoch = bench.store.lease_acquire("endpoint", endpoint.uuid(), "one").await.expect("a lease");
    let heard = bench.listen();
    let events: Vec<Event> = (1..=2).map(|sequence| trouble(bench, workspace, sequence)).collect();
    let unnumbered = events.iter().map(|event| Event { sequence: 0, ..event.clone() }).collect();
    let change = DeliveryChange { told: unnumbered, ..DeliveryChange::default() };
    let refused = bench.store.delivery_record(endpoint, epoch + 1, change.clone()).await;
    assert!(matches!(refused, Err(StoreError::StaleLease(_))), "{refused:?}");
    assert_eq!(bench.store.delivery_record(endpoint, epoch, change).await, Ok(()));
    let log = bench.after(Position(0)).await;
    assert_eq!(log.iter().map(|entry| Event::clone(&entry.event)).collect::<Vec<_>>(), events);
    assert_eq!(heard.entries(), log);
    let listed = bench.store.event_list(workspace, EventFilter::default(), Position(0), 10).await;
    assert_eq!(listed, Ok(Listing { items: log, next: None }));
}

pub(super) fn trouble(bench: &Bench, workspace_id: WorkspaceId, sequence: u64) -> Event {
    let endpoint = bench.new_endpoint(workspace_id).endpoint;
    Event {
        id: EventId::from_bytes(bench.id()),
        workspace_id,
        kind: EventKind::EndpointFailing,
        schema: SCHEMA,
        key: OrderingKey::from(endpoint.id),
        sequence,
        channel_id: None,
        at: at(1),
        recorded_at: at(2),
        payload: EventPayload::Endpoint(EndpointEvent {
            endpoint_id: endpoint.id,
            url: endpoint.url,
            detail: EndpointDetail::Health { reason: "refused".to_owned(), failing_since: Some(at(0)), backlog: 7 },
        }),
    }
}
