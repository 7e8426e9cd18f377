//! Contacts by the API: made, found, changed, merged, and what is told of it.

use serde_json::{Value, json};
use tidings_simulator::whatsapp::text_message;
use tidings_tests::{
    Scene, assert_holds, json_of, now, pointers, text,
    webhooks::{customer, text as says},
};

async fn scene() -> Scene {
    let mut scene = Scene::start().await.unwrap();
    scene.subscribe("/contacts", json!({ "format": "lifecycle", "events": ["contact.*"] })).await.unwrap();
    scene
}

async fn made(scene: &mut Scene, contact: Value) -> Value {
    let made = scene.api.post("/v1/contacts", &contact).await.unwrap().ok().unwrap();
    let told = json_of(&scene.arrival().await.unwrap());
    assert_holds(&told, &json!({ "event": "contact.created", "data": { "contact_id": made["id"] } }));
    made
}

async fn listed(scene: &mut Scene, query: &str) -> Vec<String> {
    let list = scene.api.get(&format!("/v1/contacts?{query}")).await.unwrap().ok().unwrap();
    list["data"].as_array().unwrap().iter().map(|contact| text(contact, "/id").to_owned()).collect()
}

#[tokio::test]
async fn a_contact_is_made_found_and_is_who_writes() {
    let mut scene = scene().await;
    let mut line = scene.line("1001").await.unwrap();
    let ana = customer(1);
    let contact = made(
        &mut scene,
        json!({ "name": "Ana Souzá", "phone": ana.phone.clone().unwrap_or_default(), "email": "Ana@Example.com",
                "tags": ["vip", "vip"], "custom_fields": { "plan": "gold" }, "assigned_to": "erp-17",
                "handles": [{ "type": "whatsapp_user_id", "value": "US.opaque", "opted_out": "marketing" }] }),
    )
    .await;
    assert_holds(
        &contact,
        &json!({ "email": "ana@example.com", "tags": ["vip"], "source": "api",
                 "handles": [{ "type": "whatsapp_user_id", "opted_out": "marketing", "blocked_at": null },
                             { "type": "phone_number" }, { "type": "email" }] }),
    );
    let id = text(&contact, "/id").to_owned();
    let phone = text(&contact, "/phone").to_owned();
    let digits = phone.trim_start_matches('+');
    for query in [
        "search=ANA%20souza".to_owned(),
        format!("search={}", &digits[2..]),
        format!("phone=00{digits}"),
        "email=ANA@example.COM".to_owned(),
        "handle=US.opaque".to_owned(),
        "tag=vip".to_owned(),
        "source=api&assigned_to=erp-17".to_owned(),
    ] {
        assert_eq!(listed(&mut scene, &query).await, [id.as_str()], "{query}");
    }
    for query in ["search=nobody", "tag=other", "handle=US", "since=2099-01-01T00:00:00Z"] {
        assert!(listed(&mut scene, query).await.is_empty(), "{query}");
    }
    line.post(&says(&line.account.clone(), &ana, "wamid.1", "hello")).await.unwrap();
    let messages = scene.api.get(&format!("/v1/messages?contact_id={id}")).await.unwrap().ok().unwrap();
    assert_eq!(messages["data"].as_array().unwrap().len(), 1);
    let wish = json!({ "handles": [{ "type": "whatsapp_user_id", "value": "US.opaque", "opted_out": null }] });
    let changed = scene.api.patch(&format!("/v1/contacts/{id}"), &wish).await.unwrap().ok().unwrap();
    assert_eq!(changed["handles"][0]["opted_out"], Value::Null, "{changed:#}");
    let mut handles = changed["handles"].clone();
    handles[0]["blocked"] = json!(true);
    let wish = json!({ "handles": handles });
    let changed = scene.api.patch(&format!("/v1/contacts/{id}"), &wish).await.unwrap().ok().unwrap();
    assert_holds(&changed["handles"][0], &json!({ "blocked": true, "opted_out": null }));
    assert!(changed["handles"][0]["blocked_at"].is_string(), "what was read can be given back: {changed:#}");
}

#[tokio::test]
async fn a_change_tells_what_was_before_and_after() {
    let mut scene = scene().await;
    let contact = made(&mut scene, json!({ "name": "Ana", "custom_fields": { "plan": "gold", "since": 7 } })).await;
    let path = format!("/v1/contacts/{}", text(&contact, "/id"));
    let wish = json!({ "name": null, "phone": "(55) 11-98765.4321", "custom_fields": { "since": null },
                        "by": { "type": "attendant", "id": "maria" } });
    let changed = scene.api.patch(&path, &wish).await.unwrap().ok().unwrap();
    assert_holds(
        &changed,
        &json!({ "name": null, "phone": "+5511987654321", "custom_fields": { "plan": "gold" },
                 "handles": [{ "type": "phone_number", "value": "+5511987654321" }] }),
    );
    let told = json_of(&scene.arrival().await.unwrap());
    assert_holds(
        &told,
        &json!({ "event": "contact.updated", "data": {
            "updated_by": "maria", "updated_by_type": "attendant",
            "changes": { "name": { "before": "Ana", "after": null },
                         "phone": { "before": null, "after": "+5511987654321" },
                         "handles": { "before": [] } } } }),
    );
    assert_eq!(scene.api.patch(&path, &json!({})).await.unwrap().ok().unwrap(), changed);
    let gone = scene.api.patch(&path, &json!({ "handles": null })).await.unwrap().ok().unwrap();
    assert_holds(&gone, &json!({ "phone": null, "handles": [] }));
    let told = json_of(&scene.arrival().await.unwrap());
    assert_eq!(told["data"]["updated_by_type"], "api", "an empty change was not told of");
}

#[tokio::test]
async fn two_become_one_and_the_one_that_is_gone_says_where() {
    let mut scene = scene().await;
    let mut line = scene.line("1001").await.unwrap();
    let account = line.account.clone();
    for (number, vendor_id) in [(1, "wamid.1"), (2, "wamid.2")] {
        line.post(&text_message(&account, &customer(number), vendor_id, now(), "hello")).await.unwrap();
    }
    let arrivals = scene.arrivals(2).await.unwrap();
    let ids: Vec<String> =
        arrivals.iter().map(|arrival| text(&json_of(arrival), "/data/contact_id").to_owned()).collect();
    let merge = format!("/v1/contacts/{}/merge", ids[0]);
    let merged = scene.api.post(&merge, &json!({ "contact_id": ids[1] })).await.unwrap().ok().unwrap();
    assert_eq!(text(&merged, "/id"), ids[0]);
    let told = json_of(&scene.arrival().await.unwrap());
    assert_holds(
        &told,
        &json!({ "event": "contact.merged", "data": { "contact_id": ids[0], "merged_contact_id": ids[1],
                 "merged_by": "key_admin", "merged_by_type": "api" } }),
    );
    let gone = scene.api.get(&format!("/v1/contacts/{}", ids[1])).await.unwrap().problem(404, "not_found").unwrap();
    assert!(text(&gone, "/detail").contains(&ids[0]), "{gone}");
    let conversations = scene.api.get(&format!("/v1/conversations?contact_id={}", ids[0])).await.unwrap().ok().unwrap();
    let statuses: Vec<&str> =
        conversations["data"].as_array().unwrap().iter().map(|found| text(found, "/status")).collect();
    assert_eq!(statuses, ["closed", "open"], "the younger one is closed");
    let (closed, open) = (text(&conversations, "/data/0/id"), text(&conversations, "/data/1/id"));
    let order = json!({ "conversation_id": closed, "text": "we are here" });
    let sent = scene.api.post("/v1/messages", &order).await.unwrap().ok().unwrap();
    assert_eq!(text(&sent, "/conversation_id"), open, "it goes on where they are one");
    line.post(&says(&account, &customer(2), "wamid.3", "and again")).await.unwrap();
    let messages = scene.api.get(&format!("/v1/messages?contact_id={}", ids[0])).await.unwrap().ok().unwrap();
    assert_eq!(messages["data"].as_array().unwrap().len(), 4);
    scene.api.post(&merge, &json!({ "contact_id": ids[1] })).await.unwrap().problem(404, "not_found").unwrap();
    scene.api.post(&merge, &json!({ "contact_id": ids[0] })).await.unwrap().problem(409, "conflict").unwrap();
}

#[tokio::test]
async fn a_list_is_no_object() {
    let mut scene = scene().await;
    let listed = json!({ "handles": [["phone_number", "+4915112345678", true, null, "all"]] });
    let refused = scene.api.post("/v1/contacts", &listed).await.unwrap().problem(422, "validation_failed").unwrap();
    assert_eq!(pointers(&refused), ["/handles/0"]);
    let listed = json!({ "url": "http://127.0.0.1:9/", "auth": ["bearer", "t"] });
    let refused = scene.api.post("/v1/endpoints", &listed).await.unwrap().problem(422, "validation_failed").unwrap();
    assert_eq!(pointers(&refused), ["/auth"]);
    let workspaces = scene.api.get("/v1/workspaces").await.unwrap().ok().unwrap();
    let workspace = format!("/v1/workspaces/{}", text(&workspaces, "/data/0/id"));
    for quotas in [json!([]), json!([7, 8, 9])] {
        let refused = scene.api.patch(&workspace, &json!({ "quotas": quotas })).await.unwrap();
        assert_eq!(pointers(&refused.problem(422, "validation_failed").unwrap()), ["/quotas"]);
    }
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let mut scene = scene().await;
    let first = made(&mut scene, json!({ "phone": "+5511987654321" })).await;
    let wrong = json!({ "phone": "call me", "email": "ana", "avatar_url": "ftp://a", "tags": [" "],
                        "handles": [{ "type": "email", "value": "x" }, { "type": "telegram_id", "value": "" }],
                        "assigned_to": "", "by": { "type": "attendant", "id": "maria" } });
    let problem = scene.api.post("/v1/contacts", &wrong).await.unwrap().problem(422, "validation_failed").unwrap();
    let expected =
        ["/by", "/assigned_to", "/avatar_url", "/phone", "/email", "/tags/0", "/handles/0/value", "/handles/1/value"];
    assert_eq!(pointers(&problem), expected);
    let odd = scene.api.post("/v1/contacts", &json!({ "nickname": "A" })).await.unwrap();
    assert_eq!(pointers(&odd.problem(422, "validation_failed").unwrap()), ["/nickname"]);
    let taken = scene.api.post("/v1/contacts", &json!({ "phone": "5511987654321" })).await.unwrap();
    let taken = taken.problem(409, "conflict").unwrap();
    assert!(text(&taken, "/detail").contains(text(&first, "/id")), "{taken}");
    let path = format!("/v1/contacts/{}", text(&first, "/id"));
    for (patch, pointer) in [
        (json!({ "source": "manual" }), "/source"),
        (json!({ "nickname": null }), "/nickname"),
        (json!({ "custom_fields": { "long": "x".repeat(20_000) } }), "/custom_fields"),
    ] {
        let problem = scene.api.patch(&path, &patch).await.unwrap().problem(422, "validation_failed").unwrap();
        assert_eq!(pointers(&problem), [pointer]);
    }
    for path in ["/v1/contacts/cont_01HF7YAYW8EM2RA1850M2GA185", "/v1/contacts/nobody"] {
        scene.api.get(path).await.unwrap().problem(404, "not_found").unwrap();
        scene.api.patch(path, &json!({ "name": "x" })).await.unwrap().problem(404, "not_found").unwrap();
    }
}
