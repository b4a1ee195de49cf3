//! The standard AWS chain, and what is said if it has no credentials.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use aws_config::meta::ProviderChainError;
use aws_config::{BehaviorVersion, Region as AwsRegion};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_types::os_shim_internal::Env;
use pipetape_core::Region;
use pipetape_core::causes::{one_line, with_causes};
use tokio::time::timeout;
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

use super::own_calls::{refusing, without_ourselves};
use crate::environment::Environment;

/// Enough for SSO and an assumed role on a slow network; below the minute that SDKs wait for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// The variables that the chain's first member reads.
const KEYS: [&str; 4] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
];

/// Finds credentials: the AWS chain, or its twin in tests.
pub(crate) trait CredentialSource: Send + Sync + 'static {
    /// Looks once. `region` is where STS is asked, if it is.
    fn find(
        &self,
        region: &Region,
    ) -> impl Future<Output = Result<Credentials, NoCredentials>> + Send;
}

/// Environment, profile (static keys, roles, SSO, `credential_process`), web identity, container, instance:
/// the first that has credentials gives them. A profile asked for by name comes before keys in the environment,
/// as it does in the AWS CLI.
pub(crate) struct Chain {
    profile: Option<String>,
    listen: SocketAddr,
    environment: Env,
    /// `None` if it has a scheme that the SDK cannot use: then no https call is made.
    https_proxy: Option<ProxyConfig>,
}

impl Chain {
    /// A chain that sees this environment. Looks at nothing yet.
    pub(crate) fn new(
        profile: Option<String>,
        listen: SocketAddr,
        environment: &Environment,
    ) -> Self {
        let is_named = profile.is_some();
        let variables = environment.variables();
        let variables = variables.filter(|(name, _)| !is_named || !KEYS.contains(name));
        Self {
            environment: without_ourselves(variables, listen),
            https_proxy: environment.https_proxy().ok(),
            profile,
            listen,
        }
    }

    /// The profile that the chain looks at.
    fn profile_name(&self) -> String {
        let named = self.profile.clone();
        let named = named.or_else(|| self.environment.get("AWS_PROFILE").ok());
        named.unwrap_or_else(|| "default".to_owned())
    }

    /// Reads the profiles again: `aws sso login` or a corrected file counts without a restart.
    async fn look(&self, region: &Region) -> Result<Credentials, CredentialsError> {
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .env(self.environment.clone())
            .http_client(refusing(self.listen, self.https_proxy.clone()))
            // Without a region of its own the loader would ask the metadata service for one.
            .region(AwsRegion::new(region.to_string()));
        if let Some(profile) = &self.profile {
            loader = loader.profile_name(profile);
        }
        let provider = loader.load().await.credentials_provider();
        let provider = provider.ok_or_else(CredentialsError::not_loaded_no_source)?;
        provider.provide_credentials().await
    }
}

/// Its variables and its proxy may hold secrets.
impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chain").finish_non_exhaustive()
    }
}

impl CredentialSource for Chain {
    async fn find(&self, region: &Region) -> Result<Credentials, NoCredentials> {
        // The AWS crates log failed calls with headers and bodies. What matters is in the error.
        let look = self.look(region).with_subscriber(NoSubscriber::default());
        match timeout(PATIENCE, look).await {
            Ok(found) => found.map_err(|source| NoCredentials::Chain {
                profile: self.profile_name(),
                source,
            }),
            Err(_) => Err(NoCredentials::TimedOut(PATIENCE)),
        }
    }
}

/// No credentials were found.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoCredentials {
    /// No member of the chain has any, or one of them failed.
    #[error(
        "pipetape has no AWS credentials to sign with; looked in environment, profile `{profile}`, web identity, \
         container and instance metadata, in this order: {}; give pipetape credentials (environment, --profile, \
         SSO, a role), or keep the client's signature with --sign keep",
        outcome(source)
    )]
    Chain {
        /// The profile that was looked at.
        profile: String,
        /// What each member of the chain said.
        #[source]
        source: CredentialsError,
    },
    /// The search took too long.
    #[error(
        "pipetape found no AWS credentials to sign with within {} seconds (an SSO, STS, metadata or \
         credential_process call does not end); set AWS_EC2_METADATA_DISABLED=true where there is no metadata service",
        .0.as_secs()
    )]
    TimedOut(Duration),
}

/// What each member of the chain said; or, where one had credentials to find and failed, how it failed. That ends
/// the search, and the chain does not say whose failure it was.
fn outcome(error: &CredentialsError) -> String {
    let chain = error
        .source()
        .and_then(|source| source.downcast_ref::<ProviderChainError<CredentialsError>>());
    match chain {
        Some(chain) => {
            let attempts = chain.attempts().iter();
            let attempts: Vec<_> = attempts
                .map(|attempt| format!("{} ({})", attempt.name(), reason(attempt.error())))
                .collect();
            one_line(&attempts.join(", "))
        }
        None => format!("the search ended with a failure: {}", with_causes(error)),
    }
}

/// Why one member has no credentials to give. That it "was not enabled", which all of them say first, helps nobody.
fn reason(error: &CredentialsError) -> String {
    match error {
        CredentialsError::CredentialsNotLoaded(_) => error
            .source()
            .map_or_else(|| "nothing is configured".to_owned(), with_causes),
        failure => with_causes(failure),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use pipetape_testkit::{Log, soon};
    use tempfile::TempDir;
    use tokio::net::TcpListener;

    use super::*;
    use crate::testing::{Act, Upstream};

    const PAIR: [(&str, &str); 2] = [
        ("AWS_ACCESS_KEY_ID", "AKIAFROMENVIRONMENT1"),
        ("AWS_SECRET_ACCESS_KEY", "planted-secret"),
    ];

    /// A home directory with these files, and an environment that leads there and to no metadata service.
    struct Home {
        directory: TempDir,
        variables: Vec<(String, String)>,
    }

    impl Home {
        fn new(config: &str, variables: &[(&str, &str)]) -> Home {
            let directory = tempfile::tempdir().unwrap();
            let file = directory.path().join("config");
            fs::write(&file, config).unwrap();
            let token = directory.path().join("token");
            fs::write(&token, "a.web.identity").unwrap();
            let mut home = Home {
                directory,
                variables: Vec::new(),
            };
            home.set("HOME", home.directory.path().to_str().unwrap().to_owned());
            home.set("AWS_CONFIG_FILE", file.to_str().unwrap().to_owned());
            home.set("AWS_EC2_METADATA_DISABLED", "true".to_owned());
            for (name, value) in variables {
                home.set(name, (*value).to_owned());
            }
            home
        }

        fn set(&mut self, name: &str, value: String) {
            self.variables.push((name.to_owned(), value));
        }

        fn web_identity(&mut self) {
            let token = self.directory.path().join("token");
            self.set(
                "AWS_WEB_IDENTITY_TOKEN_FILE",
                token.to_str().unwrap().to_owned(),
            );
            self.set(
                "AWS_ROLE_ARN",
                "arn:aws:iam::111122223333:role/worker".to_owned(),
            );
        }

        async fn find(
            &self,
            profile: Option<&str>,
            listen: SocketAddr,
        ) -> Result<Credentials, NoCredentials> {
            let variables = self.variables.clone().into_iter();
            let variables = variables.map(|(name, value)| (name.into(), value.into()));
            let environment = Environment::new(variables);
            let chain = Chain::new(profile.map(str::to_owned), listen, &environment);
            soon(chain.find(&"eu-west-1".parse().unwrap())).await
        }
    }

    fn elsewhere() -> SocketAddr {
        "127.0.0.1:1".parse().unwrap()
    }

    /// An STS that gives out a role's credentials.
    async fn sts() -> Upstream {
        let body = "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>\
            <AccessKeyId>AKIAFROMSTSEXAMPLE01</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>\
            <SessionToken>token</SessionToken><Expiration>2199-01-01T00:00:00Z</Expiration></Credentials>\
            <AssumedRoleUser><Arn>arn:aws:sts::111122223333:assumed-role/worker/x</Arn>\
            <AssumedRoleId>A:x</AssumedRoleId></AssumedRoleUser></AssumeRoleWithWebIdentityResult>\
            </AssumeRoleWithWebIdentityResponse>";
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        Upstream::start([Act::Send((head + body).into_bytes())]).await
    }

    #[tokio::test]
    async fn environment_and_profiles() {
        let config = "[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = x\n\
            [profile other]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = x\n";
        let home = Home::new(config, &[]);
        let found = home.find(None, elsewhere()).await.unwrap();
        assert_eq!(found.access_key_id(), "AKIADEFAULT");
        let found = home.find(Some("other"), elsewhere()).await.unwrap();
        assert_eq!(found.access_key_id(), "AKIAOTHER");
        let home = Home::new(config, &[("AWS_PROFILE", "other")]);
        let found = home.find(None, elsewhere()).await.unwrap();
        assert_eq!(found.access_key_id(), "AKIAOTHER");
        let home = Home::new(config, &PAIR);
        let found = home.find(None, elsewhere()).await.unwrap();
        assert_eq!(found.access_key_id(), "AKIAFROMENVIRONMENT1");
        let found = home.find(Some("other"), elsewhere()).await.unwrap();
        assert_eq!(found.access_key_id(), "AKIAOTHER");
    }

    #[tokio::test]
    async fn what_was_tried_is_said_in_one_line() {
        let error = Home::new("", &[])
            .find(None, elsewhere())
            .await
            .unwrap_err();
        let text = error.to_string();
        for tried in [
            "Environment (",
            "Profile (",
            "WebIdentityToken (",
            "EcsContainer (",
            "Ec2InstanceMetadata (",
            "--profile",
            "--sign keep",
        ] {
            assert!(text.contains(tried), "{tried} not in {text}");
        }
        assert!(!text.contains('\n'), "{text}");
    }

    #[tokio::test]
    async fn a_profile_that_does_not_exist_is_named_and_a_half_pair_shows_no_secret() {
        let error = Home::new("", &[])
            .find(Some("nowhere"), elsewhere())
            .await
            .unwrap_err();
        assert!(error.to_string().contains("profile `nowhere`"), "{error}");
        let error = Home::new("", &[PAIR[1]])
            .find(None, elsewhere())
            .await
            .unwrap_err();
        assert!(!error.to_string().contains("planted"), "{error}");
    }

    /// The worker's endpoint variable is in our environment too. The profile's endpoint comes after it in
    /// the chain's order, and is reached only because the variable is hidden.
    #[tokio::test]
    async fn an_endpoint_variable_that_leads_to_us_is_not_followed() {
        let sts = sts().await;
        let ours = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let listen = ours.local_addr().unwrap();
        for variable in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS"] {
            let config = format!("[default]\nendpoint_url = {}\n", sts.url());
            let mut home = Home::new(&config, &[]);
            home.web_identity();
            home.set(variable, format!("http://localhost:{}", listen.port()));
            let found = home.find(None, listen).await.unwrap();
            assert_eq!(found.access_key_id(), "AKIAFROMSTSEXAMPLE01");
        }
        assert_eq!(sts.received().len(), 2);
    }

    #[tokio::test]
    async fn other_endpoint_variables_are_followed() {
        let sts = sts().await;
        let mut home = Home::new("", &[]);
        home.web_identity();
        home.set("AWS_ENDPOINT_URL_STS", sts.url());
        let found = home.find(None, elsewhere()).await.unwrap();
        assert_eq!(found.access_key_id(), "AKIAFROMSTSEXAMPLE01");
    }

    /// Profiles can't be edited, so the connection is refused.
    #[tokio::test]
    async fn an_endpoint_of_a_profile_that_leads_to_us_is_refused_with_a_reason() {
        let ours = Upstream::start([Act::Close(Vec::new())]).await;
        let mut home = Home::new(&format!("[default]\nendpoint_url = {}\n", ours.url()), &[]);
        home.web_identity();
        let error = home.find(None, ours.address).await.unwrap_err();
        assert!(
            error.to_string().contains("AWS_ENDPOINT_URL_CODEPIPELINE"),
            "{error}"
        );
        assert_eq!(ours.connections(), 0);
    }

    #[tokio::test]
    async fn a_failed_call_is_told_and_its_body_not_logged() {
        let body = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not yours</Message></Error>\
            <Detail>planted</Detail></ErrorResponse>";
        let head = format!(
            "HTTP/1.1 403 Forbidden\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let sts = Upstream::start([Act::Send((head + body).into_bytes())]).await;
        let mut home = Home::new("", &[]);
        home.web_identity();
        home.set("AWS_ENDPOINT_URL_STS", sts.url());
        let (log, guard) = Log::capture("trace");
        let error = home.find(None, elsewhere()).await.unwrap_err().to_string();
        drop(guard);
        assert!(
            error.contains("AccessDenied") && error.contains("web identity"),
            "{error}"
        );
        assert!(!error.contains("planted"), "{error}");
        assert!(!log.text().contains("planted"), "{}", log.text());
    }

    #[tokio::test]
    async fn a_metadata_service_that_hangs_is_given_up() {
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", silent.local_addr().unwrap());
        let mut home = Home::new("", &[]);
        home.set("AWS_EC2_METADATA_DISABLED", "false".to_owned());
        home.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", endpoint);
        let error = home.find(None, elsewhere()).await.unwrap_err();
        assert!(error.to_string().contains("Ec2InstanceMetadata"), "{error}");
    }
}
