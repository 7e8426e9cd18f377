//! What Meta checks before it takes a message: the parameters that every message has here, those of each type beside it.
//! Source: "Cloud API › Reference › Messages". Groups are not played.

mod content;
mod interactive;
mod template;

use serde_json::{Map, Value};

use super::error::GraphError;

type Object = Map<String, Value>;

/// What the vendor knows beside the request itself.
pub(super) struct Known<'a> {
    /// Whether there is media with this id.
    pub(super) media: &'a dyn Fn(&str) -> bool,
    /// The account's templates, or nothing where any template may be sent.
    pub(super) templates: Option<&'a [Value]>,
}

/// What a request in order asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// Send a message.
    Message(Recipient),
    /// Mark a message as read, perhaps with a typing indicator.
    ReadReceipt,
}

/// Whom a message goes to. Where both are given, the phone number is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Recipient {
    /// As the caller wrote it.
    pub(super) input: String,
    /// What it is.
    pub(super) address: Address,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Address {
    /// The digits of a phone number.
    Phone(String),
    /// A business-scoped user id.
    UserId(String),
}

const MESSAGE_TYPES: [&str; 11] = [
    "audio",
    "contacts",
    "document",
    "image",
    "interactive",
    "location",
    "reaction",
    "sticker",
    "template",
    "text",
    "video",
];

pub(super) fn check(body: &Value, known: &Known) -> Result<Wish, GraphError> {
    let body = body.as_object().ok_or_else(|| GraphError::parameter("The request body is not a JSON object."))?;
    match body.get("messaging_product") {
        Some(product) if product == "whatsapp" => {}
        Some(_) => return Err(GraphError::parameter("Param messaging_product must be one of {WHATSAPP}.")),
        None => return Err(GraphError::parameter("The parameter messaging_product is required.")),
    }
    if body.contains_key("status") {
        return receipt(body);
    }
    if body.get("recipient_type").is_some_and(|kind| kind != "individual") {
        return Err(GraphError::parameter("Param recipient_type must be one of {INDIVIDUAL}."));
    }
    let recipient = recipient(body)?;
    let kind = body.get("type").map_or(Some("text"), Value::as_str).unwrap_or_default();
    if !MESSAGE_TYPES.contains(&kind) {
        let all = MESSAGE_TYPES.map(str::to_ascii_uppercase).join(", ");
        return Err(GraphError::parameter(&format!("Param type must be one of {{{all}}} - got \"{kind}\".")));
    }
    let content = object(body, kind).or_else(|error| if kind == "contacts" { Ok(body) } else { Err(error) })?;
    content::check(kind, content, known)?;
    if let Some(tracker) = body.get("biz_opaque_callback_data") {
        limited(tracker, "biz_opaque_callback_data", 512)?;
    }
    if body.contains_key("context") {
        text(object(body, "context")?, "message_id", "context.message_id")?;
    }
    Ok(Wish::Message(recipient))
}

fn receipt(body: &Object) -> Result<Wish, GraphError> {
    if body.get("status").is_none_or(|status| status != "read") {
        return Err(GraphError::parameter("Param status must be one of {READ}."));
    }
    text(body, "message_id", "message_id")?;
    if body.get("typing_indicator").is_some_and(|indicator| indicator["type"] != "text") {
        return Err(GraphError::parameter("Param typing_indicator['type'] must be one of {TEXT}."));
    }
    Ok(Wish::ReadReceipt)
}

fn recipient(body: &Object) -> Result<Recipient, GraphError> {
    let given = |key: &str| match body.get(key) {
        None => Ok(None),
        Some(Value::String(value)) => Ok(Some(value.trim()).filter(|value| !value.is_empty())),
        Some(_) => Err(GraphError::parameter(&format!("Param {key} must be a string."))),
    };
    if let Some(input) = given("to")? {
        let digits: String = input.chars().filter(char::is_ascii_digit).collect();
        if digits.is_empty() || input.contains(|one: char| !one.is_ascii_digit() && !"+-() ".contains(one)) {
            return Err(GraphError::invalid("Parameter 'to' is not a valid phone number."));
        }
        return Ok(Recipient { input: input.to_owned(), address: Address::Phone(digits) });
    }
    match given("recipient")? {
        Some(input) if is_user_id(input) => {
            Ok(Recipient { input: input.to_owned(), address: Address::UserId(input.to_owned()) })
        }
        Some(_) => Err(GraphError::invalid("Parameter 'recipient' is not a valid business-scoped user ID.")),
        None => Err(GraphError::parameter("The parameter to is required.")),
    }
}

/// `CC.` and up to 128 letters and digits; between them stands `ENT.` in ids of a parent account.
fn is_user_id(text: &str) -> bool {
    text.split_once('.').is_some_and(|(country, rest)| {
        let rest = rest.strip_prefix("ENT.").unwrap_or(rest);
        country.len() == 2
            && country.bytes().all(|byte| byte.is_ascii_uppercase())
            && (1..=128).contains(&rest.len())
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

/// An object that must be there.
fn object<'a>(of: &'a Object, key: &str) -> Result<&'a Object, GraphError> {
    match of.get(key) {
        Some(Value::Object(object)) => Ok(object),
        Some(_) => Err(GraphError::parameter(&format!("Param {key} must be a JSON object."))),
        None => Err(GraphError::missing(format!("Parameter '{key}' is missing."))),
    }
}

/// A text that must be there and must not be empty.
fn text<'a>(of: &'a Object, key: &str, path: &str) -> Result<&'a str, GraphError> {
    match of.get(key) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text),
        Some(Value::String(_)) | None => Err(GraphError::missing(format!("Parameter '{path}' is missing."))),
        Some(_) => Err(GraphError::parameter(&format!("Param {path} must be a string."))),
    }
}

/// A text that must be there, and how many characters it may have.
fn text_within<'a>(of: &'a Object, key: &str, path: &str, most: usize) -> Result<&'a str, GraphError> {
    let found = text(of, key, path)?;
    if found.chars().count() > most {
        return Err(GraphError::invalid(format!("{path} length invalid. Min length: 1, Max length: {most}")));
    }
    Ok(found)
}

/// A text that may have so many characters, in the words of the Graph API itself.
fn limited(value: &Value, path: &str, most: usize) -> Result<(), GraphError> {
    match value.as_str() {
        Some(text) if text.chars().count() <= most => Ok(()),
        Some(_) => Err(GraphError::parameter(&format!("Param {path} must be at most {most} characters long."))),
        None => Err(GraphError::parameter(&format!("Param {path} must be a string."))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The code and the details or message of the refusal, or 0 where there is none.
    fn refused(mut body: Value) -> (u32, String) {
        if body.get("messaging_product").is_none() {
            body["messaging_product"] = json!("whatsapp");
        }
        let templates = [json!({
            "name": "hello",
            "language": "en_US",
            "status": "APPROVED",
            "components": [{ "type": "BODY", "text": "Hi {{1}}, {{2}} and again {{1}}" }],
        })];
        match check(&body, &Known { media: &|id| id == "42", templates: Some(&templates) }) {
            Ok(_) => (0, String::new()),
            Err(error) => (error.code, error.details.unwrap_or(error.message)),
        }
    }

    fn code(kind: &str, content: &Value) -> u32 {
        refused(json!({ "to": "+55 11 9", "type": kind, kind: content })).0
    }

    #[test]
    fn every_message_has_a_product_a_recipient_and_a_type() {
        assert_eq!(refused(json!({ "messaging_product": "x" })).0, 100);
        assert_eq!(refused(json!({ "text": { "body": "x" } })), (100, "(#100) The parameter to is required.".into()));
        assert_eq!(refused(json!({ "to": "Ana", "text": { "body": "x" } })).0, 131_009);
        assert_eq!(refused(json!({ "recipient": "5511", "text": { "body": "x" } })).0, 131_009);
        assert_eq!(refused(json!({ "recipient": "BR.1x", "text": { "body": "x" } })).0, 0);
        assert_eq!(refused(json!({ "to": "1", "type": "letter", "letter": {} })).0, 100);
        assert_eq!(refused(json!({ "to": "1", "type": "image" })).0, 131_008);
        let long = json!({ "to": "1", "text": { "body": "x" }, "biz_opaque_callback_data": "x".repeat(513) });
        assert_eq!(refused(long).0, 100);
    }

    #[test]
    fn the_phone_number_wins() {
        let body = json!({
            "messaging_product": "whatsapp", "to": "+16505551234", "recipient": "US.1", "text": { "body": "x" },
        });
        let wish = check(&body, &Known { media: &|_| false, templates: None }).unwrap();
        let address = Address::Phone("16505551234".into());
        assert_eq!(wish, Wish::Message(Recipient { input: "+16505551234".into(), address }));
    }

    #[test]
    fn texts_and_media() {
        assert_eq!(code("text", &json!({ "body": "é".repeat(4096) })), 0);
        assert_eq!(code("text", &json!({ "body": "é".repeat(4097) })), 100);
        assert_eq!(code("text", &json!({})), 131_008);
        assert_eq!(code("image", &json!({ "id": "42", "caption": "x" })), 0);
        assert_eq!(code("image", &json!({ "id": "43" })), 131_009);
        assert_eq!(code("image", &json!({ "link": "https://example.com/a.png" })), 0);
        assert_eq!(code("image", &json!({ "link": "a.png" })), 131_009);
        assert_eq!(code("image", &json!({})), 131_008);
        assert_eq!(code("audio", &json!({ "id": "42", "caption": "x" })), 100);
        assert_eq!(code("location", &json!({ "latitude": 1.5, "longitude": "2.5" })), 0);
        assert_eq!(code("location", &json!({ "latitude": 1.5 })), 131_008);
        assert_eq!(code("reaction", &json!({ "message_id": "wamid.1", "emoji": "" })), 0);
        assert_eq!(code("reaction", &json!({ "emoji": "👍" })), 131_008);
        assert_eq!(code("contacts", &json!([{ "name": { "formatted_name": "Ana" } }])), 0);
        assert_eq!(code("contacts", &json!([])), 131_008);
    }

    #[test]
    fn buttons_and_lists() {
        let buttons = |count: usize, title: &str| {
            let button = |id| json!({ "type": "reply", "reply": { "id": format!("b{id}"), "title": title } });
            let buttons: Vec<Value> = (0..count).map(button).collect();
            json!({ "type": "button", "body": { "text": "Well?" }, "action": { "buttons": buttons } })
        };
        assert_eq!(code("interactive", &buttons(3, &"é".repeat(20))), 0);
        assert_eq!(code("interactive", &buttons(4, "x")), 131_009);
        assert_eq!(code("interactive", &buttons(0, "x")), 131_009);
        assert_eq!(code("interactive", &buttons(1, &"x".repeat(21))), 131_009);
        let list = |rows: usize| {
            let row = |id| json!({ "id": format!("r{id}"), "title": "One" });
            let rows: Vec<Value> = (0..rows).map(row).collect();
            let action = json!({ "button": "Open", "sections": [{ "title": "All", "rows": rows }] });
            json!({ "type": "list", "body": { "text": "Well?" }, "action": action })
        };
        assert_eq!(code("interactive", &list(10)), 0);
        assert_eq!(code("interactive", &list(11)), 131_009);
        assert_eq!(code("interactive", &json!({ "type": "button", "action": { "buttons": [] } })), 131_008);
        assert_eq!(code("interactive", &json!({ "type": "flow", "body": { "text": "x" }, "action": {} })), 0);
        assert_eq!(code("interactive", &json!({ "type": "dance", "body": { "text": "x" }, "action": {} })), 131_009);
    }

    #[test]
    fn templates() {
        let template = |language: &str, parameters: usize| {
            let parameters = vec![json!({ "type": "text", "text": "x" }); parameters];
            let components = json!([{ "type": "body", "parameters": parameters }]);
            json!({ "name": "hello", "language": { "code": language }, "components": components })
        };
        assert_eq!(code("template", &template("en_US", 2)), 0);
        assert_eq!(code("template", &template("pt_BR", 2)), 132_001);
        assert_eq!(code("template", &template("en_US", 3)), 132_000);
        assert_eq!(code("template", &json!({ "name": "hello" })), 131_008);
    }

    #[test]
    fn read_receipts() {
        let receipt = json!({ "status": "read", "message_id": "wamid.1", "typing_indicator": { "type": "text" } });
        assert_eq!(refused(receipt).0, 0);
        assert_eq!(refused(json!({ "status": "read" })).0, 131_008);
        assert_eq!(refused(json!({ "status": "gone", "message_id": "wamid.1" })).0, 100);
    }
}
