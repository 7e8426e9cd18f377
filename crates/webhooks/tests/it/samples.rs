//! The samples of always the same ids and moment.

use tidings_domain::{Timestamp, event::Event};
pub(crate) use tidings_webhooks::sample::SampleLinks as Links;
use tidings_webhooks::sample::Samples;
use uuid::Uuid;

/// With version 7 bits of 2026-04-19T14:30:00Z.
pub(crate) fn samples() -> Samples {
    Samples::new(Uuid::from_u128(0x019d_a639_2a40_7000_8000_0000_0000_0000), moment())
}

pub(crate) fn all() -> Vec<(String, Event)> {
    samples().all()
}

pub(crate) fn moment() -> Timestamp {
    Timestamp::from_millis(1_776_609_000_250)
}
