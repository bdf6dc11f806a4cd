//! OTHER PEOPLE'S INCIDENT SYSTEMS: a notice -> their request; their reply -> ours.
