//! The fields of the two platforms' own samples, and those of the tables that bind us, in their order.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;
use tidings_domain::endpoint::WebhookFormat;
use tidings_webhooks::render;

use crate::samples::{self, Links};

/// An object's fields in the order in which they stand there.
struct Fields(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Fields;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

/// The names of the fields of the object at this path, separated by spaces.
fn names(body: &str, path: &[&str]) -> String {
    let fields: Fields = serde_json::from_str(body).expect("an object");
    match path {
        [] => fields.0.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(" "),
        [first, rest @ ..] => {
            let inner = fields.0.iter().find(|(name, _)| name == first).expect("a field of that name");
            names(inner.1.get(), rest)
        }
    }
}

fn body(name: &str, format: WebhookFormat) -> String {
    let (_, event) = samples::all().into_iter().find(|(sample, _)| sample == name).expect("a sample of that name");
    let body = render(&event, format, &Links).expect("a body");
    String::from_utf8(body.to_vec()).expect("UTF-8")
}

#[test]
fn lifecycle_bodies_have_the_fields_of_their_table() {
    const MESSAGE: &str = "message_id conversation_id contact_id channel_id channel_type";
    const CONVERSATION: &str = "conversation_id contact_id channel_id channel_type";
    const CHANNEL: &str = "channel_id channel_type channel_name phone_number provider status";
    const ENDPOINT: &str = "endpoint_id url reason failing_since backlog occurred_at";
    for (event, subject, rest) in [
        ("message.received", MESSAGE, " content type direction media_url media_mime_type location received_at"),
        ("message.sent", MESSAGE, " content type direction sent_by sent_by_type media_url sent_at"),
        ("message.delivered", MESSAGE, " delivered_at"),
        ("message.read", MESSAGE, " read_at"),
        ("message.failed", MESSAGE, " error_code error_message failed_at"),
        ("message.updated", MESSAGE, " change status content reactions updated_at"),
        ("conversation.created", CONVERSATION, " status assigned_to assigned_type tags created_at"),
        (
            "conversation.assigned",
            CONVERSATION,
            " assigned_to assigned_type previous_assigned_to previous_assigned_type assigned_at",
        ),
        (
            "conversation.closed",
            CONVERSATION,
            " closed_by closed_by_type resolution duration_seconds message_count closed_at",
        ),
        ("conversation.reopened", CONVERSATION, " reopened_by reopened_reason reopened_at"),
        ("conversation.updated", CONVERSATION, " changes updated_by updated_by_type updated_at"),
        (
            "contact.created",
            "contact_id",
            " name phone email avatar_url source tags custom_fields assigned_to created_at",
        ),
        ("contact.updated", "contact_id", " changes updated_by updated_by_type updated_at"),
        ("contact.merged", "contact_id", " merged_contact_id merged_by merged_by_type merged_at"),
        ("contact.deleted", "contact_id", " name phone email deleted_by deleted_by_type deleted_at"),
        ("channel.connected", CHANNEL, " connected_by connected_at"),
        ("channel.disconnected", CHANNEL, " disconnection_reason last_active_at disconnected_at"),
        ("channel.error", CHANNEL, " error_code error_message error_category affected_message_ids occurred_at"),
        ("channel.notice", "channel_id channel_type channel_name", " notice details occurred_at"),
        ("endpoint.failing", ENDPOINT, ""),
        ("endpoint.disabled", ENDPOINT, ""),
        ("endpoint.recovered", ENDPOINT, ""),
        ("endpoint.gap", ENDPOINT, " from to count"),
        ("webhook.test", "endpoint_id", " requested_by requested_at"),
    ] {
        let body = body(event, WebhookFormat::Lifecycle);
        assert_eq!(names(&body, &[]), "event event_id timestamp workspace_id data", "{event}");
        assert_eq!(names(&body, &["data"]), format!("{subject}{rest} sequence"), "{event}");
    }
}

#[test]
fn lifecycle_additions_stand_behind() {
    let image = body("message.received.image", WebhookFormat::Lifecycle);
    assert!(names(&image, &["data"]).ends_with(" received_at sequence media_id attachments"));
    let list = body("message.sent.list", WebhookFormat::Lifecycle);
    assert!(names(&list, &["data"]).ends_with(" sent_at sequence attachments header footer"));
    let flow = body("message.received.flow_reply", WebhookFormat::Lifecycle);
    assert!(names(&flow, &["data"]).ends_with(" received_at sequence attachments payload"));
}

#[test]
fn timestamp_is_the_time_of_the_step() {
    for (name, event) in samples::all() {
        let body = body(&name, WebhookFormat::Lifecycle);
        let time = event.at.rfc3339_seconds();
        assert!(body.contains(&format!("\"timestamp\":\"{time}\",\"workspace_id\"")), "{body}");
        assert!(body.contains(&format!("_at\":\"{time}\"")), "{body}");
    }
}

/// The sample of the object platform's page leaves out what it calls optional and two fields that its list requires;
/// ours has all of its fields, in its order.
#[test]
fn object_bodies_have_the_fields_of_the_sample_and_of_the_table() {
    const SAMPLE: &str = "id type sender sources status scheduledAt content forwarded reactions errors history vendorId \
                          timestamp vendorDetails isSensitive aiGenerationId metadata chat handle contact channel";
    let received = body("message.received", WebhookFormat::Object);
    assert_eq!(names(&received, &[]), "id tenantId event data");
    let data = names(&received, &["data"]);
    let in_sample: Vec<&str> =
        data.split(' ').filter(|name| SAMPLE.split_whitespace().any(|other| other == *name)).collect();
    assert_eq!(in_sample, SAMPLE.split_whitespace().collect::<Vec<_>>());
    assert_eq!(
        names(&body("message.received.reply", WebhookFormat::Object), &["data"]),
        "id createdAt updatedAt chatId channelId type sender sources status scheduledAt content forwarded replyTo \
         reactions errors history vendorId timestamp vendorDetails isSensitive aiGenerationId metadata chat handle \
         contact channel"
    );
    assert_eq!(names(&received, &["data", "content"]), "body");
    assert_eq!(names(&received, &["data", "chat"]), "id");
    assert_eq!(names(&received, &["data", "handle"]), "id type value");
    assert_eq!(names(&received, &["data", "contact"]), "id firstName lastName phoneNumber email");
    assert_eq!(names(&received, &["data", "channel"]), "id type name");
    let list = body("message.sent.list", WebhookFormat::Object);
    assert_eq!(names(&list, &["data", "content"]), "body attachments header footer");
    let reply = body("message.received.reply", WebhookFormat::Object);
    assert_eq!(names(&reply, &["data", "replyTo"]), "id vendorId sender previewType timestamp previewText");
}
