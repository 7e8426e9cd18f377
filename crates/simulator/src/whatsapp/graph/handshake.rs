//! The verification handshake: before Meta posts to a callback it asks it, and wants its challenge back. Source: "Webhooks ›
//! Getting started › Verification requests".

use std::sync::atomic::Ordering;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use url::form_urlencoded::Serializer;

use super::{random::number_at, shared::Shared};
use crate::{ClientError, Connection};

/// Keeps the challenges apart from the message ids of the same seed.
const CHALLENGES: u64 = 0x6368_616c_6c65;

/// Why a callback is not to be posted to.
#[derive(Debug, thiserror::Error)]
pub enum HandshakeError {
    /// It could not be asked.
    #[error("the callback could not be asked")]
    Unreachable(#[from] ClientError),
    /// The address cannot be called.
    #[error("not an address that can be called: {0}")]
    Address(String),
    /// It answered, but not 200.
    #[error("the callback answered {0} where 200 with the challenge was meant")]
    Refused(StatusCode),
    /// It answered 200 with something else than the challenge.
    #[error("the callback answered 200 with something else than the challenge: {0}")]
    OtherAnswer(String),
}

/// Asks a callback whether it knows the token, and makes it the callback if so.
pub(crate) async fn shake_hands(shared: &Shared, url: &str, verify_token: &str) -> Result<(), HandshakeError> {
    let place = shared.traces.fetch_add(1, Ordering::Relaxed);
    let challenge = (number_at(shared.seed ^ CHALLENGES, place) % 9_000_000_000 + 1_000_000_000).to_string();
    let query = Serializer::new(String::new())
        .extend_pairs([("hub.mode", "subscribe"), ("hub.challenge", &challenge), ("hub.verify_token", verify_token)])
        .finish();
    let separator = if url.contains('?') { '&' } else { '?' };
    let request = Request::get(format!("{url}{separator}{query}"))
        .header("user-agent", "facebookplatform/1.0 (+http://developers.facebook.com)")
        .body(Full::<Bytes>::default())
        .map_err(|_| HandshakeError::Address(url.to_owned()))?;
    let answer = Connection::to(url)?.send(request).await?;
    if answer.status() != StatusCode::OK {
        return Err(HandshakeError::Refused(answer.status()));
    }
    if answer.body() != challenge.as_bytes() {
        let told = String::from_utf8_lossy(answer.body()).chars().take(100).collect();
        return Err(HandshakeError::OtherAnswer(told));
    }
    shared.poster.set_callback(Some(url.to_owned()));
    Ok(())
}
