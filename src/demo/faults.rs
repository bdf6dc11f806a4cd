//! What is to go wrong in a simulated server, and until when.
//!
//! `POST /simulate/faults` with `{"fault":"throttle","seconds":60}` orders a fault. The same fault
//! again replaces it; different ones may be on at once. `DELETE /simulate/faults` ends all.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::mem::discriminant;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::demo::http::{Incoming, Reaction, json_reply};
use crate::model::http::Reply;
use crate::model::time::{Span, UtcMs};

/// One thing that can go wrong. The names in JSON are those of the variants in `snake_case`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// Every request is taken and none answered.
    Hang,
    /// Every connection is closed without a word.
    Close,
    /// Everything is answered 503.
    Unavailable,
    /// Requests are answered 429.
    Throttle {
        /// The `Retry-After` that goes with it.
        #[serde(default = "five")]
        retry_after_seconds: u32,
    },
    /// A receiver finds every message invalid, as after a revoked key: 400, or 403 from Slack. A
    /// platform says 403, as after a role was taken away.
    Refuse,
    /// A platform answers requests for data with 401, however good the token.
    Unauthorized,
    /// A platform refuses to issue tokens: 401.
    TokenRefused,
    /// A platform breaks while it issues tokens: 500.
    TokenError,
    /// A platform answers with what was two minutes ago, and says so in `_time`.
    Stale,
    /// A platform's clock is wrong: `Date` and `_time` are off.
    ClockSkew {
        /// How far ahead it is. Negative: behind.
        offset_seconds: i32,
    },
    /// A platform answers 304 to every request for data: nothing has changed, it says.
    NotModified,
    /// A platform's every page says that the next one is itself.
    PagingLoop,
    /// A platform spells the names of fields with a capital.
    CaseChanged,
    /// A platform answers 200 with a page of HTML.
    NotJson,
    /// A platform's answer is blown up.
    Huge {
        /// By how much. Default: 9, which is more than the hub reads.
        #[serde(default = "nine")]
        mebibytes: u8,
    },
    /// A platform writes numbers as strings.
    Strings,
    /// A platform leaves a metric out.
    MissingMetric {
        /// Which. Default: the first that is asked for.
        #[serde(default)]
        metric: Option<String>,
    },
    /// A platform answers null for every metric.
    Nulls,
    /// A platform's trunk has lost its carrier.
    TrunkDown {
        /// An identifier of one trunk, or of a base, which is all its trunks. Default: the first
        /// base.
        #[serde(default)]
        trunk: Option<String>,
    },
    /// A platform's edge is offline, and what hangs on it.
    EdgeOffline {
        /// Its identifier. Default: the first.
        #[serde(default)]
        edge: Option<String>,
    },
    /// A platform's status page tells of an outage.
    Incident,
}

/// The faults that a server has, and will have.
#[derive(Debug, Clone, Default)]
pub struct Faults(Vec<Ordered>);

#[derive(Debug, Clone)]
struct Ordered {
    fault: Fault,
    from: UtcMs,
    until: UtcMs,
}

impl Faults {
    /// Lets a fault begin at once and last until a moment.
    pub fn set(&mut self, fault: Fault, until: UtcMs) {
        self.plan(fault, UtcMs(i64::MIN), until);
    }

    /// Lets a fault begin at a moment and last until another.
    pub fn plan(&mut self, fault: Fault, from: UtcMs, until: UtcMs) {
        self.0.retain(|known| discriminant(&known.fault) != discriminant(&fault));
        self.0.push(Ordered { fault, from, until });
    }

    /// Ends all faults.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The faults that are on.
    pub fn active(&self, utc: UtcMs) -> impl Iterator<Item = &Fault> {
        let is_on = move |known: &&Ordered| known.from <= utc && utc < known.until;
        self.0.iter().filter(is_on).map(|known| &known.fault)
    }

    /// Whether a fault is on, for the faults that are either on or off.
    #[must_use]
    pub fn has(&self, fault: &Fault, utc: UtcMs) -> bool {
        self.active(utc).any(|active| active == fault)
    }

    /// Answers requests to `/simulate/faults`. `known` names the faults that this server can have.
    pub fn ordered(&mut self, incoming: &Incoming, known: &[&str], utc: UtcMs) -> Option<Reply> {
        if incoming.route() != "/simulate/faults" {
            return None;
        }
        Some(match &*incoming.method {
            "POST" => match read(&incoming.body, known) {
                Ok((fault, lasts)) => {
                    let until = utc + lasts;
                    let answer = json!({ "fault": fault, "until": until.rfc3339() });
                    self.set(fault, until);
                    json_reply(200, &answer)
                }
                Err(why) => json_reply(400, &json!({ "error": why })),
            },
            "DELETE" => {
                self.clear();
                Reply::empty(204)
            }
            _ => Reply::empty(405).with_header("allow", "POST, DELETE"),
        })
    }

    /// The faults under which nothing is even looked at.
    #[must_use]
    pub fn at_the_door(&self, utc: UtcMs) -> Option<Reaction> {
        if self.has(&Fault::Close, utc) {
            Some(Reaction::Close)
        } else if self.has(&Fault::Hang, utc) {
            Some(Reaction::Hang)
        } else if self.has(&Fault::Unavailable, utc) {
            Some(Reaction::reply_at(json_reply(503, &json!({ "error": "unavailable" })), utc))
        } else {
            None
        }
    }

    /// 429, while throttled.
    #[must_use]
    pub fn throttled(&self, utc: UtcMs) -> Option<Reply> {
        let retry_after_seconds = self.throttle_seconds(utc)?;
        let reply = json_reply(429, &json!({ "error": "too many requests" }));
        Some(reply.with_header("retry-after", &format!("{retry_after_seconds}")))
    }

    /// What `Retry-After` says, while throttled.
    #[must_use]
    pub fn throttle_seconds(&self, utc: UtcMs) -> Option<u32> {
        self.active(utc).find_map(|fault| {
            let Fault::Throttle { retry_after_seconds } = fault else { return None };
            Some(*retry_after_seconds)
        })
    }

    /// How far the platform's clock is ahead.
    #[must_use]
    pub fn skew(&self, utc: UtcMs) -> Span {
        let skew = self.active(utc).find_map(|fault| {
            let Fault::ClockSkew { offset_seconds } = fault else { return None };
            Some(Span::secs(i64::from(*offset_seconds)))
        });
        skew.unwrap_or_default()
    }

    /// For a status page.
    #[must_use]
    pub fn shown(&self, utc: UtcMs) -> Value {
        self.active(utc).map(|fault| json!(fault)).collect()
    }
}

fn read(body: &[u8], known: &[&str]) -> Result<(Fault, Span), String> {
    let mut order: Value =
        serde_json::from_slice(body).map_err(|fault| format!("the body is not JSON: {fault}"))?;
    let name = order.get("fault").and_then(Value::as_str).unwrap_or_default();
    if !known.contains(&name) {
        return Err(format!("fault has to be one of {}", known.join(", ")));
    }
    let seconds = order.as_object_mut().and_then(|order| order.remove("seconds"));
    let seconds = seconds.as_ref().and_then(Value::as_i64).filter(|s| (1..=86_400).contains(s));
    let seconds = seconds.ok_or("seconds has to be a number from 1 to 86400")?;
    let fault = serde_json::from_value(order).map_err(|fault| format!("{fault}"))?;
    Ok((fault, Span::secs(seconds)))
}

const fn five() -> u32 {
    5
}

const fn nine() -> u8 {
    9
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UtcMs = UtcMs(1_715_783_530_000);
    const KNOWN: &[&str] = &["throttle", "hang", "clock_skew"];

    fn order(faults: &mut Faults, body: &str) -> u16 {
        let incoming = Incoming::post_json("/simulate/faults", body);
        faults.ordered(&incoming, KNOWN, NOW).map_or(0, |reply| reply.status)
    }

    #[test]
    fn a_fault_ends_by_itself() {
        let mut faults = Faults::default();
        assert_eq!(order(&mut faults, r#"{"fault":"throttle","seconds":60}"#), 200);
        let almost = NOW + Span::millis(59_999);
        assert_eq!(faults.throttled(almost).unwrap().header("retry-after"), Some("5"));
        assert_eq!(faults.throttled(NOW + Span::secs(60)), None);
    }

    #[test]
    fn a_planned_fault_begins_at_its_moment() {
        let mut faults = Faults::default();
        faults.plan(Fault::Hang, NOW + Span::secs(1), NOW + Span::secs(2));
        let is_on = |millis: i64| faults.has(&Fault::Hang, NOW + Span::millis(millis));
        assert_eq!([999, 1_000, 1_999, 2_000].map(is_on), [false, true, true, false]);
    }

    #[test]
    fn the_same_fault_again_replaces_it() {
        let mut faults = Faults::default();
        order(&mut faults, r#"{"fault":"clock_skew","seconds":60,"offset_seconds":9}"#);
        order(&mut faults, r#"{"fault":"clock_skew","seconds":60,"offset_seconds":-300}"#);
        let only = Fault::ClockSkew { offset_seconds: -300 };
        assert!(faults.active(NOW).eq([&only]));
        let mend = Incoming::new("DELETE", "/simulate/faults");
        assert_eq!(faults.ordered(&mend, KNOWN, NOW), Some(Reply::empty(204)));
        assert_eq!(faults.active(NOW).count(), 0);
    }

    #[test]
    fn an_order_that_makes_no_sense_is_refused() {
        let mut faults = Faults::default();
        for body in [
            "",
            r#"{"fault":"earthquake","seconds":60}"#,
            r#"{"fault":"hang"}"#,
            r#"{"fault":"hang","seconds":0}"#,
            r#"{"fault":"clock_skew","seconds":60}"#,
            r#"{"fault":"throttle","seconds":60,"offset_seconds":1}"#,
        ] {
            assert_eq!(order(&mut faults, body), 400, "{body}");
        }
        assert_eq!(faults.active(NOW).count(), 0);
    }
}
