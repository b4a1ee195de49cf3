"""A job worker with the boto3 of 2021: works through the session that ../README.md describes."""

import os
import sys

import boto3

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "boto3"))

import session  # noqa: E402

# Releases before 1.28 read no endpoint variable. Unset, it is the service's own endpoint.
codepipeline = boto3.client(
    "codepipeline",
    endpoint_url=os.environ.get("AWS_ENDPOINT_URL_CODEPIPELINE"),
)

session.run(codepipeline, sys.argv[1:])
