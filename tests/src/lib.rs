//! The harness of the black-box tests: the real binary on a free port and a temporary folder ([`Server`]), its public API
//! ([`Api`]), and nothing of its insides.
//!
//! What a test knows of Tidings it must know as a user does: by HTTP. Vendors and subscribers are played by
//! `tidings-simulator`.

mod api;
mod binary;
mod browser;
mod check;
mod command;
mod door;
mod jumping_clock;
mod moment;
mod outlet;
mod raw;
mod scene;
mod server;
mod simulation;
mod stream;
pub mod webhooks;

pub use api::{Answer, Api};
pub use binary::{path as binary, receiver};
pub use browser::Browser;
pub use check::{assert_holds, eventually, json_of, pointers, text};
pub use command::{Running, Told, tidings, tidings_with};
pub use door::{Certificate, Door};
pub use jumping_clock::JumpingClock;
pub use moment::{now, rfc3339};
pub use outlet::{ACCESS_TOKEN, Outlet};
pub use raw::{Raw, raw_exchange};
pub use scene::{APP_SECRET, Line, Scene, channel};
pub use server::{ADMIN_KEY, Server};
pub use simulation::Simulation;
pub use stream::{EventStream, Streamed};
