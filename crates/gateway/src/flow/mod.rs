//! How things move: in from the vendors ([`intake`]), through the log, out to the subscribers ([`dispatch`]), and out to
//! the contacts ([`send`]); and how what is old goes ([`retention`]).

pub(crate) mod dispatch;
pub(crate) mod intake;
pub(crate) mod links;
mod pending;
pub(crate) mod reprocess;
pub(crate) mod retention;
pub(crate) mod send;
pub(crate) mod tail;
pub(crate) mod vendor;
