//! Every environment variable that the binary reads, or sets for a wrapped command.

use pipetape_proxy::Environment;

/// All variables, for what a recording looks for in them: credentials, profiles, proxies.
pub(crate) fn captured() -> Environment {
    Environment::new(std::env::vars_os())
}

/// `--store`: where tapes are kept.
pub(crate) const STORE: &str = "PIPETAPE_STORE";
/// `--log`: what is logged.
pub(crate) const LOG: &str = "PIPETAPE_LOG";
/// `--ca-dir`: where the certificate authority is kept.
pub(crate) const CA_DIR: &str = "PIPETAPE_CA_DIR";
/// `--admin-token`: opens the admin routes to other machines.
pub(crate) const ADMIN_TOKEN: &str = "PIPETAPE_ADMIN_TOKEN";

/// Set and not empty: `--color auto` colours nothing.
pub(crate) const NO_COLOR: &str = "NO_COLOR";
/// The terminal's kind; `dumb` has no colours.
pub(crate) const TERM: &str = "TERM";
/// The directories that are searched for a wrapped command.
pub(crate) const PATH: &str = "PATH";

/// Set: where a command's SDK sends its CodePipeline calls. Removed for `--intercept`.
pub(crate) const ENDPOINT_URL: &str = "AWS_ENDPOINT_URL_CODEPIPELINE";
/// Removed for `--intercept`: calls to it would not be intercepted.
pub(crate) const ANY_ENDPOINT_URL: &str = "AWS_ENDPOINT_URL";
/// Removed: `true` makes SDKs ignore the endpoint variable.
pub(crate) const IGNORE_ENDPOINT_URLS: &str = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS";
/// Removed: SDKs refuse to combine it with a configured endpoint.
pub(crate) const USE_FIPS_ENDPOINT: &str = "AWS_USE_FIPS_ENDPOINT";
/// Removed: as above.
pub(crate) const USE_DUALSTACK_ENDPOINT: &str = "AWS_USE_DUALSTACK_ENDPOINT";
/// Extended, in upper and lower case: otherwise several SDKs send loopback calls through a proxy.
pub(crate) const NO_PROXY: [&str; 2] = ["NO_PROXY", "no_proxy"];
/// Set for `--intercept`, in upper and lower case.
pub(crate) const HTTPS_PROXY: [&str; 2] = ["HTTPS_PROXY", "https_proxy"];
/// Set for `--intercept` (the last only if it is set already): each replaces what some client
/// trusts.
pub(crate) const CA_BUNDLES: [&str; 4] = [
    "AWS_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_FILE",
    CURL_CA_BUNDLE,
];
/// Set only if it is set already: without it, curl takes SSL_CERT_FILE.
pub(crate) const CURL_CA_BUNDLE: &str = "CURL_CA_BUNDLE";
/// Set for `--intercept`: adds to what Node trusts.
pub(crate) const NODE_EXTRA_CA_CERTS: &str = "NODE_EXTRA_CA_CERTS";
/// Extended for `--intercept`: JVMs read no other variable, and print this one to stderr.
pub(crate) const JAVA_TOOL_OPTIONS: &str = "JAVA_TOOL_OPTIONS";
/// Set if neither is: SDKs send nothing without a region, and do not all read the same name.
pub(crate) const REGION: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];

/// Set for a replay and an emulator, since SDKs send nothing without credentials: a placeholder, or
/// a key of the emulator if it verifies signatures.
pub(crate) const ACCESS_KEY_ID: &str = "AWS_ACCESS_KEY_ID";
/// Set with the one above.
pub(crate) const SECRET_ACCESS_KEY: &str = "AWS_SECRET_ACCESS_KEY";
/// Removed like the ones below, unless the key above has one.
pub(crate) const SESSION_TOKEN: &str = "AWS_SESSION_TOKEN";
/// Set for a replay and an emulator, so that SDKs do not ask an instance metadata service.
pub(crate) const EC2_METADATA_DISABLED: &str = "AWS_EC2_METADATA_DISABLED";
/// Removed for a replay and an emulator: each leads to real credentials, or is a part of them.
pub(crate) const OTHER_CREDENTIALS: [&str; 13] = [
    // Older names of the session token and of the two keys.
    "AWS_SECURITY_TOKEN",
    "AWS_ACCESS_KEY",
    "AWS_SECRET_KEY",
    // When the real ones expire: an SDK would take the placeholders as expired too.
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
];
