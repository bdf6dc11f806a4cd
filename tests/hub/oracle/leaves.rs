//! What leaves the box: a notice as it lies on disk, and no more tries than guide 2 allows.

use andon::event::Ticket;
use andon::ledger::Table;
use andon::model::http::Request;
use andon::model::time::UtcMs;

use super::{Oracle, notice_of};
use crate::disk::Disk;

/// Tries of one bucket: guide 2's five.
const TRIES_MAX: u32 = 5;

/// The hub sets its clock by headers that count whole seconds and were a while on their way, and
/// lets it be when it is two seconds late. Its buckets are asked for so much later, in these steps.
pub(super) const CLOCK_ERRORS: usize = 2_000 / 125 + 1;

impl Oracle {
    /// A request leaves the box. `vendor_utc` is the platform's time where the hub knows it too.
    pub(crate) fn leaves(
        &mut self,
        ticket: Ticket,
        request: &Request,
        disk: &Disk,
        vendor_utc: Option<UtcMs>,
    ) {
        match ticket {
            Ticket::Token(_)
            | Ticket::Webhook(_)
            | Ticket::Context(_)
            | Ticket::CheckIn
            | Ticket::Readback(_)
            | Ticket::Login(_)
            | Ticket::Probe => {}
            Ticket::Data(..) => match vendor_utc {
                Some(utc) => self.tries(request, utc),
                None => drop(self.ruled_out.remove(request.origin())),
            },
            Ticket::Notice(number) => self.notice_leaves(number, request, disk),
        }
    }

    fn notice_leaves(&mut self, number: u64, request: &Request, disk: &Disk) {
        let row = disk.row(Table::Outbox, &number.to_be_bytes());
        let notice = notice_of(row.unwrap_or_else(|| panic!("notice {number} is not on disk")));
        let header = request.headers.iter().find(|(name, _)| &**name == "idempotency-key");
        let key = header.map(|(_, key)| &**key);
        assert_eq!(key, Some(&*notice.idempotency_key), "the key is the one on disk");
        // An exchange about a notice may take several requests.
        let body = self.bodies.entry(format!("{} {}", notice.idempotency_key, request.url));
        assert_eq!(
            *body.or_insert_with(|| request.body.clone()),
            request.body,
            "one key and address, one body"
        );
        let sent = self.sent.entry(notice.target.clone()).or_default();
        let in_order = sent.last().is_none_or(|last| *last < number) || sent.contains(&number);
        assert!(
            in_order || self.may_overtake,
            "{} hears {number} after {:?}",
            notice.target,
            sent.last()
        );
        sent.insert(number);
    }

    /// Never more tries of one bucket than allowed. Buckets lie on the grid of their length, one
    /// second late, and later by the error of the hub's clock: some error has to explain all tries.
    fn tries(&mut self, request: &Request, utc: UtcMs) {
        let body = core::str::from_utf8(&request.body).unwrap();
        let (_, rest) = body.split_once("\"interval\":\"PT").unwrap();
        let (seconds, _) = rest.split_once("S\"").unwrap();
        let seconds: i64 = seconds.parse().unwrap();
        let platform = request.origin().to_owned();
        let ruled_out = self.ruled_out.entry(platform.clone()).or_default();
        let newest = self.tries.entry((platform, seconds)).or_default();
        for ((error, (bucket, tries)), late) in
            newest.iter_mut().enumerate().zip((1_000..).step_by(125))
        {
            let cell = (utc.0 - late).div_euclid(seconds * 1_000);
            if *bucket != cell {
                (*bucket, *tries) = (cell, 0);
            }
            *tries += 1;
            if *tries > TRIES_MAX {
                ruled_out.insert(error);
            }
        }
        assert!(ruled_out.len() < CLOCK_ERRORS, "more than {TRIES_MAX} tries of one bucket");
    }
}
