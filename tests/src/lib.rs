//! The harness of the black-box tests: the real binary on a free port and a temporary folder ([`Server`]), its public API
//! ([`Api`]), and nothing of its insides.
//!
//! What a test knows of Tidings it must know as a user does: by HTTP. Vendors and subscribers are played by
//! `tidings-simulator`.

mod api;
mod binary;
mod server;

pub use api::{Answer, Api};
pub use server::{ADMIN_KEY, Server};
