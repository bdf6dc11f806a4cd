//! THE PULL DOOR: what to ask, when, and when to stop asking.
