//! Meta's errors within messages and statuses (`errors[]`), in our words. It never judges what an error means.

use serde::Deserialize;
use serde_json::value::RawValue;
use tidings_domain::message::{MessageError, VendorError};

use crate::lenient::{self, Text};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wire<'a> {
    #[serde(borrow)]
    code: Text<'a>,
    #[serde(borrow)]
    title: Text<'a>,
    #[serde(borrow)]
    message: Text<'a>,
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    /// Older senders have the details here.
    #[serde(borrow)]
    details: Text<'a>,
    /// An object with `details`, or a text.
    #[serde(borrow)]
    error_data: Option<&'a RawValue>,
    #[serde(borrow)]
    fbtrace_id: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ErrorData<'a> {
    #[serde(borrow)]
    details: Text<'a>,
}

/// The errors of this field; a single one may stand there without a list around it.
pub(super) fn read(field: Option<&RawValue>) -> Vec<MessageError> {
    let Some(field) = field else { return Vec::new() };
    let items: Vec<&RawValue> = lenient::read(field).unwrap_or_else(|| vec![field]);
    items.into_iter().filter_map(lenient::read).map(|error| read_one(&error)).collect()
}

fn read_one(error: &Wire<'_>) -> MessageError {
    let data: ErrorData<'_> = lenient::read_field(error.error_data);
    let data_text: Text<'_> = lenient::read_field(error.error_data);
    let details = [data.details.filled(), data_text.filled(), error.details.filled()].into_iter().flatten().next();
    let code = error.code.filled().unwrap_or("unknown");
    let message = details.or(error.message.filled()).or(error.title.filled()).unwrap_or(code);
    MessageError {
        key: code.to_owned(),
        message: message.to_owned(),
        vendor: Some(VendorError {
            code: code.to_owned(),
            title: error.title.owned(),
            kind: error.kind.owned(),
            message: error.message.filled().or(details).map(str::to_owned),
            trace_id: error.fbtrace_id.owned(),
        }),
    }
}
