//! `[hub]`: what concerns the hub itself.
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `zone` | text | `UTC` | whose clocks count for baselines, and for hours that name none |
//! | `state_directory` | text | `/var/lib/andon` | where the ledger lives |
//! | `admin_listen` | text | `127.0.0.1:9470` | health, metrics and API; loopback only |
//! | `blind_after_seconds` | 30 to 86400 | 120 | no fresh data for so long is itself an alert |
//! | `link_down_after_seconds` | 10 to 3600 | 45 | nobody outside answers for so long: our link |
//! | `acknowledged_for_seconds` | 60 to 86400 | 3600 | how long an acknowledgement holds |
//! | `blind_priority` | `P1`, `P2`, `P3` | `P2` | how urgent that alert is |

use alloc::format;
use core::net::SocketAddr;

use crate::config::{address, hours, path, seconds, threshold};
use crate::document::{Item, Table};
use crate::limits::ACKNOWLEDGED_MAX;
use crate::model::config::HubConfig;

/// Reads `[hub]`, and tells where the priority of a blind source stands, if the file has it.
pub(super) fn read<'a>(root: &mut Table<'a>) -> (HubConfig, Option<Item<'a>>) {
    let mut hub = HubConfig::default();
    let Some(mut table) = root.optional("hub").and_then(|item| item.table()) else {
        return (hub, None);
    };
    if let Some(zone) = table.optional("zone").and_then(|item| hours::zone(&item)) {
        hub.zone = zone;
    }
    if let Some(path) = table.optional("state_directory").and_then(|item| path(&item)) {
        hub.state_directory = path;
    }
    if let Some(address) = table.optional("admin_listen").and_then(|item| loopback(&item)) {
        hub.admin_listen = address;
    }
    hub.blind_after = seconds(&mut table, "blind_after_seconds", hub.blind_after, 30..=86_400);
    hub.link_down_after =
        seconds(&mut table, "link_down_after_seconds", hub.link_down_after, 10..=3_600);
    let most = ACKNOWLEDGED_MAX.whole_secs();
    hub.acknowledged_for =
        seconds(&mut table, "acknowledged_for_seconds", hub.acknowledged_for, 60..=most);
    let blind = table.optional("blind_priority");
    if let Some(priority) = blind.as_ref().and_then(threshold::priority) {
        hub.blind_priority = priority;
    }
    table.finish();
    (hub, blind)
}

/// The admin listener shows every alert and takes orders: it must not be reached from outside.
fn loopback(item: &Item<'_>) -> Option<SocketAddr> {
    let address = address::socket(item)?;
    if address.ip().is_loopback() {
        return Some(address);
    }
    let help = "Write 127.0.0.1 and a port: \"127.0.0.1:9470\".";
    item.refuse(format!("{address} can be reached from outside of the box"), help)
}
