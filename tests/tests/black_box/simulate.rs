//! `tidings simulate` beside `tidings serve`: a gateway connected by what was printed, a client library of others, and a
//! browser.

use std::path::Path;

use anyhow::Result;
use serde_json::{Value, json};
use tidings_simulator::{Receiver, whatsapp::sign};
use tidings_tests::{Api, Browser, Scene, Simulation, assert_holds, eventually, text, tidings};
use tokio::process::Command;

/// A gateway with a channel on the simulator, connected as the introduction says. Answers the channel's id.
async fn connected(scene: &mut Scene, simulation: &Simulation) -> Result<(Api, String)> {
    let channel = scene.api.post("/v1/channels", &simulation.printed("/v1/channels")?).await?.ok()?;
    let mut api = simulation.api()?;
    let mut callback = simulation.printed("/simulator/callback")?;
    let url = text(&callback, "/url").replace("CHANNEL_ID", text(&channel, "/id"));
    callback["url"] = json!(url.replace("http://127.0.0.1:7777", &scene.server.base()));
    callback["verify_token"] = channel["verify_token"].clone();
    api.call(http::Method::PUT, "/simulator/callback", Some(&callback), &[]).await?.ok()?;
    Ok((api, text(&channel, "/id").to_owned()))
}

#[tokio::test]
async fn a_gateway_connects_by_what_is_printed_and_talks_with_a_customer() {
    let mut simulation = Simulation::start(&[]).await.unwrap();
    let mut scene = Scene::start().await.unwrap();
    let (mut api, channel) = connected(&mut scene, &simulation).await.unwrap();
    api.post("/simulator/customers", &simulation.printed("/simulator/customers").unwrap()).await.unwrap().ok().unwrap();
    api.post("/simulator/messages", &simulation.printed("/simulator/messages").unwrap()).await.unwrap().ok().unwrap();
    simulation.line_with(&["webhook", "200", "text from 15550100001"]).await.unwrap();
    let list = scene.api.get("/v1/messages").await.unwrap().ok().unwrap();
    assert_holds(&list["data"][0], &json!({ "direction": "inbound", "channel_id": channel }));

    let message = json!({ "channel_id": channel, "to": "+15550100001", "text": "It is on its way." });
    let sent = scene.send(&message).await.unwrap();
    scene.until(text(&sent, "/id"), "read").await.unwrap();
    simulation.line_with(&["webhook", "read of a message to 15550100001"]).await.unwrap();
    let person = api.get("/simulator/customers/15550100001").await.unwrap().ok().unwrap();
    let chat: Vec<(&str, &str)> = person["chat"]
        .as_array()
        .unwrap()
        .iter()
        .map(|bubble| (text(bubble, "/from"), text(bubble, "/text")))
        .collect();
    assert_eq!(chat, [("customer", "Hello?"), ("business", "It is on its way.")]);

    // A number that asks for trouble is a customer like any other, until it is written to.
    let trouble = json!({ "customer": "15550109011", "text": "Hello?" });
    api.post("/simulator/customers", &json!({ "name": "Trouble", "phone": "15550109011" }))
        .await
        .unwrap()
        .ok()
        .unwrap();
    api.post("/simulator/messages", &trouble).await.unwrap().ok().unwrap();
    simulation.line_with(&["webhook", "200", "text from 15550109011"]).await.unwrap();
    let message = json!({ "channel_id": channel, "to": "+15550109011", "text": "Hi" });
    let sent = scene.send(&message).await.unwrap();
    let failed = scene.until(text(&sent, "/id"), "failed").await.unwrap();
    assert_holds(&failed["error"], &json!({ "vendor_code": "131026" }));
    simulation.stop().await.unwrap();
}

#[tokio::test]
async fn a_callback_of_the_command_line_is_asked_where_a_token_is_given() {
    let mut receiver = Receiver::start().await.unwrap();
    let url = receiver.url("/in");
    // It answers 200, but not with the challenge.
    let mut asking = Simulation::start(&["--callback", &url, "--verify-token", "sesame"]).await.unwrap();
    asking.line_with(&["webhooks go nowhere yet", "challenge"]).await.unwrap();
    assert!(receiver.arrived()[0].headers.get("x-hub-signature-256").is_none());
    let told = asking.api().unwrap().get("/simulator").await.unwrap().ok().unwrap();
    assert_eq!(told["callback"], Value::Null);

    let trusting = Simulation::start(&["--callback", &url, "--app-secret", "other", "--seed", "2"]).await.unwrap();
    let mut api = trusting.api().unwrap();
    api.post("/simulator/customers", &json!({ "name": "Ana" })).await.unwrap().ok().unwrap();
    api.post("/simulator/messages", &json!({ "customer": "cust_1", "text": "Hello?" })).await.unwrap().ok().unwrap();
    let arrival = receiver.next().await.unwrap();
    assert_eq!(arrival.header("x-hub-signature-256"), Some(sign("other", &arrival.body).as_str()));
}

#[tokio::test]
async fn faults_of_the_command_line_are_there_from_the_start() {
    let mut receiver = Receiver::start().await.unwrap();
    let url = receiver.url("/in");
    let crowd = ["--callback", &url, "--faults", r#"{"batch_messages": 1000}"#, "--trouble", "9023"];
    let troubled = Simulation::start(&crowd).await.unwrap();
    let webhook: Value = serde_json::from_slice(&receiver.next().await.unwrap().body).unwrap();
    assert_eq!(webhook["entry"].as_array().unwrap().len(), 1000);
    let refuse = r#"{"default": {"kind": "refuse", "http_status": 429, "code": 80007}}"#;
    let refusing = Simulation::start(&["--behaviours", refuse]).await.unwrap();
    let message = json!({ "messaging_product": "whatsapp", "to": "15550100001", "text": { "body": "x" } });
    for (simulation, status, code) in [(troubled, 401, 190), (refusing, 429, 80_007)] {
        let mut client = Api::new(simulation.base(), "simulated-access-token").unwrap();
        let answer = client.post("/v26.0/106540352242922/messages", &message).await.unwrap();
        assert_eq!((answer.status.as_u16(), &answer.json["error"]["code"]), (status, &json!(code)));
    }
    for (option, wrong, named) in [
        ("--trouble", "9999", "9999"),
        ("--behaviours", r#"{"nxt": []}"#, "nxt"),
        ("--faults", "[]", "--faults: a JSON object is expected"),
        // These post, and there is nobody to post to, or nothing to post.
        ("--faults", r#"{"batch_messages": 5}"#, "--faults: batch_messages: "),
        ("--faults", r#"{"repeat_webhooks": 5}"#, "--faults: repeat_webhooks: "),
        ("--callback", "https://example.com/in", "--callback: "),
        ("--phone", "abc", "--phone"),
    ] {
        let told =
            tidings("http://127.0.0.1:1", &["simulate", "--listen", "127.0.0.1:0", option, wrong]).await.unwrap();
        assert!(told.code == Some(2) && told.errors.contains(named), "{option}: {told:?}");
        assert!(!told.output.contains("listening on"), "{option}: {told:?}");
    }
}

#[tokio::test]
async fn a_client_library_of_others_finds_what_it_asks_for() {
    if std::env::var_os("TIDINGS_PYPI").is_none() {
        eprintln!("skipped: TIDINGS_PYPI=1 installs pywa from PyPI and drives the simulator with it");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let environment = folder.path().join("venv");
    let python = environment.join("bin/python");
    if !runs("python3", &["-m", "venv", environment.to_str().unwrap()]).await
        || !runs(python.to_str().unwrap(), &["-m", "pip", "install", "--quiet", "pywa"]).await
    {
        eprintln!("skipped: without python3 or the network pywa cannot be installed");
        return;
    }
    let simulation = Simulation::start(&["--access-token", "EAAG-pywa"]).await.unwrap();
    let mut api = simulation.api().unwrap();
    let customer = json!({ "name": "Ana", "phone": "15550100001" });
    api.post("/simulator/customers", &customer).await.unwrap().ok().unwrap();
    let written = json!({ "customer": "15550100001", "text": "Hello?" });
    let written = api.post("/simulator/messages", &written).await.unwrap().ok().unwrap();
    let state = api.get("/simulator").await.unwrap().ok().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/black_box/simulate/drive.py");
    let driven = Command::new(python)
        .arg(script)
        .args([
            simulation.base(),
            text(&state, "/account/phone_number_id"),
            text(&state, "/account/business_account_id"),
        ])
        .args(["EAAG-pywa", "15550100001", text(&written, "/id")])
        .output()
        .await
        .unwrap();
    assert!(driven.status.success(), "{}", String::from_utf8_lossy(&driven.stderr));
    assert_eq!(String::from_utf8_lossy(&driven.stdout).trim(), "done");
}

async fn runs(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().await.is_ok_and(|output| output.status.success())
}

#[tokio::test]
async fn a_person_writes_from_the_page() {
    let simulation = Simulation::start(&[]).await.unwrap();
    let Some(mut browser) = Browser::open(&format!("{}/", simulation.base())).await.unwrap() else {
        eprintln!("skipped: no chromium is installed");
        return;
    };
    // While the page is loading: what it asked for before must not hide what is told since.
    let mut scene = Scene::start().await.unwrap();
    let (mut api, channel) = connected(&mut scene, &simulation).await.unwrap();
    browser.until("document.getElementById('account')?.textContent.includes('15550783881')").await.unwrap();
    browser.until("document.getElementById('callback').textContent.includes('/in/chan_')").await.unwrap();
    let fill = |id: &str, value: &str| format!("document.getElementById('{id}').value = {}", json!(value));
    let press = |id: &str| format!("document.querySelector('{id}').click()");
    browser.evaluate(&press("#add")).await.unwrap();
    browser.evaluate(&fill("new-name", "Ana <i>Souza</i>")).await.unwrap();
    browser.evaluate(&fill("new-phone", "+1 555 010 0001")).await.unwrap();
    browser.evaluate(&press("#new button")).await.unwrap();
    browser
        .until("document.querySelector('#customers option:checked')?.textContent.startsWith('Ana <i>')")
        .await
        .unwrap();
    browser.evaluate(&fill("text", "<b id=bold>Hello?</b>")).await.unwrap();
    browser.evaluate(&press("#write button:last-child")).await.unwrap();
    // Two ticks: the gateway has it. And markup is nothing but words.
    browser.until("document.querySelector('.bubble.customer .ticks.delivered')").await.unwrap();
    let shown = browser.evaluate("document.querySelector('.bubble.customer .words').textContent").await.unwrap();
    assert_eq!(shown, "<b id=bold>Hello?</b>");
    assert_eq!(browser.evaluate("document.getElementById('bold')").await.unwrap(), Value::Null);

    let buttons = json!([{ "id": "y", "title": "Yes" }, { "id": "n", "title": "No" }]);
    let asked = json!({ "type": "buttons", "body": "Well?", "buttons": buttons });
    scene.send(&json!({ "channel_id": channel, "to": "+15550100001", "interactive": asked })).await.unwrap();
    browser.until("document.querySelector('.bubble.business .ticks.read')").await.unwrap();
    browser.evaluate(&press(".bubble.business .choices button:last-child")).await.unwrap();
    browser.evaluate(&press("#picture")).await.unwrap();
    browser
        .until("[...document.querySelectorAll('.bubble img')].some((image) => image.naturalWidth === 64)")
        .await
        .unwrap();
    eventually("the gateway has the button and the picture", async || {
        let list = scene.api.get("/v1/messages?direction=inbound").await?.ok()?;
        Ok(Some(()).filter(|()| list["data"].as_array().is_some_and(|all| all.len() == 3)))
    })
    .await
    .unwrap();
    browser.evaluate(&press(".bubble.business .react")).await.unwrap();
    browser.until("document.querySelector('.bubble.business .reaction')?.textContent === '👍'").await.unwrap();
    browser.evaluate("document.querySelector('#log summary').click()").await.unwrap();
    browser.until("JSON.parse(document.querySelector('#log pre').textContent).id > 0").await.unwrap();
    assert_eq!(api.get("/simulator").await.unwrap().ok().unwrap()["counts"]["messages_taken"], 1);
}
