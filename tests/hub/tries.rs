//! How often a platform was asked for one bucket.

use andon::model::http::Request;
use andon::model::time::UtcMs;

use crate::oracle::{CLOCK_ERRORS, Oracle, TRIES_MAX};

impl Oracle {
    /// Never more tries of one bucket than allowed. Buckets lie on the grid of their length, one
    /// second late, and later by the error of the hub's clock: some error has to explain all tries.
    pub(crate) fn tries(&mut self, request: &Request, utc: UtcMs) {
        let body = core::str::from_utf8(&request.body).unwrap();
        let (_, rest) = body.split_once("\"interval\":\"PT").unwrap();
        let (seconds, _) = rest.split_once("S\"").unwrap();
        let seconds: i64 = seconds.parse().unwrap();
        let platform = request.origin().to_owned();
        let ruled_out = self.ruled_out.entry(platform.clone()).or_default();
        let newest = self.tries.entry((platform, seconds)).or_default();
        for ((error, (bucket, tries)), late) in
            newest.iter_mut().enumerate().zip((1_000..).step_by(125))
        {
            let cell = (utc.0 - late).div_euclid(seconds * 1_000);
            if *bucket != cell {
                (*bucket, *tries) = (cell, 0);
            }
            *tries += 1;
            if *tries > TRIES_MAX {
                ruled_out.insert(error);
            }
        }
        assert!(ruled_out.len() < CLOCK_ERRORS, "more than {TRIES_MAX} tries of one bucket");
    }
}
