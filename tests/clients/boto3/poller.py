"""A worker that never ends by itself: takes jobs as they come until it is stopped by SIGTERM.

Prints how each call about a job ended, as the session does.
"""

import signal
import sys
import time

from botocore.exceptions import BotoCoreError, ClientError

from output import report, report_error

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
            work(codepipeline, job)
        if not jobs:
            time.sleep(0.2)


def work(codepipeline, job):
    name = job["id"]
    if not call(f"acknowledge {name}", codepipeline.acknowledge_job, jobId=name, nonce=job["nonce"]):
        return
    time.sleep(0.2)
    if name.endswith(("0", "1", "2", "3")):
        details = {"type": "JobFailed", "message": "as its id wants it"}
        call(f"fail {name}", codepipeline.put_job_failure_result, jobId=name, failureDetails=details)
    else:
        call(f"succeed {name}", codepipeline.put_job_success_result, jobId=name)


def call(step, method, **arguments):
    """Makes a call and says whether it left the job to this worker."""
    try:
        response = report(step, method(**arguments))
    except ClientError as error:
        report_error(step, error)
    except BotoCoreError as error:
        print(f"{step}: {error}", file=sys.stderr)
    else:
        return response.get("status", "InProgress") == "InProgress"
    return False
