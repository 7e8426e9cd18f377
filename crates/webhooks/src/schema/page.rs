//! The same for people: one page of Markdown.

use std::fmt::Write;

use tidings_domain::{endpoint::WebhookFormat, event::EventKind};

use super::{
    body,
    field::{Field, Holds},
    parts_of,
};
use crate::rendered_kind;

/// When an event is told.
pub(super) fn meaning(kind: EventKind) -> &'static str {
    match kind {
        EventKind::MessageReceived => "A customer's message is durably stored.",
        EventKind::MessageSent => "The channel has accepted a message to a customer.",
        EventKind::MessageDelivered => "It has reached the customer's device.",
        EventKind::MessageRead => "The customer has seen it.",
        EventKind::MessageFailed => "It failed for good: refused by us or by the channel, or reported failed later.",
        EventKind::MessageUpdated => "Anything else about a message has changed.",
        EventKind::ConversationCreated => "A conversation has begun.",
        EventKind::ConversationAssigned => "It is assigned to somebody else.",
        EventKind::ConversationUpdated => "Its tags or its metadata have changed.",
        EventKind::ConversationClosed => "It was closed.",
        EventKind::ConversationReopened => "It goes on.",
        EventKind::ContactCreated => "A contact is new.",
        EventKind::ContactUpdated => "Something about a contact has changed.",
        EventKind::ContactDeleted => "A contact was erased.",
        EventKind::ContactMerged => "Two contacts have become one.",
        EventKind::ChannelConnected => "A channel works, for the first time or again.",
        EventKind::ChannelDisconnected => "The vendor refuses a channel: messages wait until it is mended.",
        EventKind::ChannelError => "A channel's sends fail in a row, for a reason that is the channel's.",
        EventKind::ChannelNotice => {
            "The vendor says something about the account, the number, a template or its policy."
        }
        EventKind::AgentHandoffStarted => "Reserved: an AI agent asks for a person.",
        EventKind::AgentHandoffCompleted => "Reserved: a person has taken over.",
        EventKind::AgentTransferred => "Reserved: from one person to another.",
        EventKind::EndpointFailing => "Another endpoint has been down for half of the time after which it is disabled.",
        EventKind::EndpointDisabled => "Another endpoint was disabled.",
        EventKind::EndpointRecovered => "Another endpoint takes what it is sent again.",
        EventKind::EndpointGap => "What another endpoint had still to be sent was deleted for its age.",
        EventKind::WebhookTest => "Somebody asked for a test of the endpoint. It stands in no log.",
    }
}

/// Every event in both formats, field by field.
pub fn reference() -> String {
    let mut page = String::from(
        "# Events, field by field\n\n\
         What stands in the body of every webhook, in both formats. This page is generated; the same as JSON Schema is \
         answered by every server at `/schemas/{format}/{event}.json`, as `/schemas/lifecycle/message.received.json`.\n\n\
         In the column *holds*, `?` behind the kind says that it may be null, and *optional* that the field is left out \
         where there is nothing to say. Fields are only ever added: a receiver ignores those that it does not know.\n",
    );
    for format in WebhookFormat::ALL.iter().copied() {
        let about = match format {
            WebhookFormat::Lifecycle => {
                "One event for each step; flat fields in `snake_case`, prefixed ids, times in whole seconds."
            }
            WebhookFormat::Object => {
                "The object concerned, as it is after the change; `camelCase`, UUIDs, times in milliseconds. What comes after a \
                 message's birth is told by `message.updated`."
            }
        };
        put(&mut page, format_args!("\n## The {} format\n\n{about}\n", format.name()));
        let kinds = EventKind::ALL.iter().copied().filter(|kind| rendered_kind(*kind, format) == *kind);
        for kind in kinds.filter(|kind| !kind.name().starts_with("agent.")) {
            put(&mut page, format_args!("\n### `{}` ({})\n\n{}\n\n", kind.name(), format.name(), meaning(kind)));
            table(&mut page, &body(kind, format));
        }
        put(
            &mut page,
            format_args!("\n### Attachments ({})\n\nThe parts of a message, told apart by `type`.\n", format.name()),
        );
        for (word, fields) in parts_of(format) {
            put(&mut page, format_args!("\n#### `{word}` ({})\n\n", format.name()));
            table(&mut page, &fields);
        }
    }
    page.push_str("\n## Reserved\n\n`agent.handoff_started`, `agent.handoff_completed` and `agent.transferred` are not told yet.\n");
    page
}

fn put(page: &mut String, text: std::fmt::Arguments<'_>) {
    page.write_fmt(text).expect("a string takes everything");
}

fn table(page: &mut String, fields: &[Field]) {
    page.push_str("| field | holds | what it is |\n|---|---|---|\n");
    rows(page, "", fields);
}

/// A row for each field, and below it those of what it holds.
fn rows(page: &mut String, above: &str, fields: &[Field]) {
    for field in fields {
        let path = format!("{above}{}", field.name);
        let null = if field.nullable { "?" } else { "" };
        let optional = if field.optional { ", optional" } else { "" };
        put(
            page,
            format_args!(
                "| `{path}` | {}{null}{optional} | {} |\n",
                words(&field.holds),
                field.about.replace('|', "\\|")
            ),
        );
        let (inner, path) = match &field.holds {
            Holds::List(inner) => (&**inner, format!("{path}[].")),
            inner => (inner, format!("{path}.")),
        };
        match inner {
            Holds::Object(fields) => rows(page, &path, fields),
            Holds::Kinds(kinds) => {
                for (word, fields) in kinds {
                    put(page, format_args!("| `{path}type` | `{word}` | |\n"));
                    rows(page, &path, fields);
                }
            }
            _ => {}
        }
    }
}

fn words(holds: &Holds) -> String {
    match holds {
        Holds::Text => "text".to_owned(),
        Holds::Id(prefix) => format!("`{prefix}_…`"),
        Holds::Uuid => "UUID".to_owned(),
        Holds::Time => "time".to_owned(),
        Holds::Integer => "integer".to_owned(),
        Holds::Number => "number".to_owned(),
        Holds::Bool => "true or false".to_owned(),
        Holds::Words(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" "),
        Holds::Object(_) | Holds::Free | Holds::Kinds(_) => "object".to_owned(),
        Holds::List(items) => format!("list of {}", words(items)),
        Holds::Parts => "attachments, see below".to_owned(),
        Holds::Anything => "anything".to_owned(),
    }
}
