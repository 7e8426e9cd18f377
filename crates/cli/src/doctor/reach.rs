//! Whether vendors can reach the server, by the address that it gives them.

use serde_json::Value;

use super::finding::Finding;
use crate::{client::Client, options::ServeOptions, verb::text};

/// Looks at the address that channels are told to vendors by, or else at the one of the options.
pub(super) async fn look(options: &ServeOptions, channels: Option<&[Value]>, findings: &mut Vec<Finding>) {
    let told = channels.and_then(<[Value]>::first).map(|channel| text(channel, "/webhook_url"));
    let told = told.and_then(|url| url.rsplit_once("/in/").map(|(base, _)| base.to_owned()));
    let Some(url) = told.or_else(|| options.public_url.clone()) else {
        let advice = "start the server with --public-url https://…, the address of the proxy before it";
        findings.push(Finding::warn("public address", "none is set: vendors cannot reach the server", advice));
        return;
    };
    let plausible = plausible(&url);
    findings.push(match plausible {
        Err(wrong) => Finding::warn(
            "public address",
            format!("{url} {wrong}"),
            "put a proxy with a certificate before the server, and start it with --public-url https://…",
        ),
        Ok(()) => reachable(&url).await,
    });
}

/// Whether a vendor may reach an address, by how it looks; the error says why not.
fn plausible(url: &str) -> Result<(), &'static str> {
    let host = url.split("://").nth(1).unwrap_or_default();
    let is_local =
        ["127.", "localhost", "0.0.0.0", "[::", "10.", "192.168."].iter().any(|local| host.starts_with(local));
    match url {
        _ if is_local => Err("is an address of this network: vendors cannot reach it"),
        _ if !url.starts_with("https://") => Err("is not secured: vendors take only https"),
        _ => Ok(()),
    }
}

/// Whether a server of ours answers there. That it can be reached from here does not prove that vendors can, but the
/// other way round it is rare.
async fn reachable(url: &str) -> Finding {
    let asked = match Client::without_key(url) {
        Ok(client) => client.get("/healthz").await,
        Err(failure) => Err(failure),
    };
    match asked {
        Ok(answer) if answer.body.trim_ascii() == b"ok" => {
            Finding::ok("public address", format!("{url} leads to a server"))
        }
        Ok(_) => Finding::fail(
            "public address",
            format!("{url} leads to something else"),
            "let the proxy pass every path on to the server",
        ),
        Err(failure) => {
            let first = failure.first_line();
            Finding::fail("public address", first, "look at the name, the firewall, the proxy and its certificate")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_secured_addresses_of_the_internet_are_plausible() {
        assert_eq!(plausible("https://chat.example.com"), Ok(()));
        for (url, word) in [
            ("http://chat.example.com", "https"),
            ("http://127.0.0.1:7777", "network"),
            ("https://localhost", "network"),
            ("https://192.168.1.2", "network"),
        ] {
            assert!(plausible(url).unwrap_err().contains(word), "{url}");
        }
    }
}
