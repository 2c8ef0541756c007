//! Which addresses are on the public web, for calls that a person of a company may send anywhere: nobody is to reach through this server
//! what only this server reaches.

use std::net::{IpAddr, Ipv4Addr};

/// Whether this is an address of the public web, and not of the own computer, the own network, or of no computer at all.
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => {
            let s = ip.segments();
            // Addresses that stand for one of the old kind: mapped, translated (NAT64), 6to4.
            let old = |a: u16, b: u16| {
                let [a, b] = [a.to_be_bytes(), b.to_be_bytes()];
                is_public_v4(Ipv4Addr::new(a[0], a[1], b[0], b[1]))
            };
            match s {
                [0, 0, 0, 0, 0, 0 | 0xffff, a, b] => old(a, b),
                [0x64, 0xff9b, .., a, b] => old(a, b),
                [0x2002, a, b, ..] => old(a, b),
                // Global unicast without documentation and Teredo; everything else is nobody's or the own network's.
                _ => (s[0] & 0xe000) == 0x2000 && !(s[0] == 0x2001 && (s[1] == 0xdb8 || s[1] < 0x200)),
            }
        }
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let own = matches!(
        (a, b, c),
        (0 | 10 | 127 | 224..=255, ..)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 168, _)
            | (192, 0, 0 | 2)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    );
    !own
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn addresses_of_the_own_network_are_told_from_the_public_web_however_they_are_written() {
        for own in [
            "127.0.0.1",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "198.18.0.1",
            "203.0.113.9",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
        ] {
            assert!(!is_public(own.parse().unwrap()), "{own}");
        }
        for public in ["1.1.1.1", "172.32.0.1", "192.167.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:1.1.1.1"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }
}
