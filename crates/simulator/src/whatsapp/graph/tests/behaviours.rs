//! Each behaviour from the caller's side, and what was taken all the same.

use http::StatusCode;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{MESSAGES, Scene, TOKEN, body, message_request, text, told};
use crate::{
    ClientError, Connection,
    whatsapp::graph::{Behaviour, Ladder},
};

#[tokio::test]
async fn an_accepted_message_is_answered_with_its_id() {
    let mut scene = Scene::start().await;
    let answer = scene.send(&text("+55 11 98765-4321", "msg_1")).await;
    assert_eq!(answer.status(), 200);
    let answer = body(&answer);
    let id = answer["messages"][0]["id"].as_str().unwrap().to_owned();
    assert!(id.starts_with("wamid."));
    assert_eq!(answer["contacts"], json!([{ "input": "+55 11 98765-4321", "wa_id": "5511987654321" }]));
    assert_eq!(answer["messaging_product"], "whatsapp");

    let call = scene.graph.next_call().await;
    assert_eq!((call.sequence, call.method.as_str(), call.path.as_str()), (1, "POST", MESSAGES));
    assert_eq!(call.body, text("+55 11 98765-4321", "msg_1"));
    assert_eq!(call.accepted.as_ref(), Some(&id));
    assert_eq!(scene.graph.accepted("msg_1"), [id]);
}

#[tokio::test]
async fn a_message_to_a_user_id_is_answered_without_a_number() {
    let mut scene = Scene::start().await;
    let mut message = text("", "msg_1");
    message["recipient"] = json!("US.13491208655302741918");
    let answer = body(&scene.send(&message).await);
    let contact = json!({ "input": "US.13491208655302741918", "user_id": "US.13491208655302741918" });
    assert_eq!(answer["contacts"], json!([contact]));

    let behaviour =
        Behaviour::AcceptAs { wa_id: "551187654321".into(), user_id: Some("BR.1".into()), ladder: Ladder::none() };
    scene.graph.next_for("+5511987654321", behaviour);
    let answer = body(&scene.send(&text("5511987654321", "msg_2")).await);
    assert_eq!(answer["contacts"], json!([{ "input": "5511987654321", "wa_id": "551187654321", "user_id": "BR.1" }]));
}

#[tokio::test]
async fn what_is_wrong_is_said_as_the_vendor_says_it() {
    let mut scene = Scene::start().await;
    scene.graph.behave(Behaviour::Hang { accepted: true, ladder: Ladder::none() });
    let mut wrong = text("1", "msg_1");
    wrong["text"] = json!({});
    let answer = scene.send(&wrong).await;
    assert_eq!(answer.status(), 400);
    let error = &body(&answer)["error"];
    assert_eq!((&error["code"], &error["type"]), (&json!(131_008), &json!("OAuthException")));
    assert_eq!(error["error_data"]["details"], "Parameter 'text.body' is missing.");
    assert!(error["fbtrace_id"].is_string());
    let no_json = scene.call("POST", MESSAGES, "{").await;
    assert_eq!((no_json.status().as_u16(), &body(&no_json)["error"]["code"]), (400, &json!(100)));
    assert_eq!((scene.graph.count(), scene.graph.accepted_count()), (2, 0));
}

#[tokio::test]
async fn refuses_as_it_is_told_and_once_each() {
    let mut scene = Scene::start().await;
    scene.graph.next(Behaviour::Refuse {
        http_status: StatusCode::TOO_MANY_REQUESTS,
        code: 131_056,
        subcode: Some(2_494_055),
        details: "Too many messages to this number.".into(),
        transient: true,
        retry_after: Some(6),
    });
    scene.graph.next(Behaviour::refuse(StatusCode::BAD_REQUEST, 131_047));
    let answer = scene.send(&text("1", "msg_1")).await;
    assert_eq!((answer.status().as_u16(), &answer.headers()["retry-after"]), (429, &"6".parse().unwrap()));
    let error = &body(&answer)["error"];
    assert_eq!(error["message"], "(#131056) (Business Account, Consumer Account) pair rate limit hit");
    assert_eq!((&error["error_subcode"], &error["is_transient"]), (&json!(2_494_055), &json!(true)));
    assert_eq!(body(&scene.send(&text("1", "msg_1")).await)["error"]["code"], 131_047);
    assert_eq!(scene.send(&text("1", "msg_1")).await.status(), 200);
    assert_eq!(scene.graph.accepted("msg_1").len(), 1);
}

#[tokio::test]
async fn a_lost_answer_does_not_take_the_message_back() {
    let mut scene = Scene::start().await;
    for behaviour in [
        Behaviour::LoseAnswer { ladder: Ladder::full() },
        Behaviour::BreakAnswer { ladder: Ladder::full() },
        Behaviour::ResetUnread,
    ] {
        scene.graph.next(behaviour);
        assert!(matches!(scene.try_send(&text("1", "msg_1")).await, Err(ClientError::Exchange(_))));
    }
    scene.graph.idle().await;
    assert_eq!(scene.graph.accepted("msg_1").len(), 2);
    assert_eq!(told(&mut scene.callback).len(), 6);
    assert_eq!(scene.graph.calls()[2].accepted, None);
}

/// What a socket sees of a request before it breaks.
async fn raw(scene: &Scene, behaviour: Behaviour) -> (String, std::io::ErrorKind) {
    scene.graph.next(behaviour);
    let body = text("1", "msg_1").to_string();
    let head = format!("POST {MESSAGES} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {TOKEN}\r\n");
    let request = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
    let mut stream = TcpStream::connect(scene.graph.base().strip_prefix("http://").unwrap()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut seen = Vec::new();
    let error = stream.read_to_end(&mut seen).await.unwrap_err();
    (String::from_utf8(seen).unwrap(), error.kind())
}

#[tokio::test]
async fn a_reset_is_a_reset() {
    let scene = Scene::start().await;
    let reset = std::io::ErrorKind::ConnectionReset;
    assert_eq!(raw(&scene, Behaviour::LoseAnswer { ladder: Ladder::none() }).await, (String::new(), reset));
    let (seen, error) = raw(&scene, Behaviour::BreakAnswer { ladder: Ladder::none() }).await;
    assert_eq!(error, reset);
    let (head, body) = seen.split_once("\r\n\r\n").unwrap();
    let length: usize = head.split_once("content-length: ").unwrap().1.split("\r\n").next().unwrap().parse().unwrap();
    assert!(head.starts_with("HTTP/1.1 200"));
    assert_eq!(body.len(), length / 2);
}

#[tokio::test]
async fn a_hanging_call_is_taken_or_not() {
    let mut scene = Scene::start().await;
    for accepted in [true, false] {
        scene.graph.next(Behaviour::Hang { accepted, ladder: Ladder::full() });
        let message = text("1", "msg_1");
        tokio::select! {
            answer = scene.try_send(&message) => panic!("{answer:?}"),
            call = scene.graph.next_call() => assert_eq!(call.accepted.is_some(), accepted),
        }
        // The statuses come all the same, and still there is no answer.
        scene.graph.idle().await;
    }
    assert_eq!(scene.graph.accepted("msg_1").len(), 1);
    assert_eq!(told(&mut scene.callback).len(), 3);
}

#[tokio::test]
async fn a_slow_answer_is_whole_in_the_end() {
    let mut scene = Scene::start().await;
    scene.graph.next(Behaviour::SlowDrip { ladder: Ladder::full(), millis_per_byte: 1 });
    let answer = scene.send(&text("1", "msg_1")).await;
    assert_eq!(body(&answer)["messages"][0]["id"], scene.graph.accepted("msg_1")[0]);
}

#[tokio::test]
async fn errors_of_servers_say_nothing_of_the_message() {
    let mut scene = Scene::start().await;
    for accepted in [true, false] {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        scene.graph.next(Behaviour::ServerError { status, accepted, ladder: Ladder::none(), with_object: true });
        let answer = scene.send(&text("1", "object")).await;
        assert_eq!((answer.status(), &body(&answer)["error"]["code"]), (status, &json!(2)));

        let status = StatusCode::BAD_GATEWAY;
        scene.graph.next(Behaviour::ServerError { status, accepted, ladder: Ladder::none(), with_object: false });
        let answer = scene.send(&text("1", "page")).await;
        assert_eq!((answer.status(), answer.body().starts_with(b"<html>")), (status, true));

        scene.graph.next(Behaviour::Garbage { accepted, ladder: Ladder::none() });
        let answer = scene.send(&text("1", "garbage")).await;
        assert_eq!((answer.status(), answer.body().starts_with(b"<html>")), (StatusCode::OK, true));
    }
    for tracker in ["object", "page", "garbage"] {
        assert_eq!(scene.graph.accepted(tracker).len(), 1, "{tracker}");
    }
}

#[tokio::test]
async fn the_same_seed_makes_the_same_run() {
    let run = async || {
        let mut scene = Scene::start().await;
        let refused = Behaviour::refuse(StatusCode::BAD_REQUEST, 131_026);
        scene.graph.mix(vec![(1, Behaviour::accept()), (1, refused)]);
        for number in 0..12 {
            scene.send(&text(&number.to_string(), "msg_1")).await;
        }
        scene.graph.accepted("msg_1")
    };
    let first = run().await;
    assert!((1..12).contains(&first.len()));
    assert_eq!(first, run().await);
}

#[tokio::test]
async fn stops_with_its_last_handle() {
    let scene = Scene::start().await;
    let mut connection = Connection::to(&scene.graph.base()).unwrap();
    let clone = scene.graph.clone();
    drop(scene);
    assert_eq!(connection.send(message_request(&text("1", "msg_1"))).await.unwrap().status(), 200);
    let base = clone.base();
    drop(clone);
    // The tasks end when the runtime comes to it.
    while TcpStream::connect(base.strip_prefix("http://").unwrap()).await.is_ok() {
        tokio::task::yield_now().await;
    }
}
