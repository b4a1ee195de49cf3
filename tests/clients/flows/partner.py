"""A partner's worker: takes the jobs of all its clients. A job of a client that it does not know is left alone."""

import boto3

from reporting import attempt

ACTION_TYPE = {"category": "Test", "owner": "ThirdParty", "provider": "ExamplePartner", "version": "1"}
CLIENT_TOKENS = {
    "11111111-2222-4333-8444-555555555555": "FAKE-token-of-the-first-client",
    # It has been changed since.
    "66666666-7777-4888-8999-000000000000": "FAKE-token-of-long-ago",
}

codepipeline = boto3.client("codepipeline")


def work(job_id, token):
    names = {"jobId": job_id, "clientToken": token}
    response = attempt("details", codepipeline.get_third_party_job_details, **names)
    if not response:
        return
    details = response["jobDetails"]
    nonce = details["nonce"]
    if not attempt("acknowledge", codepipeline.acknowledge_third_party_job, nonce=nonce, **names):
        return
    if "continuationToken" in details["data"]:
        attempt("succeed", codepipeline.put_third_party_job_success_result, **names)
    else:
        token = "scan-1-of-2"
        attempt("continue", codepipeline.put_third_party_job_success_result, continuationToken=token, **names)


for _ in range(2):
    response = attempt("poll", codepipeline.poll_for_third_party_jobs, actionTypeId=ACTION_TYPE, maxBatchSize=5)
    for job in response["jobs"]:
        token = CLIENT_TOKENS.get(job["clientId"])
        if token:
            work(job["jobId"], token)
