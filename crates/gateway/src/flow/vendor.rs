//! Calling a vendor: a request that an adapter made, by a pool of the channel's own, and what came back. What an answer
//! means is the adapter's to say.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, header::RETRY_AFTER};
use serde_json::Value;
use tidings_channels::{Call, CallAnswer, CallMethod};
use tidings_domain::sending::{Trouble, TroubleCategory};
use tidings_net::{AddressRefused, Client, OutboundRequest, Pool, PoolLimits, SendError};

use crate::registry::LiveChannel;

/// How long a vendor may take for anything but a file.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a vendor may take to receive a file.
pub(crate) const UPLOAD_TIMEOUT: Duration = Duration::from_mins(5);
/// How long the connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How much of an answer is read. A page of templates is the longest.
const ANSWER_CAP: usize = 4 << 20;
/// A connection that has been idle for longer may be closed by the vendor at the very moment that it is used: nobody
/// would know then whether a message was taken.
const LIMITS: PoolLimits = PoolLimits { idle_connections: 64, idle_for: Duration::from_secs(10) };

/// What stands in an answer in the place of a credential.
const MASK: &str = "***";
/// What is shorter is not looked for: it would be found in words that have nothing to do with it.
const SHORTEST_SECRET: usize = 8;

/// The way to one channel's vendor. A clone is the same way.
#[derive(Clone)]
pub(crate) struct Vendor {
    /// Or why there is none: the address policy may have changed since the channel was saved.
    pool: Result<Pool, AddressRefused>,
    /// The channel's credentials. A vendor that quotes one in its answer must not have it stored, shown or sent on.
    secrets: Arc<[String]>,
}

/// What came back.
#[derive(Debug)]
pub(crate) enum Reply {
    /// An answer.
    Answered { status: u16, retry_after: Option<u64>, body: Bytes },
    /// Nothing left: the vendor does not know of the request.
    NotSent(String),
    /// The request may have arrived, and no answer came.
    Lost(String),
}

impl Vendor {
    /// Of this channel.
    pub(crate) fn of(client: &Client, live: &LiveChannel) -> Self {
        let secrets = live.access().credentials.values().filter_map(Value::as_str);
        let secrets = secrets.filter(|secret| secret.len() >= SHORTEST_SECRET).map(str::to_owned).collect();
        Self { pool: client.pool(live.api_base(), LIMITS), secrets }
    }

    /// Calls it, once.
    pub(crate) async fn call(&self, call: Call, timeout: Duration) -> Reply {
        let pool = match &self.pool {
            Ok(pool) => pool,
            Err(refused) => return Reply::NotSent(format!("the vendor cannot be called: {refused}")),
        };
        let header = |(name, value): (&'static str, String)| {
            let mut value = HeaderValue::try_from(value).ok()?;
            value.set_sensitive(true);
            Some((HeaderName::from_static(name), value))
        };
        let request = OutboundRequest {
            method: match call.method {
                CallMethod::Get => Method::GET,
                CallMethod::Post => Method::POST,
            },
            path: Some(call.path),
            headers: call.headers.into_iter().filter_map(header).collect(),
            body: call.body.into(),
            timeout,
            connect_timeout: CONNECT_TIMEOUT,
            body_cap: ANSWER_CAP,
            pieces: None,
            repeatable: false,
        };
        match pool.send(&request).await {
            Ok(answer) => Reply::Answered {
                status: answer.status.as_u16(),
                retry_after: answer.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok()),
                body: masked(answer.body, &self.secrets),
            },
            Err(error) if error.request_may_have_arrived() => Reply::Lost(error.to_string()),
            Err(error) => Reply::NotSent(told(&error)),
        }
    }
}

/// The same without the secrets.
fn masked(body: Bytes, secrets: &[String]) -> Bytes {
    let text = String::from_utf8_lossy(&body);
    if !secrets.iter().any(|secret| text.contains(secret.as_str())) {
        return body;
    }
    secrets.iter().fold(text.into_owned(), |text, secret| text.replace(secret.as_str(), MASK)).into()
}

fn told(error: &SendError) -> String {
    format!("the vendor cannot be reached: {error}")
}

impl Reply {
    /// Reads the answer to something that can be asked again. Without one, the trouble is the network's.
    pub(crate) fn read<T>(&self, read: impl FnOnce(CallAnswer<'_>) -> Result<T, Trouble>) -> Result<T, Trouble> {
        match self {
            Self::Answered { status, retry_after, body } => {
                read(CallAnswer { status: *status, retry_after: *retry_after, body })
            }
            Self::NotSent(reason) | Self::Lost(reason) => Err(unreachable(reason)),
        }
    }
}

/// The vendor cannot be reached.
pub(crate) fn unreachable(reason: &str) -> Trouble {
    Trouble {
        category: TroubleCategory::Network,
        disconnects: None,
        code: "network_error".to_owned(),
        message: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_credentials_are_masked() {
        let secrets = ["EAAG-token-1".to_owned(), "app-secret-2".to_owned()];
        let quoted = Bytes::from_static(b"Malformed access token EAAG-token-1 of app-secret-2");
        assert_eq!(masked(quoted, &secrets), "Malformed access token *** of ***");
        let other = Bytes::from_static(b"\xff\x00 nothing of it");
        assert_eq!(masked(other.clone(), &secrets), other);
    }
}
