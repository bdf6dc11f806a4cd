//! Our words: the plain data that every room speaks. Nothing here decides anything about an alert.

pub mod alert;
pub mod answer;
pub mod business;
pub mod calibration;
pub mod catalogue;
pub mod comparison;
pub mod config;
pub mod delivery;
pub mod door;
pub mod expression;
pub mod history;
pub mod http;
pub mod metric;
pub mod name;
pub mod near;
pub mod notice;
pub mod rng;
pub mod rule;
pub mod secret;
pub mod telling;
pub mod time;
