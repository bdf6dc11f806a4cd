//! What follows a request that failed: another try, a pause of the source, or the next bucket.

use alloc::format;

use log::Level;

use crate::limits::POLL_TRIES_MAX;
use crate::model::http::Reply;
use crate::model::time::{Now, Span};
use crate::platform::VendorFault;
use crate::poll::feed::{Cycle, Feed, Run};
use crate::poll::tenant::Tenant;
use crate::poll::{Freshness, Why, backoff, breaker};

impl Feed {
    /// The platform answered with something that is no data.
    pub(super) fn refused(
        &mut self,
        tenant: &mut Tenant,
        run: Run,
        reply: &Reply,
        fault: VendorFault,
        now: Now,
    ) {
        let why = Why::Vendor(tenant.withhold(fault));
        let asked = backoff::retry_after(reply);
        if reply.status == 429 {
            return self.throttled(tenant, run, why, asked, now);
        }
        tenant.health.counters.vendor_faults += 1;
        tenant.breaker.other();
        match reply.status {
            401 => {
                let wait = tenant.token_refused(run.token, &why, now);
                self.try_again(tenant, run, why, Some(wait), now);
            }
            500.. => {
                tenant.quiet(asked, now);
                self.try_again(tenant, run, why, asked, now);
            }
            // Asking again would be answered the same until somebody mends it.
            _ => {
                self.stale(tenant, why, now);
                tenant.health.counters.buckets_given_up += 1;
                self.cycle = Cycle::Unplanned;
            }
        }
    }

    fn throttled(
        &mut self,
        tenant: &mut Tenant,
        run: Run,
        why: Why,
        asked: Option<Span>,
        now: Now,
    ) {
        tenant.health.counters.throttled += 1;
        tenant.quiet(asked, now);
        match tenant.breaker.refused(asked, now.tick, &mut tenant.rng) {
            breaker::Turn::Opened => {
                let pause = tenant.breaker.until().unwrap_or(now.tick) - now.tick;
                let text = format!("too many requests: polling pauses for {pause}");
                tenant.complain("breaker", Level::Warn, text, now);
                self.stale(tenant, why, now);
                self.give_up(tenant, now);
            }
            breaker::Turn::Same | breaker::Turn::Closed => {
                self.try_again(tenant, run, why, asked, now);
            }
        }
    }

    pub(super) fn try_again(
        &mut self,
        tenant: &mut Tenant,
        mut run: Run,
        why: Why,
        asked: Option<Span>,
        now: Now,
    ) {
        let next_try = now.tick + backoff::wait(run.tries, asked, &mut tenant.rng);
        if run.tries >= POLL_TRIES_MAX || next_try >= run.over_at {
            self.stale(tenant, why, now);
            return self.give_up(tenant, now);
        }
        self.say(tenant, Level::Debug, format!("try {} failed: {why}", run.tries));
        (run.next_try, run.is_under_way) = (next_try, false);
        self.cycle = Cycle::Running(run);
    }

    pub(super) fn give_up(&mut self, tenant: &mut Tenant, now: Now) {
        tenant.health.counters.buckets_given_up += 1;
        self.cycle = Cycle::Unplanned;
        if let Freshness::Stale { why, .. } = &self.freshness {
            let text = format!("a bucket is given up: {why}");
            self.say(tenant, Level::Debug, text);
        }
        self.plan(tenant, now);
    }
}
