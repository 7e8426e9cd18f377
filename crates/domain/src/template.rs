//! Templates: messages that a vendor has approved beforehand, with places to fill.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A template as the vendor has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Template {
    /// The vendor's id of it, if it gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor_id: Option<String>,
    /// Its name.
    pub name: String,
    /// Its language, in the vendor's spelling: `pt_BR`.
    pub language: String,
    /// Whether it may be used, in the vendor's word in lower case: `approved`, `paused`, `rejected` …
    pub status: String,
    /// What it is for, in the vendor's word in lower case: `marketing`, `utility` …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// How receivers like it, in the vendor's word in lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<String>,
    /// Its parts, in the vendor's shape.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<Value>,
}

/// What a vendor's notice says of a template that we may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateNews {
    /// Its name.
    pub name: String,
    /// Its language, if the notice names one.
    pub language: Option<String>,
    /// Its new status.
    pub status: Option<String>,
    /// Its new category.
    pub category: Option<String>,
    /// Its new quality.
    pub quality: Option<String>,
    /// Whether its parts are no longer those that we know, so that it must be read anew.
    pub components_changed: bool,
}
