//! Skills: how they are, and what happened to them in a stretch of time.
//!
//! The vendor does not say over which time `inSLA`, `outSLA` and `serviceLevel` of the real-time
//! API count; here it is half an hour. Who hangs up counts as out of the service level.

use alloc::boxed::Box;
use alloc::vec::Vec;

use serde_json::Value;

use crate::demo::incontact::distortion::spell;
use crate::demo::incontact::query::{Field, Query, row};
use crate::demo::incontact::{Table, Window, instant};
use crate::demo::traffic::{QueueSnapshot, Traffic, Waits};
use crate::limits::DEMO_CYCLES_MAX;
use crate::model::http::Reply;
use crate::model::time::{Span, UtcMs};

/// The traffic at the end of a grain.
pub(super) struct Moment<'a> {
    pub(super) traffic: &'a Traffic,
    /// By the true clock.
    at: UtcMs,
    /// How far the platform's clock is ahead.
    skew: Span,
}

/// A skill at a moment, with what happened in a stretch before it.
pub(super) struct Skill {
    pub(super) position: usize,
    name: Box<str>,
    /// By the platform's clock.
    pub(super) shown: UtcMs,
    pub(super) queue: QueueSnapshot,
}

impl<'a> Moment<'a> {
    /// The last whole grain before `utc`.
    pub(super) const fn new(traffic: &'a Traffic, utc: UtcMs, skew: Span) -> Self {
        let grain = traffic.grain().0;
        Self { traffic, at: UtcMs(utc.0 - utc.0.rem_euclid(grain)), skew }
    }

    /// Another moment of the platform's clock.
    pub(super) const fn other(&self, shown: UtcMs) -> Self {
        Self::new(self.traffic, UtcMs(shown.0.saturating_sub(self.skew.0)), self.skew)
    }

    /// By the platform's clock.
    pub(super) fn shown(&self) -> UtcMs {
        self.at + self.skew
    }

    pub(super) fn positions(&self) -> impl Iterator<Item = usize> {
        0..self.traffic.queues().len()
    }

    /// A skill with the counts of the length before this moment, as far as they are remembered.
    /// Nothing where the moment itself has been forgotten.
    pub(super) fn skill(&self, position: usize, length: Span) -> Option<Skill> {
        let name = self.traffic.queues().get(position)?.name.clone();
        let grain = self.traffic.grain().0;
        let wanted = length.0 / grain;
        let remembered = i64::try_from(DEMO_CYCLES_MAX).unwrap_or(i64::MAX).min(wanted);
        let queue = (1..=remembered).rev().find_map(|grains| {
            let from = UtcMs(self.at.0 - grains * grain);
            self.traffic.window(position, from, self.at)
        })?;
        Some(Skill { position, name, shown: self.shown(), queue })
    }

    /// What happened in a window of the platform's clock, as far as it is over and remembered, with
    /// the gauges of this moment.
    fn counted(&self, position: usize, window: Window) -> Option<Skill> {
        let gauges = self.skill(position, self.traffic.grain())?;
        let end = self.other(window.end.min(self.shown()));
        let start = self.other(window.start);
        let counts = if start.at < end.at { end.skill(position, end.at - start.at) } else { None };
        let queue = counts.map(|skill| skill.queue).unwrap_or_default();
        let QueueSnapshot { calls_waiting, longest_wait_seconds, .. } = gauges.queue;
        let QueueSnapshot { agents_available, agents_busy, .. } = gauges.queue;
        let queue = QueueSnapshot {
            calls_waiting,
            longest_wait_seconds,
            agents_available,
            agents_busy,
            ..queue
        };
        Some(Skill { queue, ..gauges })
    }
}

impl Skill {
    const fn id(&self) -> usize {
        FIRST_SKILL_ID.saturating_add(self.position)
    }

    const fn in_sla(&self) -> u32 {
        self.queue.answered_in_target
    }

    /// Those of whom it is known how they were served.
    const fn settled(&self) -> u32 {
        self.queue.answered.saturating_add(self.queue.abandoned)
    }

    const fn out_sla(&self) -> u32 {
        self.settled().saturating_sub(self.in_sla())
    }

    /// Percent, rounded down. 100 where nobody has been let down.
    fn service_level(&self) -> u32 {
        (self.in_sla() * 100).checked_div(self.settled()).unwrap_or(100)
    }

    /// Percent, rounded down.
    fn abandon_rate(&self) -> u32 {
        (self.queue.abandoned * 100).checked_div(self.queue.offered).unwrap_or(0)
    }

    const fn logged_in(&self) -> u32 {
        self.queue.agents_available.saturating_add(self.queue.agents_busy)
    }

    /// The moment since when somebody waits, where anybody does.
    fn earliest(&self) -> Option<UtcMs> {
        let wait = Span::secs(self.queue.longest_wait_seconds.into());
        (self.queue.calls_waiting > 0).then(|| UtcMs(self.shown.0 - wait.0))
    }

    /// Mean seconds until an agent came.
    fn mean_to_answer(&self) -> Option<u32> {
        mean_seconds(self.queue.answered_waits, self.queue.answered)
    }

    /// Mean seconds of everybody who is no longer in the queue.
    fn mean_in_queue(&self) -> Option<u32> {
        let QueueSnapshot { answered_waits, abandoned_waits, .. } = self.queue;
        mean_seconds(Waits::both(answered_waits, abandoned_waits), self.settled())
    }

    /// Seconds that somebody waited, or waits.
    fn longest(&self) -> u32 {
        let over = Waits::both(self.queue.answered_waits, self.queue.abandoned_waits);
        over.map_or(0, |waits| waits.max / 1_000).max(self.queue.longest_wait_seconds)
    }

    /// Whether anything but the time is other than it was.
    fn differs(&self, then: &Self) -> bool {
        let fields: Vec<&Field<Self>> = ACTIVITY.iter().skip(1).collect();
        row(&fields, self) != row(&fields, then)
    }
}

/// Nothing where the traffic has counts without waits.
fn mean_seconds(waits: Option<Waits>, count: u32) -> Option<u32> {
    let sum = match waits {
        Some(waits) => waits.sum,
        None if count == 0 => 0,
        None => return None,
    };
    Some(sum.checked_div(count).unwrap_or(0) / 1_000)
}

/// `/skills/activity`.
pub(super) fn activity(moment: &Moment, query: &Query) -> Result<Table, Reply> {
    let fields = query.fields(ACTIVITY)?;
    let (page, since) = (query.page()?, query.updated_since()?);
    let (media, outbound) = (query.parsed("mediatypeid")?, query.parsed("isoutbound")?);
    // Every queue of the traffic is an inbound telephone skill.
    if media.is_some_and(|media: u32| media != PHONE) || outbound == Some(true) {
        return Err(Reply::empty(204));
    }
    let before = since.map(|since| moment.other(since.min(moment.shown())));
    let then = |position| before.as_ref()?.skill(position, SERVICE_LEVEL_OVER);
    let is_news = |skill: &Skill| then(skill.position).is_none_or(|then| skill.differs(&then));
    let now = |position| moment.skill(position, SERVICE_LEVEL_OVER);
    let skills: Vec<Skill> = moment.positions().filter_map(now).filter(is_news).collect();
    if since.is_some() && skills.is_empty() {
        return Err(Reply::empty(304));
    }
    Ok(Table {
        name: "skillActivity",
        rows: skills.iter().map(|skill| row(&fields, skill)).collect(),
        principal: "queueCount",
        page: Some(page),
        polled: Some(moment.shown()),
    })
}

/// `/skills/summary`: every value a string, booleans `True` and `False`.
pub(super) fn summary(moment: &Moment, query: &Query) -> Result<Table, Reply> {
    let mut rows = counted(moment, query.window()?, SUMMARY);
    rows.iter_mut().for_each(spell);
    let principal = "abandonCount";
    Ok(Table { name: "skillSummaries", rows, principal, page: None, polled: None })
}

/// `/skills/sla-summary`.
pub(super) fn sla_summary(moment: &Moment, query: &Query) -> Result<Table, Reply> {
    let rows = counted(moment, query.window()?, SLA_SUMMARY);
    let (name, principal) = ("serviceLevelSummaries", "serviceLevel");
    Ok(Table { name, rows, principal, page: Some(query.page()?), polled: None })
}

fn counted(moment: &Moment, window: Window, fields: &'static [Field<Skill>]) -> Vec<Value> {
    let fields: Vec<&Field<Skill>> = fields.iter().collect();
    let skills = moment.positions().filter_map(|position| moment.counted(position, window));
    skills.map(|skill| row(&fields, &skill)).collect()
}

/// The service level that the user has set.
const GOAL_PERCENT: u32 = 80;
const SERVICE_LEVEL_OVER: Span = Span::secs(1_800);
const BUSINESS_UNIT: u32 = 459_957;
const CAMPAIGN: u32 = 2_577_193;
const PHONE: u32 = 4;

/// The `skillId` of the first queue; the others follow.
pub(super) const FIRST_SKILL_ID: usize = 8_408_001;

/// The vendor's fields but `emailFromAddress`, `divisionNo` and `isNaturalCalling`.
const ACTIVITY: &[Field<Skill>] = &[
    Field { name: "serverTime", read: |skill| Some(instant(skill.shown).into()) },
    Field { name: "businessUnitId", read: |_| Some(BUSINESS_UNIT.into()) },
    Field { name: "skillId", read: |skill| Some(skill.id().into()) },
    Field { name: "skillName", read: |skill| Some((*skill.name).into()) },
    Field { name: "campaignId", read: |_| Some(CAMPAIGN.into()) },
    Field { name: "campaignName", read: |_| Some("Service".into()) },
    Field { name: "mediaTypeId", read: |_| Some(PHONE.into()) },
    Field { name: "mediaTypeName", read: |_| Some("Phone Call".into()) },
    Field { name: "isOutbound", read: |_| Some(false.into()) },
    Field { name: "isActive", read: |_| Some(true.into()) },
    Field { name: "queueCount", read: |skill| Some(skill.queue.calls_waiting.into()) },
    Field { name: "skillQueueCount", read: |skill| Some(skill.queue.calls_waiting.into()) },
    Field { name: "personalQueueCount", read: |_| Some(0.into()) },
    Field { name: "parkedCount", read: |_| Some(0.into()) },
    Field { name: "contactsActive", read: |skill| Some(skill.queue.agents_busy.into()) },
    Field { name: "earliestQueueTime", read: |skill| Some(skill.earliest().map(instant).into()) },
    Field { name: "agentsLoggedIn", read: |skill| Some(skill.logged_in().into()) },
    Field { name: "agentsAvailable", read: |skill| Some(skill.queue.agents_available.into()) },
    Field { name: "agentsUnavailable", read: |_| Some(0.into()) },
    Field { name: "agentsWorking", read: |skill| Some(skill.queue.agents_busy.into()) },
    Field { name: "agentsIdle", read: |skill| Some(skill.queue.agents_available.into()) },
    Field { name: "agentsACW", read: |_| Some(0.into()) },
    Field { name: "inSLA", read: |skill| Some(skill.in_sla().into()) },
    Field { name: "outSLA", read: |skill| Some(skill.out_sla().into()) },
    Field { name: "serviceLevel", read: |skill| Some(skill.service_level().into()) },
    Field { name: "serviceLevelGoal", read: |_| Some(GOAL_PERCENT.into()) },
    Field { name: "serviceLevelThreshold", read: |_| Some(threshold()) },
];

const SUMMARY: &[Field<Skill>] = &[
    Field { name: "businessUnitId", read: |_| Some(BUSINESS_UNIT.into()) },
    Field { name: "skillId", read: |skill| Some(skill.id().into()) },
    Field { name: "skillName", read: |skill| Some((*skill.name).into()) },
    Field { name: "isOutbound", read: |_| Some(false.into()) },
    Field { name: "abandonCount", read: |skill| Some(skill.queue.abandoned.into()) },
    Field { name: "abandonRate", read: |skill| Some(skill.abandon_rate().into()) },
    Field { name: "contactsOffered", read: |skill| Some(skill.queue.offered.into()) },
    Field { name: "contactsHandled", read: |skill| Some(skill.queue.answered.into()) },
    Field { name: "contactsQueued", read: |skill| Some(skill.queue.offered.into()) },
    Field { name: "contactsWithinSLA", read: |skill| Some(skill.in_sla().into()) },
    Field { name: "contactsOutOfSLA", read: |skill| Some(skill.out_sla().into()) },
    Field { name: "serviceLevel", read: |skill| Some(skill.service_level().into()) },
    Field { name: "serviceLevelGoal", read: |_| Some(GOAL_PERCENT.into()) },
    Field { name: "serviceLevelThreshold", read: |_| Some(threshold()) },
    Field { name: "averageInqueueTime", read: |skill| skill.mean_in_queue().map(Value::from) },
    Field { name: "averageSpeedToAnswer", read: |skill| skill.mean_to_answer().map(Value::from) },
    Field { name: "longestQueueDur", read: |skill| Some(skill.longest().into()) },
    Field { name: "queueCount", read: |skill| Some(skill.queue.calls_waiting.into()) },
    Field { name: "agentsAvailable", read: |skill| Some(skill.queue.agents_available.into()) },
    Field { name: "agentsLoggedIn", read: |skill| Some(skill.logged_in().into()) },
];

const SLA_SUMMARY: &[Field<Skill>] = &[
    Field { name: "businessUnitId", read: |_| Some(BUSINESS_UNIT.into()) },
    Field { name: "skillId", read: |skill| Some(skill.id().into()) },
    Field { name: "skillName", read: |skill| Some((*skill.name).into()) },
    Field { name: "contactsWithinSLA", read: |skill| Some(skill.in_sla().into()) },
    Field { name: "contactsOutOfSLA", read: |skill| Some(skill.out_sla().into()) },
    Field { name: "totalContacts", read: |skill| Some(skill.settled().into()) },
    Field { name: "serviceLevel", read: |skill| Some(skill.service_level().into()) },
];

fn threshold() -> Value {
    QueueSnapshot::TARGET.whole_secs().into()
}
