//! `GET /api/v2/routing/queues`: identifiers and names, by name.
//!
//! The identifiers are those of the traffic, where the vendor's are UUIDs, so that a queue is the
//! same through each dialect.

use alloc::format;
use alloc::vec::Vec;

use serde_json::{Value, json};

use crate::demo::genesys::page::Page;
use crate::demo::genesys::refusal::Refusal;
use crate::demo::genesys::view::View;
use crate::demo::http::Incoming;

pub(super) const QUEUES: &str = "/api/v2/routing/queues";

pub(super) fn queues(view: &View<'_>, incoming: &Incoming) -> Result<Value, Refusal> {
    let page = Page::read(incoming, QUEUES, &["name", "id", "sortOrder"])?;
    let fits = |id: &str, name: &str| {
        let (ids, names) = (page.filter("id"), page.filter("name"));
        (ids.is_empty() || ids.contains(&id))
            && (names.is_empty() || names.iter().any(|pattern| is_like(name, pattern)))
    };
    let all = (0_usize..).zip(view.traffic.queues());
    let mut chosen: Vec<_> = all.filter(|(_, queue)| fits(&queue.id, &queue.name)).collect();
    chosen.sort_by(|(_, one), (_, other)| one.name.cmp(&other.name));
    if page.filter("sortOrder").contains(&"desc") {
        chosen.reverse();
    }
    let listed: Result<Vec<Value>, Refusal> = chosen
        .into_iter()
        .map(|(position, queue)| {
            let (now, _) = view.queue(position)?;
            let members = now.agents_available.saturating_add(now.agents_busy);
            Ok(json!({
                "id": queue.id,
                "name": queue.name,
                "division": { "id": "division-1", "name": "Home" },
                "memberCount": members,
                "joinedMemberCount": members,
                "selfUri": format!("{QUEUES}/{}", queue.id),
            }))
        })
        .collect();
    Ok(page.listing(&listed?))
}

/// Whether a name is as a pattern says, which may have an asterisk at either end. Case is nothing.
fn is_like(name: &str, pattern: &str) -> bool {
    let (name, pattern) = (name.to_lowercase(), pattern.to_lowercase());
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(_), Some(_)) => name.contains(pattern.trim_matches('*')),
        (Some(end), None) => name.ends_with(end),
        (None, Some(start)) => name.starts_with(start),
        (None, None) => name == pattern,
    }
}
