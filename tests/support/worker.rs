//! A job worker that uses the real SDK.

use std::fmt::Debug;

use aws_sdk_codepipeline::Client;
use aws_sdk_codepipeline::config::retry::RetryConfig;
use aws_sdk_codepipeline::config::{self, BehaviorVersion, Config, Credentials, Region};
use aws_sdk_codepipeline::error::SdkError;
use aws_sdk_codepipeline::types::{
    ActionCategory, ActionOwner, ActionTypeId, CurrentRevision, ExecutionDetails, FailureDetails,
    FailureType,
};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use tokio::runtime::{self, Runtime};

use super::job_service::{BUILD_JOB, BUILD_NONCE, TEST_JOB, TEST_NONCE, UNKNOWN_JOB};
use super::keys::{CLIENT_ACCESS_KEY, CLIENT_SECRET_KEY};

/// What a worker writes into its failure report: everything that escaping could spoil.
pub(crate) const FAILURE: &str =
    "l\u{ed}nea 1 \"quoted\" \\ back\nline 2: \u{1f6a8} <b>&amp;</b> \u{2028}end";

/// A client of one endpoint.
pub(crate) struct Worker {
    runtime: Runtime,
    client: Client,
}

/// The typed result of one call, as text: equal texts are equal values.
pub(crate) type Seen = String;

impl Worker {
    /// A worker for an endpoint URL, with keys of its own.
    pub(crate) fn new(url: &str) -> Self {
        Self::signing(url, CLIENT_ACCESS_KEY, CLIENT_SECRET_KEY)
    }

    /// A worker that signs with these keys.
    pub(crate) fn signing(url: &str, key: &str, secret: &str) -> Self {
        let credentials = Credentials::new(key, secret, None, None, "test");
        Self::with(url, credentials, RetryConfig::disabled())
    }

    /// A worker that tries again as SDKs do unless told otherwise.
    pub(crate) fn patient(url: &str) -> Self {
        let credentials =
            Credentials::new(CLIENT_ACCESS_KEY, CLIENT_SECRET_KEY, None, None, "test");
        Self::with(url, credentials, RetryConfig::standard())
    }

    /// A worker that knows no endpoint but AWS's: it goes through a proxy and trusts one root (PEM) alone. With keys
    /// of its own.
    pub(crate) fn through(proxy: &str, root: &str) -> Self {
        let proxy = ProxyConfig::all(proxy).expect("the URL of a proxy");
        let trust = TrustStore::empty().with_pem_certificate(root);
        let context = TlsContext::builder()
            .with_trust_store(trust)
            .build()
            .expect("a root");
        let http = Builder::new().build_with_connector_fn(move |_, _| {
            Connector::builder()
                .proxy_config(proxy.clone())
                .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
                .tls_context(context.clone())
                .build()
        });
        let credentials =
            Credentials::new(CLIENT_ACCESS_KEY, CLIENT_SECRET_KEY, None, None, "test");
        let config = Self::config(credentials, RetryConfig::disabled());
        Self::of(config.http_client(http))
    }

    fn with(url: &str, credentials: Credentials, retries: RetryConfig) -> Self {
        Self::of(Self::config(credentials, retries).endpoint_url(url))
    }

    fn config(credentials: Credentials, retries: RetryConfig) -> config::Builder {
        Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(credentials)
            .retry_config(retries)
    }

    fn of(config: config::Builder) -> Self {
        Self {
            runtime: runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime"),
            client: Client::from_conf(config.build()),
        }
    }

    /// A whole session: polls, two jobs, a wrong nonce, an unknown job, a success, a failure, and a report too late.
    pub(crate) fn session(&self) -> Vec<Seen> {
        vec![
            self.poll(),
            self.poll(),
            self.acknowledge(BUILD_JOB, "4"),
            self.acknowledge(BUILD_JOB, BUILD_NONCE),
            self.details(BUILD_JOB),
            self.acknowledge(UNKNOWN_JOB, "1"),
            self.details(UNKNOWN_JOB),
            self.succeed(BUILD_JOB),
            self.acknowledge(TEST_JOB, TEST_NONCE),
            self.fail(TEST_JOB),
            self.succeed(BUILD_JOB),
            self.poll(),
        ]
    }

    /// PollForJobs.
    pub(crate) fn poll(&self) -> Seen {
        let action = ActionTypeId::builder()
            .category(ActionCategory::Build)
            .owner(ActionOwner::Custom)
            .provider("Forge")
            .version("1")
            .build()
            .expect("an action type");
        let call = self
            .client
            .poll_for_jobs()
            .action_type_id(action)
            .max_batch_size(10);
        seen(self.runtime.block_on(call.send()))
    }

    /// AcknowledgeJob.
    pub(crate) fn acknowledge(&self, job: &str, nonce: &str) -> Seen {
        let call = self.client.acknowledge_job().job_id(job).nonce(nonce);
        seen(self.runtime.block_on(call.send()))
    }

    /// GetJobDetails.
    pub(crate) fn details(&self, job: &str) -> Seen {
        let call = self.client.get_job_details().job_id(job);
        seen(self.runtime.block_on(call.send()))
    }

    /// PutJobSuccessResult with a revision, execution details and output variables.
    pub(crate) fn succeed(&self, job: &str) -> Seen {
        let revision = CurrentRevision::builder()
            .revision("r\u{e9}vision-1")
            .change_identifier("change-1")
            .revision_summary("summary")
            .build()
            .expect("a revision");
        let details = ExecutionDetails::builder()
            .summary("done \u{2713}")
            .external_execution_id("external-1")
            .percent_complete(100)
            .build();
        // Several variables: the SDK sends them in an order that changes from call to call.
        let call = self
            .client
            .put_job_success_result()
            .job_id(job)
            .current_revision(revision)
            .execution_details(details)
            .output_variables("ImageTag", "1.0")
            .output_variables("ImageDigest", "sha256:abc")
            .output_variables("Region", "us-east-1")
            .output_variables("Stage", "gr\u{fc}n");
        seen(self.runtime.block_on(call.send()))
    }

    /// PutJobFailureResult with [`FAILURE`].
    pub(crate) fn fail(&self, job: &str) -> Seen {
        let details = FailureDetails::builder()
            .r#type(FailureType::JobFailed)
            .message(FAILURE)
            .external_execution_id("external-2")
            .build()
            .expect("failure details");
        let call = self
            .client
            .put_job_failure_result()
            .job_id(job)
            .failure_details(details);
        seen(self.runtime.block_on(call.send()))
    }
}

/// Typed outputs and modelled errors have a complete `Debug`, but maps print in random order: their lines are sorted.
fn seen<T: Debug, E: Debug, R: Debug>(result: Result<T, SdkError<E, R>>) -> Seen {
    let text = match result {
        Ok(output) => format!("{output:#?}"),
        Err(SdkError::ServiceError(error)) => format!("{:#?}", error.err()),
        Err(other) => format!("no answer: {other:?}"),
    };
    let mut lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines.sort_unstable();
    lines.join("\n")
}
