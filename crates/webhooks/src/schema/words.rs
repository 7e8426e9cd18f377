//! The words of what has no list of its own in the domain.

/// What a message is.
pub(super) const CONTENT_TYPES: [&str; 7] = ["text", "image", "audio", "video", "document", "location", "sticker"];
/// Which way it goes.
pub(super) const DIRECTIONS: [&str; 2] = ["inbound", "outbound"];
/// How far it has come.
pub(super) const MESSAGE_STATUSES: [&str; 8] =
    ["none", "pending", "scheduled", "sent", "delivered", "read", "failed", "deleted"];

/// The words of an enumeration.
pub(super) fn names<T: Copy>(all: &[T], name: fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|value| name(*value)).collect()
}
