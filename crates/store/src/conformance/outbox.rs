//! Messages to send: accepted, taken in the order of their lines, marked under a lease, settled.

use std::{sync::Arc, time::Duration};

use futures_util::future::{join, join_all};
use serde_json::Map;
use tidings_domain::{
    MessageId,
    change::{Change, ReportedStatus, StatusReport},
    channel::Channel,
    contact::Identity,
    decide::{Called, Refusal},
    message::{Message, MessageError, Source},
    outgoing::{Draft, MediaFile, MediaKind, Outgoing, OutgoingMedia, Priority, Recipient},
    sending::{DisconnectionReason, Scope, SendOutcome, Terms, Trouble, TroubleCategory, Turn},
    status::MessageStatus,
    usage::Day,
};

use crate::{
    Answer, CHANNEL_LEASE, Claimed, Due, DueLimits, Probed, Sealed, Settlement, ShowingClaim, Shown, StoreError,
    Submission, Wish, Wished,
};

use super::{
    bench::{Bench, at, kinds},
    changes::{moved, received, report},
    media::file,
};

const TERMS: Terms = Terms { window: Some(Duration::from_hours(24)), hold: Duration::from_hours(24), turn: Turn::Send };
const LIMITS: DueLimits = DueLimits { interactive: 100, bulk: 100 };

/// A text to whoever has this number.
fn text(to: &str, words: &str) -> Draft {
    Draft {
        to: Recipient::Identity(Identity::phone(to)),
        outgoing: Outgoing::Text { text: words.to_owned(), preview_url: false },
        reply_to: None,
        scheduled_at: None,
        expires_at: None,
        priority: Priority::Interactive,
        metadata: Map::new(),
        is_sensitive: false,
        source: Source::Api { id: "key_admin".to_owned() },
        ai_generation_id: None,
    }
}

/// A template, which may be sent to anybody.
fn template(to: &str) -> Draft {
    let outgoing = Outgoing::Template {
        name: "hello".into(),
        language: "en".into(),
        components: Vec::new(),
        text: None,
        is_marketing: false,
    };
    Draft { outgoing, ..text(to, "") }
}

/// A channel that messages are sent by.
struct Sender<'a> {
    bench: &'a Bench,
    channel: Arc<Channel>,
    epoch: u64,
}

impl<'a> Sender<'a> {
    async fn of(bench: &'a Bench) -> Self {
        let workspace = bench.workspace("ant").await;
        let channel = bench.channel(workspace, "100").await;
        let epoch = bench.store.lease_acquire(CHANNEL_LEASE, channel.id.uuid(), "one").await.expect("a lease");
        Self { bench, channel, epoch }
    }

    async fn try_submit(&self, seconds: i64, draft: Draft) -> Result<Shown<Message>, StoreError> {
        let submission =
            Submission { channel: self.channel.clone(), draft, terms: TERMS, most_per_day: None, at: at(seconds) };
        self.bench.store.message_submit(submission, None).await
    }

    /// One of a workspace that may send so many on a day.
    async fn submit_limited(&self, seconds: i64, most: u64) -> Result<Shown<Message>, StoreError> {
        let (channel, draft) = (self.channel.clone(), template("7"));
        let submission = Submission { channel, draft, terms: TERMS, most_per_day: Some(most), at: at(seconds) };
        self.bench.store.message_submit(submission, None).await
    }

    async fn submit(&self, seconds: i64, draft: Draft) -> Arc<Message> {
        match self.try_submit(seconds, draft).await {
            Ok(Shown::Done(message)) => message,
            other => panic!("a message was to be accepted, not {other:?}"),
        }
    }

    async fn due(&self, seconds: i64) -> Due {
        self.bench.store.send_due(self.channel.id, at(seconds), LIMITS).await.expect("an outbox that can be read")
    }

    async fn waiting(&self, seconds: i64) -> Vec<MessageId> {
        self.due(seconds).await.waiting.into_iter().map(|waiting| waiting.message_id).collect()
    }

    /// Whether the message may be sent now.
    async fn mark(&self, seconds: i64, message: MessageId) -> bool {
        let marked = self.bench.store.send_mark(self.channel.clone(), self.epoch, message, TERMS, at(seconds)).await;
        marked.expect("a lease that holds").is_some()
    }

    /// An attempt that was marked at this time is settled then.
    async fn settle(&self, seconds: i64, message: MessageId, attempt: u32, outcome: SendOutcome) {
        let called = Called { attempt, marked_at: at(seconds) };
        let settlement = Settlement { message_id: message, called, outcome, last_active_at: None, at: at(seconds) };
        let settled = self.bench.store.send_settle(self.channel.clone(), self.epoch, settlement).await;
        assert_eq!(settled, Ok(()));
    }

    async fn wish(&self, seconds: i64, message_id: MessageId, wish: Wish) -> Result<Shown<Message>, StoreError> {
        let wished = Wished { channel: self.channel.clone(), message_id, wish, terms: TERMS, at: at(seconds) };
        self.bench.store.message_wish(wished, None).await
    }

    async fn status(&self, known: &Message) -> MessageStatus {
        self.bench.message(known).await.status
    }
}

fn accepted(vendor_id: &str) -> SendOutcome {
    SendOutcome::Accepted { vendor_id: vendor_id.to_owned(), identities: Vec::new() }
}

fn later(seconds: u64) -> SendOutcome {
    SendOutcome::Later {
        error: MessageError { key: "131056".to_owned(), message: "slower".to_owned(), vendor: None },
        after: Duration::from_secs(seconds),
        scope: Scope::Line,
        trouble: None,
    }
}

/// An accepted message is there, due at once, and told of when the vendor has it.
pub async fn a_message_is_accepted_and_sent(bench: &Bench) {
    let sender = Sender::of(bench).await;
    let message = sender.submit(1, template("5")).await;
    assert_eq!(bench.message(&message).await, *message);
    assert_eq!(sender.waiting(1).await, [message.id]);
    assert!(sender.mark(2, message.id).await);
    assert!(!sender.mark(3, message.id).await, "it is marked already");
    let head = bench.store.log_head().await.expect("a log that can be read");
    sender.settle(4, message.id, 1, accepted("w1")).await;
    assert_eq!(kinds(&bench.after(head).await), ["message.sent"]);
    assert_eq!(sender.due(1_000_000).await, Due::default());
    assert_eq!(bench.message(&message).await.vendor_id.as_deref(), Some("w1"));
}

/// What is refused leaves nothing behind.
pub async fn a_refused_message_leaves_nothing(bench: &Bench) {
    let sender = Sender::of(bench).await;
    let head = bench.store.log_head().await;
    let refused = sender.try_submit(1, text("5", "hi")).await;
    assert_eq!(refused, Err(StoreError::Refused(Refusal::WindowClosed { closed_at: None })));
    assert_eq!(bench.store.log_head().await, head);
    assert_eq!(sender.waiting(1_000).await, []);
}

/// A line is first in, first out: a message that has to wait holds its successors, and nobody else's.
pub async fn lines_are_kept(bench: &Bench) {
    let sender = Sender::of(bench).await;
    let first = sender.submit(1, template("5")).await;
    let second = sender.submit(2, template("5")).await;
    let bulk = sender.submit(3, Draft { priority: Priority::Bulk, ..template("5") }).await;
    let other = sender.submit(4, template("6")).await;
    assert_eq!(sender.waiting(5).await, [first.id, other.id, bulk.id], "people first");
    assert!(!sender.mark(5, second.id).await, "it is not its turn");
    assert!(sender.mark(5, first.id).await);
    sender.settle(6, first.id, 1, later(60)).await;
    assert_eq!(sender.waiting(7).await, [other.id, bulk.id]);
    assert_eq!(sender.due(7).await.next_at, Some(at(66)));
    assert!(!sender.mark(7, second.id).await);
    assert!(!sender.mark(7, first.id).await, "it is not due");
    assert_eq!(sender.waiting(66).await, [other.id, first.id, bulk.id]);
    assert!(sender.mark(66, first.id).await);
    sender.settle(67, first.id, 1, SendOutcome::Unknown { reason: "no answer".to_owned() }).await;
    assert!(sender.mark(68, second.id).await, "what nobody knows holds nobody up");
}

/// What waits for its time is not due before, and its place in the line is that time.
pub async fn what_is_scheduled_waits(bench: &Bench) {
    let sender = Sender::of(bench).await;
    let scheduled = sender.submit(1, Draft { scheduled_at: Some(at(100)), ..template("5") }).await;
    assert_eq!(scheduled.status, MessageStatus::Scheduled);
    assert_eq!(sender.due(99).await, Due { next_at: Some(at(100)), ..Due::default() });
    let now = sender.submit(50, template("5")).await;
    assert_eq!(sender.waiting(100).await, [now.id]);
    assert!(matches!(sender.wish(60, scheduled.id, Wish::Reschedule(at(200))).await, Ok(Shown::Done(_))));
    assert!(sender.mark(100, now.id).await);
    assert_eq!(sender.waiting(150).await, []);
    assert_eq!(sender.waiting(200).await, [scheduled.id]);
    assert!(matches!(sender.wish(201, scheduled.id, Wish::Cancel).await, Ok(Shown::Done(_))));
    assert!(!sender.mark(202, scheduled.id).await);
    assert_eq!(sender.status(&scheduled).await, MessageStatus::Deleted);
}

/// A mark outlives everything: after ten minutes without a word it is given up, and never sent again.
pub async fn a_mark_without_an_answer_is_given_up(bench: &Bench) {
    let sender = Sender::of(bench).await;
    let message = sender.submit(1, template("5")).await;
    assert!(sender.mark(2, message.id).await);
    assert_eq!(sender.wish(3, message.id, Wish::Cancel).await, Err(StoreError::Refused(Refusal::AlreadySending)));
    assert_eq!(sender.due(3).await.next_at, Some(at(602)));
    let backlog = bench.store.send_backlog(sender.channel.id, at(3)).await.expect("an outbox that can be read");
    assert_eq!((backlog.waiting, backlog.unknown), (0, 1));
    let due = sender.due(602).await;
    assert_eq!((due.waiting, due.unknown), (Vec::new(), vec![message.id]));
    assert!(!sender.mark(602, message.id).await);
    assert_eq!(sender.status(&message).await, MessageStatus::Failed);
    assert_eq!(sender.due(1_000_000).await, Due::default());
}

/// A message to a contact that has moved goes to where it is now.
pub async fn a_message_follows_its_contact(bench: &Bench) {
    let sender = Sender::of(bench).await;
    let message = sender.submit(1, template("5")).await;
    bench.take(&sender.channel, 2, vec![moved("5", "6", 2)]).await;
    assert!(sender.mark(3, message.id).await);
    assert_eq!(bench.message(&message).await.handle.value, "+6");
    sender.settle(4, message.id, 1, accepted("w1")).await;
    assert_eq!(bench.message(&message).await.handle.value, "+6");
}

/// Whoever has lost the lease neither marks nor settles.
pub async fn with_a_stale_lease_nothing_is_marked_or_settled(bench: &Bench) {
    let sender = Sender::of(bench).await;
    let message = sender.submit(1, template("5")).await;
    bench.store.lease_acquire(CHANNEL_LEASE, sender.channel.id.uuid(), "two").await.expect("a lease");
    let marked = bench.store.send_mark(sender.channel.clone(), sender.epoch, message.id, TERMS, at(2)).await;
    assert!(matches!(marked, Err(StoreError::StaleLease(_))), "{marked:?}");
    let settlement = Settlement {
        message_id: message.id,
        called: Called { attempt: 1, marked_at: at(2) },
        outcome: accepted("w1"),
        last_active_at: None,
        at: at(3),
    };
    let settled = bench.store.send_settle(sender.channel.clone(), sender.epoch, settlement).await;
    assert!(matches!(settled, Err(StoreError::StaleLease(_))), "{settled:?}");
    assert_eq!(sender.waiting(4).await, [message.id]);
}

/// Reports that overtake the answer are applied when the vendor's id is known; those of an attempt that was given up
/// for another one are not.
pub async fn reports_find_their_attempt(bench: &Bench) {
    let sender = Sender::of(bench).await;
    let message = sender.submit(1, template("5")).await;
    assert!(sender.mark(2, message.id).await);
    bench.take(&sender.channel, 3, vec![report("w1", ReportedStatus::Delivered, 3)]).await;
    let head = bench.store.log_head().await.expect("a log that can be read");
    sender.settle(4, message.id, 1, accepted("w1")).await;
    assert_eq!(kinds(&bench.after(head).await), ["message.sent", "message.delivered"]);

    let message = sender.submit(5, template("6")).await;
    assert!(sender.mark(6, message.id).await);
    sender.settle(7, message.id, 1, accepted("w2")).await;
    bench.take(&sender.channel, 8, vec![report("w2", ReportedStatus::Failed, 8)]).await;
    assert!(matches!(sender.wish(9, message.id, Wish::Retry).await, Ok(Shown::Done(_))));
    let told = bench.events_of(&sender.channel, 10, vec![report("w2", ReportedStatus::Read, 10)]).await;
    assert_eq!(kinds(&told), [""; 0]);
    assert!(sender.mark(11, message.id).await);
    sender.settle(12, message.id, 2, accepted("w3")).await;
    let told = bench.events_of(&sender.channel, 13, vec![report("w3", ReportedStatus::Delivered, 13)]).await;
    assert_eq!(kinds(&told), ["message.delivered"]);
}

/// The same request twice is accepted once, and answered with the same message.
pub async fn a_claim_shows_the_message(bench: &Bench) {
    let sender = Sender::of(bench).await;
    bench.take(&sender.channel, 1, vec![received("m1", 1)]).await;
    let claim = |fingerprint: u8| ShowingClaim {
        workspace_id: sender.channel.workspace_id,
        key: "once".to_owned(),
        fingerprint: [fingerprint; 32],
        answer: Arc::new(|message: &Message| Answer { status: 202, body: Sealed(message.id.to_bytes().to_vec()) }),
        at: at(2),
    };
    let submission = Submission {
        channel: sender.channel.clone(),
        draft: template("5"),
        terms: TERMS,
        most_per_day: None,
        at: at(2),
    };
    let (first, second) = join(
        bench.store.message_submit(submission.clone(), Some(claim(1))),
        bench.store.message_submit(submission.clone(), Some(claim(1))),
    )
    .await;
    let ids: Vec<Vec<u8>> = [first, second]
        .into_iter()
        .map(|submitted| match submitted.expect("it is accepted") {
            Shown::Done(message) => message.id.to_bytes().to_vec(),
            Shown::Replayed(answer) => answer.body.0,
        })
        .collect();
    assert_eq!(ids[0], ids[1]);
    assert_eq!(sender.waiting(3).await.len(), 1);
    let other = bench.store.message_submit(submission, Some(claim(2))).await;
    assert_eq!(other, Err(StoreError::IdempotencyConflict));
}

/// Of a channel that is to be deleted nothing waits any more.
pub async fn a_channel_can_be_abandoned(bench: &Bench) {
    let sender = Sender::of(bench).await;
    let waiting = sender.submit(1, template("5")).await;
    let scheduled = sender.submit(1, Draft { scheduled_at: Some(at(100)), ..template("6") }).await;
    let marked = sender.submit(1, template("7")).await;
    assert!(sender.mark(2, marked.id).await);
    assert_eq!(bench.store.send_abandon(sender.channel.clone(), at(3)).await, Ok(3));
    assert_eq!(bench.store.send_abandon(sender.channel.clone(), at(3)).await, Ok(0));
    for (message, key) in [(waiting, "channel_deleted"), (scheduled, "channel_deleted"), (marked, "outcome_unknown")] {
        let now = bench.message(&message).await;
        assert_eq!((now.status, now.errors[0].key.as_str()), (MessageStatus::Failed, key));
    }
    let channel = sender.channel.clone();
    bench
        .store
        .channel_delete(channel.workspace_id, channel.id, at(4), None)
        .await
        .expect("a channel that can be deleted");
    let late = sender.try_submit(5, template("8")).await;
    assert_eq!(late.map(drop), Err(StoreError::NotFound("the channel")), "nobody would send it");
}

/// Whoever sends knows since when what waits is held; and a probe is believed against a message only if somebody asked
/// for it and no message waits to tell better.
pub async fn tells_since_when_a_channel_is_disconnected(bench: &Bench) {
    let sender = Sender::of(bench).await;
    let probe = async |seconds, finding: Result<(), Trouble>, on_request| {
        let probed = Probed { finding, on_request, last_active_at: None, at: at(seconds) };
        assert_eq!(bench.store.channel_probed(sender.channel.clone(), probed).await, Ok(()));
        sender.due(seconds).await.disconnected_at
    };
    let locked = Trouble {
        category: TroubleCategory::Auth,
        disconnects: Some(DisconnectionReason::Unknown),
        code: "131031".to_owned(),
        message: "locked".to_owned(),
    };
    assert_eq!(probe(1, Ok(()), false).await, None);
    assert_eq!(probe(2, Err(locked.clone()), false).await, Some(at(2)));
    assert_eq!(probe(3, Ok(()), false).await, None);

    let message = sender.submit(4, template("5")).await;
    assert!(sender.mark(4, message.id).await);
    let outcome = SendOutcome::Later {
        error: MessageError { key: "131031".to_owned(), message: "locked".to_owned(), vendor: None },
        after: Duration::from_mins(1),
        scope: Scope::Channel,
        trouble: Some(locked),
    };
    sender.settle(4, message.id, 1, outcome).await;
    assert_eq!(probe(5, Ok(()), false).await, Some(at(4)));
    assert_eq!(probe(6, Ok(()), true).await, Some(at(4)), "a message waits to tell better");
    sender.wish(7, message.id, Wish::Cancel).await.expect("it can be cancelled");
    assert_eq!(probe(8, Ok(()), false).await, Some(at(4)));
    assert_eq!(probe(9, Ok(()), true).await, None);
}

/// A status may say that the vendor has lost the message's file.
pub async fn forgets_the_file_that_a_status_says_is_lost(bench: &Bench) {
    let sender = Sender::of(bench).await;
    let media = file(bench, sender.channel.workspace_id);
    assert_eq!(bench.store.media_create(media.clone(), None, None).await, Ok(Claimed::Done));
    bench.take(&sender.channel, 1, vec![received("m1", 1)]).await;
    for (number, lacks_file) in [(1, false), (2, true)] {
        let known = "known".to_owned();
        let remembered = bench.store.media_at_vendor_remember(media.id, sender.channel.id, known, at(1000)).await;
        assert_eq!(remembered, Ok(()));
        let image = OutgoingMedia {
            media_kind: MediaKind::Image,
            file: MediaFile::Uploaded { id: media.id, content_type: media.content_type.clone(), size: media.size },
            caption: None,
            filename: None,
            voice: false,
        };
        let outgoing = Outgoing::Media(image);
        let message = sender.submit(2, Draft { outgoing, ..text("4917000001", "") }).await;
        assert!(sender.mark(2, message.id).await);
        let vendor_id = format!("w{number}");
        sender.settle(2, message.id, 1, accepted(&vendor_id)).await;
        let Change::Status(failed) = report(&vendor_id, ReportedStatus::Failed, 3) else { panic!("a status") };
        bench.take(&sender.channel, 3, vec![Change::Status(StatusReport { lacks_file, ..failed })]).await;
        assert_eq!(sender.status(&message).await, MessageStatus::Failed);
        let at_vendor = bench.store.media_at_vendor(media.id, sender.channel.id, at(4)).await;
        assert_eq!(at_vendor.map(|known| known.is_none()), Ok(lacks_file));
    }
}

/// What a read receipt names is the newest message of the contact.
pub async fn the_newest_of_the_contact_is_found(bench: &Bench) {
    let sender = Sender::of(bench).await;
    let events = bench.events_of(&sender.channel, 1, vec![received("m1", 1), received("m2", 2)]).await;
    let newest = super::bench::message_of(&events[3]);
    sender.submit(3, text("4917000001", "hi")).await;
    let found = bench.store.message_newest_inbound(newest.workspace_id, newest.conversation_id).await;
    assert_eq!(found.expect("it can be read").map(|message| message.id), Some(newest.id));
    let elsewhere = bench.workspace("bee").await;
    assert_eq!(bench.store.message_newest_inbound(elsewhere, newest.conversation_id).await, Ok(None));
}

/// Of a day's messages no more are accepted than may be, however many are asked for at once; what is refused leaves
/// nothing and counts nothing.
pub async fn messages_of_a_day_are_limited(bench: &Bench) {
    let sender = Sender::of(bench).await;
    let today = Day::of(at(2));
    let spent = Err(StoreError::SpentToday { until: today.end() });
    let results = join_all((0..5).map(|_| sender.submit_limited(2, 2))).await;
    let accepted = results.iter().filter(|result| matches!(result, Ok(Shown::Done(_)))).count();
    assert_eq!((accepted, results.iter().filter(|result| **result == spent).count()), (2, 3));
    assert_eq!(sender.submit_limited(3, 2).await, spent);
    let used = bench.store.usage_days(sender.channel.workspace_id, today, today).await.expect("usage");
    assert_eq!(used[0].1.messages_out, 2);
    assert!(sender.submit_limited(3, 3).await.is_ok(), "more may be sent by now");
    assert!(sender.submit_limited(86_400, 1).await.is_ok(), "another day");
    // What has no limit is counted as well.
    sender.submit(4, template("8")).await;
    assert_eq!(sender.submit_limited(5, 4).await, spent);
}
