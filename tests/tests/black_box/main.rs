//! What users of the running binary can rely on; one file for each thing.

mod process;
