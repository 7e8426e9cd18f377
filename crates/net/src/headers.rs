//! Which headers belong to the connection, and so to this crate. This module never changes a header.

use http::header::{
    CONNECTION, CONTENT_LENGTH, EXPECT, HOST, HeaderName, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};

/// Whether a header says how a request is framed or routed. Such a header is written by the client alone: who saves
/// headers of somebody's own should refuse it, and [`crate::Pool::send`] leaves it out.
pub fn is_framing_header(name: &HeaderName) -> bool {
    [CONNECTION, CONTENT_LENGTH, EXPECT, HOST, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE]
        .contains(name)
        || matches!(name.as_str(), "keep-alive" | "proxy-connection" | "http2-settings")
}
