//! Uploads a file before the message that shows it (Cloud API, "Media: upload media"): a form of three parts, answered
//! with an id that Meta keeps for 30 days.

use std::time::Duration;

use serde::Deserialize;
use tidings_domain::{
    message::MessageError,
    sending::{Scope, SendOutcome},
};

use crate::{
    lenient::Text,
    outbound::{Access, Call, CallAnswer, Upload},
};

use super::{
    error_table::{Growth, Wait},
    graph, refusal,
};

/// The edge of the number that takes files.
const MEDIA: &str = "/media";
/// How long to wait after an answer that says nothing.
const AGAIN: Wait = Wait {
    first: Duration::from_secs(10),
    growth: Growth::Threefold,
    cap: Duration::from_mins(15),
    scope: Scope::Line,
    at_most: None,
};

/// The request.
pub(super) fn request(access: Access<'_>, file: &Upload<'_>) -> Call {
    let Upload { filename, content_type, bytes, boundary } = *file;
    let content_type = without_controls(content_type);
    let mut body = Vec::with_capacity(bytes.len() + 1024);
    for (name, value) in [("messaging_product", "whatsapp"), ("type", content_type.as_str())] {
        let part = format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    let head = format!(
        "--{boundary}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{}\"\r\n\
         content-type: {content_type}\r\n\r\n",
        quotable(filename)
    );
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(bytes);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    graph::post(access, MEDIA, format!("multipart/form-data; boundary={boundary}"), body)
}

/// A type comes from whoever uploaded the file and must not end its line.
fn without_controls(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).collect()
}

/// A name within quotes, as browsers spell it (WHATWG HTML, "multipart form data").
fn quotable(filename: &str) -> String {
    without_controls(filename).replace('"', "%22")
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Uploaded<'a> {
    #[serde(borrow)]
    id: Text<'a>,
}

/// The file's id at Meta, or what the send comes to without it. Nothing has gone to anybody yet, so an answer that
/// says nothing costs another try and no doubt.
pub(super) fn answer(answer: CallAnswer<'_>, tries: u32) -> Result<String, Box<SendOutcome>> {
    if let Some(id) = refusal::taken::<Uploaded<'_>>(answer).and_then(|uploaded| uploaded.id.owned()) {
        return Ok(id);
    }
    if let Some(refusal) = refusal::read(answer) {
        return Err(Box::new(refusal.outcome(answer, tries)));
    }
    let trouble = refusal::trouble(answer);
    let error = MessageError { key: trouble.code.clone(), message: trouble.message.clone(), vendor: None };
    let after = AGAIN.after(tries);
    Err(Box::new(SendOutcome::Later { error, after, scope: AGAIN.scope, trouble: Some(trouble) }))
}
