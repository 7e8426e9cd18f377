//! Messages and conversations as they stand: pages and filters.

use serde_json::Value;
use tidings_simulator::whatsapp::status;
use tidings_tests::{
    Api, Line, Scene, pointers, text,
    webhooks::{self, SECONDS, customer},
};

/// Five customers write to one number, the first of them to another as well; one of them gets an answer.
async fn five_customers() -> (Scene, Line, Line) {
    let mut scene = Scene::start().await.unwrap();
    let mut first = scene.line("1001").await.unwrap();
    let mut second = scene.line("1002").await.unwrap();
    for number in 0..5 {
        let webhook = webhooks::text(&first.account, &customer(number), &format!("wamid.{number}"), "Hello");
        first.post(&webhook).await.unwrap();
    }
    second.post(&webhooks::text(&second.account, &customer(0), "wamid.other", "And you?")).await.unwrap();
    let answer = webhooks::echo(&first.account, &customer(0), "wamid.answer", SECONDS, "Welcome");
    first.post(&answer).await.unwrap();
    let read = status(&first.account, &customer(0), "wamid.answer", "read", SECONDS + 1, None);
    first.post(&read).await.unwrap();
    (scene, first, second)
}

/// Every item of a list, page by page.
async fn all(api: &mut Api, path: &str, limit: usize) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let mark = if path.contains('?') { '&' } else { '?' };
        let page = api.get(&format!("{path}{mark}limit={limit}{cursor}")).await;
        let page = page.expect("the server answers").ok().expect("it is a list");
        let data = page["data"].as_array().expect("a list has items");
        assert!(data.len() <= limit);
        items.extend(data.iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}

#[tokio::test]
async fn a_cursor_of_a_list_in_another_order_is_refused() {
    let (mut scene, ..) = five_customers().await;
    let page = scene.api.get("/v1/conversations?limit=1").await.unwrap().ok().unwrap();
    for list in ["conversations?since=2020-01-01T00:00:00Z&", "contacts?", "messages?", "audit?", "keys?"] {
        let path = format!("/v1/{list}cursor={}", text(&page, "/next_cursor"));
        let refused = scene.api.get(&path).await.unwrap().problem(422, "validation_failed").unwrap();
        assert_eq!(pointers(&refused), ["/cursor"], "{list}");
    }
}

#[tokio::test]
async fn a_cursor_of_the_order_of_time_is_refused_in_that_of_recording() {
    let (mut scene, ..) = five_customers().await;
    let page = scene.api.get("/v1/messages?limit=1").await.unwrap().ok().unwrap();
    let path = format!("/v1/messages?status=failed&cursor={}", text(&page, "/next_cursor"));
    let refused = scene.api.get(&path).await.unwrap().problem(422, "validation_failed").unwrap();
    assert_eq!(pointers(&refused), ["/cursor"]);
}

#[tokio::test]
async fn pages_follow_one_another_the_newest_first() {
    let (mut scene, ..) = five_customers().await;
    for (path, number) in [("/v1/messages", 7), ("/v1/conversations", 6), ("/v1/channels", 2)] {
        let whole = all(&mut scene.api, path, 200).await;
        assert_eq!(whole.len(), number, "{path}");
        for limit in [1, 3, number] {
            assert_eq!(all(&mut scene.api, path, limit).await, whole, "{path} by {limit}");
        }
        let ids: Vec<_> = whole.iter().map(|item| text(item, "/id")).collect();
        assert!(ids.is_sorted_by(|newer, older| newer > older), "{path}: {ids:?}");
        let first = scene.api.get(&format!("{path}/{}", ids[0])).await.unwrap().ok().unwrap();
        assert_eq!(first, whole[0], "one is what the list shows of it");
    }
}

#[tokio::test]
async fn a_page_does_not_move_when_something_new_comes() {
    let (mut scene, mut line, _) = five_customers().await;
    let before = all(&mut scene.api, "/v1/messages", 200).await;
    let page = scene.api.get("/v1/messages?limit=3").await.unwrap().ok().unwrap();
    line.post(&webhooks::text(&line.account, &customer(0), "wamid.new", "News")).await.unwrap();
    let rest = format!("/v1/messages?cursor={}", text(&page, "/next_cursor"));
    let rest = scene.api.get(&rest).await.unwrap().ok().unwrap();
    assert_eq!(rest["data"].as_array().unwrap()[..], before[3..]);
}

#[tokio::test]
async fn filters_narrow_by_the_field_of_their_name() {
    let (mut scene, first, second) = five_customers().await;
    let messages = all(&mut scene.api, "/v1/messages", 200).await;
    let of = |pointer: &str, value: &str| messages.iter().filter(|one| text(one, pointer) == value).count();
    let contact = messages.iter().find(|one| one["vendor_id"] == "wamid.0").unwrap();
    let (contact, conversation) = (text(contact, "/contact_id"), text(contact, "/conversation_id"));
    for (name, value, number) in [
        ("contact_id", contact, 3),
        ("conversation_id", conversation, 2),
        ("channel_id", &first.id, 6),
        ("channel_id", &second.id, 1),
        ("direction", "outbound", 1),
        ("status", "read", 1),
        ("status", "delivered", 6),
    ] {
        let found = all(&mut scene.api, &format!("/v1/messages?{name}={value}"), 200).await;
        assert_eq!((found.len(), of(&format!("/{name}"), value)), (number, number), "{name}={value}");
    }
    let middle = text(&messages[3], "/created_at");
    let since = all(&mut scene.api, &format!("/v1/messages?since={middle}"), 200).await;
    let until = all(&mut scene.api, &format!("/v1/messages?until={middle}"), 200).await;
    assert!(since.contains(&messages[3]) && !until.contains(&messages[3]));
    assert_eq!(since.len() + until.len(), messages.len());

    let conversations = all(&mut scene.api, &format!("/v1/conversations?contact_id={contact}"), 200).await;
    assert_eq!(conversations.len(), 2);
    let path = format!("/v1/conversations?channel_id={}&status=open", first.id);
    assert_eq!(all(&mut scene.api, &path, 200).await.len(), 5);
    assert_eq!(all(&mut scene.api, "/v1/conversations?status=closed", 200).await.len(), 0);
}

#[tokio::test]
async fn what_is_no_page_and_no_filter_is_refused() {
    let mut scene = Scene::start().await.unwrap();
    for path in ["/v1/messages", "/v1/conversations"] {
        for (query, pointer) in [
            ("limit=0", "/limit"),
            ("limit=201", "/limit"),
            ("cursor=nonsense", "/cursor"),
            ("channel_id=nonsense", "/channel_id"),
            ("status=nonsense", "/status"),
        ] {
            let answer = scene.api.get(&format!("{path}?{query}")).await.unwrap();
            let problem = answer.problem(422, "validation_failed").unwrap();
            assert_eq!(pointers(&problem), [pointer], "{path}?{query}");
        }
        for (query, word) in [("limit=many", "many"), ("colour=red", "colour")] {
            let answer = scene.api.get(&format!("{path}?{query}")).await.unwrap();
            let problem = answer.problem(422, "validation_failed").unwrap();
            assert!(problem.to_string().contains(word), "{path}?{query}: {problem:#}");
        }
    }
}
