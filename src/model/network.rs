//! How requests leave the box: by which proxy, which hosts need none, and whom servers are vouched
//! for by.
//!
//! # Promises
//! - `a_name_stands_for_itself_and_what_is_below_it`
//! - `this_box_is_never_asked_for_through_a_proxy`
//! - `an_address_of_a_proxy_has_its_port`: what is left out means another port to each program.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;

use crate::model::http::host;
use crate::model::secret::SecretRef;

/// `[network]`: for every request that the hub makes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NetworkConfig {
    /// `proxy`. Default: what the service's environment says.
    pub proxy: ProxyChoice,
    /// `proxy_credentials`: `user:password`, for a proxy that asks.
    pub credentials: Option<SecretRef>,
    /// `no_proxy`: what is asked without it, beside this box itself.
    pub no_proxy: NoProxy,
    /// `roots`: the path of a PEM file with authorities of the operator's own.
    pub roots: Option<Box<str>>,
    /// `roots_only`: who else is believed. Default: the authorities that come with the program.
    pub others: Others,
}

/// Where requests go through.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ProxyChoice {
    /// What `HTTPS_PROXY`, or else `ALL_PROXY`, of the process says; nothing where neither does.
    #[default]
    Environment,
    /// None, whatever the environment says.
    Never,
    /// This one.
    At(ProxyAddress),
}

/// Whether the authorities that come with the program are believed beside the operator's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Others {
    /// They are.
    #[default]
    Believed,
    /// Only the operator's own are.
    NotBelieved,
}

/// A proxy: `http://host:port`, without a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyAddress(Box<str>);

/// Hosts that are asked without a proxy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NoProxy(Vec<Exception>);

/// One host, or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exception {
    /// `*`.
    Everything,
    /// A name, with what is below it.
    Name(Box<str>),
    /// An address, or a block of them: as many leading bits count.
    Block(IpAddr, u8),
}

/// Which way a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// To the host itself.
    Direct,
    /// Through the proxy.
    ByProxy,
}

impl ProxyAddress {
    /// Reads `http://host:port`; a slash may follow.
    ///
    /// # Errors
    /// Says what is wrong with it. No fault repeats the text, which may hold a password.
    pub fn read(text: &str) -> Result<Self, &'static str> {
        let rest = match text.split_once("://") {
            Some(("http", rest)) => rest,
            Some(("socks" | "socks4" | "socks4a" | "socks5" | "socks5h", _)) => {
                return Err("it speaks SOCKS, and only HTTP proxies are spoken to");
            }
            Some(_) | None => return Err("it does not begin with http://"),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains('@') {
            return Err("it has a user in it");
        }
        let (name, port) = rest.rsplit_once(':').unwrap_or((rest, ""));
        let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        let is_host = match bare {
            Some(bare) => bare.parse::<core::net::Ipv6Addr>().is_ok(),
            None => !name.is_empty() && name.chars().all(is_name),
        };
        match port.parse() {
            Ok(1..=u16::MAX) if is_host => Ok(Self(format!("http://{rest}").into())),
            Ok(1..=u16::MAX) => Err("it has no host that can be"),
            Ok(0) | Err(_) => Err("it has no port"),
        }
    }

    /// `http://host:port`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Exception {
    /// Reads `name`, `.name`, `*.name`, `*`, an address, or a block such as `10.0.0.0/8`.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn read(text: &str) -> Result<Self, &'static str> {
        if text == "*" {
            return Ok(Self::Everything);
        }
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let bare = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if let Ok(ip) = bare.unwrap_or(address).parse::<IpAddr>() {
            let width = if ip.is_ipv4() { 32 } else { 128 };
            let bits = match bits {
                None => width,
                Some(bits) => bits.parse().ok().filter(|bits| *bits <= width).ok_or(
                    "after the slash stands how many bits count: at most 32, of IPv6 at most 128",
                )?,
            };
            return Ok(Self::Block(ip, bits));
        }
        let name = text.trim_start_matches('*').trim_start_matches('.').trim_end_matches('.');
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        if name.is_empty() || !name.chars().all(is_plain) {
            return Err("it is neither the name of a host nor an address");
        }
        Ok(Self::Name(name.to_ascii_lowercase().into()))
    }

    fn covers(&self, host: &str) -> Covers {
        let is_covered = match self {
            Self::Everything => true,
            Self::Name(name) => {
                let host = host.trim_end_matches('.');
                let head = host.len().checked_sub(name.len());
                let is_below = |at: usize| {
                    host.get(at..).is_some_and(|end| end.eq_ignore_ascii_case(name))
                        && (at == 0 || host.get(..at).is_some_and(|head| head.ends_with('.')))
                };
                head.is_some_and(is_below)
            }
            Self::Block(block, bits) => host.parse().is_ok_and(|ip| is_within(ip, *block, *bits)),
        };
        if is_covered { Covers::It } else { Covers::NotIt }
    }
}

#[derive(PartialEq)]
enum Covers {
    It,
    NotIt,
}

fn is_within(ip: IpAddr, block: IpAddr, bits: u8) -> bool {
    let bits = u32::from(bits);
    match (ip, block) {
        (IpAddr::V4(ip), IpAddr::V4(block)) => {
            let differing = ip.to_bits() ^ block.to_bits();
            differing.leading_zeros() >= bits
        }
        (IpAddr::V6(ip), IpAddr::V6(block)) => {
            let differing = ip.to_bits() ^ block.to_bits();
            differing.leading_zeros() >= bits
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
    }
}

impl NoProxy {
    /// The hosts of a list.
    #[must_use]
    pub const fn of(list: Vec<Exception>) -> Self {
        Self(list)
    }

    /// The hosts of `NO_PROXY`, which commas separate, and what in it cannot be read. A port after
    /// a host is passed over: a proxy is for hosts.
    #[must_use]
    pub fn of_environment(text: &str) -> (Self, Vec<String>) {
        let (mut list, mut unread) = (Vec::new(), Vec::new());
        for part in text.split([',', ' ']).filter(|part| !part.is_empty()) {
            let without_port = match part.rsplit_once(':') {
                Some((host, port)) if port.parse::<u16>().is_ok() && !host.contains(':') => host,
                Some((host, port)) if port.parse::<u16>().is_ok() && host.ends_with(']') => host,
                _ => part,
            };
            match Exception::read(without_port) {
                Ok(one) => list.push(one),
                Err(_) => unread.push(part.into()),
            }
        }
        (Self(list), unread)
    }

    /// Adds the hosts of another list.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Which way a request to an address goes, where there is a proxy. This box itself is not asked
    /// through one, which would ask itself.
    #[must_use]
    pub fn way(&self, url: &str) -> Way {
        let host = host(url);
        let is_this_box = host.eq_ignore_ascii_case("localhost")
            || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        if is_this_box || self.0.iter().any(|one| one.covers(host) == Covers::It) {
            return Way::Direct;
        }
        Way::ByProxy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(list: &str, url: &str) -> Way {
        let (no_proxy, unread) = NoProxy::of_environment(list);
        assert!(unread.is_empty(), "{unread:?}");
        no_proxy.way(url)
    }

    #[test]
    fn a_name_stands_for_itself_and_what_is_below_it() {
        for list in ["corp.example", ".corp.example", "*.Corp.example", "x,  corp.example:443"] {
            for url in
                ["https://corp.example/", "https://a.b.CORP.example:8443", "https://corp.example."]
            {
                assert_eq!(way(list, url), Way::Direct, "{list} {url}");
            }
            for url in ["https://notcorp.example", "https://corp.example.org", "https://example"] {
                assert_eq!(way(list, url), Way::ByProxy, "{list} {url}");
            }
        }
        assert_eq!(way("*", "https://hooks.slack.com/x"), Way::Direct);
        assert_eq!(way("", "https://hooks.slack.com/x"), Way::ByProxy);
    }

    #[test]
    fn a_block_counts_as_many_bits_as_it_says() {
        let list = "10.1.0.0/15,fd00::/8,192.0.2.7,[2001:db8::1]:443,2001:db8::2";
        for direct in [
            "https://10.0.255.1/x",
            "https://10.1.2.3:8443",
            "https://[fdff::1]/",
            "https://192.0.2.7",
            "https://[2001:db8::1]",
            "https://[2001:db8::2]:9",
        ] {
            assert_eq!(way(list, direct), Way::Direct, "{direct}");
        }
        for by_proxy in ["https://10.2.0.1", "https://[fe00::1]", "https://192.0.2.8", "https://x"]
        {
            assert_eq!(way(list, by_proxy), Way::ByProxy, "{by_proxy}");
        }
        assert_eq!(way("0.0.0.0/0", "https://203.0.113.9"), Way::Direct);
        for bad in ["10.0.0.0/33", "10.0.0.0/x", "a b", "https://x", "", ".", "x/8", "::1/129"] {
            assert!(Exception::read(bad).is_err(), "{bad}");
        }
        let (_, unread) = NoProxy::of_environment("a,https://b,10.0.0.0/99");
        assert_eq!(unread, ["https://b", "10.0.0.0/99"]);
    }

    #[test]
    fn this_box_is_never_asked_for_through_a_proxy() {
        for url in
            ["http://127.0.0.1:9", "http://LOCALHOST/x", "http://[::1]:80/", "http://127.9.9.9"]
        {
            assert_eq!(NoProxy::default().way(url), Way::Direct, "{url}");
        }
        assert_eq!(NoProxy::default().way("https://localhost.example"), Way::ByProxy);
    }

    #[test]
    fn an_address_of_a_proxy_has_its_port() {
        let shown = |text| ProxyAddress::read(text).map(|address| address.as_str().to_owned());
        assert_eq!(shown("http://proxy.corp:3128/"), Ok("http://proxy.corp:3128".into()));
        assert_eq!(shown("http://[fd00::1]:8080"), Ok("http://[fd00::1]:8080".into()));
        for (bad, why) in [
            ("proxy:3128", "http://"),
            ("https://proxy:3128", "http://"),
            ("socks5://proxy:1080", "SOCKS"),
            ("http://user:hush@proxy:3128", "a user"),
            ("http://proxy", "no port"),
            ("http://proxy:0", "no port"),
            ("http://:3128", "no host"),
            ("http://a b:3128", "no host"),
            ("http://[x]:3128", "no host"),
            ("http://proxy:3128/path", "no port"),
        ] {
            let said = shown(bad).unwrap_err();
            assert!(said.contains(why) && !said.contains("hush"), "{bad}: {said}");
        }
    }
}
