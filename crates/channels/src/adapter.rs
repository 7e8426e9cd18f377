//! What every vendor's adapter can do, and the types that it speaks in. Nothing here knows a vendor.

use serde::Serialize;
use serde_json::{Map, Value};
use tidings_domain::{
    change::Update,
    channel::{ChannelType, DeliveryReceipts, Provider, Receipts},
};

use crate::{files::Files, outbound::Outbound};

/// One vendor's way of speaking. Adapters have no state; what belongs to a channel comes in as arguments.
pub trait Adapter: Send + Sync {
    /// The type of channel that it serves.
    fn channel_type(&self) -> ChannelType;

    /// Who stands behind it.
    fn provider(&self) -> Provider;

    /// What it can know of a message after it was sent.
    fn receipts(&self) -> Receipts {
        let Capabilities { delivered, read, .. } = self.capabilities();
        Receipts { delivered, read }
    }

    /// What the channel can do, as the API shows it.
    fn capabilities(&self) -> Capabilities;

    /// Checks what an operator typed and fills in the defaults. All that is wrong is told at once. Whether an address
    /// in it may be called is for the address policy to say.
    fn configure(
        &self,
        credentials: &Map<String, Value>,
        settings: &Map<String, Value>,
    ) -> Result<Configuration, Vec<FieldError>>;

    /// Answers the vendor's request to prove that we own the webhook's address. `query` has the pairs of the query,
    /// decoded, in order.
    fn handshake(&self, query: &[(String, String)], verify_token: &str) -> Handshake;

    /// What checks the signatures of this channel's webhooks: made once, used for every request. `None` if the
    /// credentials hold nothing to check by, so that every webhook must be refused.
    fn verifier(&self, credentials: &Map<String, Value>) -> Option<Box<dyn Verifier>>;

    /// Reads a webhook's body. One item that makes no sense becomes [`News::Unknown`] and spoils nothing beside it.
    ///
    /// [`News::Unknown`]: tidings_domain::change::News::Unknown
    fn parse(&self, body: &[u8]) -> Result<Vec<Update>, ParseError>;

    /// How messages go out by it; `None` if they cannot.
    fn outbound(&self) -> Option<&'static dyn Outbound>;

    /// How the files of messages are fetched; `None` if none come in.
    fn files(&self) -> Option<&'static dyn Files>;
}

/// Looks up a request's header by its lower-case name.
pub type HeaderLookup<'lookup, 'header> = dyn Fn(&str) -> Option<&'header [u8]> + 'lookup;

/// Checks signatures with one channel's secret.
pub trait Verifier: Send + Sync {
    /// Whether the vendor signed exactly these bytes. Takes the same time wherever a wrong signature differs.
    fn verify(&self, header: &HeaderLookup<'_, '_>, body: &[u8]) -> Result<(), SignatureError>;
}

/// What a channel can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "these are the API's own fields")]
pub struct Capabilities {
    /// The kinds of content that come in.
    pub inbound: &'static [&'static str],
    /// The kinds of content that can be sent.
    pub outbound: &'static [&'static str],
    /// What it can know of delivery.
    pub delivered: DeliveryReceipts,
    /// Whether it tells that a message was read.
    pub read: bool,
    /// Whether a sent message can be edited.
    pub edit: bool,
    /// Whether a sent message can be taken back.
    pub delete: bool,
    /// Whether it can show that somebody is typing.
    pub typing: bool,
    /// For how many hours after the contact's last message free content may be sent; `None`: always.
    pub window_hours: Option<u32>,
}

/// A channel's credentials and settings, checked and complete.
#[derive(Debug, Clone, PartialEq)]
pub struct Configuration {
    /// The vendor's id of the account that updates are routed by.
    pub account: String,
    /// The vendor's id of what the account belongs to, which the vendor names in notices about all of it.
    pub group: Option<String>,
    /// The credentials, to be sealed.
    pub credentials: Map<String, Value>,
    /// The settings, with defaults.
    pub settings: Map<String, Value>,
    /// Every address among them, with the JSON pointer of its field, to be judged by the address policy.
    pub addresses: Vec<(String, String)>,
}

/// A field that cannot be taken as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// JSON pointer of the field: `/credentials/app_secret`.
    pub pointer: String,
    /// What is wrong with it, for people.
    pub detail: String,
}

/// The answer to a vendor's handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handshake {
    /// It is the vendor; this is to be sent back as plain text, to the byte.
    Challenge(String),
    /// It is a handshake, and not a good one.
    Refused(&'static str),
    /// It is none.
    NotAHandshake,
}

/// Why a signature does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// There is none.
    #[error("the signature header is missing")]
    Missing,
    /// It is not spelled as the vendor spells it.
    #[error("the signature header is malformed")]
    Malformed,
    /// It was made over other bytes or with another secret.
    #[error("the signature does not match the body")]
    Wrong,
}

/// Why nothing of a body can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// It is not JSON, or not UTF-8.
    #[error("the body is not JSON: {0}")]
    NotJson(String),
    /// It is JSON of another shape than the vendor's.
    #[error("the body is not an envelope of this vendor: {0}")]
    NotAnEnvelope(&'static str),
}
