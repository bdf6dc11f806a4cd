//! A trunk goes and takes queues with it: one page, with what stands behind it.

use crate::config::{CROWD, HUNG_ON_A_TRUNK, SITE};
use crate::world::{World, minutes, seconds};
