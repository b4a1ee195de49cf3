#!/usr/bin/env bash
# A shell worker with the aws CLI, version 1. Every setting comes from the environment: endpoint, region, credentials.

# Answers as JSON whatever the user has configured, and no pager.
export AWS_DEFAULT_OUTPUT=json AWS_PAGER=''

. "$(dirname "${BASH_SOURCE[0]}")/session.sh"
