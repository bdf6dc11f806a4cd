//! Strict receivers: each refuses what its vendor would refuse.

pub(crate) mod certificates;
pub(crate) mod desk;
pub(crate) mod slack;
pub(crate) mod smtp;
pub(crate) mod syslog;
pub(crate) mod twilio;
