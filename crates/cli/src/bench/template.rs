//! The message that is sent again and again: one `WhatsApp` text, built once, with places for what differs.

use bytes::Bytes;
use tidings_simulator::whatsapp::{Account, Customer, encode, text_message};

const MARKER: &str = "@marker@";
const PHONE: &str = "@phone@";
/// Brings a body to about 600 bytes.
const TEXT: &str = "Hello, I would like to know about your plans. Are you open on Saturdays? I need an offer for three people, please, by Friday. Thank you!";
/// So many different people write.
const CUSTOMERS: usize = 1000;

enum Piece {
    Fixed(String),
    Marker,
    Phone,
}

/// Bodies of about 600 bytes, each with its marker and one of a thousand customers.
pub(super) struct Template(Vec<Piece>);

impl Template {
    pub(super) fn new(account: &Account, seconds: i64) -> Template {
        let customer = Customer::with_phone("Sheena Nelson", PHONE);
        let text = format!("{MARKER} {TEXT}");
        let body = encode(&text_message(account, &customer, &format!("wamid.{MARKER}"), seconds, &text));
        let body = String::from_utf8_lossy(&body).into_owned();
        let mut pieces = Vec::new();
        for (place, between) in body.split(MARKER).enumerate() {
            if place > 0 {
                pieces.push(Piece::Marker);
            }
            for (place, fixed) in between.split(PHONE).enumerate() {
                if place > 0 {
                    pieces.push(Piece::Phone);
                }
                pieces.push(Piece::Fixed(fixed.to_owned()));
            }
        }
        Template(pieces)
    }

    pub(super) fn body(&self, message: usize, marker: &str) -> Bytes {
        let phone = format!("1650555{:04}", message % CUSTOMERS);
        let pieces = self.0.iter().map(|piece| match piece {
            Piece::Fixed(text) => text.as_str(),
            Piece::Marker => marker,
            Piece::Phone => phone.as_str(),
        });
        let mut body = String::with_capacity(640);
        body.extend(pieces);
        Bytes::from(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_webhooks_of_about_600_bytes() {
        let account = Account {
            phone_number_id: "106540352242922".into(),
            business_account_id: "102290129340398".into(),
            display_phone_number: "15550783881".into(),
            app_secret: "secret".into(),
        };
        let body = Template::new(&account, 1_776_609_000).body(1007, "~0123456789ab.0000001007");
        assert!((560..=640).contains(&body.len()), "{}", body.len());
        let webhook: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let message = &webhook["entry"][0]["changes"][0]["value"]["messages"][0];
        assert_eq!(message["id"], "wamid.~0123456789ab.0000001007");
        assert_eq!(message["from"], "16505550007");
        assert!(message["text"]["body"].as_str().unwrap().starts_with("~0123456789ab.0000001007 Hello"));
    }
}
