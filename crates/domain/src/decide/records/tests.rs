//! What is told when the company changes its records.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    MOST_CUSTOM_FIELDS, Owner, Parting, Recorded, Rivalry, change_contact, change_conversation, create_contact,
    give_up, merge_contacts, rivalry,
};
use crate::{
    change::{Change, IdentityChanged, Person, Said},
    channel::ChannelType,
    contact::{Contact, ContactDraft, ContactPatch, HandleKind, HandleWish, Identity, OptOut},
    content::Content,
    conversation::{ActorType, Conversation, ConversationPatch, ConversationStatus},
    decide::{Context, Refusal},
    event::{Actor, ContactDetail, ConversationDetail, Event, EventKind, EventPayload, FieldChanges},
    id::{ChannelId, ContactId, ConversationId, OrderedIds, WorkspaceId},
    time::Timestamp,
};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_700_000_000 + seconds)
}

fn by() -> Actor {
    Actor { actor_type: ActorType::Api, id: Some("key_1".to_owned()) }
}

fn now<T>(seconds: i64, act: impl FnOnce(&mut Context<'_>) -> T) -> T {
    let mut ids = OrderedIds::new(|bytes: &mut [u8]| bytes.fill(u8::try_from(seconds).unwrap()));
    act(&mut Context { now: at(seconds), ids: &mut ids })
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn made(seconds: i64, draft: &ContactDraft) -> Contact {
    let workspace = WorkspaceId::from_uuid(Uuid::from_u128(1));
    let Recorded { record, events } = now(seconds, |context| create_contact(workspace, draft, &[], context)).unwrap();
    let kinds: Vec<EventKind> = events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::ContactCreated]);
    assert_eq!((events[0].key, events[0].sequence), (record.id.into(), 1));
    record
}

fn ana(seconds: i64) -> Contact {
    made(
        seconds,
        &ContactDraft { phone: Some("+1555".to_owned()), source: "api".to_owned(), ..ContactDraft::default() },
    )
}

fn user(id: &str) -> Identity {
    Identity::new(HandleKind::WhatsappUserId, id)
}

fn with(mut contact: Contact, identity: Identity) -> Contact {
    contact.phone = None;
    contact.handles = vec![crate::contact::Handle::new(contact.handles[0].id, identity)];
    contact
}

fn changed(before: &Contact, patch: &ContactPatch) -> Option<(Contact, FieldChanges)> {
    let recorded = now(100, |context| change_contact(before, patch, &[], &by(), context)).unwrap()?;
    let [Event { kind: EventKind::ContactUpdated, payload: EventPayload::Contact(told), .. }] = &recorded.events[..]
    else {
        panic!("{:?}", recorded.events)
    };
    let ContactDetail::Updated { changes, by: told_by } = &told.detail else { panic!() };
    assert_eq!((*told_by).clone(), by());
    Some((recorded.record, changes.clone()))
}

#[test]
fn phone_and_email_are_handles_too() {
    let contact = made(
        1,
        &ContactDraft {
            phone: Some("+1555".to_owned()),
            email: Some("ana@example.com".to_owned()),
            handles: vec![HandleWish::plain(Identity::phone("1555")), HandleWish::plain(user("U1"))],
            ..ContactDraft::default()
        },
    );
    let identities: Vec<Identity> = contact.handles.iter().map(|handle| handle.identity.clone()).collect();
    assert_eq!(identities, [Identity::phone("1555"), user("U1"), Identity::email("ana@example.com")]);
}

#[test]
fn only_what_changed_is_told_with_before_and_after() {
    let before = ana(1);
    assert_eq!(changed(&before, &ContactPatch::default()), None);
    assert_eq!(changed(&before, &ContactPatch { phone: Some(Some("+1555".to_owned())), ..Default::default() }), None);
    let patch = ContactPatch {
        name: Some(Some("Ana".to_owned())),
        tags: Some(vec!["vip".to_owned()]),
        custom_fields: Some(Some(object(&json!({"plan": "gold", "gone": null})))),
        ..ContactPatch::default()
    };
    let (after, changes) = changed(&before, &patch).unwrap();
    assert_eq!(changes.keys().map(String::as_str).collect::<Vec<_>>(), ["custom_fields", "name", "tags"]);
    assert_eq!((&changes["name"].before, &changes["name"].after), (&Value::Null, &json!("Ana")));
    let patch =
        ContactPatch { custom_fields: Some(Some(object(&json!({"plan": null, "since": 7})))), ..Default::default() };
    let (after, _) = changed(&after, &patch).unwrap();
    assert_eq!((after.custom_fields, after.sequence), (object(&json!({"since": 7})), 3));
}

#[test]
fn another_phone_number_leaves_the_old_handle_until_it_is_taken_away() {
    let before = ana(1);
    let patch = ContactPatch { phone: Some(Some("+1777".to_owned())), ..ContactPatch::default() };
    let (after, changes) = changed(&before, &patch).unwrap();
    assert_eq!((after.phone.as_deref(), after.handles.len()), (Some("+1777"), 2));
    assert!(changes.contains_key("handles"));
    let told = changes["handles"].after[0].as_object().unwrap();
    assert!(told.contains_key("type") && !told.contains_key("kind") && !told.contains_key("id"), "{changes:?}");
    let only = vec![HandleWish::plain(Identity::phone("1555"))];
    let (after, _) = changed(&after, &ContactPatch { handles: Some(only), ..ContactPatch::default() }).unwrap();
    assert_eq!((after.phone.as_deref(), after.handles.len()), (Some("+1555"), 1), "{after:?}");
}

#[test]
fn a_handle_is_blocked_and_opted_out_by_hand() {
    let before = ana(1);
    let wish = |blocked, opted_out| {
        let wish = HandleWish { identity: Identity::phone("1555"), blocked, opted_out };
        ContactPatch { handles: Some(vec![wish]), ..ContactPatch::default() }
    };
    let (after, _) = changed(&before, &wish(Some(true), Some(Some(OptOut::All)))).unwrap();
    assert_eq!((after.handles[0].blocked_at, after.handles[0].opted_out), (Some(at(100)), Some(OptOut::All)));
    assert_eq!(changed(&after, &wish(None, None)), None);
    let (after, _) = changed(&after, &wish(Some(false), Some(None))).unwrap();
    assert_eq!(after.handles, before.handles);
}

#[test]
fn what_another_contact_has_is_refused_by_name() {
    let before = ana(1);
    let stranger = ContactId::from_uuid(Uuid::from_u128(9));
    let owner = |contact_id| [Owner { identity: Identity::phone("1777"), contact_id }];
    let patch = ContactPatch { phone: Some(Some("+1777".to_owned())), ..ContactPatch::default() };
    let refused = now(2, |context| change_contact(&before, &patch, &owner(stranger), &by(), context)).unwrap_err();
    assert_eq!(refused, Refusal::IdentityTaken { identity: Identity::phone("1777"), contact_id: stranger });
    assert!(now(2, |context| change_contact(&before, &patch, &owner(before.id), &by(), context)).is_ok());
    let long = object(&json!({ "x": "y".repeat(MOST_CUSTOM_FIELDS) }));
    let patch = ContactPatch { custom_fields: Some(Some(long)), ..ContactPatch::default() };
    let refused = now(2, |context| change_contact(&before, &patch, &[], &by(), context)).unwrap_err();
    assert_eq!(refused, Refusal::CustomFieldsTooLong);
}

fn conversation(contact: &Contact, seconds: i64) -> Conversation {
    Conversation {
        id: ConversationId::from_uuid(Uuid::from_u128(u128::try_from(seconds).unwrap())),
        workspace_id: contact.workspace_id,
        contact_id: contact.id,
        channel_id: ChannelId::from_uuid(Uuid::from_u128(3)),
        channel_type: ChannelType::Whatsapp,
        status: ConversationStatus::Open,
        assigned_to: None,
        assigned_type: None,
        tags: Vec::new(),
        metadata: Map::new(),
        message_count: 2,
        unread_count: 0,
        sequence: 4,
        last_message_at: None,
        last_inbound_at: None,
        created_at: at(seconds),
        updated_at: at(seconds),
        reopened_at: None,
        closed_at: None,
        resolution: None,
    }
}

fn told(
    seconds: i64,
    before: &Conversation,
    patch: &ConversationPatch,
) -> Option<(Conversation, Vec<ConversationDetail>)> {
    let recorded = now(seconds, |context| change_conversation(before, patch, &by(), context)).unwrap()?;
    let details = recorded.events.into_iter().map(|event| match event.payload {
        EventPayload::Conversation(told) => told.detail,
        other => panic!("{other:?}"),
    });
    Some((recorded.record, details.collect()))
}

#[test]
fn a_conversation_is_closed_and_reopened_with_its_time() {
    let before = conversation(&ana(1), 10);
    let close = ConversationPatch {
        status: Some(ConversationStatus::Closed),
        resolution: Some("resolved".to_owned()),
        ..ConversationPatch::default()
    };
    let (closed, details) = told(40, &before, &close).unwrap();
    let [ConversationDetail::Closed { resolution, duration_seconds: 30, .. }] = &details[..] else {
        panic!("{details:?}")
    };
    assert_eq!((resolution.as_deref(), closed.closed_at), (Some("resolved"), Some(at(40))));
    assert_eq!(told(41, &closed, &close), None);
    let after_all = ConversationPatch { resolution: Some("spam".to_owned()), ..close.clone() };
    let (closed, details) = told(42, &closed, &after_all).unwrap();
    assert!(
        matches!(&details[..], [ConversationDetail::Updated { changes, .. }] if changes["resolution"].after == "spam")
    );
    assert_eq!((closed.resolution.as_deref(), closed.closed_at), (Some("spam"), Some(at(40))));
    let open = ConversationPatch { status: Some(ConversationStatus::Open), ..ConversationPatch::default() };
    let (reopened, details) = told(50, &closed, &open).unwrap();
    assert!(matches!(&details[..], [ConversationDetail::Reopened { reason, .. }] if reason == "api"));
    let (_, details) = told(55, &reopened, &close).unwrap();
    assert!(matches!(details[..], [ConversationDetail::Closed { duration_seconds: 5, .. }]));
}

#[test]
fn everything_at_once_is_told_in_order_and_only_once() {
    let before = conversation(&ana(1), 10);
    let patch = ConversationPatch {
        assignee: Some(Some(("erp-17".to_owned(), ActorType::Attendant))),
        tags: Some(vec!["vip".to_owned()]),
        metadata: Some(Some(object(&json!({"order": 7})))),
        ..ConversationPatch::default()
    };
    let (after, details) = told(20, &before, &patch).unwrap();
    let [ConversationDetail::Assigned { previous_assigned_to: None, .. }, ConversationDetail::Updated { changes, .. }] =
        &details[..]
    else {
        panic!("{details:?}")
    };
    assert_eq!(changes.keys().map(String::as_str).collect::<Vec<_>>(), ["metadata", "tags"]);
    assert_eq!((after.assigned_to.as_deref(), after.sequence), (Some("erp-17"), 6));
    assert_eq!(told(21, &after, &patch), None);
}

#[test]
fn a_merge_keeps_everything_and_closes_the_younger_conversation_first() {
    let kept = Contact { tags: vec!["a".to_owned()], name: Some("Ana".to_owned()), ..ana(1) };
    let gone = Contact {
        tags: vec!["a".to_owned(), "b".to_owned()],
        name: Some("Anna".to_owned()),
        email: Some("ana@example.com".to_owned()),
        custom_fields: object(&json!({"plan": "gold"})),
        ..with(ana(2), user("U1"))
    };
    let parting = Parting { own: conversation(&kept, 30), other: conversation(&gone, 20) };
    let merged = now(60, |context| merge_contacts(&kept, &gone, vec![parting], by(), context));
    assert_eq!(merged.closed.iter().map(|closed| closed.contact_id).collect::<Vec<_>>(), [kept.id]);
    let kinds: Vec<EventKind> = merged.events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::ConversationClosed, EventKind::ContactMerged]);
    let EventPayload::Conversation(closed) = &merged.events[0].payload else { panic!() };
    assert!(matches!(&closed.detail, ConversationDetail::Closed { by, .. } if *by == Actor::SYSTEM));
    let contact = merged.contact;
    assert_eq!((contact.name.as_deref(), contact.email.as_deref()), (Some("Ana"), Some("ana@example.com")));
    assert_eq!((contact.tags.len(), contact.handles.len(), contact.custom_fields.len()), (2, 2, 1));
}

fn said_by(identities: &[Identity]) -> Change {
    Change::Received(Said {
        vendor_id: "m".to_owned(),
        contact: Person { identities: identities.to_vec(), ..Person::default() },
        timestamp: at(1),
        content: Content::text("hello"),
        forwarded: false,
        reply_to: None,
        errors: Vec::new(),
        vendor_details: None,
    })
}

#[test]
fn two_identities_of_one_message_are_one_person_unless_an_id_says_otherwise() {
    let by_id = with(ana(5), user("U1"));
    let by_phone = ana(2);
    let change = said_by(&[user("U1"), Identity::phone("1555")]);
    assert_eq!(rivalry(&change, &by_id, &by_phone), Rivalry::Same { kept: by_phone.id, gone: by_id.id });
    let mut somebody_else = by_phone.clone();
    somebody_else.handles.push(crate::contact::Handle::new(by_id.handles[0].id, user("U2")));
    assert_eq!(rivalry(&change, &by_id, &somebody_else), Rivalry::GivesUp);
    let lost = [Identity::phone("1555")];
    let without = now(9, |context| give_up(&somebody_else, &lost, context)).unwrap().record;
    assert_eq!((without.phone, without.handles.len()), (None, 1));
    assert_eq!(now(9, |context| give_up(&by_id, &lost, context)), None);
}

#[test]
fn who_moves_to_a_number_that_wrote_lately_is_the_same_person_and_an_older_owner_has_lost_it() {
    let (before, known) = (ana(1), made(3, &ContactDraft { phone: Some("+1777".to_owned()), ..Default::default() }));
    let moved = |timestamp| {
        Change::IdentityChanged(IdentityChanged {
            before: vec![Identity::phone("1555")],
            after: vec![Identity::phone("1777")],
            timestamp,
        })
    };
    assert_eq!(rivalry(&moved(at(4)), &before, &known), Rivalry::Same { kept: before.id, gone: known.id });
    assert_eq!(rivalry(&moved(at(4 + 24 * 3600)), &before, &known), Rivalry::GivesUp);
}
