//! What users of the running binary can rely on; one file for each thing.

#![expect(clippy::unwrap_used, reason = "what a test's helper cannot do is the test's failure")]

mod addresses;
mod attempts;
mod audit;
mod backup;
mod channel_health;
mod cli_doctor;
mod cli_export;
mod cli_listen;
mod cli_trigger;
mod cli_verbs;
mod consumers;
mod contacts;
mod content;
mod conversations;
mod demo;
mod endpoint_choice;
mod endpoints;
mod erasure;
mod events;
mod guides;
mod idempotency;
mod keys;
mod lists;
mod media;
mod outward;
mod outward_files;
mod outward_refusals;
mod outward_stop;
mod outward_walls;
mod problems;
mod process;
mod receiving;
mod replays;
mod retention;
mod scheduled;
mod simulate;
mod start;
mod statuses;
mod system;
mod usage;
mod vendor;
mod verbs;
mod walls;
