"""A worker that never ends by itself: takes jobs as they come until it is stopped by SIGTERM."""

import signal
import sys
import time

from botocore.exceptions import BotoCoreError, ClientError

ACTION_TYPE = {"category": "Build", "owner": "Custom", "provider": "ExampleFleet", "version": "1"}


def run(codepipeline):
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    while not stopped:
        # What a call can't do after its retries is left to the next round, or to another worker.
        try:
            jobs = codepipeline.poll_for_jobs(actionTypeId=ACTION_TYPE, maxBatchSize=2)["jobs"]
        except (BotoCoreError, ClientError) as error:
            print(f"poll: {error}", file=sys.stderr)
            continue
        for job in jobs:
            try:
                work(codepipeline, job)
            except (BotoCoreError, ClientError) as error:
                print(f"{job['id']}: {error}", file=sys.stderr)
        if not jobs:
            time.sleep(0.2)


def work(codepipeline, job):
    status = codepipeline.acknowledge_job(jobId=job["id"], nonce=job["nonce"])["status"]
    if status != "InProgress":
        return
    time.sleep(0.2)
    if job["id"].endswith(("0", "1", "2", "3")):
        details = {"type": "JobFailed", "message": "as its id wants it"}
        codepipeline.put_job_failure_result(jobId=job["id"], failureDetails=details)
    else:
        codepipeline.put_job_success_result(jobId=job["id"])
