import com.amazonaws.services.codepipeline.AWSCodePipeline;
import com.amazonaws.services.codepipeline.model.AWSCodePipelineException;
import com.amazonaws.services.codepipeline.model.AcknowledgeJobRequest;
import com.amazonaws.services.codepipeline.model.AcknowledgeJobResult;
import com.amazonaws.services.codepipeline.model.ActionCategory;
import com.amazonaws.services.codepipeline.model.ActionOwner;
import com.amazonaws.services.codepipeline.model.FailureDetails;
import com.amazonaws.services.codepipeline.model.FailureType;
import com.amazonaws.services.codepipeline.model.Job;
import com.amazonaws.services.codepipeline.model.JobStatus;
import com.amazonaws.services.codepipeline.model.PollForJobsRequest;
import com.amazonaws.services.codepipeline.model.PutJobFailureResultRequest;
import com.amazonaws.services.codepipeline.model.PutJobSuccessResultRequest;
import java.util.List;
import java.util.function.Supplier;

/** A worker that never ends by itself: takes jobs as they come until SIGTERM stops it. */
final class Poller {
    private final AWSCodePipeline codePipeline;
    private volatile boolean stopped;

    Poller(AWSCodePipeline codePipeline) {
        this.codePipeline = codePipeline;
    }

    void run() throws InterruptedException {
        Thread worker = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(worker)));
        while (!stopped) {
            List<Job> jobs = codePipeline.pollForJobs(new PollForJobsRequest()
                .withActionTypeId(Worker.actionType(ActionCategory.Build, ActionOwner.Custom, "ExampleFleet"))
                .withMaxBatchSize(2)).getJobs();
            jobs.forEach(this::work);
            if (jobs.isEmpty()) {
                Thread.sleep(200);
            }
        }
    }

    /** Lets the worker finish what it does. A virtual machine that a signal stops would end with 143. */
    private void stop(Thread worker) {
        stopped = true;
        try {
            worker.join();
        } catch (InterruptedException ignored) {
            // It ends all the same.
        }
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }

    private void work(Job job) {
        String id = job.getId();
        AcknowledgeJobResult answer = attempt("acknowledge " + id, () -> codePipeline.acknowledgeJob(
            new AcknowledgeJobRequest().withJobId(id).withNonce(job.getNonce())));
        if (answer == null || !JobStatus.InProgress.name().equals(answer.getStatus())) {
            return;
        }
        if ("0123".indexOf(id.charAt(id.length() - 1)) >= 0) {
            attempt("fail " + id, () -> codePipeline.putJobFailureResult(new PutJobFailureResultRequest()
                .withJobId(id)
                .withFailureDetails(new FailureDetails()
                    .withType(FailureType.JobFailed).withMessage("as its id wants it"))));
        } else {
            attempt("succeed " + id, () -> codePipeline.putJobSuccessResult(
                new PutJobSuccessResultRequest().withJobId(id)));
        }
    }

    /** Makes a call whose refusal leaves the job to another worker: {@code null} then. */
    private static <T> T attempt(String step, Supplier<T> call) {
        try {
            return Output.report(step, call.get());
        } catch (AWSCodePipelineException error) {
            Output.report(step, error);
            return null;
        }
    }
}
