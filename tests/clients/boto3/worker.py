"""A job worker with boto3: works through the session that ../README.md describes."""

import json
import sys
from datetime import datetime, timezone

import boto3

import poller

# Every setting comes from the environment: endpoint, region, credentials.
codepipeline = boto3.client("codepipeline")

UNKNOWN_JOB = "00000000-0000-4000-8000-000000000000"
CLIENT_TOKENS = {
    "11111111-2222-4333-8444-555555555555": "FAKE-token-of-the-first-client",
    "66666666-7777-4888-8999-000000000000": "FAKE-token-of-the-second-client",
}


def action_type(category, provider, owner="Custom"):
    return {"category": category, "owner": owner, "provider": provider, "version": "1"}


def report(step, response):
    """Prints what a call returned, in the API's own names."""
    result = {name: value for name, value in response.items() if name != "ResponseMetadata"}
    print(json.dumps({"step": step, "result": result}), flush=True)
    return response


def report_error(step, error):
    code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
    print(json.dumps({"step": step, "error": {"code": code, "message": message}}), flush=True)


def refused(step, exception, call, **arguments):
    """Makes a call that has to end in this exception."""
    try:
        call(**arguments)
    except exception as error:
        report_error(step, error)
    else:
        sys.exit(f"{step}: was not refused")


def poll(step, category, provider, **options):
    response = codepipeline.poll_for_jobs(
        actionTypeId=action_type(category, provider), maxBatchSize=1, **options
    )
    return report(step, response)["jobs"]


def acknowledge(step, job):
    response = codepipeline.acknowledge_job(jobId=job["id"], nonce=job["nonce"])
    if report(step, response)["status"] != "InProgress":
        sys.exit(f"{step}: the job is someone else's")


def build():
    query = {"ProjectName": "Example_Project-1"}
    [job] = poll("build-poll", "Build", "ExampleBuilder", queryParam=query)
    invalid_nonce = codepipeline.exceptions.InvalidNonceException
    refused(
        "build-wrong-nonce", invalid_nonce, codepipeline.acknowledge_job, jobId=job["id"], nonce="not-the-nonce"
    )
    acknowledge("build-acknowledge", job)
    refused(
        "build-acknowledge-again", invalid_nonce, codepipeline.acknowledge_job, jobId=job["id"], nonce=job["nonce"]
    )
    report("build-details", codepipeline.get_job_details(jobId=job["id"]))
    job_not_found = codepipeline.exceptions.JobNotFoundException
    refused("unknown-job", job_not_found, codepipeline.acknowledge_job, jobId=UNKNOWN_JOB, nonce="1")
    response = codepipeline.put_job_success_result(
        jobId=job["id"],
        currentRevision={
            "revision": "c0ffee",
            "changeIdentifier": "change-42",
            "created": datetime.fromtimestamp(1433961000.5, timezone.utc),
            "revisionSummary": "Größer, schöner, 速い",
        },
        executionDetails={"summary": "Built ✓", "externalExecutionId": "build-17", "percentComplete": 100},
        outputVariables={"ImageTag": "v1.2.3", "ImageDigest": "sha256:abc", "Stage": "grün"},
    )
    report("build-success", response)
    poll("build-poll-empty", "Build", "ExampleBuilder", queryParam=query)


def test():
    [job] = poll("test-poll", "Test", "ExampleTester")
    acknowledge("test-acknowledge", job)
    response = codepipeline.put_job_failure_result(
        jobId=job["id"],
        failureDetails={
            "type": "JobFailed",
            "message": "Prüfung „Öl“ fehlgeschlagen:\n\t3 of 7 \"cases\" < 100 % & C:\\tmp\\ログ 💥",
            "externalExecutionId": "test-18",
        },
    )
    report("test-failure", response)


def deploy():
    [job] = poll("deploy-poll", "Deploy", "ExampleDeployer")
    acknowledge("deploy-acknowledge", job)
    response = codepipeline.put_job_success_result(
        jobId=job["id"],
        continuationToken="wave-2-of-2",
        executionDetails={"summary": "Half of the fleet", "percentComplete": 50},
    )
    report("deploy-continue", response)
    [job] = poll("deploy-poll-continued", "Deploy", "ExampleDeployer")
    acknowledge("deploy-acknowledge-continued", job)
    report("deploy-success", codepipeline.put_job_success_result(jobId=job["id"]))


def third_party():
    response = codepipeline.poll_for_third_party_jobs(
        actionTypeId=action_type("Test", "ExamplePartner", owner="ThirdParty"), maxBatchSize=2
    )
    first, second = report("partner-poll", response)["jobs"]
    refused(
        "partner-wrong-token",
        codepipeline.exceptions.InvalidClientTokenException,
        codepipeline.get_third_party_job_details,
        jobId=first["jobId"],
        clientToken="not-the-token",
    )
    names = partner_take("partner-first", first)
    response = codepipeline.put_third_party_job_success_result(
        executionDetails={"summary": "Scanned", "percentComplete": 100}, **names
    )
    report("partner-first-success", response)
    names = partner_take("partner-second", second)
    response = codepipeline.put_third_party_job_failure_result(
        failureDetails={"type": "ConfigurationError", "message": "kein Prüfplan"}, **names
    )
    report("partner-second-failure", response)


def partner_take(step, job):
    names = {"jobId": job["jobId"], "clientToken": CLIENT_TOKENS[job["clientId"]]}
    response = report(f"{step}-details", codepipeline.get_third_party_job_details(**names))
    nonce = response["jobDetails"]["nonce"]
    report(f"{step}-acknowledge", codepipeline.acknowledge_third_party_job(nonce=nonce, **names))
    return names


def miss():
    """A call that is on no tape: how pipetape's answer reaches the user."""
    try:
        codepipeline.acknowledge_job(jobId="5f8c1d2e-0001-4b7a-9c3d-0a1b2c3d4e5f", nonce="never-recorded")
    except codepipeline.exceptions.ClientError as error:
        report_error("miss", error)


if sys.argv[1:] == ["miss"]:
    miss()
elif sys.argv[1:] == ["poll"]:
    poller.run(codepipeline)
else:
    build()
    test()
    deploy()
    third_party()
