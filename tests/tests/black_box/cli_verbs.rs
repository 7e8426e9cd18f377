//! The verbs that speak to a running server: tables, JSON and exit codes.

use serde_json::Value;
use tidings_tests::{Scene, text, tidings};

#[tokio::test]
async fn keys_are_made_listed_and_deleted() {
    let scene = Scene::start().await.unwrap();
    let base = scene.server.base();
    let made = tidings(&base, &["keys", "create", "--name", "till", "--scope", "events:read", "--json"]).await.unwrap();
    let made = made.json().unwrap();
    let (id, secret) = (text(&made, "/id"), text(&made, "/secret"));

    let table = tidings(&base, &["keys", "list"]).await.unwrap().ok().unwrap();
    let [heading, row] = table.lines().collect::<Vec<_>>()[..] else { panic!("not two lines: {table}") };
    assert!(heading.starts_with("ID  ") && row.starts_with(id) && row.contains("events:read"), "{table}");
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
        ("http://127.0.0.1:1", &["keys", "list"], 4, "tidings serve"),
    ] {
        let told = tidings(base, arguments).await.unwrap();
        let said = format!("{}{}", told.output, told.errors);
        assert_eq!(told.code, Some(code), "{arguments:?}: {said}");
        assert!(code == 0 || said.contains(word), "{arguments:?}: {said}");
    }
}
