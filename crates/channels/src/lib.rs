//! How each vendor speaks: bytes in, changes out.
//!
//! The story: [`adapter()`] hands out the one [`Adapter`] of a channel type. It checks what an operator typed
//! ([`Adapter::configure`]), answers the vendor's handshake ([`Adapter::handshake`]), checks a webhook's signature
//! ([`Adapter::verifier`]) and reads its body into [`tidings_domain::change::Update`]s ([`Adapter::parse`]). What goes
//! out is [`Adapter::outbound`]'s: a message becomes a [`Call`], and the vendor's answer a
//! [`tidings_domain::sending::SendOutcome`]. What comes with a file is fetched as [`Adapter::files`] says.
//! Everything here is a pure function of its arguments: no I/O, no clock, no state, and no opinion of what a change
//! leads to. A vendor is one folder and one line in [`adapter()`].

mod adapter;
mod configure;
mod dedup;
mod files;
mod lenient;
mod meta;
mod outbound;
mod whatsapp;

pub use adapter::{
    Adapter, Capabilities, Configuration, FieldError, Handshake, HeaderLookup, ParseError, SignatureError, Verifier,
};
pub use files::{Files, Location, NotLocated, sha256};
pub use outbound::{Access, Account, Call, CallAnswer, CallMethod, Letter, Outbound, Pace, TemplatePage, Upload};

use tidings_domain::channel::ChannelType;

/// The adapter of this type of channel; `None` if there is none yet.
pub fn adapter(channel_type: ChannelType) -> Option<&'static dyn Adapter> {
    match channel_type {
        ChannelType::Whatsapp => Some(&whatsapp::Whatsapp),
        ChannelType::Instagram
        | ChannelType::Messenger
        | ChannelType::Telegram
        | ChannelType::Sms
        | ChannelType::Email
        | ChannelType::Widget
        | ChannelType::Custom => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_adapter_serves_its_own_type() {
        let built: Vec<_> = ChannelType::ALL
            .iter()
            .filter_map(|channel_type| Some((*channel_type, adapter(*channel_type)?.channel_type())))
            .collect();
        assert_eq!(built, [(ChannelType::Whatsapp, ChannelType::Whatsapp)]);
    }

    #[test]
    fn capabilities_are_shown_in_the_apis_words() {
        let capabilities = adapter(ChannelType::Whatsapp).map(|adapter| json!(adapter.capabilities()));
        let capabilities = capabilities.unwrap();
        assert_eq!(capabilities["delivered"], "confirmed");
        assert_eq!(capabilities["window_hours"], 24);
        assert_eq!(capabilities["typing"], true);
        assert_eq!(
            capabilities["outbound"],
            json!(["text", "media", "template", "interactive", "location", "contacts", "reaction"])
        );
    }

    #[test]
    fn a_verifier_is_made_from_configured_credentials() {
        let whatsapp = adapter(ChannelType::Whatsapp).unwrap();
        let credentials = json!({"access_token": "token", "app_secret": "Jefe"});
        let settings = json!({"phone_number_id": "4400"});
        let configuration =
            whatsapp.configure(credentials.as_object().unwrap(), settings.as_object().unwrap()).unwrap();
        let verifier = whatsapp.verifier(&configuration.credentials).unwrap();
        // The second test case of RFC 4231.
        let signature = b"sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        let header = |name: &str| (name == "x-hub-signature-256").then_some(&signature[..]);
        assert_eq!(verifier.verify(&header, b"what do ya want for nothing?"), Ok(()));
        assert_eq!(verifier.verify(&header, b"something else"), Err(SignatureError::Wrong));
    }
}
