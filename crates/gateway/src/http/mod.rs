//! The HTTP surface: connections (`server`), routes (`router`), vendors' webhooks (`inbound`), the API (`api`), and what
//! tells of the process (`system`). What a handler decides it decides by the store; nothing is remembered here.

mod acts;
mod api;
pub(crate) mod auth;
mod body;
mod idempotency;
mod inbound;
mod jwks;
pub(crate) mod limit;
mod media_link;
mod nul;
pub(crate) mod openapi;
mod page;
mod problem;
mod quota;
mod router;
mod schemas;
pub(crate) mod server;
pub(crate) mod streams;
mod strict;
mod system;
#[cfg(test)]
mod tests;
mod wrong;
