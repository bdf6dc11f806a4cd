//! Every bound the box promises: the number, why that number, and what happens when it is reached.

mod baseline;
mod calibration;
mod delays;
mod enrichment;
mod graph;
mod hooks;
mod ingest;
mod link;
mod listener;
mod messages;
mod outbox;
mod rules;
mod simulated;
mod storms;
mod targets;
mod told;
mod webhooks;
mod windows;

pub use baseline::*;
pub use calibration::*;
pub use delays::*;
pub use enrichment::*;
pub use graph::*;
pub use hooks::*;
pub use ingest::*;
pub use link::*;
pub use listener::*;
pub use messages::*;
pub use outbox::*;
pub use rules::*;
pub use simulated::*;
pub use storms::*;
pub use targets::*;
pub use told::*;
pub use webhooks::*;
pub use windows::*;

use crate::model::time::Span;

/// A name in the config or an identifier of a platform. Genesys and CXone use 36 and up to 45
/// bytes. A longer one in the config is a problem; in an answer its row is refused and counted.
pub const NAME_BYTES_MAX: usize = 128;

/// A scaling expression's text. A longer one is a config problem.
pub const EXPRESSION_BYTES_MAX: usize = 1_024;

/// Nesting of a scaling expression, so that no text can exhaust the stack. Deeper is a config
/// problem.
pub const EXPRESSION_DEPTH_MAX: usize = 32;

/// Replaced secrets that are still kept out of the log. The oldest is forgotten; by then no answer
/// to a request that carried it is under way.
pub const SECRETS_REPLACED_MAX: usize = 64;

/// A secret. A longer file is taken for something else and refused.
pub const SECRET_BYTES_MAX: u64 = 64 << 10;

/// Paths of Vault that one config may refer to. More are a problem in the file: they are read one
/// after the other.
pub const VAULT_PATHS_MAX: usize = 64;

/// An answer of Vault. A longer one is a fault: what stands in it is a few secrets.
pub const VAULT_ANSWER_BYTES_MAX: usize = 256 << 10;

/// An answer of Vault is waited for this long. A reading ends with the first that does not come.
pub const VAULT_DEADLINE: Span = Span::secs(10);

/// A start waits this long for Vault, so that no source complains of secrets that are on their way.
/// Then it goes on without them: one store that is down delays nothing for longer.
pub const VAULT_START_WAIT: Span = Span::secs(2);

/// The stack of the thread that reads Vault; a TLS handshake uses about 60 KiB of it.
pub const VAULT_STACK_BYTES: usize = 256 << 10;

/// Secrets are read again this often, and whenever somebody refuses what was made of them. What has
/// changed is used by the next login and the next notice.
pub const SECRETS_REREAD_EVERY: Span = Span::secs(300);

/// The config file. A longer one is a problem.
pub const CONFIG_BYTES_MAX: usize = 1 << 20;

/// Source definitions of the operator's own, beside the config. With more all of them are refused.
pub const PLATFORM_FILES_MAX: usize = 16;

/// One of those files; the largest built-in one is a tenth of it, and all of them together have to
/// pass through systemd's credentials, which end at a MiB. A longer one is refused.
pub const PLATFORM_BYTES_MAX: usize = 48 << 10;

/// The problems that one check reports. Beyond it the report says how many more there are.
pub const CONFIG_PROBLEMS_MAX: usize = 100;

/// Nesting of tables and lists in a document, so that none exhausts the stack. Deeper is a problem.
pub const DOCUMENT_DEPTH_MAX: usize = 32;

/// Characters of a problem's message. The rest of what it quotes is left out.
pub const PROBLEM_MESSAGE_CHARS_MAX: usize = 500;

/// A line that a report shows under its problem. Of a longer one only the place is named.
pub const PROBLEM_LINE_BYTES_MAX: usize = 2_000;

/// `[[source]]` tables. More are a config problem.
pub const SOURCES_MAX: usize = 32;

/// `[[target]]` tables. More are a config problem.
pub const TARGETS_MAX: usize = 32;

/// Targets of one route or digest. More are a config problem.
pub const ROUTE_TARGETS_MAX: usize = 8;

/// `[[route]]` tables: a business has some dozens of units, and each alert asks one route after the
/// other. More are a config problem.
pub const ROUTES_MAX: usize = 64;

/// Maintenance windows of one route. More are a config problem.
pub const ROUTE_WINDOWS_MAX: usize = 8;

/// Rungs of one ladder: the people above the one on call. More are a config problem.
pub const LADDER_RUNGS_MAX: usize = 8;

/// How long somebody has to take a rung's notice before the next one is due: a retry or two, and
/// not so long that nobody at all hears of an outage meanwhile.
pub const RUNG_PATIENCE: Span = Span::secs(120);

/// Thresholds in one file: 1,000 queues with 12 each. More are a config problem.
pub const RULES_MAX: usize = 12_000;

/// Entities that one source may report. The rows beyond it are refused, counted and logged once a
/// cycle.
pub const ENTITIES_PER_SOURCE_MAX: usize = 4_096;

/// Words that stand for true in a source definition. More are a problem.
pub const TRUE_WORDS_MAX: usize = 16;

/// Rows of one answer: a platform may have one for each of eight media of an entity. The rows
/// beyond it are refused, counted and logged once a cycle.
pub const ANSWER_ROWS_MAX: usize = 8 * ENTITIES_PER_SOURCE_MAX;

/// Rules that can hold for one metric of one entity at once. The least urgent beyond it stays
/// unheard, which `check` refuses beforehand.
pub const ALERT_BREACHES_MAX: usize = 8;

/// Other metrics that an alert carries as context. The ones beyond it are left out of the notice.
pub const ALERT_CONTEXT_MAX: usize = 8;

/// Decisions remembered per alert. When full the second oldest gives way and is counted.
pub const TRAIL_STEPS_MAX: usize = 24;

/// Alerts in memory and in the ledger, resolved ones included. When full the oldest resolved one is
/// forgotten; if none is resolved, a new alert is refused, counted and logged as an error.
pub const ALERTS_MAX: usize = 10_000;

/// How long a resolved alert can still be explained. Then it is forgotten.
pub const RESOLVED_KEPT: Span = Span::secs(24 * 3_600);

/// Notices that wait in the outbox: an hour without a link at a storm's rate. When full, nothing
/// new is decided (`Hold::OutboxFull`) and each alert is told as soon as there is room.
pub const OUTBOX_NOTICES_MAX: usize = 10_000;

/// Groups of alerts that have an interval under way. What begins beyond it is told at once, by
/// itself.
pub const GROUPS_MAX: usize = 1_000;

/// Alerts in one digest message. The ones beyond it wait for the next.
pub const DIGEST_LINES_MAX: usize = 100;

/// A notice that its target would not take for this long is a dead letter, where its target's
/// `give_up_seconds` does not say: after a day a page is history.
pub const NOTICE_DEADLINE: Span = Span::secs(24 * 3_600);

/// Dead letters kept in the ledger. The oldest gives way; the count of all stays in `/metrics`.
pub const DEAD_LETTERS_MAX: usize = 1_000;

/// A target that has taken nothing for so long is an alert, which goes to those that do.
pub const STUCK_TARGET_TOLD: Span = Span::secs(300);

/// A clock that nothing has vouched for is an alert after so long. A platform's `Date` comes with
/// the first poll, and NTP takes a few minutes on a bad link.
pub const CLOCK_DOUBT_TOLD: Span = Span::secs(600);

/// Less room than this on the ledger's disk, in megabytes, is an alert. A day of storms writes a
/// tenth of it.
pub const DISK_ROOM_MIN_MB: u32 = 64;

/// For so long after the last of them dead letters are an alert.
pub const DEAD_LETTERS_ALERT_FOR: Span = Span::secs(3_600);

/// The wait before a target is tried again after its n-th failure in a row doubles from this ...
pub const TARGET_BACKOFF_FIRST: Span = Span::secs(2);

/// ... up to this, so that a target which was away for an hour hears within five minutes of its
/// return.
pub const TARGET_BACKOFF_MAX: Span = Span::secs(300);

/// The pace of one PagerDuty integration key: 120 events a minute are taken, more are refused.
pub const PAGERDUTY_GAP: Span = Span::millis(500);

/// The least wait after PagerDuty said 429; its documentation asks for 30 s between tries.
pub const PAGERDUTY_RETRY_WAIT: Span = Span::secs(30);

/// The pace of one Slack channel: one message a second. Faster ones are answered 429.
pub const SLACK_GAP: Span = Span::secs(1);

/// A notice's one line: PagerDuty's limit for a summary. A longer one ends with ` [cut]`.
pub const SUMMARY_CHARS_MAX: usize = 1_024;

/// A built-in summary says what, where, how bad and since when within this, for lock screens and
/// SMS; a long name of an entity gives way and ends with ` [cut]`.
pub const SUMMARY_GLANCE_CHARS: usize = 80;

/// A notice's few lines more; with the rest of a notice it stays under every target's size limit.
/// A longer one ends with ` [cut]`.
pub const BODY_CHARS_MAX: usize = 2_000;

/// A notice's number; a thousand a second take 292 million years. A record with a larger one is
/// damaged, and is left alone.
pub const NOTICE_NUMBER_MAX: u64 = u64::MAX >> 1;

/// An answer of a platform or target. A longer one is a failure (`LinkFault::AnswerTooLarge`);
/// 4,096 queues with 8 metrics are about 2 MiB.
pub const ANSWER_BYTES_MAX: usize = 8 << 20;

/// A platform's answer that is read as one tree, which takes fifteen times its bytes. A longer one
/// is refused with the mend; where `rows` is a plain path each row is read by itself.
pub const ANSWER_TREE_BYTES_MAX: usize = 2 << 20;

/// A platform's answer is waited for this long, so that one poll cannot outlast two intervals.
pub const POLL_DEADLINE: Span = Span::secs(15);

/// A target's answer is waited for this long (Standard Webhooks: 15 to 30 s).
pub const TELL_DEADLINE: Span = Span::secs(20);

/// Older samples are refused, counted and logged: an alert about two minutes ago costs the
/// operators' trust (guide 2, edge case 3). The same bound holds for samples from the future.
pub const SAMPLE_AGE_MAX: Span = Span::secs(45);

/// Tries of one poll, the first included (guide 2: five). Then the cycle is given up and the last
/// good answer stands, marked stale.
pub const POLL_TRIES_MAX: u32 = 5;

/// The wait before the second try of a poll; it doubles, with jitter, from one try to the next.
pub const POLL_BACKOFF_FIRST: Span = Span::secs(1);

/// The longest wait between two tries, where the platform asks for no longer one.
pub const POLL_BACKOFF_MAX: Span = Span::secs(60);

/// A longer `Retry-After` than this is not believed and cut to it: an hour of blindness on one
/// header.
pub const RETRY_AFTER_MAX: Span = Span::secs(900);

/// Answers 429 in a row that open the breaker (guide 2: three).
pub const BREAKER_REFUSALS: u32 = 3;

/// Good answers in a row after which a slowed source is asked at its own pace again.
pub const PACE_GOOD_ANSWERS: u32 = 3;

/// How much longer the interval of a slowed source is, in percent (guide 2: fifty).
pub const PACE_GROWTH_PERCENT: i64 = 50;

/// Requests for data of one source definition. More are a problem in its file.
pub const SOURCE_REQUESTS_MAX: usize = 16;

/// The longest interval of a request for data. A longer one is a problem in the definition: what is
/// asked for so seldom cannot alert anybody.
pub const REQUEST_INTERVAL_MAX: Span = Span::secs(24 * 3_600);

/// Requests for data of one source that are under way at once. The next waits until one of them has
/// its outcome: a platform that hangs holds so many threads and no more.
pub const DATA_REQUESTS_AT_ONCE_MAX: usize = 3;

/// Discovery steps of a source definition. More are a problem in its file.
pub const DISCOVERY_STEPS_MAX: usize = 4;

/// Characters of a header that explains a refusal. The rest of it is cut off.
pub const REFUSAL_HEADER_CHARS_MAX: usize = 120;

/// Pages of one answer. More are refused as pages without an end, and the answer with them.
pub const PAGES_MAX: usize = 64;

/// A text out of an answer that goes into later requests: a token, an address, the word for the
/// next page. A JSON Web Token takes a few KiB. A longer one counts as none.
pub const TAKEN_TEXT_BYTES_MAX: usize = 16 << 10;

/// A JMESPath expression of a source definition. A longer one is a problem in the file.
pub const JMESPATH_BYTES_MAX: usize = 1_024;

/// Brackets and signs of a JMESPath expression that open a level: its parser has no depth limit of
/// its own. More are a problem in the file.
pub const JMESPATH_OPENINGS_MAX: usize = 64;

/// A token that does not say how long it lives is renewed as if it lived this long.
pub const TOKEN_LIFE_UNSAID: Span = Span::secs(600);

/// No token is believed to live longer; it is renewed as if it lived this long.
pub const TOKEN_LIFE_MAX: Span = Span::secs(30 * 24 * 3_600);

/// Renewals of a token that fail in a row before people are told; the first two may be a moment's
/// trouble, and the old token works for many minutes yet.
pub const TOKEN_FAILURES_TOLD: u32 = 3;

/// A token is renewed this long before its end, or earlier (guide 2: ten minutes).
pub const TOKEN_RENEWAL_MARGIN: Span = Span::secs(600);

/// Share of a token's life, in percent, after which it is renewed at the latest (guide 1: eighty).
pub const TOKEN_RENEWAL_PERCENT: i64 = 80;

/// The clock of a platform is set by its `Date` header only when it is off by more than this: the
/// header counts whole seconds, and an answer takes time.
pub const CLOCK_SLACK: Span = Span::secs(2);

/// A platform's clock that moves against ours by more than this is said.
pub const CLOCK_STEP_SAID: Span = Span::secs(5);

/// Trouble of the same kind with one source is said again after this long, not at every poll.
pub const TROUBLE_SAID_EVERY: Span = Span::secs(300);

/// Share of the quota, in percent, below which the interval grows by half (guide 2: twenty).
pub const QUOTA_LOW_PERCENT: u64 = 20;

/// Seconds of the sliding window over which interval counts become a rate.
pub const RATE_WINDOW: Span = Span::secs(60);

/// Buckets in that window: 60 s of five-second buckets. Of shorter ones the oldest are forgotten,
/// and the rate is a lower bound.
pub const RATE_BUCKETS_MAX: usize = 12;

/// How long a value that a platform leaves out may stand for the next ones. A longer time is a
/// problem in the definition: what has been silent for an hour is unknown.
pub const MISSING_HOLD_MAX: Span = Span::secs(3_600);

/// A file of root certificates; all of the web's have 220 KiB. A longer one is refused.
pub const ROOTS_BYTES_MAX: u64 = 256 << 10;

/// Requests that are under way at once: a token and some for data per source, a notice per target,
/// look-ups of business context, and a sign of life. The heart asks for no more; one beyond it
/// fails as if nobody had taken the connection.
pub const REQUESTS_IN_FLIGHT_MAX: usize =
    (DATA_REQUESTS_AT_ONCE_MAX + 1) * SOURCES_MAX + TARGETS_MAX + ENRICHMENT_REQUESTS_MAX + 1;

/// The stack of a request's thread; a TLS handshake uses about 60 KiB of it.
pub const REQUEST_STACK_BYTES: usize = 256 << 10;

/// A connection to a platform or target stands within this time, or has failed.
pub const CONNECT_DEADLINE: Span = Span::secs(5);

/// Events that one turn takes: as many as there are connections. The ones beyond it are the next
/// turn.
pub const TURN_EVENTS_MAX: usize = 256;

/// Connections to the admin listener. One more, and that which has waited for its next request for
/// the longest time is closed.
pub const ADMIN_CONNECTIONS_MAX: usize = 16;

/// Files that a hub has open beside its requests and those who ask: standard streams, ledger,
/// listener, event loop and signals are 14, idle connections and names being looked up the rest.
pub const FILES_AT_REST: usize = 32;

/// The body of a request to the admin listener. A longer one is answered 413.
pub const ADMIN_BODY_BYTES_MAX: usize = 64 << 10;

/// Events that wait for the loop. Those who bring more wait in their turn.
pub const EVENTS_WAITING_MAX: usize = 1_024;

/// A hub that is told to end waits this long for targets to answer what it has sent. What is not
/// answered by then is sent again by the next start, under the same key.
pub const STOP_DEADLINE: Span = Span::secs(5);

/// While the ledger refuses writes, they are tried again this often.
pub const LEDGER_RETRY: Span = Span::secs(5);

/// A wall clock that is no further than this from a platform's `Date` can be believed.
pub const CLOCK_AGREES: Span = Span::secs(5);

/// While alerts are in breach, their newest times reach the ledger at least this often; a power cut
/// loses no more of `last_breach_timestamp`. Seldom, since flash wears out.
pub const CHECKPOINT_EVERY: Span = Span::secs(300);

/// The ledger's page cache. redb's own default would be 1 GiB.
pub const LEDGER_CACHE_BYTES: usize = 1 << 20;

// A sample that arrives at the last try must still be young enough to count.
const _: () = assert!(POLL_DEADLINE.0 < SAMPLE_AGE_MAX.0);
// The window has to hold a whole minute of the guide's ten-second buckets.
const _: () = assert!(RATE_BUCKETS_MAX >= 6);
// A digest has to fit what may wait for it within one period or carry over, never be dropped.
const _: () = assert!(DIGEST_LINES_MAX <= OUTBOX_NOTICES_MAX);
