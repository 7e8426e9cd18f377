//! `tidings demo`: for programs, for those who stay, and for people.

use std::{collections::BTreeSet, process::Stdio};

use serde_json::{Value, json};
use tidings_tests::{Api, binary};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Command,
    time::{Duration, timeout},
};

/// However busy the machine is with other tests.
const PATIENCE: Duration = Duration::from_mins(2);

/// Format and event of a line on a pipe, and its event id.
fn words(line: &str) -> (&str, &str, &str) {
    let words: Vec<_> = line.split(' ').collect();
    let [time, format, event, id, verified, status] = words[..] else { panic!("not six words: {line}") };
    assert!(time.ends_with('Z') && id.starts_with("evt_"), "{line}");
    assert_eq!((verified, status), ("verified", "200"), "{line}");
    (format, event, id)
}

#[tokio::test]
async fn programs_get_both_formats_verified_one_line_each() {
    let output = Command::new(binary().unwrap()).args(["demo", "--once"]).output().await.unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && errors.is_empty(), "{errors}");
    let printed = String::from_utf8(output.stdout).unwrap();
    let told: BTreeSet<_> = printed.lines().map(words).collect();
    assert_eq!(told.len(), printed.lines().count(), "nothing comes twice: {printed}");
    for (format, event, number) in [
        ("lifecycle", "contact.created", 2),
        ("lifecycle", "conversation.created", 2),
        ("lifecycle", "message.received", 4),
        ("lifecycle", "message.sent", 2),
        ("lifecycle", "message.delivered", 1),
        ("lifecycle", "message.read", 1),
        ("lifecycle", "message.updated", 1),
        ("lifecycle", "message.failed", 1),
        ("object", "message.received", 4),
        ("object", "message.sent", 2),
        ("object", "message.updated", 4),
    ] {
        let found = told.iter().filter(|(one, other, _)| (*one, *other) == (format, event)).count();
        assert_eq!(found, number, "{format} {event}: {printed}");
    }
    assert_eq!(told.len(), 24, "and nothing else: {printed}");
}

#[tokio::test]
async fn a_folder_of_an_earlier_demo_is_told_of_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let show = async || {
        let mut command = Command::new(binary().unwrap());
        command.args(["demo", "--once", "--data"]).arg(folder.path().join("data")).output().await.unwrap()
    };
    assert!(show().await.status.success());
    let again = show().await;
    let told = String::from_utf8_lossy(&again.stderr);
    assert!(again.status.code() == Some(2) && told.contains("--data") && !told.contains('{'), "{told}");
}

#[tokio::test]
async fn who_stays_goes_on_by_what_is_printed_until_it_is_ended() {
    let mut demo = Command::new(binary().unwrap())
        .arg("demo")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines();
    let mut told = BufReader::new(demo.stderr.take().unwrap()).lines();
    let mut invitation = String::new();
    while !invitation.contains("Ctrl-C") {
        let line = timeout(PATIENCE, told.next_line()).await.expect("it invites").unwrap();
        invitation.push_str(&line.expect("it has not ended"));
        invitation.push('\n');
    }
    for _ in 0..24 {
        timeout(PATIENCE, lines.next_line()).await.expect("the story is told").unwrap().unwrap();
    }
    let mut next = async || {
        let line = timeout(PATIENCE, lines.next_line()).await.expect("it goes on").unwrap().unwrap();
        let (format, event, _) = words(&line);
        format!("{format} {event}")
    };

    // The page is the one to write from.
    let page = invitation.lines().map(str::trim).find(|line| line.starts_with("http://")).unwrap();
    let mut customers = Api::new(page.trim_end_matches('/'), "none is needed").unwrap();
    let shown = customers.get("/").await.unwrap();
    assert_eq!(shown.status, 200);
    let written = json!({ "customer": "+5511987654321", "text": "One more thing" });
    customers.post("/simulator/messages", &written).await.unwrap().ok().unwrap();
    let heard = BTreeSet::from([next().await, next().await]);
    assert_eq!(heard, ["lifecycle message.received", "object message.received"].map(str::to_owned).into());

    // The line that is ready to be pasted.
    let line = invitation.lines().map(str::trim).find(|line| line.starts_with("curl ")).unwrap();
    let (call, document) = line.split_once(" -d '").unwrap();
    let key = call.split_once("Bearer ").unwrap().1.split_once('\'').unwrap().0;
    let address = call.split(' ').nth(1).unwrap();
    let document: Value = serde_json::from_str(document.trim_end_matches('\'')).unwrap();
    let (base, path) = address.split_at(address.find("/v1/").unwrap());
    Api::new(base, key).unwrap().post(path, &document).await.unwrap().ok().unwrap();
    let mut heard = Vec::new();
    for _ in 0..6 {
        heard.push(next().await);
    }
    heard.retain(|one| one.starts_with("lifecycle"));
    assert_eq!(heard, ["lifecycle message.sent", "lifecycle message.delivered", "lifecycle message.read"]);

    let asked = Command::new("sh").args(["-c", &format!("kill -INT {}", demo.id().unwrap())]).status().await.unwrap();
    assert!(asked.success());
    let status = timeout(PATIENCE, demo.wait()).await.expect("it ends").unwrap();
    assert_eq!(status.code(), Some(0));
}

#[tokio::test]
async fn people_get_a_story_in_colours_unless_they_want_none() {
    let program = binary().unwrap();
    let on_a_terminal = async |colours: bool| {
        // A terminal from util-linux.
        let mut command = Command::new("script");
        command.args(["-qec", &format!("'{}' demo --once", program.display()), "/dev/null"]).env("TERM", "xterm");
        if colours {
            command.env_remove("NO_COLOR")
        } else {
            command.env("NO_COLOR", "1")
        };
        command.stdin(Stdio::null()).output().await.ok()
    };
    let Some(colourful) = on_a_terminal(true).await else {
        eprintln!("skipped: there is no `script` of util-linux");
        return;
    };
    let colourful = String::from_utf8(colourful.stdout).unwrap();
    assert!(colourful.contains("\u{1b}[32mverified\u{1b}[0m"), "{colourful}");
    let plain = String::from_utf8(on_a_terminal(false).await.unwrap().stdout).unwrap();
    assert!(!plain.contains('\u{1b}'), "{plain}");
    for told in ["/docs", "“Is my order on its way?”", "[Yes, please]", "Message undeliverable", "Everything arrived"]
    {
        assert!(plain.contains(told), "{told} is not in {plain}");
    }
}
