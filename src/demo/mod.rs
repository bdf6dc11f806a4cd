//! A simulated call centre, and around it simulated platforms, PagerDuty, Slack and a webhook
//! receiver.
//!
//! `cxone` speaks the API of guide 2, `incontact` the one that NICE CXone really has; `genesys`
//! speaks the API that Genesys Cloud really has, and `genesys::guide` that of guide 1.
//!
//! `sender` pushes what changes on such a platform as webhooks.
//!
//! Each server is a pure function from request and time to [`http::Reaction`]; whoever holds the
//! sockets carries it out. Each is as strict as the real one, and shows under `/simulate/` what it
//! saw and what is to go wrong.

pub mod bank;
pub mod centre;
pub mod connect;
pub mod cxone;
pub mod draws;
pub mod faults;
pub mod floor;
pub mod genesys;
pub mod http;
pub mod incontact;
pub mod pagerduty;
pub mod queue_list;
pub mod quota;
pub mod receiver;
pub mod reception;
pub mod recording;
pub mod sender;
pub mod slack;
pub mod statuspage;
pub mod tokens;
pub mod traffic;
pub mod week;
