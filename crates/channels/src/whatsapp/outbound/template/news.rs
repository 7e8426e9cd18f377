//! What Meta's notices say of a template (webhook fields `message_template_status_update`,
//! `message_template_quality_update`, `template_category_update`, `message_template_components_update`).

use serde_json::Value;
use tidings_domain::{change::Notice, template::TemplateNews};

use super::places::text_of;

/// What this notice says of a template; `None` if it speaks of none. Parts that a notice brings are in a shape of
/// their own, so that they are read anew.
pub(in super::super) fn read(notice: &Notice) -> Option<TemplateNews> {
    let word = |name: &str| owned(&notice.details, name).map(|word| word.to_lowercase());
    let mut news = TemplateNews {
        name: owned(&notice.details, "message_template_name")?,
        language: owned(&notice.details, "message_template_language"),
        status: None,
        category: None,
        quality: None,
        components_changed: false,
    };
    match notice.notice.as_str() {
        "message_template_status_update" => news.status = word("event"),
        "message_template_quality_update" => news.quality = word("new_quality_score"),
        "template_category_update" => news.category = word("new_category"),
        "message_template_components_update" => news.components_changed = true,
        _ => return None,
    }
    Some(news)
}

fn owned(details: &Value, name: &str) -> Option<String> {
    Some(text_of(details, name)).filter(|text| !text.is_empty()).map(str::to_owned)
}
