//! The stories, one file each, by what an operator would ask about.

mod away;
mod blind;
mod clocks;
mod cuts;
mod digest;
mod disk;
mod enrichment;
mod explain;
mod fallback;
mod flapping;
mod hang_ups;
mod odd_answers;
mod old_ledgers;
mod paging;
mod proofs;
mod pushed;
mod repeatable;
mod restart;
mod rules;
mod scaling;
mod signed;
mod syncs;
mod throttled;
mod token;
mod two_sources;
mod unread;
