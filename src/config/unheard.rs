//! What nobody would hear of, and routes that are never asked: both are problems of the file.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::config::route::{Form, Written};
use crate::config::source::Source;
use crate::config::threshold::Threshold;
use crate::document::Item;
use crate::model::business::Enrichment;
use crate::model::config::HubConfig;
use crate::model::matcher::Matcher;
use crate::model::rule::Priority;
use crate::model::scope::Scope;

/// The priority of an alert that the hub has of itself, and where it is set.
pub(super) struct Own<'i, 'a> {
    priority: Priority,
    what: &'static str,
    key: &'static str,
    item: Option<&'i Item<'a>>,
}

impl<'i, 'a> Own<'i, 'a> {
    /// Of a blind source, and of what is unmapped where context is looked up at all.
    pub(super) fn of(
        hub: &HubConfig,
        blind: Option<&'i Item<'a>>,
        enrichment: &Enrichment,
        audit: Option<&'i Item<'a>>,
    ) -> Vec<Self> {
        let (what, key) = ("a blind source", "blind_priority under [hub]");
        let blind = Self { priority: hub.blind_priority, what, key, item: blind };
        let (what, key) = ("an entity without context", "audit_priority under [enrichment]");
        let audit = Self { priority: enrichment.audit_priority, what, key, item: audit };
        let audit = enrichment.is_configured().then_some(audit);
        [Some(blind), audit].into_iter().flatten().collect()
    }

    /// Of a storm.
    pub(super) const fn of_storm(priority: Priority, item: Option<&'i Item<'a>>) -> Self {
        Self { priority, what: "a storm of alerts", key: "priority under [storm]", item }
    }
}

/// Refuses a route that an earlier one leaves nothing.
pub(super) fn refuse_shadowed(written: &[Written<'_>]) {
    for (place, route) in written.iter().enumerate() {
        let earlier = written.iter().take(place).find(|earlier| {
            let both = earlier.matcher.as_ref().zip(route.matcher.as_ref());
            !earlier.route.continues
                && both.is_some_and(|(wide, narrow)| plain(wide).covers(&plain(narrow)))
        });
        if let Some(earlier) = earlier {
            let message =
                format!("no alert comes so far: the route at {} takes all", earlier.route.origin);
            let help = "Put it before that one, or take it out.";
            route.item.refuse::<()>(message, help);
        }
    }
}

/// With its priorities and severities as one: each priority has its severity.
fn plain(matcher: &Matcher) -> Matcher {
    Matcher { priority: matcher.urgencies(), severity: Vec::new(), ..matcher.clone() }
}

/// Refuses what nobody would hear of: the first threshold of a priority that no route is sure to
/// take, or the priority of an alert of the hub's own, where it stands in the file.
pub(super) fn refuse<'a>(
    written: &[Written<'a>],
    short_form: Option<&Item<'a>>,
    own: &[Own<'_, 'a>],
    thresholds: &[Threshold<'a>],
    sources: &[Source<'a>],
) {
    // Where there is none, or one of which nobody knows what it takes, there is a problem already.
    let matchers: Option<Vec<Matcher>> =
        written.iter().map(|one| one.matcher.as_ref().map(plain)).collect();
    let place = short_form.or(written.last().map(|last| &last.item));
    let (Some(matchers), Some(place)) = (matchers, place) else { return };
    let is_heard = |alert: &Matcher| matchers.iter().any(|matcher| matcher.covers(alert));
    let has_list = written.iter().any(|one| one.form == Form::List);
    for priority in Priority::ALL {
        let of_priority = thresholds.iter().filter(|one| one.rule.priority == priority);
        let user = of_priority.into_iter().find(|one| !is_heard(&alert(one, sources)));
        let add = match has_list {
            true => String::from("Add a last [[route]] without match, for what no other takes"),
            false => format!("Add {priority} = {{ targets = [\"...\"] }} to [routes]"),
        };
        if let Some(user) = user {
            let message = match has_list {
                true => format!("nobody would hear of this {priority}"),
                false => format!("nobody would hear of {priority}"),
            };
            user.priority.refuse::<()>(message, format!("{add}."));
            continue;
        }
        let alert = Matcher { priority: Vec::from([priority]), ..Matcher::default() };
        let unheard = own.iter().find(|own| own.priority == priority).filter(|_| !is_heard(&alert));
        if let Some(own) = unheard {
            let item = own.item.unwrap_or(place);
            let message = format!("nobody would hear of {priority}, the priority of {}", own.what);
            item.refuse::<()>(message, format!("{add}, or set {}.", own.key));
        }
    }
}

/// What is known beforehand of the alerts of a threshold.
fn alert(threshold: &Threshold<'_>, sources: &[Source<'_>]) -> Matcher {
    let rule = &threshold.rule;
    let source = sources.iter().find(|source| source.name == rule.source);
    let definition = source.and_then(|source| source.definition);
    Matcher {
        priority: Vec::from([rule.priority]),
        metric: Vec::from([rule.metric]),
        source: Vec::from([rule.source.to_string().into()]),
        platform: definition.map(|definition| definition.platform.clone()).into_iter().collect(),
        entity: match &rule.scope {
            Scope::One(entity) => Vec::from([entity.as_str().into()]),
            Scope::All | Scope::Some(_) => Vec::new(),
        },
        ..Matcher::default()
    }
}
