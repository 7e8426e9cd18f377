//! Which connections are kept, lent again, and given up.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::StatusCode;
use tidings_net::{OutboundRequest, Phase, PoolLimits, SendError};
use tokio::{
    io::AsyncWriteExt,
    sync::{Barrier, mpsc},
    task::JoinSet,
};

use crate::support::{OK, Receiver, hasty, local_client, read_request, read_to_end, request};

#[tokio::test]
async fn a_connection_is_kept_and_used_again() {
    let receiver = Receiver::answering(OK).await;
    let pool = receiver.pool();
    let reused: Vec<bool> =
        [pool.send(&request("1")).await, pool.send(&request("2")).await].map(|answer| answer.unwrap().reused).into();
    assert_eq!(reused, [false, true]);
    assert_eq!(receiver.connections(), 1);
}

#[tokio::test]
async fn pools_of_one_host_share_nothing() {
    let receiver = Receiver::answering(OK).await;
    let client = local_client();
    for _ in 0..2 {
        let pool = client.pool(&receiver.url(), PoolLimits::default()).unwrap();
        assert!(!pool.send(&request("x")).await.unwrap().reused);
    }
    assert_eq!(receiver.connections(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_belong_to_their_requests_with_200_at_a_time() {
    let receiver = Receiver::start(|mut stream, _| async move {
        while let Some((_, body)) = read_request(&mut stream).await {
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
    })
    .await;
    let pool =
        local_client().pool(&receiver.url(), PoolLimits { idle_connections: 5, ..PoolLimits::default() }).unwrap();
    let mut sends = JoinSet::new();
    for worker in 0..200 {
        let pool = pool.clone();
        sends.spawn(async move {
            for round in 0..10 {
                let body = format!("{worker}/{round} {}", "x".repeat(worker * 50));
                let answer = pool.send(&request(&body)).await.unwrap();
                assert!(answer.body == body, "worker {worker} got somebody else's answer");
            }
        });
    }
    while let Some(result) = sends.join_next().await {
        result.unwrap();
    }
    assert!(receiver.connections() >= 5);
}

#[tokio::test]
async fn no_more_connections_are_kept_than_allowed() {
    let (ended, mut told) = mpsc::unbounded_channel();
    let all_under_way = Arc::new(Barrier::new(4));
    let receiver = Receiver::start(move |mut stream, _| {
        let (ended, all_under_way) = (ended.clone(), Arc::clone(&all_under_way));
        async move {
            read_request(&mut stream).await;
            all_under_way.wait().await;
            stream.write_all(OK).await.unwrap();
            while read_request(&mut stream).await.is_some() {
                stream.write_all(OK).await.unwrap();
            }
            ended.send(()).unwrap();
        }
    })
    .await;
    let limits = PoolLimits { idle_connections: 1, ..PoolLimits::default() };
    let pool = local_client().pool(&receiver.url(), limits).unwrap();
    let outbound = request("x");
    let answers = tokio::join!(pool.send(&outbound), pool.send(&outbound), pool.send(&outbound), pool.send(&outbound));
    assert!([answers.0, answers.1, answers.2, answers.3].into_iter().all(|answer| !answer.unwrap().reused));
    for _ in 0..3 {
        told.recv().await.unwrap();
    }
    assert!(pool.send(&outbound).await.unwrap().reused);
    assert_eq!(receiver.connections(), 4);
}

/// Answers the first request of its first connection, then reads one more and closes; later connections are sound.
async fn closing_on_the_second_request(requests: Arc<AtomicUsize>) -> Receiver {
    Receiver::start(move |mut stream, number| {
        let requests = Arc::clone(&requests);
        async move {
            while read_request(&mut stream).await.is_some() {
                let seen = requests.fetch_add(1, Ordering::SeqCst);
                if number == 0 && seen > 0 {
                    return;
                }
                stream.write_all(OK).await.unwrap();
            }
        }
    })
    .await
}

#[tokio::test]
async fn a_kept_connection_that_is_lost_is_replaced_once_and_told() {
    let requests = Arc::new(AtomicUsize::new(0));
    let receiver = closing_on_the_second_request(Arc::clone(&requests)).await;
    let pool = receiver.pool();
    pool.send(&request("1")).await.unwrap();
    let answer = pool.send(&request("2")).await.unwrap();
    assert_eq!((answer.status, answer.reused, answer.resent), (StatusCode::OK, false, true));
    assert_eq!((requests.load(Ordering::SeqCst), receiver.connections()), (3, 2));
}

#[tokio::test]
async fn what_is_not_repeatable_is_not_repeated() {
    let receiver = closing_on_the_second_request(Arc::default()).await;
    let pool = receiver.pool();
    pool.send(&request("1")).await.unwrap();
    let error = pool.send(&OutboundRequest { repeatable: false, ..request("2") }).await.unwrap_err();
    assert_eq!(error, SendError::Closed { phase: Phase::Answer });
    assert!(error.request_may_have_arrived());
    assert_eq!(receiver.connections(), 1);
}

#[tokio::test]
async fn a_receiver_that_closes_while_idle_costs_nothing() {
    let receiver = Receiver::start(|mut stream, _| async move {
        read_request(&mut stream).await;
        stream.write_all(OK).await.unwrap();
    })
    .await;
    let pool = receiver.pool();
    for _ in 0..20 {
        let answer = pool.send(&request("x")).await.unwrap();
        assert_eq!((answer.status, answer.reused), (StatusCode::OK, false));
    }
    assert_eq!(receiver.connections(), 20);
}

#[tokio::test]
async fn a_connection_that_the_receiver_wants_closed_is_not_kept() {
    let receiver = Receiver::answering(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok").await;
    let pool = receiver.pool();
    for _ in 0..2 {
        let answer = pool.send(&request("x")).await.unwrap();
        assert_eq!((answer.reused, answer.resent), (false, false));
    }
}

#[tokio::test]
async fn an_answer_that_nobody_asked_for_is_never_taken_for_one() {
    let receiver = Receiver::start(|mut stream, number| async move {
        while read_request(&mut stream).await.is_some() {
            let poison: &[u8] = if number == 0 { b"HTTP/1.1 299 Poison\r\ncontent-length: 0\r\n\r\n" } else { b"" };
            stream.write_all(&[OK, poison].concat()).await.unwrap();
        }
    })
    .await;
    let pool = receiver.pool();
    for _ in 0..3 {
        assert_eq!(pool.send(&request("x")).await.unwrap().status, StatusCode::OK);
    }
    assert_eq!(receiver.connections(), 2);
}

#[tokio::test]
async fn a_timeout_drops_its_connection() {
    let receiver = Receiver::start(|mut stream, number| async move {
        while read_request(&mut stream).await.is_some() {
            if number == 0 {
                read_to_end(&mut stream).await;
                return;
            }
            stream.write_all(OK).await.unwrap();
        }
    })
    .await;
    let pool = receiver.pool();
    pool.send(&hasty("1")).await.unwrap_err();
    let answer = pool.send(&request("2")).await.unwrap();
    assert_eq!((answer.status, answer.reused), (StatusCode::OK, false));
}

#[tokio::test]
async fn an_old_connection_is_not_used_again() {
    let receiver = Receiver::answering(OK).await;
    let limits = PoolLimits { idle_for: Duration::ZERO, ..PoolLimits::default() };
    let pool = local_client().pool(&receiver.url(), limits).unwrap();
    for _ in 0..2 {
        assert!(!pool.send(&request("x")).await.unwrap().reused);
    }
}

#[tokio::test]
async fn idle_connections_are_swept_though_no_request_comes() {
    let (ended, mut told) = mpsc::unbounded_channel();
    let receiver = Receiver::start(move |mut stream, number| {
        let ended = ended.clone();
        async move {
            read_request(&mut stream).await;
            stream.write_all(OK).await.unwrap();
            read_to_end(&mut stream).await;
            ended.send(number).unwrap();
        }
    })
    .await;
    let limits = PoolLimits { idle_for: Duration::from_millis(20), ..PoolLimits::default() };
    let pool = local_client().pool(&receiver.url(), limits).unwrap();
    let mut swept = BTreeSet::new();
    for _ in 0..2 {
        pool.send(&request("x")).await.unwrap();
        swept.insert(told.recv().await.unwrap());
    }
    // The second time shows that sweeping begins anew after everything was swept.
    assert_eq!(swept.len(), 2);
}
