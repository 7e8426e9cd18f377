//! What happens in the demo, scene by scene, and which webhooks each scene leads to.
//!
//! Ana behaves well. Bruno's number ends on 9015: the simulator then takes what is sent to him, and says afterwards that it
//! cannot be delivered.

use serde_json::{Value, json};

/// Somebody on the other side.
pub(super) struct Customer {
    pub(super) name: &'static str,
    pub(super) phone: &'static str,
}

pub(super) const ANA: Customer = Customer { name: "Ana", phone: "+5511987654321" };
pub(super) const BRUNO: Customer = Customer { name: "Bruno", phone: "+5511987659015" };

/// What Ana does by herself: she is thankful for an answer in which this stands.
pub(super) const THANKFUL_FOR: &str = "Thursday";
pub(super) const THANKS: &str = "🙏";

/// Something that somebody does.
pub(super) enum Act {
    /// A customer, at the simulator.
    Customer(Value),
    /// The company, by the API of the gateway.
    Company(Value),
}

/// One thing that is said, and what the subscribers are told of it.
pub(super) struct Scene {
    /// Who says it.
    pub(super) speaker: &'static str,
    /// In words.
    pub(super) line: String,
    pub(super) act: Act,
    /// The events that come, in each format.
    pub(super) told: [(&'static str, &'static [&'static str]); 2],
}

/// The story on this channel.
pub(super) fn scenes(channel: &str) -> Vec<Scene> {
    let (first_news, news) = (
        [
            ("lifecycle", &["contact.created", "conversation.created", "message.received"][..]),
            ("object", &["message.received"]),
        ],
        [("lifecycle", &["message.received"][..]), ("object", &["message.received"])],
    );
    let question = "Is my order on its way?";
    let answer = format!("It is! It arrives on {THANKFUL_FOR}. May a neighbour take it?");
    let buttons = ["Yes, please", "No"];
    let caption = "This is the label";
    let [too, sorry] = ["And mine?", "Yours, too."];
    vec![
        Scene {
            speaker: ANA.name,
            line: quoted(question),
            act: Act::Customer(json!({ "customer": ANA.phone, "text": question })),
            told: first_news,
        },
        Scene {
            speaker: ANA.name,
            line: format!("a picture, {}", quoted(caption)),
            act: Act::Customer(json!({ "customer": ANA.phone, "image": { "caption": caption } })),
            told: news,
        },
        Scene {
            speaker: "You",
            line: format!("{}  [{}] [{}]", quoted(&answer), buttons[0], buttons[1]),
            act: Act::Company(json!({
                "channel_id": channel,
                "to": ANA.phone,
                "interactive": {
                    "type": "buttons",
                    "body": answer,
                    "buttons": [{ "id": "yes", "title": buttons[0] }, { "id": "no", "title": buttons[1] }],
                },
            })),
            // Delivered and read are updates of the object; and she reacts.
            told: [
                ("lifecycle", &["message.sent", "message.delivered", "message.read", "message.updated"]),
                ("object", &["message.sent", "message.updated", "message.updated", "message.updated"]),
            ],
        },
        Scene {
            speaker: ANA.name,
            line: format!("presses [{}]", buttons[0]),
            act: Act::Customer(json!({ "customer": ANA.phone, "press": {} })),
            told: news,
        },
        Scene {
            speaker: BRUNO.name,
            line: quoted(too),
            act: Act::Customer(json!({ "customer": BRUNO.phone, "text": too })),
            told: first_news,
        },
        Scene {
            speaker: "You",
            line: quoted(sorry),
            act: Act::Company(json!({ "channel_id": channel, "to": BRUNO.phone, "text": sorry })),
            told: [
                ("lifecycle", &["message.sent", "message.failed"]),
                ("object", &["message.sent", "message.updated"]),
            ],
        },
    ]
}

fn quoted(text: &str) -> String {
    format!("“{text}”")
}
