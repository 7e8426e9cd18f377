//! What users of the running binary can rely on; one file for each thing.

mod addresses;
mod attempts;
mod content;
mod endpoints;
mod events;
mod idempotency;
mod keys;
mod lists;
mod problems;
mod process;
mod start;
mod statuses;
mod system;
mod vendor;
