//! The strict receivers of `tests/receivers` that stand in the site: each refuses what its vendor
//! would refuse.

#![expect(dead_code, reason = "what they twist and serve by themselves is for tests/targets")]

#[path = "../receivers/alertmanager.rs"]
pub(crate) mod alertmanager;
#[path = "../receivers/datadog.rs"]
pub(crate) mod datadog;
#[path = "../receivers/message.rs"]
pub(crate) mod message;
#[path = "../receivers/pagerduty.rs"]
pub(crate) mod pagerduty;
#[path = "../receivers/smtp.rs"]
pub(crate) mod smtp;
#[path = "../receivers/syslog.rs"]
pub(crate) mod syslog;
#[path = "../receivers/teams.rs"]
pub(crate) mod teams;
#[path = "../receivers/twilio.rs"]
pub(crate) mod twilio;
#[path = "../receivers/twist.rs"]
pub(crate) mod twist;
#[path = "../receivers/unwired.rs"]
pub(crate) mod unwired;
#[path = "../receivers/webhook.rs"]
pub(crate) mod webhook;
