//! Who hears what the hub says: the log, or a screen.

use crate::hub::Hub;
use crate::model::notice::Reason;
use crate::model::time::Now;

/// Who hears what the hub says.
pub trait Voice {
    /// A line for the log.
    fn say(&mut self, level: log::Level, text: &str);
    /// People have been told.
    fn told(&mut self, reason: Reason, text: &str);
    /// A turn has ended.
    fn turned(&mut self, _hub: &Hub, _now: Now) {}
}

/// The log as the voice of the hub.
#[derive(Debug, Clone, Copy)]
pub struct ToLog;

impl Voice for ToLog {
    fn say(&mut self, level: log::Level, text: &str) {
        log::log!(level, "{text}");
    }

    fn told(&mut self, reason: Reason, text: &str) {
        log::info!("told {text} [{}]", reason.as_str());
    }
}
