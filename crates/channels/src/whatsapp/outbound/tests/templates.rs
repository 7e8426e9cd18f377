//! Pages of templates and notices of them.

use serde_json::{Value, json};
use tidings_domain::{
    change::Notice,
    sending::TroubleCategory,
    template::{Template, TemplateNews},
};

use crate::outbound::{Access, CallMethod, TemplatePage};

use super::{WHATSAPP, answer, object, with_access};

#[test]
fn pages_are_asked_for_one_by_one() {
    let first = with_access(|access| WHATSAPP.templates(access, None)).unwrap();
    let path = "/v26.0/55/message_templates\
                ?fields=id,name,language,status,category,quality_score,components&limit=100";
    assert_eq!((first.method, first.path.as_str()), (CallMethod::Get, path));
    let next = with_access(|access| WHATSAPP.templates(access, Some("a b&c="))).unwrap();
    assert_eq!(next.path, format!("{path}&after=a+b%26c%3D"));
    let nothing = object(json!({"phone_number_id": "4400", "api_version": "v26.0"}));
    assert_eq!(WHATSAPP.templates(Access { credentials: &nothing, settings: &nothing }, None), None);
}

fn page(body: &Value) -> TemplatePage {
    WHATSAPP.read_templates(answer(200, body.to_string().as_bytes())).unwrap()
}

#[test]
fn a_page_is_read_and_odd_items_are_passed_over() {
    let component = json!({"type": "BODY", "text": "Hello {{1}}"});
    let good = json!({
        "id": 12, "name": "order_ready", "language": "pt_BR", "status": "APPROVED", "category": "UTILITY",
        "quality_score": {"score": "GREEN", "date": 1}, "components": [component],
    });
    let bare = json!({"name": "a", "language": "en", "status": "PENDING", "quality_score": "UNKNOWN", "components": 1});
    let found = page(&json!({"data": [good, 7, null, {"name": "b"}, [], bare]}));
    let expected = Template {
        vendor_id: Some("12".to_owned()),
        name: "order_ready".to_owned(),
        language: "pt_BR".to_owned(),
        status: "approved".to_owned(),
        category: Some("utility".to_owned()),
        quality: Some("green".to_owned()),
        components: vec![component],
    };
    assert_eq!(found.templates[0], expected);
    let [_, second] = found.templates.as_slice() else { panic!("{found:?}") };
    assert_eq!((second.status.as_str(), second.quality.as_deref()), ("pending", Some("unknown")));
    assert_eq!((second.vendor_id.as_deref(), second.components.len()), (None, 0));
}

#[test]
fn a_further_page_is_one_that_meta_names() {
    for (paging, after) in [
        (json!({"cursors": {"before": "x", "after": "y"}, "next": "https://graph.example"}), Some("y")),
        (json!({"cursors": {"before": "x", "after": "y"}}), None),
        (json!({"next": "https://graph.example"}), None),
        (json!(null), None),
        (json!("odd"), None),
    ] {
        assert_eq!(page(&json!({"data": [], "paging": paging})).after.as_deref(), after);
    }
}

#[test]
fn no_page_is_trouble() {
    for (status, body, category) in [
        (200, "{}", TroubleCategory::Provider),
        (200, r#"{"data": 1}"#, TroubleCategory::Provider),
        (503, "", TroubleCategory::Provider),
        (400, r#"{"error": {"code": 200}}"#, TroubleCategory::Auth),
        (400, r#"{"error": {"code": 80007}}"#, TroubleCategory::RateLimit),
    ] {
        let trouble = WHATSAPP.read_templates(answer(status, body.as_bytes())).unwrap_err();
        assert_eq!(trouble.category, category, "{status} {body}");
    }
}

#[test]
fn what_notices_say_of_a_template() {
    let news = |notice: &str, said: Value| {
        let mut details = json!({
            "message_template_id": 1, "message_template_name": "order_ready", "message_template_language": "pt_BR",
        });
        details.as_object_mut().unwrap().extend(object(said));
        WHATSAPP.template_news(&Notice { notice: notice.to_owned(), details, timestamp: None })
    };
    let nothing = TemplateNews {
        name: "order_ready".to_owned(),
        language: Some("pt_BR".to_owned()),
        status: None,
        category: None,
        quality: None,
        components_changed: false,
    };
    let status = TemplateNews { status: Some("paused".to_owned()), ..nothing.clone() };
    assert_eq!(news("message_template_status_update", json!({"event": "PAUSED", "reason": "NONE"})), Some(status));
    let quality = TemplateNews { quality: Some("yellow".to_owned()), ..nothing.clone() };
    let scores = json!({"previous_quality_score": "GREEN", "new_quality_score": "YELLOW"});
    assert_eq!(news("message_template_quality_update", scores), Some(quality));
    let category = TemplateNews { category: Some("marketing".to_owned()), ..nothing.clone() };
    assert_eq!(news("template_category_update", json!({"new_category": "MARKETING"})), Some(category));
    let changed = TemplateNews { components_changed: true, ..nothing.clone() };
    let parts = json!({"message_template_element": "Hello"});
    assert_eq!(news("message_template_components_update", parts), Some(changed));
    assert_eq!(news("message_template_status_update", json!({"event": null})), Some(nothing));
    assert_eq!(news("account_update", json!({"event": "X"})), None);
    assert_eq!(news("message_template_status_update", json!({"message_template_name": 7})), None);
}
