//! The credentials that pipetape is given in tests: AWS's published dummy pair.

/// Access key id of the dummy pair.
pub(crate) const ACCESS_KEY: &str = "AKIAIOSFODNN7EXAMPLE";
/// Secret of the dummy pair.
pub(crate) const SECRET_KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
/// Access key id with which the test's clients sign towards pipetape: never to be seen upstream or on a tape.
pub(crate) const CLIENT_ACCESS_KEY: &str = "AKIAWORKERSOWNEXAMPL";
/// The clients' secret.
pub(crate) const CLIENT_SECRET_KEY: &str = "workersOwnSecret/K7MDENG/bPxRfiCYEXAMPLE";
