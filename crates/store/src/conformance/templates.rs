//! Templates as they were read from the vendor last.

use tidings_domain::template::{Template, TemplateNews};

use crate::Templates;

use super::bench::{Bench, at};

fn template(name: &str, language: &str, status: &str) -> Template {
    Template {
        vendor_id: Some(format!("{name} {language}")),
        name: name.to_owned(),
        language: language.to_owned(),
        status: status.to_owned(),
        category: Some("utility".to_owned()),
        quality: None,
        components: vec![serde_json::json!({"type": "BODY", "text": "Hello {{1}}"})],
    }
}

/// Those of a channel, and nothing is known of them before they are read.
pub async fn are_replaced_as_a_whole(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let (first, second) = (bench.channel(workspace, "100").await, bench.channel(workspace, "200").await);
    assert_eq!(bench.store.template_list(first.id).await, Ok(Templates::default()));
    let all = vec![template("a", "en", "approved"), template("b", "de", "paused"), template("b", "en", "approved")];
    assert_eq!(bench.store.template_replace(first.id, all.clone(), at(1)).await, Ok(()));
    let known = Templates { read_at: Some(at(1)), templates: all.clone() };
    assert_eq!(bench.store.template_list(first.id).await, Ok(known));
    assert_eq!(bench.store.template_list(second.id).await, Ok(Templates::default()));
    assert_eq!(bench.store.template_replace(first.id, all[..1].to_vec(), at(2)).await, Ok(()));
    let known = Templates { read_at: Some(at(2)), templates: all[..1].to_vec() };
    assert_eq!(bench.store.template_list(first.id).await, Ok(known));
}

/// What the vendor says of one is followed, in the language that it names or in all of them.
pub async fn follow_the_vendors_notices(bench: &Bench) {
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    let all = vec![template("a", "en", "approved"), template("b", "de", "approved"), template("b", "en", "approved")];
    assert_eq!(bench.store.template_replace(channel.id, all, at(1)).await, Ok(()));
    let news = |language: Option<&str>, status: &str| TemplateNews {
        name: "b".to_owned(),
        language: language.map(str::to_owned),
        status: Some(status.to_owned()),
        category: None,
        quality: None,
        components_changed: false,
    };
    assert_eq!(bench.store.template_follow(channel.id, news(Some("de"), "paused")).await, Ok(1));
    assert_eq!(bench.store.template_follow(channel.id, news(Some("fr"), "paused")).await, Ok(0));
    let statuses = async || {
        let known = bench.store.template_list(channel.id).await.expect("templates that can be read");
        known.templates.into_iter().map(|template| template.status).collect::<Vec<_>>()
    };
    assert_eq!(statuses().await, ["approved", "paused", "approved"]);
    assert_eq!(bench.store.template_follow(channel.id, news(None, "disabled")).await, Ok(2));
    assert_eq!(statuses().await, ["approved", "disabled", "disabled"]);
}
