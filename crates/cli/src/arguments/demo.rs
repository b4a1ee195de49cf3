//! `demo`.

use clap::Args;

/// Show the whole way at once: a job service, a worker, its recording, and the replay of it
///
/// Two jobs are enqueued on a local job service. A small worker takes one to success and one to failure, with a
/// wrong nonce on the way, while it is recorded. Then the service stops, and the tape answers the same
/// worker. Everything happens in this process, over loopback sockets; no account or network is needed. The tape
/// stays in the store as `demo`. Ends with 1 where a replayed answer differs from the recorded one.
#[derive(Debug, Args)]
pub(crate) struct DemoArguments {}
