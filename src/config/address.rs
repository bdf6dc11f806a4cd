//! Addresses of the web (`https`, or `http` where nothing leaves the box), and of our own sockets.

use alloc::boxed::Box;
use alloc::format;
use core::net::{IpAddr, SocketAddr};

use crate::document::{Item, Table};

/// An address that secrets may be sent to. No message repeats it, since its path may be secret.
pub(super) fn read(item: &Item<'_>) -> Option<Box<str>> {
    let text = item.text()?;
    match judge(text) {
        Judgement::Fine => Some(text.into()),
        Judgement::InClear => item.refuse(
            "http would send secrets in clear",
            "Begin the address with https://; http:// is for this box itself.",
        ),
        Judgement::NoAddress(why) => item.refuse(
            format!("this is not an address of the web: {why}"),
            "Write https://, the host, and the path if there is one.",
        ),
    }
}

/// An address of this box with a port, to listen on.
pub(super) fn socket(item: &Item<'_>) -> Option<SocketAddr> {
    let text = item.text()?;
    let help = "Write an address of the box and a port: \"127.0.0.1:9470\".";
    match text.parse() {
        Ok(address) => Some(address),
        Err(_) => item.refuse(format!("\"{text}\" is not an address with a port"), help),
    }
}

/// The name or address of a host that is no address of the web.
pub(super) fn host(item: &Item<'_>) -> Option<Box<str>> {
    let text = item.text()?;
    let is_label = |label: &str| {
        let is_of_host = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        (1..=63).contains(&label.len()) && label.chars().all(is_of_host)
    };
    if text.len() <= 253 && (text.split('.').all(is_label) || text.parse::<IpAddr>().is_ok()) {
        return Some(text.into());
    }
    item.refuse(
        format!("\"{text}\" is not the name of a host"),
        "Write a name or an address alone: \"smtp.example.com\"; the port has a key of its own.",
    )
}

/// The `port` of a server.
pub(super) fn port(table: &mut Table<'_>, usual: u16) -> u16 {
    let port = table.optional("port").and_then(|item| item.integer_in(1..=65_535));
    port.and_then(|port| u16::try_from(port).ok()).unwrap_or(usual)
}

#[derive(Debug, PartialEq, Eq)]
enum Judgement {
    Fine,
    InClear,
    NoAddress(&'static str),
}

fn judge(text: &str) -> Judgement {
    let (safe, rest) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(rest), _) => (true, rest),
        (_, Some(rest)) => (false, rest),
        _ => return Judgement::NoAddress("it does not begin with https://"),
    };
    if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Judgement::NoAddress("it has a blank in it");
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        // What stands before the sign would be sent as a password, or hide the true host.
        return Judgement::NoAddress("it has a user name in it");
    }
    // The colons of an IPv6 address stand in brackets; the last one outside is the port's.
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    if host.is_empty() {
        return Judgement::NoAddress("it has no host");
    }
    if port.is_some_and(|port| port.parse::<u16>().is_err()) {
        return Judgement::NoAddress("its port is not a number up to 65535");
    }
    if safe || is_this_box(host) { Judgement::Fine } else { Judgement::InClear }
}

/// Whether nothing that is sent to a host leaves this box.
pub(super) fn is_this_box(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_is_for_this_box_alone() {
        for text in [
            "https://api.nice-incontact.com",
            "https://hooks.slack.com/services/T0/B0/x?y=z",
            "http://127.0.0.1:9470/",
            "http://localhost:80?x",
            "http://[::1]:8080/a",
            "http://[::1]",
        ] {
            assert_eq!(judge(text), Judgement::Fine, "{text}");
        }
        for text in ["http://example.com", "http://localhost.example.com/", "http://10.0.0.1:80"] {
            assert_eq!(judge(text), Judgement::InClear, "{text}");
        }
    }

    #[test]
    fn what_could_hide_the_true_host_is_no_address() {
        for text in [
            "",
            "api.example.com",
            "ftp://example.com",
            "https://",
            "https:///path",
            "https://:443",
            "http://127.0.0.1:80@example.com",
            "https://example.com:port",
            "https://example.com:70000",
            "https://exa mple.com",
            "https://example.com/\n",
        ] {
            assert!(matches!(judge(text), Judgement::NoAddress(_)), "{text}");
        }
    }
}
