//! Messages with files that were uploaded before.

use http::StatusCode;
use serde_json::{Value, json};
use tidings_simulator::whatsapp::graph::{Behaviour, Ladder};
use tidings_tests::{Outlet, Scene, text, webhooks::customer};

/// How often the vendor was given a file.
fn uploads(outlet: &Outlet) -> usize {
    outlet.graph.calls().into_iter().filter(|call| call.path.ends_with("/media")).count()
}

async fn picture(scene: &mut Scene, filename: &str) -> Value {
    let uploaded = scene.api.upload(filename, "image/png", filename.as_bytes()).await.unwrap().ok().unwrap();
    json!({ "media": { "type": "image", "media_id": uploaded["id"] } })
}

#[tokio::test]
async fn an_uploaded_file_is_given_to_the_vendor_once_and_sent_by_its_id() {
    let (mut scene, outlet, ana) = Scene::in_conversation().await.unwrap();
    let uploaded = scene.api.upload("a.png", "image/png", b"a picture").await.unwrap().ok().unwrap();
    let image = json!({ "media": { "type": "image", "media_id": uploaded["id"], "caption": "A" } });
    for _ in 0..2 {
        let message = scene.send(&outlet.to(&ana, image.clone())).await.unwrap();
        let sent = scene.until(text(&message, "/id"), "sent").await.unwrap();
        assert_eq!(sent["attachments"][0]["file"]["id"], uploaded["id"], "{sent:#}");
    }
    assert_eq!(uploads(&outlet), 1);
    let sent = outlet.sent();
    assert_eq!(sent.len(), 2);
    assert!(sent.iter().all(|sent| sent["image"]["id"].is_string() && sent["image"]["caption"] == "A"), "{sent:#?}");
    let wrong = json!({ "media": { "type": "video", "media_id": uploaded["id"] } });
    let problem = scene.api.post("/v1/messages", &outlet.to(&ana, wrong)).await.unwrap();
    problem.problem(422, "validation_failed").unwrap();
    let missing = json!({ "media": { "type": "image", "media_id": "med_00000000000000000000000000" } });
    let problem = scene.api.post("/v1/messages", &outlet.to(&ana, missing)).await.unwrap();
    let problem = problem.problem(422, "validation_failed").unwrap();
    assert_eq!(tidings_tests::pointers(&problem), ["/media/media_id"]);
}

#[tokio::test]
async fn a_file_that_the_vendor_lost_is_given_to_it_again() {
    let (mut scene, outlet, ana) = Scene::in_conversation().await.unwrap();
    let image = picture(&mut scene, "a.png").await;
    let message = scene.send(&outlet.to(&ana, image.clone())).await.unwrap();
    scene.until(text(&message, "/id"), "sent").await.unwrap();
    outlet.graph.next(Behaviour::refuse(StatusCode::BAD_REQUEST, 131_053));
    let message = scene.send(&outlet.to(&ana, image.clone())).await.unwrap();
    scene.until(text(&message, "/id"), "sent").await.unwrap();
    assert_eq!(uploads(&outlet), 2);
    // Also where it names no reason but a parameter that cannot be.
    outlet.graph.forget_media();
    let message = scene.send(&outlet.to(&ana, image.clone())).await.unwrap();
    scene.until(text(&message, "/id"), "sent").await.unwrap();
    assert_eq!(uploads(&outlet), 3);

    // That may have been the reason, or not: once is enough.
    for _ in 0..2 {
        outlet.graph.next(Behaviour::refuse(StatusCode::BAD_REQUEST, 131_009));
    }
    let message = scene.send(&outlet.to(&ana, image)).await.unwrap();
    scene.until(text(&message, "/id"), "failed").await.unwrap();
    assert_eq!(uploads(&outlet), 4);
}

#[tokio::test]
async fn a_file_that_a_status_says_is_lost_is_given_to_the_vendor_again() {
    let (mut scene, outlet, ana) = Scene::in_conversation().await.unwrap();
    let image = picture(&mut scene, "a.png").await;
    outlet.graph.next(Behaviour::Accept { ladder: Ladder::failed(131_053) });
    let message = scene.send(&outlet.to(&ana, image.clone())).await.unwrap();
    let id = text(&message, "/id");
    scene.until(id, "failed").await.unwrap();
    assert_eq!(uploads(&outlet), 1);
    scene.api.post(&format!("/v1/messages/{id}/retry"), &json!({})).await.unwrap().ok().unwrap();
    scene.until(id, "sent").await.unwrap();
    assert_eq!(uploads(&outlet), 2);
}

#[tokio::test]
async fn uploads_in_bulk_that_hang_hold_up_nobody_else() {
    let (mut scene, mut outlet, ana) = Scene::in_conversation().await.unwrap();
    for number in 2..72 {
        let ben = customer(number);
        outlet.hears(&ben, &format!("wamid.first.{number}")).await.unwrap();
        let filename = format!("{number}.png");
        outlet.graph.stall_upload(&filename);
        let mut message = outlet.to(&ben, picture(&mut scene, &filename).await);
        message["priority"] = json!("bulk");
        scene.send(&message).await.unwrap();
    }
    let image = picture(&mut scene, "reply.png").await;
    for reply in [image, json!({ "text": "Hi" })] {
        let message = scene.send(&outlet.to(&ana, reply)).await.unwrap();
        scene.until(text(&message, "/id"), "sent").await.unwrap();
    }
}
