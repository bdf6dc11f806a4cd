//! What a replay changes of a config: every source is the recording, and every target takes what it
//! is told. Names, rules, routes and times stay as they are in the file.

use alloc::format;
use alloc::rc::Rc;
use alloc::vec::Vec;

use crate::document::Problems;
use crate::hub::{Library, Loaded, load};
use crate::model::config::TextOrSecret;
use crate::model::secret::{Secret, SecretRef, Secrets};
use crate::model::target::{Slack, TargetKind};

/// Where everything is.
pub(super) const HOST: &str = "https://replay.test";

/// What the source shows and the platform wants to see.
pub(super) const SECRET: &str = "a-replay-knows-no-secrets";

/// A config with guide 2's thresholds for a whole centre, and nothing set that has a default.
///
/// # Errors
/// None in practice: the text is part of the program, and a test reads it.
pub fn usual(queues: &[&str]) -> Result<Loaded, Vec<Problems>> {
    let queues: Vec<_> = queues.iter().map(|queue| format!("{queue:?}")).collect();
    let text = USUAL.replacen("queues = []", &format!("queues = [{}]", queues.join(", ")), 1);
    let library = Library::with(&[("recording.toml", RECORDING)])?;
    load("replay.toml", &text, &library).map_err(|problems| Vec::from([problems]))
}

/// Puts the recording and the ready listeners in the place of a config's sources and targets.
/// Without `queues` each source gives every queue of the recording but the whole.
///
/// # Errors
/// As [`usual`].
pub fn stage(mut loaded: Loaded, queues: &[&str]) -> Result<Loaded, Vec<Problems>> {
    let usual = usual(queues)?;
    let (Some(recording), Some(definition)) =
        (usual.config.sources.first(), usual.definitions.first())
    else {
        return Ok(loaded);
    };
    for source in &mut loaded.config.sources {
        source.definition = recording.definition.clone();
        source.parameters.clone_from(&recording.parameters);
        source.entities.clone_from(&recording.entities);
        source.webhook_register = false;
    }
    loaded.definitions = loaded.config.sources.iter().map(|_| Rc::clone(definition)).collect();
    for target in &mut loaded.config.targets {
        target.kind = TargetKind::Slack(Slack { url: TextOrSecret::Text(HOST.into()) });
    }
    loaded.config.ingest = None;
    loaded.config.vault = None;
    loaded.config.heartbeats.clear();
    loaded.config.dead_man = None;
    loaded.config.enrichment.cmdb = None;
    loaded.cmdb = None;
    Ok(loaded)
}

/// What [`usual`] refers to.
pub(super) fn secrets() -> Secrets {
    let mut secrets = Secrets::default();
    secrets.put(SecretRef::Credential("replay".into()), Secret::new(SECRET));
    secrets
}

const RECORDING: &str = include_str!("recording.toml");

/// Guide 2's thresholds. P2 has a channel of its own, which takes the digest, too.
const USUAL: &str = r#"
[[source]]
name = "centre"
definition = "recording"
secret = { credential = "replay" }
queues = []

[[rules]]
thresholds = [
    { metric = "calls_waiting", operator = ">=", static_value = 15, priority = "P1" },
    { metric = "longest_wait", operator = ">=", static_value = 120, priority = "P2" },
    { metric = "abandoned_calls", operator = ">=", static_value = 5, priority = "P1" },
]

[[target]]
name = "pager"
kind = "slack"
url = "https://replay.test/pager"

[[target]]
name = "channel"
kind = "slack"
url = "https://replay.test/channel"

[routes]
P1 = { targets = ["pager"] }
P2 = { targets = ["channel"] }

[digest]
targets = ["channel"]
"#;
