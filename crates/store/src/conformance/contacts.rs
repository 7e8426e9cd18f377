//! What the company does with its contacts, and how they are found.

use std::sync::Arc;

use tidings_domain::{
    ContactId, WorkspaceId,
    change::{Change, Person, Said},
    contact::{Contact, ContactDraft, ContactPatch, HandleKind, HandleWish, Identity, OptOut},
    conversation::ConversationStatus,
    decide::Refusal,
    event::{Actor, LogEntry, Position},
};

use crate::{
    Answer, ContactChange, ContactCreation, ContactFilter, ContactMerge, ConversationFilter, MessageFilter, Page,
    Sealed, ShowingClaim, Shown, StoreError,
};

use super::{
    bench::{Bench, at, kinds, message_of},
    changes::{phone, received_from, said},
};

const ALL: Page = Page { limit: 100, before: None };

impl Bench {
    async fn contact(&self, workspace_id: WorkspaceId, seconds: i64, draft: ContactDraft) -> Contact {
        let creation = ContactCreation { workspace_id, draft, at: at(seconds) };
        match self.store.contact_create(creation, None).await {
            Ok(Shown::Done(contact)) => Contact::clone(&contact),
            other => panic!("a contact that can be made, not {other:?}"),
        }
    }

    async fn change(&self, contact: &Contact, patch: ContactPatch) -> Result<Contact, StoreError> {
        let (workspace_id, contact_id) = (contact.workspace_id, contact.id);
        let by = Actor::SYSTEM;
        self.store.contact_change(ContactChange { workspace_id, contact_id, patch, by, at: at(50) }).await
    }

    async fn merge(&self, workspace_id: WorkspaceId, kept: ContactId, gone: ContactId) -> Result<Contact, StoreError> {
        let merge = ContactMerge { workspace_id, kept, gone, by: Actor::SYSTEM, at: at(60) };
        match self.store.contact_merge(merge, None).await? {
            Shown::Done(contact) => Ok(Contact::clone(&contact)),
            Shown::Replayed(_) => panic!("nothing was claimed"),
        }
    }

    async fn found(&self, workspace: WorkspaceId, filter: ContactFilter) -> Vec<ContactId> {
        let listing = self.store.contact_list(workspace, filter, ALL).await.expect("contacts");
        listing.items.iter().map(|contact| contact.id).collect()
    }
}

fn named(name: &str, digits: &str) -> ContactDraft {
    let (name, phone) = (Some(name.to_owned()), Some(format!("+{digits}")));
    ContactDraft { name, phone, source: "api".to_owned(), ..ContactDraft::default() }
}

fn user(id: &str) -> Identity {
    Identity::new(HandleKind::WhatsappUserId, id)
}

/// Somebody with these identities wrote.
fn from(identities: &[Identity], vendor_id: &str, seconds: i64) -> Change {
    let contact = Person { identities: identities.to_vec(), ..Person::default() };
    Change::Received(Said { contact, ..said(vendor_id, "0", seconds, "hello") })
}

fn owner(entries: &[LogEntry]) -> ContactId {
    message_of(entries.last().expect("a message")).contact_id
}

/// What is made is read again, told of once, and is who writes from its number.
pub async fn are_made_and_write(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    let made = bench.contact(workspace, 1, named("Ana", "1555")).await;
    assert_eq!(bench.store.contact_get(workspace, made.id).await, Ok(Some(made.clone())));
    assert_eq!(kinds(&bench.after(Position(0)).await), ["contact.created"]);
    let told = bench.events_of(&channel, 2, vec![received_from("1555", "m1", 2)]).await;
    assert_eq!((kinds(&told).last(), owner(&told)), (Some(&"message.received"), made.id));
    let again = ContactCreation { workspace_id: workspace, draft: named("Anna", "1555"), at: at(3) };
    let refused = bench.store.contact_create(again, None).await;
    let taken = Refusal::IdentityTaken { identity: phone("1555"), contact_id: made.id };
    assert_eq!(refused, Err(StoreError::Refused(taken)));
}

/// An idempotency key's answer shows the contact.
pub async fn are_made_once(bench: &Bench) {
    let workspace_id = bench.workspace("ant").await;
    let claim = || ShowingClaim {
        workspace_id,
        key: "k".to_owned(),
        fingerprint: [1; 32],
        answer: Arc::new(|contact: &Contact| Answer { status: 201, body: Sealed(contact.id.to_bytes().to_vec()) }),
        at: at(1),
    };
    let creation = ContactCreation { workspace_id, draft: named("Ana", "1555"), at: at(1) };
    let first = bench.store.contact_create(creation.clone(), Some(claim())).await;
    let Ok(Shown::Done(contact)) = first else { panic!("{first:?}") };
    let kept = Answer { status: 201, body: Sealed(contact.id.to_bytes().to_vec()) };
    assert_eq!(bench.store.contact_create(creation, Some(claim())).await, Ok(Shown::Replayed(kept)));
    assert_eq!(kinds(&bench.after(Position(0)).await), ["contact.created"]);
}

/// Fields, handles and their marks; what changes nothing is not told.
pub async fn are_changed(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let made = bench.contact(workspace, 1, named("Ana", "1555")).await;
    let wish = HandleWish { identity: user("U1"), blocked: Some(true), opted_out: Some(Some(OptOut::Marketing)) };
    let patch = ContactPatch {
        email: Some(Some("ana@example.com".to_owned())),
        tags: Some(vec!["vip".to_owned()]),
        handles: Some(vec![HandleWish::plain(phone("1555")), wish]),
        ..ContactPatch::default()
    };
    let changed = bench.change(&made, patch.clone()).await.expect("a contact that can be changed");
    assert_eq!(bench.store.contact_get(workspace, made.id).await, Ok(Some(changed.clone())));
    assert_eq!((changed.handles.len(), changed.handles[1].blocked_at), (3, Some(at(50))));
    let same = ContactPatch { handles: None, ..patch };
    assert_eq!(bench.change(&changed, same).await, Ok(changed));
    assert_eq!(kinds(&bench.after(Position(0)).await), ["contact.created", "contact.updated"]);
}

/// An identity that was taken away is free for another contact, and what came from it stays.
pub async fn give_handles_up(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    let told = bench.events_of(&channel, 1, vec![received_from("1555", "m1", 1)]).await;
    let first = bench.store.contact_get(workspace, owner(&told)).await.expect("contacts").expect("the contact");
    let without = ContactPatch { handles: Some(Vec::new()), ..ContactPatch::default() };
    let first = bench.change(&first, without).await.expect("a contact without handles");
    assert_eq!((first.handles.len(), first.phone), (0, None));
    let second = bench.contact(workspace, 2, named("Ben", "1555")).await;
    let told = bench.events_of(&channel, 3, vec![received_from("1555", "m2", 3)]).await;
    assert_eq!(owner(&told), second.id);
    let filter = MessageFilter { contact_id: Some(first.id), ..MessageFilter::default() };
    assert_eq!(bench.store.message_list(workspace, filter, ALL).await.expect("messages").items.len(), 1);
}

/// By word, identity, tag, source, time; page by page; and never another workspace's.
pub async fn are_found(bench: &Bench) {
    let (workspace, other) = (bench.workspace("ant").await, bench.workspace("bee").await);
    let mut draft = named("João Müller", "1555");
    (draft.tags, draft.source) = (vec!["vip".to_owned()], "import".to_owned());
    draft.assigned_to = Some("erp-17".to_owned());
    let joao = bench.contact(workspace, 1, draft).await.id;
    let ana = bench.contact(workspace, 2, named("Ana Souza", "1777")).await.id;
    bench.contact(other, 3, named("Ana Souza", "1777")).await;
    let shop = bench.contact(workspace, 2, named("Loja 24-7", "1888")).await.id;
    let search = |words: &str| ContactFilter { search: Some(words.to_owned()), ..ContactFilter::default() };
    for (words, expected) in [
        ("joao", vec![joao]),
        ("MÜLLER jo", vec![joao]),
        ("souza 1777", vec![ana]),
        ("(17) 7-7", vec![ana]),
        ("17-77", vec![ana]),
        ("1", vec![shop, ana, joao]),
        ("ana müller", vec![]),
        ("24-7", vec![shop]),
        ("%", vec![]),
    ] {
        assert_eq!(bench.found(workspace, search(words)).await, expected, "{words}");
    }
    let by = |identity| ContactFilter { identities: Some(vec![identity]), ..ContactFilter::default() };
    assert_eq!(bench.found(workspace, by(phone("1777"))).await, [ana]);
    assert_eq!(bench.found(workspace, by(phone("1"))).await, []);
    for filter in [
        ContactFilter { tag: Some("vip".to_owned()), ..ContactFilter::default() },
        ContactFilter { source: Some("import".to_owned()), ..ContactFilter::default() },
        ContactFilter { assigned_to: Some("erp-17".to_owned()), ..ContactFilter::default() },
        ContactFilter { until: Some(at(2)), ..ContactFilter::default() },
    ] {
        assert_eq!(bench.found(workspace, filter).await, [joao]);
    }
    let first = bench.store.contact_list(workspace, ContactFilter::default(), Page { limit: 1, before: None }).await;
    let first = first.expect("contacts");
    assert_eq!(first.items[0].id, shop);
    let rest = Page { limit: 9, before: first.next };
    let rest = bench.store.contact_list(workspace, ContactFilter::default(), rest).await.expect("contacts");
    assert_eq!(rest.items.iter().map(|contact| contact.id).collect::<Vec<_>>(), [ana, joao]);
}

/// Everything of the one that goes is the other one's; of two open conversations on a channel the younger one is closed,
/// and what comes next goes on in the one that is open.
pub async fn are_merged(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let (first, second) = (bench.channel(workspace, "100").await, bench.channel(workspace, "200").await);
    let kept = owner(&bench.events_of(&first, 1, vec![received_from("1555", "m1", 1)]).await);
    let gone = owner(&bench.events_of(&first, 2, vec![received_from("1777", "m2", 2)]).await);
    bench.take(&second, 3, vec![received_from("1777", "m3", 3)]).await;
    let before = bench.store.log_head().await.expect("a log");
    let merged = bench.merge(workspace, kept, gone).await.expect("contacts that can be merged");
    assert_eq!(merged.handles.len(), 2);
    let told = bench.after(before).await;
    assert_eq!(kinds(&told), ["conversation.closed", "contact.merged"]);
    assert_eq!((told[0].event.channel_id, told[1].event.channel_id), (Some(first.id), None));
    assert_eq!(bench.store.contact_get(workspace, kept).await, Ok(Some(merged)));
    assert_eq!(bench.store.contact_get(workspace, gone).await, Ok(None));
    assert_eq!(bench.store.contact_merged_into(workspace, gone).await, Ok(Some(kept)));
    let filter = MessageFilter { contact_id: Some(kept), ..MessageFilter::default() };
    assert_eq!(bench.store.message_list(workspace, filter, ALL).await.expect("messages").items.len(), 3);
    let of = ConversationFilter { contact_id: Some(kept), ..ConversationFilter::default() };
    let conversations = bench.store.conversation_list(workspace, of, ALL).await.expect("conversations").items;
    let open = |status| conversations.iter().filter(move |conversation| conversation.status == status).count();
    assert_eq!((open(ConversationStatus::Open), open(ConversationStatus::Closed)), (2, 1));
    let told = bench.events_of(&first, 61, vec![received_from("1777", "m4", 61)]).await;
    assert_eq!((kinds(&told), owner(&told)), (vec!["message.received"], kept));
    assert_eq!(bench.merge(workspace, kept, gone).await, Err(StoreError::Refused(Refusal::NoSuchContact)));
    assert!(bench.merge(workspace, kept, kept).await.is_err());
}

/// A merge of one that others were merged into tells them all where they are.
pub async fn are_merged_after_merges(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let mut ids = Vec::new();
    for digits in ["1555", "1777", "1888"] {
        ids.push(bench.contact(workspace, 1, named("Ana", digits)).await.id);
    }
    bench.merge(workspace, ids[1], ids[0]).await.expect("a merge");
    let merged = bench.merge(workspace, ids[2], ids[1]).await.expect("a merge");
    assert_eq!(merged.handles.len(), 3);
    assert_eq!(bench.store.contact_merged_into(workspace, ids[0]).await, Ok(Some(ids[2])));
    assert_eq!(bench.store.contact_merged_into(bench.workspace("bee").await, ids[0]).await, Ok(None));
}

/// A message that bears the identities of two contacts shows that they are one.
pub async fn are_merged_by_what_a_vendor_shows(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    let older = owner(&bench.events_of(&channel, 1, vec![from(&[phone("1555")], "m1", 1)]).await);
    let younger = owner(&bench.events_of(&channel, 2, vec![from(&[user("U1")], "m2", 2)]).await);
    assert_ne!(older, younger);
    let told = bench.events_of(&channel, 3, vec![from(&[user("U1"), phone("1555")], "m3", 3)]).await;
    assert_eq!(kinds(&told), ["conversation.closed", "contact.merged", "message.received"]);
    assert_eq!(owner(&told), older);
    assert_eq!(bench.store.contact_merged_into(workspace, younger).await, Ok(Some(older)));
}

/// A number that a vendor gave to somebody else is theirs, and its old owner has it no longer.
pub async fn lose_a_number_that_is_somebody_elses(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    let first = owner(&bench.events_of(&channel, 1, vec![from(&[user("U1"), phone("1555")], "m1", 1)]).await);
    let second = owner(&bench.events_of(&channel, 2, vec![from(&[user("U2")], "m2", 2)]).await);
    let told = bench.events_of(&channel, 3, vec![from(&[user("U2"), phone("1555")], "m3", 3)]).await;
    assert_eq!(kinds(&told), ["contact.updated", "contact.updated", "message.received"]);
    assert_eq!(owner(&told), second);
    let first = bench.store.contact_get(workspace, first).await.expect("contacts").expect("the first");
    assert_eq!((first.phone, first.handles.len()), (None, 1));
    assert_eq!(owner(&bench.events_of(&channel, 4, vec![from(&[phone("1555")], "m4", 4)]).await), second);
}

/// The same when its new owner writes for the first time, by whatever channel: nobody takes the place of the old one.
pub async fn stay_themselves_when_somebody_else_has_their_number(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let (channel, other) = (bench.channel(workspace, "100").await, bench.channel(workspace, "200").await);
    let first = owner(&bench.events_of(&channel, 1, vec![from(&[user("U1"), phone("1555")], "m1", 1)]).await);
    let mut owners = vec![first];
    for (number, channel, id) in [(2, &channel, "U2"), (3, &other, "U3")] {
        let change = from(&[user(id), phone("1555")], &format!("m{number}"), number);
        let told = bench.events_of(channel, number, vec![change]).await;
        assert_eq!(kinds(&told), ["contact.updated", "contact.created", "conversation.created", "message.received"]);
        owners.push(owner(&told));
    }
    let mut identities = Vec::new();
    for owner in &owners {
        let contact = bench.store.contact_get(workspace, *owner).await.expect("contacts").expect("nobody is gone");
        identities.push(contact.handles.into_iter().map(|handle| handle.identity).collect::<Vec<_>>());
    }
    assert_eq!(identities, [vec![user("U1")], vec![user("U2")], vec![user("U3"), phone("1555")]]);
    assert_eq!(owner(&bench.events_of(&channel, 4, vec![from(&[user("U1")], "m4", 4)]).await), first);
}
