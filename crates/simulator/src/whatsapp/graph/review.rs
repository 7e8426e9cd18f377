//! What becomes of the account's templates: made, reviewed by Meta, paused, deleted, and each change told to the callback.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::time::sleep;

use super::{
    error::GraphError,
    nodes::{fields::only, templates},
    random::number_at,
    shared::{Shared, locked},
};
use crate::whatsapp::templates::template_status;

/// Keeps the ids of templates apart from the message ids of the same seed.
const TEMPLATES: u64 = 0x7465_6d70_6c61;
/// How long a review takes, for which Meta needs minutes.
const REVIEW: Duration = Duration::from_millis(200);

/// Makes a template that is approved after a moment, unless something else was decided about it until then.
pub(super) fn make(shared: &Arc<Shared>, call: &Value) -> Result<Value, GraphError> {
    let mut known = locked(&shared.templates);
    let mut all = known.clone().unwrap_or_default().to_vec();
    let place = shared.made_templates.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let id = (number_at(shared.seed ^ TEMPLATES, place) % 900_000_000_000_000 + 100_000_000_000_000).to_string();
    let made = templates::made(&all, &id, call)?;
    let answer = only(&made, "id,status,category");
    all.push(made);
    *known = Some(all.into());
    drop(known);
    let reviewed = Arc::clone(shared);
    shared.poster.run(async move {
        sleep(REVIEW).await;
        let waits = |template: &Value| template["id"] == id.as_str() && template["status"] == "PENDING";
        reviewed.decide(waits, "APPROVED", None);
    });
    Ok(answer)
}

/// Deletes the templates of a name, or the one of an id.
pub(super) fn delete(shared: &Arc<Shared>, query: &str) -> Result<Value, GraphError> {
    let mut known = locked(&shared.templates);
    let (left, deleted) = templates::without(known.as_deref().unwrap_or_default(), query)?;
    *known = Some(left.into());
    drop(known);
    for template in &deleted {
        shared.tell_template(template, "DELETED", None);
    }
    Ok(json!({ "success": true }))
}

impl Shared {
    /// Gives the first template that is meant another status, and tells the callback. Answers whether there is one.
    pub(crate) fn decide(
        &self,
        is_meant: impl Fn(&Value) -> bool,
        status: &str,
        reason: Option<&str>,
    ) -> Option<Value> {
        let mut known = locked(&self.templates);
        let mut all = known.clone()?.to_vec();
        let template = all.iter_mut().find(|template| is_meant(template))?;
        template["status"] = json!(status);
        let decided = template.clone();
        *known = Some(all.into());
        drop(known);
        self.tell_template(&decided, status, reason);
        Some(decided)
    }

    fn tell_template(&self, template: &Value, event: &str, reason: Option<&str>) {
        self.poster.begin_at_once(template_status(&self.account, template, event, reason, self.seconds()));
    }
}
