//! Our words: the plain data that every room speaks. Nothing here decides anything about an alert.

pub mod alert;
pub mod answer;
pub mod baseline;
pub mod business;
pub mod calendar;
pub mod catalogue;
pub mod condition;
pub mod config;
pub mod context;
pub mod delivery;
pub mod door;
pub mod expression;
pub mod http;
pub mod metric;
pub mod name;
pub mod near;
pub mod notice;
pub mod pattern;
pub mod rng;
pub mod rule;
pub mod scope;
pub mod secret;
pub mod storm;
pub mod telling;
pub mod time;
pub mod zone;
