//! Where a pool's requests go, taken apart once: host, port, and the forms of the address that each protocol wants.
//! This module never judges an address.

use std::net::IpAddr;

use http::{HeaderValue, Uri, uri::PathAndQuery};
use url::{Host, Position, Url};

use crate::{address::AddressRefused, error::SendError};

/// A judged URL, taken apart.
#[derive(Debug)]
pub(crate) struct Target {
    /// The host as TLS and the resolver want it: no brackets, no dot at the end.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// The address, if the URL names one instead of a host.
    pub(crate) literal: Option<IpAddr>,
    pub(crate) secured: bool,
    /// The URL itself.
    pub(crate) own: Forms,
    /// The `Host` header of HTTP/1.1.
    pub(crate) host_header: HeaderValue,
}

/// An address as each protocol wants it.
#[derive(Debug)]
pub(crate) struct Forms {
    /// The path and query, for HTTP/1.1.
    pub(crate) origin: Uri,
    /// The whole address, for HTTP/2.
    pub(crate) absolute: Uri,
}

impl Target {
    pub(crate) fn new(url: &Url) -> Result<Self, AddressRefused> {
        let (host, literal) = match url.host() {
            Some(Host::Ipv4(address)) => (address.to_string(), Some(address.into())),
            Some(Host::Ipv6(address)) => (address.to_string(), Some(address.into())),
            Some(Host::Domain(name)) => (name.strip_suffix('.').unwrap_or(name).to_owned(), None),
            None => (String::new(), None),
        };
        let own = Forms {
            origin: url[Position::BeforePath..Position::AfterQuery].parse().map_err(|error| unsendable(&error))?,
            absolute: absolute_uri(url)?,
        };
        let authority = &url[Position::BeforeHost..Position::AfterPort];
        Ok(Self {
            host,
            port: url.port_or_known_default().unwrap_or(80),
            literal,
            secured: url.scheme() == "https",
            own,
            host_header: HeaderValue::from_str(authority)
                .map_err(|error| AddressRefused::Unsendable { reason: error.to_string() })?,
        })
    }

    /// A path below this one. Only the path and the query are replaced, so no text leads to another host or scheme;
    /// and because receivers resolve dots, a segment of dots is refused, which would lead out of the URL's own path.
    pub(crate) fn below(&self, path: &str) -> Result<Forms, SendError> {
        let unsendable = |reason: String| SendError::Path { reason };
        if !path.starts_with('/') {
            return Err(unsendable("it does not begin with a slash".to_owned()));
        }
        if path.contains('#') {
            return Err(unsendable("it has a fragment".to_owned()));
        }
        if path.split('?').next().unwrap_or(path).split(['/', '\\']).any(is_dots) {
            return Err(unsendable("it has a segment of dots".to_owned()));
        }
        let base = self.own.origin.path().trim_end_matches('/');
        let path = PathAndQuery::try_from([base, path].concat()).map_err(|error| unsendable(error.to_string()))?;
        let mut parts = self.own.absolute.clone().into_parts();
        parts.path_and_query = Some(path.clone());
        let absolute = Uri::from_parts(parts).map_err(|error| unsendable(error.to_string()))?;
        Ok(Forms { origin: path.into(), absolute })
    }
}

/// Whether a segment means this folder or the one above it, as it is or percent-encoded.
fn is_dots(segment: &str) -> bool {
    matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")
}

/// The URL as the HTTP library knows it, without its fragment, which is never sent.
pub(crate) fn absolute_uri(url: &Url) -> Result<Uri, AddressRefused> {
    url[..Position::AfterQuery].parse().map_err(|error| unsendable(&error))
}

fn unsendable(error: &http::uri::InvalidUri) -> AddressRefused {
    AddressRefused::Unsendable { reason: error.to_string() }
}
