//! An answer that may be long, read piece by piece.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::time::timeout;

use super::{Failure, ServerAddress};

/// Who sends nothing for so long is gone.
const SILENCE: Duration = Duration::from_mins(1);

/// What is still to be read of an answer.
#[derive(Debug)]
pub(crate) struct Download {
    server: ServerAddress,
    body: Incoming,
}

impl Download {
    pub(super) fn new(server: ServerAddress, body: Incoming) -> Self {
        Self { server, body }
    }

    /// The next piece, until there is none.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        let broken = |reason: String| self.server.unreachable(format!("the answer broke off: {reason}"));
        match timeout(SILENCE, self.body.frame()).await {
            Err(_) => Err(broken(format!("nothing came for {} seconds", SILENCE.as_secs()))),
            Ok(None) => Ok(None),
            Ok(Some(Err(error))) => Err(broken(error.to_string())),
            Ok(Some(Ok(frame))) => Ok(Some(frame.into_data().unwrap_or_default())),
        }
    }
}
