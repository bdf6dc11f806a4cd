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

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::config::{path, secret};
use crate::document::{Item, Table};
use crate::limits::NO_PROXY_MAX;
use crate::model::network::{Exception, NetworkConfig, NoProxy, Others, ProxyAddress, ProxyChoice};

/// Reads `[network]`; without it all is as by default.
pub(super) fn read(root: &mut Table<'_>) -> NetworkConfig {
    let Some(mut table) = root.optional("network").and_then(|item| item.table()) else {
        return NetworkConfig::default();
    };
    let proxy = table.optional("proxy").and_then(|item| proxy(&item)).unwrap_or_default();
    let credentials = table.optional("proxy_credentials");
    let own = credentials.as_ref().and_then(|item| secret::of_this_box(item, TOO_EARLY));
    if let (Some(item), ProxyChoice::Never) = (&credentials, &proxy) {
        item.refuse::<()>("there is no proxy to show them to", "Leave them out, or name it.");
    }
    let list = table.optional("no_proxy").and_then(|item| item.list_of(0..=NO_PROXY_MAX));
    let no_proxy = list.iter().flatten().filter_map(exception).collect::<Vec<_>>();
    let roots = table.optional("roots").and_then(|item| path(&item));
    let others = match table.optional("roots_only") {
        Some(item) => match (item.flag(), &roots) {
            (Some(true), None) => {
                let help = "Write roots = \"/etc/andon/authority.pem\" beside it.";
                item.refuse("nobody is named who would be believed", help)
            }
            (Some(true), Some(_)) => Some(Others::NotBelieved),
            (Some(false), _) => Some(Others::Believed),
            (None, _) => None,
        },
        None => Some(Others::Believed),
    };
    table.finish();
    NetworkConfig {
        proxy,
        credentials: own,
        no_proxy: NoProxy::of(no_proxy),
        roots,
        others: others.unwrap_or_default(),
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

const TOO_EARLY: &str = "the vault may have to be asked through the proxy";
const HELP: &str = "Write \"http://host:port\", \"env\" or \"none\"; a user and password go into \
                    proxy_credentials = { credential = \"name\" }.";
