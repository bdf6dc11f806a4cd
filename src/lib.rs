#![doc = include_str!("../ARCHITECTURE.md")]

extern crate alloc;

pub mod api;
pub mod calibrate;
pub mod config;
pub mod demo;
pub mod dispatch;
pub mod document;
pub mod edge;
pub mod effect;
pub mod enrich;
pub mod evaluate;
pub mod event;
pub mod hub;
pub mod ingest;
pub mod ledger;
pub mod limits;
pub mod model;
pub mod platform;
pub mod poll;
pub mod replay;
pub mod target;
