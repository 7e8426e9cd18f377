//! The statuses as they arrive at the callback.

use http::StatusCode;
use serde_json::Value;

use super::{Scene, body, text, told};
use crate::{
    receiver,
    whatsapp::{
        Customer,
        graph::{Behaviour, Ladder, Order},
    },
};

#[tokio::test]
async fn follow_the_answer_signed_and_in_order() {
    let mut scene = Scene::start().await;
    scene.graph.introduce(&Customer {
        name: "Ana".into(),
        phone: Some("5511987654321".into()),
        user_id: Some("BR.1".into()),
        username: None,
    });
    scene.graph.next(Behaviour::Accept { ladder: Ladder { offset_seconds: -259_200, ..Ladder::full() } });
    let answer = body(&scene.send(&text("+5511987654321", "msg_1")).await);
    assert_eq!(answer["contacts"][0]["user_id"], "BR.1");
    let first = scene.callback.next().await.unwrap();
    let webhook: Value = serde_json::from_slice(&first.body).unwrap();
    let value = &webhook["entry"][0]["changes"][0]["value"];
    assert_eq!(value["statuses"][0]["id"], answer["messages"][0]["id"]);
    assert_eq!(value["statuses"][0]["timestamp"], "1776349800");
    assert_eq!(value["statuses"][0]["pricing"]["pricing_model"], "PMP");
    assert_eq!(value["statuses"][0]["recipient_user_id"], "BR.1");
    assert_eq!(value["contacts"][0]["profile"]["name"], "Ana");
    scene.graph.idle().await;
    assert_eq!(told(&mut scene.callback), [["delivered msg_1"], ["read msg_1"]]);
}

#[tokio::test]
async fn come_before_the_answer_when_they_are_told_to() {
    let mut scene = Scene::start().await;
    scene.graph.next(Behaviour::StatusesFirst { ladder: Ladder { carry_tracker: false, ..Ladder::full() } });
    assert_eq!(scene.send(&text("1", "msg_1")).await.status(), 200);
    assert_eq!(told(&mut scene.callback), [["sent -"], ["delivered -"], ["read -"]]);
}

#[tokio::test]
async fn come_batched_and_reversed_and_as_failures() {
    let mut scene = Scene::start().await;
    let ladder = Ladder { batched: true, order: Order::Reversed, delay_millis: 5, ..Ladder::full() };
    scene.graph.always_for("1", Behaviour::Accept { ladder });
    scene.send(&text("1", "msg_1")).await;
    scene.graph.idle().await;
    assert_eq!(told(&mut scene.callback), [["read msg_1", "delivered msg_1", "sent msg_1"]]);
    scene.graph.next(Behaviour::Accept { ladder: Ladder::failed(131_049) });
    scene.send(&text("2", "msg_2")).await;
    let failed: Value = serde_json::from_slice(&scene.callback.next().await.unwrap().body).unwrap();
    assert_eq!(failed["entry"][0]["changes"][0]["value"]["statuses"][0]["errors"][0]["code"], 131_049);
}

#[tokio::test]
async fn are_repeated_until_they_are_taken() {
    let mut scene = Scene::start().await;
    scene.callback.behave("/in", receiver::Behaviour::status(StatusCode::SERVICE_UNAVAILABLE));
    scene.graph.next(Behaviour::Accept { ladder: Ladder::full() });
    scene.send(&text("1", "msg_1")).await;
    for _ in 0..3 {
        scene.callback.next().await.unwrap();
    }
    scene.callback.behave("/in", receiver::Behaviour::ok());
    scene.graph.idle().await;
    let told = told(&mut scene.callback).concat();
    assert_eq!(told[told.len() - 3..], ["sent msg_1", "delivered msg_1", "read msg_1"]);
    assert_eq!(scene.graph.given_up(), 0);
}

#[tokio::test]
async fn are_dropped_without_a_callback() {
    let mut scene = Scene::start().await;
    scene.graph.set_callback(None);
    scene.graph.behave(Behaviour::Accept { ladder: Ladder::full() });
    scene.send(&text("1", "msg_1")).await;
    scene.graph.idle().await;
    assert!(scene.callback.arrived().is_empty());
    scene.graph.set_callback(Some(scene.callback.url("/other")));
    scene.send(&text("1", "msg_2")).await;
    scene.graph.idle().await;
    assert_eq!(scene.callback.arrived().len(), 3);
}
