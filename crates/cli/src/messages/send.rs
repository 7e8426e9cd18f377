//! `tidings messages send`: the document of a message from what was typed.

use clap::Args;
use http::Method;
use serde_json::{Value, json};

use crate::{
    client::{Failure, path},
    verb::{Desk, document, json, text},
};

/// A message to send: to whom, and exactly one content.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  tidings messages send --channel chan_… --to +5511987654321 --text 'On its way.'
  tidings messages send --channel chan_… --to +5511987654321 --template order_ready --language pt_BR
  tidings messages send --conversation conv_… --media https://example.com/map.png --caption 'The way'
  tidings messages send --channel chan_… --to +5511987654321 --content '{\"location\": {\"lat\": -23.5, \"lng\": -46.6}}'")]
pub(super) struct SendArguments {
    /// By which channel
    #[arg(long, value_name = "chan_…", required_unless_present = "conversation")]
    channel: Option<String>,
    /// To whom: a phone number with or without +, else the vendor's id of the user
    #[arg(long, value_name = "RECIPIENT", required_unless_present = "conversation")]
    to: Option<String>,
    /// Or: to the contact of this conversation, by its channel
    #[arg(long, value_name = "conv_…", conflicts_with = "to")]
    conversation: Option<String>,
    #[command(flatten)]
    content: ContentArguments,
    /// The type of the media [default: by the ending of its address]
    #[arg(long, value_name = "TYPE")]
    media_type: Option<String>,
    /// The caption of the media
    #[arg(long)]
    caption: Option<String>,
    /// The name of the file
    #[arg(long)]
    filename: Option<String>,
    #[arg(long, help = "The language of the template [default: en_US]")]
    language: Option<String>,
    /// What the template is filled with, in the vendor's shape
    #[arg(long, value_name = "JSON", value_parser = json)]
    components: Option<Value>,
    /// The message that it answers
    #[arg(long, value_name = "msg_…")]
    reply_to: Option<String>,
    /// When it is to go out, such as 2026-11-01T09:00:00Z
    #[arg(long, value_name = "TIME")]
    scheduled_at: Option<String>,
    /// Until when it may go out
    #[arg(long, value_name = "TIME")]
    expires_at: Option<String>,
    /// Your own fields, given back untouched
    #[arg(long, value_name = "JSON", value_parser = json)]
    metadata: Option<Value>,
    /// With the same key the same message is sent once, however often it is asked for
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
}

/// What is sent.
#[derive(Debug, Clone, Args)]
#[group(required = true, multiple = false)]
struct ContentArguments {
    /// A text
    #[arg(long)]
    text: Option<String>,
    /// A template, by its name
    #[arg(long, value_name = "NAME")]
    template: Option<String>,
    /// A file, by its address or by the id of an upload
    #[arg(long, value_name = "URL or med_…")]
    media: Option<String>,
    /// Any other content, as the API takes it
    #[arg(long, value_name = "JSON", value_parser = json)]
    content: Option<Value>,
}

/// Sends it.
pub(super) async fn send(desk: &Desk, mut arguments: SendArguments) -> anyhow::Result<()> {
    let key = arguments.idempotency_key.take();
    let headers: Vec<_> = key.as_deref().map(|key| ("idempotency-key", key)).into_iter().collect();
    let message = message(arguments)?;
    let answer = desk.client.call_with(Method::POST, &path(&["messages"]), Some(&message), &headers).await?;
    desk.output.answer(&answer, |answer| {
        let (id, status) = (text(&answer.json, "/id"), text(&answer.json, "/status"));
        format!("{id} is {status}.\nWhat becomes of it: tidings messages trace {id}")
    })
}

fn message(arguments: SendArguments) -> Result<Value, Failure> {
    has_what_it_adds_to(&arguments)?;
    let given = |text: Option<String>| text.map(Value::from);
    let ContentArguments { text, template, media, content } = arguments.content;
    let template = template.map(|name| {
        document([
            ("name", Some(json!(name))),
            ("language", Some(json!(arguments.language.as_deref().unwrap_or("en_US")))),
            ("components", arguments.components),
        ])
    });
    let media = match media {
        None => None,
        Some(media) => {
            let kind = arguments.media_type.as_deref().or_else(|| media_type(&media)).ok_or_else(|| {
                Failure::Usage("--media: its ending does not tell what it is; say --media-type image, say".to_owned())
            })?;
            let place = if media.starts_with("med_") { "media_id" } else { "url" };
            Some(document([
                ("type", Some(json!(kind))),
                (place, Some(json!(media))),
                ("caption", given(arguments.caption)),
                ("filename", given(arguments.filename)),
            ]))
        }
    };
    let mut message = document([
        ("channel_id", given(arguments.channel)),
        ("to", given(arguments.to)),
        ("conversation_id", given(arguments.conversation)),
        ("text", given(text)),
        ("template", template),
        ("media", media),
        ("reply_to", given(arguments.reply_to)),
        ("scheduled_at", given(arguments.scheduled_at)),
        ("expires_at", given(arguments.expires_at)),
        ("metadata", arguments.metadata),
    ]);
    match (content, message.as_object_mut()) {
        (Some(Value::Object(content)), Some(message)) => message.extend(content),
        (Some(_), _) => {
            return Err(Failure::Usage("--content: expected an object such as {\"location\": …}".to_owned()));
        }
        _ => {}
    }
    Ok(message)
}

/// What belongs to one content must not stand beside another.
fn has_what_it_adds_to(arguments: &SendArguments) -> Result<(), Failure> {
    let (media, template) = (arguments.content.media.is_some(), arguments.content.template.is_some());
    let additions = [
        ("--media-type", arguments.media_type.is_some(), "--media", media),
        ("--caption", arguments.caption.is_some(), "--media", media),
        ("--filename", arguments.filename.is_some(), "--media", media),
        ("--language", arguments.language.is_some(), "--template", template),
        ("--components", arguments.components.is_some(), "--template", template),
    ];
    match additions.into_iter().find(|(_, is_given, _, has_it)| *is_given && !has_it) {
        Some((addition, _, content, _)) => Err(Failure::Usage(format!("{addition} belongs to {content}"))),
        None => Ok(()),
    }
}

/// What a file is by the ending of its address.
fn media_type(address: &str) -> Option<&'static str> {
    let path = address.split(['?', '#']).next()?;
    let (_, ending) = path.rsplit_once('.')?;
    Some(match &*ending.to_ascii_lowercase() {
        "jpg" | "jpeg" | "png" => "image",
        "mp4" | "3gp" => "video",
        "mp3" | "ogg" | "aac" | "amr" | "m4a" | "opus" => "audio",
        "webp" => "sticker",
        "pdf" | "doc" | "docx" | "xls" | "xlsx" | "ppt" | "pptx" | "txt" | "csv" => "document",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Command {
        #[command(flatten)]
        send: SendArguments,
    }

    fn typed(line: &[&str]) -> Result<Value, String> {
        let line = [&["send", "--channel", "chan_1", "--to", "+1"], line].concat();
        let command = Command::try_parse_from(line).map_err(|error| error.to_string())?;
        message(command.send).map_err(|failure| failure.to_string())
    }

    #[test]
    fn what_is_typed_becomes_a_message() {
        for (line, content) in [
            (&["--text", "Hi"][..], json!({ "text": "Hi" })),
            (
                &["--template", "ready", "--language", "pt_BR", "--components", "[]"],
                json!({ "template": { "name": "ready", "language": "pt_BR", "components": [] } }),
            ),
            (
                &["--media", "https://a/b.PNG?c=d.pdf", "--caption", "C"],
                json!({ "media": { "type": "image", "url": "https://a/b.PNG?c=d.pdf", "caption": "C" } }),
            ),
            (
                &["--media", "med_1", "--media-type", "audio"],
                json!({ "media": { "type": "audio", "media_id": "med_1" } }),
            ),
            (&["--content", r#"{"reaction": {"emoji": null}}"#], json!({ "reaction": { "emoji": null } })),
        ] {
            let mut expected = json!({ "channel_id": "chan_1", "to": "+1" });
            expected.as_object_mut().unwrap().extend(content.as_object().unwrap().clone());
            assert_eq!(typed(line), Ok(expected), "{line:?}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_named() {
        for (line, word) in [
            (&[][..], "--text"),
            (&["--text", "a", "--media", "b"], "--media"),
            (&["--text", "a", "--caption", "b"], "--media"),
            (&["--media", "med_1"], "--media-type"),
            (&["--content", "[]"], "--content"),
            (&["--content", "{"], "no JSON"),
        ] {
            let refused = typed(line).unwrap_err();
            assert!(refused.contains(word), "{line:?}: {refused}");
        }
    }
}
