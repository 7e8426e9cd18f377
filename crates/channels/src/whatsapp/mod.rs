//! The WhatsApp Business Cloud API, as Meta hosts it.
//!
//! A webhook is walked entry by entry and change by change (`parse`); each message, status and notice is read by
//! itself, so that one that makes no sense is kept as unknown and nothing beside it is lost. What goes out is written
//! in `outbound`; what comes with a file is fetched as `files` says. Nothing here calls Meta.

mod content;
mod errors;
mod files;
mod identity;
mod message;
mod notice;
mod outbound;
mod parse;
mod preference;
mod settings;
mod status;
mod system;
#[cfg(test)]
mod tests;
mod wire;

use serde_json::{Map, Value};
use tidings_domain::{
    change::Update,
    channel::{ChannelType, DeliveryReceipts, Provider},
};

use crate::{
    adapter::{Adapter, Capabilities, Configuration, FieldError, Handshake, ParseError, Verifier},
    files::Files,
    meta::{handshake, signature::AppSecret},
    outbound::Outbound,
};

/// What comes in and what can be sent.
const CAPABILITIES: Capabilities = Capabilities {
    inbound: &[
        "text",
        "image",
        "audio",
        "video",
        "document",
        "sticker",
        "location",
        "contact",
        "button",
        "list_section",
        "referral",
        "reaction",
    ],
    outbound: &["text", "media", "template", "interactive", "location", "contacts", "reaction"],
    delivered: DeliveryReceipts::Confirmed,
    read: true,
    edit: false,
    delete: false,
    typing: true,
    window_hours: Some(24),
};

/// The adapter.
pub(crate) struct Whatsapp;

impl Adapter for Whatsapp {
    fn channel_type(&self) -> ChannelType {
        ChannelType::Whatsapp
    }

    fn provider(&self) -> Provider {
        Provider::Waba
    }

    fn capabilities(&self) -> Capabilities {
        CAPABILITIES
    }

    fn configure(
        &self,
        credentials: &Map<String, Value>,
        settings: &Map<String, Value>,
    ) -> Result<Configuration, Vec<FieldError>> {
        settings::check(credentials, settings)
    }

    fn handshake(&self, query: &[(String, String)], verify_token: &str) -> Handshake {
        handshake::answer(query, verify_token)
    }

    fn verifier(&self, credentials: &Map<String, Value>) -> Option<Box<dyn Verifier>> {
        AppSecret::from_credentials(credentials).map(|verifier| Box::new(verifier) as Box<dyn Verifier>)
    }

    fn parse(&self, body: &[u8]) -> Result<Vec<Update>, ParseError> {
        parse::parse(body)
    }

    fn outbound(&self) -> Option<&'static dyn Outbound> {
        Some(&Whatsapp)
    }

    fn files(&self) -> Option<&'static dyn Files> {
        Some(&Whatsapp)
    }
}
