//! Who may do what, and that tenants do not see each other.

use http::Method;
use serde_json::{Value, json};
use tidings_tests::{
    ADMIN_KEY, Api, Scene, assert_holds, channel, eventually, pointers, text,
    webhooks::{self, customer},
};

/// A key with these scopes in the workspace of this client.
async fn key(api: &mut Api, base: &str, scopes: &[&str]) -> (Api, Value) {
    let made = api.post("/v1/keys", &json!({ "name": "A key", "scopes": scopes })).await;
    let made = made.expect("the server answers").ok().expect("a key is made");
    (Api::new(base, text(&made, "/secret")).expect("the address is one"), made)
}

#[tokio::test]
async fn without_a_right_key_nothing_is_told() {
    let scene = Scene::start().await.unwrap();
    let base = scene.server.base();
    for wrong in ["", "wrong", &ADMIN_KEY[1..], &ADMIN_KEY.to_uppercase()] {
        let answer = Api::new(&base, wrong).unwrap().get("/v1/messages").await.unwrap();
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        answer.problem(401, "unauthenticated").unwrap();
    }
    let request = http::Request::get(format!("{base}/v1/messages")).body(http_body_util::Full::default()).unwrap();
    let answer = tidings_simulator::Connection::to(&base).unwrap().send(request).await.unwrap();
    assert_eq!(answer.status(), 401);
}

#[tokio::test]
async fn a_key_may_do_what_its_scopes_say() {
    let mut scene = Scene::start().await.unwrap();
    let base = scene.server.base();
    let (mut reader, made) = key(&mut scene.api, &base, &["messages:read", "endpoints:read"]).await;
    assert_eq!(made["scopes"], json!(["messages:read", "endpoints:read"]));
    assert_eq!(reader.get("/v1/messages").await.unwrap().status, 200);
    assert_eq!(reader.get("/v1/endpoints").await.unwrap().status, 200);
    for path in ["/v1/conversations", "/v1/events", "/v1/events/stream", "/v1/channels", "/v1/keys", "/v1/workspaces"] {
        reader.get(path).await.unwrap().problem(403, "forbidden").unwrap();
    }
    let endpoint = json!({ "url": scene.receiver.url("/all") });
    reader.post("/v1/endpoints", &endpoint).await.unwrap().problem(403, "forbidden").unwrap();
    reader.post("/v1/channels", &channel("1001")).await.unwrap().problem(403, "forbidden").unwrap();
    reader.post("/v1/messages", &json!({})).await.unwrap().problem(403, "forbidden").unwrap();

    // Only the operator sees tenants, whatever scopes a key has.
    let all = scene.api.post("/v1/keys", &json!({ "name": "Everything" })).await.unwrap().ok().unwrap();
    let mut all = Api::new(&base, text(&all, "/secret")).unwrap();
    assert_eq!(all.post("/v1/channels", &channel("1001")).await.unwrap().status, 201);
    all.get("/v1/workspaces").await.unwrap().problem(403, "forbidden").unwrap();
    let answer = all.get("/v1/messages").await.unwrap();
    for header in ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"] {
        assert!(answer.header(header).unwrap().parse::<u64>().is_ok(), "{header}");
    }
}

#[tokio::test]
async fn a_secret_is_shown_once_and_a_deleted_key_opens_nothing() {
    let mut scene = Scene::start().await.unwrap();
    let base = scene.server.base();
    let (mut api, made) = key(&mut scene.api, &base, &["messages:read"]).await;
    let listed = scene.api.get("/v1/keys").await.unwrap().ok().unwrap();
    assert!(!listed.to_string().contains(text(&made, "/secret")));
    assert_eq!(listed["data"][0]["id"], made["id"]);
    assert!(text(&made, "/secret").starts_with(text(&listed, "/data/0/hint")));

    // It survives a restart, and its end, too.
    scene.server.kill().await.unwrap();
    scene.server.restart().await.unwrap();
    scene.reconnect([]).unwrap();
    let base = scene.server.base();
    let mut again = Api::new(&base, text(&made, "/secret")).unwrap();
    assert_eq!(again.get("/v1/messages").await.unwrap().status, 200);
    let path = format!("/v1/keys/{}", text(&made, "/id"));
    assert_eq!(scene.api.delete(&path).await.unwrap().status, 204);
    again.get("/v1/messages").await.unwrap().problem(401, "unauthenticated").unwrap();
    scene.api.delete(&path).await.unwrap().problem(404, "not_found").unwrap();
    assert!(api.get("/v1/messages").await.is_err(), "the server is elsewhere now");
}

#[tokio::test]
async fn nobody_gives_away_what_they_lack() {
    let mut scene = Scene::start().await.unwrap();
    let base = scene.server.base();
    let (mut keeper, _) = key(&mut scene.api, &base, &["keys:write", "messages:read"]).await;
    let more = json!({ "name": "More", "scopes": ["messages:read", "channels:write"] });
    keeper.post("/v1/keys", &more).await.unwrap().problem(403, "forbidden").unwrap();
    let same = keeper.post("/v1/keys", &json!({ "name": "Same" })).await.unwrap().ok().unwrap();
    assert_eq!(same["scopes"].as_array().unwrap().len(), 2);
    let wrong = json!({ "name": "Wrong", "scopes": ["messages:read", "everything"] });
    let problem = keeper.post("/v1/keys", &wrong).await.unwrap().problem(422, "validation_failed").unwrap();
    assert_eq!(pointers(&problem), ["/scopes/1"]);
}

#[tokio::test]
async fn a_workspace_is_made_renamed_and_acted_in() {
    let mut scene = Scene::start().await.unwrap();
    let made = scene.api.post("/v1/workspaces", &json!({ "name": "Branch" })).await.unwrap().ok().unwrap();
    let id = text(&made, "/id").to_owned();
    let path = format!("/v1/workspaces/{id}");
    let renamed = scene.api.patch(&path, &json!({ "name": "Branch office" })).await.unwrap().ok().unwrap();
    assert_eq!(scene.api.get(&path).await.unwrap().ok().unwrap(), renamed);
    let listed = scene.api.get("/v1/workspaces").await.unwrap().ok().unwrap();
    let names: Vec<_> = listed["data"].as_array().unwrap().iter().map(|one| text(one, "/name")).collect();
    assert_eq!(names, ["Branch office", "default"]);
    let taken = scene.api.post("/v1/workspaces", &json!({ "name": "default" })).await.unwrap();
    taken.problem(409, "conflict").unwrap();

    // The same number may be another tenant's, too.
    let there = [("tidings-workspace", id.as_str())];
    scene.line("1001").await.unwrap();
    let made = scene.api.call(Method::POST, "/v1/channels", Some(&channel("1001")), &there).await.unwrap();
    assert_eq!(made.status, 201, "{}", made.json);
    for wrong in ["nonsense", "ws_00000000000000000000000000"] {
        let answer = scene.api.call(Method::GET, "/v1/channels", None, &[("tidings-workspace", wrong)]).await.unwrap();
        answer.problem(404, "not_found").unwrap();
    }
}

#[tokio::test]
async fn what_is_another_tenant_s_is_not_there() {
    let mut scene = Scene::start().await.unwrap();
    let mut line = scene.line("1001").await.unwrap();
    let endpoint = scene.subscribe("/all", json!({})).await.unwrap();
    line.post(&webhooks::text(&line.account, &customer(1), "wamid.1", "A secret")).await.unwrap();
    let event = scene.arrival().await.unwrap().id().unwrap().to_owned();
    let endpoint = text(&endpoint, "/id").to_owned();
    let attempts = format!("/v1/endpoints/{endpoint}/attempts");
    let attempt = eventually("the attempt is written down", async || {
        let listed = scene.api.get(&attempts).await?.ok()?;
        Ok(listed["data"][0]["id"].as_str().map(str::to_owned))
    })
    .await
    .unwrap();
    let message = scene.api.get("/v1/messages").await.unwrap().ok().unwrap()["data"][0].clone();
    let base = scene.server.base();
    let (_, ours) = key(&mut scene.api, &base, &["messages:read"]).await;

    let other = scene.api.post("/v1/workspaces", &json!({ "name": "Other" })).await.unwrap().ok().unwrap();
    let there = [("tidings-workspace", text(&other, "/id"))];
    let made = scene.api.call(Method::POST, "/v1/keys", Some(&json!({ "name": "Theirs" })), &there).await.unwrap();
    let mut theirs = Api::new(&base, text(&made.ok().unwrap(), "/secret")).unwrap();

    let conversation = text(&message, "/conversation_id").to_owned();
    let channel = format!("/v1/channels/{}", line.id);
    for path in [
        channel.clone(),
        format!("/v1/endpoints/{endpoint}"),
        attempts,
        format!("/v1/attempts/{attempt}"),
        format!("/v1/events/{event}"),
        format!("/v1/messages/{}", text(&message, "/id")),
        format!("/v1/conversations/{conversation}"),
    ] {
        assert_eq!(scene.api.get(&path).await.unwrap().status, 200, "{path}");
        theirs.get(&path).await.unwrap().problem(404, "not_found").unwrap();
        let answer = scene.api.call(Method::GET, &path, None, &there).await.unwrap();
        answer.problem(404, "not_found").unwrap();
    }
    for (method, path) in [
        (Method::PATCH, channel.clone()),
        (Method::DELETE, channel.clone()),
        (Method::POST, format!("{channel}/reprocess")),
        (Method::PATCH, format!("/v1/endpoints/{endpoint}")),
        (Method::DELETE, format!("/v1/endpoints/{endpoint}")),
        (Method::POST, format!("/v1/endpoints/{endpoint}/test")),
        (Method::POST, format!("/v1/endpoints/{endpoint}/secret/rotate")),
        (Method::DELETE, format!("/v1/keys/{}", text(&ours, "/id"))),
    ] {
        let body = (method != Method::DELETE).then(|| json!({}));
        let answer = theirs.call(method.clone(), &path, body.as_ref(), &[]).await.unwrap();
        assert!(answer.status == 404, "{method} {path}: {} {}", answer.status, answer.json);
    }
    let resend = json!({ "endpoint_id": endpoint });
    let answer = theirs.post(&format!("/v1/events/{event}/resend"), &resend).await.unwrap();
    answer.problem(404, "not_found").unwrap();
    for list in ["channels", "endpoints", "events", "messages", "conversations"] {
        let listed = theirs.get(&format!("/v1/{list}")).await.unwrap().ok().unwrap();
        assert_eq!(listed["data"], json!([]), "{list}");
    }
    let path = format!("/v1/messages?conversation_id={conversation}");
    assert_eq!(theirs.get(&path).await.unwrap().ok().unwrap()["data"], json!([]));
    let answer = theirs.get(&format!("/v1/events?after={event}")).await.unwrap();
    answer.problem(410, "cursor_expired").unwrap();
    let foreign = json!({ "url": scene.receiver.url("/theirs"), "channels": [line.id] });
    let problem = theirs.post("/v1/endpoints", &foreign).await.unwrap().problem(422, "validation_failed").unwrap();
    assert_eq!(pointers(&problem), ["/channels/0"]);

    // And their endpoint hears nothing of our messages.
    let listening = json!({ "url": scene.receiver.url("/theirs"), "events": ["*"] });
    theirs.post("/v1/endpoints", &listening).await.unwrap().ok().unwrap();
    line.post(&webhooks::text(&line.account, &customer(1), "wamid.2", "Another secret")).await.unwrap();
    line.post(&webhooks::text(&line.account, &customer(1), "wamid.3", "A third")).await.unwrap();
    for arrival in scene.arrivals(2).await.unwrap() {
        assert_eq!(arrival.path, "/all");
    }
    assert_holds(&scene.api.get(&channel).await.unwrap().ok().unwrap(), &json!({ "name": "Support" }));
}
