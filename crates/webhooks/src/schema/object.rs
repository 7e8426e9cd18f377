//! What `data` holds in the object format: the object concerned, as it is after the change.

use tidings_domain::{
    channel::{ChannelStatus, ChannelType, Provider},
    contact::HandleKind,
    conversation::{ActorType, ConversationStatus},
    event::EventKind,
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
        field(
            "id",
            Holds::Uuid,
            "The event, the same over retries and replays; the header `webhook-id` spells it `evt_…`.",
        ),
        field("tenantId", Holds::Uuid, "The workspace."),
        field("event", Holds::Words(vec![kind.name()]), "What happened."),
        field("data", Holds::Object(data), "The object concerned, as it is after the change."),
    ]
}

/// The fields of `data`, in their order.
pub(super) fn data(kind: EventKind) -> Vec<Field> {
    match kind.name().split('.').next() {
        Some("message") => message(),
        Some("conversation") => conversation(kind),
        Some("contact") => contact(kind),
        Some("channel") => channel(kind),
        // Reserved.
        Some("agent") => Vec::new(),
        _ => endpoint(kind),
    }
}

fn time(name: &str, about: &'static str) -> Field {
    field(name, Holds::Time, about)
}

fn text(name: &str, about: &'static str) -> Field {
    field(name, Holds::Text, about)
}

fn uuid(name: &str, about: &'static str) -> Field {
    field(name, Holds::Uuid, about)
}

fn actors() -> Holds {
    Holds::Words(names(ActorType::ALL, ActorType::name))
}

fn channel_types() -> Holds {
    Holds::Words(names(ChannelType::ALL, ChannelType::name))
}

fn by(name: &str, kind: &str) -> [Field; 2] {
    [text(name, "Who did it, if that is known.").or_null(), field(kind, actors(), "What that is.")]
}

fn handle() -> Vec<Field> {
    vec![
        uuid("id", "The identity."),
        field("type", Holds::Words(names(HandleKind::ALL, HandleKind::name)), "What kind of identity."),
        text("value", "The identity itself; phone numbers with a leading `+`."),
    ]
}

fn message() -> Vec<Field> {
    let source = |id: &str| vec![text(id, "Its id.")];
    vec![
        uuid("id", "The message."),
        time("createdAt", "When we made it."),
        time("updatedAt", "When it changed last."),
        uuid("chatId", "The conversation."),
        uuid("channelId", "The channel."),
        field(
            "type",
            Holds::Words(vec!["message", "note", "system"]),
            "Whether it is a message to the contact at all.",
        ),
        field("sender", Holds::Words(DIRECTIONS.into()), "Which way it goes."),
        field(
            "sources",
            Holds::Kinds(vec![
                ("vendor", vec![]),
                ("campaign", source("campaignId")),
                ("automation", source("automationId")),
                ("inbox", source("userId")),
                ("api", source("apiKeyId")),
                ("ai_agent", source("aiAgentId")),
            ])
            .list_of(),
            "Where it came from.",
        ),
        field("status", Holds::Words(MESSAGE_STATUSES.into()), "How far it has come."),
        time("scheduledAt", "When it is to go out.").or_null(),
        field(
            "content",
            Holds::Object(vec![
                text("body", "The text.").optional(),
                field("attachments", Holds::Parts.list_of(), "Everything beside the text.").optional(),
                text("header", "What stands above it.").optional(),
                text("footer", "What stands below it.").optional(),
                field("payload", Holds::Anything, "What an interactive answer carries.").optional(),
            ]),
            "What it says.",
        ),
        field("forwarded", Holds::Bool, "Whether it was forwarded."),
        reply_to(),
        reactions(),
        errors(),
        history(),
        text("vendorId", "The vendor's id of it, once it is known.").optional(),
        time("timestamp", "When it was written, by the vendor's clock."),
        field("vendorDetails", Holds::Free, "What only this vendor knows.").or_null(),
        field("isSensitive", Holds::Bool, "Whether its text is kept out of the delivery log."),
        text("aiGenerationId", "What an AI made it by.").or_null(),
        field("metadata", Holds::Free, "The company's own fields, returned untouched."),
        field("chat", Holds::Object(vec![uuid("id", "The conversation.")]), "The conversation."),
        field("handle", Holds::Object(handle()), "The customer's identity on this channel."),
        field(
            "contact",
            Holds::Object(vec![
                uuid("id", "The contact."),
                text("firstName", "The name up to its first space.").or_null(),
                text("lastName", "The rest of it.").or_null(),
                text("phoneNumber", "A phone number, `+` and digits.").or_null(),
                text("email", "An e-mail address.").or_null(),
            ]),
            "The customer.",
        ),
        field(
            "channel",
            Holds::Object(vec![
                uuid("id", "The channel."),
                field("type", channel_types(), "What kind of channel."),
                text("name", "What the company calls it."),
            ]),
            "The channel.",
        ),
    ]
}

fn reply_to() -> Field {
    field(
        "replyTo",
        Holds::Object(vec![
            uuid("id", "The message, if we have it.").or_null(),
            text("vendorId", "The vendor's id of it.").optional(),
            field("sender", Holds::Words(DIRECTIONS.into()), "Who wrote it, if that is known.").or_null(),
            field("previewType", Holds::Words(CONTENT_TYPES.into()), "What it is, if that is known.").or_null(),
            time("timestamp", "When it was written, if that is known.").or_null(),
            text("previewText", "Its first words.").optional(),
        ]),
        "The message that it answers.",
    )
    .optional()
}

fn reactions() -> Field {
    field(
        "reactions",
        Holds::Object(vec![
            text("emoji", "The emoji."),
            field("sender", Holds::Words(DIRECTIONS.into()), "Whose it is: `inbound` the customer's."),
            time("timestamp", "When it was given."),
        ])
        .list_of(),
        "The reactions to it.",
    )
}

fn errors() -> Field {
    field(
        "errors",
        Holds::Object(vec![
            text("key", "Our stable word for it, or the vendor's code."),
            text("message", "What is wrong, for people."),
            field(
                "vendorError",
                Holds::Object(vec![
                    text("code", "The vendor's code."),
                    text("title", "Its title.").or_null(),
                    text("type", "Its type.").or_null(),
                    text("message", "Its words.").or_null(),
                    text("traceId", "What the vendor's support asks for.").optional(),
                ]),
                "What the vendor said.",
            )
            .optional(),
        ])
        .list_of(),
        "Why it failed, or what is wrong with it.",
    )
}

fn history() -> Field {
    field(
        "history",
        Holds::Object(vec![
            field("status", Holds::Words(MESSAGE_STATUSES.into()), "What it became."),
            time("timestamp", "When."),
        ])
        .list_of(),
        "Every step since it was made.",
    )
}

fn changes() -> Field {
    field("changes", Holds::Free, "The fields that changed, each with what it was and is: `{\"before\", \"after\"}`.")
}

fn conversation(kind: EventKind) -> Vec<Field> {
    let mut fields = vec![
        uuid("id", "The conversation."),
        time("createdAt", "When it began."),
        time("updatedAt", "When it changed last."),
        uuid("contactId", "The contact."),
        uuid("channelId", "The channel."),
        field("channelType", channel_types(), "What kind of channel."),
        field("status", Holds::Words(names(ConversationStatus::ALL, ConversationStatus::name)), "Whether it is open."),
        text("assignedTo", "To whom it is assigned, if to anybody.").or_null(),
        field("assignedType", actors(), "What that is.").or_null(),
        field("tags", Holds::Text.list_of(), "The company's own words for it."),
        field("metadata", Holds::Free, "The company's own fields."),
        field("messageCount", Holds::Integer, "How many messages it has."),
        time("lastMessageAt", "When the newest was written.").or_null(),
        time("closedAt", "When it was closed.").or_null(),
    ];
    match kind {
        EventKind::ConversationAssigned => fields.extend([
            text("previousAssignedTo", "To whom it was assigned before.").or_null(),
            field("previousAssignedType", actors(), "What that is.").or_null(),
            time("assignedAt", "When it was assigned."),
        ]),
        EventKind::ConversationUpdated => {
            fields.push(changes());
            fields.extend(by("updatedBy", "updatedByType"));
        }
        EventKind::ConversationClosed => {
            fields.extend(by("closedBy", "closedByType"));
            fields.push(text("resolution", "`resolved`, `unresolved` or `spam`, if it was said.").or_null());
            fields.push(field("durationSeconds", Holds::Integer, "How long it was open."));
        }
        EventKind::ConversationReopened => {
            fields.extend(by("reopenedBy", "reopenedByType"));
            fields.push(text("reopenedReason", "`new_message`, `manual` or `api`."));
            fields.push(time("reopenedAt", "When it went on."));
        }
        _ => {}
    }
    fields
}

fn contact(kind: EventKind) -> Vec<Field> {
    let mut fields = vec![
        uuid("id", "The contact."),
        time("createdAt", "When it was made."),
        time("updatedAt", "When it changed last."),
        text("firstName", "The name up to its first space.").or_null(),
        text("lastName", "The rest of it.").or_null(),
        text("phoneNumber", "A phone number, `+` and digits.").or_null(),
        text("email", "An e-mail address.").or_null(),
        text("avatarUrl", "A picture.").or_null(),
        text("source", "Where it came from: a channel's type, `api`, `manual` or `import`."),
        field("tags", Holds::Text.list_of(), "The company's own words for it."),
        field("customFields", Holds::Free, "The company's own fields."),
        text("assignedTo", "To whom it is assigned, if to anybody.").or_null(),
        field("handles", Holds::Object(handle()).list_of(), "Every identity of it."),
    ];
    match kind {
        EventKind::ContactUpdated => {
            fields.push(changes());
            fields.extend(by("updatedBy", "updatedByType"));
        }
        EventKind::ContactDeleted => {
            fields.extend(by("deletedBy", "deletedByType"));
            fields.push(time("deletedAt", "When it was erased."));
        }
        EventKind::ContactMerged => {
            fields.push(uuid("mergedContactId", "The contact that is no more."));
            fields.extend(by("mergedBy", "mergedByType"));
            fields.push(time("mergedAt", "When they became one."));
        }
        _ => {}
    }
    fields
}

fn channel(kind: EventKind) -> Vec<Field> {
    let mut fields = vec![
        uuid("id", "The channel."),
        field("type", channel_types(), "What kind of channel."),
        text("name", "What the company calls it."),
        text("phoneNumber", "Its phone number, if it has one.").or_null(),
        field("provider", Holds::Words(names(Provider::ALL, Provider::name)), "By whose interface."),
        field("status", Holds::Words(names(ChannelStatus::ALL, ChannelStatus::name)), "How it is."),
    ];
    match kind {
        EventKind::ChannelConnected => fields.extend([
            text("connectedBy", "Who did it, if anybody.").or_null(),
            time("connectedAt", "Since when it works."),
        ]),
        EventKind::ChannelDisconnected => fields.extend([
            field(
                "disconnectionReason",
                Holds::Words(names(DisconnectionReason::ALL, DisconnectionReason::name)),
                "Why.",
            ),
            time("lastActiveAt", "When it worked last, if ever.").or_null(),
            time("disconnectedAt", "Since when it does not."),
        ]),
        EventKind::ChannelError => fields.extend([
            text("errorCode", "The vendor's code, or our word for it."),
            text("errorMessage", "What is wrong, for people."),
            field(
                "errorCategory",
                Holds::Words(names(TroubleCategory::ALL, TroubleCategory::name)),
                "What kind of trouble.",
            ),
            field("affectedMessageIds", Holds::Text.list_of(), "The messages that it held up."),
            time("occurredAt", "When it was noticed."),
        ]),
        _ => fields.extend([
            text("notice", "What it is about, in the vendor's word."),
            field("details", Holds::Anything, "What the vendor says, in its shape."),
            time("occurredAt", "When it was said."),
        ]),
    }
    fields
}

fn endpoint(kind: EventKind) -> Vec<Field> {
    let mut fields = vec![uuid("id", "The endpoint."), text("url", "Its address.")];
    if kind == EventKind::WebhookTest {
        fields.extend([text("requestedBy", "Who asked for it."), time("requestedAt", "When it was asked for.")]);
        return fields;
    }
    fields.extend([
        text("reason", "Why, for people."),
        time("failingSince", "Since when it takes nothing.").or_null(),
        parts::backlog(),
        time("occurredAt", "When it was noticed."),
    ]);
    if kind == EventKind::EndpointGap {
        fields.extend(parts::passed_over());
    }
    fields
}
