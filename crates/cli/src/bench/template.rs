//! The message that is sent again and again, in or out: one text, built once, with places for what differs.

use bytes::Bytes;
use serde_json::json;
use tidings_simulator::whatsapp::{Account, Customer, encode, text_message};

const MARKER: &str = "@marker@";
const PHONE: &str = "@phone@";
/// Brings a body to about 600 bytes.
const TEXT: &str = "Hello, I would like to know about your plans. Are you open on Saturdays? I need an offer for three people, please, by Friday. Thank you!";
/// So many different people write, at the least.
const CUSTOMERS: usize = 1000;
/// So many messages go to one of them; a few more are let out by the vendor at once.
const MOST_TO_ONE: usize = 40;

enum Piece {
    Fixed(String),
    Marker,
    Phone,
}

/// Bodies, each with its marker and one of many customers.
pub(super) struct Template {
    pieces: Vec<Piece>,
    customers: usize,
}

/// How many customers so many messages are sent to.
pub(super) fn customers_of(messages: usize) -> usize {
    messages.div_ceil(MOST_TO_ONE).max(CUSTOMERS)
}

/// The number of a customer.
pub(super) fn phone(customer: usize) -> String {
    format!("1650555{customer:04}")
}

impl Template {
    /// Messages in: webhooks of about 600 bytes, from a thousand customers.
    pub(super) fn inward(account: &Account, seconds: i64) -> Template {
        let customer = Customer::with_phone("Sheena Nelson", PHONE);
        let text = format!("{MARKER} {TEXT}");
        let body = encode(&text_message(account, &customer, &format!("wamid.{MARKER}"), seconds, &text));
        Self::of(&String::from_utf8_lossy(&body), CUSTOMERS)
    }

    /// Messages out: what the API is asked to send by a channel, to so many customers.
    pub(super) fn outward(channel: &str, customers: usize) -> Template {
        let body = json!({ "channel_id": channel, "to": PHONE, "text": format!("{MARKER} {TEXT}") });
        Self::of(&body.to_string(), customers)
    }

    fn of(body: &str, customers: usize) -> Template {
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
        Template { pieces, customers }
    }

    pub(super) fn body(&self, message: usize, marker: &str) -> Bytes {
        let phone = phone(message % self.customers);
        let pieces = self.pieces.iter().map(|piece| match piece {
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
        let body = Template::inward(&account, 1_776_609_000).body(1007, "~0123456789ab.0000001007");
        assert!((560..=640).contains(&body.len()), "{}", body.len());
        let webhook: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let message = &webhook["entry"][0]["changes"][0]["value"]["messages"][0];
        assert_eq!(message["id"], "wamid.~0123456789ab.0000001007");
        assert_eq!(message["from"], "16505550007");
        assert!(message["text"]["body"].as_str().unwrap().starts_with("~0123456789ab.0000001007 Hello"));
    }

    #[test]
    fn messages_to_send_are_json_and_go_to_many() {
        let template = Template::outward("chan_1", customers_of(60_000));
        let body: serde_json::Value = serde_json::from_slice(&template.body(1499, "~m")).unwrap();
        assert_eq!((&body["channel_id"], &body["to"]), (&json!("chan_1"), &json!("16505551499")));
        assert!(body["text"].as_str().unwrap().starts_with("~m Hello"));
        assert_eq!(customers_of(10), 1000);
    }
}
