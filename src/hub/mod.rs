//! THE HEART: one event in, then writes and effects out, and the next wake-up.
