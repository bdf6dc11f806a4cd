//! The strict receivers of `tests/receivers` that stand in the site: each refuses what its vendor
//! would refuse.

#[path = "../receivers/pagerduty.rs"]
pub(crate) mod pagerduty;
#[path = "../receivers/twist.rs"]
#[expect(dead_code, reason = "the site has faults of its own; tests/targets uses the twists")]
pub(crate) mod twist;
