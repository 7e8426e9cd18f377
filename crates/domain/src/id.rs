//! Ids: a prefix that says what is meant, and 128 time-ordered bits.
//!
//! In text an id is `<prefix>_` and 26 upper-case characters of Crockford base32, so ids sort by time and are selected
//! as one word; as a UUID (version 7) it is the same 128 bits.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

use crate::time::Timestamp;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const TEXT_LENGTH: usize = 26;

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}_ followed by 26 characters of Crockford base32")]
pub struct InvalidId {
    /// The prefix that was expected, without its underscore.
    pub expected: &'static str,
}

/// Where new ids come from: version 7 UUIDs, each greater than the one before.
pub trait IdSource: Send {
    /// The next 128 bits, time-ordered.
    fn next(&mut self, at: Timestamp) -> Uuid;
}

/// Ids from a time and a source of random bytes, strictly increasing also within a millisecond or when the clock
/// steps back.
pub struct OrderedIds<R> {
    fill: R,
    last: u128,
}

impl<R: FnMut(&mut [u8]) + Send> OrderedIds<R> {
    /// `fill` overwrites the slice that it is given with random bytes.
    pub fn new(fill: R) -> Self {
        Self { fill, last: 0 }
    }
}

impl<R: FnMut(&mut [u8]) + Send> IdSource for OrderedIds<R> {
    fn next(&mut self, at: Timestamp) -> Uuid {
        let mut random = [0; 10];
        (self.fill)(&mut random);
        let millis = u64::try_from(at.as_millis()).unwrap_or(0);
        let fresh = uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid().as_u128();
        self.last = if fresh > self.last { fresh } else { self.last + 1 };
        Uuid::from_u128(self.last)
    }
}

fn encode(bits: u128) -> [u8; TEXT_LENGTH] {
    let mut text = [b'0'; TEXT_LENGTH];
    let mut rest = bits;
    for place in text.iter_mut().rev() {
        *place = ALPHABET[(rest & 31) as usize];
        rest >>= 5;
    }
    text
}

fn decode(text: &str) -> Option<u128> {
    let bytes = text.as_bytes();
    if bytes.len() != TEXT_LENGTH || bytes[0] > b'7' {
        return None;
    }
    bytes.iter().try_fold(0_u128, |bits, byte| {
        let digit = ALPHABET.iter().position(|letter| *letter == byte.to_ascii_uppercase())?;
        Some((bits << 5) | digit as u128)
    })
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Uuid);

        impl $name {
            /// What the text begins with, without the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// The id with these 128 bits.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The same 128 bits as a UUID.
            pub const fn uuid(self) -> Uuid {
                self.0
            }

            /// The id whose 16 bytes, big-endian, these are.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// The 16 bytes, big-endian; they sort as the id does.
            pub const fn to_bytes(self) -> [u8; 16] {
                self.0.into_bytes()
            }

            /// A new id of this kind.
            pub fn next(source: &mut dyn IdSource, at: Timestamp) -> Self {
                Self(source.next(at))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                let text = encode(self.0.as_u128());
                formatter.write_str(concat!($prefix, "_"))?;
                formatter.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, formatter)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(decode)
                    .map(|bits| Self(Uuid::from_u128(bits)))
                    .ok_or(InvalidId { expected: $prefix })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    )+};
}

ids! {
    /// A tenant.
    WorkspaceId = "ws";
    /// A message, in or out.
    MessageId = "msg";
    /// A conversation with one contact on one channel.
    ConversationId = "conv";
    /// A person or organisation that the company talks with.
    ContactId = "cont";
    /// A contact's identity on a kind of channel: a phone number, a vendor's user id.
    HandleId = "hdl";
    /// A connection to one account at one vendor.
    ChannelId = "chan";
    /// A place that webhooks are sent to.
    EndpointId = "ep";
    /// Something that happened.
    EventId = "evt";
    /// A key to the API.
    KeyId = "key";
    /// A file that came or goes with a message.
    MediaId = "med";
    /// A part of a message's content.
    AttachmentId = "att";
    /// Something that goes on by itself until it has come to its end.
    JobId = "job";
    /// One try at delivering one event to one endpoint.
    AttemptId = "atm";
    /// Something that somebody changed of a workspace.
    ActId = "act";
}

impl MessageId {
    /// The id of the message's attachment number `index`. It follows from the message's own id, so that an
    /// attachment is never stored with an id of its own and yet keeps it for ever.
    pub fn attachment(self, index: usize) -> AttachmentId {
        AttachmentId(Uuid::from_u128(self.0.as_u128().wrapping_add(index as u128 + 1)))
    }

    /// The id of the file in the message's attachment number `index`.
    pub fn media(self, index: usize) -> MediaId {
        MediaId(self.attachment(index).0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn text_round_trips_and_sorts_as_the_bits(first: u128, second: u128) {
            let ids = [first, second].map(|bits| MessageId::from_uuid(Uuid::from_u128(bits)));
            for id in ids {
                prop_assert_eq!(id.to_string().parse::<MessageId>(), Ok(id));
                prop_assert_eq!(id.to_string().len(), "msg_".len() + 26);
            }
            prop_assert_eq!(ids[0].cmp(&ids[1]), ids[0].to_string().cmp(&ids[1].to_string()));
        }

        #[test]
        fn any_text_is_an_id_or_an_error(text: String) {
            let _ = text.parse::<MessageId>();
            let _ = format!("msg_{text}").parse::<MessageId>();
        }

        #[test]
        fn ids_grow_whatever_the_clock_does(times in prop::collection::vec(0_i64..5_000, 2..50)) {
            let mut source = OrderedIds::new(|bytes: &mut [u8]| bytes.fill(0xFF));
            let ids: Vec<Uuid> = times.into_iter().map(|at| source.next(Timestamp::from_millis(at))).collect();
            prop_assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }

    #[test]
    fn wrong_kinds_are_refused() {
        let conversation = ConversationId::from_uuid(Uuid::from_u128(7)).to_string();
        assert_eq!(conversation.parse::<MessageId>(), Err(InvalidId { expected: "msg" }));
        assert!("msg_80000000000000000000000000".parse::<MessageId>().is_err());
        assert!("msg_0000000000000000000000000U".parse::<MessageId>().is_err());
    }

    #[test]
    fn new_ids_are_version_seven() {
        let mut source = OrderedIds::new(|bytes: &mut [u8]| bytes.fill(9));
        let id = source.next(Timestamp::from_millis(1_700_000_000_000));
        assert_eq!(id.get_version_num(), 7);
    }
}
