//! The other side of every wire, played faithfully: a vendor whose customers write ([`whatsapp`]) and whose API takes what
//! is sent to them ([`whatsapp::graph`]), and a subscriber that listens ([`receiver`]). For the demo, the benchmark, the tests and people who have no vendor account.
//!
//! Nothing here is shared with the code that is played against: bodies are built and signatures computed a second time,
//! from the vendors' own descriptions, so that one misreading cannot hide itself on both sides. Ids and times come in as
//! arguments, so that a run can be repeated to the byte.

pub mod client;
pub mod receiver;
pub mod whatsapp;

pub use client::{ClientError, Connection};
pub use receiver::{Arrival, Behaviour, Receiver};
