"""Two copies of a worker that fails a job when its acknowledge is refused. Both were handed the same job: the slower one
fails it under the hands of the faster one.
"""

import time

import boto3

from reporting import attempt

ACTION_TYPE = {"category": "Test", "owner": "Custom", "provider": "ExampleRefused", "version": "1"}


class Worker:
    def __init__(self, name):
        self.name = name
        self.codepipeline = boto3.client("codepipeline")

    def poll(self):
        response = self.attempt("poll", self.codepipeline.poll_for_jobs, actionTypeId=ACTION_TYPE, maxBatchSize=1)
        [self.job] = response["jobs"]

    def acknowledge(self):
        job_id, nonce = self.job["id"], self.job["nonce"]
        if not self.attempt("acknowledge", self.codepipeline.acknowledge_job, jobId=job_id, nonce=nonce):
            details = {"type": "SystemUnavailable", "message": "could not acknowledge the job"}
            self.attempt("fail", self.codepipeline.put_job_failure_result, jobId=job_id, failureDetails=details)

    def succeed(self):
        self.attempt("succeed", self.codepipeline.put_job_success_result, jobId=self.job["id"])

    def attempt(self, step, method, **arguments):
        return attempt(f"{self.name} {step}", method, **arguments)


slow, fast = Worker("slow"), Worker("fast")
slow.poll()
# The job is hidden for two seconds. Nobody acknowledges it, so it is handed out again.
time.sleep(2.2)
fast.poll()
fast.acknowledge()
slow.acknowledge()
fast.succeed()
