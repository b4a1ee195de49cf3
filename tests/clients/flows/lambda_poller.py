"""A function that a schedule invokes. It polls for jobs and starts a deployment, or looks how far one has come: a job that
is not done is handed back with a continuation token, which the job of a later invocation brings along.
"""

import json

import boto3

from reporting import attempt

ACTION_TYPE = {"category": "Deploy", "owner": "Custom", "provider": "ExampleLambda", "version": "1"}

# Outside of the handler, so that invocations share it.
codepipeline = boto3.client("codepipeline")


def handler(event, context):
    jobs = attempt("poll", codepipeline.poll_for_jobs, actionTypeId=ACTION_TYPE, maxBatchSize=10)["jobs"]
    for job in jobs:
        if attempt("acknowledge", codepipeline.acknowledge_job, jobId=job["id"], nonce=job["nonce"]):
            deploy(job["id"], job["data"])
    return len(jobs)


def deploy(job_id, data):
    try:
        parameters = json.loads(data["actionConfiguration"]["configuration"]["UserParameters"])
    except ValueError as error:
        details = {"type": "ConfigurationError", "message": f"UserParameters: {error}"}
        attempt("fail", codepipeline.put_job_failure_result, jobId=job_id, failureDetails=details)
        return
    if "continuationToken" not in data:
        continue_later(job_id, {"stack": parameters["stack"], "done": 0})
        return
    state = json.loads(data["continuationToken"])
    state["done"] += 50
    if state["done"] < 100:
        continue_later(job_id, state)
        return
    attempt(
        "succeed",
        codepipeline.put_job_success_result,
        jobId=job_id,
        executionDetails={"summary": "Deployed", "percentComplete": state["done"]},
        outputVariables={"Stack": state["stack"]},
    )


def continue_later(job_id, state):
    attempt(
        "continue",
        codepipeline.put_job_success_result,
        jobId=job_id,
        continuationToken=json.dumps(state),
        executionDetails={"summary": "Deploying", "percentComplete": state["done"]},
    )


# What the schedule does, until there is nothing left.
while handler({"source": "aws.events", "detail-type": "Scheduled Event"}, None):
    pass
