//! What things are, and the one place where a change becomes events.
//!
//! The story: an adapter tells what a vendor said as a [`change::Change`]; a store loads what is known about it as a
//! [`decide::Situation`]; [`decide::decide`] answers with what to write and which [`event::Event`]s to append, in one
//! [`decide::Decision`]. Everything here is a value or a pure function: no I/O, no clock, no randomness of its own.
//! Times come in as arguments and ids from an [`id::IdSource`].

pub mod audit;
pub mod change;
pub mod channel;
pub mod contact;
pub mod content;
pub mod conversation;
pub mod decide;
pub mod delivery;
pub mod endpoint;
pub mod event;
pub mod filter;
pub mod id;
pub mod key;
pub mod media;
pub mod merge;
pub mod message;
pub mod outgoing;
pub mod pattern;
pub mod replay;
pub mod sending;
pub mod status;
pub mod template;
pub mod time;
pub mod usage;
pub mod workspace;

pub use id::{
    ActId, AttachmentId, AttemptId, ChannelId, ContactId, ConversationId, EndpointId, EventId, HandleId, JobId, KeyId,
    MediaId, MessageId, WorkspaceId,
};
pub use time::Timestamp;
