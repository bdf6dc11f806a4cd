//! Which maintenance windows are open and which silences there are, and when that changes.
//!
//! Windows go by the wall clock, since people do; silences by the monotonic one, since they last
//! for a length of time. What was open before a restart is open until a clock that is believed, or
//! its own end, says otherwise: a board that believes in 1970 ends nothing, and opens nothing.
//!
//! # Promises
//! - `a_window_opens_and_closes_once`
//! - `a_restart_neither_opens_again_nor_forgets_the_end`
//! - `a_clock_that_is_not_believed_ends_nothing_early`
//! - `a_window_whose_next_begins_at_its_end_goes_on`
//! - `a_silence_reminds_of_its_end_and_ends`

mod announce;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod told_tests;
mod words;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::vec::Vec;

pub(super) use announce::Announced;

use crate::limits::CLOCK_BEFORE_ANDON;
use crate::model::mute::{Muter, Muting, OpenWindow, Reminded, Routed, Scope, Silence, Urgent};
use crate::model::name::WindowName;
use crate::model::route::{Route, Routes};
use crate::model::time::{ClockTrust, Now, Tick, UtcMs, Wake};
use crate::model::window::Window;

/// What mutes alerts, and what is known of it across a restart.
#[derive(Debug, Default)]
pub(super) struct Mutes {
    /// In the order of the config's windows.
    watched: Vec<Watched>,
    /// Open when the hub stopped, and in the config no more.
    gone: Vec<OpenWindow>,
    silences: BTreeMap<u64, Silence>,
    looked: Option<Now>,
}

/// One window of the config.
#[derive(Debug, Default)]
struct Watched {
    open: Option<OpenWindow>,
    next: Next,
}

/// When a window that is closed opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Next {
    #[default]
    Unknown,
    At {
        /// Nothing: never more.
        opens: Option<UtcMs>,
        /// By the clock at this moment.
        seen: UtcMs,
    },
}

/// What has happened to a window or a silence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// A window has opened.
    Opened(WindowName),
    /// A window has closed.
    Closed(OpenWindow),
    /// A silence has been made.
    Silenced(u64),
    /// A silence is about to end.
    Reminder(u64),
    /// A silence has ended.
    Expired(Box<Silence>),
}

impl Turn {
    /// What mutes nothing any more.
    #[must_use]
    pub fn over(&self) -> Option<Muter> {
        match self {
            Self::Closed(open) => Some(Muter::Window(open.name.clone())),
            Self::Expired(silence) => Some(silence.muter()),
            Self::Opened(_) | Self::Silenced(_) | Self::Reminder(_) => None,
        }
    }
}

impl Mutes {
    /// What was open goes on as it was.
    pub(super) fn restore(
        windows: &[Window],
        open: Vec<OpenWindow>,
        silences: Vec<Silence>,
    ) -> Self {
        let mut mutes = Self::default();
        mutes.watched.resize_with(windows.len(), Watched::default);
        for one in open {
            let place = windows.iter().position(|window| window.name == one.name);
            match place.and_then(|place| mutes.watched.get_mut(place)) {
                Some(watched) => watched.open = Some(one),
                None => mutes.gone.push(one),
            }
        }
        mutes.silences = silences.into_iter().map(|silence| (silence.id, silence)).collect();
        mutes
    }

    /// What has happened since the last look; nothing at all where no clock and no trust in one has
    /// come to anything.
    pub(super) fn look(&mut self, windows: &[Window], now: Now) -> Option<Vec<Turn>> {
        let is_due = self.looked.is_none_or(|looked| {
            let due = |wake: Wake| wake.at <= now.tick;
            looked.trust != now.trust
                || self.next_wake_of(looked).is_some_and(due)
                || self.next_edge().is_some_and(|edge| edge <= now.utc)
                || now.utc < looked.utc
        });
        if !is_due {
            return None;
        }
        self.looked = Some(now);
        let mut turns: Vec<Turn> = self.gone.drain(..).map(Turn::Closed).collect();
        for (watched, window) in self.watched.iter_mut().zip(windows) {
            watched.look(window, now, &mut turns);
        }
        self.look_at_silences(now, &mut turns);
        Some(turns)
    }

    fn look_at_silences(&mut self, now: Now, turns: &mut Vec<Turn>) {
        let over = self.silences.extract_if(.., |_, silence| silence.until.tick <= now.tick);
        turns.extend(over.map(|(_, silence)| Turn::Expired(Box::new(silence))));
        for silence in self.silences.values_mut() {
            if silence.reminded == Reminded::NotYet && silence.reminds() <= now.tick {
                silence.reminded = Reminded::Yes;
                turns.push(Turn::Reminder(silence.id));
            }
        }
    }

    /// What mutes alerts now: a window by its `match`, and by the routes that name it.
    pub(super) fn mutings(&self, windows: &[Window], routes: &Routes, now: Now) -> Vec<Muting> {
        let believed = now.trust != ClockTrust::Untrusted;
        let open: Vec<WindowName> = self.all_open().map(|open| open.name.clone()).collect();
        let is_named = |route: &Route| {
            route.windows.iter().any(|name| open.iter().any(|open| open.as_str() == &**name))
        };
        let routed = routes.ordered.iter().any(is_named);
        let routed = routed.then(|| Rc::new(Routed { routes: routes.clone(), open }));
        let of_window = |(watched, window): (&Watched, &Window)| {
            let matching = window.matcher.clone().map(Box::new).map(Scope::Matching);
            let scopes = matching.into_iter().chain(routed.clone().map(Scope::Routed));
            let until = watched.open.as_ref().map(|open| open.to);
            let muting = |scope| {
                Some(Muting {
                    by: Muter::Window(window.name.clone()),
                    scope,
                    until: until?,
                    urgent: if believed { Urgent::Muted } else { Urgent::Told },
                })
            };
            scopes.filter_map(muting).collect::<Vec<_>>()
        };
        let of_silence = |silence: &Silence| Muting {
            by: silence.muter(),
            scope: Scope::Matching(Box::new(silence.matcher.clone())),
            until: silence.until.utc,
            urgent: Urgent::Muted,
        };
        let windows = self.watched.iter().zip(windows).flat_map(of_window);
        windows.chain(self.silences.values().map(of_silence)).collect()
    }

    /// The window of a name, while it is open.
    pub(super) fn open(&self, name: &WindowName) -> Option<&OpenWindow> {
        self.all_open().find(|open| open.name == *name)
    }

    /// Every window that is open.
    pub(super) fn all_open(&self) -> impl Iterator<Item = &OpenWindow> {
        self.watched.iter().filter_map(|watched| watched.open.as_ref())
    }

    fn open_mut(&mut self, name: &WindowName) -> Option<&mut OpenWindow> {
        let mut open = self.watched.iter_mut().filter_map(|watched| watched.open.as_mut());
        open.find(|open| open.name == *name)
    }

    /// When the wall clock comes to the next change.
    fn next_edge(&self) -> Option<UtcMs> {
        let of_window = |watched: &Watched| match (&watched.open, watched.next) {
            (Some(open), _) => Some(open.to),
            (None, Next::At { opens, .. }) => opens,
            (None, Next::Unknown) => None,
        };
        self.watched.iter().filter_map(of_window).min()
    }

    /// When it wants to be looked at.
    pub(super) fn next_wake(&self) -> Option<Wake> {
        self.next_wake_of(self.looked?)
    }

    fn next_wake_of(&self, looked: Now) -> Option<Wake> {
        let edge = self.next_edge().map(|edge| looked.tick + (edge - looked.utc));
        // An end that a clock is not believed with is not waited for by the turn.
        let edge = edge.filter(|edge| *edge > looked.tick);
        let of_silence = |silence: &Silence| match silence.reminded {
            Reminded::NotYet => silence.reminds(),
            Reminded::Yes => silence.until.tick,
        };
        let at: Option<Tick> = self.silences.values().map(of_silence).chain(edge).min();
        at.map(|at| Wake { at, why: "a window or a silence" })
    }
}

impl Watched {
    fn look(&mut self, window: &Window, now: Now, turns: &mut Vec<Turn>) {
        let believed = now.trust != ClockTrust::Untrusted;
        let covers = window.at(now.utc);
        if let Some(open) = &mut self.open {
            // Before its own beginning a clock that nobody vouches for says nothing.
            if !believed && now.utc < open.from {
                return;
            }
            match covers {
                Some(covers) if covers.from <= open.to => {
                    open.to = covers.to;
                    return;
                }
                None if !believed && now.utc < open.to => return,
                Some(_) | None => {}
            }
        }
        turns.extend(self.open.take().map(Turn::Closed));
        if let Some(covers) = covers.filter(|_| believed || now.utc >= CLOCK_BEFORE_ANDON) {
            let (name, told) = (window.name.clone(), Vec::new());
            self.open = Some(OpenWindow { name, from: covers.from, to: covers.to, told });
            turns.push(Turn::Opened(window.name.clone()));
            self.next = Next::Unknown;
            return;
        }
        let holds = match self.next {
            Next::Unknown => false,
            Next::At { opens, seen } => {
                seen <= now.utc && opens.is_none_or(|opens| now.utc < opens)
            }
        };
        if !holds {
            let opens = window.after(now.utc).map(|next| next.from);
            self.next = Next::At { opens, seen: now.utc };
        }
    }
}
