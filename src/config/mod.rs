//! THE ONE FILE: text -> Config, or every problem in it, each with line, column and the mend.
//!
//! The file is TOML, or the same keys as JSON. Each table has its file here, which opens with the
//! table's keys. At the top level stand:
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `revision` | text | none | the operator's own mark for this version, told where it changes |
//! | `queue_id`, `thresholds` | as in `[[rules]]` | none | guide 2's file as it stands |
//!
//! # Promises
//! - `a_good_file_makes_its_config`: with every default filled in.
//! - `every_good_file_is_accepted`: guide 2's own text among them.
//! - `every_bad_file_is_told_all_its_problems`: unknown keys among them, and each with its place.
//! - `no_text_can_stop_the_check`: however a file is cut or bent.
//!
//! # Not here
//! No file is opened, no secret is read, nothing is reloaded: `edge` and `hub` do that.

mod address;
mod baseline;
mod calibration;
mod conditions;
mod context;
mod cron;
mod crowd;
mod dead_man;
mod dependency;
mod heartbeat;
mod hours;
mod hub;
mod ingest;
mod ladder;
mod login;
mod matcher;
mod network;
mod route;
mod routes;
mod rrule;
mod rules;
mod scaling;
mod scope;
mod secret;
mod silence;
mod source;
mod storm;
mod target;
mod templates;
mod threshold;
mod unheard;
mod vault;
mod window;
mod windows;

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;
use core::fmt::Display;
use core::ops::RangeInclusive;

pub use context::read_csv;
pub use matcher::{Tenant, read_matcher};
pub use silence::read_silence;

use unheard::Own;

use crate::document::{Document, Item, Problems, Table};
use crate::model::catalogue::Catalogue;
use crate::model::config::Config;
use crate::model::name::NameFault;
use crate::model::route::Routes;
use crate::model::time::Span;

/// Checks a whole file. `file_name` is for the places in messages.
///
/// # Errors
/// Every problem that the file has, not only the first.
pub fn read(file_name: &str, text: &str, catalogue: &Catalogue) -> Result<Config, Problems> {
    let document = Document::open(file_name, text)?;
    let config = document.root().map(|root| whole(root, catalogue));
    document.close(config)
}

/// The config as far as it could be read. What could not be is left out, and has its problem.
fn whole<'a>(mut root: Table<'a>, catalogue: &'a Catalogue) -> Config {
    let revision = root.optional_text("revision").map(Into::into);
    let (hub, blind) = hub::read(&mut root);
    let ingest = ingest::read(&mut root, &hub);
    let dead_man = dead_man::read(&mut root);
    let (storm, storm_priority) = storm::read(&mut root, &hub);
    let network = network::read(&mut root);
    let (vault, vault_item) = vault::read(&mut root);
    let sources = source::read(&mut root, catalogue);
    let (enrichment, audit) = context::read(&mut root, &sources, catalogue);
    let hours = hours::read(&mut root, &hub.zone);
    let except = baseline::except(&mut root);
    let known = rules::Known { sources: &sources, hours: &hours, enrichment: &enrichment };
    let mut thresholds = rules::read(&mut root, &known);
    let heartbeats = heartbeat::read(&mut root, &sources, &mut thresholds);
    crowd::check(&thresholds);
    let calibration = calibration::read(&mut root, &sources);
    let dependencies = dependency::read(&mut root, &sources, &thresholds, &enrichment);
    let tenants: Vec<Tenant<'_>> = sources.iter().filter_map(source::Source::tenant).collect();
    let windows = windows::read(&mut root, &hub.zone, &tenants);
    let targets = target::read(&mut root, catalogue, &network);
    target::refuse_shared_doors(&targets, &sources);
    let digest = routes::digest(&mut root, &targets, &hub.zone);
    // Guide 2's file as it stands: a notice after each cooldown.
    let is_guides = root.optional("thresholds").is_some();
    let repeats = if is_guides { &[] } else { routes::REPEATS.as_slice() };
    let known = route::Known {
        targets: &targets,
        sources: &sources,
        hours: &hours,
        digest: &digest,
        windows: &windows,
        repeats,
    };
    let routes = route::read(&mut root, &known);
    let mut own = Own::of(&hub, blind.as_ref(), &enrichment, audit.as_ref());
    own.push(Own::of_storm(storm.priority, storm_priority.as_ref()));
    unheard::refuse_shadowed(&routes);
    unheard::refuse(&routes, root.optional("routes").as_ref(), &own, &thresholds, &sources);
    let routes = Routes { ordered: routes.into_iter().map(|one| one.route).collect() };
    let templates = templates::read(&mut root, catalogue);
    root.finish();
    let config = Config {
        revision,
        hub,
        ingest,
        dead_man,
        heartbeats,
        storm,
        except,
        network,
        vault,
        sources: sources.into_iter().filter_map(|source| source.config).collect(),
        targets: targets.into_iter().filter_map(|target| target.config).collect(),
        rules: thresholds.into_iter().map(|threshold| threshold.rule).collect(),
        dependencies,
        windows,
        routes,
        digest,
        templates,
        enrichment,
        calibration,
    };
    vault::refuse_too_many(vault_item.as_ref(), &config);
    config
}

/// A text as a name. `new` is the constructor of the name's type.
fn name<N>(item: &Item<'_>, new: impl FnOnce(&str) -> Result<N, NameFault>) -> Option<N> {
    match new(item.text()?) {
        Ok(name) => Some(name),
        Err(fault) => {
            let help = "Write a short text without line ends and other control characters.";
            item.refuse(format!("this name {fault}"), help)
        }
    }
}

/// A path of this box.
fn path(item: &Item<'_>) -> Option<Box<str>> {
    let path = item.text()?;
    if path.starts_with('/') {
        return Some(path.into());
    }
    item.refuse(format!("\"{path}\" is not a path from the root"), "Begin the path with a slash.")
}

/// Whole seconds within bounds, or the default where the key is left out.
fn seconds<'a>(
    table: &mut Table<'a>,
    key: &'a str,
    default: Span,
    range: RangeInclusive<i64>,
) -> Span {
    table.optional(key).and_then(|item| item.integer_in(range)).map_or(default, Span::secs)
}

/// Refuses every name that an earlier table of the same kind has.
fn refuse_twins<'a, N: PartialEq + Display + 'a>(
    names: impl Iterator<Item = (&'a Item<'a>, &'a N)>,
) {
    let mut seen: Vec<(&Item<'_>, &N)> = Vec::new();
    for (item, name) in names {
        match seen.iter().find(|(_, other)| *other == name) {
            Some((first, _)) => {
                let message = format!("\"{name}\" is the name of {} already", first.origin());
                item.refuse::<()>(message, "Give each a name of its own.");
            }
            None => seen.push((item, name)),
        }
    }
}
