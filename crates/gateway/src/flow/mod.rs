//! How things move: in from the vendors ([`intake`]), through the log, out to the subscribers ([`dispatch`]), and out to
//! the contacts ([`send`]). The files of messages follow by themselves ([`media`]); what is old goes ([`retention`]), and
//! contacts are forgotten everywhere ([`erasure`]).

pub(crate) mod dispatch;
pub(crate) mod erasure;
pub(crate) mod intake;
pub(crate) mod links;
pub(crate) mod media;
mod pending;
pub(crate) mod reprocess;
pub(crate) mod retention;
pub(crate) mod send;
pub(crate) mod tail;
pub(crate) mod vendor;
