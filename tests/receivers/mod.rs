//! Strict receivers: each refuses what its vendor would refuse.

pub(crate) mod alertmanager;
pub(crate) mod certificates;
pub(crate) mod datadog;
pub(crate) mod desk;
pub(crate) mod message;
pub(crate) mod oauth;
#[expect(dead_code, reason = "the stories of the hub ask for the rest")]
pub(crate) mod servicenow;
pub(crate) mod slack;
pub(crate) mod smtp;
pub(crate) mod syslog;
pub(crate) mod tap;
pub(crate) mod teams;
pub(crate) mod twilio;
pub(crate) mod twist;
pub(crate) mod unwired;
pub(crate) mod webhook;
