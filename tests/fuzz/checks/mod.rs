//! What must hold of each parser and of the whole hub, whatever bytes come in.
//!
//! A check takes any bytes and panics where a promise is broken. The fuzz targets and the plain
//! test over the corpora share the checks; each has its own name here, in `targets` and in
//! `corpus`.

extern crate alloc;

pub mod answers;
pub mod callbacks;
pub mod hub;
pub mod ledger;
pub mod mail;
pub mod recurrence;
pub mod texts;
pub mod webhooks;
pub mod world;

/// Takes bytes and panics where a promise is broken.
pub type Check = fn(&[u8]);

/// Every check, by its name.
pub const ALL: [(&str, Check); 17] = [
    ("answer", answers::answer),
    ("callback", callbacks::callback),
    ("config", texts::config),
    ("definition", texts::definition),
    ("delivery", answers::delivery),
    ("expression", texts::expression),
    ("header", answers::header),
    ("hub", hub::hub),
    ("jmespath", answers::jmespath),
    ("ledger", ledger::ledger),
    ("mail", mail::mail),
    ("question", texts::question),
    ("recording", texts::recording),
    ("recurrence", recurrence::recurrence),
    ("template", texts::template),
    ("token", answers::token),
    ("webhook", webhooks::webhook),
];
