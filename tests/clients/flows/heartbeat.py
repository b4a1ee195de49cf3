"""A worker that asks for its job's details again and again while it works, to see that the job is still there."""

import os
import sys

import boto3

from reporting import attempt

ACTION_TYPE = {"category": "Build", "owner": "Custom", "provider": "ExampleHeartbeat", "version": "1"}
# How many heartbeats the work takes.
HEARTBEATS = int(os.environ.get("HEARTBEATS", "3"))

codepipeline = boto3.client("codepipeline")

[job] = attempt("poll", codepipeline.poll_for_jobs, actionTypeId=ACTION_TYPE, maxBatchSize=1)["jobs"]
job_id = job["id"]
attempt("acknowledge", codepipeline.acknowledge_job, jobId=job_id, nonce=job["nonce"])
for _ in range(HEARTBEATS):
    if not attempt("heartbeat", codepipeline.get_job_details, jobId=job_id):
        sys.exit("the job is gone")
attempt("succeed", codepipeline.put_job_success_result, jobId=job_id)
# Somebody else's job, or one that has long ended.
attempt("gone", codepipeline.get_job_details, jobId="00000000-0000-4000-8000-000000000000")
