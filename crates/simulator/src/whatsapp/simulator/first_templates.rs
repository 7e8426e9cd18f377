//! The templates that the account begins with. Source: "Templates": `hello_world` is there in every new account.

use serde_json::{Value, json};

pub(super) fn first_templates() -> Vec<Value> {
    vec![
        json!({
            "id": "594425479261596",
            "name": "hello_world",
            "language": "en_US",
            "category": "UTILITY",
            "status": "APPROVED",
            "parameter_format": "POSITIONAL",
            "components": [
                { "type": "HEADER", "format": "TEXT", "text": "Hello World" },
                { "type": "BODY", "text": "Welcome and congratulations!! This message shows that you can send messages." },
                { "type": "FOOTER", "text": "WhatsApp Business Platform sample message" },
            ],
        }),
        json!({
            "id": "594425479261597",
            "name": "order_ready",
            "language": "en_US",
            "category": "UTILITY",
            "status": "APPROVED",
            "parameter_format": "POSITIONAL",
            "components": [
                { "type": "BODY", "text": "Hi {{1}}, your order {{2}} is ready.",
                  "example": { "body_text": [["Ana", "A-1001"]] } },
                { "type": "BUTTONS", "buttons": [
                    { "type": "QUICK_REPLY", "text": "I am coming" },
                    { "type": "QUICK_REPLY", "text": "Not today" },
                ] },
            ],
        }),
    ]
}
