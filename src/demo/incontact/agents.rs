//! Agents and their states, with the names that nobody should ask for.
//!
//! The traffic knows how many agents serve each queue, not who. An agent who serves two queues
//! appears as two, one a skill, and since when a state lasts is not known.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::vec::Vec;

use crate::demo::incontact::query::{Field, Query, row};
use crate::demo::incontact::skills::Moment;
use crate::demo::incontact::{InContact, Table, instant};
use crate::model::http::Reply;
use crate::model::time::UtcMs;

#[derive(Clone, Copy)]
struct Agent {
    position: usize,
    /// Among those of the skill, from 0.
    number: u32,
    state: State,
    /// By the platform's clock.
    shown: UtcMs,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Available,
    InboundContact,
}

/// `/agents/states`.
pub(super) fn states(moment: &Moment, query: &Query) -> Result<Table, Reply> {
    let fields = query.fields(FIELDS)?;
    let (page, since) = (query.page()?, query.updated_since()?);
    let mut agents = of(moment);
    if let Some(since) = since {
        let then = of(&moment.other(since.min(moment.shown())));
        let then: BTreeSet<(u64, State)> = then.iter().map(Agent::standing).collect();
        agents.retain(|agent| !then.contains(&agent.standing()));
        if agents.is_empty() {
            return Err(Reply::empty(304));
        }
    }
    Ok(Table {
        name: "agentStates",
        rows: agents.iter().map(|agent| row(&fields, agent)).collect(),
        principal: "agentStateName",
        page: Some(page),
        polled: Some(moment.shown()),
    })
}

/// Whether an answer carries the names of people: also where no field is chosen.
pub(super) fn names_people(query: &Query) -> bool {
    let asked = query.get("fields");
    asked.is_none_or(|asked| asked.split(',').any(|field| PERSONAL.contains(&field)))
}

/// Those who are logged in, the available ones of each skill first.
fn of(moment: &Moment) -> Vec<Agent> {
    let mut agents = Vec::new();
    for position in moment.positions() {
        let Some(skill) = moment.skill(position, moment.traffic.grain()) else { continue };
        let available = skill.queue.agents_available;
        let all = available.saturating_add(skill.queue.agents_busy);
        agents.extend((0..all).map(|number| {
            let state = if number < available { State::Available } else { State::InboundContact };
            Agent { position, number, state, shown: skill.shown }
        }));
    }
    agents
}

impl Agent {
    fn id(&self) -> u64 {
        let of_skill = u64::try_from(self.position).unwrap_or(u64::MAX).saturating_mul(1_000);
        FIRST_AGENT_ID.saturating_add(of_skill).saturating_add(self.number.into())
    }

    const fn contacts(&self) -> u32 {
        match self.state {
            State::Available => 0,
            State::InboundContact => 1,
        }
    }

    fn standing(&self) -> (u64, State) {
        (self.id(), self.state)
    }
}

impl State {
    /// The vendor's enumeration names them; that it counts them so is an assumption.
    const fn id(self) -> u32 {
        match self {
            Self::Available => 1,
            Self::InboundContact => 3,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Available => "Available",
            Self::InboundContact => "InboundContact",
        }
    }
}

const FIRST_AGENT_ID: u64 = 1_000_000;

const PERSONAL: [&str; 2] = ["firstName", "lastName"];

const FIELDS: &[Field<Agent>] = &[
    Field { name: "agentId", read: |agent| Some(agent.id().into()) },
    Field { name: "firstName", read: |agent| Some(format!("First {}", agent.id()).into()) },
    Field { name: "lastName", read: |agent| Some(format!("Last {}", agent.id()).into()) },
    Field { name: "agentStateId", read: |agent| Some(agent.state.id().into()) },
    Field { name: "agentStateName", read: |agent| Some(agent.state.name().into()) },
    Field { name: "agentStateCategory", read: |agent| Some(agent.state.name().into()) },
    Field { name: "isActive", read: |_| Some(true.into()) },
    Field { name: "isACW", read: |_| Some(false.into()) },
    Field { name: "isOutbound", read: |_| Some(false.into()) },
    Field { name: "openContacts", read: |agent| Some(agent.contacts().into()) },
    Field { name: "skillId", read: |agent| Some(InContact::skill_id(agent.position).into()) },
    Field { name: "teamId", read: |_| Some(1.into()) },
    Field { name: "teamName", read: |_| Some("Service".into()) },
    Field { name: "outStateId", read: |_| Some(0.into()) },
    Field { name: "outStateDescription", read: |_| Some("".into()) },
    Field { name: "lastUpdateTime", read: |agent| Some(instant(agent.shown).into()) },
];
