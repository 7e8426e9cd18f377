//! Workspaces are walls: whatever is asked with a key of one, nothing of another one is seen, touched or hinted at.
//!
//! Every route of the OpenAPI document, as the running server tells it, is asked for what belongs to somebody else
//! ([`routes`] says how). What it answers must be what it would answer of a thing that never was, and nothing of the other
//! workspace may be in it. A route without such a case fails the test.

mod neighbours;
mod routes;

use std::collections::BTreeSet;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use tidings_tests::{Answer, Api, EventStream, text, webhooks};

use self::{
    neighbours::{Neighbours, customer_of_theirs},
    routes::{CASES, Case},
};

/// The routes that no case asks: none. One that is added here needs a very good reason.
const WITHOUT_A_CASE: &str = include_str!("routes_without_a_case.txt");

/// `GET /v1/messages`, and so on.
fn documented(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().expect("a document has paths");
    let routes = paths.iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().expect("a path has methods");
        methods.iter().map(move |(method, operation)| (format!("{} {path}", method.to_uppercase()), operation))
    });
    routes.collect()
}

#[tokio::test]
async fn every_route_has_a_case() {
    let mut neighbours = Neighbours::move_in().await.unwrap();
    let document = neighbours.theirs.get("/openapi.json").await.unwrap().ok().unwrap();
    let routes: BTreeSet<String> = documented(&document).into_iter().map(|(route, _)| route).collect();
    let asked: BTreeSet<String> = CASES.iter().map(|case| case.route.to_owned()).collect();
    let missing: Vec<&str> = routes.difference(&asked).map(String::as_str).collect();
    assert_eq!(missing, WITHOUT_A_CASE.lines().collect::<Vec<_>>(), "routes without a case in walls/routes.rs");
    let stale: Vec<_> = asked.difference(&routes).collect();
    assert!(stale.is_empty(), "cases of routes that are not there: {stale:?}");
}

#[tokio::test]
async fn no_call_sees_or_touches_what_is_another_s() {
    let mut neighbours = Neighbours::move_in().await.unwrap();
    let before = neighbours.at_home().await.unwrap();
    let mut wrong = Vec::new();
    for case in CASES.iter().filter(|case| !case.is_open()) {
        let told = neighbours.ask(case).await.unwrap();
        wrong.extend(told.into_iter().map(|what| format!("{} {}{}: {what}", case.route, case.of, case.with)));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(neighbours.at_home().await.unwrap(), before, "something of theirs was changed");
}

#[tokio::test]
async fn a_place_in_another_s_list_leads_to_nothing_of_theirs() {
    let mut neighbours = Neighbours::move_in().await.unwrap();
    let document = neighbours.theirs.get("/openapi.json").await.unwrap().ok().unwrap();
    let mut tried = 0;
    for (route, operation) in documented(&document) {
        let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
        let has_cursor = parameters.iter().any(|parameter| parameter["name"] == "cursor");
        let Some(path) = route.strip_prefix("GET ").filter(|path| has_cursor && !path.contains('{')) else { continue };
        if path.ends_with("/stream") || path == "/v1/workspaces" {
            continue;
        }
        let page = neighbours.theirs.get(&format!("{path}?limit=1")).await.unwrap().ok().unwrap();
        let cursor = page["next_cursor"].as_str().unwrap_or_else(|| panic!("{path} has one page alone"));
        let answer = neighbours.ours.get(&format!("{path}?cursor={cursor}")).await.unwrap();
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(neighbours.leaked(&answer, ""), Vec::<String>::new(), "{path}");
        tried += 1;
    }
    assert!(tried >= 7, "only {tried} lists were asked");
}

#[tokio::test]
async fn a_stream_carries_nothing_of_another_s() {
    let mut neighbours = Neighbours::move_in().await.unwrap();
    let base = neighbours.scene.server.base();
    let (event, key) = (neighbours.things["event"].clone(), neighbours.our_secret.clone());
    let refused = EventStream::open(&base, &key, "/v1/events/stream", Some(&event)).await;
    assert!(refused.unwrap_err().to_string().contains("410"));
    let mut stream = EventStream::open(&base, &key, "/v1/events/stream?last=0", None).await.unwrap();
    let place = stream.place().await.unwrap();
    assert_eq!(place, neighbours.things["our.newest"]);
    // Ours comes after theirs, and it is the first that is heard of.
    let their_words = webhooks::text(&neighbours.line.account, &customer_of_theirs(), "wamid.more", "More secrets");
    neighbours.line.post(&their_words).await.unwrap();
    let ours = webhooks::text(&neighbours.our_outlet.line.account, &customer_of_theirs(), "wamid.our", "Our own");
    neighbours.our_outlet.line.post(&ours).await.unwrap();
    let first = stream.next().await.unwrap().unwrap();
    assert!(first.data.contains(neighbours.our_workspace.as_str()), "{first:?}");
    let waited = neighbours.ours.get("/v1/consumers/new/events?wait=1&limit=200").await.unwrap();
    assert_eq!(neighbours.leaked(&waited, ""), Vec::<String>::new());
}

#[tokio::test]
async fn an_idempotency_key_is_a_workspace_s_own() {
    let mut neighbours = Neighbours::move_in().await.unwrap();
    let key = [("idempotency-key", "the-same")];
    let name = |name: &str| json!({ "name": name, "scopes": ["messages:read"] });
    let theirs = neighbours.theirs.call(Method::POST, "/v1/keys", Some(&name("Theirs")), &key).await.unwrap();
    for body in [name("Ours"), name("Theirs")] {
        let ours = neighbours.ours.call(Method::POST, "/v1/keys", Some(&body), &key).await.unwrap();
        if body["name"] == "Ours" {
            assert_eq!(ours.status, StatusCode::CREATED);
            assert_ne!(ours.json["id"], theirs.json["id"]);
        } else {
            // Our own first answer stands under it by now, and it was another one.
            ours.problem(422, "idempotency_conflict").unwrap();
        }
    }
}

impl Neighbours {
    /// Asks what a case says, of what is theirs and of what never was. Answers what is wrong.
    async fn ask(&mut self, case: &Case) -> anyhow::Result<Vec<String>> {
        let (method, _) = case.route.split_once(' ').expect("a route is a method and a path");
        let method: Method = method.parse()?;
        let [of_theirs, of_nothing] = [true, false].map(|theirs| case.request(|name| self.named(name, theirs)));
        let answer = call(&mut self.ours, &method, &of_theirs, &[]).await?;
        let mut wrong = self.leaked(&answer, &format!("{of_theirs:?}"));
        if answer.status.as_u16() != case.status {
            wrong.push(format!("{} instead of {}: {}", answer.status, case.status, answer.json));
        }
        if of_theirs == of_nothing {
            return Ok(wrong);
        }
        let nothing = call(&mut self.ours, &method, &of_nothing, &[]).await?;
        if (nothing.status, self.without_names(&nothing)) != (answer.status, self.without_names(&answer)) {
            wrong.push(format!("{} is not what is told of nothing: {}", answer.json, nothing.json));
        }
        if case.status == 404 {
            // The operator is in one workspace at a time, too.
            let there = [("tidings-workspace", self.our_workspace.as_str())];
            let answer = call(&mut self.scene.api, &method, &of_theirs, &there).await?;
            if answer.status != nothing.status || answer.json["code"] != nothing.json["code"] {
                wrong.push(format!("the operator is told {}", answer.json));
            }
        }
        Ok(wrong)
    }

    /// What an answer says of the other workspace, but for what was said in asking.
    fn leaked(&self, answer: &Answer, asked: &str) -> Vec<String> {
        let body = String::from_utf8_lossy(&answer.body);
        let told =
            self.theirs_alone.iter().filter(|word| body.contains(word.as_str()) && !asked.contains(word.as_str()));
        told.map(|word| format!("tells of {word}")).collect()
    }

    /// An answer with every id that it was asked by taken out.
    fn without_names(&self, answer: &Answer) -> String {
        let names = self.things.values().chain(self.nothings.values());
        names.fold(String::from_utf8_lossy(&answer.body).into_owned(), |body, name| body.replace(name.as_str(), "…"))
    }
}

async fn call(
    api: &mut Api,
    method: &Method,
    (path, body): &(String, Option<Value>),
    headers: &[(&str, &str)],
) -> anyhow::Result<Answer> {
    api.call(method.clone(), path, body.as_ref(), headers).await
}

#[tokio::test]
async fn a_webhook_reaches_the_channels_of_its_own_workspace_alone() {
    let mut neighbours = Neighbours::move_in().await.unwrap();
    // The same number is connected in both workspaces, with the same app.
    let ours = json!({ "type": "whatsapp", "name": "Twin", "settings": { "phone_number_id": "1001" },
        "credentials": { "access_token": "t", "app_secret": tidings_tests::APP_SECRET } });
    neighbours.ours.post("/v1/channels", &ours).await.unwrap().ok().unwrap();
    let count = neighbours.ours.get("/v1/messages").await.unwrap().ok().unwrap();
    let words = webhooks::text(&neighbours.line.account, &customer_of_theirs(), "wamid.twin", "Twin secrets");
    neighbours.line.post(&words).await.unwrap();
    assert_eq!(neighbours.ours.get("/v1/messages").await.unwrap().ok().unwrap(), count);
    let newest = neighbours.theirs.get("/v1/messages?limit=1").await.unwrap().ok().unwrap();
    assert_eq!(text(&newest, "/data/0/text"), "Twin secrets");
}
