//! What the service manager wants to hear. Without one, every call is a no-op.

use core::time::Duration;

use sd_notify::NotifyState;

/// The hub is ready; `status` is the line that `systemctl status` shows.
pub fn ready(status: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// The hub is ending.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// The loop is alive. Fed from the loop itself, so that a stuck loop is restarted.
pub fn alive() {
    tell(&[NotifyState::Watchdog]);
}

/// How often [`alive`] has to be called: twice within the manager's limit; never without a manager.
#[must_use]
pub fn alive_every() -> Option<Duration> {
    sd_notify::watchdog_enabled().map(|limit| limit / 2)
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        log::warn!("the service manager cannot be told: {error}");
    }
}
