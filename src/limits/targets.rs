//! Bounds of what targets say back: people's names, readings, corrections.

use crate::model::time::Span;

/// A person's name as a target gives it. A longer one ends with ` [cut]`.
pub const PERSON_CHARS_MAX: usize = 80;

/// A token that a target's client gets. A longer one cannot stand in a header of 8 KB, and is taken
/// for nonsense.
pub const TOKEN_BYTES_MAX: usize = 7_000;

/// A target's token is not used any more so long before its end, so that it lives through the
/// longest request, that of a mail; of one that lives for less than twice this half of its life.
pub const TARGET_TOKEN_MARGIN: Span = Span::secs(90);

/// Words in a target's `group_by`. More are a problem in the file.
pub const GROUP_WORDS_MAX: usize = 8;
/// Fields of its own that the config gives a new incident of ServiceNow. More are a problem in it.
pub const SERVICENOW_FIELDS_MAX: usize = 32;

/// A value of such a field. A longer one is a problem in the config.
pub const SERVICENOW_FIELD_CHARS_MAX: usize = 255;

/// States that an instance of ServiceNow counts as closed. More are a problem in the config.
pub const SERVICENOW_STATES_MAX: usize = 8;

/// The pace of requests to ServiceNow, whose own limits are by the hour and by the customer.
pub const SERVICENOW_GAP: Span = Span::millis(500);

/// ServiceNow's `correlation_id`. Of a longer key the end stands there, which tells it apart.
pub const SERVICENOW_CORRELATION_CHARS_MAX: usize = 100;

/// ServiceNow's `short_description`. A longer one ends with ` [cut]`.
pub const SERVICENOW_SHORT_CHARS_MAX: usize = 160;

/// ServiceNow's `description` and notes. A longer one ends with ` [cut]`.
pub const SERVICENOW_TEXT_CHARS_MAX: usize = 4_000;

/// ServiceNow's short fields of an event. A longer one ends with ` [cut]`.
pub const SERVICENOW_EVENT_CHARS_MAX: usize = 100;

/// ServiceNow's `message_key`. Of a longer key the end stands there, which tells it apart.
pub const SERVICENOW_KEY_CHARS_MAX: usize = 1_024;

/// Incidents that one reading of ServiceNow takes. Alerts that it has no room for are read in the
/// next round.
pub const SERVICENOW_ROWS_MAX: usize = 1_000;

/// Alerts in one reading of ServiceNow: their keys have to fit an address of 8 KB.
pub const SERVICENOW_READ_BATCH: usize = 40;

/// Readings of ServiceNow in one round: with twelve rounds 48 an hour, where some instances allow
/// 100 requests. Alerts beyond these are read by the next rounds.
pub const SERVICENOW_READS_MAX: usize = 4;

/// The pace of reading PagerDuty, which allows 960 requests a minute to all who use its REST API.
pub const PAGERDUTY_READ_GAP: Span = Span::millis(125);

/// Readings of PagerDuty in one round, one alert each: four of its five minutes. Alerts beyond
/// these are read by the next rounds.
pub const PAGERDUTY_READS_MAX: usize = 1_920;

/// The time between two rounds of comparing what we say with what targets say, and between the
/// start and the first.
pub const RECONCILE_EVERY: Span = Span::secs(300);

/// For how long after the end of an alert it is looked whether it is over at the target, too.
pub const RECONCILE_ENDED_FOR: Span = Span::secs(3_600);

/// What was told as lately as this is not compared: a target takes a moment over what it has
/// accepted.
pub const RECONCILE_SETTLES: Span = Span::secs(120);

/// Images in PagerDuty's incidents. More are a problem in the config.
pub const PAGERDUTY_IMAGES_MAX: usize = 8;
