//! The address policy: which places may be spoken to at all.
//!
//! An address is judged twice: when it is saved ([`AddressPolicy::judge_url`], which knows only what is written there,
//! so names pass) and when it is connected to ([`AddressPolicy::judge_ip`], on what the name resolved to, which is the
//! real defence). This module never resolves a name.

mod special;

use std::net::IpAddr;

use ipnet::IpNet;
use thiserror::Error;
use url::{Host, ParseError, Url};

use crate::target;

/// Which addresses may be spoken to: the public ones, and those in networks that the operator allowed; but none in those
/// that he denied.
#[derive(Debug, Clone, Default)]
pub struct AddressPolicy {
    allow: Vec<IpNet>,
    deny: Vec<IpNet>,
}

/// Why an address may not be spoken to, and what can be done about it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AddressRefused {
    /// The text is no absolute URL.
    #[error("the address is not a URL: {reason}")]
    Unreadable {
        /// What the parser says.
        reason: ParseError,
    },
    /// The text is a URL, but none that HTTP can carry: it is too long, or its host has strange characters.
    #[error("the URL can not be requested: {reason}")]
    Unsendable {
        /// What the HTTP library says.
        reason: String,
    },
    /// The URL is of another scheme.
    #[error("the scheme {scheme}: is not spoken here; use https: or http:")]
    Scheme {
        /// The scheme.
        scheme: String,
    },
    /// The port is 0.
    #[error("port 0 can not be connected to; name the port that the receiver listens on")]
    PortZero,
    /// A user name or a password stands in the URL.
    #[error("a URL with a user name or password in it is refused; send credentials in a header instead")]
    Credentials,
    /// The address is not a public one.
    #[error(
        "{address} is refused: it is {kind}; if it is meant, the operator can allow its network with \
         TIDINGS_ALLOW_NETWORKS"
    )]
    Reserved {
        /// The address.
        address: IpAddr,
        /// What it is.
        kind: &'static str,
    },
    /// The operator does not want it spoken to.
    #[error("{address} is refused: it is in {network}, which the operator denies with TIDINGS_DENY_NETWORKS")]
    Denied {
        /// The address.
        address: IpAddr,
        /// The network that it is in.
        network: IpNet,
    },
}

impl AddressPolicy {
    /// A policy that allows these networks beside the public addresses.
    ///
    /// A network of IPv4 holds its addresses also where they are written as IPv4-mapped IPv6.
    pub fn new(allow: Vec<IpNet>) -> Self {
        Self { allow, deny: Vec::new() }
    }

    /// The same, but for these networks, whatever is allowed.
    #[must_use]
    pub fn denying(self, deny: Vec<IpNet>) -> Self {
        Self { deny, ..self }
    }

    /// Judges what somebody wants to save, and gives it back as the URL that it is.
    ///
    /// The parser is the one that connecting uses, so every spelling that it takes for an address (`0x7f.1`,
    /// `2130706433`, full-width digits) is judged as that address.
    pub fn judge_url(&self, url: &str) -> Result<Url, AddressRefused> {
        let url = Url::parse(url).map_err(|reason| AddressRefused::Unreadable { reason })?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(AddressRefused::Scheme { scheme: url.scheme().to_owned() });
        }
        if url.port() == Some(0) {
            return Err(AddressRefused::PortZero);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressRefused::Credentials);
        }
        match url.host() {
            Some(Host::Ipv4(address)) => self.judge_ip(address.into())?,
            Some(Host::Ipv6(address)) => self.judge_ip(address.into())?,
            Some(Host::Domain(_)) => {}
            None => return Err(AddressRefused::Unreadable { reason: ParseError::EmptyHost }),
        }
        target::absolute_uri(&url)?;
        Ok(url)
    }

    /// Judges an address that is about to be connected to. What the operator allowed wins, and over that what he denied.
    pub fn judge_ip(&self, address: IpAddr) -> Result<(), AddressRefused> {
        let (plain, kind) = match address {
            IpAddr::V4(v4) => (address, special::kind_of_v4(v4)),
            IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
                Some(v4) => {
                    let kind = special::kind_of_v4(v4).unwrap_or("an IPv4 address written as IPv6 (::ffff:0:0/96)");
                    (v4.into(), Some(kind))
                }
                None => (address, special::kind_of_v6(v6)),
            },
        };
        if let Some(network) = self.deny.iter().find(|network| network.contains(&plain) || network.contains(&address)) {
            return Err(AddressRefused::Denied { address, network: *network });
        }
        // Whoever allows the way does not allow every place that it leads to.
        if let IpAddr::V6(v6) = address
            && let Some(carried) = special::carried_v4(v6)
        {
            self.judge_ip(carried.into())?;
        }
        match kind {
            Some(kind) if !self.allow.iter().any(|network| network.contains(&plain)) => {
                Err(AddressRefused::Reserved { address, kind })
            }
            _ => Ok(()),
        }
    }
}
