//! Bounds of what targets say back: people's names, readings, corrections.

/// A person's name as a target gives it. A longer one ends with ` [cut]`.
pub const PERSON_CHARS_MAX: usize = 80;

/// Words in a target's `group_by`. More are a problem in the file.
pub const GROUP_WORDS_MAX: usize = 8;
