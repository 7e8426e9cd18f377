//! What becomes of every kind of change, alone and in any order. A book in memory stands for the backend.

mod amendments;
mod any_order;
mod book;
mod channel;
mod health;
mod identities;
mod ladder;
mod messages;
mod orders;
mod reach;
mod samples;
