//! How things move: in from the vendors ([`intake`]), through the log, and out to the subscribers ([`dispatch`]).

pub(crate) mod dispatch;
pub(crate) mod intake;
pub(crate) mod links;
pub(crate) mod reprocess;
pub(crate) mod tail;
