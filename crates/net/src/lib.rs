//! The outbound HTTP client: pools, deadlines, body caps, and the address policy at connect time.
//!
//! A request goes through a [`Pool`], of which every endpoint has its own, so that two endpoints on one host never share
//! a limit or a connection. `pool` takes a kept connection or has `connect` make one; `connect` resolves the name, has
//! [`AddressPolicy`] judge every address that came out, and connects to one that passed: nothing looks the name up a
//! second time. `direct` speaks HTTP/1.1 and `shared` HTTP/2, when the receiver chose it; `body` keeps the first bytes
//! of an answer. One deadline lies around all of it.
//!
//! This crate never follows a redirect, reads no proxy from the environment, queues nothing (who calls bounds how much
//! runs at once), and repeats nothing, except a request that a kept connection lost before a single byte of answer.

mod address;
mod body;
mod client;
mod connect;
mod direct;
mod error;
mod exchange;
mod headers;
mod kept;
mod pool;
mod resolve;
mod shared;
mod stream;
mod target;

pub use address::{AddressPolicy, AddressRefused};
pub use client::{Client, Roots};
pub use error::{Phase, SendError};
pub use exchange::{Answer, OutboundRequest};
pub use headers::is_framing_header;
pub use pool::{Pool, PoolLimits};
pub use resolve::{Addresses, Resolve, SystemResolver};
