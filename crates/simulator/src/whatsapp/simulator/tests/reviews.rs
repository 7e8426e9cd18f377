//! Templates, and what Meta decides about them.

use serde_json::{Value, json};

use super::{MESSAGES, Scene};

const TEMPLATES: &str = "/v26.0/102290129340398/message_templates";

fn message() -> Value {
    let template = json!({ "name": "bye", "language": { "code": "pt_BR" } });
    json!({ "messaging_product": "whatsapp", "to": "1555", "type": "template", "template": template })
}

#[tokio::test]
async fn a_template_is_reviewed_and_deleted_and_the_callback_is_told() {
    let mut scene = Scene::start().await;
    let body = json!([{ "type": "BODY", "text": "Bye" }]);
    let template = json!({ "name": "bye", "language": "pt_BR", "category": "MARKETING", "components": body });
    let made = scene.ask("POST", TEMPLATES, template).await;
    assert_eq!(made["status"], "PENDING");
    let told = scene.told().await;
    let id: u64 = made["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(
        told,
        [json!({
            "event": "APPROVED",
            "message_template_id": id,
            "message_template_name": "bye",
            "message_template_language": "pt_BR",
            "message_template_category": "MARKETING",
            "reason": "NONE",
        })]
    );
    assert_eq!(scene.ask("GET", &format!("/v26.0/{id}"), Value::Null).await["status"], "APPROVED");
    scene.ask("POST", MESSAGES, message()).await;
    assert_eq!(scene.words().await, ["sent", "delivered", "read"]);
    scene.ask("DELETE", &format!("{TEMPLATES}?name=bye"), Value::Null).await;
    assert_eq!(scene.words().await, ["DELETED"]);
}

#[tokio::test]
async fn a_template_that_meta_does_not_let_pass_cannot_be_sent() {
    let mut scene = Scene::start().await;
    let template = json!({ "name": "bye", "language": "pt_BR", "category": "UTILITY" });
    scene.ask("POST", TEMPLATES, template).await;
    let decide = |status: &str| json!({ "name": "bye", "language": "pt_BR", "status": status });
    scene.ask("POST", "/simulator/templates", decide("REJECTED")).await;
    // What is decided already is not approved when the review would be over.
    assert_eq!(scene.words().await, ["REJECTED"]);
    for (status, code) in [("PENDING", 132_001), ("REJECTED", 132_001), ("PAUSED", 132_015), ("DISABLED", 132_016)] {
        scene.ask("POST", "/simulator/templates", decide(status)).await;
        let told = scene.told().await.remove(0);
        assert_eq!(told["event"], status);
        assert_eq!(told["reason"], if status == "REJECTED" { "INVALID_FORMAT" } else { "NONE" });
        let (_, refused) = scene.refused("POST", MESSAGES, message()).await;
        assert_eq!(refused["error"]["code"], code, "{status}");
    }
    let unknown = json!({ "name": "nothing", "status": "APPROVED" });
    assert_eq!(scene.refused("POST", "/simulator/templates", unknown).await.0, 404);
    let odd = json!({ "name": "bye", "status": "PAUSED", "reason": "SCAM" });
    let (status, told) = scene.refused("POST", "/simulator/templates", odd).await;
    assert_eq!((status, &told["error"]["at"]), (400, &json!("reason")));
}
