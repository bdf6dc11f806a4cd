//! FROM TROUBLE TO PEOPLE: route, cooldown, escalation, digest, outbox.
