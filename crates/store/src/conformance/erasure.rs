//! Erasing contacts.

use std::sync::Arc;

use tidings_domain::{
    ContactId, WorkspaceId,
    contact::{Contact, ContactDraft},
    decide::Refusal,
    delivery::{Attempt, DeliveryChange, Outcome},
    event::{Actor, EventPayload, OrderingKey, Position},
};

use crate::{
    Answer, AttemptFilter, ContactCreation, ContactErasure, ContactFilter, ContactMerge, ConversationFilter,
    ENDPOINT_LEASE, ErasureProgress, MessageFilter, Page, Sealed, ShowingClaim, Shown, StoreError,
};

use super::{
    bench::{Bench, at, kinds, message_of},
    changes::received_from,
    deliveries::Scene,
};

const ALL: Page = Page { limit: 100, before: None };

impl Bench {
    /// Begins to erase a contact.
    pub async fn erase(
        &self,
        workspace_id: WorkspaceId,
        contact_id: ContactId,
    ) -> Result<Vec<OrderingKey>, StoreError> {
        let erasure = ContactErasure { workspace_id, contact_id, by: Actor::SYSTEM, at: at(100) };
        self.store.erasure_begin(erasure, None).await
    }

    /// Goes on with erasures for as long as there is anything to do at this time.
    pub async fn go_on_erasing(&self, told_until: i64) {
        loop {
            match self.store.erasure_continue(at(told_until)).await.expect("an erasure that goes on") {
                ErasureProgress::Goes => {}
                ErasureProgress::Deleted => {
                    assert_eq!(self.store.erasure_overwrite().await, Ok(()));
                }
                ErasureProgress::Rests => return,
            }
        }
    }
}

/// Of a contact that was erased nothing is left but that something happened; others keep everything.
pub async fn leaves_nothing_of_a_contact(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    for number in 0..150 {
        bench.take(&channel, number, vec![received_from("1555", &format!("a{number}"), number)]).await;
    }
    let theirs = bench.events_of(&channel, 5, vec![received_from("1666", "b", 5)]).await;
    let log = bench.after(Position(0)).await;
    let (gone, stays) = (message_of(&log[2]), message_of(theirs.last().expect("a message")));

    let keys = bench.erase(workspace, gone.contact_id).await.expect("it can be erased");
    assert_eq!(keys, [OrderingKey::from(gone.contact_id), OrderingKey::from(gone.conversation_id)]);
    // From now on nobody sees anything of it.
    assert_eq!(bench.store.contact_get(workspace, gone.contact_id).await, Ok(None));
    assert_eq!(bench.store.message_get(workspace, gone.id).await, Ok(None));
    assert_eq!(bench.store.conversation_get(workspace, gone.conversation_id).await, Ok(None));
    let contacts = bench.store.contact_list(workspace, ContactFilter::default(), ALL).await.expect("contacts");
    assert_eq!(contacts.items.iter().map(|contact| contact.id).collect::<Vec<_>>(), [stays.contact_id]);
    let messages = bench.store.message_list(workspace, MessageFilter::default(), ALL).await.expect("messages");
    assert_eq!(messages.items.iter().map(|message| message.id).collect::<Vec<_>>(), [stays.id]);
    let all = ConversationFilter::default();
    assert_eq!(bench.store.conversation_list(workspace, all, ALL).await.expect("conversations").items.len(), 1);
    let missing = Err(StoreError::Refused(Refusal::NoSuchContact));
    assert_eq!(bench.erase(workspace, gone.contact_id).await, missing);
    let told = bench.after(log.last().expect("events").position).await;
    assert_eq!(kinds(&told), ["contact.deleted"]);

    // Whoever writes from there is somebody new.
    let again = bench.events_of(&channel, 101, vec![received_from("1555", "c", 101)]).await;
    let anew = message_of(again.last().expect("a message"));
    assert_ne!((anew.contact_id, anew.conversation_id), (gone.contact_id, gone.conversation_id));

    assert_eq!(bench.store.erasure_count().await, Ok(1));
    bench.go_on_erasing(0).await;
    assert_eq!(bench.store.erasure_count().await, Ok(0));
    for entry in bench.after(Position(0)).await {
        let concerns_it = keys.contains(&entry.event.key);
        assert_eq!(entry.event.payload == EventPayload::Erased, concerns_it, "{:?}", entry.event.kind);
        let body = bench.store.body_of_event(workspace, entry.position).await.expect("bodies");
        assert!(!concerns_it || body.is_none());
    }
    for known in [stays, anew] {
        assert_eq!(
            bench.store.message_get(workspace, known.id).await.map(|found| found.map(|found| found.id)),
            Ok(Some(known.id))
        );
    }
    // And what was with the vendors can come again.
    assert_eq!(bench.take(&channel, 102, vec![received_from("1555", "a7", 102)]).await.applied, 1);
}

/// The event that tells of an erasure stays until endpoints and consumers have heard it, or have had their time.
pub async fn is_told_before_it_ends(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    let endpoint = bench.endpoint(workspace).await;
    let mut told_of = Vec::new();
    for digits in ["1555", "1666"] {
        let events = bench.events_of(&channel, 1, vec![received_from(digits, digits, 1)]).await;
        let contact = message_of(events.last().expect("a message")).contact_id;
        bench.erase(workspace, contact).await.expect("it can be erased");
        told_of.push(bench.after(Position(0)).await.last().expect("events").clone());
    }
    let is_erased = async |index: usize| {
        let event = bench.store.event_get(workspace, told_of[index].event.id).await.expect("events").expect("an event");
        event.event.payload == EventPayload::Erased
    };
    bench.go_on_erasing(0).await;
    assert_eq!((is_erased(0).await, is_erased(1).await, bench.store.erasure_count().await), (false, false, Ok(2)));
    let epoch = bench.store.lease_acquire(ENDPOINT_LEASE, endpoint.uuid(), "the bench").await.expect("a lease");
    let change = DeliveryChange { low_water: Some(told_of[0].position), ..DeliveryChange::default() };
    assert_eq!(bench.store.delivery_record(endpoint, epoch, change).await, Ok(()));
    let fetched = async |up_to: Position| {
        let fetched = bench.store.consumer_acknowledge(workspace, "till".to_owned(), up_to, at(5)).await;
        assert!(fetched.is_ok());
    };
    fetched(Position(0)).await;
    bench.go_on_erasing(0).await;
    assert_eq!(
        (is_erased(0).await, bench.store.erasure_count().await),
        (false, Ok(2)),
        "a consumer has not fetched it"
    );
    fetched(told_of[0].position).await;
    bench.go_on_erasing(0).await;
    assert_eq!((is_erased(0).await, is_erased(1).await, bench.store.erasure_count().await), (true, false, Ok(1)));
    bench.go_on_erasing(100).await;
    assert_eq!((is_erased(1).await, bench.store.erasure_count().await), (true, Ok(0)));
}

/// What an endpoint answers to an event that has been erased since it was sent is not kept.
pub async fn keeps_no_answer_that_comes_later(bench: &Bench) {
    let scene = Scene::new(bench).await;
    let contact = message_of(&scene.log[2]).contact_id;
    let epoch = bench.store.lease_acquire(ENDPOINT_LEASE, scene.endpoint.uuid(), "the bench").await.expect("a lease");
    bench.erase(scene.workspace, contact).await.expect("it can be erased");
    bench.go_on_erasing(100).await;
    let answered = Attempt {
        response_headers: Some("{}".to_owned()),
        response_body: b"you said hello".to_vec(),
        ..scene.attempt(2, 1, Outcome::Delivered)
    };
    let change = DeliveryChange { attempts: vec![answered], ..DeliveryChange::default() };
    assert_eq!(bench.store.delivery_record(scene.endpoint, epoch, change).await, Ok(()));
    let kept = bench.store.attempt_list(scene.endpoint, AttemptFilter::default(), ALL).await.expect("attempts").items;
    assert_eq!((kept.len(), kept[0].attempt.response_headers.as_deref()), (1, None));
    assert!(kept[0].attempt.response_body.is_empty());
}

/// What was merged into a contact goes with it, and so do answers that speak of it.
pub async fn takes_along_what_was_merged_and_answered(bench: &Bench) {
    let workspace_id = bench.workspace("ant").await;
    let channel = bench.channel(workspace_id, "100").await;
    let claim = |key: &str| ShowingClaim {
        workspace_id,
        key: key.to_owned(),
        fingerprint: [1; 32],
        answer: Arc::new(|contact: &Contact| Answer { status: 201, body: Sealed(contact.id.to_bytes().to_vec()) }),
        at: at(1),
    };
    let draft = ContactDraft { name: Some("Ana".to_owned()), source: "api".to_owned(), ..ContactDraft::default() };
    let creation = ContactCreation { workspace_id, draft, at: at(1) };
    let create = async |key: &str| bench.store.contact_create(creation.clone(), Some(claim(key))).await;
    let (Ok(Shown::Done(kept)), Ok(Shown::Done(other))) = (create("k").await, create("o").await) else {
        panic!("contacts that can be made")
    };
    let events = bench.events_of(&channel, 2, vec![received_from("1555", "m", 2)]).await;
    let gone = message_of(events.last().expect("a message")).contact_id;
    for gone in [gone, other.id] {
        let merge = ContactMerge { workspace_id, kept: kept.id, gone, by: Actor::SYSTEM, at: at(3) };
        bench.store.contact_merge(merge, None).await.expect("they can be merged");
    }
    assert_eq!(bench.store.contact_merged_into(workspace_id, gone).await, Ok(Some(kept.id)));

    bench.erase(workspace_id, kept.id).await.expect("it can be erased");
    assert_eq!(bench.store.contact_merged_into(workspace_id, gone).await, Ok(None));
    for key in ["k", "o"] {
        match create(key).await {
            Ok(Shown::Replayed(answer)) => assert!(answer.is_erased(), "{key}"),
            other => panic!("it was done before, and not {other:?}"),
        }
    }
    bench.go_on_erasing(0).await;
    for entry in bench.after(Position(0)).await {
        assert_eq!(entry.event.payload, EventPayload::Erased, "{:?}", entry.event.kind);
    }
}
