//! Tests of the fleet as a whole: each rule in a world with everything in order, and random histories in
//! a world where nothing is.

mod deletion;
mod framework;
mod history;
mod placing;
mod requests;
mod tasks;
mod total;
mod volumes;
mod wire;
mod world;
