"""The session that ../README.md describes, with whatever client of boto3 it is given."""

import sys
from datetime import datetime, timezone

import poller
from output import report, report_error

UNKNOWN_JOB = "00000000-0000-4000-8000-000000000000"
CLIENT_TOKENS = {
    "11111111-2222-4333-8444-555555555555": "FAKE-token-of-the-first-client",
    "66666666-7777-4888-8999-000000000000": "FAKE-token-of-the-second-client",
}


def action_type(category, provider, owner="Custom"):
    return {"category": category, "owner": owner, "provider": provider, "version": "1"}


def refused(step, exception, call, **arguments):
    """Makes a call that has to end in this exception."""
    try:
        call(**arguments)
    except exception as error:
        report_error(step, error)
    else:
        sys.exit(f"{step}: was not refused")


class Worker:
    def __init__(self, codepipeline):
        self.codepipeline = codepipeline

    def poll(self, step, category, provider, **options):
        response = self.codepipeline.poll_for_jobs(
            actionTypeId=action_type(category, provider), maxBatchSize=1, **options
        )
        return report(step, response)["jobs"]

    def acknowledge(self, step, job):
        response = self.codepipeline.acknowledge_job(jobId=job["id"], nonce=job["nonce"])
        if report(step, response)["status"] != "InProgress":
            sys.exit(f"{step}: the job is someone else's")

    def build(self):
        query = {"ProjectName": "Example_Project-1"}
        [job] = self.poll("build-poll", "Build", "ExampleBuilder", queryParam=query)
        invalid_nonce = self.codepipeline.exceptions.InvalidNonceException
        acknowledge = self.codepipeline.acknowledge_job
        refused("build-wrong-nonce", invalid_nonce, acknowledge, jobId=job["id"], nonce="not-the-nonce")
        self.acknowledge("build-acknowledge", job)
        refused("build-acknowledge-again", invalid_nonce, acknowledge, jobId=job["id"], nonce=job["nonce"])
        report("build-details", self.codepipeline.get_job_details(jobId=job["id"]))
        job_not_found = self.codepipeline.exceptions.JobNotFoundException
        refused("unknown-job", job_not_found, acknowledge, jobId=UNKNOWN_JOB, nonce="1")
        response = self.codepipeline.put_job_success_result(
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
        self.poll("build-poll-empty", "Build", "ExampleBuilder", queryParam=query)

    def test(self):
        [job] = self.poll("test-poll", "Test", "ExampleTester")
        self.acknowledge("test-acknowledge", job)
        response = self.codepipeline.put_job_failure_result(
            jobId=job["id"],
            failureDetails={
                "type": "JobFailed",
                "message": "Prüfung „Öl“ fehlgeschlagen:\n\t3 of 7 \"cases\" < 100 % & C:\\tmp\\ログ 💥",
                "externalExecutionId": "test-18",
            },
        )
        report("test-failure", response)

    def deploy(self):
        [job] = self.poll("deploy-poll", "Deploy", "ExampleDeployer")
        self.acknowledge("deploy-acknowledge", job)
        response = self.codepipeline.put_job_success_result(
            jobId=job["id"],
            continuationToken="wave-2-of-2",
            executionDetails={"summary": "Half of the fleet", "percentComplete": 50},
        )
        report("deploy-continue", response)
        [job] = self.poll("deploy-poll-continued", "Deploy", "ExampleDeployer")
        self.acknowledge("deploy-acknowledge-continued", job)
        report("deploy-success", self.codepipeline.put_job_success_result(jobId=job["id"]))

    def third_party(self):
        response = self.codepipeline.poll_for_third_party_jobs(
            actionTypeId=action_type("Test", "ExamplePartner", owner="ThirdParty"), maxBatchSize=2
        )
        first, second = report("partner-poll", response)["jobs"]
        refused(
            "partner-wrong-token",
            self.codepipeline.exceptions.InvalidClientTokenException,
            self.codepipeline.get_third_party_job_details,
            jobId=first["jobId"],
            clientToken="not-the-token",
        )
        names = self.partner_take("partner-first", first)
        response = self.codepipeline.put_third_party_job_success_result(
            executionDetails={"summary": "Scanned", "percentComplete": 100}, **names
        )
        report("partner-first-success", response)
        names = self.partner_take("partner-second", second)
        response = self.codepipeline.put_third_party_job_failure_result(
            failureDetails={"type": "ConfigurationError", "message": "kein Prüfplan"}, **names
        )
        report("partner-second-failure", response)

    def partner_take(self, step, job):
        names = {"jobId": job["jobId"], "clientToken": CLIENT_TOKENS[job["clientId"]]}
        response = report(f"{step}-details", self.codepipeline.get_third_party_job_details(**names))
        nonce = response["jobDetails"]["nonce"]
        report(f"{step}-acknowledge", self.codepipeline.acknowledge_third_party_job(nonce=nonce, **names))
        return names

    def miss(self):
        """A call that is on no tape: how pipetape's answer reaches the user."""
        try:
            self.codepipeline.acknowledge_job(jobId="5f8c1d2e-0001-4b7a-9c3d-0a1b2c3d4e5f", nonce="never-recorded")
        except self.codepipeline.exceptions.ClientError as error:
            report_error("miss", error)


def run(codepipeline, arguments):
    worker = Worker(codepipeline)
    if arguments == ["miss"]:
        worker.miss()
    elif arguments == ["poll"]:
        poller.run(codepipeline)
    else:
        worker.build()
        worker.test()
        worker.deploy()
        worker.third_party()
