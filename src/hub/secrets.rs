//! The secrets in use: read again on a slow clock, so that a changed one needs no restart.
//!
//! # Promises
//! - `secrets_are_read_again_and_a_change_is_said`

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::effect::Effect;
use crate::hub::Hub;
use crate::limits::SECRETS_REREAD_EVERY;
use crate::model::secret::Secrets;
use crate::model::time::Now;

impl Hub {
    /// Asks for the secrets, and for what is around, when it is time to.
    pub(super) fn reread_secrets(&mut self, now: Now) {
        if now.tick >= self.reread {
            self.reread = now.tick + SECRETS_REREAD_EVERY;
            self.effects.push_back(Effect::RereadSecrets);
            self.effects.push_back(Effect::LookAround);
        }
    }

    /// Takes what was read. The next login and the next notice are made with it.
    pub(super) fn take_secrets(&mut self, secrets: Secrets) {
        let changed: Vec<String> =
            self.secrets.changed_in(&secrets).map(|secret| format!("{secret}")).collect();
        for secret in changed {
            self.say(log::Level::Info, format!("the secret {secret} has changed"));
        }
        self.secrets = core::mem::take(&mut self.secrets).replaced_by(secrets);
    }
}

#[cfg(test)]
mod tests {
    use core::iter::from_fn;

    use super::*;
    use crate::event::Event;
    use crate::hub::Setup;
    use crate::hub::fixtures::{at, loaded};
    use crate::ledger::Remembered;
    use crate::model::secret::{Secret, SecretRef};

    fn secrets(text: &str) -> Secrets {
        let mut secrets = Secrets::default();
        let slack = "https://hooks.slack.com/services/T/B/x";
        for (name, text) in [("cxone", text), ("slack", slack)] {
            secrets.put(SecretRef::Credential(name.into()), Secret::new(text));
        }
        secrets
    }

    #[test]
    fn secrets_are_read_again_and_a_change_is_said() {
        let (loaded, boot) = (loaded(), "boot".into());
        let (secrets_then, remembered) = (secrets("old-secret"), Remembered::default());
        let setup = Setup { loaded, secrets: secrets_then, remembered, boot, seed: 1 };
        let mut hub = Hub::new(setup, at(0));
        let mut after = |event, seconds| {
            hub.handle(event, at(seconds));
            let effects: Vec<String> = from_fn(|| hub.next_effect())
                .filter_map(|effect| match effect {
                    Effect::RereadSecrets => Some("reread".into()),
                    Effect::Say { text, .. } => Some(text),
                    Effect::Fetch { .. }
                    | Effect::Submit { .. }
                    | Effect::Respond { .. }
                    | Effect::LookAround
                    | Effect::Told { .. } => None,
                })
                .collect();
            (effects, hub.next_wake().is_some_and(|wake| wake.at <= at(600).tick))
        };
        assert!(!after(Event::Woke, 299).0.contains(&"reread".into()));
        assert!(after(Event::Woke, 300).0.contains(&"reread".into()));
        assert!(!after(Event::Woke, 301).0.contains(&"reread".into()));
        let (said, wakes) = after(Event::SecretsRead(secrets("old-secret")), 301);
        assert!(said.is_empty() && wakes, "{said:?}");
        let (said, _) = after(Event::SecretsRead(secrets("new-secret")), 302);
        assert_eq!(said, ["the secret credential \"cxone\" has changed"]);
    }
}
