//! How a channel is doing: dead tokens, holding and releasing, checks, templates.

use http::StatusCode;
use serde_json::{Value, json};
use tidings_simulator::whatsapp::graph::{Behaviour, Ladder};
use tidings_tests::{
    ACCESS_TOKEN, Scene, assert_holds, eventually, json_of, now, pointers, rfc3339, text, webhooks::customer,
};

#[tokio::test]
async fn a_dead_token_holds_messages_and_a_new_one_releases_them() {
    let (mut scene, mut outlet, ana) = Scene::in_conversation().await.unwrap();
    scene.subscribe("/health", json!({ "events": ["channel.*", "message.sent"] })).await.unwrap();
    scene.subscribe("/inbound", json!({ "events": ["message.received"] })).await.unwrap();
    outlet.graph.revoke_token();
    let mut held = Vec::new();
    for number in 0..3 {
        let message = outlet.to(&ana, json!({ "text": number.to_string() }));
        held.push(text(&scene.send(&message).await.unwrap(), "/id").to_owned());
    }
    let told = json_of(&scene.arrival().await.unwrap());
    assert_eq!(told["event"], "channel.disconnected");
    assert_holds(
        &told["data"],
        &json!({ "channel_id": outlet.id(), "provider": "waba", "status": "disconnected",
                 "disconnection_reason": "token_expired" }),
    );
    let path = format!("/v1/channels/{}", outlet.id());
    assert_eq!(scene.api.get(&path).await.unwrap().ok().unwrap()["status"], "disconnected");
    let check = scene.api.post(&format!("{path}/check"), &json!({})).await.unwrap().ok().unwrap();
    assert_holds(&check, &json!({ "ok": false, "status": "disconnected", "error": { "category": "auth_error" } }));
    // What comes in is taken all the same.
    outlet.hears(&ana, "wamid.second").await.unwrap();
    let received = scene.arrival().await.unwrap();
    assert_eq!((received.path.as_str(), received.event()), ("/inbound", Some("message.received")));
    let inbound = scene.api.get("/v1/messages?direction=inbound").await.unwrap().ok().unwrap();
    let ids: Vec<&str> = inbound["data"].as_array().unwrap().iter().map(|item| text(item, "/vendor_id")).collect();
    assert_eq!(ids, ["wamid.second", "wamid.first"]);
    assert_eq!(json_of(&received)["data"]["message_id"], inbound["data"][0]["id"]);
    for id in &held {
        assert_eq!(scene.message(id).await.unwrap()["status"], "pending");
    }

    outlet.graph.restore_token("another-token");
    let credentials = json!({ "credentials": { "access_token": "another-token" } });
    scene.api.patch(&path, &credentials).await.unwrap().ok().unwrap();
    let arrivals = scene.arrivals(4).await.unwrap();
    let told: Vec<&str> = arrivals.iter().map(|arrival| arrival.event().unwrap()).collect();
    assert_eq!(told, ["channel.connected", "message.sent", "message.sent", "message.sent"]);
    let order: Vec<Value> = arrivals[1..].iter().map(|arrival| json_of(arrival)["data"]["content"].clone()).collect();
    assert_eq!(order, ["0", "1", "2"], "first in, first out");
    let channel = scene.api.get(&path).await.unwrap().ok().unwrap();
    assert_eq!(channel["status"], "connected");
}

#[tokio::test]
async fn a_locked_account_is_told_of_once_and_released_by_the_first_message_that_is_taken() {
    let (mut scene, outlet, ana) = Scene::in_conversation().await.unwrap();
    scene.subscribe("/health", json!({ "events": ["channel.*", "message.sent"] })).await.unwrap();
    outlet.behaves(Behaviour::refuse(StatusCode::FORBIDDEN, 131_031));
    for number in 0..3 {
        scene.send(&outlet.to(&ana, json!({ "text": number.to_string() }))).await.unwrap();
    }
    assert_eq!(json_of(&scene.arrival().await.unwrap())["event"], "channel.disconnected");
    let check = format!("/v1/channels/{}/check", outlet.id());
    // Probes are answered all the same. After each, one message is tried.
    for tried in 2..5 {
        let told = scene.api.post(&check, &json!({})).await.unwrap().ok().unwrap();
        assert_holds(&told, &json!({ "ok": true, "status": "disconnected" }));
        eventually("a message is tried", async || Ok((outlet.sent().len() == tried).then_some(()))).await.unwrap();
    }
    outlet.behaves(Behaviour::accept());
    scene.api.post(&check, &json!({})).await.unwrap().ok().unwrap();
    let arrivals = scene.arrivals(4).await.unwrap();
    let told: Vec<&str> = arrivals.iter().map(|arrival| arrival.event().unwrap()).collect();
    assert_eq!(told, ["channel.connected", "message.sent", "message.sent", "message.sent"], "and nothing in between");
    assert_eq!(outlet.sent().len(), 4 + 3);
}

#[tokio::test]
async fn a_refusal_of_the_token_before_says_nothing_of_the_new_one() {
    let (mut scene, outlet, ana) = Scene::in_conversation().await.unwrap();
    scene.subscribe("/health", json!({ "events": ["channel.*", "message.sent"] })).await.unwrap();
    outlet.graph.next(Behaviour::RefuseSlowly { http_status: StatusCode::UNAUTHORIZED, code: 190, millis_per_byte: 5 });
    scene.send(&outlet.to(&ana, json!({ "text": "Hi" }))).await.unwrap();
    outlet.graph.reached(1).await;
    outlet.graph.restore_token("another-token");
    let credentials = json!({ "credentials": { "access_token": "another-token" } });
    scene.api.patch(&format!("/v1/channels/{}", outlet.id()), &credentials).await.unwrap().ok().unwrap();
    let told = json_of(&scene.arrival().await.unwrap());
    assert_eq!(told["event"], "message.sent");
}

#[tokio::test]
async fn what_a_disconnected_channel_holds_for_too_long_fails_at_once_however_long_its_line() {
    let (mut scene, outlet, ana) = Scene::in_conversation().await.unwrap();
    outlet.graph.revoke_token();
    let check = format!("/v1/channels/{}/check", outlet.id());
    scene.api.post(&check, &json!({})).await.unwrap().ok().unwrap();
    let soon = rfc3339(now() + 3);
    let mut held = Vec::new();
    for number in 0..20 {
        let message = outlet.to(&ana, json!({ "text": number.to_string(), "expires_at": soon }));
        held.push(text(&scene.send(&message).await.unwrap(), "/id").to_owned());
    }
    for id in &held {
        let failed = scene.until(id, "failed").await.unwrap();
        assert_eq!(failed["error"]["code"], "expired");
    }
    assert_eq!(outlet.sent().len(), 0);
}

#[tokio::test]
async fn a_vendor_that_is_down_does_not_cost_a_whole_queue() {
    let (mut scene, outlet, ana) = Scene::in_conversation().await.unwrap();
    outlet.behaves(Behaviour::ServerError {
        status: StatusCode::BAD_GATEWAY,
        accepted: false,
        ladder: Ladder::none(),
        with_object: false,
    });
    let template =
        |number: usize| outlet.to(&customer(number), json!({ "template": { "name": "hello", "language": "en" } }));
    // One after another, so that what is under way at once does not matter.
    for number in 10..15 {
        scene.send(&template(number)).await.unwrap();
        eventually("it is called", async || Ok((outlet.sent().len() == number - 9).then_some(()))).await.unwrap();
    }
    let mut waiting = Vec::new();
    for number in 20..120 {
        waiting.push(text(&scene.send(&template(number)).await.unwrap(), "/id").to_owned());
    }
    outlet.behaves(Behaviour::accept());
    let reply = scene.send(&outlet.to(&ana, json!({ "text": "Hi" }))).await.unwrap();
    scene.until(text(&reply, "/id"), "sent").await.unwrap();
    eventually("everything has gone out, but for the few that were tried meanwhile", async || {
        let mut lost = 0;
        for id in &waiting {
            lost += usize::from(scene.message(id).await?["status"] != "sent");
        }
        Ok((lost < 20).then_some(()))
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_check_tells_what_the_vendor_says() {
    let (mut scene, outlet, _) = Scene::in_conversation().await.unwrap();
    let path = format!("/v1/channels/{}", outlet.id());
    let check = scene.api.post(&format!("{path}/check"), &json!({})).await.unwrap().ok().unwrap();
    assert_holds(&check, &json!({ "ok": true, "status": "connected", "error": null, "templates": 0 }));
    assert!(check["account"]["verified_name"].is_string(), "{check:#}");
    // The number that customers see is known from now on.
    scene.subscribe("/health", json!({ "events": ["channel.*"] })).await.unwrap();
    outlet.graph.revoke_token();
    scene.api.post(&format!("{path}/check"), &json!({})).await.unwrap().ok().unwrap();
    let told = json_of(&scene.arrival().await.unwrap());
    assert_eq!(told["event"], "channel.disconnected");
    assert_eq!(told["data"]["phone_number"], "+15550783881");
    outlet.graph.restore_token(ACCESS_TOKEN);
    scene.api.post(&format!("{path}/check"), &json!({})).await.unwrap().ok().unwrap();
    let told = json_of(&scene.arrival().await.unwrap());
    assert_holds(&told, &json!({ "event": "channel.connected", "data": { "phone_number": "+15550783881" } }));
}

#[tokio::test]
async fn throttling_is_told_once_and_messages_go_out_all_the_same() {
    let (mut scene, outlet, ana) = Scene::in_conversation().await.unwrap();
    scene.subscribe("/health", json!({ "events": ["channel.*"] })).await.unwrap();
    for _ in 0..2 {
        outlet.graph.next(Behaviour::refuse(StatusCode::TOO_MANY_REQUESTS, 130_429));
    }
    let accepted = scene.send(&outlet.to(&ana, json!({ "text": "Hi" }))).await.unwrap();
    scene.until(text(&accepted, "/id"), "sent").await.unwrap();
    let arrivals = scene.arrivals(2).await.unwrap();
    let told: Vec<Value> = arrivals.iter().map(json_of).collect();
    assert_holds(
        &told[0],
        &json!({ "event": "channel.error",
                 "data": { "status": "degraded", "error_code": "130429", "error_category": "rate_limit",
                           "affected_message_ids": [accepted["id"]] } }),
    );
    assert_eq!(told[1]["event"], "channel.connected");
    let metrics = scene.api.get("/metrics").await.unwrap();
    let metrics = String::from_utf8_lossy(&metrics.body).into_owned();
    assert!(metrics.contains("outcome=\"later\",code=\"130429\"} 2"), "{metrics}");
    assert!(metrics.contains("tidings_outbox_waiting{"), "{metrics}");
}

#[tokio::test]
async fn a_deleted_channel_leaves_no_message_waiting() {
    let (mut scene, outlet, ana) = Scene::in_conversation().await.unwrap();
    let far = outlet.to(&ana, json!({ "text": "Later", "scheduled_at": "2099-01-01T00:00:00Z" }));
    let accepted = scene.send(&far).await.unwrap();
    scene.api.delete(&format!("/v1/channels/{}", outlet.id())).await.unwrap().ok().unwrap();
    let failed = scene.message(text(&accepted, "/id")).await.unwrap();
    assert_holds(&failed, &json!({ "status": "failed", "error": { "code": "channel_deleted" } }));
}

fn template(name: &str, status: &str) -> Value {
    json!({
        "id": format!("77{name}"), "name": name, "language": "pt_BR", "status": status, "category": "UTILITY",
        "components": [{ "type": "BODY", "text": "Olá {{1}}, seu pedido {{2}} está pronto." }],
    })
}

fn filled(parameters: usize) -> Value {
    let parameters: Vec<Value> =
        (0..parameters).map(|number| json!({ "type": "text", "text": number.to_string() })).collect();
    json!([{ "type": "body", "parameters": parameters }])
}

#[tokio::test]
async fn templates_are_read_to_the_last_page() {
    let (mut scene, outlet, _) = Scene::in_conversation().await.unwrap();
    let names: Vec<String> = (0..230).map(|number| format!("template_{number:03}")).collect();
    outlet.graph.set_templates(names.iter().map(|name| template(name, "APPROVED")).collect());
    let path = format!("/v1/channels/{}/templates/sync", outlet.id());
    let read = scene.api.post(&path, &json!({})).await.unwrap().ok().unwrap();
    let known: Vec<&str> = read["data"].as_array().unwrap().iter().map(|item| text(item, "/name")).collect();
    assert_eq!(known, names);
    let pages = outlet.graph.calls().into_iter().filter(|call| call.path.ends_with("/message_templates")).count();
    assert!(pages > 1, "there is more than one page");
}

#[tokio::test]
async fn templates_are_known_checked_and_kept_fresh() {
    let (mut scene, mut outlet, _) = Scene::in_conversation().await.unwrap();
    outlet.graph.set_templates(vec![template("order_ready", "APPROVED"), template("old", "PAUSED")]);
    let path = format!("/v1/channels/{}/templates", outlet.id());
    let unread = scene.api.get(&path).await.unwrap().ok().unwrap();
    assert_eq!(unread, json!({ "data": [], "read_at": null }));
    let read = scene.api.post(&format!("{path}/sync"), &json!({})).await.unwrap().ok().unwrap();
    assert_eq!(scene.api.get(&path).await.unwrap().ok().unwrap(), read);
    let names: Vec<&str> = read["data"].as_array().unwrap().iter().map(|item| text(item, "/name")).collect();
    assert_eq!(names, ["old", "order_ready"]);
    assert_holds(&read["data"][1], &json!({ "language": "pt_BR", "status": "approved", "category": "utility" }));
    assert_eq!(read["data"][1]["parameters"].as_array().unwrap().len(), 2);

    let send = |name: &str, language: &str, components: Value| {
        outlet.to(&customer(9), json!({ "template": { "name": name, "language": language, "components": components } }))
    };
    let cases = [
        (send("order_ready", "pt_BR", filled(1)), "/template/components"),
        (send("order_ready", "en", filled(2)), "/template/language"),
        (send("unknown", "pt_BR", filled(2)), "/template/name"),
        (send("old", "pt_BR", filled(2)), "/template/name"),
    ];
    for (message, pointer) in cases {
        let answer = scene.api.post("/v1/messages", &message).await.unwrap();
        let problem = answer.problem(422, "template_invalid").unwrap();
        assert!(pointers(&problem).iter().any(|told| told.starts_with(pointer)), "{problem:#}");
    }
    let good = send("order_ready", "pt_BR", filled(2));
    let accepted = scene.send(&good).await.unwrap();
    assert_eq!(accepted["text"], "Olá 0, seu pedido 1 está pronto.");
    scene.until(text(&accepted, "/id"), "sent").await.unwrap();

    let notice = json!({
        "object": "whatsapp_business_account",
        "entry": [{ "id": "102290129340398", "time": tidings_tests::now(), "changes": [{
            "field": "message_template_status_update",
            "value": { "event": "PAUSED", "message_template_id": 77, "message_template_name": "order_ready",
                       "message_template_language": "pt_BR", "reason": "NONE" },
        }] }],
    });
    outlet.line.post(&notice).await.unwrap();
    eventually("the template is paused", async || {
        let known = scene.api.get(&path).await?.ok()?;
        Ok((known["data"][1]["status"] == "paused").then_some(()))
    })
    .await
    .unwrap();
    scene.api.post("/v1/messages", &good).await.unwrap().problem(422, "template_invalid").unwrap();
}
