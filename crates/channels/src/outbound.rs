//! How messages go out to a vendor: what it takes, the requests that it wants, and what its answers mean. Pure, as all
//! of this crate: a request is a value, and who sends it is somebody else.

use std::time::Duration;

use serde_json::{Map, Value};
use tidings_domain::{
    MessageId,
    change::Notice,
    contact::Identity,
    message::{HandleRef, MessageError},
    outgoing::Outgoing,
    sending::{SendOutcome, Trouble},
    template::{Template, TemplateNews},
};

use crate::adapter::FieldError;

/// One vendor's way of being written to.
pub trait Outbound: Send + Sync {
    /// How fast a channel with these settings may send.
    fn pace(&self, settings: &Map<String, Value>) -> Pace;

    /// Who a text in the API's `to` means, or why it can mean nobody.
    fn recipient(&self, to: &str) -> Result<Identity, String>;

    /// Checks a message against the vendor's limits: every field that is wrong, by JSON pointer into the API's request.
    fn check(&self, outgoing: &Outgoing) -> Vec<FieldError>;

    /// The request that sends a message.
    fn send(&self, access: Access<'_>, letter: &Letter<'_>) -> Call;

    /// What the vendor's answer to that means. `tries` is how often it has refused this message for the time being.
    fn read_answer(&self, answer: CallAnswer<'_>, tries: u32) -> SendOutcome;

    /// The request that shows the contact that its message was read, and, if `typing`, that somebody is writing.
    /// `None` where the vendor has no such thing.
    fn mark_read(&self, access: Access<'_>, vendor_id: &str, typing: bool) -> Option<Call>;

    /// Whether the vendor took such a request.
    fn read_mark_answer(&self, answer: CallAnswer<'_>) -> Result<(), Trouble>;

    /// The request that uploads a file, whose id then stands in [`Letter::file`].
    fn upload(&self, access: Access<'_>, file: &Upload<'_>) -> Call;

    /// The vendor's id of the uploaded file, or what the send comes to without it.
    fn read_upload(&self, answer: CallAnswer<'_>, tries: u32) -> Result<String, Box<SendOutcome>>;

    /// Whether a send failed with this error because the vendor does not have its uploaded file any more.
    fn lacks_file(&self, error: &MessageError) -> bool;

    /// The request that finds out whether the channel works.
    fn probe(&self, access: Access<'_>) -> Call;

    /// What it found.
    fn read_probe(&self, answer: CallAnswer<'_>) -> Result<Account, Trouble>;

    /// The request that finds out where the vendor posts the channel's webhooks; `None` where it does not tell.
    fn callback(&self, access: Access<'_>) -> Option<Call>;

    /// The address; `None` if there is none, or the vendor does not tell.
    fn read_callback(&self, answer: CallAnswer<'_>) -> Option<String>;

    /// The request for a page of the channel's templates; `None` if it has none, or is not told whose they are.
    fn templates(&self, access: Access<'_>, after: Option<&str>) -> Option<Call>;

    /// A page of templates.
    fn read_templates(&self, answer: CallAnswer<'_>) -> Result<TemplatePage, Trouble>;

    /// Checks what fills a template's places against the template, by JSON pointer into the API's request.
    fn check_template(&self, template: &Template, components: &[Value]) -> Vec<FieldError>;

    /// What the receiver of a filled template will read.
    fn fill_template(&self, template: &Template, components: &[Value]) -> Option<String>;

    /// Whether a template is advertising, which people can opt out of.
    fn is_marketing(&self, template: &Template) -> bool;

    /// The places of a template that are to be filled, for people: `body/1`, `body/name`, `button/0` …
    fn template_parameters(&self, template: &Template) -> Vec<String>;

    /// What a notice says of a template, if it speaks of one.
    fn template_news(&self, notice: &Notice) -> Option<TemplateNews>;
}

/// What a channel's requests are made with.
#[derive(Clone, Copy)]
pub struct Access<'a> {
    /// Its credentials.
    pub credentials: &'a Map<String, Value>,
    /// Its settings.
    pub settings: &'a Map<String, Value>,
}

/// How fast a channel may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How many messages a second, to everybody.
    pub per_second: u32,
    /// How many messages to one recipient at once.
    pub recipient_burst: u32,
    /// How long until one more may go to the same recipient, once those are spent.
    pub recipient_interval: Duration,
}

/// A message on its way out.
#[derive(Debug, Clone, Copy)]
pub struct Letter<'a> {
    /// Our id of it.
    pub message_id: MessageId,
    /// The how-manieth attempt, from 1: a retry that somebody asked for is another one.
    pub attempt: u32,
    /// To whom.
    pub to: &'a HandleRef,
    /// What it says.
    pub outgoing: &'a Outgoing,
    /// The vendor's id of the message that it answers or reacts to.
    pub reply_to: Option<&'a str>,
    /// The vendor's id of its file, if it has been uploaded.
    pub file: Option<&'a str>,
}

/// A file on its way to the vendor.
#[derive(Debug, Clone, Copy)]
pub struct Upload<'a> {
    /// What it is called.
    pub filename: &'a str,
    /// Its MIME type.
    pub content_type: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// A text that does not occur in the bytes, to lie between the parts of a form.
    pub boundary: &'a str,
}

/// The method of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallMethod {
    /// GET
    Get,
    /// POST
    Post,
}

/// A request to a vendor. It holds credentials and is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Call {
    /// The method.
    pub method: CallMethod,
    /// The path with its query, below the channel's `api_base`: `/v26.0/123/messages`.
    pub path: String,
    /// The headers, with names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Call {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Call({:?}, {} bytes)", self.method, self.body.len())
    }
}

/// What a vendor answered.
#[derive(Debug, Clone, Copy)]
pub struct CallAnswer<'a> {
    /// The HTTP status.
    pub status: u16,
    /// `Retry-After`, in seconds.
    pub retry_after: Option<u64>,
    /// The body, as far as it was read.
    pub body: &'a [u8],
}

/// What a probe found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Account {
    /// The number that customers see, `+` and digits.
    pub phone_number: Option<String>,
    /// What else the vendor tells of the account, in its own words.
    pub details: Map<String, Value>,
}

/// A page of templates.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TemplatePage {
    /// The templates.
    pub templates: Vec<Template>,
    /// How to ask for the next page, if there is one.
    pub after: Option<String>,
}
