//! Answers to what was offered: buttons pressed, rows chosen, forms filled in. The payload is what the one who offered
//! it had put behind it: a button's or row's id, a form's answers.

use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use tidings_domain::content::{Attachment, Content};

use crate::lenient::{self, Text};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Interactive<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    button_reply: Option<&'a RawValue>,
    #[serde(borrow)]
    list_reply: Option<&'a RawValue>,
    #[serde(borrow)]
    nfm_reply: Option<&'a RawValue>,
    #[serde(borrow)]
    call_permission_reply: Option<&'a RawValue>,
}

/// `interactive`. Without the object that its type names, or with a type that we do not know, it is shown as a line
/// and kept whole.
pub(super) fn reply(raw: &RawValue) -> Option<Content> {
    let wire: Interactive<'_> = lenient::read(raw)?;
    let known = [
        wire.button_reply.and_then(button_reply),
        wire.list_reply.and_then(list_reply),
        wire.nfm_reply.and_then(flow_reply),
        wire.call_permission_reply.and_then(call_permission_reply),
    ];
    Some(known.into_iter().flatten().next().unwrap_or_else(|| {
        let text = match wire.kind.filled() {
            Some(kind) => format!("[interactive message: {kind}]"),
            None => "[interactive message]".to_owned(),
        };
        Content { text: Some(text), payload: Some(lenient::value(raw)), ..Content::default() }
    }))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Choice<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    title: Text<'a>,
    #[serde(borrow)]
    description: Text<'a>,
}

fn button_reply(raw: &RawValue) -> Option<Content> {
    let choice: Choice<'_> = lenient::read(raw)?;
    Some(pressed(choice.title.filled().or(choice.id.filled())?, choice.id.get()))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Button<'a> {
    #[serde(borrow)]
    payload: Text<'a>,
    #[serde(borrow)]
    text: Text<'a>,
}

/// `button`: a quick reply of a template.
pub(super) fn button(raw: &RawValue) -> Option<Content> {
    let button: Button<'_> = lenient::read(raw)?;
    Some(pressed(button.text.filled().or(button.payload.filled())?, button.payload.get()))
}

fn pressed(text: &str, payload: Option<&str>) -> Content {
    let button = Attachment::Button {
        button_type: "quick_reply".to_owned(),
        text: text.to_owned(),
        data: None,
        payload: payload.map(str::to_owned),
    };
    Content {
        text: Some(text.to_owned()),
        attachments: vec![button],
        payload: payload.map(Value::from),
        ..Content::default()
    }
}

fn list_reply(raw: &RawValue) -> Option<Content> {
    let choice: Choice<'_> = lenient::read(raw)?;
    let text = choice.title.filled().or(choice.id.filled())?;
    let row = Attachment::ListSection {
        text: text.to_owned(),
        title: None,
        description: choice.description.owned(),
        rows: Vec::new(),
        button_text: None,
        selected_row_id: choice.id.owned(),
    };
    Some(Content {
        text: Some(text.to_owned()),
        attachments: vec![row],
        payload: choice.id.get().map(Value::from),
        ..Content::default()
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FlowReply<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    body: Text<'a>,
    /// JSON within a text, as a rule.
    #[serde(borrow)]
    response_json: Option<&'a RawValue>,
}

/// `nfm_reply`: a form's answers. They come as JSON within a text; what is no object stays the text that it is.
fn flow_reply(raw: &RawValue) -> Option<Content> {
    let flow: FlowReply<'_> = lenient::read(raw)?;
    let text = flow.body.filled().or(flow.name.filled()).unwrap_or("[form]");
    let answers = flow.response_json.map(lenient::value).map(|answers| match answers {
        Value::String(text) => serde_json::from_str(&text).ok().filter(Value::is_object).unwrap_or(Value::String(text)),
        other => other,
    });
    Some(Content { text: Some(text.to_owned()), payload: answers, ..Content::default() })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CallPermission<'a> {
    #[serde(borrow)]
    response: Text<'a>,
}

fn call_permission_reply(raw: &RawValue) -> Option<Content> {
    let permission: CallPermission<'_> = lenient::read(raw)?;
    let text = format!("[call permission: {}]", permission.response.filled().unwrap_or("unknown"));
    Some(Content { text: Some(text), payload: Some(lenient::value(raw)), ..Content::default() })
}
