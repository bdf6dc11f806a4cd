//! A plan as people read it when it fails.

use core::fmt;

use crate::swarm::plan::{Plan, Timed};

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, queues, has_annex, config, acts, .. } = self;
        writeln!(
            f,
            "seed {seed}: {queues} queues, annex {has_annex}, {config:?}, {} acts",
            acts.len()
        )?;
        acts.iter().try_for_each(|timed| writeln!(f, "  {timed}"))
    }
}

impl fmt::Display for Timed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, lasts, act } = self;
        write!(f, "at {} s for {} s: {act:?}", at.whole_secs(), lasts.whole_secs())
    }
}
