//! What must hold while something breaks. In the short form that belongs to every test run; environment variables make it
//! long.

mod kill;
