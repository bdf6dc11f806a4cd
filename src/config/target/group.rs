//! `group_by` and `group_seconds` of a target: which new alerts it is told of together.

use alloc::format;
use alloc::vec::Vec;

use crate::document::{Item, Table};
use crate::limits::GROUP_WORDS_MAX;
use crate::model::target::{GroupBy, Grouping, TargetKind};
use crate::model::time::Span;

/// Reads what a target says of groups; nothing where it has none. A kind that could not be read is
/// taken for one that has groups.
pub(super) fn read(table: &mut Table<'_>, kind: Option<&TargetKind>) -> Option<Grouping> {
    let by = table.optional("group_by");
    let every = match (table.optional("group_seconds"), &by) {
        (Some(every), _) => every,
        (None, Some(by)) => {
            let help = "Write group_seconds = 60: how long after the first the others are \
                        collected.";
            return by.refuse("nothing is grouped without group_seconds", help);
        }
        (None, None) => return None,
    };
    let by_itself = matches!(
        kind,
        Some(
            TargetKind::PagerDuty(_)
                | TargetKind::Datadog(_)
                | TargetKind::Alertmanager(_)
                | TargetKind::Sms(_)
                | TargetKind::ServiceNow(_)
                | TargetKind::ServiceNowEvents(_)
        )
    );
    if by_itself {
        let help = "Take it away, or group what goes to a channel.";
        return every.refuse("each alert is told by itself here", help);
    }
    let seconds = every.integer_in(5..=3_600);
    let by = by.map_or_else(|| Some(Vec::from([GroupBy::Source, GroupBy::Metric])), |by| list(&by));
    Some(Grouping { by: by?, every: Span::secs(seconds?) })
}

fn list(item: &Item<'_>) -> Option<Vec<GroupBy>> {
    let list = item.list_of(0..=GROUP_WORDS_MAX)?;
    let words: Vec<Option<GroupBy>> = list.iter().map(word).collect();
    words.into_iter().collect()
}

fn word(item: &Item<'_>) -> Option<GroupBy> {
    match item.text()?.strip_prefix(LABEL) {
        Some(label) if !label.is_empty() => Some(GroupBy::Label(label.into())),
        Some(_) => {
            item.refuse(format!("{LABEL} names no label"), "Write \"labels.site\", for example.")
        }
        None => item.one_of("what alerts have in common", &WORDS),
    }
}

const LABEL: &str = "labels.";

const WORDS: [(&str, GroupBy); 7] = [
    ("source", GroupBy::Source),
    ("platform", GroupBy::Platform),
    ("metric", GroupBy::Metric),
    ("entity", GroupBy::Entity),
    ("priority", GroupBy::Priority),
    ("business_impact", GroupBy::Impact),
    ("unit", GroupBy::Unit),
];
