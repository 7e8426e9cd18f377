//! A server's address, taken apart once.

use std::{fmt, str::FromStr};

use http::Uri;

use super::Failure;

/// `http://host:port` or `https://…`, with a path below which the API lies where a proxy puts it there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServerAddress {
    pub(super) secured: bool,
    /// Without the brackets of an IPv6 address.
    pub(super) host: String,
    pub(super) port: u16,
    /// What stands in `host:`.
    pub(super) authority: String,
    /// Begins with a slash or is empty; never ends with one.
    pub(super) prefix: String,
}

impl ServerAddress {
    /// There is no answer from it.
    pub(crate) fn unreachable(&self, reason: impl Into<String>) -> Failure {
        Failure::Unreachable { server: self.to_string(), reason: reason.into() }
    }
}

impl FromStr for ServerAddress {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        let wrong = || Failure::Usage(format!("--server: `{text}` is no address such as http://127.0.0.1:7777"));
        let uri: Uri = text.trim().parse().map_err(|_| wrong())?;
        let secured = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(wrong()),
        };
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@')).ok_or_else(wrong)?;
        if uri.query().is_some() || authority.host().is_empty() {
            return Err(wrong());
        }
        Ok(Self {
            secured,
            host: authority.host().trim_start_matches('[').trim_end_matches(']').to_owned(),
            port: authority.port_u16().unwrap_or(if secured { 443 } else { 80 }),
            authority: authority.to_string(),
            prefix: uri.path().trim_end_matches('/').to_owned(),
        })
    }
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secured { "https" } else { "http" };
        write!(formatter, "{scheme}://{}{}", self.authority, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart_and_told_as_it_was_given() {
        for (text, secured, host, port, prefix) in [
            ("http://127.0.0.1:7777", false, "127.0.0.1", 7777, ""),
            ("https://chat.example.com/", true, "chat.example.com", 443, ""),
            ("http://[::1]:80/tidings/", false, "::1", 80, "/tidings"),
        ] {
            let address: ServerAddress = text.parse().unwrap();
            let found = (address.secured, &*address.host, address.port, &*address.prefix);
            assert_eq!(found, (secured, host, port, prefix), "{text}");
            assert_eq!(address.to_string(), text.trim_end_matches('/'));
        }
    }

    #[test]
    fn what_is_no_address_is_named() {
        for text in ["127.0.0.1:7777", "", "ftp://a", "http://", "http://a/?b=1", "http://me@a", "http://a b"] {
            let failure = text.parse::<ServerAddress>().unwrap_err();
            assert!(failure.to_string().contains(&format!("`{text}`")), "{failure}");
        }
    }
}
