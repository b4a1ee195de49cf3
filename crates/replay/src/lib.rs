//! Serves a tape back over HTTP, the same every time.
//!
//! A [`Replay`] is a [`Service`](pipetape_serve::Service): it takes AWS CodePipeline requests from any
//! client, finds what was recorded for each, and gives that back byte for byte. Whatever the request's
//! method, host, signature or headers, only the operation in `X-Amz-Target` and the body decide. A
//! request that nothing left on the tape answers is a miss: status 400 with a message that says what is
//! closest and what to do, which no SDK retries.
//!
//! In a test, a replay is started on a port of its own, given to a client as its endpoint URL, and checked:
//!
//! ```
//! use aws_sdk_codepipeline::Client;
//! use aws_sdk_codepipeline::config::{Config, Credentials, Region};
//! use pipetape_replay::Replay;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let replay = Replay::open("../../recordings/acknowledge-job.tape.json")?.start().await?;
//! let config = Config::builder()
//!     .endpoint_url(replay.url())
//!     // Neither is looked at, but without them the SDK sends nothing.
//!     .credentials_provider(Credentials::new("placeholder", "placeholder", None, None, "replay"))
//!     .region(Region::from_static("us-east-1"))
//!     .build();
//! let worker = Client::from_conf(config);
//! let acknowledge = worker.acknowledge_job().job_id("f4f4ff82-2d11-EXAMPLE").nonce("3");
//! let answer = acknowledge.send().await?;
//! assert_eq!(answer.status().unwrap().as_str(), "InProgress");
//! assert!(replay.misses().is_empty());
//! replay.assert_all_played();
//! // It stops when it is dropped.
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A server that wants its own address, limits and way to stop takes the service alone:
//!
//! ```
//! use pipetape_replay::Replay;
//! use pipetape_serve::{DateHeader, Limits, Listener};
//! use pipetape_tape::{PlayerConfig, Tape};
//! use std::sync::Arc;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let tape = Tape { name: "deploy".parse()?, rules: None, exchanges: vec![] };
//! let replay = Arc::new(Replay::new(tape, PlayerConfig::default()));
//! let listener = Listener::bind("127.0.0.1:0".parse()?).await?;
//! println!("listening on http://{}", listener.local_addr());
//! let stop = async { /* a signal */ };
//! // An old date would shift an SDK's clock, so none is added.
//! listener.serve(Arc::clone(&replay), Limits::default(), DateHeader::AsGiven, stop).await;
//! assert_eq!(replay.summary().missed, 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Sessions
//!
//! Each `/session/NAME/` is a play-through of its own, from the first exchange on; any other path is the
//! session `default`. An SDK needs only another endpoint URL, so tests that run side by side never share
//! cursors. [`RunningReplay::session`] gives the URL, and reports what that session missed and left.
//!
//! # As the real hosts
//!
//! [`Replay::intercepting`] makes the port an HTTPS proxy too, that plays CodePipeline's own hosts: for clients that can't be
//! pointed at another endpoint. They play the session `default`.
//!
//! # Admin routes, under `/_pipetape/`
//!
//! | route | answer |
//! | --- | --- |
//! | `GET health` | the tape's name and format, and that the server runs |
//! | `GET exchanges?session=&operation=` | what was served, in order; `forgotten` counts earlier ones beyond the last 65,536; `loosened` marks a request that did not match as a whole |
//! | `GET misses?session=` | the different misses and how often each came; `unlisted` counts those beyond the first 1,000 |
//! | `GET unplayed?session=` | what that session has left; without the parameter, what no session has played |
//! | `GET findings?session=&operation=` | warnings about the worker so far: see [`Player::findings`](pipetape_tape::Player::findings) |
//! | `POST reset?session=` | that session starts over; without the parameter, all do, and the lists above are emptied |
//! | `GET metrics` | counts since the start, as Prometheus text |
//!
//! The lists have the same objects as the [`Report`] of [`Replay::report`], which is what `--report` writes:
//!
//! | object | members | in |
//! | --- | --- | --- |
//! | answered request | `seq` (`null` for an empty poll), `session`, `operation`, `status`, `fault`, `count`, `loosened` | `exchanges` |
//! | miss | `session`, `operation`, `cause`, `count`, `closest` (`seq`, `differences`, `more`; or `null`), `message` | `misses`; the report's sessions |
//! | unplayed exchange | `seq`, `operation`, `status`, `fault` | `unplayed`; the report |
//! | loose match | `session`, `operation`, `exchange`, `differences`, `more`, `count` | the report |
//! | finding | `severity`, `rule`, `session`, `job`, `operation`, `exchange`, `count`, `message` | `findings`; the report |
//!
//! `status` and `fault` are left out if there is none, `loosened` if it is false.
//!
//! A reset never lowers the counts of [`Replay::summary`]: a run that missed stays one that missed.
//!
//! # What it is not for
//!
//! It refuses no request: one that was recorded is answered, valid or not; what is odd about it is a finding. It forwards nothing and has no
//! HTTP client: when a tape is used up, no request reaches a network. What plays and what misses is
//! decided in `pipetape-tape`; this crate only puts it on the wire.

mod admin;
mod logging;
mod playback;
mod replay;
mod report;
mod running;

pub use logging::EXCHANGES;
pub use replay::Replay;
pub use report::{Report, SessionReport};
pub use running::{RunningReplay, RunningSession};
