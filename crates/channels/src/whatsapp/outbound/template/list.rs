//! A page of the account's templates (Business Management API, "Message templates").

use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use tidings_domain::{sending::Trouble, template::Template};

use crate::{
    lenient::{self, Object, Text},
    outbound::{Access, Call, CallAnswer, TemplatePage},
};

use super::super::{graph, refusal};

/// What is asked for.
const QUERY: &str = "?fields=id,name,language,status,category,quality_score,components&limit=100";

/// The request for the page after this one; `None` without the account that the templates belong to.
pub(in super::super) fn request(access: Access<'_>, after: Option<&str>) -> Option<Call> {
    let account = graph::setting(access, "business_account_id");
    if account.is_empty() {
        return None;
    }
    let after = after.map(|cursor| format!("&after={}", graph::encoded(cursor))).unwrap_or_default();
    Some(graph::get(access, account, &format!("/message_templates{QUERY}{after}")))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Page<'a> {
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    paging: Object<Paging<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Paging<'a> {
    #[serde(borrow)]
    cursors: Object<Cursors<'a>>,
    /// The address of the next page. It has the token in it, so that only its being there is of use.
    #[serde(borrow)]
    next: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cursors<'a> {
    #[serde(borrow)]
    after: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Item<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    language: Text<'a>,
    #[serde(borrow)]
    status: Text<'a>,
    #[serde(borrow)]
    category: Text<'a>,
    /// An object with `score`, or a text.
    #[serde(borrow)]
    quality_score: Option<&'a RawValue>,
    #[serde(borrow)]
    components: Option<&'a RawValue>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Quality<'a> {
    #[serde(borrow)]
    score: Text<'a>,
}

/// The page. What is no template is passed over.
pub(in super::super) fn answer(answer: CallAnswer<'_>) -> Result<TemplatePage, Trouble> {
    let page: Option<Page<'_>> = refusal::taken(answer);
    let items = page.as_ref().and_then(|page| lenient::read::<Vec<&RawValue>>(page.data?));
    let (Some(page), Some(items)) = (page, items) else { return Err(refusal::trouble(answer)) };
    let paging = page.paging.get().filter(|paging| paging.next.filled().is_some());
    let after = paging.and_then(|paging| paging.cursors.get()?.after.owned());
    Ok(TemplatePage { templates: items.into_iter().filter_map(template).collect(), after })
}

fn template(raw: &RawValue) -> Option<Template> {
    let item: Item<'_> = lenient::object(raw)?;
    let quality: Object<Quality<'_>> = lenient::read_field(item.quality_score);
    let quality_text: Text<'_> = lenient::read_field(item.quality_score);
    let quality = quality.get().and_then(|quality| quality.score.filled()).or(quality_text.filled());
    Some(Template {
        vendor_id: item.id.owned(),
        name: item.name.owned()?,
        language: item.language.owned()?,
        status: item.status.filled()?.to_lowercase(),
        category: item.category.filled().map(str::to_lowercase),
        quality: quality.map(str::to_lowercase),
        components: match item.components.map(lenient::value) {
            Some(Value::Array(components)) => components,
            _ => Vec::new(),
        },
    })
}
