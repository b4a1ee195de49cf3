import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.http.apache.ProxyConfiguration;
import software.amazon.awssdk.services.codepipeline.CodePipelineClient;
import software.amazon.awssdk.services.codepipeline.CodePipelineClientBuilder;
import software.amazon.awssdk.services.codepipeline.model.AcknowledgeThirdPartyJobRequest;
import software.amazon.awssdk.services.codepipeline.model.ActionCategory;
import software.amazon.awssdk.services.codepipeline.model.ActionOwner;
import software.amazon.awssdk.services.codepipeline.model.ActionTypeId;
import software.amazon.awssdk.services.codepipeline.model.CodePipelineException;
import software.amazon.awssdk.services.codepipeline.model.FailureType;
import software.amazon.awssdk.services.codepipeline.model.InvalidClientTokenException;
import software.amazon.awssdk.services.codepipeline.model.InvalidNonceException;
import software.amazon.awssdk.services.codepipeline.model.Job;
import software.amazon.awssdk.services.codepipeline.model.JobNotFoundException;
import software.amazon.awssdk.services.codepipeline.model.JobStatus;
import software.amazon.awssdk.services.codepipeline.model.ThirdPartyJob;

/** A job worker with the AWS SDK for Java 2: works through the session that ../../README.md describes. */
public final class Worker {
    private static final String UNKNOWN_JOB = "00000000-0000-4000-8000-000000000000";
    private static final Map<String, String> CLIENT_TOKENS = Map.of(
        "11111111-2222-4333-8444-555555555555", "FAKE-token-of-the-first-client",
        "66666666-7777-4888-8999-000000000000", "FAKE-token-of-the-second-client");

    private final CodePipelineClient codePipeline;

    private Worker(CodePipelineClient codePipeline) {
        this.codePipeline = codePipeline;
    }

    public static void main(String[] args) throws InterruptedException {
        CodePipelineClient codePipeline = client();
        Worker worker = new Worker(codePipeline);
        switch (args.length == 0 ? "" : args[0]) {
            case "miss" -> worker.miss();
            case "poll" -> new Poller(codePipeline).run();
            default -> worker.session();
        }
    }

    /** Every setting comes from the environment: endpoint, region, credentials. A proxy alone needs a word. */
    private static CodePipelineClient client() {
        CodePipelineClientBuilder builder = CodePipelineClient.builder();
        String proxy = System.getenv("HTTPS_PROXY");
        if (proxy != null) {
            builder.httpClientBuilder(ApacheHttpClient.builder().proxyConfiguration(
                ProxyConfiguration.builder().endpoint(URI.create(proxy)).build()));
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
    private void refused(String step, Class<? extends CodePipelineException> exception, Supplier<?> call) {
        try {
            call.get();
        } catch (CodePipelineException error) {
            if (!exception.isInstance(error)) {
                throw error;
            }
            Output.report(step, error);
            return;
        }
        throw new IllegalStateException(step + ": was not refused");
    }

    static ActionTypeId actionType(ActionCategory category, ActionOwner owner, String provider) {
        return ActionTypeId.builder().category(category).owner(owner).provider(provider).version("1").build();
    }

    private List<Job> poll(String step, ActionCategory category, String provider, Map<String, String> query) {
        return Output.report(step, codePipeline.pollForJobs(poll -> poll
            .actionTypeId(actionType(category, ActionOwner.CUSTOM, provider))
            .maxBatchSize(1)
            .queryParam(query))).jobs();
    }

    private Job poll(String step, ActionCategory category, String provider) {
        return poll(step, category, provider, null).get(0);
    }

    private void acknowledge(String step, Job job) {
        var answer = codePipeline.acknowledgeJob(acknowledge -> acknowledge.jobId(job.id()).nonce(job.nonce()));
        if (Output.report(step, answer).status() != JobStatus.IN_PROGRESS) {
            throw new IllegalStateException(step + ": the job is someone else's");
        }
    }

    private void build() {
        Map<String, String> query = Map.of("ProjectName", "Example_Project-1");
        Job job = poll("build-poll", ActionCategory.BUILD, "ExampleBuilder", query).get(0);
        refused("build-wrong-nonce", InvalidNonceException.class,
            () -> codePipeline.acknowledgeJob(call -> call.jobId(job.id()).nonce("not-the-nonce")));
        acknowledge("build-acknowledge", job);
        refused("build-acknowledge-again", InvalidNonceException.class,
            () -> codePipeline.acknowledgeJob(call -> call.jobId(job.id()).nonce(job.nonce())));
        Output.report("build-details", codePipeline.getJobDetails(call -> call.jobId(job.id())));
        refused("unknown-job", JobNotFoundException.class,
            () -> codePipeline.acknowledgeJob(call -> call.jobId(UNKNOWN_JOB).nonce("1")));
        Output.report("build-success", codePipeline.putJobSuccessResult(call -> call
            .jobId(job.id())
            .currentRevision(revision -> revision
                .revision("c0ffee")
                .changeIdentifier("change-42")
                .created(Instant.ofEpochMilli(1433961000500L))
                .revisionSummary("Größer, schöner, 速い"))
            .executionDetails(details -> details
                .summary("Built ✓").externalExecutionId("build-17").percentComplete(100))
            .outputVariables(Map.of("ImageTag", "v1.2.3", "ImageDigest", "sha256:abc", "Stage", "grün"))));
        poll("build-poll-empty", ActionCategory.BUILD, "ExampleBuilder", query);
    }

    private void test() {
        Job job = poll("test-poll", ActionCategory.TEST, "ExampleTester");
        acknowledge("test-acknowledge", job);
        Output.report("test-failure", codePipeline.putJobFailureResult(call -> call
            .jobId(job.id())
            .failureDetails(details -> details
                .type(FailureType.JOB_FAILED)
                .message("Prüfung „Öl“ fehlgeschlagen:\n\t3 of 7 \"cases\" < 100 % & C:\\tmp\\ログ 💥")
                .externalExecutionId("test-18"))));
    }

    private void deploy() {
        Job job = poll("deploy-poll", ActionCategory.DEPLOY, "ExampleDeployer");
        acknowledge("deploy-acknowledge", job);
        Output.report("deploy-continue", codePipeline.putJobSuccessResult(call -> call
            .jobId(job.id())
            .continuationToken("wave-2-of-2")
            .executionDetails(details -> details.summary("Half of the fleet").percentComplete(50))));
        Job next = poll("deploy-poll-continued", ActionCategory.DEPLOY, "ExampleDeployer");
        acknowledge("deploy-acknowledge-continued", next);
        Output.report("deploy-success", codePipeline.putJobSuccessResult(call -> call.jobId(next.id())));
    }

    private void thirdParty() {
        List<ThirdPartyJob> jobs = Output.report("partner-poll", codePipeline.pollForThirdPartyJobs(poll -> poll
            .actionTypeId(actionType(ActionCategory.TEST, ActionOwner.THIRD_PARTY, "ExamplePartner"))
            .maxBatchSize(2))).jobs();
        ThirdPartyJob first = jobs.get(0);
        ThirdPartyJob second = jobs.get(1);
        refused("partner-wrong-token", InvalidClientTokenException.class, () -> codePipeline
            .getThirdPartyJobDetails(call -> call.jobId(first.jobId()).clientToken("not-the-token")));
        partnerTake("partner-first", first);
        Output.report("partner-first-success", codePipeline.putThirdPartyJobSuccessResult(call -> call
            .jobId(first.jobId())
            .clientToken(tokenOf(first))
            .executionDetails(details -> details.summary("Scanned").percentComplete(100))));
        partnerTake("partner-second", second);
        Output.report("partner-second-failure", codePipeline.putThirdPartyJobFailureResult(call -> call
            .jobId(second.jobId())
            .clientToken(tokenOf(second))
            .failureDetails(details -> details.type(FailureType.CONFIGURATION_ERROR).message("kein Prüfplan"))));
    }

    private static String tokenOf(ThirdPartyJob job) {
        return CLIENT_TOKENS.get(job.clientId());
    }

    private void partnerTake(String step, ThirdPartyJob job) {
        String token = tokenOf(job);
        String nonce = Output.report(step + "-details", codePipeline.getThirdPartyJobDetails(
            call -> call.jobId(job.jobId()).clientToken(token))).jobDetails().nonce();
        AcknowledgeThirdPartyJobRequest request = AcknowledgeThirdPartyJobRequest.builder()
            .jobId(job.jobId()).clientToken(token).nonce(nonce).build();
        Output.report(step + "-acknowledge", codePipeline.acknowledgeThirdPartyJob(request));
    }

    /** A call that is on no tape: how pipetape's answer reaches the user. */
    private void miss() {
        refused("miss", CodePipelineException.class, () -> codePipeline.acknowledgeJob(
            call -> call.jobId("5f8c1d2e-0001-4b7a-9c3d-0a1b2c3d4e5f").nonce("never-recorded")));
    }
}
