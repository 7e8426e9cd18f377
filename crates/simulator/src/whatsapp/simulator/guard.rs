//! Who may steer: programs of this machine, and the page under its own address. There is no password, so a page of another
//! site in the developer's browser must be kept out: it says where it comes from by `Origin`, and one that has made its
//! own name lead here, by `Host`. Source: "HTTP Semantics", section 7.2, and "DNS rebinding".

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName, Uri, header, uri::Authority};

/// A request that may not steer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Stranger {
    /// Of another site's page.
    #[error("a page of {0} may not steer the simulator")]
    Origin(String),
    /// By a name that is not the simulator's.
    #[error(
        "{0} is not an address of the simulator: call it by its own address, or start it with --public-url http://{0}"
    )]
    Host(String),
}

/// The names that the simulator is called by.
#[derive(Debug)]
pub(super) struct Guard {
    /// Of the address that it was given.
    host: Option<String>,
    /// Where it listens.
    listen: IpAddr,
}

impl Guard {
    pub(super) fn new(listen: SocketAddr, base: &str) -> Guard {
        let host = base.parse::<Uri>().ok().and_then(|uri| uri.host().map(str::to_owned));
        Guard { host, listen: listen.ip() }
    }

    pub(super) fn admit(&self, headers: &HeaderMap) -> Result<(), Stranger> {
        let text = |name: HeaderName| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
        let host = text(header::HOST).unwrap_or_default();
        if !host.parse().is_ok_and(|authority: Authority| self.is_ours(authority.host())) {
            return Err(Stranger::Host(host.into_owned()));
        }
        let ours = |origin: &str| origin.split_once("://").is_some_and(|(_, named)| named.eq_ignore_ascii_case(&host));
        match text(header::ORIGIN) {
            Some(origin) if !ours(&origin) => Err(Stranger::Origin(origin.into_owned())),
            _ => Ok(()),
        }
    }

    fn is_ours(&self, host: &str) -> bool {
        let address: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
        host.eq_ignore_ascii_case("localhost")
            || self.host.as_deref().is_some_and(|given| host.eq_ignore_ascii_case(given))
            // No page can make a number lead elsewhere, as it can a name.
            || address.is_some_and(|address| address.is_loopback() || self.listen.is_unspecified())
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn admits(listen: &str, base: &str, host: &str, origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::from_iter([(header::HOST, HeaderValue::from_str(host).unwrap())]);
        headers.extend(origin.map(|origin| (header::ORIGIN, HeaderValue::from_str(origin).unwrap())));
        Guard::new(listen.parse().unwrap(), base).admit(&headers).is_ok()
    }

    #[test]
    fn only_its_own_names_and_its_own_page_are_let_in() {
        let (loopback, base) = ("127.0.0.1:7788", "http://127.0.0.1:7788");
        for host in ["127.0.0.1:7788", "localhost:7788", "LocalHost", "[::1]:7788", "127.0.0.2"] {
            assert!(admits(loopback, base, host, None), "{host}");
        }
        for host in ["evil.example", "evil.example:7788", "localhost.evil.example", "192.168.1.2:7788", "a b", ""] {
            assert!(!admits(loopback, base, host, None), "{host}");
        }
        assert!(admits("0.0.0.0:7788", "http://0.0.0.0:7788", "192.168.1.2:7788", None));
        assert!(admits("0.0.0.0:7788", "http://simulator:7788", "simulator:7788", None));
        assert!(admits(loopback, base, "localhost:7788", Some("http://localhost:7788")));
        for origin in ["http://evil.example", "null", "http://localhost:3000", "http://127.0.0.1:7788.evil.example"] {
            assert!(!admits(loopback, base, "127.0.0.1:7788", Some(origin)), "{origin}");
        }
    }
}
