//! What an operator can set, as values. Reading options, environment and files is the program's work, not this crate's.

use std::{num::NonZeroU32, path::PathBuf, time::Duration};

use ipnet::IpNet;

use crate::seal::SealKey;

/// What an operator can set.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What vendors and browsers reach us by, without a slash at the end.
    pub public_url: String,
    /// The operator's key. If there is none, the first start makes one.
    pub admin_key: Option<String>,
    /// The key that secrets are sealed with.
    pub seal_key: SealKey,
    /// The folder for uploaded files; made if it is not there.
    pub media: PathBuf,
    /// How long files are kept, from when we got them; for ever if there is no end.
    pub media_kept_for: Option<Duration>,
    /// Networks that the address policy lets pass although they are private.
    pub allow_networks: Vec<IpNet>,
    /// Networks that the address policy lets nobody into, whatever is allowed.
    pub deny_networks: Vec<IpNet>,
    /// How many requests an API key may make in a minute; `None`: any number.
    pub requests_per_minute: Option<NonZeroU32>,
    /// How many connections are served at once; further ones wait to be accepted.
    pub max_connections: usize,
    /// How many webhooks may be under way at once, over all endpoints. Each endpoint may have one beside these, so that
    /// nobody waits for all the others.
    pub deliveries_at_once: usize,
    /// How many connections to endpoints are kept while nothing runs on them, over all endpoints, about.
    pub idle_connections: usize,
    /// How long a client may take to send the head of a request.
    pub header_timeout: Duration,
    /// How long a client may take to send the body of a request.
    pub body_timeout: Duration,
    /// How many bytes of long bodies may be held at once; further ones wait. Short ones are not counted.
    pub body_memory: usize,
    /// How long a stop waits for requests that are being answered.
    pub drain_timeout: Duration,
    /// How many event streams a key may have open at once, and the operator in each workspace.
    pub streams_per_key: usize,
    /// How often a silent event stream shows that it is alive.
    pub stream_heartbeat: Duration,
}

impl Settings {
    /// The defaults, with this key for secrets and this folder for uploaded files.
    pub fn new(seal_key: SealKey, media: PathBuf) -> Self {
        Self {
            public_url: "http://127.0.0.1:7777".to_owned(),
            admin_key: None,
            seal_key,
            media,
            media_kept_for: Some(Duration::from_hours(365 * 24)),
            allow_networks: Vec::new(),
            deny_networks: Vec::new(),
            requests_per_minute: NonZeroU32::new(6_000),
            max_connections: 4_096,
            deliveries_at_once: 4_096,
            idle_connections: 4_096,
            header_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(30),
            body_memory: 128 << 20,
            drain_timeout: Duration::from_secs(10),
            streams_per_key: 100,
            stream_heartbeat: Duration::from_secs(15),
        }
    }
}
