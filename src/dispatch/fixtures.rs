//! Alerts, moments and a config for the tests of this room.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use crate::dispatch::settle::Tellings;
use crate::limits::OUTBOX_NOTICES_MAX;
use crate::model::alert::{Alert, AlertKey, Breach, Phase, Suppression, Trail};
use crate::model::business::Enrichment;
use crate::model::calibration::Calibration;
use crate::model::config::{Config, Digest, HubConfig, Templates, TextOrSecret};
use crate::model::few::Few;
use crate::model::flap::Flap;
use crate::model::matcher::Matcher;
use crate::model::metric::Metric;
use crate::model::name::{EntityId, SourceName, TargetName};
use crate::model::route::{Route, Routes, Rung};
use crate::model::rule::{Operator, Priority};
use crate::model::secret::SecretRef;
use crate::model::target::{PagerDuty, Slack, TargetConfig, TargetKind};
use crate::model::time::{ClockTrust, Now, Span, Tick, UtcMs};
use crate::model::totals::Totals;

/// A moment, in seconds on both clocks.
pub(super) fn at(seconds: i64) -> Now {
    Now { tick: Tick(seconds * 1_000), utc: UtcMs(seconds * 1_000), trust: ClockTrust::Ntp }
}

/// An open alert that began at second 0, in its n-th episode.
pub(super) fn alert(episode: u32, priority: Priority) -> Alert {
    let source = SourceName::new("cxone").unwrap();
    let entity = EntityId::new("tier-2").unwrap();
    let metric = Metric::find("calls_waiting").unwrap();
    let breach = Breach {
        rule: "andon.toml:1:1".into(),
        priority,
        operator: Operator::AtLeast,
        threshold: 15.0,
        cooldown_seconds: 300,
        escalation_threshold_seconds: 600,
        since: at(0).stamp(),
        clearing: false,
    };
    Alert {
        key: AlertKey::of(&source, "nice-cxone", metric, &entity),
        source,
        platform: "nice-cxone".into(),
        entity,
        entity_name: "Tier 2".into(),
        metric,
        phase: Phase::Detected,
        episode,
        first_breach: at(0).stamp(),
        last_breach: at(0).stamp(),
        cleared: None,
        value: 22.0,
        breaches: [breach.clone()].into_iter().collect(),
        worst: breach,
        context: Few::new(),
        monitoring_url: None,
        business: None,
        detail: None,
        suppression: Suppression::default(),
        entered: None,
        kin: None,
        hand: None,
        flap: Flap::default(),
        totals: Totals { raises: 1, ..Totals::new(22.0) },
        max_quiet_seconds: 300,
        trail: Trail::default(),
    }
}

/// P1 to `pager`, P2 to `slack`, P3 and what is old into a digest for `slack`.
pub(super) fn config() -> Config {
    let name = |text: &str| TargetName::new(text).unwrap();
    let secret = |text: &str| SecretRef::Credential(text.into());
    let url = |text: &str| TextOrSecret::Text(text.into());
    let route = |priority: Priority, target: Option<&str>| Route {
        matcher: Matcher { priority: vec![priority], ..Matcher::default() },
        targets: target.map(name).into_iter().collect(),
        digest_only: target.is_none(),
        ladder: vec![Rung::default()],
        ..Route::default()
    };
    let urgent = [route(Priority::P1, Some("pager")), route(Priority::P2, Some("slack"))];
    let routes =
        Routes { ordered: urgent.into_iter().chain([route(Priority::P3, None)]).collect() };
    let pager = TargetKind::PagerDuty(PagerDuty::new(url("https://pager/"), secret("pager")));
    let slack = TargetKind::Slack(Slack { url: url("https://slack/") });
    Config {
        revision: None,
        ingest: None,
        dead_man: None,
        heartbeats: Vec::new(),
        vault: None,
        storm: crate::model::storm::StormConfig::default(),
        except: Vec::new(),
        hub: HubConfig {
            zone: crate::model::zone::Zone::utc(),
            state_directory: "/x".into(),
            admin_listen: "127.0.0.1:1".parse().unwrap(),
            blind_after: Span::secs(120),
            link_down_after: Span::secs(45),
            acknowledged_for: Span::secs(3_600),
            blind_priority: Priority::P2,
        },
        sources: Vec::new(),
        targets: vec![
            TargetConfig { name: name("pager"), kind: pager },
            TargetConfig { name: name("slack"), kind: slack },
        ],
        dependencies: Vec::new(),
        rules: Vec::new(),
        routes,
        digest: Digest {
            targets: vec![name("slack")],
            every: Span::secs(1_800),
            after: Span::secs(1_800),
        },
        templates: Templates::default(),
        enrichment: Enrichment::default(),
        calibration: Calibration::default(),
    }
}

/// There is always room for a notice.
pub(super) const ROOM: usize = OUTBOX_NOTICES_MAX;

/// Settles an alert and says what came of it: `first_breach>pager held:cooldown`.
pub(super) fn settle(
    tellings: &mut Tellings,
    alert: &mut Alert,
    second: i64,
    room: usize,
) -> String {
    let settlement = tellings.settle(alert, &config(), room, at(second));
    let orders = settlement.orders.iter().map(|order| {
        let names: Vec<&str> = order.targets.iter().map(TargetName::as_str).collect();
        format!("{}>{}", order.reason.as_str(), names.join(","))
    });
    let held = settlement.held.iter().map(|(_, hold)| format!("held:{}", hold.as_str()));
    orders.chain(held).collect::<Vec<_>>().join(" ")
}

/// It is over.
pub(super) fn resolve(alert: &mut Alert, second: i64) {
    alert.phase = Phase::Resolved;
    alert.breaches.clear();
    alert.cleared = Some(at(second).stamp());
}
