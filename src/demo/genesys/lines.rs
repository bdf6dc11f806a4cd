//! Trunks and edges: two carriers, each with a trunk on either of two edges.
//!
//! A fault takes them down; what changes is kept as an operational event. A change is noticed with
//! the first request after it.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::demo::faults::{Fault, Faults};
use crate::demo::sender::{Link, Trunk};
use crate::limits::DEMO_MEMORY_MAX;
use crate::model::time::UtcMs;

/// All that calls come in by.
#[derive(Debug, Clone)]
pub(super) struct Lines {
    pub(super) trunks: Vec<Line>,
    pub(super) edges: Vec<Line>,
    /// What changed, the oldest first.
    pub(super) events: VecDeque<Event>,
}

/// A trunk or an edge.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    /// What it is one of: a trunk's base.
    pub(super) base: &'static str,
    /// What it hangs on: a trunk's edge.
    pub(super) edge: &'static str,
    /// Since when it is in which state, the latest last.
    past: VecDeque<(UtcMs, State)>,
}

/// Whether calls can come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Up,
    Down,
}

/// A change of a trunk or an edge.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) kind: Kind,
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) parent: Option<&'static str>,
    pub(super) to: State,
    pub(super) at: UtcMs,
}

/// What has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Trunk,
    Edge,
}

impl Lines {
    pub(super) fn new() -> Self {
        let line = |(id, name, base, edge)| Line { id, name, base, edge, past: VecDeque::new() };
        Self {
            trunks: TRUNKS.map(line).into(),
            edges: EDGES.map(line).into(),
            events: VecDeque::new(),
        }
    }

    /// Brings all to the state that the faults of a moment ask for.
    pub(super) fn observe(&mut self, faults: &Faults, utc: UtcMs) {
        let trunks = faults.active(utc).filter_map(|fault| {
            let Fault::TrunkDown { trunk } = fault else { return None };
            Some(trunk.as_deref().unwrap_or(FIRST_BASE))
        });
        let edges = faults.active(utc).filter_map(|fault| {
            let Fault::EdgeOffline { edge } = fault else { return None };
            Some(edge.as_deref().unwrap_or(FIRST_EDGE))
        });
        let down: Vec<&str> = trunks.chain(edges).collect();
        let state = |ids: [&str; 3]| {
            if ids.iter().any(|id| down.contains(id)) { State::Down } else { State::Up }
        };
        for edge in &mut self.edges {
            let change = edge.turn(state([edge.id; 3]), utc);
            self.events.extend(change.map(|to| edge.event(Kind::Edge, None, to, utc)));
        }
        for trunk in &mut self.trunks {
            let change = trunk.turn(state([trunk.id, trunk.base, trunk.edge]), utc);
            let parent = Some(trunk.edge);
            self.events.extend(change.map(|to| trunk.event(Kind::Trunk, parent, to, utc)));
        }
        while self.events.len() > DEMO_MEMORY_MAX {
            self.events.pop_front();
        }
    }

    /// Each base at a moment: connected while one of its trunks is.
    pub(super) fn by_base(&self, moment: UtcMs) -> Vec<Trunk> {
        let mut bases: Vec<(&str, &str)> =
            self.trunks.iter().map(|trunk| (trunk.base, trunk.name)).collect();
        bases.dedup();
        let stand = |(base, name): (&str, &str)| {
            let mut own = self.trunks.iter().filter(|trunk| trunk.base == base);
            let is_up = own.any(|trunk| trunk.at(moment).0 == State::Up);
            let link = if is_up { Link::Connected } else { Link::Lost };
            Trunk { id: base.into(), name: name.into(), link }
        };
        bases.into_iter().map(stand).collect()
    }
}

impl Line {
    /// Its state at a moment, and since when. Before it was first looked at it was as it was then.
    pub(super) fn at(&self, moment: UtcMs) -> (State, UtcMs) {
        let known = self.past.iter().rev().find(|(since, _)| *since <= moment);
        let (since, state) =
            known.or_else(|| self.past.front()).copied().unwrap_or((moment, State::Up));
        (state, since.min(moment))
    }

    /// Takes on a state. The first is no change.
    fn turn(&mut self, state: State, utc: UtcMs) -> Option<State> {
        let before = self.past.back().map(|(_, before)| *before);
        if before == Some(state) {
            return None;
        }
        if self.past.len() >= CHANGES_MAX {
            self.past.pop_front();
        }
        self.past.push_back((utc, state));
        before.is_some().then_some(state)
    }

    const fn event(&self, kind: Kind, parent: Option<&'static str>, to: State, at: UtcMs) -> Event {
        Event { kind, id: self.id, name: self.name, parent, to, at }
    }
}

const FIRST_BASE: &str = "tb-1";
const FIRST_EDGE: &str = "e-1";

/// Identifier, name, base and edge of each trunk.
const TRUNKS: [(&str, &str, &str, &str); 4] = [
    ("t-1", "SBC-East", FIRST_BASE, FIRST_EDGE),
    ("t-2", "SBC-East", "tb-1", "e-2"),
    ("t-3", "SBC-West", "tb-2", "e-1"),
    ("t-4", "SBC-West", "tb-2", "e-2"),
];

const EDGES: [(&str, &str, &str, &str); 2] =
    [(FIRST_EDGE, "Edge 1", "", ""), ("e-2", "Edge 2", "", "")];

/// Only a look two minutes back is ever taken.
const CHANGES_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::Span;

    const NOW: UtcMs = UtcMs(1_715_783_530_000);

    fn down(lines: &Lines, moment: UtcMs) -> Vec<&'static str> {
        let all = lines.trunks.iter().chain(&lines.edges);
        all.filter(|line| line.at(moment).0 == State::Down).map(|line| line.id).collect()
    }

    #[test]
    fn what_hangs_on_an_edge_goes_down_with_it() {
        let (mut lines, mut faults) = (Lines::new(), Faults::default());
        lines.observe(&faults, NOW);
        assert_eq!((down(&lines, NOW), lines.events.len()), ([].into(), 0));
        let later = NOW + Span::secs(60);
        faults.set(Fault::EdgeOffline { edge: Some("e-2".into()) }, later + Span::secs(60));
        lines.observe(&faults, later);
        assert_eq!(down(&lines, later), ["t-2", "t-4", "e-2"]);
        assert_eq!(down(&lines, NOW), [""; 0], "a minute ago it was not so");
        assert_eq!(lines.trunks[1].at(later + Span::secs(9)).1, later);
        lines.observe(&faults, later + Span::secs(60));
        assert_eq!((down(&lines, later + Span::secs(60)), lines.events.len()), ([].into(), 6));
    }

    #[test]
    fn a_base_is_all_its_trunks() {
        let under = |trunk: Option<&str>| {
            let (mut lines, mut faults) = (Lines::new(), Faults::default());
            faults.set(Fault::TrunkDown { trunk: trunk.map(Into::into) }, NOW + Span::secs(1));
            lines.observe(&faults, NOW);
            down(&lines, NOW)
        };
        assert_eq!(under(None), ["t-1", "t-2"]);
        assert_eq!(under(Some("tb-2")), ["t-3", "t-4"]);
        assert_eq!(under(Some("t-4")), ["t-4"]);
    }
}
