//! No bytes and no message make anything panic.

use proptest::prelude::*;
use serde_json::{Value, json};
use tidings_domain::change::Notice;

use crate::outbound::{CallAnswer, Upload};

use super::{WHATSAPP, template, with_access};

/// Valid answers to start from.
fn seeds() -> Vec<String> {
    let error = json!({
        "code": 131_056, "message": "m", "error_subcode": 463, "is_transient": true, "error_data": {"details": "d"},
    });
    let item = json!({
        "name": "a", "language": "en", "status": "APPROVED", "quality_score": {"score": "GREEN"},
        "components": [{"type": "BODY", "text": "Hello {{1}}"}],
    });
    [
        json!({"messages": [{"id": "wamid.1"}], "contacts": [{"wa_id": "49", "user_id": "DE.1"}]}),
        json!({ "error": error }),
        json!({"id": "1", "display_phone_number": "+49 1", "throughput": {"level": "STANDARD"}}),
        json!({"success": true}),
        json!({"data": [item], "paging": {"cursors": {"after": "x"}, "next": "y"}}),
    ]
    .iter()
    .map(Value::to_string)
    .collect()
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "(text|url|URL|BODY|body|header|HEADER|button|copy_code|[{}a1 é]{0,9})".prop_map(Value::from),
    ];
    let keys = "(type|text|format|url|buttons|index|sub_type|parameters|parameter_name|currency|fallback_value)";
    leaf.prop_recursive(4, 32, 5, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(keys, inner, 0..6).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn read_everything(status: u16, retry_after: Option<u64>, tries: u32, body: &[u8]) {
    let answer = CallAnswer { status, retry_after, body };
    let _ = WHATSAPP.read_answer(answer, tries);
    let _ = WHATSAPP.read_upload(answer, tries);
    let _ = WHATSAPP.read_mark_answer(answer);
    let _ = WHATSAPP.read_probe(answer);
    let _ = WHATSAPP.read_callback(answer);
    let _ = WHATSAPP.read_templates(answer);
}

proptest! {
    #[test]
    fn any_bytes(status: u16, retry_after: Option<u64>, tries: u32, bytes: Vec<u8>) {
        read_everything(status, retry_after, tries, &bytes);
    }

    #[test]
    fn any_change_of_any_byte(
        seed: prop::sample::Index, place: prop::sample::Index, byte: u8, cut: bool, status in 199_u16..600, tries: u32,
    ) {
        let seeds = seeds();
        let mut bytes = seed.get(&seeds).clone().into_bytes();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        if cut {
            bytes.truncate(place);
        }
        read_everything(status, None, tries, &bytes);
    }

    #[test]
    fn any_code(code: u32, status in 200_u16..600, tries: u32) {
        let body = json!({"error": {"code": code}}).to_string();
        read_everything(status, None, tries, body.as_bytes());
    }

    #[test]
    fn any_template_and_any_components(
        parts in proptest::collection::vec(any_json(), 0..4),
        components in proptest::collection::vec(any_json(), 0..4),
    ) {
        let template = template(Value::from(parts));
        let _ = WHATSAPP.check_template(&template, &components);
        let _ = WHATSAPP.fill_template(&template, &components);
        let _ = WHATSAPP.template_parameters(&template);
    }

    #[test]
    fn any_text_of_a_template(text in "[{} a1é]{0,20}") {
        let template = template(json!([{"type": "BODY", "text": text}]));
        let filled = WHATSAPP.fill_template(&template, &[]).unwrap_or_default();
        let plain = |text: &str| text.replace(' ', "");
        prop_assert_eq!(plain(&filled), plain(&text));
    }

    #[test]
    fn any_notice(details in any_json(), field in "(message_template_status_update|template_category_update|x)") {
        let _ = WHATSAPP.template_news(&Notice { notice: field, details, timestamp: None });
    }

    #[test]
    fn any_file(filename: String, content_type: String, bytes: Vec<u8>) {
        let file = Upload { filename: &filename, content_type: &content_type, bytes: &bytes, boundary: "cut" };
        let call = with_access(|access| WHATSAPP.upload(access, &file));
        prop_assert!(call.body.ends_with(b"\r\n--cut--\r\n"));
    }
}
