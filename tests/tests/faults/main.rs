//! What must hold while something breaks. The short form belongs to every test run; `TIDINGS_FAULTS=long` makes it long.

#![expect(clippy::unwrap_used, reason = "what a test's helper cannot do is the test's failure")]

mod backlog;
mod catching_up;
mod clients;
mod clock;
mod disk;
mod kill;
mod lies;
mod neighbours;
mod outage;

/// Whether somebody has the time for the long form.
fn is_long() -> bool {
    std::env::var("TIDINGS_FAULTS").is_ok_and(|form| form == "long")
}
