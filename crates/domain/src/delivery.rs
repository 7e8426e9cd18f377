//! What is remembered of deliveries: attempts, retries and an endpoint's health.
//!
//! An endpoint's state is a cursor plus lanes. Everything up to the low-water position is settled or has a [`Retry`];
//! above it, what is settled has an [`Attempt`] that says so.

use serde::{Deserialize, Serialize};

use crate::{
    channel::words,
    endpoint::EndpointStatus,
    event::{Event, OrderingKey, Position},
    id::{AttemptId, EndpointId, EventId},
    replay::ReplayProgress,
    time::Timestamp,
};

words! {
    /// What came of an attempt.
    Outcome {
        /// The receiver took it: settled.
        Delivered = "delivered",
        /// It did not; there will be another attempt.
        Failed = "failed",
        /// It did not, and the schedule is over: settled, dead-lettered.
        Dead = "dead",
    }
}

words! {
    /// Why an attempt was made.
    Trigger {
        /// The event was new to the endpoint.
        New = "new",
        /// Its schedule said so.
        Retry = "retry",
        /// To see whether an endpoint that is down is up again.
        Probe = "probe",
        /// Somebody asked for it.
        Resend = "resend",
    }
}

/// One attempt at delivering one event to one endpoint. The request's body is not among it: it is rendered again
/// from the event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The event's place in the log.
    pub position: Position,
    /// The event.
    pub event_id: EventId,
    /// The number of the attempt at this event, from 1.
    pub number: u32,
    /// Why it was made.
    pub trigger: Trigger,
    /// When it was made.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// What came of it.
    pub outcome: Outcome,
    /// The receiver's status code, if it answered.
    pub status_code: Option<u16>,
    /// In words what went wrong, if it was not the receiver's status code.
    pub error: Option<String>,
    /// The signatures that were sent.
    pub signature: String,
    /// Whether it bore `tidings-late: 1`.
    pub late: bool,
    /// The answer's headers, as a JSON object.
    pub response_headers: Option<String>,
    /// The first 16 KiB of the answer's body.
    pub response_body: Vec<u8>,
    /// When there will be another one.
    pub next_at: Option<Timestamp>,
}

/// An attempt as the delivery log has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptRecord {
    /// Its id.
    pub id: AttemptId,
    /// The endpoint.
    pub endpoint_id: EndpointId,
    /// The attempt.
    pub attempt: Attempt,
}

/// An event that an endpoint did not take yet. If it holds, it is the head of the lane (endpoint, key): the later
/// events of that key wait in the log until it is settled or lets them pass.
#[expect(clippy::struct_excessive_bools, reason = "each is a column of its own and none excludes another")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// The event's place in the log.
    pub position: Position,
    /// What the event is ordered by.
    pub key: OrderingKey,
    /// How many attempts have been made.
    pub attempts: u32,
    /// How many of them failed while the endpoint was up: the place in the schedule.
    pub failures: u32,
    /// When the next one is due.
    pub due_at: Timestamp,
    /// When the first one failed.
    pub first_failed_at: Timestamp,
    /// Whether the later events of its key wait for it.
    pub holds: bool,
    /// Whether later events of its key may pass it.
    pub late: bool,
    /// Whether it is over, and only holds the place of its lane until the next event of the key has been read.
    pub settled: bool,
    /// Whether somebody asked for it, beside the schedule.
    pub resend: bool,
}

impl Retry {
    /// An event that is to be tried for the first time at this moment, and holds nothing up.
    pub fn untried(position: Position, key: OrderingKey, due_at: Timestamp) -> Self {
        Self {
            position,
            key,
            attempts: 0,
            failures: 0,
            due_at,
            first_failed_at: due_at,
            holds: false,
            late: false,
            settled: false,
            resend: false,
        }
    }
}

/// How an endpoint has been doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct EndpointHealth {
    /// Failures since the last success.
    pub consecutive_failures: u32,
    /// When the first of them was.
    pub failing_since: Option<Timestamp>,
    /// When it took something last.
    pub last_success_at: Option<Timestamp>,
    /// Since when it is down.
    pub down_since: Option<Timestamp>,
    /// How many probes have failed since.
    pub probes: u32,
    /// When the next probe is due.
    pub next_probe_at: Option<Timestamp>,
    /// Until when it has asked to be left alone.
    pub rests_until: Option<Timestamp>,
    /// Whether `endpoint.failing` has been told.
    pub warned: bool,
}

impl EndpointHealth {
    /// Whether it is down, or has asked to be left alone: then it begins with one request at a time.
    pub fn is_unwell(&self) -> bool {
        self.down_since.is_some() || self.rests_until.is_some()
    }
}

/// What is remembered of an endpoint's deliveries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeliveryState {
    /// Everything up to here is settled or has a retry.
    pub low_water: Position,
    /// What is settled above it.
    pub settled: Vec<Position>,
    /// What is to be tried again.
    pub retries: Vec<Retry>,
    /// How the endpoint has been doing.
    pub health: EndpointHealth,
}

/// What an endpoint has lost: events that were deleted for their age before they were delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lost {
    /// The oldest of them.
    pub from: Position,
    /// The newest of them.
    pub to: Position,
    /// How many, but for what the endpoint's filter says of them.
    pub count: u64,
}

/// What to remember of an endpoint's deliveries from now on, in one transaction.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeliveryChange {
    /// Attempts that were made.
    pub attempts: Vec<Attempt>,
    /// Retries that are new or have changed, by position.
    pub retries: Vec<Retry>,
    /// Positions whose retry is over.
    pub ended: Vec<Position>,
    /// The low-water position, if it moved.
    pub low_water: Option<Position>,
    /// The health, if it changed.
    pub health: Option<EndpointHealth>,
    /// How the endpoint is doing, if that changed; whether it is enabled follows from it. One that is paused or disabled
    /// stays so: a delivery that was under way says nothing against who paused it.
    pub status: Option<EndpointStatus>,
    /// Events that tell of the endpoint's own trouble. The store gives them their sequence: it is the one that knows of all.
    pub told: Vec<Event>,
    /// How far the replay has come, if it has moved.
    pub replay: Option<ReplayProgress>,
}

impl DeliveryChange {
    /// Whether there is nothing to remember.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
