//! The client against real listeners on this machine.

#![expect(clippy::unwrap_used, reason = "a receiver of these tests that fails should panic, in its helpers too")]

mod address;
mod answers;
mod connections;
mod paths;
mod support;
mod tls;
