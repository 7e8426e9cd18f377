//! A body does not depend on whether its event comes from memory or from a store, whatever the event says.

use proptest::prelude::*;
use serde_json::Value;
use tidings_domain::{
    endpoint::WebhookFormat,
    event::{Event, EventPayload},
};
use tidings_webhooks::{render, renders};

use crate::{
    generate::message_event,
    samples::{self, Links},
};

fn stored(event: &Event) -> Event {
    let json = serde_json::to_vec(&event.payload).expect("a payload has a JSON form");
    let payload: EventPayload = serde_json::from_slice(&json).expect("and can be read back");
    Event { payload, ..event.clone() }
}

#[test]
fn samples_render_the_same_after_storage() {
    for (name, event) in samples::all() {
        for format in WebhookFormat::ALL.iter().copied() {
            assert_eq!(render(&event, format, &Links), render(&stored(&event), format, &Links), "{name}");
        }
    }
}

proptest! {
    #[test]
    fn any_message_renders_the_same_after_storage(event in message_event()) {
        let read_back = stored(&event);
        for format in WebhookFormat::ALL.iter().copied() {
            let body = render(&event, format, &Links);
            prop_assert_eq!(body.is_some(), renders(&event, format));
            prop_assert_eq!(&body, &render(&read_back, format, &Links));
            if let Some(body) = body {
                prop_assert!(serde_json::from_slice::<Value>(&body).is_ok());
            }
        }
    }
}
