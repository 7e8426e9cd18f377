//! A simulated log, store, receiver and clock drive the courier: by stories that can be read as documentation, and by
//! random scripts with crashes in them.

mod order;
mod outage;
mod overtaken;
mod random;
mod resend;
mod restart;
mod scenes;
mod schedule;
mod world;
