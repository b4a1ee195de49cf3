"""The artifacts of a tape, or of a file of jobs, in an S3 of one's own.

    bucket.py fill FILE    puts an object wherever the jobs of FILE expect an input artifact
    bucket.py show FILE    prints the objects where they put their output artifacts
"""

import json
import sys

import boto3

s3 = boto3.client("s3")


def locations(value, member):
    """The bucket and the key of each artifact under members of this name, at any depth, and the artifact's name."""
    if isinstance(value, list):
        for item in value:
            yield from locations(item, member)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name == member:
                for artifact in inner:
                    place = artifact["location"]["s3Location"]
                    yield place["bucketName"], place["objectKey"], artifact["name"]
            else:
                yield from locations(inner, member)


action, path = sys.argv[1:]
with open(path, encoding="utf-8") as file:
    jobs = json.load(file)
if action == "fill":
    for bucket, key, name in sorted(set(locations(jobs, "inputArtifacts"))):
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key=key, Body=f"the input {name}".encode())
else:
    for bucket, key, name in sorted(set(locations(jobs, "outputArtifacts"))):
        answer = s3.get_object(Bucket=bucket, Key=key)
        text = answer["Body"].read().decode()
        print(json.dumps({"step": "show", "result": {"name": name, "text": text}}))
