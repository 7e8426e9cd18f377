//! The addresses that are not public, in one table for each family.
//!
//! Sources: IANA's "IPv4 Special-Purpose Address Registry" and "IPv6 Special-Purpose Address Registry", all entries,
//! also those marked globally reachable; "IPv4 Multicast Address Space"; RFC 3879 for `fec0::/10`; and for IPv6 "Internet
//! Protocol Version 6 Address Space": nothing outside `2000::/3` is given out as public unicast.
//!
//! This module never decides what is done with such an address.

use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// A network of IPv4 and what it is; a narrower one stands before the wider one that holds it.
const fn v4(address: [u8; 4], prefix: u8, kind: &'static str) -> (Ipv4Net, &'static str) {
    let [a, b, c, d] = address;
    (Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix), kind)
}

/// A network of IPv6, by its first four groups, and what it is.
const fn v6(groups: [u16; 4], prefix: u8, kind: &'static str) -> (Ipv6Net, &'static str) {
    let [a, b, c, d] = groups;
    (Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0), prefix), kind)
}

const SPECIAL_V4: [(Ipv4Net, &str); 19] = [
    v4([0, 0, 0, 0], 32, "the unspecified address"),
    v4([0, 0, 0, 0], 8, "an address of this network (0.0.0.0/8)"),
    v4([10, 0, 0, 0], 8, "a private address (10.0.0.0/8)"),
    v4([100, 64, 0, 0], 10, "a carrier's shared address (100.64.0.0/10)"),
    v4([127, 0, 0, 0], 8, "a loopback address (127.0.0.0/8)"),
    v4([169, 254, 0, 0], 16, "a link-local address (169.254.0.0/16)"),
    v4([172, 16, 0, 0], 12, "a private address (172.16.0.0/12)"),
    v4([192, 0, 0, 0], 24, "reserved for protocols (192.0.0.0/24)"),
    v4([192, 0, 2, 0], 24, "reserved for documentation (192.0.2.0/24)"),
    v4([192, 31, 196, 0], 24, "reserved for AS112 (192.31.196.0/24)"),
    v4([192, 52, 193, 0], 24, "reserved for AMT (192.52.193.0/24)"),
    v4([192, 88, 99, 0], 24, "reserved for 6to4 relays (192.88.99.0/24)"),
    v4([192, 168, 0, 0], 16, "a private address (192.168.0.0/16)"),
    v4([192, 175, 48, 0], 24, "reserved for AS112 (192.175.48.0/24)"),
    v4([198, 18, 0, 0], 15, "reserved for benchmarks (198.18.0.0/15)"),
    v4([198, 51, 100, 0], 24, "reserved for documentation (198.51.100.0/24)"),
    v4([203, 0, 113, 0], 24, "reserved for documentation (203.0.113.0/24)"),
    v4([224, 0, 0, 0], 4, "a multicast address (224.0.0.0/4)"),
    v4([240, 0, 0, 0], 4, "reserved or broadcast (240.0.0.0/4)"),
];

/// Inside `2000::/3`, and what is worth a name of its own outside of it.
const SPECIAL_V6: [(Ipv6Net, &str); 18] = [
    v6([0, 0, 0, 0], 128, "the unspecified address"),
    (Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128), "the loopback address"),
    v6([0, 0, 0, 0], 96, "an IPv4-compatible address (::/96)"),
    v6([0x64, 0xff9b, 0, 0], 96, "an IPv4 address behind NAT64 (64:ff9b::/96)"),
    v6([0x64, 0xff9b, 1, 0], 48, "an IPv4 address behind local NAT64 (64:ff9b:1::/48)"),
    v6([0x100, 0, 0, 0], 64, "an address that discards (100::/64)"),
    v6([0x100, 0, 0, 1], 64, "a dummy address (100:0:0:1::/64)"),
    v6([0x2001, 0, 0, 0], 32, "a Teredo address (2001::/32)"),
    v6([0x2001, 0, 0, 0], 23, "reserved for protocols (2001::/23)"),
    v6([0x2001, 0xdb8, 0, 0], 32, "reserved for documentation (2001:db8::/32)"),
    v6([0x2002, 0, 0, 0], 16, "an IPv4 address inside 6to4 (2002::/16)"),
    v6([0x2620, 0x4f, 0x8000, 0], 48, "reserved for AS112 (2620:4f:8000::/48)"),
    v6([0x3fff, 0, 0, 0], 20, "reserved for documentation (3fff::/20)"),
    v6([0x5f00, 0, 0, 0], 16, "a segment-routing identifier (5f00::/16)"),
    v6([0xfc00, 0, 0, 0], 7, "a private address (fc00::/7)"),
    v6([0xfe80, 0, 0, 0], 10, "a link-local address (fe80::/10)"),
    v6([0xfec0, 0, 0, 0], 10, "a site-local address (fec0::/10)"),
    v6([0xff00, 0, 0, 0], 8, "a multicast address (ff00::/8)"),
];

/// The only part of IPv6 that is given out as public unicast.
const PUBLIC_V6: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// What an address of IPv4 is, unless it is a public one.
pub(super) fn kind_of_v4(address: Ipv4Addr) -> Option<&'static str> {
    SPECIAL_V4.iter().find(|(network, _)| network.contains(&address)).map(|&(_, kind)| kind)
}

/// What an address of IPv6 is, unless it is a public one. The mapped ones are not asked for here.
pub(super) fn kind_of_v6(address: Ipv6Addr) -> Option<&'static str> {
    SPECIAL_V6
        .iter()
        .find(|(network, _)| network.contains(&address))
        .map(|&(_, kind)| kind)
        .or_else(|| (!PUBLIC_V6.contains(&address)).then_some("not public unicast (outside 2000::/3)"))
}

/// The address of IPv4 that one of IPv6 stands for on its way: behind NAT64 (RFC 6052, `64:ff9b::/96`) or inside 6to4
/// (RFC 3056, `2002::/16`).
pub(super) fn carried_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let octets = address.octets();
    let four = |from: usize| octets[from..from + 4].try_into().ok().map(|four: [u8; 4]| Ipv4Addr::from(four));
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, _, _] => four(12),
        [0x2002, ..] => four(2),
        _ => None,
    }
}
