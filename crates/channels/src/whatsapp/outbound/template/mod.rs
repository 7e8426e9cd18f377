//! Templates: which there are (`list`), which places they have (`places`), whether a message fills them (`check`), what
//! the receiver will read (`fill`), and what Meta's notices say of them (`news`).
//!
//! Meta spells a template's parts in capitals (`BODY`) and what fills them in small letters (`body`).

pub(super) mod check;
pub(super) mod fill;
mod filling;
pub(super) mod list;
pub(super) mod news;
pub(super) mod places;
