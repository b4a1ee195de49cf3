import com.amazonaws.SdkClientException;
import com.amazonaws.client.builder.AwsClientBuilder.EndpointConfiguration;
import com.amazonaws.services.codepipeline.AWSCodePipeline;
import com.amazonaws.services.codepipeline.AWSCodePipelineClientBuilder;
import com.amazonaws.services.codepipeline.model.AWSCodePipelineException;
import com.amazonaws.services.codepipeline.model.AcknowledgeJobRequest;
import com.amazonaws.services.codepipeline.model.AcknowledgeThirdPartyJobRequest;
import com.amazonaws.services.codepipeline.model.ActionCategory;
import com.amazonaws.services.codepipeline.model.ActionOwner;
import com.amazonaws.services.codepipeline.model.ActionTypeId;
import com.amazonaws.services.codepipeline.model.CurrentRevision;
import com.amazonaws.services.codepipeline.model.ExecutionDetails;
import com.amazonaws.services.codepipeline.model.FailureDetails;
import com.amazonaws.services.codepipeline.model.FailureType;
import com.amazonaws.services.codepipeline.model.GetJobDetailsRequest;
import com.amazonaws.services.codepipeline.model.GetThirdPartyJobDetailsRequest;
import com.amazonaws.services.codepipeline.model.InvalidClientTokenException;
import com.amazonaws.services.codepipeline.model.InvalidNonceException;
import com.amazonaws.services.codepipeline.model.Job;
import com.amazonaws.services.codepipeline.model.JobNotFoundException;
import com.amazonaws.services.codepipeline.model.JobStatus;
import com.amazonaws.services.codepipeline.model.PollForJobsRequest;
import com.amazonaws.services.codepipeline.model.PollForThirdPartyJobsRequest;
import com.amazonaws.services.codepipeline.model.PutJobFailureResultRequest;
import com.amazonaws.services.codepipeline.model.PutJobSuccessResultRequest;
import com.amazonaws.services.codepipeline.model.PutThirdPartyJobFailureResultRequest;
import com.amazonaws.services.codepipeline.model.PutThirdPartyJobSuccessResultRequest;
import com.amazonaws.services.codepipeline.model.ThirdPartyJob;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** A job worker with the AWS SDK for Java 1: works through the session that ../../README.md describes. */
public final class Worker {
    private static final String UNKNOWN_JOB = "00000000-0000-4000-8000-000000000000";
    private static final Map<String, String> CLIENT_TOKENS = Map.of(
        "11111111-2222-4333-8444-555555555555", "FAKE-token-of-the-first-client",
        "66666666-7777-4888-8999-000000000000", "FAKE-token-of-the-second-client");

    private final AWSCodePipeline codePipeline;

    private Worker(AWSCodePipeline codePipeline) {
        this.codePipeline = codePipeline;
    }

    public static void main(String[] args) throws InterruptedException {
        AWSCodePipeline codePipeline = client();
        Worker worker = new Worker(codePipeline);
        switch (args.length == 0 ? "" : args[0]) {
            case "miss" -> worker.miss();
            case "poll" -> new Poller(codePipeline).run();
            default -> worker.session();
        }
    }

    private static AWSCodePipeline client() {
        // Version 1 reads no endpoint variable, so the code hands it over.
        AWSCodePipelineClientBuilder builder = AWSCodePipelineClientBuilder.standard();
        String endpoint = System.getenv("AWS_ENDPOINT_URL_CODEPIPELINE");
        if (endpoint != null) {
            String region = System.getenv("AWS_REGION");
            builder.setEndpointConfiguration(new EndpointConfiguration(endpoint, region));
        }
        return builder.build();
    }

    private void session() {
        build();
        test();
        deploy();
        thirdParty();
    }

    /** Makes a call that has to end in this exception. */
    private void refused(String step, Class<? extends AWSCodePipelineException> exception, Supplier<?> call) {
        try {
            call.get();
        } catch (AWSCodePipelineException error) {
            if (!exception.isInstance(error)) {
                throw error;
            }
            Output.report(step, error);
            return;
        }
        throw new SdkClientException(step + ": was not refused");
    }

    static ActionTypeId actionType(ActionCategory category, ActionOwner owner, String provider) {
        return new ActionTypeId().withCategory(category).withOwner(owner).withProvider(provider).withVersion("1");
    }

    private List<Job> poll(String step, ActionCategory category, String provider, Map<String, String> query) {
        return Output.report(step, codePipeline.pollForJobs(new PollForJobsRequest()
            .withActionTypeId(actionType(category, ActionOwner.Custom, provider))
            .withMaxBatchSize(1)
            .withQueryParam(query))).getJobs();
    }

    private Job poll(String step, ActionCategory category, String provider) {
        return poll(step, category, provider, null).get(0);
    }

    private void acknowledge(String step, Job job) {
        var answer = codePipeline.acknowledgeJob(
            new AcknowledgeJobRequest().withJobId(job.getId()).withNonce(job.getNonce()));
        if (!JobStatus.InProgress.name().equals(Output.report(step, answer).getStatus())) {
            throw new SdkClientException(step + ": the job is someone else's");
        }
    }

    private void build() {
        Map<String, String> query = Map.of("ProjectName", "Example_Project-1");
        Job job = poll("build-poll", ActionCategory.Build, "ExampleBuilder", query).get(0);
        refused("build-wrong-nonce", InvalidNonceException.class, () -> codePipeline.acknowledgeJob(
            new AcknowledgeJobRequest().withJobId(job.getId()).withNonce("not-the-nonce")));
        acknowledge("build-acknowledge", job);
        refused("build-acknowledge-again", InvalidNonceException.class, () -> codePipeline.acknowledgeJob(
            new AcknowledgeJobRequest().withJobId(job.getId()).withNonce(job.getNonce())));
        Output.report("build-details", codePipeline.getJobDetails(new GetJobDetailsRequest().withJobId(job.getId())));
        refused("unknown-job", JobNotFoundException.class, () -> codePipeline.acknowledgeJob(
            new AcknowledgeJobRequest().withJobId(UNKNOWN_JOB).withNonce("1")));
        Output.report("build-success", codePipeline.putJobSuccessResult(new PutJobSuccessResultRequest()
            .withJobId(job.getId())
            .withCurrentRevision(new CurrentRevision()
                .withRevision("c0ffee")
                .withChangeIdentifier("change-42")
                .withCreated(new Date(1433961000500L))
                .withRevisionSummary("Größer, schöner, 速い"))
            .withExecutionDetails(new ExecutionDetails()
                .withSummary("Built ✓").withExternalExecutionId("build-17").withPercentComplete(100))
            .withOutputVariables(Map.of("ImageTag", "v1.2.3", "ImageDigest", "sha256:abc", "Stage", "grün"))));
        poll("build-poll-empty", ActionCategory.Build, "ExampleBuilder", query);
    }

    private void test() {
        Job job = poll("test-poll", ActionCategory.Test, "ExampleTester");
        acknowledge("test-acknowledge", job);
        Output.report("test-failure", codePipeline.putJobFailureResult(new PutJobFailureResultRequest()
            .withJobId(job.getId())
            .withFailureDetails(new FailureDetails()
                .withType(FailureType.JobFailed)
                .withMessage("Prüfung „Öl“ fehlgeschlagen:\n\t3 of 7 \"cases\" < 100 % & C:\\tmp\\ログ 💥")
                .withExternalExecutionId("test-18"))));
    }

    private void deploy() {
        Job job = poll("deploy-poll", ActionCategory.Deploy, "ExampleDeployer");
        acknowledge("deploy-acknowledge", job);
        Output.report("deploy-continue", codePipeline.putJobSuccessResult(new PutJobSuccessResultRequest()
            .withJobId(job.getId())
            .withContinuationToken("wave-2-of-2")
            .withExecutionDetails(
                new ExecutionDetails().withSummary("Half of the fleet").withPercentComplete(50))));
        Job next = poll("deploy-poll-continued", ActionCategory.Deploy, "ExampleDeployer");
        acknowledge("deploy-acknowledge-continued", next);
        Output.report("deploy-success", codePipeline.putJobSuccessResult(
            new PutJobSuccessResultRequest().withJobId(next.getId())));
    }

    private void thirdParty() {
        List<ThirdPartyJob> jobs = Output.report("partner-poll", codePipeline.pollForThirdPartyJobs(
            new PollForThirdPartyJobsRequest()
                .withActionTypeId(actionType(ActionCategory.Test, ActionOwner.ThirdParty, "ExamplePartner"))
                .withMaxBatchSize(2))).getJobs();
        ThirdPartyJob first = jobs.get(0);
        ThirdPartyJob second = jobs.get(1);
        refused("partner-wrong-token", InvalidClientTokenException.class, () -> codePipeline.getThirdPartyJobDetails(
            new GetThirdPartyJobDetailsRequest().withJobId(first.getJobId()).withClientToken("not-the-token")));
        partnerTake("partner-first", first);
        Output.report("partner-first-success", codePipeline.putThirdPartyJobSuccessResult(
            new PutThirdPartyJobSuccessResultRequest()
                .withJobId(first.getJobId())
                .withClientToken(tokenOf(first))
                .withExecutionDetails(new ExecutionDetails().withSummary("Scanned").withPercentComplete(100))));
        partnerTake("partner-second", second);
        Output.report("partner-second-failure", codePipeline.putThirdPartyJobFailureResult(
            new PutThirdPartyJobFailureResultRequest()
                .withJobId(second.getJobId())
                .withClientToken(tokenOf(second))
                .withFailureDetails(new FailureDetails()
                    .withType(FailureType.ConfigurationError).withMessage("kein Prüfplan"))));
    }

    private static String tokenOf(ThirdPartyJob job) {
        return CLIENT_TOKENS.get(job.getClientId());
    }

    private void partnerTake(String step, ThirdPartyJob job) {
        String token = tokenOf(job);
        String nonce = Output.report(step + "-details", codePipeline.getThirdPartyJobDetails(
            new GetThirdPartyJobDetailsRequest().withJobId(job.getJobId()).withClientToken(token)))
            .getJobDetails().getNonce();
        Output.report(step + "-acknowledge", codePipeline.acknowledgeThirdPartyJob(
            new AcknowledgeThirdPartyJobRequest().withJobId(job.getJobId()).withClientToken(token).withNonce(nonce)));
    }

    /** A call that is on no tape: how pipetape's answer reaches the user. */
    private void miss() {
        refused("miss", AWSCodePipelineException.class, () -> codePipeline.acknowledgeJob(
            new AcknowledgeJobRequest()
                .withJobId("5f8c1d2e-0001-4b7a-9c3d-0a1b2c3d4e5f").withNonce("never-recorded")));
    }
}
