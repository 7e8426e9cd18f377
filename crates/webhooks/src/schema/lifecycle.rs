//! What `data` holds in the lifecycle format, event by event.

use tidings_domain::{
    channel::{ChannelStatus, ChannelType, Provider},
    conversation::{ActorType, ConversationStatus},
    event::{EventKind, MessageChange},
    sending::{DisconnectionReason, TroubleCategory},
};

use super::{
    field::{Field, Holds, field},
    parts,
    words::{CONTENT_TYPES, DIRECTIONS, MESSAGE_STATUSES, names},
};

/// The envelope around it.
pub(super) fn envelope(kind: EventKind, data: Vec<Field>) -> Vec<Field> {
    vec![
        field("event", Holds::Words(vec![kind.name()]), "What happened."),
        field(
            "event_id",
            Holds::Id("evt"),
            "The event, the same over retries, replays and formats; also the header `webhook-id`.",
        ),
        field(
            "timestamp",
            Holds::Time,
            "When it happened, in whole seconds; the same as the `*_at` of `data` that names the step.",
        ),
        field("workspace_id", Holds::Id("ws"), "Whose it is."),
        field("data", Holds::Object(data), "What it speaks of."),
    ]
}

/// The fields of `data`, in their order.
pub(super) fn data(kind: EventKind) -> Vec<Field> {
    let mut fields = own(kind);
    fields.push(field("sequence", Holds::Integer, "The event's number among those of its conversation (contact, channel, endpoint), from 1: to put them in order by."));
    if matches!(kind, EventKind::MessageReceived | EventKind::MessageSent | EventKind::MessageUpdated) {
        fields.extend(additions());
    }
    fields
}

fn own(kind: EventKind) -> Vec<Field> {
    match kind {
        EventKind::MessageReceived
        | EventKind::MessageSent
        | EventKind::MessageDelivered
        | EventKind::MessageRead
        | EventKind::MessageFailed
        | EventKind::MessageUpdated => message(kind),
        EventKind::ConversationCreated
        | EventKind::ConversationAssigned
        | EventKind::ConversationUpdated
        | EventKind::ConversationClosed
        | EventKind::ConversationReopened => conversation(kind),
        EventKind::ContactCreated
        | EventKind::ContactUpdated
        | EventKind::ContactDeleted
        | EventKind::ContactMerged => contact(kind),
        EventKind::ChannelConnected
        | EventKind::ChannelDisconnected
        | EventKind::ChannelError
        | EventKind::ChannelNotice => channel(kind),
        EventKind::AgentHandoffStarted | EventKind::AgentHandoffCompleted | EventKind::AgentTransferred => agent(kind),
        EventKind::EndpointFailing
        | EventKind::EndpointDisabled
        | EventKind::EndpointRecovered
        | EventKind::EndpointGap
        | EventKind::WebhookTest => endpoint(kind),
    }
}

fn place() -> Vec<Field> {
    vec![
        field("conversation_id", Holds::Id("conv"), "The conversation."),
        field("contact_id", Holds::Id("cont"), "The contact."),
        field("channel_id", Holds::Id("chan"), "The channel."),
        field("channel_type", Holds::Words(names(ChannelType::ALL, ChannelType::name)), "What kind of channel."),
    ]
}

fn time(name: &str, about: &'static str) -> Field {
    field(name, Holds::Time, about)
}

/// Somebody, and what he is.
fn by(name: &str, kind: &str) -> [Field; 2] {
    [
        field(name, Holds::Text, "Who did it, if that is known.").or_null(),
        field(kind, Holds::Words(names(ActorType::ALL, ActorType::name)), "What that is."),
    ]
}

fn changes() -> Field {
    field("changes", Holds::Free, "The fields that changed, each with what it was and is: `{\"before\", \"after\"}`.")
}

fn message(kind: EventKind) -> Vec<Field> {
    let content = || field("content", Holds::Text, "The text; of what has none a readable one, or null.").or_null();
    let kinds = || {
        field(
            "type",
            Holds::Words(CONTENT_TYPES.into()),
            "What it is. A kind without a word of its own is `text`, and stands whole in `attachments`.",
        )
    };
    let direction = || field("direction", Holds::Words(DIRECTIONS.into()), "Which way it goes.");
    let media_url = || field("media_url", Holds::Text, "Where the first file is, if there is one.").or_null();
    let own = match kind {
        EventKind::MessageReceived => vec![
            content(),
            kinds(),
            direction(),
            media_url(),
            field("media_mime_type", Holds::Text, "The first file's media type, if it is known.").or_null(),
            field(
                "location",
                Holds::Object(vec![
                    field("lat", Holds::Number, "Degrees to the north."),
                    field("lng", Holds::Number, "Degrees to the east."),
                    field("label", Holds::Text, "What the place is called.").or_null(),
                ]),
                "The place, if it is one.",
            )
            .or_null(),
            time("received_at", "When the customer wrote it, by the vendor's clock."),
        ],
        EventKind::MessageSent => vec![
            content(),
            kinds(),
            direction(),
            field("sent_by", Holds::Text, "Who sent it: a key, a person, an automation, an agent; null for what was typed in the vendor's own app.").or_null(),
            field("sent_by_type", Holds::Words(vec!["attendant", "api", "automation", "agent"]), "What that is."),
            media_url(),
            time("sent_at", "When the channel accepted it."),
        ],
        EventKind::MessageDelivered => vec![time("delivered_at", "When it reached the device.")],
        EventKind::MessageRead => vec![time("read_at", "When it was seen.")],
        EventKind::MessageFailed => vec![
            field("error_code", Holds::Text, "The vendor's code where it gave one, else our word for it."),
            field("error_message", Holds::Text, "Why, for people."),
            time("failed_at", "When it failed for good."),
        ],
        _ => vec![
            field("change", Holds::Words(names(MessageChange::ALL, MessageChange::name)), "What changed.").or_null(),
            field("status", Holds::Words(MESSAGE_STATUSES.into()), "How far it is now."),
            content(),
            field(
                "reactions",
                Holds::Object(vec![
                    field("emoji", Holds::Text, "The emoji."),
                    field("sender", Holds::Words(DIRECTIONS.into()), "Whose it is: `inbound` the customer's."),
                    time("timestamp", "When it was given."),
                ])
                .list_of(),
                "The reactions to it, as they are now.",
            ),
            time("updated_at", "When it changed."),
        ],
    };
    let id = field("message_id", Holds::Id("msg"), "The message.");
    [id].into_iter().chain(place()).chain(own).collect()
}

/// What only some messages have.
fn additions() -> Vec<Field> {
    vec![
        field("media_id", Holds::Id("med"), "The first file: for a link that lives longer.").optional(),
        field("attachments", Holds::Parts.list_of(), "Everything beside the text, whole.").optional(),
        field("header", Holds::Text, "What stands above the text.").optional(),
        field("footer", Holds::Text, "What stands below it.").optional(),
        field("payload", Holds::Anything, "What an interactive answer carries.").optional(),
    ]
}

fn conversation(kind: EventKind) -> Vec<Field> {
    let actors = || Holds::Words(names(ActorType::ALL, ActorType::name));
    let assigned = || {
        [
            field("assigned_to", Holds::Text, "To whom it is assigned, if to anybody.").or_null(),
            field("assigned_type", actors(), "What that is.").or_null(),
        ]
    };
    let mut fields = place();
    match kind {
        EventKind::ConversationCreated => {
            fields.push(field(
                "status",
                Holds::Words(names(ConversationStatus::ALL, ConversationStatus::name)),
                "Whether it is open.",
            ));
            fields.extend(assigned());
            fields.push(field("tags", Holds::Text.list_of(), "The company's own words for it."));
            fields.push(time("created_at", "When it began."));
        }
        EventKind::ConversationAssigned => {
            fields.extend(assigned());
            fields.push(field("previous_assigned_to", Holds::Text, "To whom it was assigned before.").or_null());
            fields.push(field("previous_assigned_type", actors(), "What that is.").or_null());
            fields.push(time("assigned_at", "When it was assigned."));
        }
        EventKind::ConversationUpdated => {
            fields.push(changes());
            fields.extend(by("updated_by", "updated_by_type"));
            fields.push(time("updated_at", "When it changed."));
        }
        EventKind::ConversationClosed => {
            fields.extend(by("closed_by", "closed_by_type"));
            fields.push(
                field("resolution", Holds::Text, "`resolved`, `unresolved` or `spam`, if it was said.").or_null(),
            );
            fields.push(field("duration_seconds", Holds::Integer, "How long it was open."));
            fields.push(field("message_count", Holds::Integer, "How many messages it has."));
            fields.push(time("closed_at", "When it was closed."));
        }
        _ => {
            fields.push(field("reopened_by", Holds::Text, "Who did it, if anybody.").or_null());
            fields.push(field("reopened_reason", Holds::Text, "`new_message`, `manual` or `api`."));
            fields.push(time("reopened_at", "When it went on."));
        }
    }
    fields
}

fn contact(kind: EventKind) -> Vec<Field> {
    let named = || {
        [
            field("name", Holds::Text, "The name, if it is known.").or_null(),
            field("phone", Holds::Text, "A phone number, `+` and digits.").or_null(),
            field("email", Holds::Text, "An e-mail address.").or_null(),
        ]
    };
    let mut fields = vec![field("contact_id", Holds::Id("cont"), "The contact.")];
    match kind {
        EventKind::ContactCreated => {
            fields.extend(named());
            fields.extend([
                field("avatar_url", Holds::Text, "A picture.").or_null(),
                field("source", Holds::Text, "Where it came from: a channel's type, `api`, `manual` or `import`."),
                field("tags", Holds::Text.list_of(), "The company's own words for it."),
                field("custom_fields", Holds::Free, "The company's own fields."),
                field("assigned_to", Holds::Text, "To whom it is assigned, if to anybody.").or_null(),
                time("created_at", "When it was made."),
            ]);
        }
        EventKind::ContactUpdated => {
            fields.push(changes());
            fields.extend(by("updated_by", "updated_by_type"));
            fields.push(time("updated_at", "When it changed."));
        }
        EventKind::ContactDeleted => {
            fields.extend(named());
            fields.extend(by("deleted_by", "deleted_by_type"));
            fields.push(time("deleted_at", "When it was erased."));
        }
        _ => {
            fields.push(field(
                "merged_contact_id",
                Holds::Id("cont"),
                "The contact that is no more: what was its is this one's.",
            ));
            fields.extend(by("merged_by", "merged_by_type"));
            fields.push(time("merged_at", "When they became one."));
        }
    }
    fields
}

fn channel(kind: EventKind) -> Vec<Field> {
    let mut fields = vec![
        field("channel_id", Holds::Id("chan"), "The channel."),
        field("channel_type", Holds::Words(names(ChannelType::ALL, ChannelType::name)), "What kind of channel."),
        field("channel_name", Holds::Text, "What the company calls it."),
    ];
    if kind == EventKind::ChannelNotice {
        fields.extend([
            field("notice", Holds::Text, "What it is about, in the vendor's word."),
            field("details", Holds::Anything, "What the vendor says, in its shape."),
            time("occurred_at", "When it was said."),
        ]);
        return fields;
    }
    fields.extend([
        field("phone_number", Holds::Text, "Its phone number, if it has one.").or_null(),
        field("provider", Holds::Words(names(Provider::ALL, Provider::name)), "By whose interface."),
        field("status", Holds::Words(names(ChannelStatus::ALL, ChannelStatus::name)), "How it is."),
    ]);
    match kind {
        EventKind::ChannelConnected => fields.extend([
            field("connected_by", Holds::Text, "Who did it, if anybody.").or_null(),
            time("connected_at", "Since when it works."),
        ]),
        EventKind::ChannelDisconnected => fields.extend([
            field(
                "disconnection_reason",
                Holds::Words(names(DisconnectionReason::ALL, DisconnectionReason::name)),
                "Why.",
            ),
            time("last_active_at", "When it worked last, if ever.").or_null(),
            time("disconnected_at", "Since when it does not."),
        ]),
        _ => fields.extend([
            field("error_code", Holds::Text, "The vendor's code, or our word for it."),
            field("error_message", Holds::Text, "What is wrong, for people."),
            field(
                "error_category",
                Holds::Words(names(TroubleCategory::ALL, TroubleCategory::name)),
                "What kind of trouble.",
            ),
            field("affected_message_ids", Holds::Text.list_of(), "The messages that it held up."),
            time("occurred_at", "When it was noticed."),
        ]),
    }
    fields
}

/// Reserved: caused by parts that do not exist yet.
fn agent(kind: EventKind) -> Vec<Field> {
    let text = |name: &str| field(name, Holds::Text, "Reserved.").or_null();
    let mut fields = place();
    match kind {
        EventKind::AgentHandoffStarted => {
            fields.extend(["agent_id", "handoff_reason", "handoff_note", "queue_id"].map(text));
            fields.push(time("started_at", "Reserved."));
        }
        EventKind::AgentHandoffCompleted => {
            fields.extend(["agent_id", "attendant_id"].map(text));
            fields.push(field("handoff_wait_seconds", Holds::Integer, "Reserved."));
            fields.push(text("handoff_note"));
            fields.push(time("completed_at", "Reserved."));
        }
        _ => {
            fields.extend(["from_attendant_id", "to_attendant_id", "transfer_reason", "transfer_note"].map(text));
            fields.push(time("transferred_at", "Reserved."));
        }
    }
    fields
}

fn endpoint(kind: EventKind) -> Vec<Field> {
    let id = field("endpoint_id", Holds::Id("ep"), "The endpoint.");
    if kind == EventKind::WebhookTest {
        return vec![
            id,
            field("requested_by", Holds::Text, "Who asked for it."),
            time("requested_at", "When it was asked for."),
        ];
    }
    let mut fields = vec![
        id,
        field("url", Holds::Text, "Its address."),
        field("reason", Holds::Text, "Why, for people."),
        time("failing_since", "Since when it takes nothing.").or_null(),
        parts::backlog(),
        time("occurred_at", "When it was noticed."),
    ];
    if kind == EventKind::EndpointGap {
        fields.extend(parts::passed_over());
    }
    fields
}
