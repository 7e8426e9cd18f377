//! What all of Meta's channels share: handshake, signature, envelope and times. It never looks inside of what a
//! change or an event says.

pub(crate) mod envelope;
pub(crate) mod handshake;
pub(crate) mod signature;
pub(crate) mod time;
