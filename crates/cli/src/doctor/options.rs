//! Options that are understood and had better be others.

use std::{collections::BTreeSet, net::IpAddr};

use ipnet::IpNet;

use super::finding::Finding;
use crate::options::ServeOptions;

/// How long the operator's key should be at least, and of how many different characters.
const LENGTH: usize = 20;
const CHARACTERS: usize = 8;
/// Networks that are wider than these are more than somebody's own.
const WIDEST_V4: u8 = 8;
const WIDEST_V6: u8 = 7;
/// Where machines in a cloud are told secrets.
const METADATA: [u8; 4] = [169, 254, 169, 254];

/// Looks at those that somebody may be harmed by.
pub(super) fn look(options: &ServeOptions, findings: &mut Vec<Finding>) {
    findings.extend(options.admin_key.as_deref().and_then(admin_key));
    findings.extend(networks(&options.allow_networks, &options.deny_networks));
}

/// A key that can be guessed lets anybody do everything.
fn admin_key(key: &str) -> Option<Finding> {
    let letters: BTreeSet<char> = key.chars().collect();
    let is_weak = key.chars().count() < LENGTH || letters.len() < CHARACTERS;
    is_weak.then(|| {
        let detail = format!("it can be guessed: it should have {LENGTH} characters at least, and not always the same");
        Finding::warn(
            "operator's key",
            detail,
            "set another one, such as what `openssl rand -base64 32` prints, and restart",
        )
    })
}

/// Whoever may register an endpoint may have the server call what is allowed.
fn networks(allowed: &[IpNet], denied: &[IpNet]) -> Option<Finding> {
    let metadata = IpAddr::from(METADATA);
    let is_wide =
        |network: &&IpNet| network.prefix_len() < if network.addr().is_ipv4() { WIDEST_V4 } else { WIDEST_V6 };
    let advice = "name only the networks that your own receivers are in; what must never be reached can be named in \
                  deny_networks";
    if let Some(wide) = allowed.iter().find(is_wide) {
        let detail = format!("{wide} is allowed: webhooks and calls to vendors may reach whatever the server reaches");
        return Some(Finding::warn("allowed networks", detail, advice));
    }
    let contain = |networks: &[IpNet]| networks.iter().any(|network| network.contains(&metadata));
    (contain(allowed) && !contain(denied)).then(|| {
        let detail = format!("{metadata} is allowed, where a cloud tells its machines their secrets");
        Finding::warn("allowed networks", detail, advice)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_can_be_guessed_are_told() {
        for (key, is_weak) in [
            ("secret", true),
            (&"a".repeat(40), true),
            ("Zk3nJ9qLx0VbT7uWc2Rf", false),
            ("a long random text of words", false),
        ] {
            assert_eq!(admin_key(key).is_some(), is_weak, "{key}");
        }
    }

    #[test]
    fn networks_that_are_wider_than_one_s_own_are_told() {
        let net = |text: &&str| text.parse().unwrap();
        for (allowed, denied, is_told) in [
            (&["10.0.0.0/8", "fc00::/7"][..], &[][..], false),
            (&["0.0.0.0/0"], &[], true),
            (&["::/0"], &[], true),
            (&["169.254.0.0/16"], &[], true),
            (&["169.254.0.0/16"], &["169.254.169.254/32"], false),
        ] {
            let [allowed, denied]: [Vec<IpNet>; 2] = [allowed, denied].map(|texts| texts.iter().map(net).collect());
            assert_eq!(networks(&allowed, &denied).is_some(), is_told, "{allowed:?}");
        }
    }
}
