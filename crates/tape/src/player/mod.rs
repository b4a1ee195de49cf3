//! Plays a tape: match index, cursors, sessions. No network.

/// What follows when every recorded answer to a request has been given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Exhausted {
    /// A poll gets an empty list of jobs; anything else is a miss.
    #[default]
    Auto,
    /// A miss.
    Error,
    /// The last answer again.
    RepeatLast,
    /// From the first answer on.
    Loop,
}
