//! A simulated call centre, CXone, PagerDuty and Slack, for people and for tests.
