//! What subscribers get, to the byte: golden bodies of every event in both formats, purity over storage, headers, and
//! signatures against a verifier that we did not write.

mod generate;
mod golden;
mod purity;
mod requests;
mod samples;
mod schema;
mod seeds;
mod signatures;
mod wanted;
