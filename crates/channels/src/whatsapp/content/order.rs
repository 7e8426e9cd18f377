//! Orders from a catalogue: a line for people, and the whole as payload.

use serde::Deserialize;
use serde_json::value::RawValue;
use tidings_domain::content::Content;

use crate::lenient::{self, Text};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Order<'a> {
    #[serde(borrow)]
    text: Text<'a>,
    #[serde(borrow)]
    product_items: Option<&'a RawValue>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Item<'a> {
    #[serde(borrow)]
    product_retailer_id: Text<'a>,
    #[serde(borrow)]
    quantity: Text<'a>,
    #[serde(borrow, rename = "item_price")]
    price: Text<'a>,
    #[serde(borrow)]
    currency: Text<'a>,
}

/// `order`.
pub(super) fn order(raw: &RawValue) -> Option<Content> {
    let order: Order<'_> = lenient::read(raw)?;
    let items: Vec<String> =
        lenient::items(order.product_items).into_iter().filter_map(|raw| Some(line(&lenient::read(raw)?))).collect();
    let summary = if items.is_empty() { "[order]".to_owned() } else { format!("[order: {}]", items.join(", ")) };
    let text = match order.text.filled() {
        Some(text) => format!("{text}\n{summary}"),
        None => summary,
    };
    Some(Content { text: Some(text), payload: Some(lenient::value(raw)), ..Content::default() })
}

/// `2 × SODA (10 ILS)`: the price is that of one.
fn line(item: &Item<'_>) -> String {
    let quantity = item.quantity.filled().unwrap_or("1");
    let product = item.product_retailer_id.filled().unwrap_or("?");
    match (item.price.filled(), item.currency.filled()) {
        (Some(price), Some(currency)) => format!("{quantity} × {product} ({price} {currency})"),
        _ => format!("{quantity} × {product}"),
    }
}
