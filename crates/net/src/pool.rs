//! The connections to one place, and sending over them.
//!
//! A pool keeps connections and lends each to one request (HTTP/1.1) or to many (HTTP/2). It never waits for one to come
//! free: without a kept connection it makes a new one, so who calls bounds how many there are.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Uri, header::HOST};
use http_body_util::Full;
use tokio::time::{sleep, timeout};
use url::Url;

use crate::{
    address::AddressRefused,
    client::Client,
    connect::{Connected, connect},
    error::{Progress, SendError},
    exchange::{Answer, Lost, OutboundRequest},
    headers::is_framing_header,
    kept::Kept,
    target::{Forms, Target},
};

/// What a pool may keep.
#[derive(Debug, Clone, Copy)]
pub struct PoolLimits {
    /// How many connections it keeps while nothing runs on them.
    pub idle_connections: usize,
    /// How long it keeps each.
    pub idle_for: Duration,
}

impl Default for PoolLimits {
    fn default() -> Self {
        Self { idle_connections: 64, idle_for: Duration::from_secs(30) }
    }
}

/// The connections to one place. A clone is the same pool.
#[derive(Clone)]
pub struct Pool {
    inner: Arc<Inner>,
}

struct Inner {
    client: Client,
    target: Target,
    limits: PoolLimits,
    kept: Mutex<Kept>,
}

impl fmt::Debug for Pool {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Pool").field("target", &self.inner.target).finish_non_exhaustive()
    }
}

impl Pool {
    pub(crate) fn new(client: Client, url: &Url, limits: PoolLimits) -> Result<Self, AddressRefused> {
        let target = Target::new(url)?;
        Ok(Self { inner: Arc::new(Inner { client, target, limits, kept: Mutex::default() }) })
    }

    /// Sends a request and reads its answer, all within the request's timeout.
    ///
    /// Once `body_cap` bytes of a body are read the answer is complete, and the rest is not waited for. A body that is
    /// still coming, short of the cap, when the time is up is a timeout, whatever the status was.
    pub async fn send(&self, request: &OutboundRequest) -> Result<Answer, SendError> {
        let progress = Progress::new();
        timeout(request.timeout, self.send_unhurried(request, &progress))
            .await
            .unwrap_or_else(|_| Err(SendError::Timeout { phase: progress.phase() }))
    }

    async fn send_unhurried(&self, request: &OutboundRequest, progress: &Progress) -> Result<Answer, SendError> {
        let below: Box<Forms>;
        let forms = match &request.path {
            None => &self.inner.target.own,
            Some(path) => {
                below = Box::new(self.inner.target.below(path)?);
                &*below
            }
        };
        let mut resent = false;
        while let Some(connection) = self.take() {
            match self.exchange(connection, request, forms, progress).await {
                Ok(answer) => return Ok(Answer { reused: true, ..answer }),
                Err(Lost::NotSent(_)) => {}
                Err(Lost::Silent(_)) if request.repeatable => {
                    resent = true;
                    break;
                }
                Err(Lost::Silent(error) | Lost::Broken(error)) => return Err(error),
            }
        }
        // Boxed, as all that is rare here: a request on a kept connection then moves and keeps but little.
        let connecting = connect(&self.inner.client, &self.inner.target, request.connect_timeout, progress);
        let connection = Box::pin(connecting).await?;
        if let Connected::Shared(shared) = &connection {
            let needs_sweeper = self.kept().put_shared(shared.clone());
            self.start_sweeper_if(needs_sweeper);
        }
        let answer = self.exchange(connection, request, forms, progress).await?;
        Ok(Answer { resent, ..answer })
    }

    fn take(&self) -> Option<Connected> {
        self.kept().take(self.inner.limits)
    }

    /// Sends a request over a connection and keeps the connection if it can carry another.
    async fn exchange(
        &self,
        connection: Connected,
        request: &OutboundRequest,
        forms: &Forms,
        progress: &Progress,
    ) -> Result<Answer, Lost> {
        match connection {
            Connected::Direct(mut direct) => {
                let wire_request = wire_request(request, &forms.origin, Some(&self.inner.target.host_header));
                let answer = direct.exchange(wire_request, request.reading(), progress).await?;
                if !answer.truncated && direct.is_usable() {
                    let needs_sweeper = self.kept().put_direct(direct, self.inner.limits);
                    self.start_sweeper_if(needs_sweeper);
                }
                Ok(answer)
            }
            Connected::Shared(mut shared) => {
                let wire_request = wire_request(request, &forms.absolute, None);
                Box::pin(shared.exchange(wire_request, request.reading(), progress)).await
            }
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.inner.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The sweeper runs while there is something to sweep. It does not keep the pool alive.
    fn start_sweeper_if(&self, needed: bool) {
        if needed {
            tokio::spawn(sweep(Arc::downgrade(&self.inner), self.inner.limits));
        }
    }
}

/// Drops old and dead connections now and then, also where no request comes by any more.
async fn sweep(pool: Weak<Inner>, limits: PoolLimits) {
    loop {
        sleep(limits.idle_for).await;
        let Some(inner) = pool.upgrade() else { return };
        if !inner.kept.lock().unwrap_or_else(PoisonError::into_inner).sweep(limits) {
            return;
        }
    }
}

/// The request as the HTTP library takes it, without the headers that are not the caller's to set.
fn wire_request(request: &OutboundRequest, uri: &Uri, host: Option<&HeaderValue>) -> Request<Full<Bytes>> {
    let mut headers = HeaderMap::with_capacity(request.headers.len() + 2);
    if let Some(host) = host {
        headers.insert(HOST, host.clone());
    }
    for (name, value) in &request.headers {
        if !is_framing_header(name) {
            headers.append(name, value.clone());
        }
    }
    let mut wire_request = Request::new(Full::new(request.body.clone()));
    *wire_request.method_mut() = request.method.clone();
    *wire_request.uri_mut() = uri.clone();
    *wire_request.headers_mut() = headers;
    wire_request
}
