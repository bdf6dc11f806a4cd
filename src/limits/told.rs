//! Bounds of what people are told: texts, templates, and what each target takes.

use crate::model::time::Span;

/// How long an acknowledgement holds at the most: a day, so that nothing is forgotten for good. A
/// longer one is refused.
pub const ACKNOWLEDGED_MAX: Span = Span::secs(86_400);

/// One alert's line in a digest. A longer one ends with ` [cut]`.
pub const DIGEST_LINE_CHARS_MAX: usize = 256;

/// An entity's name for people, in a notice. A longer one ends with ` [cut]`.
pub const ENTITY_NAME_CHARS_MAX: usize = 256;

/// What a notice says beside its numbers. A longer one ends with ` [cut]`.
pub const DETAIL_CHARS_MAX: usize = 600;

/// A link in a notice. A longer one is left out, since a cut link leads nowhere.
pub const LINK_BYTES_MAX: usize = 2_048;

/// Steps of rendering one template, with 64 bytes of text each: 640 KiB and a blink at the most.
/// Beyond it the built-in text is told; `check` refuses such a template beforehand.
pub const TEMPLATE_FUEL_MAX: u64 = 10_000;

/// A template's text; with it the depth to which the library reads before anybody can look.
/// `check` refuses a longer one.
pub const TEMPLATE_BYTES_MAX: usize = 8 << 10;

/// Brackets within brackets, choices within choices and operators in a row, in a template; the
/// library works on them recursively. `check` refuses a deeper one.
pub const TEMPLATE_DEPTH_MAX: usize = 64;

/// A whole webhook body (Standard Webhooks: under 20 KB). Of a digest the alerts beyond it are
/// left out and counted in `alerts_left_out`.
pub const WEBHOOK_NOTICE_BYTES_MAX: usize = 20_000;

/// What has waited for so long says so in its first line: "just now" is false by then. It is longer
/// than the tries of a target that is away for a moment.
pub const LATE_SAID_AFTER: Span = Span::secs(300);

/// A channel of Slack in the config: 80 characters of up to three bytes each, and a `#`. A longer
/// one is a problem in the file.
pub const SLACK_CHANNEL_BYTES_MAX: usize = 241;

/// Slack's header block. A longer one ends with ` [cut]`.
pub const SLACK_HEADER_CHARS_MAX: usize = 150;

/// The text of Slack's section block. A longer one ends with ` [cut]`; a digest takes several.
pub const SLACK_SECTION_CHARS_MAX: usize = 3_000;

/// Fields of Slack's section block. The ones beyond it stand in another section.
pub const SLACK_FIELDS_MAX: usize = 10;

/// One field of Slack's section block. A longer one ends with ` [cut]`.
pub const SLACK_FIELD_CHARS_MAX: usize = 2_000;

/// The lines of a digest to Slack, which refuses about 13,200 characters over all blocks. The
/// lines beyond it are left out, and the last line says how many.
pub const SLACK_DIGEST_CHARS_MAX: usize = 12_000;
