//! Takes replies in: page by page, and then the whole answer, if it is fresh and was not counted
//! before.

use alloc::boxed::Box;
use alloc::format;

use log::Level;

use crate::limits::{ANSWER_ROWS_MAX, ENTITIES_PER_SOURCE_MAX};
use crate::model::answer::Answer;
use crate::model::http::Reply;
use crate::model::time::Now;
use crate::platform::{Extract, Gives, Left, Part, VendorFault};
use crate::poll::feed::{Cycle, Feed, Gathered, Run};
use crate::poll::freshness::Age;
use crate::poll::schedule::Arrival;
use crate::poll::tenant::Tenant;
use crate::poll::{Freshness, Step, Why};

/// What a reply was to its bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// Another request follows for the same bucket.
    Part,
    /// It was the last one.
    All,
    /// Nothing has changed since the last answer.
    Unchanged,
}

impl Feed {
    /// Takes one reply in.
    pub(super) fn take(
        &mut self,
        tenant: &Tenant,
        reply: &Reply,
        now: Now,
    ) -> Result<Taken, VendorFault> {
        let definition = &tenant.definition;
        let Some(gathered) = &mut self.gathered else { return Ok(Taken::All) };
        if reply.status == 304 && self.last.is_some() && gathered.parts.is_empty() {
            return Ok(Taken::Unchanged);
        }
        match definition.gives(self.index) {
            Gives::Names(_) => {
                gathered.named.extend(definition.read_names(self.index, reply)?);
                gathered.named.truncate(ENTITIES_PER_SOURCE_MAX);
            }
            Gives::Readings => {
                let vendor_now = tenant.clock.at(reply, now);
                let asking = definition.asking(self.index, &gathered.exchange, vendor_now);
                gathered.parts.push(definition.read_part(self.index, reply, &asking)?);
                let rows: usize = gathered.parts.iter().map(Part::rows).sum();
                if rows > ANSWER_ROWS_MAX {
                    return Err(VendorFault::EndlessPages { pages: gathered.parts.len() });
                }
            }
        }
        let place = &gathered.exchange.place;
        let about = gathered.about(tenant);
        let left = definition.after(about, self.index, place, &gathered.url, reply)?;
        if let Some(since) = definition.next_since(self.index, reply)? {
            gathered.since = Some(since);
        }
        Ok(match left {
            Left::Nothing => Taken::All,
            Left::More(place) => {
                gathered.exchange.place = place;
                Taken::Part
            }
        })
    }

    pub(super) fn go_on(&mut self, tenant: &mut Tenant, mut run: Run, taken: Taken, now: Now) {
        if taken == Taken::Part {
            (run.tries, run.next_try, run.is_under_way) = (0, now.tick, false);
            self.cycle = Cycle::Running(run);
            return;
        }
        self.cycle = Cycle::Unplanned;
        let gathered = self.gathered.take();
        if taken == Taken::Unchanged {
            if let Some(answer) = self.last.clone() {
                let answer = Answer { vendor_time: tenant.clock.utc(now), ..answer };
                self.judge(tenant, Extract { answer, cells_coerced: 0, cells_refused: 0 }, now);
            }
            return;
        }
        let Some(gathered) = gathered else { return };
        match tenant.definition.gives(self.index) {
            Gives::Names(list) => {
                let list = list.map(Box::from);
                self.freshen(tenant, gathered.named.len(), now);
                tenant.learn_names(self.index, list, gathered.named);
            }
            Gives::Readings => self.finish(tenant, gathered, now),
        }
    }

    /// All parts of a bucket's answer are there.
    fn finish(&mut self, tenant: &mut Tenant, gathered: Gathered, now: Now) {
        let definition = &tenant.definition;
        let asked = definition.asked_for(gathered.about(tenant), self.index);
        let Gathered { parts, since, .. } = gathered;
        let extract = definition.gather(self.index, parts, &asked, &mut self.held);
        let Some(mut extract) = extract else { return };
        tenant.name(&mut extract.answer);
        self.since = since.or(self.since.take());
        if self.since.is_some() {
            if let Some(last) = &self.last {
                extract.answer.carry_over(last);
            }
            self.last = Some(extract.answer.clone());
        }
        self.judge(tenant, extract, now);
    }

    /// Vendor time decides whether an answer is taken (guide 2, edge case 3).
    fn judge(&mut self, tenant: &mut Tenant, extract: Extract, now: Now) {
        let answer = &extract.answer;
        let untimely = match tenant.clock.judge(answer.vendor_time, now) {
            Age::Young => None,
            Age::TooOld(age) => Some(Why::TooOld(age)),
            Age::FromTheFuture(ahead) => Some(Why::FromTheFuture(ahead)),
        };
        if let Some(why) = untimely {
            tenant.health.counters.answers_untimely += 1;
            return self.stale(tenant, why, now);
        }
        if let Some(bucket) = answer.bucket {
            match self.schedule.observe(bucket, tenant.clock.utc(now)) {
                Arrival::New => {}
                Arrival::Overlaps(_) => {
                    tenant.health.counters.answers_overlapping += 1;
                    return self.stale(tenant, Why::Overlap, now);
                }
            }
        }
        self.fresh(tenant, &extract, now);
        let every = Some(self.interval(tenant));
        tenant.steps.push_back(Step::Observed(Answer { every, ..extract.answer }));
    }

    fn fresh(&mut self, tenant: &mut Tenant, extract: &Extract, now: Now) {
        let Extract { answer, cells_coerced, cells_refused } = extract;
        let counters = &mut tenant.health.counters;
        counters.answers += 1;
        counters.rows_refused += u64::from(answer.rows_refused);
        counters.cells_coerced += u64::from(*cells_coerced);
        counters.cells_refused += u64::from(*cells_refused);
        self.freshen(tenant, answer.rows.len(), now);
        let (rows, cells) = (answer.rows_refused, *cells_refused);
        if rows > 0 || cells > 0 {
            let text = format!("{rows} rows and {cells} cells of the answer could not be read");
            self.complain(tenant, "unread", Level::Warn, text, now);
        }
    }

    fn freshen(&mut self, tenant: &mut Tenant, entities: usize, now: Now) {
        self.last_answer = Some(now.stamp());
        let freshness = core::mem::replace(&mut self.freshness, Freshness::Fresh);
        if let Freshness::Stale { since, .. } = freshness {
            // The next trouble is news again.
            self.troubles.end_all();
            tenant.troubles.end_all();
            let age = now.tick - since.tick;
            self.say(tenant, Level::Info, format!("fresh data after {age}: {entities} entities"));
        }
    }
}
