//! How we speak to subscribers: what a webhook says, how it is signed, when it is tried again and what an answer means.
//!
//! The story of one attempt: an endpoint [`wants`] an event; [`render`] makes the body, which is the same each time;
//! [`headers`] adds what is said beside it, with the signatures of this attempt; somebody else sends it; [`judge`] says
//! what the answer means, and [`retry_delay`] when to try again. Nothing here does I/O, reads a clock or draws
//! randomness: times, jitter and fresh secrets come in as arguments.

pub mod courier;
pub mod formats;
pub mod judgement;
pub mod request;
pub mod sample;
pub mod schedule;
pub mod schema;
pub mod signature;

pub use formats::{MediaLinks, default_events, render, rendered_kind, renders, wants, wants_kind};
pub use judgement::{Attempted, CONTROL, Verdict, judge, words};
pub use request::{Attempt, USER_AGENT, headers, own_headers};
pub use schedule::{probe_delay, retry_delay};
pub use signature::{EndpointSecrets, SigningKeyPair, SigningSecret, VerifyError, sign, verify};
