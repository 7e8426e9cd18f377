//! What receivers answer, and how they fail to.

use std::time::Duration;

use http::{HeaderName, HeaderValue, StatusCode, header::LOCATION};
use tidings_net::{OutboundRequest, Phase, PoolLimits, SendError};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

use crate::support::{OK, Receiver, hasty, local_client, read_request, read_to_end, request};

/// A receiver that reads a request, writes these bytes, and then waits for the other side to hang up.
async fn saying(bytes: &'static [u8]) -> Receiver {
    Receiver::start(move |mut stream, _| async move {
        read_request(&mut stream).await;
        stream.write_all(bytes).await.unwrap();
        read_to_end(&mut stream).await;
    })
    .await
}

#[tokio::test]
async fn sends_what_it_is_given_but_frames_it_itself() {
    let (seen, mut requests) = mpsc::unbounded_channel();
    let receiver = Receiver::start(move |mut stream, _| {
        let seen = seen.clone();
        async move {
            while let Some(read) = read_request(&mut stream).await {
                seen.send(read).unwrap();
                stream.write_all(OK).await.unwrap();
            }
        }
    })
    .await;
    let mut outbound = request("{\"a\":1}");
    for (name, value) in [
        ("webhook-id", "evt_1"),
        ("host", "elsewhere.example"),
        ("content-length", "999"),
        ("transfer-encoding", "chunked"),
        ("connection", "close"),
        ("keep-alive", "timeout=1"),
    ] {
        outbound.headers.push((HeaderName::from_static(name), HeaderValue::from_static(value)));
    }
    let answer = receiver.pool().send(&outbound).await.unwrap();
    assert_eq!((answer.status, &answer.body[..], answer.truncated), (StatusCode::OK, &b"ok"[..], false));
    assert_eq!(answer.remote, receiver.address);
    let (head, body) = requests.recv().await.unwrap();
    assert_eq!(body, "{\"a\":1}");
    let mut lines: Vec<&str> = head.trim_end().lines().collect();
    assert_eq!(lines.remove(0), "POST /hook?a=1 HTTP/1.1");
    lines.sort_unstable();
    let host = format!("host: {}", receiver.address);
    assert_eq!(lines, ["content-length: 7", "content-type: application/json", &host, "webhook-id: evt_1"]);
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let elsewhere = Receiver::answering(OK).await;
    let receiver = Receiver::start({
        let target = elsewhere.url();
        move |mut stream, _| {
            let answer = format!("HTTP/1.1 307 Go\r\nlocation: {target}\r\ncontent-length: 0\r\n\r\n");
            async move {
                read_request(&mut stream).await;
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        }
    })
    .await;
    let answer = receiver.pool().send(&request("x")).await.unwrap();
    assert_eq!(answer.status, StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(answer.headers[LOCATION], elsewhere.url());
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn a_receiver_that_hangs_is_cut_off() {
    let receiver = saying(b"").await;
    let error = receiver.pool().send(&hasty("x")).await.unwrap_err();
    assert_eq!(error, SendError::Timeout { phase: Phase::Answer });
    assert!(error.request_may_have_arrived());
    assert_eq!(error.to_string(), "timed out while waiting for the answer");
}

#[tokio::test]
async fn a_receiver_that_drips_is_cut_off() {
    for (head, phase) in [
        (&b"HTTP/1.1 200 OK\r\nx: "[..], Phase::Answer),
        (&b"HTTP/1.1 200 OK\r\ncontent-length: 10000\r\n\r\n"[..], Phase::Body),
    ] {
        let receiver = Receiver::start(move |mut stream: TcpStream, _| async move {
            read_request(&mut stream).await;
            stream.write_all(head).await.unwrap();
            let mut ticks = tokio::time::interval(Duration::from_millis(5));
            while stream.write_all(b"a").await.is_ok() {
                ticks.tick().await;
            }
        })
        .await;
        let error = receiver.pool().send(&hasty("x")).await.unwrap_err();
        assert_eq!(error, SendError::Timeout { phase });
    }
}

#[tokio::test]
async fn an_endless_body_is_cut_at_the_cap_and_its_connection_dropped() {
    let (hung_up, mut told) = mpsc::unbounded_channel();
    let receiver = Receiver::start(move |mut stream, _| {
        let hung_up = hung_up.clone();
        async move {
            read_request(&mut stream).await;
            stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await.unwrap();
            while stream.write_all(b"5\r\nabcde\r\n").await.is_ok() {}
            hung_up.send(()).unwrap();
        }
    })
    .await;
    let answer = receiver.pool().send(&OutboundRequest { body_cap: 12, ..request("x") }).await.unwrap();
    assert_eq!((answer.status, &answer.body[..], answer.truncated), (StatusCode::OK, &b"abcdeabcdeab"[..], true));
    told.recv().await.unwrap();
}

#[tokio::test]
async fn a_body_that_stops_at_the_cap_is_not_waited_for() {
    let receiver = saying(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabcde").await;
    let answer = receiver.pool().send(&OutboundRequest { body_cap: 5, ..request("x") }).await.unwrap();
    assert_eq!((&answer.body[..], answer.truncated), (&b"abcde"[..], true));
}

#[tokio::test]
async fn a_body_of_just_the_cap_is_whole() {
    let receiver = Receiver::answering(OK).await;
    let pool = receiver.pool();
    let exact = OutboundRequest { body_cap: 2, ..request("x") };
    assert!(!pool.send(&exact).await.unwrap().truncated);
    assert!(pool.send(&exact).await.unwrap().reused);
}

#[tokio::test]
async fn no_body_is_asked_for_with_a_cap_of_zero() {
    let receiver = Receiver::answering(OK).await;
    let answer = receiver.pool().send(&OutboundRequest { body_cap: 0, ..request("x") }).await.unwrap();
    assert_eq!((answer.status, answer.body.len(), answer.truncated), (StatusCode::OK, 0, true));
}

#[tokio::test]
async fn other_shapes_of_answers_are_read() {
    for (bytes, status, body) in [
        (&b"HTTP/1.1 204 No Content\r\n\r\n"[..], 204, ""),
        (b"HTTP/1.1 103 Early Hints\r\nlink: <a>\r\n\r\nHTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n", 202, ""),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\nx: y\r\n\r\n", 200, "abc"),
        (b"HTTP/1.0 500 Oh\r\ncontent-length: 3\r\n\r\nwhy", 500, "why"),
    ] {
        let answer = saying(bytes).await.pool().send(&request("x")).await.unwrap();
        assert_eq!((answer.status.as_u16(), &answer.body[..]), (status, body.as_bytes()));
    }
    let until_closed = Receiver::start(|mut stream, _| async move {
        read_request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 410 Gone\r\n\r\nbye").await.unwrap();
    })
    .await;
    let answer = until_closed.pool().send(&request("x")).await.unwrap();
    assert_eq!((answer.status, &answer.body[..]), (StatusCode::GONE, &b"bye"[..]));
}

#[tokio::test]
async fn what_is_not_http_is_told_so() {
    let large: &'static [u8] = Box::leak(format!("HTTP/1.1 200 OK\r\nx: {}", "a".repeat(100_000)).into_bytes().into());
    for bytes in [&b"SSH-2.0-OpenSSH_9.9\r\n\r\n"[..], b"HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n", large] {
        let receiver = Receiver::start(move |mut stream, _| async move {
            read_request(&mut stream).await;
            stream.write_all(bytes).await.ok();
            read_to_end(&mut stream).await;
        })
        .await;
        let error = receiver.pool().send(&request("x")).await.unwrap_err();
        assert!(matches!(error, SendError::NotHttp { .. }), "{error:?}");
        assert!(error.request_may_have_arrived());
    }
}

#[tokio::test]
async fn a_connection_closed_without_an_answer_is_told_and_not_repeated() {
    let receiver = Receiver::start(|mut stream, _| async move {
        read_request(&mut stream).await;
    })
    .await;
    let error = receiver.pool().send(&request("x")).await.unwrap_err();
    assert_eq!(error, SendError::Closed { phase: Phase::Answer });
    assert!(error.request_may_have_arrived());
    assert_eq!(receiver.connections(), 1);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_told() {
    let receiver = Receiver::start(|mut stream, _| async move {
        read_request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc").await.unwrap();
    })
    .await;
    let error = receiver.pool().send(&request("x")).await.unwrap_err();
    assert_eq!(error, SendError::Closed { phase: Phase::Body });
}

#[tokio::test]
async fn a_reset_is_told() {
    let receiver = Receiver::start(|stream, _| async move {
        // Closing with the request still unread makes the system send a reset.
        stream.readable().await.unwrap();
    })
    .await;
    let error = receiver.pool().send(&request("x")).await.unwrap_err();
    assert_eq!(error, SendError::Reset { phase: Phase::Answer });
}

#[tokio::test]
async fn a_refused_connection_is_told_and_nothing_has_arrived() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let pool = local_client().pool(&url, PoolLimits::default()).unwrap();
    let error = pool.send(&request("x")).await.unwrap_err();
    assert!(matches!(error, SendError::Connect { .. }), "{error:?}");
    assert!(error.to_string().contains("nothing listens there"), "{error}");
    assert!(!error.request_may_have_arrived());
}

#[tokio::test]
async fn a_long_body_is_handed_on_piece_by_piece() {
    let receiver = Receiver::start(|mut stream, _| async move {
        while read_request(&mut stream).await.is_some() {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n").await.unwrap();
            if stream.write_all(&vec![b'x'; 1_000_000]).await.is_err() {
                return;
            }
        }
    })
    .await;
    let pool = receiver.pool();
    for (cap, expected, truncated) in [(2_000_000, 1_000_000, false), (300_000, 300_000, true)] {
        let (pieces, mut taken) = mpsc::channel(2);
        let long = OutboundRequest { body_cap: cap, pieces: Some(pieces), ..request("1") };
        let counting = tokio::spawn(async move {
            let mut count = 0;
            while let Some(piece) = taken.recv().await {
                count += piece.len();
            }
            count
        });
        let answer = pool.send(&long).await.unwrap();
        drop(long);
        assert_eq!((answer.body.len(), answer.truncated), (0, truncated));
        assert_eq!(counting.await.unwrap(), expected);
    }
    let (pieces, taken) = mpsc::channel(2);
    drop(taken);
    let unwanted = OutboundRequest { pieces: Some(pieces), ..request("1") };
    assert!(pool.send(&unwanted).await.unwrap().truncated, "nobody wants it any more");
}

#[tokio::test]
async fn the_body_of_an_error_is_kept_also_if_a_long_one_was_expected() {
    let receiver = saying(b"HTTP/1.1 404 Not Found\r\ncontent-length: 4\r\n\r\ngone").await;
    let (pieces, mut taken) = mpsc::channel(2);
    let long = OutboundRequest { pieces: Some(pieces), ..request("1") };
    let answer = receiver.pool().send(&long).await.unwrap();
    drop(long);
    assert_eq!((answer.status, &answer.body[..]), (StatusCode::NOT_FOUND, &b"gone"[..]));
    assert_eq!(taken.recv().await, None);
}
