//! THE WORLD: clocks, sockets, files, threads. Everything above is deaf and blind.

pub mod around;
pub mod askers;
pub mod clock;
pub mod descriptors;
pub mod entropy;
pub mod http;
mod intake;
pub mod ledger_file;
pub mod listener;
pub mod log;
mod mail;
pub mod operator;
pub mod roots;
mod seats;
pub mod secrets;
pub mod signals;
mod smtp;
pub mod store;
mod syslog;
pub mod systemd;
pub mod tls;
pub mod turn;
pub mod turned_away;
pub mod vault;
pub mod voice;
mod wire;
