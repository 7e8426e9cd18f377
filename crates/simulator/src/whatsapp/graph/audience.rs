//! Who is on the other side of the vendor, where somebody is: has a say in how a call is treated, is given what was taken,
//! and sees what the callback was told. Without an audience messages go nowhere, and nothing is missed.

use std::{fmt, sync::Arc, time::Duration};

use http::StatusCode;
use serde_json::Value;
use tokio::sync::oneshot;

use super::{Behaviour, Step, ladder::Sent, shared::Shared};
use crate::{ClientError, whatsapp::Customer};

/// A message that the vendor took, however it was answered.
#[derive(Debug)]
pub(crate) struct Taken {
    /// What the vendor knows of it.
    pub(crate) sent: Sent,
    /// The call that sent it.
    pub(crate) body: Value,
    /// What becomes of it at once.
    pub(crate) steps: Vec<Step>,
    /// Ends when its statuses were posted or given up; at once where there are none.
    pub(crate) told: oneshot::Receiver<()>,
}

/// One attempt at posting a webhook.
#[derive(Debug)]
pub(crate) struct Posted<'a> {
    /// What was posted.
    pub(crate) webhook: &'a Value,
    /// Where to.
    pub(crate) url: &'a str,
    /// Which attempt at this webhook it was, from 1.
    pub(crate) attempt: u32,
    /// What the callback answered.
    pub(crate) answer: Result<StatusCode, ClientError>,
    /// How long that took.
    pub(crate) duration: Duration,
}

/// Takes part in what a server does.
pub(crate) trait Audience: fmt::Debug + Send + Sync {
    /// How this call to this customer is treated, where nobody said otherwise, at this time of the vendor's clock.
    fn usual(&self, customer: &Customer, call: &Value, seconds: i64) -> Behaviour;
    /// The vendor took a message, and its statuses are under way.
    fn taken(&self, shared: &Arc<Shared>, taken: Taken);
    /// The business marks a message as read, perhaps with a typing indicator.
    fn receipt(&self, body: &Value);
    /// The callback was told something, or was not to be reached.
    fn posted(&self, posted: &Posted<'_>);
}
