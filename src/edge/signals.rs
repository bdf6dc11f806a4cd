//! The signals that end the hub.

use async_signal::{Signal, Signals};
use smol::stream::StreamExt;

/// Completes when the service manager or a person wants the hub to end.
///
/// # Errors
/// As the system says, when signals cannot be waited for.
pub async fn stop() -> Result<(), std::io::Error> {
    let mut signals = Signals::new([Signal::Term, Signal::Int])?;
    match signals.next().await {
        Some(Ok(_)) | None => Ok(()),
        Some(Err(error)) => Err(error),
    }
}
