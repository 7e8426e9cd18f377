//! What can be read and set of an account beside sending: its number, its profile, its templates, its media, its app.

pub(super) mod account;
pub(super) mod apps;
pub(super) mod fields;
pub(super) mod media;
pub(super) mod number;
pub(super) mod profile;
pub(super) mod templates;
