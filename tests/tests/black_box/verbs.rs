//! The other verbs of the binary.

use std::process::Output;

use tidings_tests::{Scene, binary};
use tokio::process::Command;

async fn run(arguments: &[&str]) -> Output {
    Command::new(binary().unwrap()).args(arguments).output().await.unwrap()
}

#[tokio::test]
async fn the_document_is_printed_as_it_is_served() {
    let mut scene = Scene::start().await.unwrap();
    let served = scene.api.get("/openapi.json").await.unwrap().ok().unwrap();
    let output = run(&["openapi"]).await;
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap(), served);
}

#[tokio::test]
async fn what_is_wrong_with_an_option_is_said() {
    for (arguments, word) in [
        (&["serve", "--listen", "nowhere"][..], "nowhere"),
        (&["serve", "--config", "/does/not/exist.toml"], "/does/not/exist.toml"),
        (&["serve", "--allow-networks", "10.0.0.0/99"], "10.0.0.0/99"),
        (&["fly"], "fly"),
    ] {
        let output = run(arguments).await;
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(word), "{arguments:?}: {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
}
