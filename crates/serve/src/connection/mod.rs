//! One connection, from accept to close.
//!
//! - `front` holds what all connections of a server share;
//! - `drive` polls hyper beside a watchdog and closes the socket the way the end calls for;
//! - `progress` is the state that the three parties below share, `watchdog` turns it into deadlines;
//! - `watched` is the stream hyper sees: it reports what moves, and ends the connection after a flush;
//! - `call` takes one request from hyper to the service and back, `body` collects what it carries,
//!   `reply_body` is what goes out;
//! - `waker` saves the task a second run for each request with a body.

mod body;
mod call;
mod drive;
mod front;
mod progress;
mod reply_body;
mod waker;
mod watchdog;
mod watched;

pub(crate) use drive::serve_connection;
pub(crate) use front::Front;
