//! Secured connections: whom they trust, and the protocol that they agree on.

use std::{convert::Infallible, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response, StatusCode, Version};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use rustls::{RootCertStore, ServerConfig, pki_types::PrivatePkcs8KeyDer};
use tidings_net::{Client, OutboundRequest, Phase, PoolLimits, Roots, SendError};
use tokio::{io::AsyncWriteExt, task::JoinSet};
use tokio_rustls::TlsAcceptor;

use crate::support::{OK, Receiver, hasty, local_policy, read_to_end, request};

/// A secured receiver and the roots that trust it.
struct Secured {
    receiver: Receiver,
    roots: RootCertStore,
}

impl Secured {
    /// One that answers with the protocol's version and the request's body, except that it answers `where` with the
    /// address that was asked for, never answers `hang`, and never ends its answer to `flood`.
    async fn start(protocols: &[&str], name: &str) -> Self {
        let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(made.cert.der().clone()).unwrap();
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key.into())
            .unwrap();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let receiver = Receiver::start(move |stream, _| {
            let acceptor = acceptor.clone();
            async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                auto::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), service_fn(answer))
                    .await
                    .ok();
            }
        })
        .await;
        Self { receiver, roots }
    }

    fn url(&self) -> String {
        format!("https://{}/hook?a=1", self.receiver.address)
    }

    fn client(&self) -> Client {
        Client::new(local_policy(), Roots::Given(self.roots.clone()))
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let version = request.version();
    let request_uri = request.uri().to_string();
    let authority = request.uri().authority().map(ToString::to_string);
    let path = request.uri().path_and_query().map(ToString::to_string);
    let body = request.into_body().collect().await.unwrap().to_bytes();
    if body == "hang" {
        std::future::pending::<()>().await;
    }
    if body == "flood" {
        return Ok(Response::new(Full::new(Bytes::from(vec![b'x'; 8 << 20]))));
    }
    if body == "where" {
        return Ok(Response::new(Full::new(Bytes::from(request_uri))));
    }
    assert_eq!(path.as_deref(), Some("/hook?a=1"));
    assert_eq!(authority.is_some(), version == Version::HTTP_2);
    Ok(Response::new(Full::new(Bytes::from([format!("{version:?} ").as_bytes(), &body].concat()))))
}

#[tokio::test]
async fn http2_is_spoken_where_the_receiver_chooses_it_and_is_shared() {
    let secured = Secured::start(&["h2", "http/1.1"], "127.0.0.1").await;
    let pool = secured.client().pool(&secured.url(), PoolLimits::default()).unwrap();
    assert_eq!(pool.send(&request("first")).await.unwrap().body, "HTTP/2.0 first");
    let mut sends = JoinSet::new();
    for number in 0..50 {
        let pool = pool.clone();
        sends.spawn(async move {
            let answer = pool.send(&request(&number.to_string())).await.unwrap();
            assert_eq!((answer.body, answer.reused), (format!("HTTP/2.0 {number}").into(), true));
        });
    }
    while let Some(result) = sends.join_next().await {
        result.unwrap();
    }
    assert_eq!(secured.receiver.connections(), 1);
}

#[tokio::test]
async fn http1_is_spoken_where_the_receiver_chooses_that() {
    for protocols in [&["http/1.1"][..], &[]] {
        let secured = Secured::start(protocols, "127.0.0.1").await;
        let pool = secured.client().pool(&secured.url(), PoolLimits::default()).unwrap();
        for reused in [false, true] {
            let answer = pool.send(&request("x")).await.unwrap();
            assert_eq!((answer.body, answer.reused), ("HTTP/1.1 x".into(), reused));
        }
    }
}

#[tokio::test]
async fn a_path_below_the_url_is_asked_for_over_either_protocol() {
    for (protocol, origin) in [("h2", true), ("http/1.1", false)] {
        let secured = Secured::start(&[protocol], "127.0.0.1").await;
        let pool = secured.client().pool(&secured.url(), PoolLimits::default()).unwrap();
        let origin = if origin { format!("https://{}", secured.receiver.address) } else { String::new() };
        for (path, asked) in [(Some("/v26.0/1?b=2"), "/hook/v26.0/1?b=2"), (None, "/hook?a=1")] {
            let outbound = OutboundRequest { path: path.map(str::to_owned), ..request("where") };
            assert_eq!(pool.send(&outbound).await.unwrap().body, format!("{origin}{asked}"));
        }
        assert_eq!(secured.receiver.connections(), 1);
    }
}

#[tokio::test]
async fn an_http2_connection_on_which_a_request_timed_out_is_given_up() {
    let secured = Secured::start(&["h2"], "127.0.0.1").await;
    let pool = secured.client().pool(&secured.url(), PoolLimits::default()).unwrap();
    pool.send(&request("1")).await.unwrap();
    assert_eq!(pool.send(&hasty("hang")).await.unwrap_err(), SendError::Timeout { phase: Phase::Answer });
    assert!(!pool.send(&request("2")).await.unwrap().reused);
    assert_eq!(secured.receiver.connections(), 2);
}

#[tokio::test]
async fn an_http2_body_is_cut_at_the_cap_and_the_connection_kept() {
    let secured = Secured::start(&["h2"], "127.0.0.1").await;
    let pool = secured.client().pool(&secured.url(), PoolLimits::default()).unwrap();
    let flooded = pool.send(&OutboundRequest { body_cap: 100, ..request("flood") }).await.unwrap();
    assert_eq!((flooded.status, flooded.body.len(), flooded.truncated), (StatusCode::OK, 100, true));
    assert!(pool.send(&request("2")).await.unwrap().reused);
}

#[tokio::test]
async fn an_idle_http2_connection_is_swept() {
    let secured = Secured::start(&["h2"], "127.0.0.1").await;
    let limits = PoolLimits { idle_for: Duration::from_millis(10), ..PoolLimits::default() };
    let pool = secured.client().pool(&secured.url(), limits).unwrap();
    pool.send(&request("1")).await.unwrap();
    // The first sweep finds it used, and the second idle; with a timer of our own we only let them come.
    let mut ticks = tokio::time::interval(Duration::from_millis(15));
    for _ in 0..200 {
        ticks.tick().await;
        ticks.tick().await;
        ticks.tick().await;
        if !pool.send(&request("2")).await.unwrap().reused {
            return;
        }
    }
    panic!("the connection was never swept");
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused_in_words() {
    let secured = Secured::start(&["http/1.1"], "127.0.0.1").await;
    let other = Secured::start(&["http/1.1"], "127.0.0.1").await;
    let pool = other.client().pool(&secured.url(), PoolLimits::default()).unwrap();
    let error = pool.send(&request("x")).await.unwrap_err();
    assert!(matches!(error, SendError::Tls { .. }), "{error:?}");
    assert!(error.to_string().starts_with("no TLS with 127.0.0.1: its certificate is"), "{error}");
    assert!(!error.request_may_have_arrived());
}

#[tokio::test]
async fn the_systems_roots_do_not_vouch_for_everybody() {
    let secured = Secured::start(&["http/1.1"], "127.0.0.1").await;
    let pool = Client::new(local_policy(), Roots::System).pool(&secured.url(), PoolLimits::default()).unwrap();
    let error = pool.send(&request("x")).await.unwrap_err();
    assert!(matches!(error, SendError::Tls { .. }), "{error:?}");
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused_in_words() {
    let secured = Secured::start(&["http/1.1"], "elsewhere.example").await;
    let pool = secured.client().pool(&secured.url(), PoolLimits::default()).unwrap();
    let error = pool.send(&request("x")).await.unwrap_err().to_string();
    assert!(error.starts_with("no TLS with 127.0.0.1: its certificate is for another name"), "{error}");
}

#[tokio::test]
async fn a_receiver_without_tls_is_told_in_words() {
    let plain = Receiver::start(|mut stream, _| async move {
        stream.write_all(OK).await.unwrap();
        read_to_end(&mut stream).await;
    })
    .await;
    let client = Client::new(local_policy(), Roots::Given(RootCertStore::empty()));
    let pool = client.pool(&format!("https://{}/", plain.address), PoolLimits::default()).unwrap();
    let error = pool.send(&request("x")).await.unwrap_err().to_string();
    assert!(error.contains("it does not speak TLS on this port"), "{error}");
}

#[tokio::test]
async fn a_handshake_that_hangs_is_cut_off() {
    let silent = Receiver::start(|mut stream, _| async move { read_to_end(&mut stream).await }).await;
    let client = Client::new(local_policy(), Roots::Given(RootCertStore::empty()));
    let pool = client.pool(&format!("https://{}/", silent.address), PoolLimits::default()).unwrap();
    let error = pool.send(&hasty("x")).await.unwrap_err();
    assert_eq!(error, SendError::Timeout { phase: Phase::Handshake });
    assert!(!error.request_may_have_arrived());
}
