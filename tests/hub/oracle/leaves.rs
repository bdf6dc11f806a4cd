//! What leaves the box: a notice as it lies on disk, and no more tries than guide 2 allows.

use andon::event::Ticket;
use andon::ledger::Table;
use andon::model::http::Request;
use andon::model::outgoing::Outgoing;
use andon::model::time::UtcMs;
use serde_json::Value;

use super::{Oracle, notice_of};
use crate::disk::Disk;

/// Tries of one bucket: guide 2's five.
const TRIES_MAX: u32 = 5;

/// The hub sets its clock by headers that count whole seconds and were a while on their way, and
/// lets it be when it is two seconds late. Its buckets are asked for so much later, in these steps.
pub(super) const CLOCK_ERRORS: usize = 2_000 / 125 + 1;

/// What leaves about a notice: under which key, where to, and what.
struct Left {
    key: Option<String>,
    to: String,
    body: Vec<u8>,
}

/// PagerDuty's services have one address, and each a key of its own; so have the phones of Twilio.
fn addressee(request: &Request) -> String {
    let body: Option<Value> = serde_json::from_slice(&request.body).ok();
    let key = body.as_ref().and_then(|body| body["routing_key"].as_str());
    let text = String::from_utf8_lossy(&request.body);
    let phone = text.split('&').next().filter(|first| first.starts_with("To="));
    key.or(phone).unwrap_or_default().to_owned()
}

/// What is the same in each try: how late it is told and until when it is believed is not.
fn lasting(body: &[u8]) -> Vec<u8> {
    let mut text = String::from_utf8_lossy(body).into_owned();
    let changing = [(", told ", " late"), ("%2C%20told%20", "%20late"), ("\"endsAt\":\"", "\"")];
    for (begin, end) in changing {
        let mut rest = core::mem::take(&mut text);
        while let Some((before, after)) = rest.split_once(begin) {
            text.push_str(before);
            rest = after.split_once(end).map_or_else(String::new, |(_, after)| after.to_owned());
        }
        text.push_str(&rest);
    }
    text.into_bytes()
}

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
            Ticket::Notice(number) => {
                let header = request.headers.iter().find(|(name, _)| &**name == "idempotency-key");
                let left = Left {
                    key: header.map(|(_, key)| key.to_string()),
                    to: format!("{} {}", request.url, addressee(request)),
                    body: lasting(&request.body),
                };
                self.notice_leaves(number, left, disk);
            }
        }
    }

    /// What is no request leaves the box: a mail, or records.
    pub(crate) fn submits(&mut self, ticket: Ticket, outgoing: &Outgoing, disk: &Disk) {
        let Ticket::Notice(number) = ticket else { panic!("{ticket:?} is no notice") };
        let (begin, end, body) = match outgoing {
            Outgoing::Http(request) => return self.leaves(ticket, request, disk, None),
            Outgoing::Mail(mail) => ("Message-ID: <", '@', lasting(&mail.message)),
            Outgoing::Syslog(records) => (" notice=\"", '"', lasting(&records.records.concat())),
        };
        let text = String::from_utf8_lossy(&body);
        let key = text.split_once(begin).and_then(|(_, rest)| rest.split(end).next());
        let (key, to) = (key.map(Into::into), outgoing.origin().to_owned());
        self.notice_leaves(number, Left { key, to, body }, disk);
    }

    fn notice_leaves(&mut self, number: u64, left: Left, disk: &Disk) {
        let Left { key, to, body } = left;
        let row = disk.row(Table::Outbox, &number.to_be_bytes());
        let notice = notice_of(row.unwrap_or_else(|| panic!("notice {number} is not on disk")));
        assert_eq!(key.as_deref(), Some(&*notice.idempotency_key), "the key is the one on disk");
        // An exchange about a notice may take several requests.
        let known = self.bodies.entry(format!("{} {to}", notice.idempotency_key));
        assert_eq!(*known.or_insert_with(|| body.clone()), body, "one key and address, one body");
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
