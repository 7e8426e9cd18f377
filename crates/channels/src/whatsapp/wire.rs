//! What Meta sends, field by field (Cloud API, webhook reference `messages`, `smb_message_echoes`). Every field may be
//! missing or of another type than documented; bodies stay unread until their type is known.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::lenient::{List, Object, Text};

/// `changes[].value` of the fields that carry messages and statuses.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Value<'a> {
    #[serde(borrow)]
    pub(super) metadata: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) contacts: List<&'a RawValue>,
    #[serde(borrow)]
    pub(super) messages: List<&'a RawValue>,
    #[serde(borrow)]
    pub(super) message_echoes: List<&'a RawValue>,
    #[serde(borrow)]
    pub(super) statuses: List<&'a RawValue>,
    #[serde(borrow)]
    pub(super) user_id_update: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) user_preferences: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) errors: Option<&'a RawValue>,
}

/// `value.metadata`: the business's number.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Metadata<'a> {
    #[serde(borrow)]
    pub(super) display_phone_number: Text<'a>,
    #[serde(borrow)]
    pub(super) phone_number_id: Text<'a>,
}

/// `value.contacts[]`: who the messages and statuses beside it are from or to.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Contact<'a> {
    #[serde(borrow)]
    pub(super) wa_id: Text<'a>,
    #[serde(borrow)]
    pub(super) user_id: Text<'a>,
    #[serde(borrow)]
    pub(super) profile: Object<Profile<'a>>,
}

/// `value.contacts[].profile`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Profile<'a> {
    #[serde(borrow)]
    pub(super) name: Text<'a>,
    #[serde(borrow)]
    pub(super) username: Text<'a>,
}

/// `value.messages[]`, `value.message_echoes[]` and `edit.message`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Message<'a> {
    #[serde(borrow)]
    pub(super) id: Text<'a>,
    #[serde(borrow)]
    pub(super) timestamp: Text<'a>,
    #[serde(borrow, rename = "type")]
    pub(super) kind: Text<'a>,
    #[serde(borrow)]
    pub(super) from: Text<'a>,
    #[serde(borrow)]
    pub(super) from_user_id: Text<'a>,
    #[serde(borrow)]
    pub(super) to: Text<'a>,
    #[serde(borrow)]
    pub(super) to_user_id: Text<'a>,
    #[serde(borrow)]
    pub(super) group_id: Text<'a>,
    #[serde(borrow)]
    pub(super) context: Object<Context<'a>>,
    #[serde(borrow)]
    pub(super) referral: Object<Referral<'a>>,
    #[serde(borrow)]
    pub(super) errors: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) text: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) image: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) video: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) audio: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) voice: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) document: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) sticker: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) location: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) contacts: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) interactive: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) button: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) reaction: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) order: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) system: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) edit: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) revoke: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) unsupported: Option<&'a RawValue>,
}

impl Message<'_> {
    /// What it calls itself; some senders leave the type out, and then the body that is there says it.
    pub(super) fn kind(&self) -> &str {
        if let Some(kind) = self.kind.filled() {
            return kind;
        }
        let bodies = [
            ("text", self.text),
            ("image", self.image),
            ("video", self.video),
            ("audio", self.audio),
            ("voice", self.voice),
            ("document", self.document),
            ("sticker", self.sticker),
            ("location", self.location),
            ("contacts", self.contacts),
            ("interactive", self.interactive),
            ("button", self.button),
            ("reaction", self.reaction),
            ("order", self.order),
            ("system", self.system),
            ("edit", self.edit),
            ("revoke", self.revoke),
        ];
        bodies.iter().find(|(_, body)| body.is_some()).map_or("unknown", |(kind, _)| kind)
    }
}

/// `context`: what the message answers, or that it was passed on.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Context<'a> {
    #[serde(borrow)]
    pub(super) id: Text<'a>,
    #[serde(borrow)]
    pub(super) forwarded: Text<'a>,
    #[serde(borrow)]
    pub(super) frequently_forwarded: Text<'a>,
    #[serde(borrow)]
    pub(super) referred_product: Option<&'a RawValue>,
}

/// `referral`: the advertisement that the contact came by.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Referral<'a> {
    #[serde(borrow)]
    pub(super) source_url: Text<'a>,
    #[serde(borrow)]
    pub(super) source_id: Text<'a>,
    #[serde(borrow)]
    pub(super) source_type: Text<'a>,
    #[serde(borrow)]
    pub(super) headline: Text<'a>,
    #[serde(borrow)]
    pub(super) body: Text<'a>,
    #[serde(borrow)]
    pub(super) media_type: Text<'a>,
    #[serde(borrow)]
    pub(super) image_url: Text<'a>,
    #[serde(borrow)]
    pub(super) video_url: Text<'a>,
    #[serde(borrow)]
    pub(super) thumbnail_url: Text<'a>,
    #[serde(borrow)]
    pub(super) ctwa_clid: Text<'a>,
    /// An object with `text`, or a text.
    #[serde(borrow)]
    pub(super) welcome_message: Option<&'a RawValue>,
}

/// `value.statuses[]`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Status<'a> {
    #[serde(borrow)]
    pub(super) id: Text<'a>,
    #[serde(borrow, rename = "status")]
    pub(super) word: Text<'a>,
    #[serde(borrow)]
    pub(super) timestamp: Text<'a>,
    #[serde(borrow)]
    pub(super) recipient_id: Text<'a>,
    #[serde(borrow)]
    pub(super) recipient_user_id: Text<'a>,
    #[serde(borrow)]
    pub(super) recipient_type: Text<'a>,
    #[serde(borrow)]
    pub(super) recipient_participant_id: Text<'a>,
    #[serde(borrow)]
    pub(super) recipient_participant_user_id: Text<'a>,
    #[serde(borrow)]
    pub(super) biz_opaque_callback_data: Text<'a>,
    #[serde(borrow)]
    pub(super) conversation: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) pricing: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) errors: Option<&'a RawValue>,
}
