//! Meta's envelope: `{object, entry: [{id, time, changes: [{field, value}]}]}`. Read in one go down to the values,
//! which stay unread, so that one that is broken stays alone.

use serde::Deserialize;
use serde_json::value::RawValue;
use tidings_domain::Timestamp;

use crate::{
    adapter::ParseError,
    lenient::{self, List, Object, Text},
};

use super::time;

/// A webhook's body.
#[derive(Debug, Deserialize)]
pub(crate) struct Envelope<'a> {
    #[serde(borrow, default)]
    object: Option<&'a RawValue>,
    #[serde(borrow, default)]
    entry: Option<Vec<Object<Entry<'a>>>>,
}

impl<'a> Envelope<'a> {
    /// Reads a body.
    pub(crate) fn read(body: &'a [u8]) -> Result<Self, ParseError> {
        let body = std::str::from_utf8(body).map_err(|error| ParseError::NotJson(error.to_string()))?;
        serde_json::from_str(body).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => ParseError::NotAnEnvelope("it has another shape"),
            _ => ParseError::NotJson(error.to_string()),
        })
    }

    /// What the webhook is about: `whatsapp_business_account`, `page`, `instagram`.
    pub(crate) fn object(&self) -> Text<'a> {
        lenient::read_field(self.object)
    }

    /// The entries.
    pub(crate) fn entries(&self) -> Result<&[Object<Entry<'a>>], ParseError> {
        self.entry.as_deref().ok_or(ParseError::NotAnEnvelope("it has no list of entries"))
    }
}

/// What one account has to say.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Entry<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    time: Option<&'a RawValue>,
    #[serde(borrow)]
    changes: List<Object<Change<'a>>>,
}

impl<'a> Entry<'a> {
    /// The account's id.
    pub(crate) fn id(&self) -> Text<'a> {
        lenient::read_field(self.id)
    }

    /// When the vendor made the entry, if it says so.
    pub(crate) fn time(&self) -> Option<Timestamp> {
        let time: Text<'_> = lenient::read_field(self.time);
        time.filled().and_then(time::moment)
    }

    /// The changes.
    pub(crate) fn changes(&self) -> &[Object<Change<'a>>] {
        self.changes.items()
    }
}

/// One change.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Change<'a> {
    #[serde(borrow)]
    field: Option<&'a RawValue>,
    /// What it says, unread.
    #[serde(borrow)]
    pub(crate) value: Option<&'a RawValue>,
}

impl<'a> Change<'a> {
    /// What it is about; empty if it does not say.
    pub(crate) fn field(&self) -> Text<'a> {
        lenient::read_field(self.field)
    }
}
