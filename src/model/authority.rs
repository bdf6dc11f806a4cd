//! Who may change something.

/// What whoever asks at the admin listener may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authority {
    /// Change things.
    Operator,
    /// Look.
    Anyone,
}
