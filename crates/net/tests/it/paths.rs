//! Paths below a pool's URL, and texts that are none.

use http::StatusCode;
use tidings_net::{OutboundRequest, PoolLimits, SendError};
use tokio::{io::AsyncWriteExt, sync::mpsc};

use crate::support::{OK, Receiver, local_client, read_request, request};

fn request_to(path: &str) -> OutboundRequest {
    OutboundRequest { path: Some(path.to_owned()), ..request("x") }
}

#[tokio::test]
async fn a_path_is_appended_to_the_url() {
    let (seen, mut requests) = mpsc::unbounded_channel();
    let receiver = Receiver::start(move |mut stream, _| {
        let seen = seen.clone();
        async move {
            while let Some((head, _)) = read_request(&mut stream).await {
                seen.send(head).unwrap();
                stream.write_all(OK).await.unwrap();
            }
        }
    })
    .await;
    let host = format!("host: {}", receiver.address);
    for (base, path, asked) in [
        ("", "/v26.0/1/messages", "/v26.0/1/messages"),
        ("/", "/v26.0/1/messages", "/v26.0/1/messages"),
        ("/graph", "/v26.0/1?limit=2&after=a%2Fb", "/graph/v26.0/1?limit=2&after=a%2Fb"),
        ("/graph/", "/v26.0/1", "/graph/v26.0/1"),
        ("/graph?own=1#end", "/v26.0/1", "/graph/v26.0/1"),
        ("/graph", "/", "/graph/"),
        ("", "/bot1:token/getMe", "/bot1:token/getMe"),
        ("", "/a/.../b..c?up=/../..", "/a/.../b..c?up=/../.."),
        // What looks like another place is a path all the same.
        ("", "//elsewhere.example/a", "//elsewhere.example/a"),
        ("", "/@elsewhere.example/a", "/@elsewhere.example/a"),
        ("", "/https://elsewhere.example/a", "/https://elsewhere.example/a"),
    ] {
        let url = format!("http://{}{base}", receiver.address);
        let pool = local_client().pool(&url, PoolLimits::default()).unwrap();
        assert_eq!(pool.send(&request_to(path)).await.unwrap().status, StatusCode::OK);
        let head = requests.recv().await.unwrap();
        let mut lines = head.lines();
        assert_eq!(lines.next(), Some(format!("POST {asked} HTTP/1.1").as_str()));
        assert!(lines.any(|line| line == host), "{head}");
    }
}

#[tokio::test]
async fn requests_to_different_paths_share_a_connection() {
    let receiver = Receiver::answering(OK).await;
    let pool = receiver.pool();
    for path in ["/a", "/b"] {
        pool.send(&request_to(path)).await.unwrap();
    }
    pool.send(&request("x")).await.unwrap();
    assert_eq!(receiver.connections(), 1);
}

#[tokio::test]
async fn what_is_no_path_is_told_before_anything_is_sent() {
    let receiver = Receiver::answering(OK).await;
    let pool = receiver.pool();
    let endless = format!("/{}", "a".repeat(70_000));
    for (path, reason) in [
        ("", "slash"),
        ("?a=1", "slash"),
        ("messages", "slash"),
        ("@elsewhere.example/", "slash"),
        (".elsewhere.example/", "slash"),
        (":81/", "slash"),
        ("https://elsewhere.example/", "slash"),
        ("/a#b", "fragment"),
        ("/../a", "dots"),
        ("/a/..", "dots"),
        ("/a/%2E./b?c", "dots"),
        ("/a/./b", "dots"),
        ("/a\\..\\b", "dots"),
        ("/a b", "uri"),
        ("/a\r\nhost: elsewhere.example", "uri"),
        ("/a\0", "uri"),
        (endless.as_str(), "uri"),
    ] {
        let error = pool.send(&request_to(path)).await.unwrap_err();
        assert!(matches!(error, SendError::Path { .. }), "{error:?}");
        assert!(error.to_string().contains(reason), "{path:.40}: {error}");
        assert!(!error.request_may_have_arrived());
    }
    assert_eq!(receiver.connections(), 0);
}
