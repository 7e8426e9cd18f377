//! Where a pool's requests go, taken apart once: host, port, and the forms of the address that each protocol wants.
//! This module never judges an address.

use std::net::IpAddr;

use http::{HeaderValue, Uri};
use url::{Host, Position, Url};

use crate::address::AddressRefused;

/// A judged URL, taken apart.
#[derive(Debug)]
pub(crate) struct Target {
    /// The host as TLS and the resolver want it: no brackets, no dot at the end.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// The address, if the URL names one instead of a host.
    pub(crate) literal: Option<IpAddr>,
    pub(crate) secured: bool,
    /// The path and query, for HTTP/1.1.
    pub(crate) origin_form: Uri,
    /// The whole address, for HTTP/2.
    pub(crate) absolute_form: Uri,
    /// The `Host` header of HTTP/1.1.
    pub(crate) host_header: HeaderValue,
}

impl Target {
    pub(crate) fn new(url: &Url) -> Result<Self, AddressRefused> {
        let (host, literal) = match url.host() {
            Some(Host::Ipv4(address)) => (address.to_string(), Some(address.into())),
            Some(Host::Ipv6(address)) => (address.to_string(), Some(address.into())),
            Some(Host::Domain(name)) => (name.strip_suffix('.').unwrap_or(name).to_owned(), None),
            None => (String::new(), None),
        };
        let absolute_form = absolute_uri(url)?;
        let authority = &url[Position::BeforeHost..Position::AfterPort];
        Ok(Self {
            host,
            port: url.port_or_known_default().unwrap_or(80),
            literal,
            secured: url.scheme() == "https",
            origin_form: url[Position::BeforePath..Position::AfterQuery].parse().map_err(|error| unsendable(&error))?,
            absolute_form,
            host_header: HeaderValue::from_str(authority)
                .map_err(|error| AddressRefused::Unsendable { reason: error.to_string() })?,
        })
    }
}

/// The URL as the HTTP library knows it, without its fragment, which is never sent.
pub(crate) fn absolute_uri(url: &Url) -> Result<Uri, AddressRefused> {
    url[..Position::AfterQuery].parse().map_err(|error| unsendable(&error))
}

fn unsendable(error: &http::uri::InvalidUri) -> AddressRefused {
    AddressRefused::Unsendable { reason: error.to_string() }
}
