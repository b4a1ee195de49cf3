"""A job worker with boto3: works through the session that ../README.md describes."""

import sys

import boto3

import session

# Every setting comes from the environment: endpoint, region, credentials.
codepipeline = boto3.client("codepipeline")

session.run(codepipeline, sys.argv[1:])
