"""A worker that builds: fetches its job's input artifact from S3 and puts an output artifact there."""

import json

import boto3

codepipeline = boto3.client("codepipeline")

ACTION_TYPE = {"category": "Build", "owner": "Custom", "provider": "ExampleBuilder", "version": "1"}


def report(step, **result):
    print(json.dumps({"step": step, "result": result}), flush=True)


def s3_of(data):
    # The job's own credentials, which are placeholders in a replay.
    credentials = data["artifactCredentials"]
    return boto3.client(
        "s3",
        aws_access_key_id=credentials["accessKeyId"],
        aws_secret_access_key=credentials["secretAccessKey"],
        aws_session_token=credentials["sessionToken"],
    )


def location(artifact):
    place = artifact["location"]["s3Location"]
    return {"Bucket": place["bucketName"], "Key": place["objectKey"]}


[job] = codepipeline.poll_for_jobs(actionTypeId=ACTION_TYPE, maxBatchSize=1)["jobs"]
codepipeline.acknowledge_job(jobId=job["id"], nonce=job["nonce"])
data = job["data"]
s3 = s3_of(data)
[source], [package] = data["inputArtifacts"], data["outputArtifacts"]
text = s3.get_object(**location(source))["Body"].read().decode()
report("fetch", text=text)
key = data["encryptionKey"]["id"]
s3.put_object(
    **location(package), Body=text.upper().encode(), ServerSideEncryption="aws:kms", SSEKMSKeyId=key
)
codepipeline.put_job_success_result(jobId=job["id"])
report("succeed", jobId=job["id"])
