//! `[network]`: by which way requests leave the box, and whom their servers are vouched for by.
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `proxy` | `env`, `none`, address | `env` | `http://host:port` of an HTTP proxy |
//! | `proxy_credentials` | secret | none | `user:password`; no `vault` reference |
//! | `no_proxy` | list of texts | none | hosts, domains and blocks that are asked without it |
//! | `roots` | path | none | a PEM file of authorities of your own |
//! | `roots_only` | flag | false | whether they alone are believed |
//!
//! `env` is `HTTPS_PROXY`, else `ALL_PROXY`, with `NO_PROXY`, of the service's environment.
//!
//! A `[[target]]` may have the same keys, which hold for it alone: `roots` takes the place of both
//! of these, and `proxy` that of all three about a proxy, which want it beside them. Credentials
//! are for one proxy, and are shown to no other.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;

use crate::config::{path, secret};
use crate::document::{Item, Table};
use crate::limits::NO_PROXY_MAX;
use crate::model::network::{Exception, NetworkConfig, NoProxy, Others, ProxyAddress, ProxyChoice};
use crate::model::target::TargetKind;

/// Reads `[network]`; without it all is as by default.
pub(super) fn read(root: &mut Table<'_>) -> NetworkConfig {
    let mut network = NetworkConfig::default();
    if let Some(mut table) = root.optional("network").and_then(|item| item.table()) {
        let item = table.optional("proxy");
        by_proxy(&mut table, item.as_ref(), &mut network);
        believes(&mut table, &mut network);
        table.finish();
    }
    network
}

/// What a target says of its own, in the place of what all have; nothing where it says nothing.
/// `roots` replaces whom all believe, and `proxy` by which proxy all go, for whom, and as whom.
pub(super) fn of_target(
    table: &mut Table<'_>,
    of_all: &NetworkConfig,
    kind: Option<&TargetKind>,
) -> Option<Box<NetworkConfig>> {
    let mut network = of_all.clone();
    let is_direct = matches!(kind, Some(TargetKind::Mail(_) | TargetKind::Syslog(_)));
    match table.optional("proxy") {
        Some(item) if is_direct => drop(item.refuse::<()>(NO_HTTP, DIRECT)),
        Some(item) => {
            let (others, roots) = (network.others, network.roots);
            network = NetworkConfig { others, roots, ..NetworkConfig::default() };
            by_proxy(table, Some(&item), &mut network);
        }
        None => {
            for alone in ["proxy_credentials", "no_proxy"].map(|key| table.optional(key)) {
                let Some(alone) = alone else { continue };
                if is_direct {
                    alone.refuse::<()>(NO_HTTP, DIRECT);
                } else {
                    let help = "Write proxy = \"http://host:port\" beside it, or \"env\".";
                    alone.refuse::<()>("the target names no proxy of its own", help);
                }
            }
        }
    }
    believes(table, &mut network);
    (network != *of_all).then(|| Box::new(network))
}

/// The keys about a proxy, beside the one that names it.
fn by_proxy(table: &mut Table<'_>, named: Option<&Item<'_>>, network: &mut NetworkConfig) {
    network.proxy = named.and_then(proxy).unwrap_or_default();
    let credentials = table.optional("proxy_credentials");
    network.credentials =
        credentials.as_ref().and_then(|item| secret::of_this_box(item, TOO_EARLY));
    if let (Some(item), ProxyChoice::Never) = (&credentials, &network.proxy) {
        item.refuse::<()>("there is no proxy to show them to", "Leave them out, or name it.");
    }
    let list = table.optional("no_proxy").and_then(|item| item.list_of(0..=NO_PROXY_MAX));
    network.no_proxy = NoProxy::of(list.iter().flatten().filter_map(exception).collect());
}

/// The keys about whom to believe. Both are replaced where one stands there.
fn believes(table: &mut Table<'_>, network: &mut NetworkConfig) {
    let (roots, only) = (table.optional("roots"), table.optional("roots_only"));
    if roots.is_none() && only.is_none() {
        return;
    }
    let is_named = roots.is_some();
    network.roots = roots.and_then(|item| path(&item));
    network.others = Others::Believed;
    let Some(only) = only else { return };
    match only.flag() {
        Some(true) if is_named => network.others = Others::NotBelieved,
        Some(true) => {
            let help = "Write roots = \"/etc/andon/authority.pem\" beside it.";
            only.refuse::<()>("nobody is named who would be believed", help);
        }
        Some(false) | None => {}
    }
}

fn proxy(item: &Item<'_>) -> Option<ProxyChoice> {
    match item.text()? {
        "env" => Some(ProxyChoice::Environment),
        "none" => Some(ProxyChoice::Never),
        text => match ProxyAddress::read(text) {
            Ok(address) => Some(ProxyChoice::At(address)),
            // A user stands before a password.
            Err(why) if text.contains('@') => item.refuse_hidden(no_proxy(why), HELP),
            Err(why) => item.refuse(no_proxy(why), HELP),
        },
    }
}

fn no_proxy(why: &str) -> String {
    format!("this is no proxy: {why}")
}

fn exception(item: &Item<'_>) -> Option<Exception> {
    let text = item.text()?;
    Exception::read(text)
        .map_err(|why| {
            let help = "Write \"host.example\", \"*.example\", \"192.0.2.7\" or \"10.0.0.0/8\".";
            item.refuse::<()>(format!("\"{text}\" is no host: {why}"), help);
        })
        .ok()
}

const NO_HTTP: &str = "mail and syslog go through no proxy";
const DIRECT: &str = "Leave it out: the server is reached directly.";
const TOO_EARLY: &str = "the vault may have to be asked through the proxy";
const HELP: &str = "Write \"http://host:port\", \"env\" or \"none\"; a user and password go into \
                    proxy_credentials = { credential = \"name\" }.";
