//! Conversations and contacts.

use serde_json::{Value, json};
use tidings_domain::{
    ContactId,
    channel::ChannelType,
    contact::{Contact, Handle, Identity},
    conversation::{ActorType, Conversation, ConversationStatus},
    event::{
        Actor, ContactDetail, ContactEvent, ConversationDetail, ConversationEvent, Event, EventKind, EventPayload,
        FieldChange, FieldChanges,
    },
};

use super::{Samples, fields};

impl Samples {
    pub(super) fn conversations(self) -> Vec<Event> {
        let closed =
            Conversation { status: ConversationStatus::Closed, closed_at: Some(self.later(60)), ..self.conversation() };
        let assigned = Conversation {
            assigned_to: Some("usr_00000000000000000000000001".to_owned()),
            assigned_type: Some(ActorType::Attendant),
            ..self.conversation()
        };
        [
            (EventKind::ConversationCreated, 0, self.conversation(), ConversationDetail::Created),
            (
                EventKind::ConversationAssigned,
                60,
                assigned,
                ConversationDetail::Assigned {
                    previous_assigned_to: Some("crm-bot-3".to_owned()),
                    previous_assigned_type: Some(ActorType::Agent),
                },
            ),
            (
                EventKind::ConversationUpdated,
                60,
                self.conversation(),
                ConversationDetail::Updated {
                    changes: changes("tags", json!([]), json!(["vip", "sales"])),
                    by: person(),
                },
            ),
            (
                EventKind::ConversationClosed,
                60,
                closed,
                ConversationDetail::Closed {
                    by: Actor::SYSTEM,
                    resolution: Some("resolved".to_owned()),
                    duration_seconds: 60,
                },
            ),
            (
                EventKind::ConversationReopened,
                60,
                self.conversation(),
                ConversationDetail::Reopened {
                    by: Actor::contact(self.contact_id()),
                    reason: "new_message".to_owned(),
                },
            ),
        ]
        .map(|(kind, seconds, conversation, detail)| {
            self.event(
                kind,
                self.later(seconds),
                EventPayload::Conversation(ConversationEvent { conversation, detail }),
            )
        })
        .into()
    }

    pub(super) fn contacts(self) -> Vec<Event> {
        [
            (EventKind::ContactCreated, 0, ContactDetail::Created),
            (
                EventKind::ContactUpdated,
                60,
                ContactDetail::Updated {
                    changes: changes("avatar_url", Value::Null, json!("https://x.example/a.png")),
                    by: person(),
                },
            ),
            (EventKind::ContactDeleted, 60, ContactDetail::Deleted { by: person() }),
            (
                EventKind::ContactMerged,
                60,
                ContactDetail::Merged { merged_contact_id: ContactId::from_uuid(self.id(8)), by: person() },
            ),
        ]
        .map(|(kind, seconds, detail)| {
            self.event(
                kind,
                self.later(seconds),
                EventPayload::Contact(ContactEvent { contact: self.contact(), detail }),
            )
        })
        .into()
    }

    fn conversation(self) -> Conversation {
        Conversation {
            id: self.conversation_id(),
            workspace_id: self.workspace_id(),
            contact_id: self.contact_id(),
            channel_id: self.channel_id(),
            channel_type: ChannelType::Whatsapp,
            status: ConversationStatus::Open,
            assigned_to: None,
            assigned_type: None,
            tags: vec!["vip".to_owned(), "sales".to_owned()],
            metadata: fields(json!({"crm_id": 12})),
            message_count: 3,
            unread_count: 0,
            sequence: 7,
            last_message_at: Some(self.moment),
            last_inbound_at: Some(self.moment),
            created_at: self.moment,
            updated_at: self.later(60),
            reopened_at: None,
            closed_at: None,
            resolution: None,
        }
    }

    fn contact(self) -> Contact {
        Contact {
            id: self.contact_id(),
            workspace_id: self.workspace_id(),
            name: Some("Ana Maria Souza".to_owned()),
            profile_name: Some("ana".to_owned()),
            username: Some("anamaria".to_owned()),
            phone: Some("+5511987654321".to_owned()),
            email: None,
            avatar_url: None,
            source: "whatsapp".to_owned(),
            tags: vec!["lead".to_owned()],
            custom_fields: fields(json!({"favourite_colour": "green", "points": 3})),
            assigned_to: None,
            handles: vec![Handle::new(self.handle_id(), Identity::phone("5511987654321"))],
            sequence: 7,
            created_at: self.moment,
            updated_at: self.later(60),
        }
    }
}

fn person() -> Actor {
    Actor { actor_type: ActorType::Attendant, id: Some("usr_00000000000000000000000001".to_owned()) }
}

fn changes(field: &str, before: Value, after: Value) -> FieldChanges {
    FieldChanges::from([(field.to_owned(), FieldChange { before, after })])
}
