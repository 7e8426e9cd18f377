//! The verbs that speak to a running server: tables, JSON and exit codes.

use http::StatusCode;
use serde_json::{Value, json};
use tidings_simulator::Behaviour;
use tidings_tests::{ACCESS_TOKEN, Certificate, Door, Scene, assert_holds, eventually, text, tidings, tidings_with};

#[tokio::test]
async fn keys_are_made_listed_and_deleted() {
    let scene = Scene::start().await.unwrap();
    let base = scene.server.base();
    let end = "2099-01-01T00:00:00Z";
    let asked = ["keys", "create", "--name", "till", "--scope", "events:read", "--expires-at", end, "--json"];
    let made = tidings(&base, &asked).await.unwrap().json().unwrap();
    let (id, secret) = (text(&made, "/id"), text(&made, "/secret"));

    let table = tidings(&base, &["keys", "list"]).await.unwrap().ok().unwrap();
    let [heading, row] = table.lines().collect::<Vec<_>>()[..] else { panic!("not two lines: {table}") };
    assert!(heading.starts_with("ID  ") && row.starts_with(id) && row.contains("events:read"), "{table}");
    assert!(heading.ends_with("LAST USED") && row.contains("2099-01-01T00:00:00.000Z"), "{table}");
    assert_eq!(heading.find("NAME"), row.find("till"), "{table}");
    assert!(!table.contains('\x1b') && !table.contains(secret), "{table}");

    let refused = tidings(&base, &["keys", "list", "--key", secret]).await.unwrap();
    assert_eq!(refused.code, Some(3), "{refused:?}");
    tidings(&base, &["events", "list", "--key", secret]).await.unwrap().ok().unwrap();
    let unsure = tidings(&base, &["keys", "delete", id]).await.unwrap();
    assert!(unsure.code == Some(2) && unsure.errors.contains("--yes"), "{unsure:?}");
    tidings(&base, &["keys", "delete", id, "--yes"]).await.unwrap().ok().unwrap();
    assert_eq!(tidings(&base, &["keys", "delete", id, "--yes"]).await.unwrap().code, Some(3));
    assert_eq!(tidings(&base, &["events", "list", "--key", secret]).await.unwrap().code, Some(3));
}

#[tokio::test]
async fn json_is_what_the_api_answers() {
    let (mut scene, mut line) = Scene::with_line().await.unwrap();
    line.hear(0..3, 1).await.unwrap();
    let answered = scene.api.get("/v1/events?last=2").await.unwrap();
    let printed = tidings(&scene.server.base(), &["events", "list", "--last", "2", "--json"]).await.unwrap();
    assert_eq!(printed.ok().unwrap().trim_end().as_bytes(), &answered.body[..]);
    // Page by page, to the end.
    let base = scene.server.base();
    let (mut seen, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let mut arguments = vec!["events", "list", "--limit", "2", "--json", "--last", "5"];
        if let Some(cursor) = &cursor {
            arguments = vec!["events", "list", "--limit", "2", "--json", "--cursor", cursor];
        }
        let page: Value = tidings(&base, &arguments).await.unwrap().json().unwrap();
        seen.extend(page["data"].as_array().unwrap().iter().map(|event| text(event, "/event_id").to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
    }
    assert_eq!(seen.len(), 5);
}

#[tokio::test]
async fn the_last_events_are_all_there_however_many_a_page_usually_has() {
    let (scene, mut line) = Scene::with_line().await.unwrap();
    line.hear(0..70, 1).await.unwrap();
    let base = scene.server.base();
    let list = async |arguments: &[&str]| tidings(&base, &[&["events", "list"], arguments].concat()).await.unwrap();
    let page = list(&["--last", "60", "--types", "message.*", "--json"]).await.json().unwrap();
    let texts: Vec<_> = page["data"].as_array().unwrap().iter().map(|event| text(event, "/data/content")).collect();
    assert_eq!((texts.len(), texts[0], texts[59]), (60, "Text 10", "Text 69"));
    assert_eq!(page["next_cursor"], Value::Null);
    let refused = list(&["--last", "201"]).await;
    assert!(refused.code == Some(2) && refused.errors.contains("--limit 200"), "{refused:?}");
    list(&["--last", "201", "--limit", "200"]).await.ok().unwrap();
    assert_eq!(list(&["--last", "0"]).await.code, Some(2));
}

#[tokio::test]
async fn the_exit_code_says_whose_fault_it_is() {
    let scene = Scene::start().await.unwrap();
    let base = scene.server.base();
    for (base, arguments, code, word) in [
        (&*base, &["keys", "list"][..], 0, "ID"),
        (&base, &["keys", "create"], 2, "--name"),
        (&base, &["keys", "fly"], 2, "fly"),
        (&base, &["keys", "list", "--server", "nowhere"], 2, "nowhere"),
        (&base, &["keys", "create", "--name", ""], 3, "/name"),
        (&base, &["events", "get", "evt_nothing"], 3, "not_found"),
        (&base, &["events", "get", "../keys"], 3, "not_found"),
        (&base, &["channels", "get", ""], 2, "an id is empty"),
        (&base, &["endpoints", "rotate", "ep_1"], 2, "--yes"),
        ("http://127.0.0.1:1", &["keys", "list"], 4, "tidings serve"),
    ] {
        let told = tidings(base, arguments).await.unwrap();
        let said = format!("{}{}", told.output, told.errors);
        assert_eq!(told.code, Some(code), "{arguments:?}: {said}");
        assert!(code == 0 || said.contains(word), "{arguments:?}: {said}");
        assert!(!said.contains("<KEY>"), "the key was given: {arguments:?}: {said}");
    }
}

#[tokio::test]
async fn a_number_is_connected_checked_and_mended() {
    let mut scene = Scene::start().await.unwrap();
    let outlet = scene.outlet("1001").await.unwrap();
    let base = scene.server.base();
    let api_base = format!("api_base={}", outlet.graph.base());
    let add = async |number: &str, token: &str| {
        let options = ["--name", "Sales", "--phone-number-id", number, "--access-token", token, "--app-secret", "s"];
        let arguments = [&["channels", "add", "whatsapp", "--setting", &api_base], &options[..]].concat();
        tidings(&base, &arguments).await
    };
    let twice = add("1001", ACCESS_TOKEN).await.unwrap();
    assert!(twice.code == Some(3) && twice.errors.contains("conflict"), "{twice:?}");
    // A token that the vendor does not take: it is saved all the same, and says how to go on.
    let wrong = add("1002", "wrong").await.unwrap();
    assert!(wrong.code == Some(1) && wrong.errors.contains("tidings channels update chan_"), "{wrong:?}");
    for word in ["does not work", "Callback URL", "/in/chan_", "Verify token", "messages"] {
        assert!(wrong.output.contains(word), "{word}: {wrong:?}");
    }
    let listed = tidings(&base, &["channels", "list", "--json"]).await.unwrap().json().unwrap();
    let channel = listed["data"].as_array().unwrap().iter().find(|channel| channel["name"] == "Sales").unwrap();
    let id = text(channel, "/id");
    assert_eq!(tidings(&base, &["channels", "check", id]).await.unwrap().code, Some(1));

    let works = tidings(&base, &["channels", "check", outlet.id()]).await.unwrap().ok().unwrap();
    assert!(works.contains("The vendor answers; the channel is connected"), "{works}");
    let changed = ["channels", "update", id, "--name", "Shop", "--setting", "messages_per_second=20", "--json"];
    let changed = tidings(&base, &changed).await.unwrap().json().unwrap();
    assert_holds(&changed, &json!({ "name": "Shop", "settings": { "messages_per_second": 20 } }));
    let shown = tidings(&base, &["channels", "get", id]).await.unwrap().ok().unwrap();
    assert!(shown.contains("settings.messages_per_second"), "{shown}");
    tidings(&base, &["channels", "delete", id, "--yes"]).await.unwrap().ok().unwrap();
    assert_eq!(tidings(&base, &["channels", "get", id]).await.unwrap().code, Some(3));
    let lacking = tidings(&base, &["channels", "add", "whatsapp"]).await.unwrap();
    assert!(lacking.code == Some(2) && lacking.errors.contains("--phone-number-id"), "{lacking:?}");
}

#[tokio::test]
async fn a_message_is_sent_and_its_story_told() {
    let (mut scene, outlet, ana) = Scene::in_conversation().await.unwrap();
    scene.subscribe("/endpoint", json!({ "events": ["message.sent"] })).await.unwrap();
    let base = scene.server.base();
    let phone = ana.phone.as_deref().unwrap();
    let typed = ["messages", "send", "--channel", outlet.id(), "--to", phone, "--idempotency-key", "one"];
    let hello = [&typed[..], &["--text", "Hello", "--json"]].concat();
    let sent = tidings(&base, &hello).await.unwrap().json().unwrap();
    assert_eq!(tidings(&base, &hello).await.unwrap().json().unwrap()["id"], sent["id"], "sent once");
    let id = text(&sent, "/id");
    scene.until(id, "sent").await.unwrap();
    scene.arrival().await.unwrap();
    let story = eventually("the story has the endpoint's answer", async || {
        let story = tidings(&base, &["messages", "trace", id]).await?.ok()?;
        Ok(Some(story).filter(|story| story.contains("delivered  200")))
    });
    let story = story.await.unwrap();
    assert!(story.starts_with(id) && story.contains("message.sent"), "{story}");
    let listed = tidings(&base, &["messages", "list", "--direction", "outbound"]).await.unwrap().ok().unwrap();
    assert!(listed.contains(id) && listed.contains("Hello") && listed.lines().count() == 2, "{listed}");
    let cancelled = tidings(&base, &["messages", "cancel", id]).await.unwrap();
    assert_eq!(cancelled.code, Some(3), "{cancelled:?}");
    let nobody = ["messages", "send", "--channel", outlet.id(), "--to", "abc", "--text", "Hello"];
    let nobody = tidings(&base, &nobody).await.unwrap();
    assert!(nobody.code == Some(3) && nobody.errors.contains("/to: expected a phone number"), "{nobody:?}");
    let later = [&typed[..6], &["--text", "Later", "--scheduled-at", "2100-01-01T00:00:00Z", "--json"]].concat();
    let later = tidings(&base, &later).await.unwrap().json().unwrap();
    let cancelled = tidings(&base, &["messages", "cancel", text(&later, "/id")]).await.unwrap().ok().unwrap();
    assert!(cancelled.contains("is cancelled"), "{cancelled}");
}

#[tokio::test]
async fn an_endpoint_is_registered_tested_and_sent_what_it_lacks() {
    let (mut scene, mut line) = Scene::with_line().await.unwrap();
    line.hear(0..3, 1).await.unwrap();
    let base = scene.server.base();
    let url = scene.receiver.url("/endpoint");
    let add = ["endpoints", "add", "--url", &url, "--events", "message.*,channel.*", "--header", "x-a=b", "--json"];
    let endpoint = tidings(&base, &add).await.unwrap().json().unwrap();
    let id = text(&endpoint, "/id");
    scene.receiver.trust("/endpoint", text(&endpoint, "/secret"));
    let tested = tidings(&base, &["endpoints", "test", id]).await.unwrap().ok().unwrap();
    assert!(tested.starts_with("delivered  200"), "{tested}");
    assert_eq!(scene.arrival().await.unwrap().header("x-a"), Some("b"));

    let replay = ["endpoints", "replay", id, "--only", "missing", "--since", "2020-01-01T00:00:00Z"];
    let counted = [&replay[..], &["--events", "message.*", "--dry-run"]].concat();
    let counted = tidings(&base, &counted).await.unwrap().ok().unwrap();
    assert!(counted.starts_with("3 events"), "{counted}");
    let waited = tidings(&base, &[&replay[..], &["--events", "message.*", "--wait"]].concat()).await.unwrap();
    assert!(!waited.errors.contains('\x1b') && !waited.errors.contains('%'), "no bar on a pipe: {waited:?}");
    let waited = waited.ok().unwrap();
    assert!(waited.starts_with("job_") && waited.contains("is done: 3 of 3"), "{waited}");
    assert_eq!(scene.arrivals(3).await.unwrap().len(), 3);
    let job = waited.split(' ').next().unwrap();
    assert_eq!(tidings(&base, &["jobs", "get", job, "--json"]).await.unwrap().json().unwrap()["status"], "done");

    let all_told = eventually("the attempts are listed", async || {
        let attempts = tidings(&base, &["endpoints", "attempts", id]).await?.ok()?;
        Ok((attempts.lines().filter(|line| line.contains("delivered  200")).count() == 3).then_some(()))
    });
    all_told.await.unwrap();
    let letters = tidings(&base, &["endpoints", "dead-letters", id]).await.unwrap().ok().unwrap();
    assert_eq!(letters.trim(), "Nothing was given up.");
    let stats = tidings(&base, &["endpoints", "stats", id]).await.unwrap().ok().unwrap();
    assert!(stats.starts_with("status ") && stats.contains("attempts.success_rate"), "{stats}");
    let rotated = ["endpoints", "rotate", id, "--overlap-seconds", "0", "--yes"];
    let rotated = tidings(&base, &rotated).await.unwrap().ok().unwrap();
    assert!(rotated.contains("whsec_") && rotated.contains("signs no longer"), "{rotated}");
    let paused = ["endpoints", "update", id, "--enabled", "false", "--json"];
    assert_eq!(tidings(&base, &paused).await.unwrap().json().unwrap()["status"], "paused");
    let event = scene.api.get("/v1/events?last=1").await.unwrap().ok().unwrap();
    let resent = ["events", "resend", text(&event, "/data/0/event_id"), "--to", id];
    assert_eq!(tidings(&base, &resent).await.unwrap().code, Some(3), "it is paused");
    scene.receiver.behave("/endpoint", Behaviour::status(StatusCode::IM_A_TEAPOT));
    let refused = tidings(&base, &["endpoints", "test", id]).await.unwrap();
    assert!(refused.code == Some(1) && refused.output.starts_with("not delivered  418"), "{refused:?}");
}

#[tokio::test]
async fn a_secured_server_is_asked_if_its_certificate_is_trusted() {
    let scene = Scene::start().await.unwrap();
    let certificate = Certificate::make().unwrap();
    let door = Door::secured(&scene.server, &certificate).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let [ours, others] = ["ours.pem", "others.pem"].map(|name| folder.path().join(name).to_str().unwrap().to_owned());
    std::fs::write(&ours, &certificate.pem).unwrap();
    std::fs::write(&others, Certificate::make().unwrap().pem).unwrap();
    let list = async |file: &str| {
        let arguments = ["keys", "list", "--json"];
        tidings_with(&door.base(), &arguments, &[("SSL_CERT_FILE", file)]).await.unwrap()
    };
    list(&ours).await.json().unwrap();
    let refused = list(&others).await;
    assert!(refused.code == Some(4) && refused.errors.contains("no TLS"), "{refused:?}");
}

#[tokio::test]
async fn every_shell_is_told_every_verb() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = tidings("http://127.0.0.1:1", &["completions", shell]).await.unwrap().ok().unwrap();
        for verb in ["listen", "channels", "dead-letters", "doctor", "forward-to"] {
            assert!(script.contains(verb), "{shell} does not know {verb}");
        }
    }
    assert_eq!(tidings("http://127.0.0.1:1", &["completions", "dos"]).await.unwrap().code, Some(2));
}

#[tokio::test]
async fn contacts_are_found_and_erased_and_conversations_listed() {
    let (scene, _outlet, ana) = Scene::in_conversation().await.unwrap();
    let base = scene.server.base();
    let phone = ana.phone.unwrap();
    let found = tidings(&base, &["contacts", "list", "--phone", &phone, "--json"]).await.unwrap().json().unwrap();
    let id = text(&found, "/data/0/id");
    let table = tidings(&base, &["contacts", "list", "--search", &phone]).await.unwrap().ok().unwrap();
    assert!(table.starts_with("ID") && table.contains(id), "{table}");
    let nobody = tidings(&base, &["contacts", "list", "--tag", "nobody"]).await.unwrap().ok().unwrap();
    assert!(!nobody.contains(id), "{nobody}");
    let shown = tidings(&base, &["contacts", "get", id]).await.unwrap().ok().unwrap();
    assert!(shown.contains(&phone), "{shown}");

    let unread = ["conversations", "list", "--status", "open", "--unread", "--contact", id, "--json"];
    let listed = tidings(&base, &unread).await.unwrap().json().unwrap();
    let conversation = text(&listed, "/data/0/id");
    let shown = tidings(&base, &["conversations", "get", conversation]).await.unwrap().ok().unwrap();
    assert!(shown.contains(id), "{shown}");
    let closed = tidings(&base, &["conversations", "list", "--status", "closed"]).await.unwrap().ok().unwrap();
    assert!(!closed.contains(conversation), "{closed}");

    let unsure = tidings(&base, &["contacts", "erase", id]).await.unwrap();
    assert!(unsure.code == Some(2) && unsure.errors.contains("--yes"), "{unsure:?}");
    tidings(&base, &["contacts", "erase", id, "--yes"]).await.unwrap().ok().unwrap();
    assert_eq!(tidings(&base, &["contacts", "get", id]).await.unwrap().code, Some(3));
}

#[tokio::test]
async fn workspaces_are_made_limited_and_counted() {
    let mut scene = Scene::start().await.unwrap();
    let base = scene.server.base();
    let made = ["workspaces", "create", "--name", "acme", "--quota", "media_bytes=10737418240", "--json"];
    let made = tidings(&base, &made).await.unwrap().json().unwrap();
    let id = text(&made, "/id");
    let listed = tidings(&base, &["workspaces", "list"]).await.unwrap().ok().unwrap();
    assert!(listed.contains(id) && listed.contains("media_bytes=10737418240"), "{listed}");
    let changed = ["workspaces", "quotas", id, "endpoints=20", "media_bytes=null", "--json"];
    let changed = tidings(&base, &changed).await.unwrap().json().unwrap();
    assert_eq!((&changed["quotas"]["endpoints"], &changed["quotas"]["media_bytes"]), (&json!(20), &Value::Null));
    let shown = tidings(&base, &["workspaces", "quotas", id]).await.unwrap().ok().unwrap();
    assert!(shown.contains("endpoints            20"), "{shown}");
    assert_eq!(tidings(&base, &["workspaces", "quotas", id, "endpoints=many"]).await.unwrap().code, Some(2));

    let there = [("tidings-workspace", id)];
    let contact = json!({ "phone": "+5511900000077" });
    scene.api.call(http::Method::POST, "/v1/contacts", Some(&contact), &there).await.unwrap().ok().unwrap();
    let used = tidings(&base, &["usage", "--workspace", id, "--by", "month"]).await.unwrap().ok().unwrap();
    assert!(used.starts_with("PERIOD") && used.lines().count() == 2, "{used}");
    let used = tidings(&base, &["usage", "--workspace", id, "--json"]).await.unwrap().json().unwrap();
    assert_eq!((text(&used, "/workspace_id"), &used["has"]["contacts"]), (id, &json!(1)));

    let key = ["keys", "create", "--name", "tenant", "--workspace", id, "--json"];
    let key = tidings(&base, &key).await.unwrap().json().unwrap();
    let refused = tidings(&base, &["workspaces", "list", "--key", text(&key, "/secret")]).await.unwrap();
    assert_eq!(refused.code, Some(3), "{refused:?}");
}
