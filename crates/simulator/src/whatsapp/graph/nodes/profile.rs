//! The business profile of the number: what customers read of the business. Source: "Cloud API › Reference › Business
//! profiles".

use serde_json::{Map, Value, json};

use super::fields::only;
use crate::whatsapp::graph::error::GraphError;

const VERTICALS: [&str; 19] = [
    "OTHER",
    "AUTO",
    "BEAUTY",
    "APPAREL",
    "EDU",
    "ENTERTAIN",
    "EVENT_PLAN",
    "FINANCE",
    "GROCERY",
    "GOVT",
    "HOTEL",
    "HEALTH",
    "NONPROFIT",
    "PROF_SERVICES",
    "RETAIL",
    "TRAVEL",
    "RESTAURANT",
    "ALCOHOL",
    "NOT_A_BIZ",
];

/// The texts that may be set, and how long each may be.
const TEXTS: [(&str, usize); 5] =
    [("about", 139), ("address", 256), ("description", 512), ("email", 128), ("profile_picture_handle", 4096)];

/// What was set.
#[derive(Debug)]
pub(crate) struct Profile(Map<String, Value>);

impl Default for Profile {
    /// Nothing but the vertical that a number has until another is set.
    fn default() -> Profile {
        Profile(Map::from_iter([("vertical".to_owned(), json!("OTHER"))]))
    }
}

impl Profile {
    /// The answer to a question for these fields; without a wish, for all that are set.
    pub(crate) fn answer(&self, fields: Option<&str>) -> Value {
        let mut profile = self.0.clone();
        profile.insert("messaging_product".to_owned(), json!("whatsapp"));
        let profile = Value::Object(profile);
        let chosen = fields.map_or_else(|| profile.clone(), |fields| only(&profile, fields));
        json!({ "data": [chosen] })
    }

    /// Changes what is given and leaves the rest.
    pub(crate) fn update(&mut self, change: &Value) -> Result<Value, GraphError> {
        let change =
            change.as_object().ok_or_else(|| GraphError::parameter("The request body is not a JSON object."))?;
        if change.get("messaging_product").is_none_or(|product| product != "whatsapp") {
            return Err(GraphError::parameter("The parameter messaging_product is required."));
        }
        for (name, value) in change {
            check(name, value)?;
        }
        let changed = change.iter().filter(|(name, _)| *name != "messaging_product");
        self.0.extend(changed.map(|(name, value)| (name.clone(), value.clone())));
        Ok(json!({ "success": true }))
    }
}

fn check(name: &str, value: &Value) -> Result<(), GraphError> {
    let wrong = |told: &str| Err(GraphError::parameter(&format!("Param {name} {told}.")));
    if let Some((_, most)) = TEXTS.iter().find(|(text, _)| *text == name) {
        return match value.as_str() {
            Some(text) if text.chars().count() <= *most => Ok(()),
            _ => wrong(&format!("must be a string of at most {most} characters")),
        };
    }
    match name {
        "messaging_product" => Ok(()),
        "vertical" if VERTICALS.iter().any(|vertical| value == vertical) => Ok(()),
        "vertical" => wrong(&format!("must be one of {{{}}}", VERTICALS.join(", "))),
        "websites" if value.as_array().is_some_and(|all| all.len() <= 2 && all.iter().all(Value::is_string)) => Ok(()),
        "websites" => wrong("must be a list of at most two strings"),
        _ => wrong("is not known"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_is_set() {
        let mut profile = Profile::default();
        let change = json!({ "messaging_product": "whatsapp", "about": "Open", "websites": ["https://a.example"] });
        profile.update(&change).unwrap();
        let answer = profile.answer(Some("about,email"));
        assert_eq!(answer, json!({ "data": [{ "about": "Open" }] }));
        for wrong in [json!({ "about": "x" }), json!({ "messaging_product": "whatsapp", "vertical": "X" })] {
            assert_eq!(profile.update(&wrong).unwrap_err().code, 100);
        }
    }
}
