//! Does what an operator orders, or says why not.
//!
//! # Promises
//! - `who_has_an_alert_in_hand_stands_on_its_trail`

use alloc::boxed::Box;
use alloc::format;

use crate::api::{self, Order};
use crate::evaluate::Change;
use crate::hub::Hub;
use crate::model::alert::{AlertKey, Phase};
use crate::model::authority::Authority;
use crate::model::hand::Hand;
use crate::model::http::Reply;
use crate::model::time::{Now, Span};

impl Hub {
    /// Answers a request to the admin listener.
    pub(super) fn asked(
        &mut self,
        method: &str,
        path: &str,
        body: &[u8],
        authority: Authority,
        now: Now,
    ) -> Reply {
        match api::order(method, path, body, authority) {
            Ok(Some(order)) => self.obey(order, now),
            Ok(None) => self.reply(method, path, now),
            Err(reply) => reply,
        }
    }

    fn obey(&mut self, order: Order, now: Now) -> Reply {
        match order {
            Order::Acknowledge { key, by, lasts } => {
                let lasts = lasts.unwrap_or(self.config.hub.acknowledged_for);
                self.of_open(&key, |hub, key| hub.acknowledge(key, by, OPERATOR, lasts, now))
            }
            Order::Unacknowledge { key, by } => {
                self.of_open(&key, |hub, key| hub.unacknowledge(key, &by, OPERATOR, now))
            }
            Order::Silence { body } => self.silence(&body, now),
            Order::EndSilence { id } => self.end_silence(id, now),
            Order::Resolve { key, by } => self.of_open(&key, |hub, key| {
                let now = hub.as_told(now);
                hub.evaluate.end_by_hand(key, &by, now.stamp());
                hub.settle(key, Change::Turned, now);
            }),
            Order::Retry { letters, stale } => self.retry_letters(&letters, stale, now),
            Order::Drop { letters } => self.drop_letters(&letters),
        }
    }

    /// Somebody has an open alert in hand.
    pub(super) fn acknowledge(
        &mut self,
        key: &AlertKey,
        by: Box<str>,
        via: &str,
        lasts: Span,
        now: Now,
    ) {
        let now = self.as_told(now);
        let Some(alert) = self.evaluate.alerts.get_mut(key.as_str()) else { return };
        let priority = alert.leading().priority;
        let at = now.stamp();
        let hand = Hand { by, via: via.into(), priority, at, lasts };
        self.dispatch.acknowledge(alert, hand, now);
        // It is settled at once: when it lapses is known from then on.
        self.dispatch.settle(alert, now);
        self.write_alert(key);
    }

    /// Nobody has it in hand any more.
    pub(super) fn unacknowledge(&mut self, key: &AlertKey, by: &str, via: &str, now: Now) {
        let now = self.as_told(now);
        let Some(alert) = self.evaluate.alerts.get_mut(key.as_str()) else { return };
        self.dispatch.unacknowledge(alert, by, via, now);
        self.dispatch.settle(alert, now);
        self.write_alert(key);
    }

    fn of_open(&mut self, key: &str, order: impl FnOnce(&mut Self, &AlertKey)) -> Reply {
        let Some(alert) = self.find(key) else { return api::explain(None) };
        let key = alert.key.clone();
        if alert.phase == Phase::Resolved {
            return api::conflict(&format!("{key} is over already.\n"));
        }
        order(self, &key);
        api::done(&key)
    }
}

/// Where an order comes from.
pub(super) const OPERATOR: &str = "operator";

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;
    use crate::hub::fixtures::{at, hub};
    use crate::model::alert::Decision;
    use crate::model::metric::Metric;

    #[test]
    fn who_has_an_alert_in_hand_stands_on_its_trail() {
        let mut hub = hub();
        let seen = |hub: &mut Hub, value, second| {
            hub.observe_own("config", Metric::CONFIG_PROBLEMS, value, at(second));
        };
        seen(&mut hub, 1.0, 1);
        let key = hub.evaluate.alerts.iter().next().unwrap().key.to_string();
        let order = |hub: &mut Hub, verb: &str, key: &str, authority| {
            let path = format!("/api/v1/alerts/{key}/{verb}");
            hub.asked("POST", &path, br#"{"by": "Ann"}"#, authority, at(2)).status
        };
        assert_eq!(order(&mut hub, "acknowledge", &key, Authority::Anyone), 401);
        assert_eq!(hub.find(&key).unwrap().hand, None);
        assert_eq!(order(&mut hub, "acknowledge", "no:key", Authority::Operator), 404);
        assert_eq!(order(&mut hub, "acknowledge", &key, Authority::Operator), 200);
        let alert = hub.find(&key).unwrap();
        assert_eq!(alert.phase_shown(), "acknowledged");
        let (by, via) = ("Ann".into(), OPERATOR.into());
        let said = Decision::Acknowledged { by, via };
        assert!(alert.trail.steps().any(|step| step.what == said));
        assert_eq!(order(&mut hub, "unacknowledge", &key, Authority::Operator), 200);
        assert_eq!(hub.find(&key).unwrap().phase_shown(), "detected");
        seen(&mut hub, 0.0, 400);
        seen(&mut hub, 0.0, 800);
        assert_eq!(order(&mut hub, "acknowledge", &key, Authority::Operator), 409);
    }
}
