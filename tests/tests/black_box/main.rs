//! What users of the running binary can rely on; one file for each thing.

mod attempts;
mod content;
mod endpoints;
mod events;
mod lists;
mod process;
mod statuses;
mod vendor;
