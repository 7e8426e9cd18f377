//! Messages to send, and how far each has come.

use std::sync::Arc;

use rusqlite::{Row, params};
use tidings_domain::{
    ChannelId, HandleId, MediaId, MessageId, Timestamp,
    channel::Channel,
    decide::{self, Order, Refusal, Write},
    message::Message,
    outgoing::Priority,
    sending::{Sending, Terms},
    usage::{Day, Usage},
};
use tidings_store::{
    Backlog, CHANNEL_LEASE, Due, DueLimits, Marked, Probed, Settlement, ShowingClaim, Shown, StoreError, Submission,
    Waiting, Wish, Wished,
};

use crate::{
    codec,
    error::{corrupt, refused},
    log::leases,
    session::{Reader, Session},
    state::{
        apply::{self, Origin},
        claims,
        situation::{self, Place},
    },
};

fn rank(priority: Priority) -> i64 {
    match priority {
        Priority::Interactive => 0,
        Priority::Bulk => 1,
    }
}

fn ranked(rank: i64) -> Priority {
    if rank == 0 { Priority::Interactive } else { Priority::Bulk }
}

/// Refuses what comes for a channel that has been deleted meanwhile: nobody would send it.
fn check_there(reader: &Reader<'_>, channel: ChannelId) -> Result<(), StoreError> {
    let mut statement = reader.statement("SELECT deleted_at FROM channels WHERE id = ?1")?;
    let rows = statement.query([channel.to_bytes()]).map_err(refused)?;
    match codec::first(rows, |row| codec::optional_time(row, "deleted_at"))? {
        Some(None) => Ok(()),
        Some(Some(_)) | None => Err(StoreError::NotFound("the channel")),
    }
}

/// Accepts a message.
pub(crate) fn submit(
    session: &mut Session<'_>,
    submission: &Submission,
    claim: Option<&ShowingClaim<Message>>,
) -> Result<Shown<Message>, StoreError> {
    claims::once_showing(session, claim, |session| {
        check_there(&session.reader, submission.channel.id)?;
        count(session, submission)?;
        let order = Order::Submit { draft: &submission.draft, terms: submission.terms };
        let decided = decide_on(session, &submission.channel, &order, submission.at)?;
        decided.message.ok_or_else(|| corrupt("message", "nothing was accepted"))
    })
}

/// Counts a message among those of its day, unless there are as many as there may be.
fn count(session: &mut Session<'_>, submission: &Submission) -> Result<(), StoreError> {
    let workspace = session.workspace(submission.channel.workspace_id)?;
    if let Some(most) = submission.most_per_day {
        let today = Day::of(submission.at);
        if session.tally.messages_out(&session.reader, workspace, today)? >= most {
            return Err(StoreError::SpentToday { until: today.end() });
        }
    }
    session.tally.add(workspace, submission.at, Usage { messages_out: 1, ..Usage::default() });
    Ok(())
}

/// Does what somebody wants of a message.
pub(crate) fn wish(
    session: &mut Session<'_>,
    wished: &Wished,
    claim: Option<&ShowingClaim<Message>>,
) -> Result<Shown<Message>, StoreError> {
    claims::once_showing(session, claim, |session| {
        check_there(&session.reader, wished.channel.id)?;
        let (message_id, terms) = (wished.message_id, wished.terms);
        let order = match wished.wish {
            Wish::Reschedule(at) => Order::Reschedule { message_id, at },
            Wish::Cancel => Order::Cancel { message_id },
            Wish::Retry => Order::Retry { message_id, terms },
        };
        let decided = decide_on(session, &wished.channel, &order, wished.at)?;
        decided.message.ok_or(StoreError::Refused(Refusal::NoSuchMessage))
    })
}

/// Marks an attempt, if the message is to be sent.
pub(crate) fn mark(
    session: &mut Session<'_>,
    channel: &Arc<Channel>,
    epoch: u64,
    message_id: MessageId,
    terms: Terms,
    at: Timestamp,
) -> Result<Option<Marked>, StoreError> {
    leases::check(&session.reader, CHANNEL_LEASE, channel.id.uuid(), epoch)?;
    if !is_first(&session.reader, message_id)? {
        return Ok(None);
    }
    let decided = decide_on(session, channel, &Order::Attempt { message_id, terms }, at)?;
    let Some(sending) = decided.sending.filter(|sending| sending.marked_at == Some(at)) else { return Ok(None) };
    let message = decided.message.or(decided.known);
    Ok(message.map(|message| Marked { message, sending }))
}

/// How many messages are given up at once.
const GIVEN_UP_AT_ONCE: i64 = 200;
/// How many messages are abandoned at once.
const ABANDONED_AT_ONCE: usize = 200;

/// Ends what is left to do about some messages of a channel.
pub(crate) fn abandon(session: &mut Session<'_>, channel: &Arc<Channel>, at: Timestamp) -> Result<usize, StoreError> {
    let number = session.channel(channel.id)?;
    let mut statement = session.reader.statement(
        "SELECT id AS message_id FROM messages WHERE number IN (SELECT message FROM outbox \
         WHERE channel = ?1 AND priority IN (0, 1) AND due_at IS NOT NULL AND marked_at IS NULL UNION ALL \
         SELECT message FROM outbox WHERE channel = ?1 AND marked_at IS NOT NULL LIMIT ?2)",
    )?;
    let rows = statement.query(params![number, codec::signed(ABANDONED_AT_ONCE as u64)]).map_err(refused)?;
    let messages = codec::collect(rows, message_id)?;
    drop(statement);
    for message_id in &messages {
        decide_on(session, channel, &Order::Abandon { message_id: *message_id }, at)?;
    }
    Ok(messages.len())
}

/// Whether no other message of its line waits before this one. One that is marked has left the line.
fn is_first(reader: &Reader<'_>, message: MessageId) -> Result<bool, StoreError> {
    let mut statement = reader.statement(
        "SELECT outbox.marked_at IS NULL AND EXISTS (SELECT 1 FROM outbox AS earlier WHERE earlier.channel = outbox.channel \
         AND earlier.priority = outbox.priority AND earlier.recipient = outbox.recipient \
         AND earlier.due_at IS NOT NULL AND earlier.marked_at IS NULL \
         AND (earlier.queued_at, earlier.message) < (outbox.queued_at, outbox.message)) AS waits \
         FROM outbox WHERE outbox.message = (SELECT number FROM messages WHERE id = ?1)",
    )?;
    let rows = statement.query([message.to_bytes()]).map_err(refused)?;
    Ok(!codec::first(rows, |row| codec::column(row, "waits"))?.unwrap_or(false))
}

/// Remembers what came of an attempt.
pub(crate) fn settle(
    session: &mut Session<'_>,
    channel: &Arc<Channel>,
    epoch: u64,
    settlement: &Settlement,
) -> Result<(), StoreError> {
    leases::check(&session.reader, CHANNEL_LEASE, channel.id.uuid(), epoch)?;
    let order = Order::Settle {
        message_id: settlement.message_id,
        called: settlement.called,
        outcome: &settlement.outcome,
        last_active_at: settlement.last_active_at,
    };
    decide_on(session, channel, &order, settlement.at).map(drop)
}

/// Remembers what a probe found.
pub(crate) fn probed(session: &mut Session<'_>, channel: &Arc<Channel>, probed: &Probed) -> Result<(), StoreError> {
    // While messages wait, one of them will tell what no probe can see.
    let vouches = probed.on_request && !waits(&session.reader, channel.id, probed.at)?;
    let order = Order::Probed { finding: &probed.finding, vouches, last_active_at: probed.last_active_at };
    decide_on(session, channel, &order, probed.at).map(drop)
}

/// Whether messages of a channel are due to be sent.
fn waits(reader: &Reader<'_>, channel: ChannelId, at: Timestamp) -> Result<bool, StoreError> {
    let Some(channel) = channel_number(reader, channel)? else { return Ok(false) };
    let mut statement = reader.statement(
        "SELECT EXISTS (SELECT 1 FROM outbox WHERE channel = ?1 AND priority IN (0, 1) AND due_at <= ?2 \
         AND due_at IS NOT NULL AND marked_at IS NULL) AS waits",
    )?;
    let rows = statement.query(params![channel, at.as_millis()]).map_err(refused)?;
    Ok(codec::first(rows, |row| codec::column(row, "waits"))?.unwrap_or(false))
}

/// What an order came to.
struct Decided {
    /// The message as it was written.
    message: Option<Arc<Message>>,
    /// The message as it was found.
    known: Option<Arc<Message>>,
    /// How far it has come, if that was written.
    sending: Option<Sending>,
}

/// Loads, decides, writes.
fn decide_on(
    session: &mut Session<'_>,
    channel: &Arc<Channel>,
    order: &Order<'_>,
    now: Timestamp,
) -> Result<Decided, StoreError> {
    let workspace = session.workspace(channel.workspace_id)?;
    let (mut situation, place) = situation::load(session, workspace, channel, order.lookups())?;
    situation.sending = place.message.map(|number| load(&session.reader, number)).transpose()?.flatten();
    let known = situation.message.clone();
    let mut context = decide::Context { now, ids: &mut *session.ids };
    let decision = decide::order(situation, order, &mut context)?;
    let sending = decision.sending.as_ref().map(|sending| sending.record().clone());
    let (_, message) = apply::decision(session, channel, place, decision, Origin { body: None, now })?;
    Ok(Decided { message, known, sending })
}

fn load(reader: &Reader<'_>, message: i64) -> Result<Option<Sending>, StoreError> {
    let mut statement = reader.statement("SELECT * FROM outbox WHERE message = ?1")?;
    let rows = statement.query([message]).map_err(refused)?;
    codec::first(rows, |row| {
        Ok(Sending {
            outgoing: codec::document(row, "outgoing")?,
            priority: ranked(codec::column(row, "priority")?),
            queued_at: codec::time(row, "queued_at")?,
            due_at: codec::optional_time(row, "due_at")?,
            marked_at: codec::optional_time(row, "marked_at")?,
            tries: codec::column(row, "tries")?,
            tried_since: codec::optional_time(row, "tried_since")?,
            expires_at: codec::optional_time(row, "expires_at")?,
        })
    })
}

/// Writes how far a message has come. A new one is to be sent to the handle of the message that is written with it.
pub(crate) fn write(
    reader: &Reader<'_>,
    place: &Place,
    message: Option<&Message>,
    sending: &Write<Sending>,
) -> Result<(), StoreError> {
    let number = place.message.ok_or_else(|| corrupt("outbox", "the message was not loaded"))?;
    match sending {
        Write::Insert(sending) => {
            let handle =
                message.zip(place.contact.as_ref()).and_then(|(message, contact)| contact.handle(message.handle.id));
            reader
                .statement(
                    "INSERT INTO outbox (message, channel, recipient, priority, queued_at, due_at, marked_at, tries, \
                     tried_since, expires_at, media, outgoing) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
                )?
                .execute(params![
                    number,
                    place.channel,
                    handle,
                    rank(sending.priority),
                    sending.queued_at.as_millis(),
                    sending.due_at.map(Timestamp::as_millis),
                    sending.marked_at.map(Timestamp::as_millis),
                    sending.tries,
                    sending.tried_since.map(Timestamp::as_millis),
                    sending.expires_at.map(Timestamp::as_millis),
                    sending.outgoing.uploaded().map(MediaId::to_bytes),
                    codec::to_document("outgoing", &sending.outgoing)?,
                ])
                .map(drop)
                .map_err(refused)
        }
        Write::Update(sending) => reader
            .statement(
                "UPDATE outbox SET queued_at = ?2, due_at = ?3, marked_at = ?4, tries = ?5, tried_since = ?6, \
                 expires_at = ?7 WHERE message = ?1",
            )?
            .execute(params![
                number,
                sending.queued_at.as_millis(),
                sending.due_at.map(Timestamp::as_millis),
                sending.marked_at.map(Timestamp::as_millis),
                sending.tries,
                sending.tried_since.map(Timestamp::as_millis),
                sending.expires_at.map(Timestamp::as_millis),
            ])
            .map(drop)
            .map_err(refused),
    }
}

/// The number of a channel, if it is there.
fn channel_number(reader: &Reader<'_>, id: ChannelId) -> Result<Option<i64>, StoreError> {
    let mut statement = reader.statement("SELECT number FROM channels WHERE id = ?1")?;
    let rows = statement.query([id.to_bytes()]).map_err(refused)?;
    codec::first(rows, |row| codec::column(row, "number"))
}

/// What is to be done on a channel.
pub(crate) fn due(
    reader: &Reader<'_>,
    channel: ChannelId,
    at: Timestamp,
    limits: DueLimits,
) -> Result<Due, StoreError> {
    let Some(channel) = channel_number(reader, channel)? else { return Ok(Due::default()) };
    let mut waiting = first_of_lines(reader, channel, Priority::Interactive, at, limits.interactive)?;
    waiting.extend(first_of_lines(reader, channel, Priority::Bulk, at, limits.bulk)?);
    Ok(Due {
        waiting,
        unknown: unknown(reader, channel, at)?,
        next_at: next_at(reader, channel, at)?,
        disconnected_at: situation::channel_now(reader, channel)?.2.disconnected_at,
    })
}

/// The first message of each recipient's line that is due, the longest due first.
fn first_of_lines(
    reader: &Reader<'_>,
    channel: i64,
    priority: Priority,
    at: Timestamp,
    limit: usize,
) -> Result<Vec<Waiting>, StoreError> {
    let mut statement = reader.statement(
        "SELECT messages.id AS message_id, handles.id AS recipient_id, outbox.queued_at, \
         outbox.expires_at, outbox.media FROM outbox \
         JOIN messages ON messages.number = outbox.message JOIN handles ON handles.number = outbox.recipient \
         WHERE outbox.channel = ?1 AND outbox.priority = ?2 AND outbox.due_at <= ?3 AND outbox.due_at IS NOT NULL \
         AND outbox.marked_at IS NULL AND NOT EXISTS (SELECT 1 FROM outbox AS earlier \
         WHERE earlier.channel = outbox.channel AND earlier.priority = outbox.priority \
         AND earlier.recipient = outbox.recipient AND earlier.due_at IS NOT NULL AND earlier.marked_at IS NULL \
         AND (earlier.queued_at, earlier.message) < (outbox.queued_at, outbox.message)) \
         ORDER BY outbox.due_at, outbox.message LIMIT ?4",
    )?;
    let rows = statement
        .query(params![channel, rank(priority), at.as_millis(), codec::signed(limit as u64)])
        .map_err(refused)?;
    codec::collect(rows, |row| {
        Ok(Waiting {
            message_id: message_id(row)?,
            recipient: HandleId::from_bytes(codec::id(row, "recipient_id")?),
            priority,
            queued_at: codec::time(row, "queued_at")?,
            expires_at: codec::optional_time(row, "expires_at")?,
            media: codec::column::<Option<[u8; 16]>>(row, "media")?.map(MediaId::from_bytes),
        })
    })
}

fn message_id(row: &Row<'_>) -> Result<MessageId, StoreError> {
    codec::id(row, "message_id").map(MessageId::from_bytes)
}

/// The messages that are to be given up.
fn unknown(reader: &Reader<'_>, channel: i64, at: Timestamp) -> Result<Vec<MessageId>, StoreError> {
    let mut statement = reader.statement(
        "SELECT messages.id AS message_id FROM outbox JOIN messages ON messages.number = outbox.message \
         WHERE outbox.channel = ?1 AND outbox.marked_at IS NOT NULL AND outbox.due_at <= ?2 \
         ORDER BY outbox.due_at LIMIT ?3",
    )?;
    let rows = statement.query(params![channel, at.as_millis(), GIVEN_UP_AT_ONCE]).map_err(refused)?;
    codec::collect(rows, message_id)
}

/// When something else becomes due.
fn next_at(reader: &Reader<'_>, channel: i64, after: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let mut statement = reader.statement(
        "SELECT min(due_at) AS next_at FROM (\
         SELECT min(due_at) AS due_at FROM outbox \
         WHERE channel = ?1 AND priority = 0 AND due_at > ?2 AND due_at IS NOT NULL AND marked_at IS NULL UNION ALL \
         SELECT min(due_at) FROM outbox \
         WHERE channel = ?1 AND priority = 1 AND due_at > ?2 AND due_at IS NOT NULL AND marked_at IS NULL UNION ALL \
         SELECT min(due_at) FROM outbox WHERE channel = ?1 AND due_at > ?2 AND marked_at IS NOT NULL)",
    )?;
    let rows = statement.query(params![channel, after.as_millis()]).map_err(refused)?;
    Ok(codec::first(rows, |row| codec::optional_time(row, "next_at"))?.flatten())
}

/// How many messages wait on a channel.
pub(crate) fn backlog(reader: &Reader<'_>, channel: ChannelId, at: Timestamp) -> Result<Backlog, StoreError> {
    let Some(channel) = channel_number(reader, channel)? else { return Ok(Backlog::default()) };
    let mut statement = reader.statement(
        "SELECT count(*) AS waiting, min(due_at) AS oldest, \
         (SELECT count(*) FROM outbox JOIN messages ON messages.number = outbox.message \
         WHERE outbox.channel = ?1 AND marked_at IS NOT NULL AND messages.status = 'pending') AS unknown \
         FROM outbox WHERE channel = ?1 AND priority IN (0, 1) AND due_at <= ?2 AND due_at IS NOT NULL \
         AND marked_at IS NULL",
    )?;
    let rows = statement.query(params![channel, at.as_millis()]).map_err(refused)?;
    let backlog = codec::first(rows, |row| {
        Ok(Backlog {
            waiting: codec::count(row, "waiting")?,
            oldest: codec::optional_time(row, "oldest")?,
            unknown: codec::count(row, "unknown")?,
        })
    })?;
    Ok(backlog.unwrap_or_default())
}
