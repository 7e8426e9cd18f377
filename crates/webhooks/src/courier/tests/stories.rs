//! The main stories, one by one.
