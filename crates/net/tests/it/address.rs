//! The spellings of addresses, and names that resolve to what they should not.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tidings_net::{AddressPolicy, AddressRefused, Addresses, Client, PoolLimits, Resolve, Roots, SendError};

use crate::support::{OK, Receiver, local_client, local_policy, request};

const REFUSED: &[&str] = &[
    // Loopback, in every spelling of IPv4.
    "http://127.0.0.1",
    "http://127.0.0.1:8080/path",
    "http://127.1",
    "http://127.0.1",
    "http://127.255.255.254",
    "http://127.0.0.1.",
    "http://0x7f.1",
    "http://0x7f.0.0.1",
    "http://0X7F000001",
    "http://0x7f000001",
    "http://0177.0.0.1",
    "http://0177.1",
    "http://017700000001",
    "http://2130706433",
    "http://00000000000000000000000000000177.0.0.1",
    "http://１２７.0.0.1",
    "http://127。0。0。1",
    "http://①②⑦.⓪.⓪.①",
    "http://%31%32%37.0.0.1",
    "http://%30x7f.1",
    "http:127.0.0.1",
    "http:\\\\127.0.0.1\\path",
    "  http://127.0.0.1  ",
    "ht\ntp://127.0.\t0.1",
    "HTTPS://127.0.0.1",
    // The other networks of IPv4, first and last address.
    "http://0",
    "http://0.0.0.0",
    "http://0.255.255.255",
    "http://10.0.0.1",
    "http://10.255.255.255",
    "http://012.0.0.1",
    "http://100.64.0.1",
    "http://100.127.255.255",
    "http://169.254.169.254/latest/meta-data/",
    "http://0xa9fea9fe",
    "http://2852039166",
    "http://172.16.0.1",
    "http://172.31.255.255",
    "http://192.0.0.1",
    "http://192.0.0.170",
    "http://192.0.2.1",
    "http://192.31.196.1",
    "http://192.52.193.1",
    "http://192.88.99.1",
    "http://192.168.0.1",
    "http://192.168.257",
    "http://192.175.48.1",
    "http://198.18.0.1",
    "http://198.19.255.255",
    "http://198.51.100.1",
    "http://203.0.113.1",
    "http://224.0.0.1",
    "http://239.255.255.255",
    "http://240.0.0.1",
    "http://255.255.255.255",
    "http://4294967295",
    // IPv6, and IPv4 inside of it.
    "http://[::1]",
    "http://[0:0:0:0:0:0:0:1]:8080",
    "http://[::]",
    "http://[::ffff:127.0.0.1]",
    "http://[::ffff:7f00:1]",
    "http://[0:0:0:0:0:ffff:127.0.0.1]",
    "http://[::ffff:10.0.0.1]",
    "http://[::ffff:169.254.169.254]",
    "http://[::ffff:8.8.8.8]",
    "http://[::127.0.0.1]",
    "http://[::7f00:1]",
    "http://[::8.8.8.8]",
    "http://[64:ff9b::7f00:1]",
    "http://[64:ff9b::127.0.0.1]",
    "http://[64:ff9b::8.8.8.8]",
    "http://[64:ff9b:1::1]",
    "http://[2002:7f00:1::]",
    "http://[2002:a9fe:a9fe::1]",
    "http://[2002:808:808::1]",
    "http://[2001::1]",
    "http://[2001:2::1]",
    "http://[2001:20::1]",
    "http://[2001:db8::1]",
    "http://[2620:4f:8000::1]",
    "http://[3fff::1]",
    "http://[3fff:fff::1]",
    "http://[5f00::1]",
    "http://[100::1]",
    "http://[100:0:0:1::1]",
    "http://[fc00::1]",
    "http://[fd12:3456:789a::1]",
    "http://[fe80::1]",
    "http://[febf::1]",
    "http://[fec0::1]",
    "http://[feff::1]",
    "http://[ff02::1]",
    "http://[ff0e::1]",
    "http://[4000::1]",
    "http://[1::1]",
];

const ACCEPTED: &[&str] = &[
    "http://8.8.8.8",
    "http://0x08080808:8080/hook",
    "https://1.1.1.1",
    "http://9.255.255.255",
    "http://11.0.0.0",
    "http://100.63.255.255",
    "http://100.128.0.0",
    "http://172.15.255.255",
    "http://172.32.0.0",
    "http://192.0.1.0",
    "http://192.167.255.255",
    "http://198.17.255.255",
    "http://198.20.0.0",
    "http://223.255.255.255",
    "https://[2606:4700:4700::1111]/",
    "https://[2001:4860:4860::8888]/",
    "https://[2003::1]",
    // Names are judged when they are connected to.
    "http://localhost",
    "http://localhost.",
    "http://metadata.google.internal",
    "https://example.com:8443/hook?x=1#fragment",
    "https://bücher.example/hook",
    "https://1.2.3.4.example",
];

#[test]
fn refuses_every_spelling_of_an_address_that_is_not_public() {
    for url in REFUSED {
        let judged = AddressPolicy::default().judge_url(url);
        assert!(matches!(judged, Err(AddressRefused::Reserved { .. })), "{url:?} gave {judged:?}");
    }
}

#[test]
fn accepts_public_addresses_and_names() {
    for url in ACCEPTED {
        let judged = AddressPolicy::default().judge_url(url);
        assert!(judged.is_ok(), "{url:?} gave {judged:?}");
    }
}

#[test]
fn refuses_what_is_no_address_of_http() {
    let judge = |url: &str| AddressPolicy::default().judge_url(url).unwrap_err();
    for url in [
        "",
        "example.com",
        "/hook",
        "http://",
        "http://1.2.3.4.5",
        "http://256.256.256.256",
        "http://[::1",
        "http://a b",
    ] {
        assert!(matches!(judge(url), AddressRefused::Unreadable { .. }), "{url:?} gave {:?}", judge(url));
    }
    for url in ["ftp://example.com", "file:///etc/passwd", "gopher://8.8.8.8", "ws://example.com", "javascript:0"] {
        assert!(matches!(judge(url), AddressRefused::Scheme { .. }), "{url:?}");
    }
    assert_eq!(judge("http://example.com:0/"), AddressRefused::PortZero);
    assert_eq!(judge("http://user@example.com/"), AddressRefused::Credentials);
    assert_eq!(judge("http://:secret@example.com/"), AddressRefused::Credentials);
    assert_eq!(judge("http://8.8.8.8@127.0.0.1/"), AddressRefused::Credentials);
    let long = format!("http://example.com/{}", "a".repeat(70_000));
    assert!(matches!(judge(&long), AddressRefused::Unsendable { .. }));
}

#[test]
fn what_the_operator_allows_wins() {
    let policy = AddressPolicy::new(vec!["127.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()]);
    for url in ["http://127.0.0.1", "http://0x7f.1", "http://[::ffff:127.0.0.1]", "http://[fd12::1]", "http://8.8.8.8"]
    {
        assert!(policy.judge_url(url).is_ok(), "{url}");
    }
    for url in [
        "http://10.0.0.1",
        "http://[::ffff:10.0.0.1]",
        "http://[::127.0.0.1]",
        "http://[64:ff9b::7f00:1]",
        "http://[fc00::1]",
    ] {
        assert!(policy.judge_url(url).is_err(), "{url}");
    }
}

#[test]
fn what_the_operator_denies_wins_over_everything() {
    let allowed = AddressPolicy::new(vec!["127.0.0.0/8".parse().unwrap()]);
    let policy =
        allowed.denying(["127.0.0.5/32", "8.8.0.0/16", "2001:4860::/32"].map(|it| it.parse().unwrap()).to_vec());
    for url in
        ["http://127.0.0.5", "http://0x7f.5", "http://[::ffff:8.8.4.4]", "http://8.8.8.8", "http://[2001:4860::1]"]
    {
        let refused = policy.judge_url(url).unwrap_err();
        assert!(matches!(refused, AddressRefused::Denied { .. }), "{url}: {refused}");
        assert!(refused.to_string().contains("TIDINGS_DENY_NETWORKS"), "{refused}");
    }
    for url in ["http://127.0.0.1", "http://9.9.9.9", "http://[2001:4861::1]"] {
        assert!(policy.judge_url(url).is_ok(), "{url}");
    }
}

#[test]
fn who_allows_a_way_does_not_allow_every_place_that_it_leads_to() {
    let allowed = AddressPolicy::new(["64:ff9b::/96", "2002::/16"].map(|it| it.parse().unwrap()).to_vec());
    let policy = allowed.denying(vec!["8.8.4.0/24".parse().unwrap()]);
    for url in ["http://[64:ff9b::8.8.8.8]", "http://[2002:808:808::1]"] {
        assert!(policy.judge_url(url).is_ok(), "{url}");
    }
    for url in ["http://[64:ff9b::10.0.0.1]", "http://[64:ff9b::a9fe:a9fe]", "http://[2002:7f00:1::]"] {
        assert!(matches!(policy.judge_url(url), Err(AddressRefused::Reserved { .. })), "{url}");
    }
    assert!(matches!(policy.judge_url("http://[64:ff9b::8.8.4.4]"), Err(AddressRefused::Denied { .. })));
}

#[test]
fn a_refusal_says_what_can_be_done() {
    let refusal = AddressPolicy::default().judge_url("http://0x7f.1").unwrap_err().to_string();
    assert!(refusal.contains("127.0.0.1") && refusal.contains("loopback"), "{refusal}");
    assert!(refusal.contains("TIDINGS_ALLOW_NETWORKS"), "{refusal}");
}

/// Resolves every name to the same addresses, and counts.
struct Fixed {
    addresses: Vec<IpAddr>,
    asked: Arc<AtomicUsize>,
}

impl Resolve for Fixed {
    fn resolve<'a>(&'a self, _host: &'a str, port: u16) -> Addresses<'a> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move { Ok(self.addresses.iter().map(|&address| SocketAddr::new(address, port)).collect()) })
    }
}

fn client_that_resolves_to(policy: AddressPolicy, addresses: &[&str]) -> (Client, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
    let resolver = Fixed { addresses, asked: Arc::clone(&asked) };
    (Client::with_resolver(policy, Roots::System, Box::new(resolver)), asked)
}

#[tokio::test]
async fn a_name_that_turns_to_a_private_address_is_refused_at_connect() {
    let receiver = Receiver::answering(OK).await;
    let (client, _) = client_that_resolves_to(AddressPolicy::default(), &["127.0.0.1", "10.0.0.1"]);
    let url = format!("http://receiver.example:{}/", receiver.address.port());
    let error = client.pool(&url, PoolLimits::default()).unwrap().send(&request("x")).await.unwrap_err();
    assert!(matches!(error, SendError::AddressRefused(AddressRefused::Reserved { .. })), "{error:?}");
    assert!(!error.request_may_have_arrived());
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test]
async fn localhost_is_refused_at_connect() {
    let client = Client::new(AddressPolicy::default(), Roots::System);
    for url in ["http://localhost:9/", "http://localhost.:9/"] {
        let error = client.pool(url, PoolLimits::default()).unwrap().send(&request("x")).await.unwrap_err();
        assert!(matches!(error, SendError::AddressRefused(_)), "{url} gave {error:?}");
    }
}

#[tokio::test]
async fn connects_to_the_judged_address_after_one_look_up() {
    let receiver = Receiver::answering(OK).await;
    // The first is refused by the policy, the second by the machine: nothing listens there.
    let (client, asked) = client_that_resolves_to(local_policy(), &["10.0.0.1", "127.0.0.2", "127.0.0.1"]);
    let url = format!("http://receiver.example:{}/", receiver.address.port());
    let pool = client.pool(&url, PoolLimits::default()).unwrap();
    let answer = pool.send(&request("x")).await.unwrap();
    assert_eq!(answer.remote, receiver.address);
    pool.send(&request("x")).await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_literal_address_is_never_resolved() {
    let receiver = Receiver::answering(OK).await;
    let (client, asked) = client_that_resolves_to(local_policy(), &["10.0.0.1"]);
    client.pool(&receiver.url(), PoolLimits::default()).unwrap().send(&request("x")).await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

/// Never comes to an answer, or says that there is none.
struct Useless {
    hangs: bool,
}

impl Resolve for Useless {
    fn resolve<'a>(&'a self, _host: &'a str, _port: u16) -> Addresses<'a> {
        if self.hangs {
            Box::pin(std::future::pending())
        } else {
            Box::pin(async { Err(io::Error::other("no such name")) })
        }
    }
}

#[tokio::test]
async fn a_name_without_addresses_is_told_in_words() {
    for (resolver, expected) in [
        (
            Box::new(Useless { hangs: false }) as Box<dyn Resolve>,
            "the name gone.example could not be resolved: no such name",
        ),
        (
            Box::new(Fixed { addresses: Vec::new(), asked: Arc::default() }),
            "the name gone.example could not be resolved: it has no address",
        ),
    ] {
        let client = Client::with_resolver(local_policy(), Roots::System, resolver);
        let pool = client.pool("http://gone.example/", PoolLimits::default()).unwrap();
        assert_eq!(pool.send(&request("x")).await.unwrap_err().to_string(), expected);
    }
}

#[tokio::test]
async fn a_look_up_that_hangs_is_cut_off() {
    let client = Client::with_resolver(local_policy(), Roots::System, Box::new(Useless { hangs: true }));
    let pool = client.pool("http://slow.example/", PoolLimits::default()).unwrap();
    let hasty = tidings_net::OutboundRequest { connect_timeout: std::time::Duration::from_millis(50), ..request("x") };
    let error = pool.send(&hasty).await.unwrap_err();
    assert_eq!(error, SendError::Timeout { phase: tidings_net::Phase::Resolving });
    assert!(!error.request_may_have_arrived());
}

#[tokio::test]
async fn a_pool_for_a_refused_address_is_not_made() {
    let refused = local_client().pool("http://10.0.0.1/", PoolLimits::default()).unwrap_err();
    assert!(matches!(refused, AddressRefused::Reserved { .. }));
}
