//! OUR BYTES ON DISK: versioned records, what to write, what was remembered.
