//! Channels: a connection to one account at one vendor.

use serde::{Deserialize, Serialize};

use crate::{
    id::{ChannelId, WorkspaceId},
    time::Timestamp,
};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word used in formats, API and database.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The value with this word.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.name() == name)
            }
        }
    };
}
pub(crate) use words;

words! {
    /// The kinds of channel that the API names.
    ChannelType {
        /// WhatsApp Business Cloud API.
        Whatsapp = "whatsapp",
        /// Instagram messaging.
        Instagram = "instagram",
        /// Facebook Messenger.
        Messenger = "messenger",
        /// Telegram bots.
        Telegram = "telegram",
        /// SMS.
        Sms = "sms",
        /// E-mail.
        Email = "email",
        /// The web chat widget.
        Widget = "widget",
        /// Bring your own.
        Custom = "custom",
    }
}

words! {
    /// How a channel is doing.
    ChannelStatus {
        /// Saved; nothing has come or gone yet.
        Pending = "pending",
        /// Works.
        Connected = "connected",
        /// Works, with errors in a row.
        Degraded = "degraded",
        /// The vendor refuses us.
        Disconnected = "disconnected",
    }
}

words! {
    /// Who stands behind a channel, in the lifecycle format's words.
    Provider {
        /// WhatsApp Business API.
        Waba = "waba",
        /// Meta, Instagram.
        MetaIg = "meta_ig",
        /// Meta, Facebook page.
        MetaPage = "meta_page",
        /// Telegram.
        Telegram = "telegram",
        /// Twilio.
        Twilio = "twilio",
        /// SMTP.
        Smtp = "smtp",
        /// Our own widget.
        Widget = "widget",
        /// The operator's own.
        Custom = "custom",
    }
}

words! {
    /// What a channel can know of a message's delivery.
    DeliveryReceipts {
        /// Nothing.
        None = "none",
        /// The vendor reports it.
        Confirmed = "confirmed",
        /// Only that a read message must have been delivered.
        ImpliedByRead = "implied_by_read",
    }
}

/// What a channel can know of a message after it was sent. What it cannot know is never invented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipts {
    /// Delivery.
    pub delivered: DeliveryReceipts,
    /// Whether it tells that a message was read.
    pub read: bool,
}

/// What decisions and events need to know of a channel. Credentials are not among it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// Our id.
    pub id: ChannelId,
    /// Whose it is.
    pub workspace_id: WorkspaceId,
    /// The kind of channel.
    pub channel_type: ChannelType,
    /// What the company calls it.
    pub name: String,
    /// The number that customers see, if the channel has one and the vendor told it.
    pub phone_number: Option<String>,
    /// Who stands behind it.
    pub provider: Provider,
    /// What it can know.
    pub receipts: Receipts,
    /// How it is doing.
    pub status: ChannelStatus,
    /// When it was saved.
    pub created_at: Timestamp,
}
