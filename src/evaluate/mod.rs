//! FROM NUMBER TO TROUBLE: rules, rates, hysteresis, and the life of an alert.
