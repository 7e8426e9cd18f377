//! What is remembered: the traits that every backend implements, and the suite that every backend passes.
//!
//! [`State`] holds what things are now (workspaces, keys, channels, endpoints, contacts, conversations, messages), [`Files`]
//! what is known of files; [`Log`] holds what happened, and how far each endpoint has come; [`Retention`] deletes what is
//! old, and [`Erasure`] forgets a contact everywhere. A method is a whole transaction: nobody holds one across an await, so
//! that many can share one commit. What a method acknowledges has reached the disk.
//!
//! A backend makes no events of its own: for each change it loads a situation, asks [`tidings_domain::decide`], and
//! writes the decision.

mod audit;
mod contacts;
mod erasure;
mod error;
mod files;
mod idempotency;
mod intake;
mod log;
mod records;
mod retention;
mod sending;
mod state;
mod templates;

#[cfg(feature = "conformance")]
pub mod conformance;

pub use audit::{ActFilter, ByWhom};
pub use contacts::{ContactChange, ContactCreation, ContactFilter, ContactMerge, ConversationChange};
pub use erasure::{ContactErasure, Erasure, ErasureProgress};
pub use error::StoreError;
pub use files::{ContentHash, DueFiles, Files};
pub use idempotency::{ANSWERS_KEPT_FOR, Answer, Claim, Claimed, OfContact, ShowingClaim, Shown};
pub use intake::{BodyNumber, Intake, IntakeReceipt, KeptBodies, RoutedUpdate, StoredBody, Target};
pub use log::{CommitListener, Consumer, ENDPOINT_LEASE, EventFilter, Found, Log, ReplayPage, Undelivered};
pub use records::{
    AttemptFilter, ChannelRecord, ConversationFilter, EndpointRecord, Listing, Mark, MessageFilter, Page, Sealed,
};
pub use retention::{EventSlice, Gap, Place, Records, Retention, Slice, Wants};
pub use sending::{
    Backlog, CHANNEL_LEASE, Due, DueLimits, Marked, Probed, Settlement, Submission, Waiting, Wish, Wished,
};
pub use state::State;
pub use templates::Templates;

/// Everything that the gateway needs to remember.
pub trait Store: State + Files + Log + Retention + Erasure {}

impl<T: State + Files + Log + Retention + Erasure> Store for T {}
