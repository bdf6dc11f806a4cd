//! OUR BYTES ON DISK: versioned records, what to write, what was remembered.
//!
//! The ledger is a handful of tables of bytes. A turn of the loop yields [`Write`]s; the edge puts
//! all of them into one transaction. At the start the rows come back as [`Remembered`].
//!
//! # Not here
//! No file and no database: those are the edge's.

mod frozen;
mod record;
mod restore;
mod shift;
mod write;

pub use record::{Beat, Clock, RecordFault, Rhythm};
pub use restore::{Boot, Remembered, Row, restore};
pub use write::{Table, Write};
