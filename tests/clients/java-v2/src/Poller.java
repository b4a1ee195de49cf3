import java.util.List;
import java.util.function.Supplier;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.services.codepipeline.CodePipelineClient;
import software.amazon.awssdk.services.codepipeline.model.AcknowledgeJobResponse;
import software.amazon.awssdk.services.codepipeline.model.ActionCategory;
import software.amazon.awssdk.services.codepipeline.model.ActionOwner;
import software.amazon.awssdk.services.codepipeline.model.CodePipelineException;
import software.amazon.awssdk.services.codepipeline.model.FailureType;
import software.amazon.awssdk.services.codepipeline.model.Job;
import software.amazon.awssdk.services.codepipeline.model.JobStatus;

/** A worker that never ends by itself: takes jobs as they come until SIGTERM stops it. */
final class Poller {
    private final CodePipelineClient codePipeline;
    private volatile boolean stopped;

    Poller(CodePipelineClient codePipeline) {
        this.codePipeline = codePipeline;
    }

    void run() throws InterruptedException {
        Thread worker = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(worker)));
        while (!stopped) {
            List<Job> jobs = codePipeline.pollForJobs(poll -> poll
                .actionTypeId(Worker.actionType(ActionCategory.BUILD, ActionOwner.CUSTOM, "ExampleFleet"))
                .maxBatchSize(2)).jobs();
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
        String id = job.id();
        AcknowledgeJobResponse answer = attempt("acknowledge " + id,
            () -> codePipeline.acknowledgeJob(call -> call.jobId(id).nonce(job.nonce())));
        if (answer == null || answer.status() != JobStatus.IN_PROGRESS) {
            return;
        }
        if ("0123".indexOf(id.charAt(id.length() - 1)) >= 0) {
            attempt("fail " + id, () -> codePipeline.putJobFailureResult(call -> call
                .jobId(id)
                .failureDetails(details -> details.type(FailureType.JOB_FAILED).message("as its id wants it"))));
        } else {
            attempt("succeed " + id, () -> codePipeline.putJobSuccessResult(call -> call.jobId(id)));
        }
    }

    /** Makes a call whose refusal leaves the job to another worker: {@code null} then. */
    private static <T extends SdkPojo> T attempt(String step, Supplier<T> call) {
        try {
            return Output.report(step, call.get());
        } catch (CodePipelineException error) {
            Output.report(step, error);
            return null;
        }
    }
}
