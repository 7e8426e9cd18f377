//! No list that is asked for often goes through all of a workspace, however much that has.

use tidings_domain::{
    Timestamp,
    conversation::ConversationStatus,
    delivery::{DeliveryChange, Outcome},
    event::{EventKind, Position},
    status::MessageStatus,
};
use tidings_store::{
    AttemptFilter, ContactFilter, ConversationFilter, EventFilter, Log as _, Mark, MessageFilter, Page, State as _,
    conformance::{Bench, at, deliveries::Scene, received_from},
};

use crate::{
    open::connect,
    plans::{Statements, steps, store_in},
    session::Reader,
    state::{contacts, conversations, messages},
};

#[tokio::test]
async fn no_list_goes_through_all_of_a_workspace() {
    let folder = tempfile::tempdir().unwrap();
    let (store, database) = store_in(folder.path());
    let bench = Bench::new(store.clone());
    let scene = Scene::new(&bench).await;
    let channel = bench.channel(scene.workspace, "700").await;
    bench.take(&channel, 9, vec![received_from("77", "m", 9)]).await;
    let epoch = store.lease_acquire("endpoint", scene.endpoint.uuid(), "one").await.unwrap();
    let change = DeliveryChange { attempts: vec![scene.attempt(0, 1, Outcome::Failed)], ..scene.failure(1) };
    store.delivery_record(scene.endpoint, epoch, change).await.unwrap();
    let page = Page { limit: 1, before: None };
    let message =
        store.message_list(scene.workspace, MessageFilter::default(), page).await.unwrap().items.pop().unwrap();
    store.close();

    let mut connection = connect(&database).unwrap();
    let statements = Statements::of(&mut connection);
    let reader = Reader { connection: &connection };
    let expect = |index: &str, what: &str| {
        let lists = statements.taken().into_iter().filter(|sql| sql.contains("LIMIT"));
        let steps: Vec<String> = lists.flat_map(|sql| steps(&connection, &sql)).collect();
        assert!(steps.iter().any(|step| step.contains(&format!(" {index} "))), "{what}: {steps:#?}");
        assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "{what}: {steps:#?}");
        let is_scan = |step: &&String| step.starts_with("SCAN") && !step.starts_with("SCAN (subquery");
        assert_eq!(steps.iter().find(is_scan), None, "{what}: {steps:#?}");
    };
    let by_number = Some(Mark::at_number(9));
    let by_time = Some(Mark { number: 9, at: Some(at(9)) });
    let (since, until): (Option<Timestamp>, Option<Timestamp>) = (Some(at(1)), Some(at(99)));

    let any = MessageFilter::default();
    for (index, filter, next) in [
        ("messages_by_time", any, by_time),
        ("messages_by_time", MessageFilter { since, ..any }, by_time),
        ("messages_by_time", MessageFilter { until, ..any }, by_time),
        ("messages_by_time", MessageFilter { since, until, ..any }, by_time),
        ("messages_by_channel", MessageFilter { channel_id: Some(message.channel_id), ..any }, by_time),
        ("messages_by_channel", MessageFilter { channel_id: Some(message.channel_id), since, ..any }, by_time),
        ("messages_by_conversation", MessageFilter { contact_id: Some(message.contact_id), ..any }, by_number),
        (
            "messages_by_conversation",
            MessageFilter { conversation_id: Some(message.conversation_id), ..any },
            by_number,
        ),
        ("messages_in_other_states", MessageFilter { status: Some(MessageStatus::Failed), ..any }, by_number),
        ("messages_in_other_states", MessageFilter { status: Some(MessageStatus::Pending), ..any }, by_number),
    ] {
        for before in [None, next] {
            messages::list(&reader, scene.workspace, &filter, Page { limit: 3, before }).unwrap();
            expect(index, &format!("{filter:?} {before:?}"));
        }
    }
    for before in [None, by_time] {
        let page = Page { limit: 3, before };
        let filter = ConversationFilter { since, ..ConversationFilter::default() };
        conversations::list(&reader, scene.workspace, &filter, page).unwrap();
        expect("conversations_by_time", &format!("conversations {before:?}"));
        let filter = ConversationFilter { status: Some(ConversationStatus::Open), ..ConversationFilter::default() };
        conversations::list(&reader, scene.workspace, &filter, Page { limit: 3, before: None }).unwrap();
        expect("conversations_by_status", "conversations by status");
        let filter = ContactFilter { until, ..ContactFilter::default() };
        contacts::lists::list(&reader, scene.workspace, &filter, page).unwrap();
        expect("contacts_by_time", &format!("contacts {before:?}"));
    }
    for kinds in [vec![EventKind::ContactCreated], vec![EventKind::MessageFailed, EventKind::ConversationCreated]] {
        for channel_id in [None, Some(message.channel_id)] {
            let filter = EventFilter { kinds: Some(kinds.clone()), channel_id };
            let found = crate::log::events::list(&reader, scene.workspace, &filter, Position(0), 3).unwrap();
            assert!(!found.items.is_empty(), "{filter:?}");
            expect("events_of_other_kinds", &format!("{filter:?}"));
        }
    }
    for (index, outcome) in [("attempts_failed", Outcome::Failed), ("attempts_dead", Outcome::Dead)] {
        for before in [None, by_number] {
            let filter = AttemptFilter { outcome: Some(outcome), ..AttemptFilter::default() };
            crate::log::attempts::list(&reader, scene.endpoint, &filter, Page { limit: 3, before }).unwrap();
            expect(index, &format!("attempts {outcome:?} {before:?}"));
        }
    }
}
