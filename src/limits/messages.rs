//! Bounds of what goes by mail, by SMS and to collectors of logs.

use crate::model::time::Span;

/// A mail address (RFC 5321: a path of 256 bytes, its brackets included). A longer one is a config
/// problem.
pub const MAIL_ADDRESS_BYTES_MAX: usize = 254;

/// Recipients of one target, by mail or SMS. More are a config problem: a list of the mail server
/// is kept up more easily than a config.
pub const RECIPIENTS_MAX: usize = 16;

/// A mail server's last word is waited for this long: some scan a message, or make a stranger wait,
/// before they answer. Then the message is tried again under the same `Message-ID`.
pub const MAIL_DEADLINE: Span = Span::secs(60);

/// One reply of a mail server, all its lines. A longer one is a fault; what a server can do is told
/// in less than a KiB.
pub const MAIL_REPLY_BYTES_MAX: usize = 16 << 10;

/// A mail's subject: what Outlook shows. A longer one ends with ` [cut]`.
pub const MAIL_SUBJECT_CHARS_MAX: usize = 250;

/// A line of a header before it is folded (RFC 5322: 78, and 998 at the most).
pub const MAIL_LINE_BYTES: usize = 76;

/// A record for a collector of logs (RFC 5425: every collector takes 2,048 bytes). Its message is
/// cut to it and ends with ` [cut]`.
pub const SYSLOG_BYTES_MAX: usize = 2_048;

/// A collector that has read all closes the connection within this time, or it is left without.
pub const SYSLOG_CLOSE_WAIT: Span = Span::secs(2);

/// A record's structured data and what is before it. Of a longer one the pairs that do not fit are
/// left out and counted in `left_out`, so that there is room for the text.
pub const SYSLOG_DATA_BYTES_MAX: usize = SYSLOG_BYTES_MAX - 512;

/// The pace of Twilio: each recipient takes two requests.
pub const SMS_GAP: Span = Span::millis(250);

/// So many of the newest messages to a number are looked through for one that may have been sent.
pub const SMS_LOOK_BACK: &str = "50";

/// An SMS that no phone took for so long is not sent any more, where the file says nothing.
pub const SMS_VALIDITY: Span = Span::secs(3_600);

/// The longest time that Twilio takes.
pub const SMS_VALIDITY_SECONDS_MAX: i64 = 36_000;

/// Times of the day at which a digest is sent. More are a config problem.
pub const DIGEST_TIMES_MAX: usize = 24;
