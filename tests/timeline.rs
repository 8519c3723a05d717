//! Goal: for each kind of failure, at each instant, who serves, what fails,
//! and why, exact to the nanosecond. Method: small scenarios with requests at
//! constant intervals and constant demands, each request written down and
//! compared with a table traced by hand.
//!
//! The site of most timelines: requests at 10, 20, 30 … ms of 8 ms of CPU work
//! each; a balancer in turn over web.0 and web.1, so that odd tens go to web.0
//! and even tens to web.1; checks at multiples of 100 ms, silence known after
//! 40 ms, out after 2, in after 3; callers give up on silence after 60 ms.

mod support;

#[path = "timeline/course.rs"]
mod course;
#[path = "timeline/databases.rs"]
mod databases;
#[path = "timeline/death.rs"]
mod death;
#[path = "timeline/in_flight.rs"]
mod in_flight;
#[path = "timeline/queues.rs"]
mod queues;
#[path = "timeline/slowly.rs"]
mod slowly;
#[path = "timeline/stores.rs"]
mod stores;
#[path = "timeline/trouble.rs"]
mod trouble;
