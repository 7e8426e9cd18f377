//! A simulated store, vendor and clock drive the pacer: by stories that can be read as documentation, and by random
//! scripts, after each step of which a simple model says what must and must not have gone out.

mod model;
mod random;
mod stories;
mod world;
