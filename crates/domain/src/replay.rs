//! Replays: events of the past that an endpoint is to be sent again, or at last.
//!
//! A replay goes through the log from one position to another, in order. What it finds it hands over to the endpoint's
//! deliveries, which send it beside what is new; whatever fails there is tried again by the endpoint's own schedule.

use serde::{Deserialize, Serialize};

use crate::{
    channel::words,
    event::{EventKind, Position},
    id::{EndpointId, JobId, WorkspaceId},
    time::Timestamp,
};

words! {
    /// Which events a replay is about.
    ReplayOnly {
        /// All that the endpoint wants.
        All = "all",
        /// Those that were given up: dead letters.
        Failed = "failed",
        /// Those that were never tried, for whatever reason: the endpoint did not want them then, or skipped them.
        Missing = "missing",
    }
}

words! {
    /// How far a job has come.
    JobStatus {
        /// It is under way, or waits for its turn.
        Running = "running",
        /// It has come to its end.
        Done = "done",
        /// Somebody has ended it.
        Cancelled = "cancelled",
    }
}

/// A replay, and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replay {
    /// Our id.
    pub id: JobId,
    /// Whose it is.
    pub workspace_id: WorkspaceId,
    /// To whom.
    pub endpoint_id: EndpointId,
    /// Which events.
    pub scope: ReplayScope,
    /// How many events it is about, at most: what the endpoint's filter says of them is not counted beforehand.
    pub count: u64,
    /// Everything up to here has been looked at and handed over.
    pub reached: Position,
    /// How many events have been handed over.
    pub sent: u64,
    /// How far it has come.
    pub status: JobStatus,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it came to its end.
    pub finished_at: Option<Timestamp>,
}

/// Which events a replay is about. What the endpoint does not want by then is left out, too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayScope {
    /// Of these kinds.
    pub kinds: Vec<EventKind>,
    /// Which of those.
    pub only: ReplayOnly,
    /// Recorded at this time or later.
    pub since: Timestamp,
    /// Recorded before this time.
    pub until: Option<Timestamp>,
    /// After this position.
    pub after: Position,
    /// Up to this one.
    pub up_to: Position,
}

/// How far a replay has come since it was last written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplayProgress {
    /// Which.
    pub id: JobId,
    /// Everything up to here has been looked at and handed over.
    pub reached: Position,
    /// How many events have been handed over, in all.
    pub sent: u64,
    /// When it came to its end, if it has.
    pub finished_at: Option<Timestamp>,
}
