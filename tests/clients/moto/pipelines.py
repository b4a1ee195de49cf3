"""Pipelines with boto3: created, read, listed, changed, tagged and deleted."""

import copy
import json

import boto3

codepipeline = boto3.client("codepipeline")

ROLE = "arn:aws:iam::123456789012:role/pipeline"
NAME = "ExamplePipeline"


def report(step, response):
    result = {name: value for name, value in response.items() if name != "ResponseMetadata"}
    print(json.dumps({"step": step, "result": result}, default=str), flush=True)
    return response


def action(name, category, provider, **artifacts):
    kind = {"category": category, "owner": "AWS", "provider": provider, "version": "1"}
    return {"name": name, "actionTypeId": kind, **artifacts}


source = action("Fetch", "Source", "S3", outputArtifacts=[{"name": "Sources"}])
build = action("Compile", "Build", "CodeBuild", inputArtifacts=[{"name": "Sources"}])
pipeline = {
    "name": NAME,
    "roleArn": ROLE,
    "artifactStore": {"type": "S3", "location": "artifacts-of-123456789012"},
    "stages": [{"name": "Source", "actions": [source]}, {"name": "Build", "actions": [build]}],
}


def session():
    report("list-none", codepipeline.list_pipelines())
    tags = [{"key": "team", "value": "Größe ✓"}]
    report("create", codepipeline.create_pipeline(pipeline=pipeline, tags=tags))
    report("list", codepipeline.list_pipelines())
    found = report("get", codepipeline.get_pipeline(name=NAME))
    changed = copy.deepcopy(found["pipeline"])
    changed["stages"][1]["name"] = "Compile"
    report("update", codepipeline.update_pipeline(pipeline=changed))
    report("get-updated", codepipeline.get_pipeline(name=NAME))
    arn = found["metadata"]["pipelineArn"]
    tags = [{"key": "cost-center", "value": "42"}]
    report("tag", codepipeline.tag_resource(resourceArn=arn, tags=tags))
    report("tags", codepipeline.list_tags_for_resource(resourceArn=arn))
    report("untag", codepipeline.untag_resource(resourceArn=arn, tagKeys=["team"]))
    report("tags-left", codepipeline.list_tags_for_resource(resourceArn=arn))
    report("delete", codepipeline.delete_pipeline(name=NAME))
    try:
        codepipeline.get_pipeline(name=NAME)
    except codepipeline.exceptions.PipelineNotFoundException as error:
        report_error("get-deleted", error)


def report_error(step, error):
    code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
    print(json.dumps({"step": step, "error": {"code": code, "message": message}}), flush=True)


try:
    session()
except codepipeline.exceptions.ClientError as refused:
    report_error("refused", refused)
